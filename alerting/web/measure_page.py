"""The page of one measure: what it waits for, the question about it, its forms, its ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, or_, select

from alerting.alerts.orders import undecided
from alerting.alerts.responses import put_by
from alerting.alerts.signing import is_theirs
from alerting.chase.acts import SIGNED
from alerting.chase.together import put_with
from alerting.errors import BadInput
from alerting.service import listing
from alerting.store.schema import audit, measure, meeting, notice, pursuit, realm
from alerting.vocabulary.days import day_in_words
from alerting.vocabulary.gate import GATE
from alerting.web import auth, saying
from alerting.web.api_answers import send_form
from alerting.web.around import around_of
from alerting.web.auth import who
from alerting.web.bodies import arguments_of, form_of
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import page, wrong_in_words
from alerting.web.names import people_named, post_titles, responses_named
from alerting.web.problems import Problem
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)
CORRECTED_IN = ("proposed", "issued", "acknowledged", "in force")
FIELD = "form."  # before the id of a form's field


@router.get("/measures/{measure_id}")
async def one_measure(
    request: Request, who_asks: Annotated[Who, Depends(who)], measure_id: str
) -> Response:
    said = await saying.just_said(request, who_asks)
    return await draw_measure(request, who_asks, measure_id, said=said)


@router.post("/measures/{measure_id}")
async def send(request: Request, measure_id: str) -> Response:
    form = await form_of(request)
    who_asks = await auth.needs("answer")(request)
    auth.check_form(who_asks, form)
    given = fields_of(form)
    try:
        made = await send_form(station_of(request), who_asks, measure_id, given, "page")
    except BadInput as error:
        wrong = {"zh": error.zh, "en": error.text()}
        return await draw_measure(request, who_asks, measure_id, given=given, wrong=wrong)
    return RedirectResponse(f"/measures/{quote(measure_id)}?said={quote(made['id'])}", 303)


def fields_of(form: dict[str, str]) -> dict[str, str]:
    """A return form's fields among those of a page's form."""
    return {k.removeprefix(FIELD): v for k, v in form.items() if k.startswith(FIELD)}


async def draw_measure(
    request: Request, who_asks: Who, measure_id: str, *, given: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None, said: dict[str, Any] | None = None,
    typed: dict[str, str] | None = None, problem: Problem | None = None,
) -> Response:  # fmt: skip
    """`given` are the fields of its return form, refused as `wrong`; `typed` those of a button that was
    refused with `problem`."""
    station = station_of(request)
    shown = await read(station, lambda c: measure_page(c, station, measure_id))
    if shown is None:
        raise Problem(404, f"there is no measure {measure_id!r}",
                      zh=f"这里没有页面：没有编号为 {measure_id} 的措施。")  # fmt: skip
    last = shown["m"]["returned"][-1:]
    return page(
        request, "measure.html", status=problem.status if problem else 422 if wrong else 200,
        who=who_asks, said=said, wrong=wrong, typed=typed or {},
        retyped_arguments=arguments_of(typed) if typed and typed.get("act") == "correct" else {},
        refused=wrong_in_words(problem) if problem else None,
        now=station.now(shown["m"]["realm"]), given=given or (last[0]["form"] if last else {}),
        # A response is decided on its own page, with a note of the consultation.
        may_act=bool(who_asks.by) and shown["realm"].ended is None and shown["response"] is None,
        gate_points=GATE, **shown,
    )  # fmt: skip


def measure_page(
    connection: Connection, station: Station, measure_id: str
) -> dict[str, Any] | None:
    """Everything of the page but its words; None where there is no such measure."""
    found = listing.one_measure(connection, station.places, station.book, measure_id)
    if found is None:
        return None
    definition = station.book.measures.get(found["measure"])
    people = people_named(connection)
    entries = connection.execute(
        select(audit).where(audit.c.subject == measure_id).order_by(audit.c.n)
    ).all()
    return {
        "m": found,
        "definition": definition,
        "fields": definition.returns if definition is not None else [],
        "realm": connection.execute(select(realm).where(realm.c.id == found["realm"])).one(),
        "people": people,
        "posts": post_titles(connection),
        "doers": {f"person:{key}": named for key, named in people.items()}
        | {"service": {"zh": "系统", "en": "the service"}}
        | doers_of(connection, station, found),
        "ledger": {measure_id: entries},
        **_decision(connection, station, found),
        "around": around_of(connection, station, [measure_id]),
        "response": put_by(connection, measure_id),
        "questions": questions_of(connection, station, measure_id),
        "together": [
            listing.one_measure(connection, station.places, station.book, key)
            for key in put_with(connection, measure_id)
        ],
    }  # fmt: skip


def _decision(
    connection: Connection, station: Station, found: dict[str, Any]
) -> dict[str, Any]:
    """What was signed in place of what was proposed, what is before its decider now, the posts that may
    say: its decider and whoever is called in their place; and who `changes` what they signed, where
    nothing is before them."""
    called = connection.execute(
        select(pursuit.c.at_post).where(pursuit.c.measure == found["id"],
                                        pursuit.c.wants.in_(SIGNED), pursuit.c.state == "open")
    ).scalars()  # fmt: skip
    signed, put = found["signed"], found["put"]
    row = connection.execute(select(measure).where(measure.c.id == found["id"])).one()
    asked = connection.execute(select(notice.c.id).where(
        notice.c.measure == row.id, notice.c.wants.in_(SIGNED)).limit(1)).first()  # fmt: skip
    theirs = asked and not undecided(row) and put_by(connection, row.id) is None and is_theirs(
        row, row.decided_by)  # fmt: skip

    def said(arguments: dict[str, Any]) -> dict[str, str]:
        known = station.book.measures.get(found["measure"])
        return {one: (known.say(arguments, one) if known else "") or found["title"][one]  # type: ignore[arg-type]
                for one in ("zh", "en")}  # fmt: skip

    return {
        "deciders": {found["decider"], *called},
        "changes": row.decided_by if theirs else None,
        "signed": {"by": signed["by"], "was": said(signed["asked"])}
        if signed and signed["asked"] != signed["arguments"] else None,
        "corrected": _corrected(found, said),
        "put_said": said(put["arguments"]) if put else {},
        "put_now": (put or {}).get("arguments") or found["arguments"],
    }


def _corrected(
    found: dict[str, Any], said: Callable[[dict[str, Any]], dict[str, str]]
) -> dict[str, Any]:
    """Whether it may be put right by hand; of one that was, how it stood, by whom, and where the wrong
    one is found."""
    by_hand = any(one["asker"].startswith("person:") and one["ended"] is None
                  for one in found["askers"])  # fmt: skip
    shown = {"may_be": by_hand and found["state"] in CORRECTED_IN, "by": "", "was": {}, "waits": False,
             "of": ""}  # fmt: skip
    if (known := found["corrects"]) is None:
        return shown
    return shown | {
        "by": known["by"], "was": said(known["was"]["arguments"]), "waits": known["told"] is None,
        "of": known["of"] if known["of"] != found["id"] else "",
    }


def doers_of(
    connection: Connection, station: Station, found: dict[str, Any]
) -> dict[str, dict[str, str]]:
    """What asks for it, by the key the log has: alerts, responses and other measures."""
    named = responses_named(connection)
    for one in found["askers"]:
        key = one["asker"]
        alert = listing.one_alert(connection, station.places, station.book, key)
        other = None if alert else listing.one_measure(connection, station.places, station.book, key)
        if alert is not None:
            named[key] = {lang: f"{alert['title'][lang]} {alert['place_name'][lang]}"
                          for lang in ("zh", "en")}  # fmt: skip
        elif other is not None:
            named[key] = other["title"]
    return named


def questions_of(
    connection: Connection, station: Station, measure_id: str
) -> list[dict[str, Any]]:
    """The conflicts it stands or stood in, each with both sides as they were asked; newest first."""
    rows = connection.execute(
        select(meeting)
        .where(or_(meeting.c.first == measure_id, meeting.c.second == measure_id))
        .where(meeting.c.state != "withdrawn")
        .order_by(meeting.c.opened.desc(), meeting.c.id)
    ).all()
    return [
        {**row._mapping, **dict(zip(("first", "second"), sides, strict=True))}
        for row in rows if (sides := _sides(connection, station, row))
    ]  # fmt: skip


def _sides(connection: Connection, station: Station, row: Any) -> list[dict[str, Any]]:
    asked = connection.execute(
        select(notice.c.facts)
        .where(notice.c.measure == row.second, notice.c.wants == "conflict", notice.c.kind == "ask",
               notice.c.created >= row.opened)
        .order_by(notice.c.id)
    ).scalars()  # fmt: skip
    for facts in asked:
        if [one["id"] for one in facts["sides"]] == [row.first, row.second]:
            return [in_words(station, one) for one in facts["sides"]]
    return []


def in_words(station: Station, side: dict[str, Any]) -> dict[str, Any]:
    """A side of a conflict with what the book says of its measure."""
    known = station.book.measures.get(side["measure"])
    both = ("zh", "en")
    return side | {
        "said": {one: _side_said(known, side, one) for one in both},
        "do": dict(known.do) if known else side["title"],
        "exempts": {one: known.passes(side["arguments"], one) if known else [] for one in both},  # type: ignore[arg-type]
    }


def _side_said(known: Any, side: dict[str, Any], language: str) -> str:
    day = day_in_words(side["day"], language) if side.get("day") else ""
    said = known.say(side["arguments"], language) if known else ""
    return " ".join(part for part in (day, said) if part)
