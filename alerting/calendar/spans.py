"""Spans of whole local days: where they begin and end, year by year.

An anchor is a date that comes once a year (of the civil or the lunar calendar), moved by some days.
A span begins at every date of its first anchor and ends at the next date of its last one, so that
`12-01` to the Lantern Festival wraps over the year's end without being told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from alerting.calendar.lunar import lunar_date, term_date


class Span(NamedTuple):
    """Whole local days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


class Anchor(Protocol):
    """A date that comes once in every cycle; `days` moves it."""

    @property
    def days(self) -> int: ...

    def of(self, cycle: int) -> date: ...

    def base(self) -> tuple[object, ...]:
        """What the anchor is without its `days`."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    month: int
    day: int
    days: int = 0

    def of(self, cycle: int) -> date:
        return date(cycle, self.month, self.day) + timedelta(self.days)

    def base(self) -> tuple[object, ...]:
        return ("date", self.month, self.day)


@dataclass(frozen=True, slots=True)
class Lunar:
    """A day of the lunar calendar; its cycle is the lunar year. Day 30 is not in every month."""

    month: int
    day: int
    days: int = 0

    def of(self, cycle: int) -> date:
        return lunar_date(cycle, self.month, self.day) + timedelta(self.days)

    def base(self) -> tuple[object, ...]:
        return ("lunar", self.month, self.day)


@dataclass(frozen=True, slots=True)
class Term:
    term: str
    days: int = 0

    def of(self, cycle: int) -> date:
        return term_date(cycle, self.term) + timedelta(self.days)

    def base(self) -> tuple[object, ...]:
        return ("term", self.term)


@dataclass(frozen=True, slots=True)
class Between:
    """From one anchor to the next date of another."""

    start: Anchor
    end: Anchor

    @lru_cache(maxsize=512)
    def beginning_in(self, year: int) -> tuple[Span, ...]:
        """The spans whose first day lies in `year`: one, but for a lunar date that comes at the
        turn of the year, which a civil year may have twice or not at all."""
        # A cycle's date lies at most 13 months and the anchor's days from the year of its number.
        starts = sorted({self.start.of(cycle) for cycle in range(year - 2, year + 3)})
        ends = sorted({self.end.of(cycle) for cycle in range(year - 2, year + 5)})
        return tuple(
            Span(first, next(end for end in ends if end >= first))
            for first in starts
            if first.year == year
        )


@dataclass(frozen=True, slots=True)
class LastDays:
    """The last `count` days of the year, 31 December included: 40 begin on 22 November."""

    count: int

    def beginning_in(self, year: int) -> tuple[Span, ...]:
        last = date(year, 12, 31)
        return (Span(last - timedelta(self.count - 1), last),)


@dataclass(frozen=True, slots=True)
class FromFirstWorkingDay:
    """`count` days from the first working day of every month on. `off` and `on` are the days that the
    published tables name, `years` those they know as a whole: of another year nothing is said."""

    count: int
    years: frozenset[int]
    off: frozenset[date]
    on: frozenset[date]

    def beginning_in(self, year: int) -> tuple[Span, ...]:
        if year not in self.years:
            return ()
        firsts = (self._first_from(date(year, month, 1)) for month in range(1, 13))
        return tuple(Span(day, day + timedelta(self.count - 1)) for day in firsts)

    def _first_from(self, day: date) -> date:
        while day in self.off or (day.weekday() >= 5 and day not in self.on):
            day += timedelta(1)
        return day


Part = Between | LastDays | FromFirstWorkingDay
