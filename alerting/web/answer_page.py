"""GET and POST /a/{link}: the page behind the link in a message.

The link is the reader's own: it stands for them, and for that one message. Opening it records nothing,
because phones and mail servers open links by themselves; only a button answers.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, or_, select

from alerting import chase
from alerting.alerts.orders import title_of, unconfirmed, undecided
from alerting.alerts.responses import put_by
from alerting.alerts.signing import is_theirs, put_arguments
from alerting.chase import handing_over
from alerting.chase.acts import DECIDED, SIGNED
from alerting.chase.called import callee_of, callout_of, kept
from alerting.chase.meetings import MEETS
from alerting.chase.told import subject_of, told_by
from alerting.dispatch.summing import MARKS
from alerting.dispatch.wording import BRIEF
from alerting.errors import BadInput
from alerting.people import handing
from alerting.rulebook.given import read_form
from alerting.service import hand_overs, listing
from alerting.signals import Report
from alerting.store.schema import (
    alert,
    answer,
    delivery,
    measure,
    meeting,
    person,
    pursuit,
    realm,
)
from alerting.vocabulary.answers import CALLED, COMMAND, HANDOVER, choices
from alerting.vocabulary.gate import GATE
from alerting.vocabulary.questions import grouped
from alerting.web.around import around_of
from alerting.web.bodies import arguments_of, chosen_of, form_of, nothing_chosen, points_of
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import language_of, page, problem_page
from alerting.web.measure_page import fields_of, in_words
from alerting.web.names import people_named, post_titles
from alerting.web.origin import form_token
from alerting.web.problems import Problem
from alerting.web.roles import ROLES, posts_of
from alerting.web.saying import ACTS, WITH_REASON, became

router = APIRouter(include_in_schema=False)
EVERYTHING = "everything"  # the subject of the button that acknowledges all their messages
LASTS = timedelta(days=14)  # by the realm's clock; an answer that late changes nothing any more


@router.get("/a/{link}")
async def open_link(request: Request, link: str) -> Response:
    station = station_of(request)
    shown = await read(station, lambda c: linked(c, station, link))
    if shown is None:
        return _gone(request, "link_unknown")
    given, done = request.query_params.get("id", ""), None
    if given:
        done = await became(station, given, shown["person"].id)
        shown = await read(station, lambda c: linked(c, station, link)) or shown
    return _draw(request, link, shown, done)


@router.post("/a/{link}")
async def answer_link(request: Request, link: str) -> Response:
    station = station_of(request)
    form = await form_of(request)
    shown = await read(station, lambda c: linked(c, station, link))
    if shown is None:
        return _gone(request, "link_unknown")
    if shown["over"]:
        return _draw(request, link, shown, status=409)
    if refused := _refused(request, link, shown, form):
        return problem_page(request, refused, language_of(request, shown["delivery"].language))
    act, subject = form["act"], form.get("subject", "")  # none where several are chosen
    detail: dict[str, Any] = {"reason": form.get("reason", "").strip()[:500],
                              "delivery": shown["delivery"].id}  # fmt: skip
    if subject == EVERYTHING:
        subject, detail = f"person:{shown['person'].id}", {"all": True}
    if chosen := chosen_of(form):
        subject, detail["with"] = f"notice:{chosen[0]}", chosen[1:]
    if act == "approve-changed":
        detail["arguments"] = arguments_of(form)
    if act == "attest-gate":
        detail["points"] = points_of(form)
    if act == "report":  # what is missing is asked back by name
        detail["form"] = fields_of(form)
    if act == "return":
        asked = next(a for a in shown["asks"] if _is_about(a, [subject]))
        try:
            detail["form"] = read_form(asked["definition"], fields_of(form))
        except BadInput as error:
            wrong = {"zh": error.zh, "en": error.text()}
            return _draw(request, link, shown, status=422, given=fields_of(form), wrong=wrong)
    now = station.now(shown["realm"].id)
    report = Report(
        source="web", issued=now, act=act, person=shown["person"].id, channel="link",
        subject=subject, detail=detail,
    )  # fmt: skip
    await station.publish(shown["realm"].id, [report])
    return RedirectResponse(f"/a/{link}?done={act}&id={quote(report.id)}", 303)


def _refused(
    request: Request, link: str, shown: dict[str, Any], form: dict[str, str]
) -> Problem | None:
    """Why what was sent from a link's page is not taken; None where it is."""
    expected = form_token(request.app.state.secret, link)
    if not hmac.compare_digest(form.get("form", "").encode(), expected.encode()):
        return Problem(403, "this form is not from this page", "Open the link again.",
                       zh="此表单不是本页面的，没有记录任何答复。请重新打开短信中的链接。")  # fmt: skip
    chosen = chosen_of(form)
    if chosen is not None and not chosen:
        return nothing_chosen()
    subjects = [f"notice:{one}" for one in chosen] if chosen else [form.get("subject", "")]
    if any((form.get("act", ""), subject) not in shown["offered"] for subject in subjects):
        return Problem(409, "this can no longer be answered", "Open the link again.",
                       zh="情况已变，不能再这样答复，没有记录。请重新打开短信中的链接。")  # fmt: skip
    noted = any(a["noted"] for a in shown["asks"] if _is_about(a, subjects))
    if (form["act"] in WITH_REASON or noted) and not form.get("reason", "").strip():
        return Problem(422, "a reason is needed for this", "Say in a few words why.",
                       zh="请写几个字说明原因，再提交一次。没有记录。")  # fmt: skip
    return None


