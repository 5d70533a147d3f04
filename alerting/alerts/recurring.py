"""What comes back every day while somebody asks for it.

A measure with `again` is ordered anew at its time. It stays one measure; what was reported yesterday
says nothing of today. A measure that was asked for until some hour and has ended is asked for anew at
the next hour at which its rule is decided: tonight's closure is another decision than last night's. If
last night's is not over at that hour, it is asked for when it is (asking.py, `ask_for_later`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from alerting.alerts.asking import ask_for_later
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.orders import OPEN_WORK, facts_of, issue
from alerting.store.schema import alert, asker, measure


def order_again(connection: Connection, life: Life, strikes: datetime, at: datetime) -> int:
    """Order at `at` what recurs when the clock strikes `strikes`, in the caller's transaction; gives
    how many measures.

    What was ordered for the first time a moment ago, or still has time from its last order, is not.
    """
    clock = life.local(strikes).time()
    names = [name for name, one in life.book.measures.items() if one.again_at == clock]
    if not names:
        return 0
    rows = connection.execute(
        select(measure.c.id)
        .where(measure.c.realm == life.realm, measure.c.ended.is_(None))
        .where(measure.c.measure.in_(names), measure.c.state.in_(OPEN_WORK))
        .where(measure.c.due <= at)
        .order_by(measure.c.id)
    ).scalars()
    keys = list(rows)
    with Ledger(connection, life) as ledger:
        for key in keys:
            row = ledger.measure(key)
            assert row is not None
            ledger.change(row, version=row.version + 1, in_force=None)
            issue(ledger, row, facts_of(ledger, row), at)
    return len(keys)


# A refusal was about the hours it was asked for. What was withdrawn by hand stays so.
_OVER = ("lifted", "expired", "refused", "superseded")


def ask_again(connection: Connection, life: Life, strikes: datetime, at: datetime) -> int:
    """Ask anew at `at`, in the caller's transaction, for what open alerts of rules that are decided
    when the clock strikes `strikes` asked for until an hour that has passed; gives how many measures.

    A stroke that comes late, after an outage, asks for no hours that are over by then.
    """
    clock = life.local(strikes).time()
    rules = [rule.id for rule in life.book.rules if clock in rule.decide]
    if not rules:
        return 0
    rows = connection.execute(
        select(measure.c.id)
        .join(asker, asker.c.measure == measure.c.id)
        .join(alert, alert.c.id == asker.c.asker)
        .where(alert.c.realm == life.realm, alert.c.state == "open", alert.c.rule.in_(rules))
        .where(asker.c.ended.is_(None), asker.c.ends < strikes)
        .where(measure.c.ended < at, measure.c.state.in_(_OVER))
        .order_by(alert.c.opened, alert.c.id, measure.c.measure, measure.c.id)
        .distinct()
    ).scalars()
    keys, asked = list(rows), 0
    with Ledger(connection, life) as ledger:
        for key in keys:
            row = ledger.measure(key)
            assert row is not None
            asked += ask_for_later(ledger, row, at)
    return asked
