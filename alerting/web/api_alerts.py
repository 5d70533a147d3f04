"""GET /api/v1/alerts, /alerts/{id}, /measures, /measures/{id}: what is open, what ever was."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection

from alerting.chase.together import put_with
from alerting.service import listing
from alerting.web.auth import who
from alerting.web.desk import read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who
from alerting.web.saying import known_realm

router = APIRouter(prefix="/api/v1", tags=["alerts"], responses=described(401, 404, 422))
State = Annotated[Literal["open", "all"], Query(description="open, or all there ever were")]
InRealm = Annotated[
    str | None, Query(description="live, exercise-1 …; without it all realms", max_length=64)
]


@router.get("/alerts", summary="Alerts, oldest first, with what hangs on each")
async def list_alerts(
    request: Request,
    _who: Annotated[Who, Depends(who)],
    state: State = "open",
    realm: InRealm = None,
) -> list[dict[str, Any]]:
    station = station_of(request)
    await read(station, lambda c: realm and known_realm(c, realm))
    return await read(
        station, lambda c: listing.alerts(c, station.places, station.book, realm, state)
    )


@router.get("/alerts/{alert_id}", summary="One alert")
async def show_alert(
    request: Request, _who: Annotated[Who, Depends(who)], alert_id: str
) -> dict[str, Any]:
    station = station_of(request)
    found = await read(
        station, lambda c: listing.one_alert(c, station.places, station.book, alert_id)
    )
    if found is None:
        raise Problem(404, f"there is no alert {alert_id!r}", "GET /api/v1/alerts?state=all",
                      zh=f"没有编号为 {alert_id} 的风险提示。")  # fmt: skip
    return found


@router.get("/measures", summary="Measures, oldest first, with who asks for each")
async def list_measures(
    request: Request,
    _who: Annotated[Who, Depends(who)],
    state: State = "open",
    realm: InRealm = None,
) -> list[dict[str, Any]]:
    station = station_of(request)
    await read(station, lambda c: realm and known_realm(c, realm))
    return await read(
        station, lambda c: listing.measures(c, station.places, station.book, realm, state)
    )


@router.get("/measures/{measure_id}",
            summary="One measure, with those that wait for the same answer (`together`)")  # fmt: skip
async def show_measure(
    request: Request, _who: Annotated[Who, Depends(who)], measure_id: str
) -> dict[str, Any]:
    station = station_of(request)

    def found_by(connection: Connection) -> dict[str, Any] | None:
        row = listing.one_measure(connection, station.places, station.book, measure_id)
        return row and row | {"together": put_with(connection, measure_id)}

    found = await read(station, found_by)
    if found is None:
        raise Problem(404, f"there is no measure {measure_id!r}", "GET /api/v1/measures?state=all",
                      zh=f"没有编号为 {measure_id} 的措施。")  # fmt: skip
    return found
