"""What becomes of a measure when the hours begin or end for which it is asked.

Who named an end by hand asks no longer than that; an alert or a response asks for as long as it is
open. Where nobody asks any more the measure has expired, unless its decider signed a later end, which
is the one that counts. Where somebody does it stands, and its lifter is asked to look: nothing that an
alert still asks for ends by the clock alone, and what is to be looked at only by that look.

What was reported in force ahead of its hours does the work of another measure from then on only.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, func, or_, select

from alerting.alerts.asking import expire, nobody_asks, settle, take_over
from alerting.alerts.joint import passed
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.orders import LOOKED_AT, OPEN_WORK, facts_of
from alerting.alerts.signing import stands
from alerting.store.schema import UtcText, asker, measure

Successors = tuple[tuple[str, tuple[str, ...]], ...]  # measures, and what each does the work of


def do_what_is_due(connection: Connection, life: Life, now: datetime) -> int:
    """In the caller's transaction; gives for how many measures."""
    begun, over = (
        list(connection.execute(question, {"now": now}).scalars())
        for question in _due(life.realm, life.book.successors)
    )
    with Ledger(connection, life) as ledger:
        for key in begun:
            row = ledger.measure(key)
            assert row is not None
            take_over(ledger, row, now)
    return len(begun) + sum(_end_comes(connection, life, key, now) for key in over)


def moments(realm: str, successors: Successors) -> tuple[Select[Any], ...]:
    """When the next hours begin or end, of the realm's own time: each a question for one value."""
    is_open = exists().where(measure.c.id == asker.c.measure, measure.c.ended.is_(None))
    return (
        select(func.min(measure.c.ends))
        .where(measure.c.realm == realm, measure.c.ended.is_(None), _stands()),
        select(asker.c.ends).where(_by_hand(realm), is_open).order_by(asker.c.ends).limit(1),
        select(func.min(measure.c.begins)).where(_takes_over(realm, successors)),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _due(realm: str, successors: Successors) -> tuple[Select[Any], ...]:
    """Measures whose hours have begun, or have ended, by `now`."""
    now: Any = bindparam("now", type_=UtcText)
    return (
        select(measure.c.id)
        .where(_takes_over(realm, successors), measure.c.begins <= now)
        .order_by(measure.c.begins, measure.c.id),
        select(measure.c.id).where(measure.c.realm == realm, measure.c.ended.is_(None))
        .where(or_(and_(measure.c.ends <= now, _stands()),
                   measure.c.id.in_(_asked_until(realm, now))))
        .order_by(measure.c.id),
    )  # fmt: skip


def _end_comes(connection: Connection, life: Life, measure_id: str, at: datetime) -> bool:
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.ended is not None:
            return False
        for asking in ledger.askers(row.id).values():
            if asking.ended is None and asking.asker.startswith("person:") and passed(asking, at):
                ledger.change(asking, ended=at)
        facts = facts_of(ledger, row)
        asked = any(one.ended is None for one in ledger.askers(row.id).values())
        if asked or row.state in LOOKED_AT:
            settle(ledger, row, facts, at)
        elif stands(row, at):
            nobody_asks(ledger, row, facts, at)
        else:
            expire(ledger, row, facts, at)
        return True


def _stands() -> ColumnElement[bool]:
    """Of one whose lifting is proposed somebody is to look already, whatever its end."""
    return measure.c.state.not_in(LOOKED_AT)


def _by_hand(realm: str) -> ColumnElement[bool]:
    return and_(asker.c.realm == realm, asker.c.ended.is_(None), asker.c.ends.is_not(None),
                asker.c.asker.like("person:%"))  # fmt: skip


def _asked_until(realm: str, now: datetime) -> Any:
    """Measures that somebody asked for by hand until a moment that has passed."""
    return select(asker.c.measure).where(_by_hand(realm), asker.c.ends <= now)


def _takes_over(realm: str, successors: Successors) -> ColumnElement[bool]:
    """Condition on measures: in force ahead of its hours, and what it does the work of still stands."""
    old = measure.alias()
    pairs = [and_(measure.c.measure == name, old.c.measure.in_(olds)) for name, olds in successors]
    stands = exists().where(
        old.c.realm == realm, old.c.object == measure.c.object, old.c.ended.is_(None),
        old.c.state.in_(OPEN_WORK), or_(False, *pairs),
        or_(old.c.ends.is_(None), measure.c.begins <= old.c.ends),
        or_(old.c.begins.is_(None), measure.c.ends.is_(None), old.c.begins <= measure.c.ends),
    )  # fmt: skip
    return and_(
        measure.c.realm == realm, measure.c.ended.is_(None), measure.c.state == "in force",
        measure.c.begins > measure.c.in_force, stands,
    )  # fmt: skip