def _is_about(asked: dict[str, Any], subjects: Sequence[str]) -> bool:
    own = {asked["subject"], *(f"notice:{one['id']}" for one in asked["several"])}
    return not own.isdisjoint(subjects)


def linked(connection: Connection, station: Station, link: str) -> dict[str, Any] | None:
    """What stands behind a link; None for one that is unknown, too old, or of a person who left.

    `offered` are the (act, subject) pairs the page has buttons for, `over` says the realm has ended.
    """
    sent = connection.execute(select(delivery).where(delivery.c.link == link)).one_or_none()
    if sent is None or not link:
        return None
    here = connection.execute(select(realm).where(realm.c.id == sent.realm)).one()
    reader = connection.execute(
        select(person).where(person.c.id == sent.person, person.c.active)
    ).one_or_none()
    if reader is None or station.now(here.id) - sent.created > LASTS:
        return None
    rows = told_by(connection, sent)
    if sent.summary:  # called again, a thing stands in it twice
        rows = list({subject_of(row): row for row in rows}.values())
    each = {row.id: _ask(connection, station, row, reader) for row in rows}
    asks = list(each.values())
    whole = f"delivery:{sent.id}"
    acknowledge = any(a["acknowledge"] for a in asks)
    offered = {(act, a["subject"]) for a in asks for act in a["acts"]}
    if acknowledge:
        offered.add(("acknowledge", whole))
    waiting = chase.receipts(connection, here.id, reader.id, station.now(here.id))
    elsewhere = any(row.id not in each for row in waiting)  # else the first button says it all
    if elsewhere and ROLES.index(reader.role) >= ROLES.index("answer"):
        offered.add(("acknowledge", EVERYTHING))
    return {
        "delivery": sent, "realm": here, "person": reader, "over": here.ended is not None,
        "asks": _questions(connection, station, each, rows), "offered": offered,
        "told": _reported(rows),
        "acknowledge": whole if acknowledge else "",
        "all_waiting": len(waiting) if ("acknowledge", EVERYTHING) in offered else 0,
        "holds": [_held(station, row) for row in rows] if sent.summary else [],
        "people": people_named(connection),
        "answers": connection.execute(
            select(answer)
            .where(answer.c.person == reader.id)
            .where(or_(answer.c.delivery == sent.id, answer.c.notice.in_([r.id for r in rows])))
            .order_by(answer.c.at)
        ).all(),
    }  # fmt: skip


