"""/api/v1/callouts: who is called out, who has answered; report, pass on, tick off."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Connection, select

from alerting.chase.filling import MOST
from alerting.service import callout_figures, callout_listing
from alerting.store.schema_callout import callout
from alerting.web.api_answers import Became, Key
from alerting.web.auth import needs, who
from alerting.web.bodies import Body
from alerting.web.callout_page import detail_of
from alerting.web.desk import read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who
from alerting.web.saying import known_realm, say

router = APIRouter(prefix="/api/v1", tags=["call-outs"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip
Reader = Annotated[Who, Depends(who)]
Answers = Annotated[Who, Depends(needs("answer"))]


class _Body(Body):
    post: Key = Field(description="the post that is called, whose answer this is")


class Reported(_Body):
    """`answers` by the question's id, as GET /callouts/{id} has them under `asked`; what is missing is
    said in `next`, and asked back."""

    answers: dict[Key, str | int | bool] = Field(max_length=MOST)


class Ticked(_Body):
    how: Literal["phone", "radio", "in person"]
    reason: str = Field(min_length=1, max_length=500)


@router.get("/callouts", summary="The call-outs of a realm, with how many have answered")
async def list_callouts(
    request: Request, who_asks: Reader, realm: Key = "live", state: Literal["open", "all"] = "open",
    sector: Annotated[str, Query(max_length=64, description="only those of alerts of it")] = "",
) -> dict[str, Any]:  # fmt: skip
    station = station_of(request)

    def show(connection: Connection) -> dict[str, Any]:
        known_realm(connection, realm)
        now = station.now(realm)
        called = callout_figures.callees(connection, realm)
        return {
            "callouts": callout_listing.listed(connection, station.places, realm, state, now,
                                               sector),
            "figures": callout_figures.by_tier(called),
        }

    return await read(station, show)


@router.get("/callouts/{key}", summary="One call-out: the tree of who has answered and who has not")
async def one_callout(request: Request, key: str, who_asks: Reader) -> dict[str, Any]:
    station = station_of(request)

    def show(connection: Connection) -> dict[str, Any] | None:
        here = connection.execute(select(callout.c.realm).where(callout.c.id == key)).scalar()
        if here is None:
            return None
        return callout_listing.shown(
            connection, station.places, station.book, key, station.now(here))

    found = await read(station, show)
    if found is None:
        raise Problem(404, f"there is no call-out {key!r}", "GET /api/v1/callouts lists them.",
                      zh=f"没有编号为 {key} 的叫应单。")  # fmt: skip
    return found


@router.post("/callouts/{key}/report", status_code=202, summary="Report what a call-out asks")
async def report(request: Request, key: str, given: Reported, who_asks: Answers) -> Became:
    answers = {name: _as_typed(value) for name, value in given.answers.items()}
    return await _say(request, who_asks, "report", key, detail_of(given.post, "", "", answers))


@router.post("/callouts/{key}/pass-on", status_code=202, summary="Call a township's own list")
async def pass_on(request: Request, key: str, given: _Body, who_asks: Answers) -> Became:
    return await _say(request, who_asks, "pass-on", key, detail_of(given.post, "", "", {}))


@router.post("/callouts/{key}/tick", status_code=202, summary="Tick off who was reached otherwise")
async def tick(request: Request, key: str, given: Ticked, who_asks: Answers) -> Became:
    """With the role order, or on duty at the office; `how` and `reason` stay on record."""
    detail = detail_of(given.post, given.how, given.reason, {})
    return await _say(request, who_asks, "tick", key, detail)


async def _say(
    request: Request, who_asks: Who, act: str, key: str, detail: dict[str, Any]
) -> Became:
    made = await say(station_of(request), who_asks, act, f"callout:{key}", detail, channel="api")
    return Became(**made)


def _as_typed(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
