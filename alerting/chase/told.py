"""What a message told its reader: the notices it carried; a digest's summary, those before it too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from alerting.people.reached import handed_over
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.vocabulary.answers import CALLED

GIVEN_UP = ("superseded", "dead")  # sent anew in another, or not at all


def reached() -> ColumnElement[bool]:
    """Condition on deliveries: handed over, and nobody has said since that it did not arrive."""
    return and_(handed_over(), delivery.c.state.not_in(GIVEN_UP))


def carried(connection: Connection, delivery_id: int) -> list[Any]:
    """The notices of a delivery, oldest first."""
    return _of(connection, [delivery_id])


def told_by(connection: Connection, held: Any) -> list[Any]:
    """The notices that an answer to this delivery answers, oldest first."""
    return _of(connection, answered_with(connection, held))


def about(one: Any) -> Any:
    """What a notice is about: its measure, its alert, or the pursuit of a cry that hangs on nothing. Of
    a call-out the post that is called: one person may be called for several about one alert."""
    return one.pursuit if one.wants in CALLED else one.measure or one.alert or one.pursuit


def subject_of(one: Any) -> tuple[Any, str]:
    """What a notice asks, and about what: called again, the same stands in a digest twice."""
    return about(one) or one.id, one.wants


def answered_with(connection: Connection, held: Any) -> list[int]:
    """The deliveries that an answer to this one answers: itself; of a summary also what reached its
    reader of the digest before it. What came later, or has not left yet, they do not know."""
    if not held.summary:
        return [held.id]
    return list(
        connection.execute(
            select(delivery.c.id)
            .where(delivery.c.digest == held.digest, delivery.c.id <= held.id,
                   reached() | (delivery.c.id == held.id))
            .order_by(delivery.c.id)
        ).scalars()
    )  # fmt: skip


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