def _reported(rows: Sequence[Any]) -> list[dict[str, str]]:
    """What was said in a person's own words, which a short message may have left out."""
    found = [said for row in rows for key in ("reason", "why")
             if f"zh{BRIEF}" in (said := row.facts.get(key) or {})]  # fmt: skip
    return [said for n, said in enumerate(found) if said not in found[:n]]


def _held(station: Station, row: Any) -> dict[str, Any]:
    """A line of a digest's list."""
    place, hazard = str(row.facts.get("place") or ""), str(row.facts.get("hazard") or "")
    return {"level": max(1, row.level), "hazard": hazard, "at": row.created,
            "mark": MARKS.get(row.kind),
            "place": listing.place_name(station.places, place)}  # fmt: skip


def _questions(
    connection: Connection, station: Station, each: dict[int, dict[str, Any]], rows: Sequence[Any]
) -> list[dict[str, Any]]:
    """What can be answered, question by question; `several` has the places where there are many."""
    found = []
    for put in grouped(rows):
        about = around_of(connection, station, {row.measure for row in put if row.wants in SIGNED})
        asked = [(row.id, each[row.id]) for row in put if each[row.id]["acts"]]
        if len(asked) > 1:
            several = [{"id": number, "object_name": one["place"]} for number, one in asked]
            acts = [a for a in asked[0][1]["acts"]  # each is changed alone
                    if all(a in one["acts"] for _, one in asked) and a != "approve-changed"]
            if acts:
                found.append(asked[0][1] | {"several": several, "acts": acts, "around": about})
                continue
        found += [one | {"around": about} for _, one in asked]
    return found


def _ask(connection: Connection, station: Station, row: Any, reader: Any) -> dict[str, Any]:
    """What can be answered to one notice, given the state its measure is in now."""
    if row.wants == HANDOVER:
        return _hand_over(connection, station, row, reader)
    work = None
    if row.measure:
        work = connection.execute(select(measure).where(measure.c.id == row.measure)).one_or_none()
    acts = [c.act for c in choices(row.wants, row.measure is not None).values()]
    acknowledge = "acknowledge" in acts and ROLES.index(reader.role) >= ROLES.index("answer")
    acts = [a for a in acts if a != "acknowledge"]
    if row.wants == COMMAND:  # what a text said is confirmed by a text, from the same address
        acts = []
    if "stand" in acts and not _still_open(connection, row.alert):
        acts = []
    if row.wants == "gate" and work is not None and (
        work.carrier in posts_of(connection, reader.id)
    ):
        acts = ["attest-gate"]
    called = _called(connection, row, acts) if row.wants in CALLED else None
    if called is not None:
        acts, acknowledge = called.acts, acknowledge and bool(called.acts)
    definition = station.book.measures.get(work.measure) if work is not None else None
    if definition is not None and definition.returns:  # done by its form
        acts = ["return" if a == "in-force" else a for a in acts]
    noted = work is not None and put_by(connection, work.id) is not None
    if "approve" in acts and definition is not None and definition.arguments and not noted:
        acts.insert(1, "approve-changed")
    if work is not None:
        again = is_theirs(work, reader.id) and not undecided(work)  # who signed changes it again
        acts = [a for a in acts if _means_something(connection, a, work)
                or (again and a == "approve-changed")]  # fmt: skip
    acts = [a for a in acts if ROLES.index(reader.role) >= ROLES.index(ACTS.get(a, "answer"))]
    return {
        "definition": definition,
        "called": called,
        # A response is decided with a note of the consultation, whichever way.
        "noted": noted,
        "unconfirmed": work is not None and unconfirmed(work),
        "again": work is not None and not undecided(work),
        "put": put_arguments(work) if work is not None else {},
        "subject": f"notice:{row.id}", "several": [], "acts": acts, "acknowledge": acknowledge,
        "state": work.state if work is not None else "",
        "sides": [in_words(station, side) for side in row.facts.get("sides") or ()],
        "title": title_of(station.book, work.measure, work.title) if work is not None else {},
        "said": {
            language: listing.said_with_day(
                definition, work, station.places.by_id.get(work.object), language)
            for language in ("zh", "en")
        } if work is not None else {},
        "place": listing.place_name(station.places, work.object) if work is not None else {},
        "handing": None,
    }  # fmt: skip


