"""/api/v1/drills: drills held and to come, their reports; hold one, schedule one, stop one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, Field

from alerting.service import drill_desk, drill_listing, drill_plans
from alerting.web import auth
from alerting.web.api_answers import Key
from alerting.web.auth import who
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who

router = APIRouter(prefix="/api/v1", tags=["drills"], responses=described(401, 403, 404, 409, 422))
Reader = Annotated[Who, Depends(who)]
Reason = Annotated[str, Field(min_length=1, max_length=drill_desk.REASON)]


def role_of(station: Station) -> str:
    """What it takes to hold a drill; in a fictional county nobody is woken by one."""
    return "answer" if station.config.county.fictional else "order"


async def organiser(request: Request) -> Who:
    """Who asks, if they may hold drills: 401 or 403 otherwise."""
    found: Who = await auth.needs(role_of(station_of(request)))(request)
    return found


class Holding(Body):
    """`at` left out: now. `announced`: players are told beforehand; every message says 演练 anyway."""

    plan: Key
    reason: Reason
    announced: bool = False
    at: AwareDatetime | None = None


class Stopping(Body):
    reason: Reason


@router.get("/drills", summary="The plans there are, and the drills held and to come")
async def list_drills(request: Request, who_asks: Reader) -> dict[str, Any]:
    """An unannounced drill that is still to come is shown only to those who may hold one."""
    station = station_of(request)
    may = bool(who_asks.by) and who_asks.may(role_of(station))
    plans = await station.runtime.in_thread("web", lambda: drill_plans.listed(station))
    return {
        "plans": [
            {"plan": one.name, "kind": one.kind, "title": one.title, "fault": one.fault,
             "minutes": round(one.lasts.total_seconds() / 60) if one.lasts else None}
            for one in plans
        ],
        "drills": await read(station, lambda c: drill_listing.listed(c, may)),
    }  # fmt: skip


@router.post("/drills", status_code=201, summary="Hold a drill now, or schedule one")
async def hold(
    request: Request, given: Holding, who_asks: Annotated[Who, Depends(organiser)]
) -> dict[str, Any]:
    made = await drill_desk.hold(station_of(request), given.plan, who_asks.person, given.reason,
                                 given.announced, given.at)  # fmt: skip
    return {"id": made}


@router.get("/drills/{number}", summary="Who answered, how fast, who did not; against the last one")
async def report(request: Request, number: int, who_asks: Reader) -> dict[str, Any]:
    return await report_of(request, number, who_asks)


@router.post("/drills/{number}/stop", summary="End a drill, or call it off before it begins")
async def stop(
    request: Request, number: int, given: Stopping, who_asks: Annotated[Who, Depends(organiser)]
) -> dict[str, Any]:
    state = await drill_desk.stop(station_of(request), number, who_asks.person, given.reason)
    return {"id": number, "state": state}


async def report_of(request: Request, number: int, who_asks: Who) -> dict[str, Any]:
    """A drill's report; 404 where there is none that this reader may know of."""
    station = station_of(request)
    may = bool(who_asks.by) and who_asks.may(role_of(station))
    found = await read(station, lambda c: drill_listing.report(c, number, may))
    if found is None:
        raise Problem(404, f"there is no drill {number}", "GET /api/v1/drills lists them all.",
                      zh=f"没有编号为 {number} 的演练。")  # fmt: skip
    return found
