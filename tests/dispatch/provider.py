"""Stand-ins on loopback for an SMS provider and for the receiver of a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from alerting.dispatch import Message
from tests.dispatch.hall import START

ACCOUNT = "AC" + "1" * 32


class Provider:
    """Answers what `answers` says, in order, and else as Twilio does: (status, body, headers), `hang`
    or `drop` (taken, but the line breaks before the answer)."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.messages: list[dict[str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.requests: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []
        self.let_go = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.pop(0) if self.answers else None
        if answer == "hang":
            await self.let_go.wait()
            return web.Response(status=500)
        if isinstance(answer, tuple):
            status, body, headers = answer
            return web.json_response(body, status=status, headers=headers)
        if request.method == "GET":
            self.queries.append(dict(request.query))
            return web.json_response({"messages": self.messages})
        fields = dict(await request.post())
        held = {"sid": f"SM{len(self.messages) + 1}", "to": str(fields.get("To", "")),
                "body": str(fields.get("Body", "")), "status": "queued"}  # fmt: skip
        self.messages.append(held)
        if answer == "drop":
            assert request.transport is not None
            request.transport.close()
        return web.json_response(held, status=201)


@asynccontextmanager
async def standing_in() -> AsyncIterator[Provider]:
    provider = Provider()
    server = web.ServerRunner(web.Server(provider.handle))
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    provider.url = site.name
    try:
        yield provider
    finally:
        provider.let_go.set()
        await server.cleanup()


def with_provider(story: Callable[[Provider], Awaitable[None]]) -> None:
    async def play() -> None:
        async with standing_in() as provider:
            await story(provider)

    asyncio.run(play())


def message(**more: Any) -> Message:
    given: dict[str, Any] = {
        "delivery": 7, "realm": "live", "exercise": True, "address": "+447700900101",
        "person": "chen", "reader": "陈警官", "post": "交警大队", "language": "zh", "band": "red",
        "subject": "大雾红色风险提示", "text": "【演练】【雾岭县应急办】大雾红色 编号K7", "code": "K7",
        "link": "http://here/a/x", "created": START,
        "about": ({"notice": 1, "kind": "open", "alert": "a", "measure": None, "level": 4},),
    }  # fmt: skip
    return Message(**(given | more))


