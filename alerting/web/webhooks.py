"""What providers tell us: how far a message has come, and what somebody wrote back.

A callback proves itself by its signature, over the address by which the outside knows us; one that
does not is refused with nothing changed. What a person wrote is answered by a message of its own,
never in the body of the callback, so that every reply is on record as a delivery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol, cast

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from alerting.dispatch.channels import Inbound, StatusChange
from alerting.people import person_at
from alerting.vocabulary.nul import without_nul
from alerting.web.bodies import pairs_of
from alerting.web.desk import read, station_of
from alerting.web.problems import Problem

router = APIRouter(prefix="/webhooks", include_in_schema=False)
log = structlog.get_logger()
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Calling(Protocol):
    """A channel whose provider calls back with signed forms, as Twilio's does."""

    def verify(
        self, url: str, params: Mapping[str, str | list[str]], signature: str, settings: str = ""
    ) -> bool: ...

    def callback(self, params: Mapping[str, str]) -> StatusChange | None: ...

    def inbound(self, params: Mapping[str, str]) -> Inbound: ...


@router.post("/{channel}/status")
async def status(request: Request, channel: str) -> Response:
    """How far one message has come. States never go back; one that says nothing new is fine too."""
    said = await _verified(request, channel)
    change = _calling(request, channel).callback(dict(request.query_params) | said)
    if change is not None:
        await station_of(request).dispatcher.status(channel, change)
    return Response(status_code=204)


@router.post("/{channel}/inbound")
async def inbound(request: Request, channel: str) -> Response:
    """What somebody wrote: an answer of the person whose number it is. Strangers get nothing."""
    said = _calling(request, channel).inbound(await _verified(request, channel))
    station = station_of(request)
    who = await read(station, lambda c: person_at(c, channel, said.address))
    if who is None:
        log.info("a message of a stranger", channel=channel, provider_id=said.provider_id)
    else:
        await station.hear(
            who.id, channel, said.text, reply_to=said.address, message=said.provider_id
        )
    return Response(NOTHING_TO_SAY, media_type="text/xml")


def _calling(request: Request, name: str) -> Calling:
    channel: Any = station_of(request).channels.get(name)
    if channel is None or not all(hasattr(channel, m) for m in ("verify", "callback", "inbound")):
        raise Problem(404, f"no channel {name!r} is called back here")
    return cast(Calling, channel)


async def _verified(request: Request, name: str) -> dict[str, str]:
    """The form's fields, once their signature has been proved; 403 otherwise."""
    calling = _calling(request, name)
    fields: dict[str, list[str]] = defaultdict(list)
    for key, value in await pairs_of(request):
        fields[key].append(value)
    signature = request.headers.get("x-twilio-signature", "")
    settings = request.headers.get("x-twilio-webhooks-signature-settings", "")
    if not signature or not calling.verify(_outside_url(request), fields, signature, settings):
        log.warning("a callback with a false signature", channel=name)
        raise Problem(403, "the signature does not fit",
                      "Check the token, and that `public_url` is the address called.")  # fmt: skip
    form: dict[str, str] = without_nul({key: values[-1] for key, values in fields.items()})
    return form


def _outside_url(request: Request) -> str:
    """The address as the provider knows it and has signed it, whatever proxy stands between."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    return f"{station_of(request).config.url}{path}" + (f"?{query}" if query else "")
