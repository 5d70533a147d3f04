"""Who a message of a call-out is about, and what of its questions is still to be answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from alerting.people import Person, posts_held
from alerting.store.schema import delivery_notice, notice, pursuit
from alerting.store.schema_callout import callee, callout, callout_report
from alerting.vocabulary.answers import CALLED


def callout_of(connection: Connection, facts: Mapping[str, Any]) -> Any:
    return connection.execute(select(callout).where(callout.c.id == facts["callout"])).one()


def callee_of(connection: Connection, facts: Mapping[str, Any], post: str) -> Any:
    """The row of `callee` for the post whose answer a pursuit waits for."""
    return connection.execute(
        select(callee).where(callee.c.callout == facts["callout"], callee.c.post == post)
    ).one()


def kept(connection: Connection, one: Any, wants: str) -> dict[str, Any]:
    """What a callee has reported since it was asked last, by the question's id."""
    rows = connection.execute(
        select(callout_report.c.said)
        .where(callout_report.c.callout == one.callout, callout_report.c.post == one.post,
               callout_report.c.wants == wants, callout_report.c.at >= one.asked_at)
        .order_by(callout_report.c.n.desc())
        .limit(1)
    )  # fmt: skip
    return dict(rows.scalar_one_or_none() or {})


def still_asked(
    connection: Connection, facts: Mapping[str, Any], post: str, wants: str
) -> list[dict[str, Any]]:
    """The questions of a callee that are not answered yet, as its messages carry them."""
    one = callee_of(connection, facts, post)
    said = kept(connection, one, wants)
    return [asked for asked in one.asked if asked["id"] not in said] or list(one.asked)


def awake(
    connection: Connection, who: Person, facts: Mapping[str, Any], post: str, at: datetime
) -> None:
    """Somebody of a post that is called has said something, whatever it is: it is awake."""
    connection.execute(
        update(callee)
        .where(callee.c.callout == facts["callout"], callee.c.post == post, callee.c.woken.is_(None))
        .values(woken=at, woken_by=who.id)
    )


def spoke(connection: Connection, who: Person, delivery_id: int, at: datetime) -> None:
    """A person has answered a message, be it with nonsense: who is called by it is awake."""
    held = posts_held(connection, [who.id])[who.id]
    rows = connection.execute(
        select(notice.c.facts, notice.c.person, notice.c.post, pursuit.c.post.label("first"))
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .join(pursuit, pursuit.c.id == notice.c.pursuit)
        .where(delivery_notice.c.delivery == delivery_id, notice.c.wants.in_(CALLED))
    )
    for row in rows.all():
        if row.first in held or row.post == row.first:
            awake(connection, who, row.facts, row.first, at)
