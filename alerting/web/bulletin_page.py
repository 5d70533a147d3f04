"""/bulletin: the monthly bulletins, to read, to print and as data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerting.service.bulletin import Month, bulletin, month_of, months
from alerting.service.bulletin.layout import paper
from alerting.web.auth import who
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import language_of, page
from alerting.web.problems import described
from alerting.web.realms import LIVE, shown_of_realm
from alerting.web.roles import Who
from alerting.web.saying import known_realm

router = APIRouter()
Asking = Annotated[Who, Depends(who)]


@router.get("/bulletin", include_in_schema=False)
async def all_months(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)
    zone = station.config.county.zone

    def show(connection: Connection, realm_id: str) -> dict[str, Any]:
        return {"months": months(connection, zone, station.now(realm_id), realm_id)}

    shown = await shown_of_realm(request, show, _realm_of(request))
    now = station.now(shown["realm"].id)
    return page(request, "bulletins.html", who=who_asks, now=now, current=Month.at(now, zone), **shown)


@router.get("/bulletin/{month}", include_in_schema=False)
async def one_month(request: Request, who_asks: Asking, month: str) -> Response:
    station, language = station_of(request), language_of(request)
    county = station.config.county
    named = {"zh": county.name, "en": county.name_en or county.name}

    def show(connection: Connection, realm_id: str) -> dict[str, Any]:
        made = _made(connection, station, month, realm_id)
        return {"paper": paper(made, named, county.zone, language)}

    shown = await shown_of_realm(request, show, _realm_of(request))
    return page(request, "bulletin.html", who=who_asks, now=station.now(shown["realm"].id), **shown)


@router.get("/api/v1/bulletin/{month}", tags=["bulletin"], responses=described(401, 404, 422),
            summary="The safety committee's bulletin of a month, as data")  # fmt: skip
async def bulletin_data(
    request: Request, _who: Asking, month: str, realm: str = LIVE
) -> dict[str, Any]:
    station = station_of(request)
    await read(station, lambda c: known_realm(c, realm))
    return await read(station, lambda c: _made(c, station, month, realm))


def _realm_of(request: Request) -> str:
    """A bulletin is of the real world unless an exercise is asked for by name."""
    return request.query_params.get("realm") or LIVE


def _made(connection: Connection, station: Station, month: str, realm_id: str) -> dict[str, Any]:
    now, zone = station.now(realm_id), station.config.county.zone
    kept = station.config.keep.alerts_days if realm_id == LIVE else None
    wanted = month_of(month, zone, now, kept)
    return bulletin(connection, station.places, station.book, zone, wanted, now, realm_id)
