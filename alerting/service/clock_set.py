"""The machine's clock was set: what was waited for so many minutes is waited for as long all the same.

What counts minutes moves with the clock: deadlines of the chase, what is held back, how long a fall has
been true, retries, leases, budgets, digests. What is a time of day (in force by 20:30, a road closed
until 08:00, a hand-over) stays where it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, select, update

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import calls, words
from alerting.people import resolve
from alerting.service.clock import LIVE
from alerting.store.schema import (
    audit,
    delivery,
    delivery_notice,
    is_due,
    notice,
    pursuit,
    realm,
    standing,
)
from alerting.store.schema_callout import callee, callout, callout_report
from alerting.store.schema_drill import drill
from alerting.store.schema_duty import AT_ONCE, roster
from alerting.store.schema_reach import digest
from alerting.vocabulary import Level

TOLERATED = timedelta(seconds=5)  # a clock that is kept right by the network moves by less
SAID_FROM = timedelta(minutes=1)
# Of who is called out all counts from the call, and their reports from when they were asked.
_OF_A_CALLEE = ("called", "wake_by", "woken", "asked_at", "report_by", "reported", "first_report",
                "passed_on", "ticked", "closing_by", "closed")  # fmt: skip
DAY = timedelta(days=1)  # how far budgets look back


def last_seen(connection: Connection) -> datetime | None:
    """The latest time the real world's realm has been told of, when the service last ran."""
    clock = connection.execute(select(realm.c.clock).where(realm.c.id == LIVE)).scalar_one_or_none()
    wrote = connection.execute(
        select(audit.c.at).where(audit.c.realm == LIVE).order_by(audit.c.n.desc()).limit(1)
    ).scalar_one_or_none()
    return max((at for at in (clock, wrote) if at is not None), default=None)


def move_timers(connection: Connection, life: Life, by: timedelta, now: datetime) -> None:
    """Move all that counts minutes by as much as the clock was; `now` is what it says from here on.

    An exercise has a clock of its own, which goes on: for it the machine's time of its start moves.
    What comes in from now on is stamped by the clock as it was set: this is the one place where the
    real world's clock may step back.
    """
    connection.execute(
        update(realm).where(realm.c.kind != "exercise", realm.c.clock > now).values(clock=now)
    )
    _move(connection, pursuit, ("deadline",), by,
          and_(pursuit.c.realm == LIVE, pursuit.c.state == "open"))  # fmt: skip
    _move(connection, notice, ("due",), by,
          and_(notice.c.realm == LIVE, is_due))  # fmt: skip
    waits = delivery.c.next_try.is_not(None) | delivery.c.leased_until.is_not(None)
    _move(connection, delivery, ("next_try", "leased_until"), by, waits)
    _move(connection, delivery, ("bound",), by, delivery.c.bound > now - by - DAY)
    # How long a call has been out is counted from when it was written.
    out = (
        select(delivery_notice.c.delivery)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .join(pursuit, pursuit.c.id == notice.c.pursuit)
        .where(pursuit.c.realm == LIVE, pursuit.c.state == "open")
    )
    _move(connection, delivery, ("created",), by, delivery.c.id.in_(out))
    called_out = select(callout.c.id).where(callout.c.realm == LIVE, callout.c.state != "closed")
    _move(connection, callout_report, ("at",), by, callout_report.c.callout.in_(called_out))
    _move(connection, callee, _OF_A_CALLEE, by, callee.c.callout.in_(called_out))
    _move(connection, callout, ("opened", "ended"), by, callout.c.id.in_(called_out))
    _move(connection, digest, ("begun", "last"), by,
          and_(digest.c.realm == LIVE, digest.c.ended.is_(None)))  # fmt: skip
    _move(connection, realm, ("started",), by,
          and_(realm.c.kind == "exercise", realm.c.ended.is_(None)))  # fmt: skip
    _move(connection, drill, ("alive",), by, drill.c.ended.is_(None))
    _move(connection, standing, ("believed", "hold_since", "unknown_since", "cleared"), by,
          standing.c.realm == LIVE)  # fmt: skip
    connection.execute(update(roster).values(next=AT_ONCE))
    record(connection, LIVE, now, "service", "clock set", "clock",
           {"seconds": round(by.total_seconds())})  # fmt: skip
    if abs(by) >= SAID_FROM:
        _tell(connection, life, by, now)


def _move(
    connection: Connection, table: Table, columns: tuple[str, ...], by: timedelta, where: Any
) -> None:
    keys = list(table.primary_key)
    rows = connection.execute(select(*keys, *(table.c[one] for one in columns)).where(where))
    moved = [
        {f"is_{one.name}": getattr(row, one.name) for one in keys}
        | {f"to_{one}": at + by if (at := getattr(row, one)) is not None else None for one in columns}
        for row in rows
    ]
    if moved:
        to: dict[str, Any] = {one: bindparam(f"to_{one}") for one in columns}
        mine = [one == bindparam(f"is_{one.name}") for one in keys]
        connection.execute(update(table).where(*mine).values(to), moved)


def _tell(connection: Connection, life: Life, by: timedelta, now: datetime) -> None:
    office = resolve(connection, life.places, "duty-office", "", life.places.county)
    if office is None:
        return
    facts = calls.bare_facts(connection, life, calls.About(None, None, int(Level.yellow)))
    facts["hazard"] = "service"
    calls.tell(connection, life, "service", facts, words.clock_set(by), now, post=office.id)
