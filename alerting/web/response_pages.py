"""/responses: emergency responses and their plans, for their post to decide on; and to print."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, select

from alerting.people import resolve
from alerting.service.response_listing import departments, responses
from alerting.store.schema import realm
from alerting.web import auth, saying
from alerting.web.auth import who
from alerting.web.bodies import form_of
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import page
from alerting.web.names import people_named, post_titles
from alerting.web.problems import Problem
from alerting.web.realms import shown_of_realm
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)
Asking = Annotated[Who, Depends(who)]


@router.get("/responses")
async def all_responses(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)
    shown = await shown_of_realm(request, lambda c, realm_id: _all(c, station, realm_id))
    said = await saying.just_said(request, who_asks)
    return page(request, "responses.html", who=who_asks, said=said,
                now=station.now(shown["realm"].id), **shown)  # fmt: skip


@router.get("/responses/{response_id}")
async def one_response(request: Request, who_asks: Asking, response_id: str) -> Response:
    station = station_of(request)
    said = await saying.just_said(request, who_asks)
    shown = await read(station, lambda c: _one(c, station, response_id))
    if shown is None:
        raise Problem(404, f"there is no response {response_id!r}",
                      zh=f"没有编号为 {response_id} 的应急响应。")  # fmt: skip
    return page(request, "response.html", who=who_asks, said=said,
                now=station.now(shown["realm"].id), **shown)  # fmt: skip


@router.post("/responses")
async def decide(request: Request) -> Response:
    """A button of these pages: the same checks and the same report as through the API."""
    form = await form_of(request)
    who_asks = await auth.needs("decide")(request)
    auth.check_form(who_asks, form)
    detail = {"grade": form.get("grade", ""), "reason": form.get("reason", "")}
    made = await saying.say(station_of(request), who_asks, "respond", f"plan:{form.get('plan', '')}",
                            detail, channel="page", realm_id=form.get("realm") or "live")  # fmt: skip
    back = f"/responses?realm={quote(form.get('realm') or 'live')}"
    return RedirectResponse(f"{back}&said={quote(made['id'])}", 303)


def _all(connection: Connection, station: Station, realm_id: str) -> dict[str, Any]:
    """Every plan with the response that is under way, and the responses that have ended."""
    rows = responses(connection, station.places, station.book, realm_id, "all")
    under_way = {row["plan"]: row for row in rows if row["ended"] is None}
    plans = [
        {"plan": plan, "response": under_way.pop(plan.id, None),
         "decider": _decider(connection, station, plan)}
        for plan in station.book.plans.values()
    ]  # fmt: skip
    return {
        "plans": plans, "left": list(under_way.values()),  # of plans that have left the rules
        "ended": [row for row in reversed(rows) if row["ended"] is not None],
        "posts": post_titles(connection), "people": people_named(connection),
    }  # fmt: skip


def _one(connection: Connection, station: Station, response_id: str) -> dict[str, Any] | None:
    rows = responses(connection, station.places, station.book, None, "all", response_id)
    if not rows:
        return None
    [row] = rows
    plan = station.book.plans.get(row["plan"])
    return {
        "response": row, "plan": plan, "departments": departments(connection, row),
        "questions": plan.closing.questions if plan is not None else [],
        "decider": row["decider"], "posts": post_titles(connection),
        "people": people_named(connection),
        "realm": connection.execute(select(realm).where(realm.c.id == row["realm"])).one(),
    }  # fmt: skip


def _decider(connection: Connection, station: Station, plan: Any) -> str:
    county = station.places.county
    found = resolve(connection, station.places, plan.decides.tier, plan.decides.sector, county)
    found = found or resolve(connection, station.places, "duty-office", "", county)
    return found.id if found is not None else ""
