"""What has been kept long enough is deleted, a little at a time, and never what is open or referred to.

Each night goes through once, in this order: measures, then call-outs, then the alerts that nothing asks
for any more, then what hangs on neither, then signals, exercises that are over, and the log. Numbers
are given on from the highest there is: the newest episode of a rule at a place, the newest measure of
an object, and the newest call-out of a zone stay, however old, and no id is given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    exists,
    func,
    or_,
    select,
    tuple_,
    union,
)

from alerting import audit as log
from alerting.bus import newest_by_source
from alerting.service.clock import DESK, LIVE, realms
from alerting.service.config import Keep
from alerting.service.dropping import (
    Drop,
    drop_alerts,
    drop_callouts,
    drop_from,
    drop_measures,
    drop_notices,
)
from alerting.store import Store
from alerting.store.migrations import tables
from alerting.store.schema import (
    alert,
    answer,
    asker,
    audit,
    delivery,
    delivery_notice,
    is_due,
    is_milestone,
    is_waiting,
    measure,
    meeting,
    notice,
    position,
    pursuit,
    realm,
    response,
    signal,
)
from alerting.store.schema_callout import callout, callout_alert
from alerting.store.schema_drill import drill
from alerting.store.schema_reach import digest

Work = Callable[[Connection], int]  # deletes a batch in its transaction; gives how many rows


Size = Callable[[], int]  # how many things a batch may be about
STANDING = (LIVE, DESK)  # the realms that go on for ever
# What the weather said; what people and offices said stays as long as the alerts.
WEATHER = ("forecast", "observation", "tick")
SAID = ("warning", "incident", "occasion", "report")


def night(store: Store, keep: Keep, now: datetime, size: Size) -> Iterator[Work]:
    """The batches of one night. Each is found by reading and then done in a transaction of its own."""
    if keep.alerts_days is not None:
        before = now - timedelta(days=keep.alerts_days)
        for of in STANDING:
            yield from _each(store, size, _old_measures(of, before), drop_measures)
            yield from _each(store, size, _old_callouts(of, before), drop_callouts)
            yield from _each(store, size, _old_alerts(of, before, _spoken_for(store)), drop_alerts)
            yield from _each(store, size, _loose_notices(of, before), drop_notices)
            yield from _each(store, size, _loose_answers(of, before), drop_from(answer.c.id))
            yield from _each(store, size, _old_digests(of, before), drop_from(digest.c.id))
        yield from _signals(store, size, before, SAID)
    if keep.signals_days is not None:
        yield from _signals(store, size, now - timedelta(days=keep.signals_days), WEATHER)
    if keep.exercises_days is not None:
        yield from _exercises(store, size, now, now - timedelta(days=keep.exercises_days))
    if keep.audit_days is not None:
        seal = _sent_head(store, now - timedelta(days=keep.audit_days))
        yield from _log(store, size, LIVE, now, seal)


def _each(store: Store, size: Size, found: Select[Any], drop: Drop) -> Iterator[Work]:
    """Go through what was found, each a time and a key, in their order, once.

    It is of one realm, so that an index has it in that order: what is found of two is sorted, all of
    it, for each batch.
    """
    at, key = found.selected_columns
    last: tuple[Any, Any] | None = None
    while True:
        query = found.order_by(at, key).limit(size())
        if last is not None:
            query = query.where(at >= last[0], or_(at > last[0], key > last[1]))
        with store.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1][0], rows[-1][1]
        yield partial(drop, ids=[row[1] for row in rows])


# What is old enough


def _busy(column: Any) -> CompoundSelect[Any]:
    """The alerts or measures of notices that wait, or whose message is on its way; or the notices."""
    on_its_way = select(delivery_notice.c.notice).where(
        delivery_notice.c.delivery.in_(select(delivery.c.id).where(is_waiting))
    )
    return union(
        select(column).where(is_due, column.is_not(None)),
        select(column).where(notice.c.id.in_(on_its_way), column.is_not(None)),
    )


def _waited_for(column: Any) -> Select[Any]:
    return select(column).where(column.is_not(None), pursuit.c.state == "open")


def _old_measures(of: str, before: datetime) -> Select[Any]:
    newer, open_one = measure.alias(), measure.alias()
    key = ("realm", "measure", "object", "carrier")
    met = select(meeting.c.first).where(meeting.c.state == "open").union(
        select(meeting.c.second).where(meeting.c.state == "open"))  # fmt: skip
    return select(measure.c.ended, measure.c.id).where(
        measure.c.realm == of, measure.c.ended < before,
        exists().where(*(newer.c[name] == measure.c[name] for name in key),
                       newer.c.number > measure.c.number),
        measure.c.id.not_in(_busy(notice.c.measure)),
        measure.c.id.not_in(_waited_for(pursuit.c.measure)),
        measure.c.id.not_in(met),
        measure.c.id.not_in(select(open_one.c.interim_for).where(
            open_one.c.realm == of, open_one.c.ended.is_(None),
            open_one.c.interim_for.is_not(None))),
        measure.c.id.not_in(select(response.c.decision).where(
            response.c.ended.is_(None), response.c.decision.is_not(None))),
    )  # fmt: skip


def _old_callouts(of: str, before: datetime) -> Select[Any]:
    newer = callout.alias()
    key = ("realm", "hazard", "zone")
    return select(callout.c.closed, callout.c.id).where(
        callout.c.realm == of, callout.c.state == "closed", callout.c.closed < before,
        exists().where(*(newer.c[name] == callout.c[name] for name in key),
                       newer.c.number > callout.c.number),
    )  # fmt: skip


def _spoken_for(store: Store) -> list[str]:
    """The alerts that speak for a response that is not over."""
    with store.read() as connection:
        said = connection.execute(select(response.c.trigger).where(response.c.ended.is_(None)))
        return [one for row in said for one in row.trigger.get("alerts", [])]


def _old_alerts(of: str, before: datetime, spoken_for: Sequence[str]) -> Select[Any]:
    newer = alert.alias()
    key = ("realm", "rule", "place")
    return select(alert.c.closed, alert.c.id).where(
        alert.c.realm == of, alert.c.closed < before, alert.c.id.not_in(spoken_for),
        exists().where(*(newer.c[name] == alert.c[name] for name in key),
                       newer.c.episode > alert.c.episode),
        ~exists().where(asker.c.asker == alert.c.id),
        ~exists().where(notice.c.alert == alert.c.id, notice.c.measure.is_not(None)),
        ~exists().where(pursuit.c.alert == alert.c.id, pursuit.c.measure.is_not(None)),
        ~exists().where(callout.c.alert == alert.c.id),
        ~exists().where(callout_alert.c.alert == alert.c.id),
        alert.c.id.not_in(_busy(notice.c.alert)),
        alert.c.id.not_in(_waited_for(pursuit.c.alert)),
    )  # fmt: skip


def _loose_notices(of: str, before: datetime) -> Select[Any]:
    """Of the service, its heads, rosters, replies: what hangs on no alert and no measure."""
    waited = select(pursuit.c.id).where(pursuit.c.state == "open")
    return select(notice.c.created, notice.c.id).where(
        notice.c.realm == of, notice.c.alert.is_(None), notice.c.measure.is_(None),
        notice.c.created < before, notice.c.id.not_in(_busy(notice.c.id)),
        or_(notice.c.pursuit.is_(None), notice.c.pursuit.not_in(waited)),
    )  # fmt: skip


def _loose_answers(of: str, before: datetime) -> Select[Any]:
    """Words of people to nothing that is still there."""
    return select(answer.c.at, answer.c.id).where(
        answer.c.realm == of, answer.c.at < before,
        or_(answer.c.alert.is_(None), ~exists().where(alert.c.id == answer.c.alert)),
        or_(answer.c.measure.is_(None), ~exists().where(measure.c.id == answer.c.measure)),
    )  # fmt: skip


def _old_digests(of: str, before: datetime) -> Select[Any]:
    return select(digest.c.begun, digest.c.id).where(
        digest.c.realm == of, digest.c.ended.is_not(None), digest.c.begun < before,
        ~exists().where(delivery.c.digest == digest.c.id),
        digest.c.id < select(func.max(digest.c.id)).scalar_subquery(),
    )  # fmt: skip


# Signals, exercises, the log


def _signals(store: Store, size: Size, before: datetime, kinds: Sequence[str]) -> Iterator[Work]:
    """Those that the engine has taken; the newest of each source says when it last spoke, and stays."""
    with store.read() as connection:
        newest = [one.seq for of in STANDING
                  for one in newest_by_source(connection, of, kinds).values()]  # fmt: skip
        far = select(position.c.realm, func.min(position.c.taken).label("taken"))
        taken = {r.realm: r.taken for r in connection.execute(far.group_by(position.c.realm))}
    for of, kind in product(STANDING, kinds):
        found = select(signal.c.accepted, signal.c.seq).where(
            signal.c.realm == of, signal.c.kind == kind, signal.c.accepted < before,
            signal.c.seq <= taken.get(of, 0), signal.c.seq.not_in(newest),
        )  # fmt: skip
        yield from _each(store, size, found, drop_from(signal.c.seq))


def _exercises(store: Store, size: Size, now: datetime, before: datetime) -> Iterator[Work]:
    """All rows of an exercise but its name, and the seal of its log. A plan's newest drill stays: the
    next one's report is set against it."""
    with store.read() as connection:
        newest = set(connection.execute(select(func.max(drill.c.id)).group_by(drill.c.plan)).scalars())
        over = [one for one in realms(connection).values()
                if one.kind == "exercise" and one.ended is not None and one.drill not in newest
                and one.machine_time(one.ended) < before]  # fmt: skip
    for one in over:
        for table in reversed(tables()):
            if table not in (realm, drill, audit):
                yield from _all_of(store, size, table, one.id)
        with store.read() as connection:
            last, _ = log.head(connection, one.id)
            whole = log.first_kept(connection, one.id) == 1
        yield from _log(store, size, one.id, one.ended or now, last if whole else 0)


