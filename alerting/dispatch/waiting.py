"""Which of the notices that wait are bound next: a batch, of a queue of any length.

Red, and what is said to one person, goes first, and then post by post: the news of one go together.
But nobody waits behind a crowd: see `_others`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    String,
    bindparam,
    func,
    literal_column,
    select,
)

from alerting.dispatch.superseding import LISTS
from alerting.dispatch.turns import FEW
from alerting.store.many import among
from alerting.store.schema import (
    AFTER_RED,
    AT_POST,
    UtcText,
    alert,
    delivery_notice,
    holder,
    is_due,
    notice,
)

AT_ONCE = 200  # notices a realm and transaction, and as many more that go before
MESSAGES = 200  # from which on the rest is left to the next
WINDOW = 500  # of all that is due, so many of the oldest and of the newest are looked at for others
OTHERS = 20  # posts whose news are fetched so
FIRST = 3  # notices of one alert that are

_URGENCY, _POST = literal_column(AFTER_RED, Integer), literal_column(AT_POST, String)
_ORDER = (_URGENCY, _POST, notice.c.id)
# When a notice is due, and no way in: what waits for the morning is passed over in the order of all.
_LATER = literal_column("notice.due || ''", UtcText())


# Made once: to build a statement takes as long as to ask it.
_OF_ENDED = (
    select(notice).where(notice.c.realm == bindparam("of_realm"), is_due).order_by(*_ORDER)
    .limit(AT_ONCE)
)
_BY_NOW = _OF_ENDED.where(bindparam("now", type_=UtcText()) >= _LATER)


def batch(connection: Connection, realm: Row[Any], now: datetime) -> Sequence[Row[Any]]:
    """What is due in a realm by its own clock, in the order in which it is bound."""
    asked = _OF_ENDED if realm.ended is not None else _BY_NOW
    due = connection.execute(asked, {"of_realm": realm.id, "now": now}).all()
    if len(due) < AT_ONCE and not any(row.who in LISTS for row in due):
        return due
    first = _others(connection, realm, now)
    known = {row.id for row in first}
    return _fitting(connection, [*first, *(row for row in due if row.id not in known)])


def _due(realm: Row[Any], now: datetime, at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    # The clock of a realm that has ended stands still: what was due later is dealt with now.
    by_now = [at <= now] if realm.ended is None else []
    return [notice.c.realm == realm.id, is_due, *by_now]


def _others(connection: Connection, realm: Row[Any], now: datetime) -> Sequence[Row[Any]]:
    """The first of each rule, and of what was said last the first of each alert, so that nobody waits
    behind hundreds. A post's news stay in their order: what is due to it before goes with them."""
    order = (notice.c.due, notice.c.id)
    ends = [
        select(notice.c.id, notice.c.post, notice.c.alert, alert.c.rule)
        .outerjoin(alert, alert.c.id == notice.c.alert)
        .where(*_due(realm, now, notice.c.due)).order_by(*end).limit(WINDOW)
        for end in (order, tuple(one.desc() for one in order))
    ]  # fmt: skip
    oldest, newest = (connection.execute(one).all() for one in ends)
    posts: dict[str, None] = {}
    rules, alerts = set[str | None](), Counter[str | None]()
    for row in [*oldest, *reversed(newest)]:
        if row.rule not in rules:
            rules.add(row.rule)
            posts[row.post or ""] = None
    for row in newest:
        if len(posts) < OTHERS and alerts[row.alert] < FIRST:
            alerts[row.alert] += 1
            posts[row.post or ""] = None
    return connection.execute(
        select(notice)
        .where(*_due(realm, now, _LATER), _URGENCY.in_([0, 1]), _POST.in_(list(posts)))
        .order_by(*_ORDER).limit(AT_ONCE)
    ).all()  # fmt: skip


def _fitting(connection: Connection, due: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """As many of these as fill a batch with messages, those to a few people first: of the lists that
    are called whole no more are read than it takes."""
    lists = {row.post for row in due if row.who in LISTS}
    if not lists:
        return due
    named: dict[str, int] = dict(connection.execute(_NAMED, {"posts": list(lists)}).all())  # type: ignore[arg-type]
    had: dict[int, int] = dict(connection.execute(_HAD, {"notices": [row.id for row in due]}).all())  # type: ignore[arg-type]
    kept: list[Row[Any]] = []
    messages = 0
    for row in sorted(due, key=lambda row: named.get(row.post, 1) > FEW):
        if messages >= MESSAGES:
            break
        kept.append(row)
        many = named.get(row.post, 1) if row.who in LISTS else 1
        messages += max(1, many - had.get(row.id, 0))
    return kept


_NAMED = (
    select(holder.c.post, func.count()).where(among(holder.c.post, "posts")).group_by(holder.c.post)
)
_HAD = (
    select(delivery_notice.c.notice, func.count())
    .where(among(delivery_notice.c.notice, "notices")).group_by(delivery_notice.c.notice)
)  # fmt: skip
