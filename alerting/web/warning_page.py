"""/warnings: the official warnings in force here, on a page and as data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerting.service.warning_listing import warnings
from alerting.web.auth import who
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import page
from alerting.web.problems import described
from alerting.web.realms import LIVE, shown_of_realm
from alerting.web.roles import Who
from alerting.web.saying import known_realm

router = APIRouter()
Asking = Annotated[Who, Depends(who)]


@router.get("/warnings", include_in_schema=False)
async def all_warnings(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)
    shown = await shown_of_realm(request, lambda c, realm_id: _listed(c, station, realm_id))
    return page(request, "warnings.html", who=who_asks, now=station.now(shown["realm"].id), **shown)


@router.get("/api/v1/warnings", tags=["warnings"], responses=described(401, 404, 422),
            summary="The official warnings in force here, the gravest first")  # fmt: skip
async def list_warnings(request: Request, _who: Asking, realm: str = LIVE) -> dict[str, Any]:
    """`warnings`, and the sources that are `silent`: of those nobody knows what is missing."""
    station = station_of(request)
    await read(station, lambda c: known_realm(c, realm))
    found = await read(station, lambda c: _listed(c, station, realm))
    return {"realm": realm, "warnings": found["warnings"], "silent": found["silent"]}


def _listed(connection: Connection, station: Station, realm_id: str) -> dict[str, Any]:
    engine = station.engines.get(realm_id)
    if engine is None:  # an exercise that has ended long ago
        return {"warnings": [], "silent": [], "fed": True}
    facts, now = engine.facts, station.now(realm_id)
    found = warnings(connection, facts, station.book, station.county.table, realm_id, now)
    return {"warnings": found, "silent": facts.silent(now), "fed": bool(facts.feeds)}
