"""What a message told its reader: the notices it carried; a digest's summary, all of the digest's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.store.schema import delivery, delivery_notice, notice


def carried(connection: Connection, delivery_id: int) -> list[Any]:
    """The notices of a delivery, oldest first."""
    return _of(connection, [delivery_id])


def told_by(connection: Connection, held: Any) -> list[Any]:
    """The notices that an answer to this delivery answers, oldest first."""
    return _of(connection, answered_with(connection, held))


def answered_with(connection: Connection, held: Any) -> list[int]:
    """The deliveries that an answer to this one answers: itself, or all of the digest it sums up."""
    if not held.summary:
        return [held.id]
    return list(
        connection.execute(
            select(delivery.c.id)
            .where(delivery.c.digest == held.digest, delivery.c.state != "superseded")
            .order_by(delivery.c.id)
        ).scalars()
    )


def _of(connection: Connection, deliveries: list[int]) -> list[Any]:
    return list(
        connection.execute(
            select(notice)
            .where(notice.c.id.in_(
                select(delivery_notice.c.notice).where(delivery_notice.c.delivery.in_(deliveries))
            ))
            .order_by(notice.c.id)
        )
    )
