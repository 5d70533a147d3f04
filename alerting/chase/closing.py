"""What a person's answer does to the messages and alerts it came upon, whatever it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from alerting.alerts.life import Life
from alerting.chase.targets import Targets
from alerting.chase.told import answered_with
from alerting.people import Person, post_by_id
from alerting.people.reached import handed_over
from alerting.store.schema import alert, delivery, delivery_notice


def woken(connection: Connection, life: Life, one: Any, at: datetime) -> None:
    """The lead counts to the first answer of somebody called as the field force."""
    post = post_by_id(connection, one.post) if one.post else None
    if one.alert is None or post is None or post.tier != "field":
        return
    connection.execute(
        update(alert).where(alert.c.id == one.alert, alert.c.woken.is_(None)).values(woken=at)
    )


def close_deliveries(
    connection: Connection, who: Person, targets: Targets, at: datetime
) -> None:
    """An answer lifts a delivery from any state to `answered`, with those that stand in for it; from
    the page, all that asked it. One that has not left yet is closed only where it would say nothing
    but what is answered: what else it carries nobody has been told."""
    held = targets.delivery
    if held is not None:
        ids = _and_successors(connection, answered_with(connection, held))
    else:
        ids = _that_asked(connection, who, [n.id for n in targets.notices])
    connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state != "answered")
        .values(state="answered", at=at, answered_at=at, leased_until=None, next_try=None)
    )


def _that_asked(connection: Connection, who: Person, answered: list[int]) -> list[int]:
    carries = delivery_notice.c.delivery == delivery.c.id
    more = select(delivery_notice.c.notice).where(carries, delivery_notice.c.notice.not_in(answered))
    return list(connection.execute(
        select(delivery.c.id).distinct()
        .join(delivery_notice, carries)
        .where(delivery.c.person == who.id, delivery_notice.c.notice.in_(answered),
               handed_over() | ~exists(more.correlate(delivery)))
    ).scalars())  # fmt: skip


def _and_successors(connection: Connection, deliveries: list[int]) -> list[int]:
    """Deliveries and those that were sent in their place: they carry the same notices."""
    found = fresh = deliveries
    while fresh:
        fresh = list(connection.execute(
            select(delivery.c.id).where(delivery.c.fallback_of.in_(fresh))).scalars())  # fmt: skip
        found = found + fresh
    return found
