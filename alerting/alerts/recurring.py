"""What comes back every day while somebody asks for it.

A measure with `again` is ordered anew at its time. It stays one measure; what was reported yesterday
says nothing of today. What was asked for until some hour that is over is asked for anew at the next
hour at which its rule is decided: tonight's closure is another decision than last night's, also where
nobody has looked at last night's yet.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from alerting.alerts.asking import ask
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life, everywhere
from alerting.alerts.notices import facts_of_alert
from alerting.alerts.orders import OPEN_WORK, facts_of, issue
from alerting.rulebook.arguments import UNTIL
from alerting.store.schema import alert, asker, measure


def order_again(
    connection: Connection, life: Life, strikes: datetime, at: datetime,
    mine: Callable[[str], bool] = everywhere,
) -> int:  # fmt: skip
    """Order at `at` what recurs at places of `mine` when the clock strikes `strikes`, in the caller's
    transaction; gives how many measures.

    What was ordered for the first time a moment ago, or still has time from its last order, is not.
    """
    clock = life.local(strikes).time()
    names = [name for name, one in life.book.measures.items() if one.again_at == clock]
    if not names:
        return 0
    rows = connection.execute(
        select(measure.c.id, measure.c.object)
        .where(measure.c.realm == life.realm, measure.c.ended.is_(None))
        .where(measure.c.measure.in_(names), measure.c.state.in_(OPEN_WORK))
        .where(measure.c.due <= at)
        .order_by(measure.c.id)
    )
    keys = [row.id for row in rows if mine(row.object)]
    with Ledger(connection, life) as ledger:
        for key in keys:
            row = ledger.measure(key)
            assert row is not None
            ledger.change(row, version=row.version + 1, in_force=None)
            issue(ledger, row, facts_of(ledger, row), at)
    return len(keys)


def ask_again(
    connection: Connection, life: Life, strikes: datetime, at: datetime,
    mine: Callable[[str], bool] = everywhere,
) -> int:  # fmt: skip
    """Ask anew at `at`, in the caller's transaction, for what open alerts at places of `mine`, of rules
    that are decided when the clock strikes `strikes`, asked for until an hour that has passed; gives
    how many measures.

    A refusal was about those hours. What was withdrawn by hand stays so. A stroke that comes late,
    after an outage, asks for no hours that are over by then.
    """
    clock = life.local(strikes).time()
    rules = {rule.id: rule for rule in life.book.rules if clock in rule.decide}
    if not rules:
        return 0
    rows = connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.place, alert.c.level, measure.c.measure,
               measure.c.object, measure.c.carrier, asker.c.ends, asker.c.ended)
        .join(asker, asker.c.asker == alert.c.id)
        .join(measure, measure.c.id == asker.c.measure)
        .where(alert.c.realm == life.realm, alert.c.state == "open", alert.c.rule.in_(rules))
        .order_by(alert.c.opened, alert.c.id, measure.c.measure, measure.c.object, measure.c.number)
    ).all()
    newest = {(row.id, row.measure, row.object, row.carrier): row for row in rows
              if mine(row.place)}  # fmt: skip
    asked = 0
    with Ledger(connection, life) as ledger:
        for row in newest.values():
            wanted = {ask.measure: ask for ask in rules[row.rule].asks_at(row.level)}.get(row.measure)
            over = row.ended is None and row.ends is not None and row.ends < strikes
            facts, place = facts_of_alert(ledger, row.id), life.places.by_id.get(row.object)
            if wanted and over and UNTIL in wanted.arguments and facts and place:
                asked += len(ask(ledger, row.measure, place, dict(wanted.arguments),
                                 facts.saying(place=row.object), row.id, at,
                                 carrier=ledger.post(row.carrier)))  # fmt: skip
    return asked
