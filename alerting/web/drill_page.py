"""/drills: what was drilled and is to be, with forms to hold, schedule and stop; /drills/{id}: a
report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerting.errors import BadInput, SuianError
from alerting.service import drill_desk, drill_listing, drill_plans
from alerting.vocabulary import POST_TIERS
from alerting.web import auth
from alerting.web.api_drills import organiser, report_of, role_of
from alerting.web.auth import who
from alerting.web.bodies import form_of
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import language_of, page, words_in
from alerting.web.names import people_named
from alerting.web.roles import Who
from alerting.web.words import PROBLEMS

router = APIRouter(include_in_schema=False)
Form = dict[str, str]
OFTEN = 20  # seconds, while a drill runs


@router.get("/drills")
async def all_drills(request: Request, who_asks: Annotated[Who, Depends(who)]) -> Response:
    return await _draw(request, who_asks, {})


@router.post("/drills")
async def hold(request: Request) -> Response:
    """A drill that cannot be is shown again, with what was typed."""
    form = await form_of(request)
    who_asks = await organiser(request)
    auth.check_form(who_asks, form)
    station = station_of(request)
    try:
        await drill_desk.hold(station, form.get("plan", ""), who_asks.person, form.get("reason", ""),
                              bool(form.get("announced")), _time(station, form.get("at", "")))
    except SuianError as error:
        return await _draw(request, who_asks, form, _wrong(error))
    return RedirectResponse("/drills?done=yes", 303)


@router.get("/drills/{number}")
async def report(
    request: Request, number: int, who_asks: Annotated[Who, Depends(who)]
) -> Response:
    """`?do=stop` opens the form that ends it, and the page stands still while it is filled in."""
    given = {"reason": ""} if request.query_params.get("do") == "stop" else None
    return await _draw_report(request, number, who_asks, given)


@router.post("/drills/{number}/stop")
async def stop(request: Request, number: int) -> Response:
    form = await form_of(request)
    who_asks = await organiser(request)
    auth.check_form(who_asks, form)
    try:
        await drill_desk.stop(station_of(request), number, who_asks.person, form.get("reason", ""))
    except SuianError as error:
        given = {"reason": form.get("reason", "")}
        return await _draw_report(request, number, who_asks, given, _wrong(error))
    return RedirectResponse(f"/drills/{number}?done=yes", 303)


async def _draw_report(
    request: Request, number: int, who_asks: Who, given: Form | None,
    wrong: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """`given` is what was typed into the form that ends it; None while it is shut."""
    made = await report_of(request, number, who_asks)
    running = made["state"] == "running"
    names = await read(station_of(request), people_named)
    return page(
        request, "drill_report.html", status=422 if wrong else 200, who=who_asks, d=made,
        people=names, tier_word=tier_word_in(request), want_word=_want_word(request),
        took=took_in(request), refresh=OFTEN if running and given is None else 0,
        may=_may(request, who_asks), given=given, wrong=wrong,
        done=request.query_params.get("done") == "yes",
    )  # fmt: skip


async def _draw(
    request: Request, who_asks: Who, form: Form, wrong: dict[str, str] | None = None
) -> Response:
    station, may = station_of(request), _may(request, who_asks)
    plans = await station.runtime.in_thread("web", lambda: drill_plans.listed(station))

    def show(connection: Connection) -> dict[str, Any]:
        return {"drills": drill_listing.listed(connection, may), "people": people_named(connection)}

    shown = await read(station, show)
    running = any(one["state"] == "running" for one in shown["drills"])
    return page(
        request, "drills.html", status=422 if wrong else 200, who=who_asks, given=form, wrong=wrong,
        plans=plans, may=may, took=took_in(request), done=request.query_params.get("done") == "yes",
        refresh=0 if may else OFTEN if running else 0,  # whoever may holds a form in hand
        **shown,
    )  # fmt: skip


def _may(request: Request, who_asks: Who) -> bool:
    return bool(who_asks.by) and who_asks.may(role_of(station_of(request)))


def _wrong(error: SuianError) -> dict[str, str]:
    return {"zh": error.zh or PROBLEMS[422], "en": f"{error.what}. {error.mend}".strip()}


def _time(station: Station, text: str) -> datetime | None:
    """A time as browsers send it, local: 2026-01-20T08:00; empty is none."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no time", mend="Write it like 2026-01-20 08:00.",
                       zh=f"“{text[:40]}”不是时间，请写成 2026-01-20 08:00。") from None  # fmt: skip
    return at if at.tzinfo is not None else at.replace(tzinfo=station.config.county.zone)


def tier_word_in(request: Request) -> Callable[[str], str]:
    """What a tier is called; its key where nobody has named it."""
    at = 0 if language_of(request) == "zh" else 1
    return lambda tier: POST_TIERS[tier][at] if tier in POST_TIERS else tier


def _want_word(request: Request) -> Callable[[str], str]:
    t = words_in(language_of(request))
    return lambda wants: t(f"drill_want_{wants.replace('-', '_')}")


def took_in(request: Request) -> Callable[[int | None], str]:
    """How long something took, in words: 40 s, 3 min 20 s, 1 h 5 min; a dash for never."""
    t = words_in(language_of(request))

    def said(seconds: int | None) -> str:
        if seconds is None:
            return "—"
        if seconds < 60:
            return t("drill_seconds", s=seconds)
        if seconds % 3600 == 0:
            return t("drill_hours", n=seconds // 3600)
        if seconds < 3600 and seconds % 60 == 0:
            return t("drill_minutes", n=seconds // 60)
        if seconds < 3600:
            return t("drill_minute_s", m=seconds // 60, s=seconds % 60)
        return t("drill_hour_m", h=seconds // 3600, m=seconds % 3600 // 60)

    return said
