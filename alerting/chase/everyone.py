"""Where everyone on a post's list must say that it was received: who has, and who has not.

What one of them decides or carries out is done for all. A rise asks everybody anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.people import list_of
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.store.schema_reach import heard

EVERYONE = "everyone"
MANY = 50  # names in an entry: each answer of a long list would write down all the others


def note(connection: Connection, life: Life, held: Any, who: str, at: datetime) -> bool | None:
    """Note that one of everyone has answered. None where nobody else is waited for any more: the answer
    ends the chase; False where theirs was noted before."""
    called = _called(connection, held)
    if held.state != "open" or who not in called:
        return None
    known = heard_from(connection, held.id)
    if who in known:
        return False
    connection.execute(insert(heard).values(pursuit=held.id, person=who, at=at))
    # Who has left the list since is not waited for.
    left = called & {p.id for p in list_of(connection, held.at_post)} - known - {who}
    if not left:
        return None
    others: dict[str, Any] = {"waits for": sorted(left)} if len(left) <= MANY else {"others": len(left)}
    record(connection, life.realm, at, who, "answer", f"pursuit:{held.id}", others)
    return True


def all_heard(connection: Connection, held: Any, called: Any) -> str | None:
    """Who answered last, where everyone who is still on the list of the rung called has: somebody else
    left it since. None while anybody is waited for, and for calls of another kind."""
    if called is None or called.who != EVERYONE:
        return None
    row = connection.execute(
        select(heard).where(heard.c.pursuit == held.id).order_by(heard.c.at.desc()).limit(1)
    ).one_or_none()
    waits = {p.id for p in list_of(connection, held.at_post)} - heard_from(connection, held.id)
    return row.person if row is not None and not waits else None


def heard_from(connection: Connection, pursuit_id: int) -> set[str]:
    """Who has answered for themselves already."""
    return set(
        connection.execute(select(heard.c.person).where(heard.c.pursuit == pursuit_id)).scalars()
    )


def forget(connection: Connection, pursuit_id: int) -> None:
    """It was raised: what was said before it no longer counts."""
    connection.execute(delete(heard).where(heard.c.pursuit == pursuit_id))


def _called(connection: Connection, held: Any) -> set[str]:
    """Whom the rung it stands on has called as everyone, and reached or may still reach."""
    return set(
        connection.execute(
            select(delivery.c.person)
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .where(notice.c.pursuit == held.id, notice.c.post == held.at_post,
                   notice.c.who == EVERYONE, delivery.c.state.not_in(("superseded", "dead")))
        ).scalars()
    )  # fmt: skip
