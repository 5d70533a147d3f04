"""The county's calendar: asked with a time or a local date, answers in three values.

Nothing here knows what time it is; whoever asks says. An answer that rests on work days nobody has
published yet is *unknown*, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.calendar.entries import Entry, Holiday
from alerting.calendar.file import Contents, read
from alerting.calendar.spans import Span
from alerting.errors import BadInput

FALSE, UNKNOWN, TRUE = 0, 1, 2
KINDS = ("working-day", "school-day", "rest-day")
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
# New Year's days off belong to the coming year's paper, which may take days of this December for
# them: those of 2007, 2008, 2012, 2019, 2023 and 2024 did, none before the 29th. Until it is out
# the last three days of the year are not known.
_YEARS_END = (12, 29)


class UnknownName(BadInput, KeyError):
    """A name the calendar does not have. It is a KeyError too, for callers that look names up."""

    def __str__(self) -> str:  # KeyError would show the text's repr
        return self.text()


class Change(NamedTuple):
    """`name` begins on `date`, or `date` is the first day on which it no longer holds."""

    date: date
    name: str
    state: Literal["begins", "ends"]


class Calendar:
    """Seasons, holidays and kinds of day of one county; `zone` is its own time zone."""

    def __init__(self, contents: Contents, zone: ZoneInfo, path: Path | None = None) -> None:
        self.zone, self.path = zone, path
        self.seasons = contents.seasons
        self.holidays = contents.holidays
        self._closed = contents.school_holidays
        self._years = contents.table.years
        self._days = {day.date: day for day in contents.table.days}
        self._blocks = {h.name: _blocks(h, contents) for h in self.holidays.values()}

    @classmethod
    def load(cls, path: Path, zone: ZoneInfo) -> Calendar:
        """The calendar in the file at `path`. Raises BadInput with line, column and the mend."""
        return cls(read(path), zone, path)

    @property
    def known_through(self) -> date:
        """The last day whose swaps are published: 28 December of the last year with a table, since
        those of New Year come in the paper of the year that begins."""
        return date(max(self._years), *_YEARS_END) - _DAY

    def names(self) -> list[str]:
        """All names that a rule may ask for: the seasons first, then the holidays."""
        return [*self.seasons, *self.holidays]

    def titles(self) -> dict[str, Mapping[str, str]]:
        """What the seasons and holidays are called, by name."""
        return {name: self.entry(name).title for name in self.names()}

    def entry(self, name: str) -> Entry:
        """The season or holiday of that name, with its titles and basis. Raises UnknownName."""
        found: Entry | None = self.seasons.get(name) or self.holidays.get(name)
        if found is None:
            raise _unknown_name("season or holiday", name, self.names())
        return found

    def local_day(self, at: datetime) -> date:
        """The county's date at `at`. Raises ValueError for a time without its zone."""
        if at.tzinfo is None:
            raise ValueError(f"the calendar needs a time with its zone, not {at}")
        return at.astimezone(self.zone).date()

    def season(self, name: str, at: datetime) -> int:
        """Whether the season is on at `at`: UNKNOWN only of one that begins with a working day, in a
        year that is not published. Raises UnknownName."""
        if name not in self.seasons:
            raise _unknown_name("season", name, list(self.seasons))
        return self._on(name, self.local_day(at))

    def holiday(self, name: str, at: datetime) -> int:
        """Whether `at` lies in the public holiday's days off; UNKNOWN in a year that is not
        published, and at the end of a year until the next is. Where two holidays share one block
        (2025's National Day and Mid-Autumn), both last the whole block. Raises UnknownName."""
        if name not in self.holidays:
            raise _unknown_name("holiday", name, list(self.holidays))
        return self._on(name, self.local_day(at))

    def day(self, kind: str, day: date) -> int:
        """Whether the local date `day` is of `kind`, one of KINDS. Raises UnknownName.

        A school day is a working day, swapped ones too, outside the file's school holidays; inside
        them it is FALSE whether or not the swaps are known.
        """
        if kind not in KINDS:
            raise _unknown_name("kind of day", kind, list(KINDS))
        if kind == "school-day" and any(
            day in span for season in self._closed for span in season.around(day)
        ):
            return FALSE
        working = self._working(day)
        return TRUE - working if kind == "rest-day" else working

    def on_day(self, kind: str, first: datetime, rows: int) -> NDArray[np.int8]:
        """`day(kind, …)` of the local date at each of `rows` hourly stamps from `first` on.

        `first` is a full UTC hour; int8 of shape (rows,). Raises UnknownName as `day`.
        """
        answers = np.empty(rows, np.int8)
        row, day = 0, self.local_day(first)
        while row < rows:
            answers[row:] = self.day(kind, day)
            day += _DAY
            midnight = datetime.combine(day, time(), self.zone).astimezone(UTC)
            # The first stamp of the next day: rounded up, for zones off the full hour.
            row = -((first - midnight) // _HOUR)
        return answers

    def spans(self, name: str, year: int) -> list[Span]:
        """The spans of a season or holiday whose first day lies in `year`. Raises BadInput for a
        name that does not exist, and for a holiday in a year that is not published."""
        entry = self.entry(name)
        if not isinstance(entry, Holiday):
            return entry.beginning_in(year)
        if year not in self._years:
            raise BadInput(
                f"the days off of {year} are not known: no table of that year",
                mend="Add the published table to `tables` in the calendar file.",
            )
        return [block for block in self._blocks[name] if block.first.year == year]

    def changes(self, first: date, last: date) -> list[Change]:
        """What begins and ends on the local dates `first` to `last`, both included, by date.

        What is unknown the day before or on the day neither begins nor ends.
        """
        found = []
        for name in self.names():
            for day in sorted(set(self._edges(name, first, last))):
                before, now = self._on(name, day - _DAY), self._on(name, day)
                if (before, now) == (FALSE, TRUE):
                    found.append(Change(day, name, "begins"))
                elif (before, now) == (TRUE, FALSE):
                    found.append(Change(day, name, "ends"))
        return sorted(found)

    def _edges(self, name: str, first: date, last: date) -> Iterator[date]:
        entry = self.entry(name)
        if isinstance(entry, Holiday):
            spans = self._blocks[name]
        else:
            spans = [s for y in range(first.year - 1, last.year + 1) for s in entry.beginning_in(y)]
        for span in spans:
            yield from (d for d in (span.first, span.last + _DAY) if first <= d <= last)

    def _on(self, name: str, day: date) -> int:
        entry = self.entry(name)
        if not isinstance(entry, Holiday):
            if any(day in span for span in entry.around(day)):
                return TRUE
            return UNKNOWN if entry.on_working_days and day.year not in self._years else FALSE
        if any(day in block for block in self._blocks[name]):
            return TRUE
        return FALSE if self._published(day) else UNKNOWN

    def _working(self, day: date) -> int:
        named = self._days.get(day)
        if named is not None:
            return FALSE if named.off else TRUE
        if not self._published(day):
            return UNKNOWN
        return TRUE if day.weekday() < 5 else FALSE

    def _published(self, day: date) -> bool:
        """Whether every paper that could move this day is out."""
        papers = {day.year, day.year + 1} if (day.month, day.day) >= _YEARS_END else {day.year}
        return papers <= self._years


def _blocks(holiday: Holiday, contents: Contents) -> list[Span]:
    """Runs of days off in a row of which one at least bears the holiday's name."""
    runs: list[tuple[Span, bool]] = []
    for day in contents.table.days:
        if not day.off:
            continue
        named = holiday.public in day.name
        if runs and day.date - runs[-1][0].last == _DAY:
            span, before = runs.pop()
            runs.append((Span(span.first, day.date), before or named))
        else:
            runs.append((Span(day.date, day.date), named))
    return [span for span, named in runs if named]


def _unknown_name(what: str, name: str, known: list[str]) -> UnknownName:
    return UnknownName(
        f"there is no {what} {name!r} in the calendar", mend=f"Known are: {', '.join(known)}."
    )
