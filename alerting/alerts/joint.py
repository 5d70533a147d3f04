"""What all who ask for a measure make of it together, and for which hours.

Each asks for hours of their own, kept as moments: a clock strikes every day. Hours that meet are one
measure, from the earliest beginning to the latest end. Hours that do not are another decision, and so
another measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerting.rulebook.arguments import FROM, UNTIL, Argument, strictest
from alerting.store.rows import Row

Hours = tuple[datetime | None, datetime | None]


class Joint(NamedTuple):
    """`begins` None: from the moment it is in force; `ends` None: until it is lifted."""

    arguments: dict[str, Any]
    level: int
    begins: datetime | None
    ends: datetime | None

    def stricter_than(self, was: Joint, declared: Mapping[str, Argument]) -> bool:
        """Whether nobody is let off anything by it, and somebody is asked for more."""
        mine, theirs = _without_hours(self.arguments), _without_hours(was.arguments)
        sooner = self.begins is None or (was.begins is not None and self.begins <= was.begins)
        longer = self.ends is None or (was.ends is not None and self.ends >= was.ends)
        same = (mine, self.begins, self.ends) == (theirs, was.begins, was.ends)
        return sooner and longer and not same and strictest(declared, [mine, theirs]) == mine


def passed(asked: Row, at: datetime) -> bool:
    """Whether the end that somebody asked for, or that a measure has, is over."""
    return asked.ends is not None and asked.ends <= at


def meets(row: Row, hours: Hours, at: datetime) -> bool:
    """Whether hours that are asked for at `at` and those of a measure leave no gap between them."""
    begins, ends = hours
    before = row.ends is None or (begins or at) <= row.ends
    after = ends is None or row.begins is None or ends >= row.begins
    return before and after and not passed(row, at)


def beyond(row: Row, hours: Hours, at: datetime) -> tuple[Hours | None, Hours | None]:
    """What of hours that are asked for lies before those of a measure, and what after; None where
    nothing does."""
    begins, ends = hours
    sooner = row.begins is not None and not on(row, at) and (begins is None or begins < row.begins)
    later = row.ends is not None and (ends is None or ends > row.ends)
    return (begins, row.begins) if sooner else None, (row.ends, ends) if later else None


def overlap(one: Row, other: Row) -> bool:
    """Whether the hours of two measures leave no gap between them."""
    return _from(one) <= _until(other) and _from(other) <= _until(one)


def _from(row: Row) -> datetime:
    return row.begins or datetime.min.replace(tzinfo=UTC)


def _until(row: Row) -> datetime:
    return row.ends or datetime.max.replace(tzinfo=UTC)


def on(row: Row, at: datetime) -> bool:
    """Whether a measure that was ordered holds by now."""
    return row.issued is not None and (row.begins is None or row.begins <= at)


def joined(
    declared: Mapping[str, Argument], asking: list[Row], row: Row, at: datetime, zone: ZoneInfo
) -> Joint:
    """The strictest of what they ask of a measure; of hours the widest. What holds already holds from
    when it did."""
    arguments = strictest(declared, [a.arguments for a in asking])
    begins = None if any(a.begins is None for a in asking) else min(a.begins for a in asking)
    if on(row, at):
        begins = row.begins
    ends = None if any(a.ends is None for a in asking) else max(a.ends for a in asking)
    arguments = in_hours(declared, arguments, (begins, ends), zone)
    return Joint(arguments, max(a.level for a in asking), begins, ends)


def in_hours(
    declared: Mapping[str, Argument], arguments: Mapping[str, Any], hours: Hours, zone: ZoneInfo
) -> dict[str, Any]:
    """The arguments of a measure with the clocks of these hours, where it has such arguments."""
    said = _without_hours(arguments)
    for name, moment in zip((FROM, UNTIL), hours, strict=True):
        if moment is not None and name in declared:
            said[name] = f"{moment.astimezone(zone):%H:%M}"
    return said


def _without_hours(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in (FROM, UNTIL)}
