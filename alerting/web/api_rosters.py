"""/api/v1/rosters: who is on duty when; changes by hand, swaps, iCalendar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from alerting.people import everybody, ical
from alerting.service import hand_overs, roster_desk, roster_listing
from alerting.web.api_answers import Key
from alerting.web.auth import needs, who
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who

router = APIRouter(prefix="/api/v1", tags=["rosters"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip
Reader = Annotated[Who, Depends(who)]
Days = Annotated[int, Query(ge=1, le=roster_listing.LONGEST)]
From = Annotated[AwareDatetime | None, Query(alias="from")]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class Change(Body):
    """Somebody besides (`add`), nobody (`remove`) or somebody else (`replace`)."""

    kind: Literal["add", "remove", "replace"]
    begins: AwareDatetime
    ends: AwareDatetime
    person: str = Field("", max_length=100)
    instead_of: str = Field("", max_length=100)
    reason: Reason


class Swap(Body):
    """`shift` and `back` are beginnings of shifts as the roster lists them under `shift`."""

    shift: AwareDatetime
    person: Key
    back: AwareDatetime | None = None
    reason: Reason


class Kept(Body):
    """A roster kept elsewhere, as iCalendar: it replaces the rules from its first event to its last."""

    ics: str = Field(max_length=1_000_000)
    reason: Reason


class Handed(Body):
    """`take-over` confirms; `cannot-take-over` says that one cannot, and why. By somebody else than the
    incomer: it is done for them, with a reason."""

    answer: Literal["take-over", "cannot-take-over"]
    reason: str = Field("", max_length=500)


class Reasoned(Body):
    reason: Reason


@router.get("/rosters", summary="Every post with a roster: who is on, the two weeks ahead, gaps")
async def list_rosters(
    request: Request, _who: Reader, begins: From = None, days: Days = roster_listing.DAYS
) -> list[dict[str, Any]]:
    return await _listed(station_of(request), begins, days)


@router.get("/rosters/{post}.ics", response_class=Response,
            summary="A post's roster as iCalendar, ninety days from now")  # fmt: skip
async def as_calendar(request: Request, _who: Reader, post: Key, days: Days = 90) -> Response:
    station = station_of(request)
    [found] = await _found(station, post, None, days)
    people = {one.id: one for one in await read(station, everybody)}
    shifts = [roster_listing.shift_from(one) for one in found["shifts"]]
    text = ical.written(post, found["title"]["zh"], shifts, people, station.runtime.now())
    return Response(text, media_type="text/calendar; charset=utf-8")


@router.get("/rosters/{post}", summary="One post's roster")
async def one_roster(
    request: Request, _who: Reader, post: Key, begins: From = None, days: Days = roster_listing.DAYS
) -> dict[str, Any]:
    [found] = await _found(station_of(request), post, begins, days)
    return found


@router.post("/rosters/{post}/changes", status_code=201, summary="Change who is on duty for a while")
async def put_on(
    request: Request, post: Key, given: Change, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    """`changes` are the numbers of what was made, one a shift; two that overlap are refused."""
    station = station_of(request)
    made = await roster_desk.change(
        station, who_asks.person, who_asks.role,
        lambda desk: roster_desk.put_on(station, desk, post=post, **given.model_dump()),
    )  # fmt: skip
    return {"changes": made}


@router.post("/rosters/{post}/swaps", status_code=201, summary="Ask somebody to take a shift")
async def ask_swap(
    request: Request, post: Key, given: Swap, who_asks: Annotated[Who, Depends(needs("answer"))]
) -> dict[str, Any]:
    """Nothing changes until they take it. `back` is a shift of theirs that is given for it."""
    station = station_of(request)
    made = await roster_desk.change(
        station, who_asks.person, who_asks.role,
        lambda desk: roster_desk.ask(station, desk, post=post, turn=given.shift, person=given.person,
                                     back=given.back, reason=given.reason),
    )  # fmt: skip
    return {"changes": [made]}


@router.post("/rosters/{post}/calendar", status_code=201,
             summary="Take a roster kept elsewhere for its time")  # fmt: skip
async def take_calendar(
    request: Request, post: Key, given: Kept, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    station = station_of(request)
    made = await roster_desk.change(
        station, who_asks.person, who_asks.role,
        lambda desk: roster_desk.take_calendar(station, desk, post, given.ics, given.reason),
    )  # fmt: skip
    return {"changes": [made]}


@router.get("/rosters/{post}/open-items",
            summary="What is open at a post: what its incomer takes over")  # fmt: skip
async def list_open_items(request: Request, _who: Reader, post: Key) -> list[dict[str, Any]]:
    station = station_of(request)
    await _found(station, post, None, 1)
    return await read(station, lambda c: hand_overs.items_of(c, station, post))


@router.post("/rosters/{post}/hand-over", summary="Confirm that one takes over, or that one cannot")
async def hand_over(
    request: Request, post: Key, given: Handed, who_asks: Annotated[Who, Depends(needs("answer"))]
) -> dict[str, Any]:
    station = station_of(request)
    incomer = await roster_desk.change(
        station, who_asks.person, who_asks.role,
        lambda desk: hand_overs.answer(station, desk, post, given.answer, given.reason),
    )  # fmt: skip
    said = await read(station, lambda c: hand_overs.said_of(c, post, given.answer, incomer))
    return {"post": post, "incomer": incomer, "next": said}


@router.post("/rosters/changes/{number}/take", summary="Take a swap that one was asked for")
async def take_swap(
    request: Request, number: int, who_asks: Annotated[Who, Depends(needs("answer"))]
) -> dict[str, Any]:
    station = station_of(request)
    post = await roster_desk.change(
        station, who_asks.person, who_asks.role, lambda desk: roster_desk.take(station, desk, number)
    )
    return {"post": post, "changes": [number]}


@router.post("/rosters/changes/{number}/undo", summary="Undo a change, or decline a swap")
async def undo(
    request: Request, number: int, given: Reasoned,
    who_asks: Annotated[Who, Depends(needs("answer"))],
) -> dict[str, Any]:  # fmt: skip
    station = station_of(request)
    post = await roster_desk.change(
        station, who_asks.person, who_asks.role,
        lambda desk: roster_desk.undo(station, desk, number, given.reason),
    )  # fmt: skip
    return {"post": post, "changes": [number]}


async def _listed(
    station: Station, begins: datetime | None, days: int, only: str = ""
) -> list[dict[str, Any]]:
    now = station.runtime.now()
    span = roster_listing.span(now, begins, days)
    zone = station.config.county.zone
    return await read(station, lambda c: roster_listing.listed(c, zone, now, *span, only))


async def _found(
    station: Station, post: str, begins: datetime | None, days: int
) -> list[dict[str, Any]]:
    found = await _listed(station, begins, days, post)
    if not found:
        raise Problem(404, f"the post {post!r} has no roster", "GET /api/v1/rosters lists them all.",
                      zh=f"岗位 {post} 没有轮值表。")  # fmt: skip
    return found
