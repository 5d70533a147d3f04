"""Emergency responses as the API and the pages list them, with what they ask for and what came back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.responses import asker_of
from alerting.places import Places
from alerting.rulebook import Book
from alerting.rulebook.plans import END, NAMES
from alerting.service import listing
from alerting.service.listing import State, utc
from alerting.store.schema import asker, post, response, response_step

Row = dict[str, Any]


def responses(
    connection: Connection, places: Places, book: Book, realm_id: str | None, state: State,
    key: str | None = None,
) -> list[Row]:
    """Responses of a realm (None: of all), oldest first; `key` is one alone, whatever its state.

    Grades are I to IV, "end" where the end waits for a decision, null for none; times ISO in UTC.
    """  # fmt: skip
    asked = select(response).order_by(response.c.proposed, response.c.id)
    if key is not None:
        asked = asked.where(response.c.id == key)
    elif state == "open":
        asked = asked.where(response.c.ended.is_(None))
    if realm_id:
        asked = asked.where(response.c.realm == realm_id)
    rows = connection.execute(asked).all()
    if not rows:
        return []
    steps: dict[str, list[Row]] = defaultdict(list)
    ids = [row.id for row in rows]
    for one in connection.execute(
        select(response_step).where(response_step.c.response.in_(ids)).order_by(response_step.c.n)
    ):
        steps[one.response].append({
            "at": utc(one.at), "what": one.what, "grade": _grade(one.grade), "by": one.by,
            "note": one.note, "trigger": one.trigger,
        })  # fmt: skip
    measures = _asked_by(connection, places, book, {asker_of(i) for i in ids})
    return [_response(row, book, steps[row.id], measures[asker_of(row.id)]) for row in rows]


def _response(row: Any, book: Book, steps: list[Row], measures: list[Row]) -> Row:
    plan = book.plans.get(row.plan)
    own = {plan.decision, plan.report} if plan is not None else set()
    return {
        "id": row.id, "realm": row.realm, "plan": row.plan, "title": dict(row.title),
        "named": plan.named(row.grade or END) if plan is not None else dict(row.title),
        "plan_number": plan.number if plan is not None else "", "state": row.state,
        "grade": _grade(row.grade) if row.grade else None,
        "asked": _grade(row.asked) if row.asked is not None else None,
        "trigger": row.trigger, "decider": row.decider, "decision": row.decision,
        "proposed": utc(row.proposed), "started": utc(row.started), "changed": utc(row.changed),
        "ended": utc(row.ended), "decided_by": row.decided_by, "note": row.note, "steps": steps,
        "measures": [m for m in measures if m["measure"] not in own],
        "reports": [m for m in measures if plan is not None and m["measure"] == plan.report],
    }  # fmt: skip


def _asked_by(
    connection: Connection, places: Places, book: Book, askers: set[str]
) -> dict[str, list[Row]]:
    """The measures that each of these ever asked for, with whether it still does, and their forms."""
    found: dict[str, list[Row]] = defaultdict(list)
    held = connection.execute(select(asker).where(asker.c.asker.in_(askers))).all()
    rows = {m["id"]: m for m in listing.measures(
        connection, places, book, None, "all", {one.measure for one in held})}  # fmt: skip
    for one in held:
        found[one.asker].append(rows[one.measure] | {"asks": one.ended is None})
    return {by: sorted(ones, key=lambda m: (m["proposed"], m["id"])) for by, ones in found.items()} | {
        by: [] for by in askers - found.keys()
    }


def departments(connection: Connection, row: Row) -> list[Row]:
    """The measures of a response by the post that carries them, in the order of asking."""
    titles = {p.id: {"zh": p.title, "en": p.title_en or p.title}
              for p in connection.execute(select(post))}  # fmt: skip
    found: dict[str, Row] = {}
    for one in row["measures"]:
        named = titles.get(one["carrier"], {"zh": one["carrier"], "en": one["carrier"]})
        found.setdefault(one["carrier"], {"post": named, "measures": []})["measures"].append(one)
    return list(found.values())


def _grade(grade: int) -> str:
    return NAMES.get(grade, "end")
