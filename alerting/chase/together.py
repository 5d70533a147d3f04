"""What was put to somebody as one question, and what of it still waits for an answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.chase.calls import CALLS
from alerting.store.schema import measure, meeting, notice
from alerting.vocabulary.questions import TOGETHER, question_of


def put_with(connection: Connection, measure_id: str) -> list[str]:
    """The measures still undecided that were put to the same post in one question with this one,
    itself among them, in the order of asking; [] where it waits for no decision, or was put alone."""
    asked, together = _question(connection, measure_id)
    if asked is None:
        return []
    if asked.wants == "conflict":
        still = select(meeting.c.second).where(
            meeting.c.second.in_(together), meeting.c.state == "open"
        )
    else:
        state = {"decision": "proposed", "check": "lift proposed"}[asked.wants]
        still = select(measure.c.id).where(
            measure.c.id.in_(together), measure.c.state == state, measure.c.waits.is_(None)
        )
    waiting = set(connection.execute(still).scalars())
    found = [key for key in together if key in waiting]
    return found if measure_id in waiting and len(found) > 1 else []


def were_put_together(connection: Connection, one: str, other: str) -> bool:
    """Whether two measures were part of one question, decided meanwhile or not; one of the two may
    have been put again by itself since."""
    return one == other or other in _question(connection, one)[1] or (
        one in _question(connection, other)[1]
    )


def _question(connection: Connection, measure_id: str) -> tuple[Any | None, list[str]]:
    """The notice that last put a measure as part of a question, and all measures of that question in
    the order of asking."""
    asked = connection.execute(
        select(notice)
        .where(notice.c.measure == measure_id, notice.c.wants.in_(TOGETHER),
               notice.c.kind.not_in(CALLS), notice.c.state != "withheld")
        .order_by(notice.c.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    mine = question_of(asked) if asked is not None else None
    if asked is None or mine is None:
        return None, []
    beside = connection.execute(
        select(notice)
        .where(notice.c.realm == asked.realm, notice.c.post == asked.post,
               notice.c.wants == asked.wants, notice.c.created == asked.created,
               notice.c.state != "withheld")
        .order_by(notice.c.id)
    ).all()  # fmt: skip
    return asked, [row.measure for row in beside if question_of(row) == mine]
