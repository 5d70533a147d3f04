"""An alert that missing data alone hold: whether a person keeps it, and when the data return."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from alerting.alerts import episodes
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.standing import forget
from alerting.audit import record
from alerting.store.schema import alert, standing

NO_DATA = {
    "zh": "数据中断，经核实撤回",
    "en": "its data were missing; checked and called off",
}


def stands(connection: Connection, life: Life, alert_id: str, by: str, at: datetime) -> None:
    """It stays as it is for now, on somebody's word."""
    record(connection, life.realm, at, by, "keep", alert_id, {"reason": "held by unknown"})


def call_off(
    connection: Connection, life: Life, alert_id: str, by: str, at: datetime, reason: str = ""
) -> bool:
    """Withdraw it; that reaches everyone who was told. `reason` is what the person said, or ""."""
    with Ledger(connection, life) as ledger:
        return episodes.close(ledger, alert_id, "withdrawn", by, at, reason or NO_DATA)


def called_off(connection: Connection, realm: str, at: datetime) -> list[tuple[str, str]]:
    """(rule, place) of the alerts withdrawn at this moment that nothing but missing data held: what
    the data say once they are back was never judged, and opens anew."""
    rows = connection.execute(
        select(alert.c.rule, alert.c.place)
        .where(alert.c.realm == realm, alert.c.state == "withdrawn", alert.c.closed == at)
        .where(alert.c.held_by_unknown.is_not(None))
    ).all()
    for row in rows:
        forget(connection, realm, row.rule, row.place)
    return [(row.rule, row.place) for row in rows]


def known_again() -> ColumnElement[bool]:
    """Condition on alerts: nothing of their rule and place is unknown any more."""
    unknown = select(standing.c.rule).where(
        standing.c.realm == alert.c.realm, standing.c.rule == alert.c.rule,
        standing.c.place == alert.c.place, standing.c.unknown_since.is_not(None),
    )  # fmt: skip
    known = or_(alert.c.held_by_unknown.is_(None), ~exists(unknown.correlate(alert)))
    return and_(alert.c.state == "open", known)


def data_are_back(connection: Connection, life: Life, alert_id: str) -> None:
    """It is held by what is known; should the data fail again, that is asked anew."""
    with Ledger(connection, life) as ledger:
        held = ledger.alert(alert_id)
        if held is not None:
            episodes.data_are_back(ledger, held)
