"""Deletes rows with all that hangs on them, in the caller's transaction; each gives how many rows went.

What may go is said in keeping.py. What a foreign key still refers to cannot: then nothing goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Table, delete, select

from alerting.store.schema import (
    alert,
    alert_change,
    answer,
    asker,
    delivery,
    delivery_notice,
    escalation,
    measure,
    meeting,
    notice,
    pursuit,
    returned,
)
from alerting.store.schema_callout import callee, callout, callout_alert, callout_report
from alerting.store.schema_reach import heard


class Drop(Protocol):
    def __call__(self, connection: Connection, ids: Sequence[Any]) -> int: ...


def drop_from(key: Any, table: Table | None = None) -> Drop:
    """Rows by their key alone."""
    of = key.table if table is None else table

    def drop(connection: Connection, ids: Sequence[Any]) -> int:
        return connection.execute(delete(of).where(key.in_(ids))).rowcount

    return drop


def drop_measures(connection: Connection, ids: Sequence[str]) -> int:
    rows = _notices_of(connection, notice.c.measure, pursuit.c.measure, ids)
    rows += _gone(connection, answer.c.measure.in_(ids))
    rows += _gone(connection, meeting.c.first.in_(ids)) + _gone(connection, meeting.c.second.in_(ids))
    rows += _gone(connection, returned.c.measure.in_(ids)) + _gone(connection, asker.c.measure.in_(ids))
    return rows + _gone(connection, measure.c.id.in_(ids))


def drop_callouts(connection: Connection, ids: Sequence[str]) -> int:
    parts = (callout_report, callee, callout_alert)
    rows = sum(_gone(connection, one.c.callout.in_(ids)) for one in parts)
    return rows + _gone(connection, callout.c.id.in_(ids))


def drop_alerts(connection: Connection, ids: Sequence[str]) -> int:
    rows = _notices_of(connection, notice.c.alert, pursuit.c.alert, ids)
    rows += _gone(connection, answer.c.alert.in_(ids))
    rows += _gone(connection, alert_change.c.alert.in_(ids))
    return rows + _gone(connection, alert.c.id.in_(ids))


def _notices_of(
    connection: Connection, of_notice: Any, of_pursuit: Any, ids: Sequence[str]
) -> int:
    """The notices of alerts or measures with their pursuits and messages."""
    notices = connection.execute(select(notice.c.id).where(of_notice.in_(ids))).scalars().all()
    pursuits = connection.execute(select(pursuit.c.id).where(of_pursuit.in_(ids))).scalars().all()
    return _messages(connection, notices) + _pursuits(connection, pursuits)


def drop_notices(connection: Connection, ids: Sequence[int]) -> int:
    pursuits = connection.execute(
        select(notice.c.pursuit).where(notice.c.id.in_(ids), notice.c.pursuit.is_not(None)).distinct()
    ).scalars().all()  # fmt: skip
    rows = _messages(connection, ids)
    still = select(notice.c.pursuit).where(notice.c.pursuit.in_(pursuits))
    done = connection.execute(
        select(pursuit.c.id).where(pursuit.c.id.in_(pursuits), pursuit.c.state != "open",
                                   pursuit.c.id.not_in(still))
    ).scalars().all()  # fmt: skip
    return rows + _pursuits(connection, done)


def _pursuits(connection: Connection, ids: Sequence[int]) -> int:
    rows = _gone(connection, heard.c.pursuit.in_(ids))
    rows += _gone(connection, escalation.c.pursuit.in_(ids))
    return rows + _gone(connection, pursuit.c.id.in_(ids))


def _messages(connection: Connection, notices: Sequence[int]) -> int:
    """Notices, and the messages that carry nothing else."""
    carried = connection.execute(
        select(delivery_notice.c.delivery).where(delivery_notice.c.notice.in_(notices)).distinct()
    ).scalars().all()  # fmt: skip
    rows = _gone(connection, delivery_notice.c.notice.in_(notices))
    still = select(delivery_notice.c.delivery).where(delivery_notice.c.delivery.in_(carried))
    rows += _gone(connection, delivery.c.id.in_(carried), delivery.c.id.not_in(still))
    return rows + _gone(connection, notice.c.id.in_(notices))


def _gone(connection: Connection, *where: Any) -> int:
    return connection.execute(delete(where[0].left.table).where(*where)).rowcount
