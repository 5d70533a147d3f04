"""What all who ask for a measure make of it together, and for which hours.

Each asks for hours of their own, kept as moments: a clock strikes every day. Hours that meet are one
stretch, from the earliest beginning to the latest end. What begins after it is another decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerting.rulebook.arguments import FROM, UNTIL, Argument, strictest
from alerting.store.rows import Row


class Joint(NamedTuple):
    """`begins` None: from the moment it is in force; `ends` None: until it is lifted."""

    arguments: dict[str, Any]
    level: int
    begins: datetime | None
    ends: datetime | None

    def stricter_than(self, was: Joint, declared: Mapping[str, Argument]) -> bool:
        """Whether nobody is let off anything by it, and somebody is asked for more."""
        mine, theirs = _without_hours(self.arguments), _without_hours(was.arguments)
        longer = _no_later(self.begins, was.begins) and (
            self.ends is None or (was.ends is not None and self.ends >= was.ends)
        )
        same = (mine, self.begins, self.ends) == (theirs, was.begins, was.ends)
        return longer and not same and strictest(declared, [mine, theirs]) == mine


def passed(asked: Row, at: datetime) -> bool:
    """Whether the end that somebody asked for is over."""
    return asked.ends is not None and asked.ends <= at


def ahead(asked: Row, at: datetime) -> bool:
    return asked.begins is not None and asked.begins > at


def stretch(asking: Iterable[Row], at: datetime) -> list[Row]:
    """Those whose hours make one stretch with what is asked for now, else with the first that is
    ahead. None of those whose end has passed."""
    left = sorted((a for a in asking if not passed(a, at)),
                  key=lambda a: (max(at, a.begins or at), a.since, a.asker))  # fmt: skip
    found = left[:1]
    for one in left[1:]:
        ends = _latest(found)
        if ends is None or _no_later(one.begins, ends):
            found.append(one)
    return found


def on(row: Row, at: datetime) -> bool:
    """Whether a measure that was ordered holds by now."""
    return row.issued is not None and (row.begins is None or row.begins <= at)


def joined(
    declared: Mapping[str, Argument], asking: list[Row], row: Row, at: datetime, zone: ZoneInfo
) -> Joint:
    """The strictest of what they ask of a measure; of hours the widest. What holds is not let go
    until the evening because somebody asks for the night."""
    arguments = strictest(declared, [a.arguments for a in asking])
    begins = None if any(a.begins is None for a in asking) else min(a.begins for a in asking)
    if on(row, at):
        begins = row.begins
    ends = _latest(asking)
    for name, moment in ((FROM, begins), (UNTIL, ends)):
        if moment is None:
            arguments.pop(name, None)
        elif name in declared:
            arguments[name] = f"{moment.astimezone(zone):%H:%M}"
    return Joint(arguments, max(a.level for a in asking), begins, ends)


def _latest(asking: list[Row]) -> datetime | None:
    return None if any(a.ends is None for a in asking) else max(a.ends for a in asking)


def _no_later(one: datetime | None, other: datetime | None) -> bool:
    return one is None or (other is not None and one <= other)


def _without_hours(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in (FROM, UNTIL)}