def _all_of(store: Store, size: Size, table: Table, of: str) -> Iterator[Work]:
    where = _of_realm(table, of)
    key = list(table.primary_key.columns)
    while where is not None:
        with store.read() as connection:
            found = connection.execute(select(*key).where(where).limit(size())).all()
            rows = [tuple(row) for row in found]
        if not rows:
            return
        yield partial(drop_from(tuple_(*key), table), ids=rows)


def _of_realm(table: Table, of: str) -> ColumnElement[bool] | None:
    """Rows of a realm, or of something that is of it."""
    if "realm" in table.c:
        return table.c.realm == of
    for key in table.foreign_keys:
        parent = key.column.table
        if "realm" in parent.c:
            return key.parent.in_(select(key.column).where(parent.c.realm == of))
    return None


def _sent_head(store: Store, before: datetime) -> int:
    """The newest entry before that time whose hash went out of the house."""
    with store.read() as connection:
        change = connection.execute(
            select(audit.c.change)
            .where(is_milestone, audit.c.realm == LIVE, audit.c.action == "send head",
                   audit.c.at < before)
            .order_by(audit.c.n.desc()).limit(1)
        ).scalar_one_or_none()  # fmt: skip
    return int(change["number"]) if change else 0


def _log(store: Store, size: Size, of: str, at: datetime, seal: int) -> Iterator[Work]:
    """Take off what was cut the night before, then say where it is cut now."""
    oldest = select(func.min(audit.c.number)).where(audit.c.realm == of)
    while True:
        with store.read() as connection:
            first = log.first_kept(connection, of)
            there = connection.execute(oldest).scalar() or first
        if there >= first:
            break
        yield partial(log.take_off, realm=of, first=first, limit=size())
    if seal > first:
        def cut(connection: Connection) -> int:
            log.cut(connection, of, seal, at)
            return 0

        yield cut
