"""POST /api/v1/signals: what comes in by push, in our envelope or in a source's own words."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select

import connectors
from alerting.connector import Context, Reading
from alerting.errors import BadInput
from alerting.signals import (
    Forecast,
    Report,
    Signal,
    Spot,
    Tick,
    decode,
    encode,
    from_envelope,
)
from alerting.store.schema import realm
from alerting.vocabulary import QUANTITIES
from alerting.web.auth import Who, needs
from alerting.web.bodies import body_of
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem

router = APIRouter(prefix="/api/v1", tags=["signals"])
LIMIT = 32 * 1024 * 1024
FIRST, LAST = 1970, 2100  # years between which a time is believed


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
    source: Annotated[str | None, Query(max_length=64)] = None,
    realm_id: Annotated[str, Query(alias="realm", max_length=64)] = "live",
) -> dict[str, Any]:
    """Gives `ids` (those that are new), `known` (taken before, nothing changes) and `problems`."""
    station = station_of(request)
    await _open_realm(station, realm_id)
    body = await body_of(request, LIMIT)
    reading = await station.runtime.in_thread(
        "web", lambda: _read(station, realm_id, source, body, who_asks)
    )
    if not reading.signals:
        raise Problem(422, "nothing of this could be taken", problems=_parts(reading))
    new = await station.publish(realm_id, reading.signals)
    known = [s.id for s in reading.signals if s.id not in set(new)]
    return {"ids": new, "known": known, "problems": _parts(reading)}


def _read(
    station: Station, realm_id: str, source: str | None, body: bytes, who_asks: Who
) -> Reading:
    if source is None:
        return envelopes(body, who_asks, set(station.places.points()))
    connector = _connector(station, source)
    points = station.places.points().values()
    spots = tuple(Spot(p.id, p.lat, p.lon, p.elevation) for p in points)
    context = Context(station.now(realm_id), station.config.county.zone, spots)
    reading: Reading = connector.read(body, context)
    return reading


def _connector(station: Station, source: str) -> Any:
    """The configured source of that name, else the connector of that name with its defaults."""
    configured = getattr(station, "connectors", {}).get(source)
    if configured is not None:
        return configured
    found = connectors.find(source)
    return found(found.options())


def envelopes(body: bytes, who_asks: Who, points: set[str]) -> Reading:
    """Our own envelope, one or a list; `points` are ours. What cannot be taken is a problem each.

    A person's report is taken in the name of whoever sends it, whatever it says: nobody answers for
    somebody else. Ticks are the service's own.
    """
    try:
        given = json.loads(body, parse_constant=_no_such_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"this is not JSON: {error}", mend="For a source's own payload name it: ?source=cap"
        ) from None
    reading = Reading()
    for number, one in enumerate(given if isinstance(given, list) else [given]):
        where = f"[{number}]"
        if not isinstance(one, dict):
            reading.refuse(f"an envelope is an object, not {type(one).__name__}", where)
            continue
        try:
            reading.signals.append(_checked(from_envelope(one), who_asks, points))
        except BadInput as error:
            reading.refuse(error.what, error.where or where, error.mend)
        except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
            reading.refuse(f"this envelope cannot be read: {error}", where)
    return reading


def _checked(signal: Signal, who_asks: Who, points: set[str]) -> Signal:
    """What a well-formed envelope may still not say. Raises BadInput."""
    if isinstance(signal, Tick):
        raise BadInput("a tick comes from the service's own clock alone")
    if isinstance(signal, Report) and signal.person != who_asks.person:
        raise BadInput(
            f"this report is in the name of {signal.person!r}, and the login is {who_asks.person}'s"
        )
    if signal.accepted is not None:
        # A stamp of the sender's would move our clock.
        raise BadInput("`accepted` is stamped here: leave it out")
    for name in ("issued", "start", "at"):
        stamp = getattr(signal, name, None)
        if stamp is not None and not FIRST <= stamp.year <= LAST:
            raise BadInput(f"{name} {stamp:%Y-%m-%d} lies outside {FIRST} to {LAST}")
    if isinstance(signal, Forecast):
        _check_forecast(signal, points)
    else:
        decode(encode(signal))  # what cannot be read back must not be kept
    return signal


def _check_forecast(signal: Forecast, points: set[str]) -> None:
    unknown = sorted(set(signal.values) - set(QUANTITIES))
    if unknown:
        raise BadInput(
            f"unknown quantities {', '.join(unknown)}", mend=f"Known: {', '.join(QUANTITIES)}."
        )
    for spot in signal.spots:
        if spot.id not in points and not (-90 <= spot.lat <= 90 and -180 <= spot.lon <= 180):
            raise BadInput(f"the spot {spot.id!r} is no point of ours and has no lat and lon")
    if not signal.spots or not signal.hours:
        raise BadInput("a forecast needs a spot and an hour, at least")


def _no_such_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON; use null for what is missing")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_such_number(text)


async def _open_realm(station: Station, realm_id: str) -> None:
    row = await read(
        station,
        lambda c: c.execute(select(realm.c.ended).where(realm.c.id == realm_id)).one_or_none(),
    )
    if row is None:
        raise Problem(404, f"there is no realm {realm_id!r}", "Leave it out for the real world.")
    if row.ended is not None:
        raise Problem(409, f"the exercise {realm_id} has ended and takes nothing more")


def _parts(reading: Reading) -> list[dict[str, str]]:
    return [asdict(part) for part in reading.problems]
