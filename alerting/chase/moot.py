"""Which pursuits are moot: open, and what they wait for can no longer happen.

A crowd may be waited for about one thing, and this is asked after every commit. So what is open is
first looked at by its subjects, from one to the next; only of one that may be over each pursuit is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    text,
)

from alerting.alerts import unknown
from alerting.alerts.orders import OPEN_WORK
from alerting.store.schema import OPEN, SUBJECT, Number, alert, is_open, measure, meeting, pursuit
from alerting.store.schema_callout import callee, callout
from alerting.store.schema_duty import handover
from alerting.vocabulary.answers import CALLED, HANDOVER

# Measures on which a pursuit still means anything, by what it waits for.
_MEANS = {
    "acknowledge": OPEN_WORK,
    "in-force": ("issued", "acknowledged"),
    "decision": ("proposed",),
    "check": ("lift proposed",),
    "wait": ("approved",),
    "gate": ("lift proposed",),
    "signature": ("attested",),
}
# And in which state of its call-out.
_CALLS_OUT = {"report": "open", "closing": "closing"}


@lru_cache(maxsize=64)
def ones(realm: str) -> Select[Any]:
    """Those of a realm, `most` at once, with how things stand."""
    return (
        select(pursuit.c.id, pursuit.c.wants, pursuit.c.alert, pursuit.c.measure,
               alert.c.state.label("alert_state"), measure.c.state.label("measure_state"))
        .outerjoin(alert, alert.c.id == pursuit.c.alert)
        .outerjoin(measure, measure.c.id == pursuit.c.measure)
        .where(are_moot(realm))
        .order_by(pursuit.c.id)
        .limit(bindparam("most", type_=Integer))
    )  # fmt: skip


def are_moot(realm: str) -> ColumnElement[bool]:
    """Condition on pursuits."""
    subjects = _subjects(realm)
    suspect = (
        select(subjects.c.subject)
        .join(pursuit, pursuit.c.id == subjects.c.first)
        .where(_over(_may_go_on) | (pursuit.c.wants == HANDOVER))
    )
    # The words of the index, with the table's name before each column: others are joined.
    mine = literal_column(re.sub(r"(wants|measure|alert)", r"pursuit.\1", SUBJECT), String)
    # Found by their subject, not by the realm: SQLite would go through all that is open there.
    return and_(pursuit.c.realm + "" == realm, is_open, mine.in_(suspect), _over(_goes_on))


def _subjects(realm: str) -> Subquery:
    """What open pursuits are about and wait for, each with the first of them."""
    return text(f"""
        WITH RECURSIVE known(subject) AS (
            SELECT min({SUBJECT}) FROM pursuit WHERE {OPEN}
            UNION ALL
            SELECT (SELECT min({SUBJECT}) FROM pursuit WHERE {OPEN} AND {SUBJECT} > known.subject)
            FROM known WHERE known.subject IS NOT NULL
        )
        SELECT subject, (SELECT min(id) FROM pursuit
            WHERE {OPEN} AND {SUBJECT} = known.subject AND realm || '' = :realm) AS first
        FROM known WHERE subject IS NOT NULL
    """).bindparams(realm=realm).columns(subject=String, first=Number).subquery("subjects")  # fmt: skip


def _over(goes_on: Callable[[str], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Condition on pursuits: how what they are about stands; `goes_on`, for the state that a call-out
    must be in."""
    of_measure = select(measure.c.state).where(measure.c.id == pursuit.c.measure)
    state = of_measure.correlate(pursuit).scalar_subquery()
    of_alert = select(alert.c.id).where(alert.c.id == pursuit.c.alert, alert.c.state != "open")
    closed = exists(of_alert.correlate(pursuit))
    known = exists(
        select(alert.c.id).where(alert.c.id == pursuit.c.alert, unknown.known_again())
        .correlate(pursuit)
    )  # fmt: skip
    # What goes on already, and is before its decider all the same.
    put = exists(
        select(measure.c.id)
        .where(measure.c.id == pursuit.c.measure, measure.c.put.is_not(None), measure.c.ended.is_(None))
        .correlate(pursuit)
    )
    moved_on = [
        and_(pursuit.c.wants == wants, state.not_in(states)) for wants, states in _MEANS.items()
        if wants != "decision"
    ]
    moved_on.append(and_(pursuit.c.wants == "decision", state.not_in(_MEANS["decision"]), ~put))
    unsigned = exists(
        select(measure.c.id)
        .where(measure.c.id == pursuit.c.measure, measure.c.ahead.is_not(None),
               measure.c.decided_by.is_(None), measure.c.ended.is_(None))
        .correlate(pursuit)
    )  # fmt: skip
    moved_on.append(and_(pursuit.c.wants == "confirm", ~unsigned))
    asked = select(meeting.c.id).where(
        meeting.c.second == pursuit.c.measure, meeting.c.state == "open"
    )
    to_come = select(handover.c.n).where(
        handover.c.pursuit == pursuit.c.id, handover.c.state == "open"
    )
    return or_(
        and_(pursuit.c.wants == "conflict", ~exists(asked.correlate(pursuit))),
        and_(pursuit.c.wants == HANDOVER, ~exists(to_come.correlate(pursuit))),
        and_(pursuit.c.measure.is_(None), pursuit.c.wants.not_in(CALLED), closed),
        *(and_(pursuit.c.wants == wants, ~goes_on(state)) for wants, state in _CALLS_OUT.items()),
        and_(pursuit.c.measure.is_(None), pursuit.c.wants == "decision", known),
        *moved_on,
    )  # fmt: skip


def _goes_on(state: str) -> ColumnElement[bool]:
    """Whether the call-out that a pursuit hangs on is still in this state."""
    same = (
        select(callout.c.id)
        .join(callee, callee.c.callout == callout.c.id)
        .where(callout.c.alert == pursuit.c.alert, callout.c.state == state,
               callee.c.post == pursuit.c.post)
    )  # fmt: skip
    return exists(same.correlate(pursuit))


def _may_go_on(state: str) -> ColumnElement[bool]:
    """Whether every call-out of the alert is, whoever is called by it."""
    of_alert = select(callout.c.id).where(callout.c.alert == pursuit.c.alert)
    others = of_alert.where(callout.c.state != state)
    return and_(exists(of_alert.correlate(pursuit)), ~exists(others.correlate(pursuit)))
