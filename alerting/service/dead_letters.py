"""Messages given up, whose reader is still not reached: what keeps the alarm about them open.

A dead letter is settled when the same notice went out otherwise, when what it asked was answered (by
whomever) or has ended, or when somebody has acknowledged the alarm itself since.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from alerting.service.clock import LIVE
from alerting.store.schema import alert, delivery, delivery_notice, measure, notice, pursuit

ENDS = ("withdrawn", "lifted", "reopened", "refused", "clear")
RULE = "dead-letter"
_REACHED = ("accepted", "delivered", "read", "answered")


def unsettled(connection: Connection, *, heed: bool = True) -> dict[str, int]:
    """By channel, how many dead letters of the real world are not settled.

    Without `heed`, those are counted too that are settled by an acknowledgement of the alarm alone.
    """
    known = acknowledged(connection) if heed else {}
    dead = connection.execute(
        select(delivery.c.channel).where(delivery.c.realm == LIVE, delivery.c.state == "dead")
        .distinct().order_by(delivery.c.channel)
    ).scalars().all()  # fmt: skip
    counts = {channel: _count(connection, channel, known.get(channel)) for channel in dead}
    return {channel: count for channel, count in counts.items() if count}


def acknowledged(connection: Connection) -> dict[str, datetime]:
    """By channel, when somebody last acknowledged the alarm about its dead letters."""
    rows = connection.execute(
        select(alert.c.place, func.max(pursuit.c.answered).label("at"))
        .join(pursuit, pursuit.c.alert == alert.c.id)
        .where(alert.c.realm == LIVE, alert.c.rule == RULE, pursuit.c.state == "answered")
        .group_by(alert.c.place)
    )
    return {row.place.removeprefix("channel:"): row.at for row in rows}


def _count(connection: Connection, channel: str, since: datetime | None) -> int:
    other, theirs = delivery.alias("other"), delivery_notice.alias("theirs")
    later = notice.alias("later")
    same_notice = or_(
        theirs.c.notice == notice.c.id,
        # A reminder of the same, to the same person, that came through.
        and_(later.c.pursuit == notice.c.pursuit, other.c.person == delivery.c.person,
             other.c.id > delivery.c.id),
    )  # fmt: skip
    reached = exists(
        select(other.c.id)
        .join(theirs, theirs.c.delivery == other.c.id)
        .join(later, later.c.id == theirs.c.notice)
        .where(other.c.state.in_(_REACHED), same_notice)
        .correlate(delivery, notice)
    )
    waited_for = or_(
        # An end that did not arrive leaves somebody at work, whatever has ended since.
        notice.c.kind.in_(ENDS),
        and_(
            or_(notice.c.alert.is_(None), alert.c.state == "open"),
            or_(notice.c.measure.is_(None), measure.c.ended.is_(None)),
        ),
    )
    letters = (
        select(func.count(delivery.c.id.distinct()))
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .outerjoin(pursuit, pursuit.c.id == notice.c.pursuit)
        .outerjoin(alert, alert.c.id == notice.c.alert)
        .outerjoin(measure, measure.c.id == notice.c.measure)
        .where(delivery.c.realm == LIVE, delivery.c.state == "dead", delivery.c.channel == channel)
        .where(or_(pursuit.c.state == "open", and_(pursuit.c.id.is_(None), waited_for)))
        # The alarm's own message, lost on the way, must not keep the alarm open for ever.
        .where(alert.c.rule.is_(None) | (alert.c.rule != RULE))
        .where(~reached)
    )
    if since is not None:
        letters = letters.where(delivery.c.at > since)
    return int(connection.execute(letters).scalar_one())
