"""Alerts whose rule or place has left the county's files: nothing would ever end them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime

from sqlalchemy import Connection, select

from alerting.alerts import episodes
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.standing import forget
from alerting.store.schema import alert

REASON = {
    "zh": "规则或地点已从本县的文件中移除",
    "en": "the rule or the place has left the county's files",
}


def departed(connection: Connection, life: Life, places: Mapping[str, Set[str]]) -> list[str]:
    """The open alerts of a realm that no rule stands behind any more; `places` are each rule's.

    The service's own alerts are no rule's.
    """
    rows = connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.place)
        .where(alert.c.realm == life.realm, alert.c.state == "open")
        .where(alert.c.sector != "service")
        .order_by(alert.c.id)
    )
    return [row.id for row in rows if row.place not in places.get(row.rule, frozenset())]


def close_departed(connection: Connection, life: Life, keys: list[str], at: datetime) -> None:
    """Close them: those who were told hear it; what was ordered is lifted, or its lifting proposed."""
    with Ledger(connection, life) as ledger:
        for key in keys:
            held = ledger.alert(key)
            episodes.close(ledger, key, "closed", "service", at, REASON)
            if held is not None:
                forget(connection, life.realm, held.rule, held.place)