def _hand_over(connection: Connection, station: Station, row: Any, reader: Any) -> dict[str, Any]:
    """A hand-over, with all that is open at its post; only its incomer answers, while it waits."""
    held = handing.of_pursuit(connection, row.pursuit)
    waits = held is not None and held.state == "open" and held.incomer == reader.id
    handed = hand_overs.listed(connection).get(row.post) if waits else None
    return {
        "definition": None, "called": None, "noted": False, "unconfirmed": False,
        "again": False, "put": {},
        "subject": f"notice:{row.id}", "several": [],
        "acts": list(handing_over.ACTS) if waits else [], "acknowledge": False, "state": "",
        "sides": [], "title": {}, "said": {}, "place": {},
        "handing": handed and handed | {"items": hand_overs.items_of(connection, station, row.post),
                                        "title": post_titles(connection)[row.post]},
    }  # fmt: skip


class Called(NamedTuple):
    """What a message of a call-out still asks, and its form as far as it is filled in."""

    acts: list[str]
    questions: list[dict[str, Any]]
    kept: dict[str, Any]


def _called(connection: Connection, row: Any, acts: list[str]) -> Called:
    """Of a call-out that has gone on nothing can be answered."""
    sheet = callout_of(connection, row.facts)
    first = connection.execute(select(pursuit.c.post).where(pursuit.c.id == row.pursuit)).scalar()
    if sheet.state != {"report": "open", "closing": "closing"}[row.wants] or first is None:
        return Called([], [], {})
    one = callee_of(connection, row.facts, first)
    passes = row.facts.get("passes_on") and one.passed_on is None
    acts = [a for a in acts if a != "pass-on" or passes]
    return Called(acts, one.asked, kept(connection, one, row.wants))


def _still_open(connection: Connection, alert_id: str) -> bool:
    state = connection.execute(select(alert.c.state).where(alert.c.id == alert_id)).scalar()
    return bool(state == "open")


def _means_something(connection: Connection, act: str, work: Any) -> bool:
    if MEETS.get(act) == "conflict":
        asked = select(meeting.c.id).where(meeting.c.second == work.id, meeting.c.state == "open")
        return connection.execute(asked).first() is not None
    wanted = {
        "go-ahead": ("approved",),
        "give-up": ("approved",),
        "attest-gate": ("lift proposed",),
        "sign": ("attested",),
        "send-back": ("attested",),
        "in-force": ("issued", "acknowledged"),
        "return": ("issued", "acknowledged", "in force", "lift proposed"),
        "cannot": ("issued", "acknowledged", "in force"),
        "support": ("issued", "acknowledged", "in force"),
        "attest": ("lift proposed",),
        "kept": ("lift proposed",),
    }
    if act in DECIDED:
        return undecided(work)
    return work.state in wanted[act]


def _draw(
    request: Request,
    link: str,
    shown: dict[str, Any],
    done: dict[str, Any] | None = None,
    status: int = 200,
    given: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    """`done` is what became of the answer just given, where there is one; `wrong` what was wrong with
    the form as it was `given`."""
    language = language_of(request, shown["delivery"].language)
    stands = done is not None and done["outcome"] in (None, "taken", "repeated")
    return page(
        request, "link.html", status=status, gate_points=GATE, language=language, link=link,
        reasons=WITH_REASON,
        form=form_token(request.app.state.secret, link),
        done_act=request.query_params.get("done", "") if stands else "", done=done,
        now=station_of(request).now(shown["realm"].id), given=given or {}, wrong=wrong, **shown,
    )  # fmt: skip


def _gone(request: Request, why: str) -> Response:
    return page(request, "link_gone.html", status=404, why=why)
