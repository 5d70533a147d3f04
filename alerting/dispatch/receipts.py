"""What a provider says of a message after it took it. Order is not promised, so states have ranks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from alerting.dispatch.channels import RANK, Channel, StatusChange
from alerting.dispatch.ways import AGAIN
from alerting.store.schema import delivery


def apply_status(
    connection: Connection,
    channel: Channel,
    change: StatusChange,
    now_of: Callable[[str], datetime],
    now: datetime,
) -> bool:
    """Take a status callback, in the caller's transaction. False where it changes nothing.

    The delivery is found by our own id where the callback carries it, so that one which comes before
    the provider's answer to the send is not lost. `now` is the machine's clock. A failure leaves the
    row for the dispatcher to deal with: `accepted`, with `next_try` set and the reason.
    """
    row = _find(connection, channel.name, change)
    if row is None:
        return False
    if change.state == "failed":
        return _failed(connection, row, change, now_of(row.realm), now)
    if RANK[change.state] <= RANK[row.state]:
        if row.provider_id is None:
            _write(connection, row, provider_id=change.provider_id)
        return False
    at = now_of(row.realm)
    final = change.state == "read" or (change.state == "delivered" and not channel.reads)
    _write(connection, row, state=change.state, at=at, final=final, leased_until=None, next_try=None,
           error="", accepted_at=row.accepted_at or at,
           provider_id=row.provider_id or change.provider_id)  # fmt: skip
    return True


def _find(connection: Connection, channel: str, change: StatusChange) -> Row[Any] | None:
    if change.delivery is not None:
        return connection.execute(
            select(delivery).where(delivery.c.id == change.delivery, delivery.c.channel == channel)
        ).one_or_none()
    return connection.execute(
        select(delivery)
        .where(delivery.c.channel == channel, delivery.c.provider_id == change.provider_id)
        .order_by(delivery.c.id.desc())
    ).first()


def _failed(
    connection: Connection, row: Row[Any], change: StatusChange, at: datetime, now: datetime
) -> bool:
    if RANK[row.state] > RANK["accepted"]:
        return False
    if row.provider_id is not None and row.provider_id != change.provider_id:
        return False  # of an earlier attempt; the later one is under way
    if row.state == "accepted" and row.next_try is not None:
        return False  # said already
    _write(connection, row, state="accepted", at=at, leased_until=None, next_try=_soon(now),
           accepted_at=row.accepted_at or at, provider_id=change.provider_id,
           error=(AGAIN if change.again else "") + change.reason)  # fmt: skip
    return True


def _soon(now: datetime) -> datetime:
    # Callbacks may come out of order: one that proves delivery is given a moment to overtake this.
    return now + timedelta(seconds=2)


def _write(connection: Connection, row: Row[Any], **values: Any) -> None:
    connection.execute(update(delivery).where(delivery.c.id == row.id).values(**values))
