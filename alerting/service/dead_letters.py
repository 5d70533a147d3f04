"""Messages given up, whose reader is still not reached: what keeps the alarm about them open.

A dead letter is settled when the same notice went out otherwise, when what it asked was answered (by
whomever) or has ended, or when somebody has acknowledged the alarm itself since. After a month it is
history: the watch looks every half minute, and must not go through all that ever was.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Select, and_, bindparam, exists, literal, or_, select

from alerting.service.clock import LIVE
from alerting.store.schema import alert, delivery, delivery_notice, measure, notice, pursuit

ENDS = ("withdrawn", "lifted", "reopened", "refused", "clear")
RULE = "dead-letter"
REMEMBERED = timedelta(days=31)
_REACHED = ("accepted", "delivered", "read", "answered")
DEAD = literal("dead", literal_execute=True)  # as it stands in the index, which is of these alone


def unsettled(connection: Connection, now: datetime, *, heed: bool = True) -> dict[str, int]:
    """By channel, how many dead letters of the real world are not settled.

    Without `heed`, those are counted too that are settled by an acknowledgement of the alarm alone.
    """
    known = acknowledged(connection) if heed else {}
    rows = connection.execute(_letters(), {"since": now - REMEMBERED})
    return dict(sorted(Counter(
        row.channel for row in rows if row.channel not in known or row.at > known[row.channel]
    ).items()))  # fmt: skip


def acknowledged(connection: Connection) -> dict[str, datetime]:
    """By channel, when somebody last acknowledged the alarm about its dead letters."""
    # By the state of a pursuit a database would rather begin with all that were ever answered.
    rows = connection.execute(
        select(alert.c.place, pursuit.c.answered)
        .join(pursuit, pursuit.c.alert == alert.c.id)
        .where(alert.c.realm == LIVE, alert.c.rule == RULE, pursuit.c.answered.is_not(None))
        .order_by(pursuit.c.answered)
    )
    return {row.place.removeprefix("channel:"): row.answered for row in rows}


@cache
def _letters() -> Select[tuple[str, int, datetime]]:
    other, theirs = delivery.alias("other"), delivery_notice.alias("theirs")
    later = notice.alias("later")
    same = exists(
        select(other.c.id)
        .join(theirs, theirs.c.delivery == other.c.id)
        .where(theirs.c.notice == notice.c.id, other.c.state.in_(_REACHED))
        .correlate(notice)
    )
    # A reminder of the same, to the same person, that came through.
    # Within one another, so that it is gone through from the pursuit on, not from all of a person's.
    came = exists(
        select(other.c.id)
        .where(other.c.id == theirs.c.delivery, other.c.person == delivery.c.person,
               other.c.id > delivery.c.id, other.c.state.in_(_REACHED))
        .correlate(delivery, theirs)
    )  # fmt: skip
    carried = exists(
        select(theirs.c.delivery).where(theirs.c.notice == later.c.id, came)
        .correlate(delivery, later)
    )  # fmt: skip
    reminder = exists(
        select(later.c.id).where(later.c.pursuit == notice.c.pursuit, carried)
        .correlate(delivery, notice)
    )  # fmt: skip
    waited_for = or_(
        # An end that did not arrive leaves somebody at work, whatever has ended since.
        notice.c.kind.in_(ENDS),
        and_(
            or_(notice.c.alert.is_(None), alert.c.state == "open"),
            or_(notice.c.measure.is_(None), measure.c.ended.is_(None)),
        ),
    )
    return (
        select(delivery.c.channel, delivery.c.id, delivery.c.at).distinct()
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .outerjoin(pursuit, pursuit.c.id == notice.c.pursuit)
        .outerjoin(alert, alert.c.id == notice.c.alert)
        .outerjoin(measure, measure.c.id == notice.c.measure)
        .where(delivery.c.realm == LIVE, delivery.c.state == DEAD)
        .where(or_(pursuit.c.state == "open", and_(pursuit.c.id.is_(None), waited_for)))
        # The alarm's own message, lost on the way, must not keep the alarm open for ever.
        .where(alert.c.rule.is_(None) | (alert.c.rule != RULE))
        .where(~same, ~reminder)
        .where(delivery.c.at > bindparam("since"))
    )  # fmt: skip
