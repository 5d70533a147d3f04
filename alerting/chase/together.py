"""What was put to somebody as one question, and what of it still waits for an answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.orders import unconfirmed
from alerting.chase.calls import CALLS
from alerting.store.schema import measure, meeting, notice
from alerting.vocabulary.questions import TOGETHER, question_of

# In which a measure waits for the answer that a notice wants.
_WAITS = {"decision": "proposed", "check": "lift proposed"}  # what is to be confirmed: in any


@dataclass(frozen=True, slots=True)
class _Question:
    wants: str
    measures: tuple[str, ...]  # in the order of asking


def put_with(connection: Connection, measure_id: str) -> list[str]:
    """The measures still undecided that were put to the same post in one question with this one,
    itself among them, in the order of asking; [] where it waits for no decision, or was put alone."""
    return put_together(connection, [measure_id])[measure_id]


def put_together(connection: Connection, ids: Collection[str]) -> dict[str, list[str]]:
    """The same of several measures, in as many reads as of one."""
    asked = _questions(connection, ids)
    everything = {key for one in asked.values() for key in one.measures}
    conflicts = set(connection.execute(
        select(meeting.c.second).where(meeting.c.second.in_(everything), meeting.c.state == "open")
    ).scalars())  # fmt: skip
    free = connection.execute(
        select(measure).where(measure.c.id.in_(everything), measure.c.waits.is_(None))
    ).all()
    states = {row.id: row.state for row in free}
    ahead = {row.id for row in free if unconfirmed(row)}
    found: dict[str, list[str]] = {}
    for key in ids:
        one = asked.get(key, _Question("", ()))
        waits: dict[str, Collection[str]] = {"conflict": conflicts, "confirm": ahead}
        still = waits.get(one.wants)
        waiting = [other for other in one.measures if (
            other in still if still is not None else states.get(other) == _WAITS[one.wants]
        )]  # fmt: skip
        found[key] = waiting if key in waiting and len(waiting) > 1 else []
    return found


def were_put_together(connection: Connection, one: str, other: str) -> bool:
    """Whether two measures were part of one question, decided meanwhile or not; one of the two may
    have been put again by itself since."""
    asked = _questions(connection, [one, other])
    return one == other or any({one, other} <= set(q.measures) for q in asked.values())


def _questions(connection: Connection, ids: Collection[str]) -> dict[str, _Question]:
    """The question that each measure was last part of; not those that were part of none."""
    rows = connection.execute(
        select(notice)
        .where(notice.c.measure.in_(ids), notice.c.wants.in_(TOGETHER),
               notice.c.kind.not_in(CALLS), notice.c.state != "withheld")
        .order_by(notice.c.id)
    ).all()  # fmt: skip
    newest = {row.measure: row for row in rows}
    last = {key: (row.wants, q) for key, row in newest.items() if (q := question_of(row)) is not None}
    beside = connection.execute(
        select(notice)
        .where(notice.c.realm.in_({row.realm for row in newest.values()}),
               notice.c.wants.in_(TOGETHER),
               notice.c.post.in_({row.post for row in newest.values()}),
               notice.c.created.in_({row.created for row in newest.values()}),
               notice.c.state != "withheld")
        .order_by(notice.c.id)
    ).all()  # fmt: skip
    measures: dict[Any, list[str]] = {}
    for row in beside:
        measures.setdefault((row.realm, question_of(row)), []).append(row.measure)
    return {
        key: _Question(wants, tuple(measures[newest[key].realm, question]))
        for key, (wants, question) in last.items()
    }
