"""/callouts: who is called out now and was; /callouts/{id}: the tree of who has answered and who has
not, live, with what can be done for them.

A form is opened by an address of its own (`?do=tick&post=…`), and the page stands still while it is
filled in: loading itself anew it would take away what was typed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, select

from alerting.chase.reporting import HOWS, may_speak_for
from alerting.people import person_by_id
from alerting.service import callout_figures, callout_listing
from alerting.store.schema import realm
from alerting.web import auth, saying
from alerting.web.auth import who
from alerting.web.bodies import form_of
from alerting.web.desk import read, station_of
from alerting.web.drawing import page, wrong_in_words
from alerting.web.drill_page import tier_word_in, took_in
from alerting.web.measure_page import fields_of
from alerting.web.problems import Problem
from alerting.web.realms import shown_of_realm
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)
Asking = Annotated[Who, Depends(who)]
OFTEN, SELDOM = 10, 60  # seconds: while somebody is called, and else
ACTS = ("report", "pass-on", "tick")


@router.get("/callouts")
async def all_callouts(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)
    shown = await shown_of_realm(request, lambda c, realm_id: {
        "callouts": callout_listing.listed(c, station.places, realm_id, "all",
                                           station.now(realm_id)),
        "figures": callout_figures.by_tier(callout_figures.callees(c, realm_id)),
    })  # fmt: skip
    live = any(one["state"] != "closed" for one in shown["callouts"])
    return page(request, "callouts.html", who=who_asks, now=station.now(shown["realm"].id),
                refresh=OFTEN if live else SELDOM, calls=bool(station.book.calling.call_outs),
                took=took_in(request), tier_word=tier_word_in(request),
                **shown)  # fmt: skip


@router.get("/callouts/{key}")
async def one_callout(request: Request, who_asks: Asking, key: str) -> Response:
    said = await saying.just_said(request, who_asks)
    given = {name: request.query_params.get(name, "") for name in ("do", "post")}
    return await _draw(request, who_asks, key, given, said=said)


@router.post("/callouts/{key}/{act}")
async def act(request: Request, key: str, act: str) -> Response:
    """What cannot be taken is shown again as it was typed, with the sentence of what was wrong."""
    if act not in ACTS:
        raise Problem(404, f"nothing of a call-out is called {act!r}", zh="没有这项操作。")
    form = await form_of(request)
    who_asks = await auth.needs(saying.ACTS[act])(request)
    auth.check_form(who_asks, form)
    detail = detail_of(form.get("post", ""), form.get("how", ""), form.get("reason", ""),
                       fields_of(form))  # fmt: skip
    try:
        made = await saying.say(station_of(request), who_asks, act, f"callout:{key}", detail,
                                channel="page")  # fmt: skip
    except Problem as problem:
        given = {"post": "", **form, "do": act}
        return await _draw(request, who_asks, key, given, problem)
    return RedirectResponse(f"/callouts/{quote(key)}?said={quote(made['id'])}", 303)


async def _draw(
    request: Request, who_asks: Who, key: str, given: dict[str, str],
    problem: Problem | None = None, said: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    """`given`: which form is open (`do`, `post`) and what was typed into it, where it was refused."""
    station = station_of(request)

    def show(connection: Connection) -> dict[str, Any] | None:
        held = connection.execute(
            select(realm).where(realm.c.id == key.partition(".")[0])
        ).one_or_none()
        if held is None:
            return None
        now = station.now(held.id)
        found = callout_listing.shown(connection, station.places, station.book, key, now)
        if found is None:
            return None
        speaker = person_by_id(connection, who_asks.person) if who_asks.by else None
        may = speaker is not None and held.ended is None and may_speak_for(connection, speaker)
        return {"c": found, "realm": held, "now": now, "may": may}

    shown = await read(station, show)
    if shown is None:
        raise Problem(404, f"there is no call-out {key!r}", "/callouts lists them all.",
                      zh=f"没有编号为 {key} 的叫应单。")  # fmt: skip
    mine = who_asks.posts if who_asks.by else frozenset()
    every = SELDOM if shown["c"]["state"] == "closed" else OFTEN
    filled_in = _stands(shown["c"], given, shown["may"], mine)
    if not filled_in:
        given = given | {"do": ""}
    return page(
        request, "callout.html", status=problem.status if problem else 200, who=who_asks, said=said,
        wrong=wrong_in_words(problem) if problem else None, given=given, typed=fields_of(given),
        hows=HOWS, took=took_in(request), tier_word=tier_word_in(request),
        mine=mine, refresh=0 if problem or filled_in else every, **shown,
    )  # fmt: skip


def _stands(
    callout: dict[str, Any], given: dict[str, str], may: bool, mine: Collection[str]
) -> bool:
    """Whether the row that `given` names still takes the form it asks for: a page without one goes on
    loading itself."""
    if callout["state"] == "closed" or not (may or given["post"] in mine):
        return False
    rows = list(callout["tree"])
    for row in rows:
        rows += row["below"]
    named = next((row for row in rows if row["post"] == given["post"]), None)
    if named is None:
        return False
    reports = named["waits"] or named["state"] == "reported"
    return bool({"report": reports, "tick": may and named["waits"]}.get(given["do"], False))


def detail_of(post: str, how: str, reason: str, form: dict[str, Any]) -> dict[str, Any]:
    """What a report about a call-out says of the post it is about."""
    return {"post": post, "arguments": {"how": how} if how else {}, "reason": reason, "form": form}
