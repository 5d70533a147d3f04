"""The sentinel's HTTP: heartbeats come in, providers hand over replies, people open their link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import structlog
from aiohttp import web
from pydantic import ValidationError

from alerting.chase.reading import read
from alerting.dispatch.channels import Channel
from alerting.sentinel.guard import Guard
from alerting.sentinel.wire import LARGEST, SIGNATURE, Heartbeat, is_signed, sign
from alerting.sentinel.words import PAGE

log = structlog.get_logger()
PAGES = {"alarm": ("title", "take", "taken"), "turn": ("turn", "receive", "received")}


def make_door(
    guard: Guard, channels: Mapping[str, Channel], url: str, wake: Callable[[], None]
) -> web.Application:
    """`url` is how the outside reaches it; `wake` lets the guard look at once."""

    async def heartbeat(request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(guard.secret, "heartbeat", body, request.headers.get(SIGNATURE, "")):
            log.warning("a heartbeat with a false signature", peer=request.remote)
            return web.Response(status=403, text="the signature does not fit: both sides need the"
                                " same secret\n")  # fmt: skip
        try:
            beat = Heartbeat.model_validate_json(body)
        except ValidationError as error:
            log.warning("a heartbeat of another version", error=str(error)[:200])
            return web.Response(status=400, text="this heartbeat cannot be read: is the sentinel of"
                                " the service's version?\n")  # fmt: skip
        fresh, answer = guard.hear(beat)
        if fresh:
            wake()
        said = answer.model_dump_json().encode()
        return web.Response(status=200 if fresh else 409, body=said, content_type="application/json",
                            headers={SIGNATURE: sign(guard.secret, "answer", said)})  # fmt: skip

    async def inbound(request: web.Request) -> web.Response:
        """What somebody texted back; 1 and the words for it take the alarm. Strangers get nothing."""
        name = request.match_info["channel"]
        channel: Any = channels.get(name)
        if channel is None or not hasattr(channel, "inbound"):
            raise web.HTTPNotFound(text=f"no channel {name!r} is called back here\n")
        fields = {key: str(value) for key, value in (await request.post()).items()}
        signature = request.headers.get("X-Twilio-Signature", "")
        if not signature or not channel.verify(f"{url}{request.path_qs}", fields, signature):
            log.warning("a callback with a false signature", channel=name)
            raise web.HTTPForbidden(text="the signature does not fit\n")
        said = channel.inbound(fields)
        who, meant = guard.reader_at(name, said.address), read(said.text)
        if who is not None and (meant.act == "acknowledge" or (meant.digit == "1" and not meant.act)):
            await guard.take(who)
            wake()
        return web.Response(text="<Response/>", content_type="text/xml")

    async def status(request: web.Request) -> web.Response:
        """How far a message came: whoever does not answer is called again, whatever became of it."""
        return web.Response(status=204)

    async def link(request: web.Request) -> web.Response:
        found = guard.reader_of(request.match_info["token"])
        if found is None:
            return _page("over", status=410)
        who, what = found
        title, button, done = PAGES[what]
        if request.method == "GET":
            return _page(title, button=button)
        await guard.take(who)
        wake()
        return _page(done)

    async def alive(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    app = web.Application(client_max_size=LARGEST)
    app.add_routes([
        web.post("/heartbeat", heartbeat), web.post("/webhooks/{channel}/inbound", inbound),
        web.post("/webhooks/{channel}/status", status), web.get("/t/{token}", link),
        web.post("/t/{token}", link), web.get("/healthz", alive),
    ])  # fmt: skip
    return app


def _page(what: str, *, button: str = "", status: int = 200) -> web.Response:
    said = "<br>".join(escape(PAGE[what][language]) for language in ("zh", "en"))
    press = " / ".join(escape(said) for said in PAGE.get(button, {}).values())
    form = f'<form method="post"><button style="font-size:1.5em">{press}</button></form>'
    return web.Response(
        status=status, content_type="text/html", charset="utf-8",
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
                 " form-action 'self'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer"},
        text='<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(PAGE['title']['zh'])}</title><h1>{said}</h1>{form if button else ''}",
    )  # fmt: skip
