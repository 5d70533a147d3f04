"""POST /api/v1/signals: what comes in by push, in our envelope or in a source's own words."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError

import connectors
from alerting.alerts import closed_roads
from alerting.connector import Context, Reading
from alerting.connector import Problem as Left
from alerting.errors import BadInput
from alerting.places.areas import AreaMatcher
from alerting.places.roads import read_road_report
from alerting.service.clock import LIVE
from alerting.service.heeded import check_heeded
from alerting.signals import (
    Forecast,
    Observation,
    Report,
    Signal,
    Tick,
    Warning,
    check_times,
    decode,
    encode,
)
from alerting.web.auth import needs
from alerting.web.bodies import body_of
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who
from alerting.web.saying import check_realm

router = APIRouter(prefix="/api/v1", tags=["signals"],
                   responses=described(401, 403, 404, 409, 413, 422))  # fmt: skip
OWN_ENVELOPE = "signals"
LIMIT = 32 * 1024 * 1024


@router.post(
    "/signals",
    status_code=202,
    summary="Hand in signals; 202 only when they are on the disk",
    openapi_extra={"requestBody": {"required": True, "content": {
        "application/json": {"schema": {"description":
            "One envelope or a list of them: {kind, source, issued, …}"}},
        "application/octet-stream": {"schema": {"description":
            "With ?source=NAME: the source's own payload, as it came"}},
    }}},
)  # fmt: skip
async def take_signals(
    request: Request,
    who_asks: Annotated[Who, Depends(needs("order"))],
    source: Annotated[str, Query(max_length=64)] = OWN_ENVELOPE,
    realm_id: Annotated[str, Query(alias="realm", max_length=64)] = "live",
) -> dict[str, Any]:
    """Gives `ids` (those that are new), `known` (taken before, nothing changes) and `problems`."""
    station = station_of(request)
    await read(station, lambda c: check_realm(c, realm_id))
    body = await body_of(request, LIMIT)
    reading, packed = await station.runtime.in_thread(
        "web", lambda: _read(station, realm_id, source, body, who_asks)
    )
    if not reading.signals:
        raise Problem(422, "nothing of this could be taken", problems=_parts(reading))
    new = await station.publish(realm_id, reading.signals, packed)
    among = set(new)
    known = [s.id for s in reading.signals if s.id not in among]
    return {"ids": new, "known": known, "problems": _parts(reading)}


def _read(
    station: Station, realm_id: str, source: str, body: bytes, who_asks: Who
) -> tuple[Reading, dict[str, bytes]]:
    """What the body says, less what may not be said by this way; and by id as what it is kept."""
    context = Context(source, station.now(realm_id), station.config.county.zone, station.spots,
                      station.county.table)  # fmt: skip
    said: Reading = _connector(station, source).read(body, context)
    reading, packed = Reading(problems=said.problems), dict[str, bytes]()
    for one in said.signals:
        try:
            checked = _checked(one, who_asks, station, context.now)
            kept = _kept(checked)
            check_heeded(checked, station.book)
            if realm_id == LIVE:
                _brought(station, checked, reading)
            # A source's own list may tell of half the country; what somebody writes is meant for us.
            if source == OWN_ENVELOPE and isinstance(checked, Warning):
                reading.problems += lies_nowhere(station, checked)
            reading.signals.append(checked)
            packed |= kept
        except BadInput as error:
            reading.refuse(error.what, error.where or one.id, error.mend)
    return reading, packed


def _connector(station: Station, source: str) -> Any:
    """The configured source of that name, else the connector of that name with its defaults."""
    if source in station.connectors:
        return station.connectors[source]
    try:
        found = connectors.find(source)
    except BadInput as error:
        configured = ", ".join(sorted(station.connectors))
        mend = f"{error.mend} Configured: {configured}." if configured else error.mend
        raise BadInput(error.what, mend=mend) from None
    try:
        return found(found.options())
    except ValidationError as error:
        missing = ", ".join(".".join(str(p) for p in e["loc"]) for e in error.errors())
        raise BadInput(
            f"the source {source!r} needs options of its own: {missing}",
            mend="Put it into config.yaml under `sources`, then push to it by its name there.",
        ) from None


def _brought(station: Station, signal: Signal, reading: Reading) -> None:
    """Weather counts only from a source that the config says brings it: else the sender is told."""
    if not isinstance(signal, Forecast | Observation):
        return
    source = station.connectors.get(signal.source)
    if source is None:
        known = ", ".join(sorted(station.connectors))
        reading.refuse(f"the source {signal.source!r} is not configured: what it says is kept and"
                       " speaks for nothing", signal.id, f"Configured: {known}.")  # fmt: skip
    elif signal.kind not in source.feeds:
        raise BadInput(
            f"the source {signal.source!r} is not configured to bring {signal.kind}s",
            mend="In config.yaml: `brings` says what is pushed under a name.",
        )


def lies_nowhere(station: Station, warning: Warning) -> list[Left]:
    """Says of a warning whose area holds none of our places that it is kept and does nothing."""
    if warning.action == "cancel" or AreaMatcher(station.places).covers(warning.area).any():
        return []
    area = warning.area
    named = ", ".join([*area.names, *area.codes]) or "its polygon or circle"
    return [Left(f"its area lies nowhere in the county: {named}", warning.identifier,
                 "Name the county or a township as zones.csv does, or give its code.")]  # fmt: skip


def _checked(signal: Signal, who_asks: Who, station: Station, now: datetime) -> Signal:
    """What a well-formed signal may still not say, by this way. Raises BadInput.

    A person's report is taken in the name of whoever sends it alone: nobody answers for somebody
    else. Ticks are the service's own, and so is the time of acceptance: a sender's is put aside.
    """
    if isinstance(signal, Tick):
        raise BadInput("a tick comes from the service's own clock alone")
    if isinstance(signal, Report) and signal.person != who_asks.person:
        raise BadInput(
            f"this report is in the name of {signal.person!r}, and the login is {who_asks.person}'s"
        )
    if isinstance(signal, Report) and signal.act in closed_roads.ACTS:
        read_road_report(signal.act, signal.detail, station.places, now)
    check_times(signal, now)
    if isinstance(signal, Forecast):
        _check_forecast(signal, station.point_ids)
    if signal.accepted is None:
        return signal
    if isinstance(signal, Forecast):
        return replace(signal, accepted=None)
    return signal.model_copy(update={"accepted": None})


def _kept(signal: Signal) -> dict[str, bytes]:
    """As what it is kept, by its id: of observations, which come by the thousand, that need not be made
    again while others wait for the writer. Raises BadInput for what could not be read back."""
    if isinstance(signal, Forecast):
        return {}
    try:
        body = encode(signal)
        decode(body)
    except ValueError as error:
        raise BadInput(f"this cannot be kept: {error}") from None
    return {signal.id: body} if isinstance(signal, Observation) else {}


def _check_forecast(signal: Forecast, points: frozenset[str]) -> None:
    for spot in signal.spots:
        if spot.id not in points and not (-90 <= spot.lat <= 90 and -180 <= spot.lon <= 180):
            raise BadInput(f"the spot {spot.id!r} is no point of ours and has no lat and lon")


def _parts(reading: Reading) -> list[dict[str, str]]:
    return [asdict(part) for part in reading.problems]
