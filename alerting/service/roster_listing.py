"""Rosters as pages and the API show them: who is on now and next, the weeks ahead, the changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from alerting.people import holders_of, rosters
from alerting.people.rota import Shift
from alerting.service import hand_overs
from alerting.store.schema import post
from alerting.store.schema_duty import roster, roster_change

DAYS, LONGEST = 14, 366
SHOWN = ("asked", "in force", "flagged")  # of the states of a change
Listed = dict[str, Any]


def listed(
    connection: Connection, zone: ZoneInfo, now: datetime, begins: datetime, ends: datetime,
    only: str = "",
) -> list[Listed]:  # fmt: skip
    """Every post with a roster, or `only` one, as it is from `begins` to `ends`. Times are UTC; a shift
    without people is a gap. `hand_over` is the one that waits to be confirmed, see `hand_overs`."""
    rows = connection.execute(
        select(post.c.id, post.c.title, post.c.title_en, roster.c.begun)
        .join(roster, roster.c.post == post.c.id)
        .where((post.c.id == only) if only else post.c.active)
        .order_by(post.c.id)
    )
    handed = hand_overs.listed(connection)
    return [
        _one(connection, zone, now, begins, ends, row) | {"hand_over": handed.get(row.id)}
        for row in rows
    ]


def _one(
    connection: Connection, zone: ZoneInfo, now: datetime, begins: datetime, ends: datetime, row: Any
) -> Listed:
    shifts = rosters.shifts_of(connection, row.id, zone, begins, ends)
    changes = connection.execute(
        select(roster_change)
        .where(roster_change.c.post == row.id, roster_change.c.state.in_(SHOWN),
               roster_change.c.ends > now)
        .order_by(roster_change.c.begins, roster_change.c.id)
    )  # fmt: skip
    coming = next((one for one in shifts if one.begins > now), None)
    return {
        "post": row.id, "title": {"zh": row.title, "en": row.title_en or row.title},
        "begun": row.begun, "now": [person.id for person in holders_of(connection, row.id)],
        "next": _shift(coming) if coming is not None else None,
        "shifts": [_shift(one) for one in shifts],
        "gaps": [_shift(one) for one in shifts if not one.people],
        "changes": [
            {key: getattr(one, key) for key in ("id", "kind", "state", "part_of", "turn", "begins",
                                                "ends", "person", "instead_of", "by", "at", "reason")}
            for one in changes
        ],
    }  # fmt: skip


def _shift(one: Shift) -> Listed:
    """`shift` is the beginning of the whole shift, by which a swap names it."""
    return {"shift": one.turn, "begins": one.begins, "ends": one.ends, "people": list(one.people),
            "change": one.change}  # fmt: skip


def shift_from(one: Listed) -> Shift:
    return Shift(one["begins"], one["ends"], tuple(one["people"]), one["shift"], one["change"])


def span(now: datetime, begins: datetime | None, days: int) -> tuple[datetime, datetime]:
    """From when until when a roster is looked at."""
    start = begins or now
    return start, start + timedelta(days=days)
