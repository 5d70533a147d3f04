"""The month's alerts: how many of what, at which level and for how long, and the lead they gave.

What a calendar opens is a duty and gives no lead; what the watch opens is told of elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from alerting.service.bulletin.window import Row, Span, Window, hours, middle, minutes
from alerting.service.listing import level_name, utc
from alerting.store.schema import alert, alert_change, notice, post
from alerting.vocabulary import Level

_OVER = ("cleared", "closed", "withdrawn")
_NO_LEAD = ("season", "service")


@dataclass(slots=True)
class Stood:
    """An alert that was in force at some time of the month: when at which level, and the highest."""

    row: Any
    spans: dict[int, list[Span]]
    highest: int


def read(window: Window) -> list[Stood]:
    """All alerts that stood within the month, those of the watch too, oldest first."""
    here = window.stood(alert, alert.c.opened, alert.c.closed)
    rows = window.connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.place, alert.c.sector, alert.c.hazard,
               alert.c.opened, alert.c.onset, alert.c.woken, alert.c.closed)
        .where(here).order_by(alert.c.opened, alert.c.id)
    ).all()  # fmt: skip
    changes: dict[str, list[Any]] = defaultdict(list)
    for one in window.connection.execute(
        select(alert_change.c.alert, alert_change.c.at, alert_change.c.what, alert_change.c.level)
        .where(alert_change.c.alert.in_(select(alert.c.id).where(here)))
        .where(alert_change.c.at < window.end)
        .order_by(alert_change.c.alert, alert_change.c.n)
    ):
        changes[one.alert].append(one)
    return [_stood(window, row, changes[row.id]) for row in rows]


def _stood(window: Window, row: Any, changes: list[Any]) -> Stood:
    spans: dict[int, list[Span]] = defaultdict(list)
    ends = [one.at for one in changes[1:]] + [window.end]
    highest = 0
    for one, until in zip(changes, ends, strict=True):
        level = 0 if one.what in _OVER else int(one.level)
        if not level or until < window.start:
            continue
        highest = max(highest, level)
        spans[level].append((max(one.at, window.start), until))
    return Stood(row, spans, highest)


def by_hazard(stood: list[Stood]) -> list[Row]:
    """One row a hazard and sector, what was gravest first: alerts by their highest level of the
    month, and for each level the hours in which at least one place stood at it."""
    groups: dict[tuple[str, str], list[Stood]] = defaultdict(list)
    for one in stood:
        if one.row.sector != "service" and one.highest:
            groups[one.row.hazard, one.row.sector].append(one)
    rows = [
        {
            "hazard": hazard, "sector": sector, "alerts": len(ones),
            "places": len({one.row.place for one in ones}),
            "hours": hours(span for one in ones for spans in one.spans.values() for span in spans),
            "levels": [
                {"level": level.name, "alerts": sum(one.highest == level for one in ones),
                 "hours": hours(span for one in ones for span in one.spans.get(level, []))}
                for level in reversed(Level) if any(level in one.spans for one in ones)
            ],
        }
        for (hazard, sector), ones in groups.items()
    ]  # fmt: skip
    gravest = {key: max(one.highest for one in ones) for key, ones in groups.items()}
    return sorted(rows, key=lambda r: (-gravest[r["hazard"], r["sector"]], -r["alerts"], -r["hours"],
                                       r["hazard"], r["sector"]))  # fmt: skip


def leads(window: Window, stood: list[Stood]) -> Row:
    """Lead times of the alerts that opened within the month, in minutes: the onset less the time at
    which the first person of the field tier was woken.

    `none` names those of which nobody of the field tier that was called ever answered, `late` those
    answered at the onset or after it; `unasked` counts those of which no field post was told.
    """
    opened = [
        one.row for one in stood
        if one.row.opened >= window.start and one.row.onset and one.row.hazard not in _NO_LEAD
    ]  # fmt: skip
    called = _field_called(window)
    # An answer that came after the month's end is for the next reader to see, not for this month.
    woken = [row for row in opened if row.woken and row.woken < window.end]
    silent = [row for row in opened if row not in woken]
    given = sorted(((minutes(row.woken, row.onset), row) for row in woken),
                   key=lambda pair: (pair[0], pair[1].id))  # fmt: skip
    return {
        "counted": len(given), "median": middle([lead for lead, _ in given]),
        "worst": _named(window, given[0][1], given[0][0]) if given else None,
        "late": [_named(window, row, lead) for lead, row in given if lead <= 0],
        "none": [_named(window, row, None) for row in silent if row.id in called],
        "unasked": sum(row.id not in called for row in silent),
    }


def _field_called(window: Window) -> set[str]:
    """The month's alerts of which a post of the field tier was asked something."""
    rows = window.connection.execute(
        select(notice.c.alert).distinct()
        .join(alert, alert.c.id == notice.c.alert)
        .join(post, post.c.id == notice.c.post)
        .where(alert.c.realm == window.realm, window.falls(alert.c.opened))
        .where(post.c.tier == "field", notice.c.wants != "")
    )  # fmt: skip
    return set(rows.scalars())


def _named(window: Window, row: Any, lead: int | None) -> Row:
    return {"alert": row.id, "title": window.rule(row.rule), "hazard": row.hazard,
            "place": window.place(row.place), "opened": utc(row.opened), "onset": utc(row.onset),
            "lead": lead}  # fmt: skip


def unseen(window: Window, stood: list[Stood]) -> list[Row]:
    """What the watch told of: sources, channels and places that were silent or could not be judged,
    how often and for how many hours, the longest first."""
    groups: dict[tuple[str, str], list[Stood]] = defaultdict(list)
    for one in stood:
        if one.row.sector == "service":
            groups[one.row.rule, one.row.place].append(one)
    rows = [
        {"rule": rule, "title": window.rule(rule), "place": window.place(place),
         "times": len(ones), "level": level_name(max(one.highest for one in ones)),
         "hours": hours(span for one in ones for spans in one.spans.values() for span in spans),
         "open": any(_open(window, one.row.closed) for one in ones)}
        for (rule, place), ones in groups.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (-r["hours"], r["rule"], r["place"]["zh"]))


def _open(window: Window, closed: datetime | None) -> bool:
    return closed is None or closed >= window.end
