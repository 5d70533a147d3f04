"""/people: who can be reached how; /people/{id}: one of them, their budgets, what was held back."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from alerting.service.reach import has_loud, people
from alerting.web import auth, saying
from alerting.web.api_people import LIVE, one_person, said_back, send_codes
from alerting.web.auth import needs
from alerting.web.bodies import form_of
from alerting.web.desk import read, station_of
from alerting.web.drawing import page
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)
Known = Annotated[Who, Depends(needs("answer"))]


@router.get("/people")
async def all_people(request: Request, who_asks: Known) -> Response:
    station = station_of(request)
    found = await read(station, lambda c: people(c, station.channels))
    # Who cannot be woken stands first.
    shown = sorted(found, key=lambda one: (one["loud"], one["id"]))
    return page(request, "people.html", who=who_asks, now=station.now(LIVE), people=shown,
                has_loud=has_loud(station.channels))  # fmt: skip


@router.get("/people/{person_id}")
async def person(request: Request, who_asks: Known, person_id: str) -> Response:
    station = station_of(request)
    shown: dict[str, Any] = await read(station, lambda c: one_person(c, station, person_id))
    said = await saying.just_said(request, who_asks)
    return page(request, "person.html", who=who_asks, now=station.now(LIVE), p=shown, said=said,
                mine=who_asks.person == person_id or who_asks.may("order"))  # fmt: skip


@router.post("/people/{person_id}/verify")
async def verify(request: Request, person_id: str) -> Response:
    """The button that sends codes, and the form in which one is typed."""
    station, form = station_of(request), await form_of(request)
    typed = form.get("code", "").strip()
    who_asks = await needs("answer" if typed else "order")(request)
    auth.check_form(who_asks, form)
    back = f"/people/{quote(person_id)}"
    if typed:
        made = await said_back(station, who_asks, person_id, form.get("channel", ""), typed)
        return RedirectResponse(f"{back}?said={quote(made['id'])}", 303)
    await send_codes(station, who_asks, person_id)
    return RedirectResponse(back, 303)
