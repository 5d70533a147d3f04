"""Who may answer what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.people import Person, posts_held
from alerting.people.policy import SIGNS
from alerting.store.schema import delivery, delivery_notice, notice, pursuit

ON_BEHALF = ("order", "admin")


def may_answer(who: Person) -> bool:
    """Whatever the way it comes by: who may only look is heard, and answers for nobody."""
    return who.role != "view"


def posts_of(connection: Connection, who: Person) -> set[str]:
    return posts_held(connection, [who.id])[who.id]


def was_asked(connection: Connection, who: Person, one: Any) -> bool:
    """Bound to them, or to a post they hold now."""
    return _called(connection, who, one) or one.post in posts_of(connection, who)


def _called(connection: Connection, who: Person, one: Any) -> bool:
    """Whether a notice was bound to them: to them first, or to all of a list on which they stand."""
    if one.person == who.id or one.who == "on-duty":
        return bool(one.person == who.id)
    return connection.execute(
        select(delivery.c.id)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .where(delivery_notice.c.notice == one.id, delivery.c.person == who.id,
               delivery.c.state != "superseded")
        .limit(1)
    ).first() is not None  # fmt: skip


def holds(connection: Connection, who: Person, post: str | None) -> bool:
    return post in posts_of(connection, who)


def decides(
    connection: Connection, who: Person, row: Any, one: Any, wants: str = "decision",
    post: str | None = None,
) -> bool:
    """Whose it is to say (`post`, else the measure's decider) or who was called in their place for what
    is asked now, not for an earlier question; and only with the role for it."""
    if who.role not in SIGNS:
        return False
    asked = connection.execute(
        select(pursuit.c.id, pursuit.c.state)
        .where(pursuit.c.measure == row.id, pursuit.c.wants == wants)
    ).all()
    now = {p.id for p in asked if p.state == "open"} or {p.id for p in asked}
    called = connection.execute(select(notice.c.post).where(notice.c.pursuit.in_(now))).scalars()
    if one.pursuit in now and _called(connection, who, one):
        return True
    return not posts_of(connection, who).isdisjoint({post or row.decider, *called})
