"""What comes back every day while somebody asks for it.

A measure with `again` is ordered anew at its time. It stays one measure; what was reported yesterday
says nothing of today. A measure that was asked for until some hour and has ended is asked for anew at
the next hour at which its rule is decided: tonight's closure is another decision than last night's.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from alerting.alerts.asking import ask
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.notices import facts_of_alert
from alerting.alerts.orders import OPEN_WORK, facts_of, issue
from alerting.alerts.spreading import asked_at
from alerting.rulebook.arguments import UNTIL
from alerting.store.schema import alert, asker, measure


def order_again(connection: Connection, life: Life, at: datetime) -> int:
    """Order what recurs at `at`, in the caller's transaction; gives how many measures.

    What was ordered for the first time a moment ago, or still has time from its last order, is not.
    """
    local = life.local(at)
    names = [name for name, one in life.book.measures.items() if one.again_at == local.time()]
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
_OVER = ("lifted", "expired", "refused")


def ask_again(connection: Connection, life: Life, at: datetime) -> int:
    """Ask anew, in the caller's transaction, for what open alerts of rules that are decided at `at`
    asked for until an hour that has passed; gives how many measures."""
    clock = life.local(at).time()
    rules = {rule.id: rule for rule in life.book.rules if clock in rule.decide}
    if not rules:
        return 0
    rows = connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.place, alert.c.level, measure.c.measure)
        .join(asker, asker.c.asker == alert.c.id)
        .join(measure, measure.c.id == asker.c.measure)
        .where(alert.c.realm == life.realm, alert.c.state == "open", alert.c.rule.in_(rules))
        .where(asker.c.ended.is_(None), measure.c.ended < at, measure.c.state.in_(_OVER))
        .where(measure.c.ends.is_(None) | (measure.c.ends <= at))
        .order_by(alert.c.opened, alert.c.id, measure.c.measure)
        .distinct()
    ).all()
    asked = 0
    with Ledger(connection, life) as ledger:
        for row in rows:
            facts, place = facts_of_alert(ledger, row.id), life.places.by_id.get(row.place)
            for wanted in asked_at(rules[row.rule], row.level):
                if wanted.measure != row.measure or UNTIL not in wanted.arguments:
                    continue
                if facts is not None and place is not None:
                    asked += len(ask(ledger, row.measure, place, wanted.arguments, facts, row.id, at))
    return asked
