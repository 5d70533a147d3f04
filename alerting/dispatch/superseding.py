"""Deliveries that were bound, were never sent, and no longer fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from alerting.store.schema import (
    alert,
    delivery,
    delivery_notice,
    holder,
    measure,
    notice,
    realm,
)

# Notices that mean something after their alert or measure has ended: they tell of the end, or answer.
OUTLIVE = ("clear", "fall", "lifted", "withdrawn", "refused", "reply", "stopped", "service")

# How the error of a delivery begins whose last attempt may have arrived all the same.
MAY_HAVE_ARRIVED = "may have arrived: "


def may_have_arrived(row: Row[Any]) -> bool:
    """Whether an attempt at a delivery that waits again may have reached its reader."""
    return bool(row.error.startswith(MAY_HAVE_ARRIVED))


def supersede_if_moot(connection: Connection, row: Row[Any], now: datetime) -> bool:
    """Supersede a delivery that no longer fits and waits to be sent; True where it was.

    - Its realm has ended, and it does not say so.
    - All it speaks of has ended: withheld.
    - Its reader has left the post: its notices are due again.

    The last two only where no attempt can have arrived. `now` is the realm's clock.
    """
    carried = connection.execute(
        select(notice)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == row.id)
        .order_by(notice.c.id)
    ).all()
    ended = connection.execute(select(realm.c.ended).where(realm.c.id == row.realm)).scalar_one()
    if ended is not None:
        if any(n.kind == "stopped" for n in carried):
            return False
        _supersede(connection, row, carried, "the exercise has ended", now, "withheld")
    elif may_have_arrived(row):
        return False
    elif all_over(carried, ended_of(connection, carried)):
        _supersede(connection, row, carried, "it ended before it was sent", now, "withheld")
    elif row.fallback_of is None and _left(connection, row, carried):
        _supersede(connection, row, carried, f"{row.person} has left the post", now, "due")
    else:
        return False
    return True


def ended_of(connection: Connection, notices: Sequence[Any]) -> set[tuple[str, str]]:
    """("alert" or "measure", id) of what has ended, of all that these notices speak of."""
    measures = {n.measure for n in notices if n.measure is not None}
    alerts = {n.alert for n in notices if n.alert is not None}
    gone = select(measure.c.id).where(measure.c.id.in_(measures), measure.c.ended.is_not(None))
    closed = select(alert.c.id).where(alert.c.id.in_(alerts), alert.c.state != "open")
    return {("measure", key) for key in connection.execute(gone).scalars()} | {
        ("alert", key) for key in connection.execute(closed).scalars()
    }


def all_over(carried: Sequence[Any], ended: set[tuple[str, str]]) -> bool:
    """Whether every alert or measure that these notices speak of has ended."""
    return bool(carried) and all(
        one.kind not in OUTLIVE
        and (("measure", one.measure) if one.measure is not None else ("alert", one.alert)) in ended
        for one in carried
    )


def _left(connection: Connection, row: Row[Any], carried: Any) -> bool:
    """Whether the reader holds none of the posts any more that it was bound for."""
    posts = {n.post for n in carried if n.post is not None and n.kind != "withdrawn"}
    if not posts:
        return False
    held = set(
        connection.execute(select(holder.c.post).where(holder.c.person == row.person)).scalars()
    )
    return not posts & held


def _supersede(
    connection: Connection, row: Row[Any], carried: Any, why: str, now: datetime, state: str
) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.id == row.id, delivery.c.state == row.state)
        .values(state="superseded", final=True, error=why, at=now, next_try=None)
    )
    for one in carried:
        alive = connection.execute(
            select(delivery.c.id)
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .where(delivery_notice.c.notice == one.id, delivery.c.state != "superseded")
            .limit(1)
        ).first()
        if alive is None:
            connection.execute(
                update(notice)
                .where(notice.c.id == one.id)
                .values(state=state, reason=why, due=now if state == "due" else one.due)
            )
