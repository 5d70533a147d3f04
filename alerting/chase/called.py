"""Who a message of a call-out is about, and what of its questions is still to be answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, func, select, update

from alerting.people import Person, posts_held
from alerting.store.schema import alert, delivery_notice, notice, pursuit
from alerting.store.schema_callout import callee, callout, callout_alert, callout_report
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


def stands_at(connection: Connection, pursuit: Any) -> int:
    """The level at which the alerts of the call-out that a pursuit is of stand now; 0 where none is
    open, or it is over."""
    return connection.execute(
        select(func.coalesce(func.max(alert.c.level), 0))
        .join(callout_alert, callout_alert.c.alert == alert.c.id)
        .where(callout_alert.c.callout == _of_pursuit(pursuit), alert.c.state == "open")
    ).scalar_one()  # fmt: skip


def as_it_stands(connection: Connection, key: str) -> dict[str, Any]:
    """The places of a call-out's alerts that are open now, none where they are its zone alone."""
    places = list(dict.fromkeys(connection.execute(
        select(alert.c.place)
        .join(callout_alert, callout_alert.c.alert == alert.c.id)
        .join(callout, callout.c.id == callout_alert.c.callout)
        .where(callout.c.id == key, callout.c.state == "open", alert.c.state == "open")
        .order_by(callout_alert.c.joined, alert.c.id)
    ).scalars()))  # fmt: skip
    zone = connection.execute(select(callout.c.zone).where(callout.c.id == key)).scalar_one()
    return {"places": places if places != [zone] else []} if places else {}


def is_awake(connection: Connection, pursuit: Any) -> bool:
    """Whether somebody of the post that a pursuit waits for has answered its call-out."""
    return connection.execute(
        select(callee.c.woken)
        .where(callee.c.callout == _of_pursuit(pursuit), callee.c.post == pursuit.post)
    ).scalar_one_or_none() is not None  # fmt: skip


def passed_on_by(connection: Connection, pursuit: Any) -> str | None:
    """The post that passed a call-out on to the one a pursuit waits for; None where nobody did."""
    return connection.execute(
        select(callee.c.parent)
        .where(callee.c.callout == _of_pursuit(pursuit), callee.c.post == pursuit.post)
    ).scalar_one_or_none()  # fmt: skip


def _of_pursuit(pursuit: Any) -> ScalarSelect[str]:
    """The newest call-out that its post is called by and whose messages hang on its alert."""
    return (
        select(callout.c.id)
        .join(callee, callee.c.callout == callout.c.id)
        .where(callout.c.alert == pursuit.alert, callee.c.post == pursuit.post)
        .order_by(callout.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )


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
