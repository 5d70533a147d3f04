"""Measures for a named day: no classes on 6 December is another decision than none on the 7th.

A rule with hours of its own decides in the evening for the next morning and confirms at dawn. While
its alert stays open the question is put anew each evening for a day still at risk, and what was for
the day that is over ends. Evening and dawn of one day are one measure: what was decided is not put
again at dawn, what nobody has decided is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.addressing import addressed
from alerting.alerts.asking import ask, go_on, quietly_over, stop_asking
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life, everywhere
from alerting.alerts.notices import Facts
from alerting.alerts.orders import LOOKED_AT, facts_of
from alerting.alerts.spreading import facts_at
from alerting.places import Place
from alerting.rulebook.measures import Ask
from alerting.store.rows import Row
from alerting.store.schema import measure


def put_anew(
    ledger: Ledger, rule: Any, place: Place, level: int, finding: Finding, at: datetime
) -> None:
    """One of the rule's hours has struck and its alert is open as before; `level` is what is believed
    of the time ahead, 0 where nothing is."""
    held = ledger.latest(rule.id, place.id)
    if held is None or held.state != "open":
        return
    day, today = ledger.life.day_ahead(at), ledger.life.day_not_over(at)
    facts = facts_at(rule, place, level or held.level, held.level, finding)
    as_held = facts_at(rule, place, held.level, held.level, finding)
    for asked in ledger.asked_by(held.id):
        row = ledger.measure(asked.measure)
        # As it was put: a run that says less loosens nothing of a day while its alert is higher.
        if row is not None and row.state == "proposed" and row.day == day:
            go_on(ledger, row, as_held.saying(place=row.object), at, again=True)
    for wanted in rule.asks_at(level):
        if ledger.life.measure(wanted.measure).named_day:
            _for_day(ledger, wanted, place, day, facts, held.id, at)
    for asked in ledger.asked_by(held.id):
        row = ledger.measure(asked.measure)
        # What is over ends whether or not the data say more: missing data lift nothing of a day ahead.
        if row is not None and row.ended is None and row.day is not None and row.day < today:
            stop_asking(ledger, asked, row, facts, at)


def end_past(
    connection: Connection, life: Life, at: datetime, mine: Callable[[str], bool] = everywhere
) -> int:
    """At a full hour: measures at places of `mine` for a day that is over end, whoever asked for them;
    gives how many."""
    rows = connection.execute(
        select(measure.c.id, measure.c.object)
        .where(measure.c.realm == life.realm, measure.c.ended.is_(None))
        .where(measure.c.day < life.day_not_over(at),
               measure.c.state.not_in(LOOKED_AT))
        .order_by(measure.c.id)
    )  # fmt: skip
    keys = [row.id for row in rows if mine(row.object)]
    with Ledger(connection, life) as ledger:
        for key in keys:
            row = ledger.measure(key)
            assert row is not None
            if any(_follows(row, other) for other in ledger.open_of((row.measure,))):
                quietly_over(ledger, row, at)
                continue
            facts = facts_of(ledger, row)
            for asked in list(ledger.askers(key).values()):
                if asked.ended is None and row.ended is None:
                    stop_asking(ledger, asked, row, facts, at)
    return len(keys)


def _follows(row: Row, other: Row) -> bool:
    """Whether the same is asked of the same for a later day."""
    same = (row.object, row.carrier) == (other.object, other.carrier)
    return same and other.day is not None and other.day > row.day


def _for_day(
    ledger: Ledger, wanted: Ask, place: Place, day: str, facts: Facts, by: str, at: datetime
) -> None:
    """Ask for what nobody has decided on yet of this day; and with others who ask for it."""
    for object_id, post in addressed(ledger, wanted.measure, place, facts.sector):
        held = ledger.for_day(wanted.measure, object_id, post.id, day)
        if held is None or (held.ended is None and by not in ledger.askers(held.id)):
            ask(ledger, wanted.measure, ledger.life.places.by_id[object_id], dict(wanted.arguments),
                facts, by, at, carrier=post, day=day)  # fmt: skip
