"""Duties of every day: a measure with `again` is ordered anew at its time while somebody asks for it.

It stays one measure; what was reported yesterday says nothing of today.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.orders import OPEN_WORK, facts_of, issue
from alerting.store.schema import measure


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
