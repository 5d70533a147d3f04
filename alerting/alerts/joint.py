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

    def asks_more_than(self, was: Joint, declared: Mapping[str, Argument]) -> bool:
        """Whether somebody is asked for more by it, whatever it lets others off."""
        mine, theirs = _without_hours(self.arguments), _without_hours(was.arguments)
        sooner = was.begins is not None and (self.begins is None or self.begins < was.begins)
        longer = was.ends is not None and (self.ends is None or self.ends > was.ends)
        both = strictest(declared, [mine, theirs])
        return sooner or longer or both != strictest(declared, [theirs])


def passed(asked: Row, at: datetime) -> bool:
    """Whether the end that somebody asked for, or that a measure has, is over."""
    return asked.ends is not None and asked.ends <= at


def meets(row: Row, hours: Hours, at: datetime) -> bool:
    """Whether hours that are asked for at `at` and those of a measure leave no gap between them."""
    return _meet((row.begins, row.ends), hours, at)


def is_for(row: Row, hours: Hours, at: datetime) -> bool:
    """Whether hours that are asked for at `at` are a measure's to answer for."""
    return _meet(hours_of_all(row), hours, at)


def hours_of_all(row: Row) -> Hours:
    """The hours that a measure answers for: its own, and what its decider cut from those they were
    asked for, which is decided."""
    if row.signed is None:
        return row.begins, row.ends
    begins, ends = moments(row.signed["heard"])
    return (
        None if row.begins is None or begins is None else min(row.begins, begins),
        None if row.ends is None or ends is None else max(row.ends, ends),
    )


def moments(kept: Mapping[str, Any]) -> Hours:
    """Hours as they are kept in a row's JSON."""
    begins, ends = (datetime.fromisoformat(kept[k]) if kept[k] else None for k in ("begins", "ends"))
    return begins, ends


def _meet(mine: Hours, hours: Hours, at: datetime) -> bool:
    begins, ends = hours
    before = mine[1] is None or (begins or at) <= mine[1]
    after = ends is None or mine[0] is None or ends >= mine[0]
    return before and after and not (mine[1] is not None and mine[1] <= at)


def beyond(held: Hours, hours: Hours, *, on: bool) -> tuple[Hours | None, Hours | None]:
    """What of hours that are asked for lies before those of a measure, and what after; None where
    nothing does. Of one that is `on` nothing lies before."""
    begins, ends = hours
    sooner = held[0] is not None and not on and (begins is None or begins < held[0])
    later = held[1] is not None and (ends is None or ends > held[1])
    return (begins, held[0]) if sooner else None, (held[1], ends) if later else None


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
