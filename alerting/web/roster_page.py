"""/roster: who is on duty at each post, the two weeks ahead, and what people change of them by form."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerting.chase import handing_over
from alerting.errors import BadInput, SuianError
from alerting.people import Person, everybody
from alerting.people.roster_changes import Desk
from alerting.service import hand_overs, roster_desk, roster_listing
from alerting.web import auth
from alerting.web.auth import who
from alerting.web.bodies import form_of
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import page
from alerting.web.names import people_named
from alerting.web.problems import Problem
from alerting.web.roles import Who
from alerting.web.words import PROBLEMS

router = APIRouter(include_in_schema=False)
Form = dict[str, str]
# What a form may do, and the role it takes.
ACTS = {"change": "order", "swap": "answer", "take": "answer", "undo": "answer",
        "take-over": "answer", "cannot-take-over": "answer"}  # fmt: skip


@router.get("/roster")
async def all_rosters(request: Request, who_asks: Annotated[Who, Depends(who)]) -> Response:
    return await _draw(request, who_asks, {})


@router.post("/roster")
async def changed(request: Request) -> Response:
    """A change goes through the same checks as by the API; one that cannot be is shown again."""
    form = await form_of(request)
    act = form.get("act", "")
    if act not in ACTS:
        raise Problem(422, "this form is unknown", "Open the page again.",
                      zh="这个表单无法识别，请重新打开页面。")  # fmt: skip
    who_asks = await auth.needs(ACTS[act])(request)
    auth.check_form(who_asks, form)
    station = station_of(request)
    try:
        await roster_desk.change(station, who_asks.person, who_asks.role,
                                 lambda desk: _do(station, desk, act, form))  # fmt: skip
    except SuianError as error:
        wrong = {"zh": error.zh or PROBLEMS[422], "en": f"{error.what}. {error.mend}".strip()}
        return await _draw(request, who_asks, form, wrong)
    return RedirectResponse(f"/roster?done=yes#{quote(form.get('post', ''))}", 303)


def _do(station: Station, desk: Desk, act: str, form: Form) -> None:
    post, reason = form.get("post", ""), form.get("reason", "").strip()[:500]
    if act == "take":
        roster_desk.take(station, desk, _number(form))
    elif act == "undo":
        roster_desk.undo(station, desk, _number(form), reason)
    elif act in handing_over.ACTS:
        hand_overs.answer(station, desk, post, act, reason)
    elif act == "swap":
        back = form.get("back", "")
        roster_desk.ask(station, desk, post=post, turn=_time(desk, form.get("shift", "")),
                        person=form.get("person", ""), back=_time(desk, back) if back else None,
                        reason=reason)  # fmt: skip
    else:
        if form.get("kind") not in ("add", "remove", "replace"):
            raise BadInput("say how it is to be changed", zh="请选择怎样调整。")
        roster_desk.put_on(station, desk, post=post, kind=form["kind"],
                           begins=_time(desk, form.get("begins", "")),
                           ends=_time(desk, form.get("ends", "")),
                           person="" if form["kind"] == "remove" else form.get("person", ""),
                           reason=reason)  # fmt: skip


def _number(form: Form) -> int:
    given = form.get("number", "")
    if not given.isdigit():
        raise BadInput("there is no such change", zh="没有这项更改，请重新打开页面。")
    return int(given)


def _time(desk: Desk, text: str) -> datetime:
    """A time as browsers send it, local where it has no zone: 2026-01-20T08:00."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no time", mend="Write it like 2026-01-20 08:00.",
                       zh=f"“{text[:40]}”不是时间，请写成 2026-01-20 08:00。") from None  # fmt: skip
    return at if at.tzinfo is not None else at.replace(tzinfo=desk.zone)


async def _draw(
    request: Request, who_asks: Who, form: Form, wrong: dict[str, str] | None = None
) -> Response:
    station = station_of(request)
    now, zone = station.runtime.now(), station.config.county.zone
    span = roster_listing.span(now, None, roster_listing.DAYS)

    def show(connection: Connection) -> dict[str, Any]:
        rosters = roster_listing.listed(connection, zone, now, *span)
        for one in rosters:
            if one["hand_over"] is not None:
                one["open_items"] = hand_overs.items_of(connection, station, one["post"])
        return {
            "rosters": rosters,
            "people": people_named(connection), "may_serve": _may_serve(everybody(connection)),
        }  # fmt: skip

    shown = await read(station, show)
    return page(
        request, "roster.html", status=422 if wrong else 200, who=who_asks, now=now, given=form,
        wrong=wrong, done=request.query_params.get("done") == "yes",
        may_change=bool(who_asks.by) and who_asks.may("order"),
        may_swap=bool(who_asks.by) and who_asks.may("answer"), **shown,
    )  # fmt: skip


def _may_serve(people: list[Person]) -> list[Person]:
    return [one for one in people if one.role != "view"]
