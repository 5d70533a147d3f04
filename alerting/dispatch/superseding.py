"""Deliveries that were bound, were never sent, and no longer fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, cast, func, null, select, text, union_all, update

from alerting.people import list_of, posts_held
from alerting.store.many import among
from alerting.store.schema import (
    MAY_HAVE_ARRIVED,
    Number,
    alert,
    delivery,
    delivery_notice,
    measure,
    notice,
    post,
    pursuit,
)
from alerting.store.schema_callout import callout
from alerting.vocabulary.answers import CALLED

Ended = set[tuple[str, Any]]
Carried = Mapping[int, Sequence[Row[Any]]]  # by delivery, the notices it carries

# Notices that mean something after their alert or measure has ended: they tell of the end, or answer.
OUTLIVE = ("clear", "fall", "lifted", "reopened", "superseded", "withdrawn", "correction", "refused",
           "reply", "stopped", "service", "closing")  # fmt: skip

# Notices that reach everyone the earlier ones reached, on duty still or not.
REACHES = ("withdrawn", "reopened", "correction")
LISTS = ("any one", "everyone")  # of notice.who: all who are named for the post
# What a correction makes wrong: all that was said before it but answers, and that it is over.
_NOT_CORRECTED = ("lifted", "reopened", "superseded", "withdrawn", "refused", "reply", "stopped",
                  "service")  # fmt: skip
CORRECTED = "corrected before it was sent"

# What calls again for an answer: with the wait for that it is over, whatever goes on.
CALLS = ("reminder", "escalation")


def may_have_arrived(row: Row[Any]) -> bool:
    """Whether an attempt at a delivery that waits again may have reached its reader."""
    return bool(row.error.startswith(MAY_HAVE_ARRIVED))


# What a message's way depends on, of each notice that it carries, and the post it is for. Facts are
# most of a row and read for a call-out alone.
_CARRIED = (
    select(delivery_notice.c.delivery, notice.c.id, notice.c.kind, notice.c.alert, notice.c.measure,
           notice.c.pursuit, notice.c.post, notice.c.wants, notice.c.level, notice.c.created,
           notice.c.due, notice.c.who, notice.c.cause, post.c.title, post.c.title_en,
           case((notice.c.wants.in_(CALLED), notice.c.facts)).label("facts"))
    .join(notice, notice.c.id == delivery_notice.c.notice)
    .outerjoin(post, post.c.id == notice.c.post)
    .where(among(delivery_notice.c.delivery, "deliveries"))
    .order_by(notice.c.id)
)  # fmt: skip


def carried_by(connection: Connection, deliveries: Sequence[int]) -> Carried:
    carried: dict[int, list[Row[Any]]] = {number: [] for number in deliveries}
    if carried:
        found: Sequence[Any] = connection.execute(_CARRIED, {"deliveries": list(carried)}).all()
        for one in found:
            carried[one.delivery].append(one)
    return carried


def supersede_moot(
    connection: Connection,
    rows: Sequence[Row[Any]],
    carried: Carried,
    now_of: Callable[[str], datetime],
) -> set[int]:
    """Supersede deliveries that no longer fit, of those that wait to be sent, rows of the queue; gives
    their ids.

    - Their realm has ended, and they do not say so.
    - All they speak of has ended, was corrected since, or was answered that they call for: withheld.
    - A part of it was corrected since: what is left is due again.
    - Their reader has left the post: their notices are due again.

    The last two, and what has ended, only where no attempt can have arrived. `now_of` is each realm's
    clock.
    """
    if not rows:
        return set()
    ended = ended_of(connection, [one for row in rows for one in carried[row.id]])
    held = posts_held(connection, {row.person for row in rows})
    gone: set[int] = set()
    for row in rows:
        told = carried[row.id]
        over = all_over(told, ended)
        if row.ended is not None:
            if any(one.kind == "stopped" for one in told):
                continue
            why, state = "the exercise has ended", "withheld"
        elif over and any(is_corrected(one, ended) for one in told):
            # Not again either where it may have arrived: its reader is told of the correction.
            lead = MAY_HAVE_ARRIVED if may_have_arrived(row) else ""
            why, state = f"{lead}{CORRECTED}", "withheld"
        elif may_have_arrived(row):
            continue
        elif over:
            why, state = "it ended before it was sent", "withheld"
        elif any(is_corrected(one, ended) for one in told):
            why, state = f"a part of it was {CORRECTED}", "due"
        elif row.fallback_of is None and _left(connection, told, row.person, held[row.person]):
            why, state = f"{row.person} has left the post", "due"
        else:
            continue
        _supersede(connection, row, told, why, now_of(row.realm), state)
        gone.add(row.id)
    return gone


# Of what a batch speaks of: what was corrected and when, and what has ended. Made once, and asked for
# every batch that is bound or sent.
_CORRECTIONS = (
    select(notice.c.alert, notice.c.measure, cast(null(), Number).label("pursuit"),
           func.max(notice.c.created).label("corrected"))
    .where(text("kind = 'correction'"),  # as their index says it
           among(notice.c.measure, "measures")
           | (notice.c.measure.is_(None) & among(notice.c.alert, "alerts")))
    .group_by(notice.c.alert, notice.c.measure)
)  # fmt: skip
_ENDED = union_all(
    _CORRECTIONS,
    select(alert.c.id, null(), null(), null())
    .where(among(alert.c.id, "alerts"), alert.c.state != "open"),
    select(null(), measure.c.id, null(), null())
    .where(among(measure.c.id, "measures"), measure.c.ended.is_not(None)),
    select(null(), null(), pursuit.c.id, null())
    .where(among(pursuit.c.id, "pursuits"), pursuit.c.state != "open"),
)  # fmt: skip


def ended_of(connection: Connection, notices: Sequence[Any]) -> Ended:
    """("alert", "measure" or "pursuit", id) of what has ended, of all that these notices speak of; of a
    call-out (what it wants, id) where that is not asked any more; and ("notice", id) of those whose
    words were corrected since."""
    given = {
        "measures": {n.measure for n in notices if n.measure is not None},
        "alerts": {n.alert for n in notices if n.alert is not None},
        "pursuits": {n.pursuit for n in notices if n.kind in CALLS and n.pursuit is not None},
    }
    if not any(given.values()):
        return _asked_no_more(connection, notices)
    ended: Ended = set()
    since: dict[tuple[str, str | None], datetime] = {}
    for row in connection.execute(_ENDED, given).all():
        if row.corrected is not None:
            about = _about(row.alert, row.measure)
            since[about] = max(row.corrected, since.get(about, row.corrected))
        elif row.pursuit is not None:
            ended.add(("pursuit", row.pursuit))
        else:
            ended.add(_about(row.alert, row.measure))
    ended |= {
        ("notice", str(one.id)) for one in notices
        if one.kind not in _NOT_CORRECTED and (at := since.get(_about(one.alert, one.measure)))
        and one.created < at
    }  # fmt: skip
    return ended | _asked_no_more(connection, notices)


def _about(alert_id: str | None, measure_id: str | None) -> tuple[str, str | None]:
    return ("measure", measure_id) if measure_id is not None else ("alert", alert_id)


def is_corrected(one: Any, ended: Ended) -> bool:
    return ("notice", str(one.id)) in ended


def _asked_no_more(connection: Connection, notices: Sequence[Any]) -> Ended:
    out = {n.facts["callout"] for n in notices if n.wants in CALLED}
    over: Ended = set()
    if out:
        for row in connection.execute(select(callout).where(callout.c.id.in_(out))):
            asks = {"open": "report", "closing": "closing"}.get(row.state)
            over |= {(wants, row.id) for wants in CALLED if wants != asks}
    return over


def all_over(carried: Sequence[Any], ended: Ended) -> bool:
    """Whether every alert or measure that these notices speak of has ended, is otherwise than they say,
    or what they call for has been answered."""
    return bool(carried) and all(_over(one, ended) for one in carried)


def _over(one: Any, ended: Ended) -> bool:
    if is_corrected(one, ended) or (one.kind in CALLS and ("pursuit", one.pursuit) in ended):
        return True
    return (one.kind not in OUTLIVE or one.wants in CALLED) and _subject(one) in ended


def _subject(one: Any) -> tuple[str, str]:
    if one.wants in CALLED:
        return one.wants, one.facts["callout"]
    return ("measure", one.measure) if one.measure is not None else ("alert", one.alert)


def _left(connection: Connection, carried: Sequence[Any], person: str, held: set[str]) -> bool:
    """Whether a reader who holds these posts holds none any more that they were written to for; where
    all of a list are called, whether they are on none of the lists."""
    told = [n for n in carried if n.post is not None and n.kind not in REACHES]
    if any(n.who == "incomer" for n in told):  # who does not hold the post yet
        return False
    if not told or any(n.post in held for n in told):
        return False
    lists = {n.post for n in told if n.who in LISTS}
    return not any(one.id == person for post in lists for one in list_of(connection, post))


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
