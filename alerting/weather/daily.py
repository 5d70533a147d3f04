"""Daily minimum, maximum and mean as bounds, over local days that end at 20:00 (or as configured).

Days within the hourly window are read from it; a day that is about to leave is kept as one row, for
60 days.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats
from alerting.weather.sight import Daily, Ints
from alerting.weather.window import hour_of, stamp_of

Bounds = tuple[Floats, Floats]


def day_of(hour: int, zone: ZoneInfo, ends_at: int) -> int:
    """The local day (ordinal) in which an hour stamp lies; the stamp at `ends_at` ends its day."""
    local = stamp_of(hour).astimezone(zone).replace(tzinfo=None)
    into = local - timedelta(hours=ends_at)
    whole = into.date().toordinal()
    return whole if into == datetime.combine(into.date(), datetime.min.time()) else whole + 1


@lru_cache(maxsize=4096)
def last_hour_of(day: int, zone: ZoneInfo, ends_at: int) -> int:
    """The last UTC hour stamp of a local day: at or before `ends_at` on its date."""
    end = datetime.combine(date.fromordinal(day), datetime.min.time()) + timedelta(hours=ends_at)
    hour = hour_of(end.replace(tzinfo=zone)) + 2  # two hours on: a clock change at the end itself
    while day_of(hour, zone, ends_at) > day:
        hour -= 1
    return hour


def bounds(values: Floats, starts: Ints, whole: Ints, kind: str) -> Bounds:
    """Low and high of every day, (days, columns). `starts` are the days' first rows, rising; `whole`
    how many hour stamps each full day has."""
    sizes = np.diff(np.append(starts, len(values)))
    short = (sizes < whole)[:, None]
    exact = _each_day({"min": np.minimum, "max": np.maximum, "mean": np.add}[kind], values, starts)
    if kind == "mean":
        exact /= sizes[:, None].astype(np.float32)
    missing = np.isnan(exact) | short
    low, high = exact, exact.copy()
    low[missing], high[missing] = -np.inf, np.inf
    if kind != "mean" and missing.any():
        known = _each_day(np.fmin if kind == "min" else np.fmax, values, starts)
        bound = high if kind == "min" else low
        some = missing & ~np.isnan(known)
        bound[some] = known[some]
    return low, high


def _each_day(over: np.ufunc, values: Floats, starts: Ints) -> Floats:
    # A reduction a day goes along the columns, many at once; `reduceat` takes them one by one.
    ends = [*starts[1:], len(values)]
    rows = [over.reduce(values[a:b], axis=0) for a, b in zip(starts, ends, strict=True)]
    return np.stack(rows)


class Days:
    """The days a sight speaks of, and the rows kept of those that left the window."""

    def __init__(self, zone: ZoneInfo, ends_at: int, keep: int, columns: int) -> None:
        self._zone, self._ends_at, self._keep, self._columns = zone, ends_at, keep, columns
        self._kept: dict[tuple[str, str], dict[int, Bounds]] = {}
        self._of_hours: tuple[tuple[int, int], Ints] | None = None  # for the window they were asked of

    def last_hour(self, day: int) -> int:
        return last_hour_of(day, self._zone, self._ends_at)

    def of_hours(self, first: int, rows: int) -> Ints:
        """The day (ordinal) of each hour row."""
        if self._of_hours is None or self._of_hours[0] != (first, rows):
            self._of_hours = (first, rows), self._days_of(first, rows)
        return self._of_hours[1]

    def _days_of(self, first: int, rows: int) -> Ints:
        days = []
        day = day_of(first, self._zone, self._ends_at)
        for hour in range(first, first + rows):
            while hour > self.last_hour(day):
                day += 1
            days.append(day)
        return np.array(days, np.int32)

    def leaving(self, first: int, new_first: int, rows: int) -> list[int]:
        """Days that are whole in the window from `first` and no longer in that from `new_first`."""
        days = self.of_hours(first, rows)
        return [
            int(d) for d in np.unique(days) if first <= self.last_hour(int(d) - 1) + 1 < new_first
        ]

    def keep(self, quantity: str, kind: str, day: int, low: Floats, high: Floats) -> None:
        rows = self._kept.setdefault((quantity, kind), {})
        rows.setdefault(day, (low, high))
        for old in [d for d in rows if d <= day - self._keep]:
            del rows[old]

    def sizes(self, days: Ints) -> Ints:
        return np.array(
            [self.last_hour(int(d)) - self.last_hour(int(d) - 1) for d in days], np.int32
        )

    def read(
        self,
        values: Floats,
        first: int,
        quantity: str,
        kind: str,
        columns: NDArray[np.int64] | None = None,
    ) -> Daily:
        """The days of the hours `values` (rows from `first`), and `keep` days before them.

        `columns` names the columns that `values` holds, all where None.
        """
        of_hour = self.of_hours(first, len(values))
        here, starts = np.unique(of_hour, return_index=True)
        oldest = int(here[0]) - self._keep
        low = np.full((int(here[-1]) - oldest + 1, values.shape[1]), -np.inf, np.float32)
        high = np.full_like(low, np.inf)
        low[here - oldest], high[here - oldest] = bounds(
            values, starts.astype(np.int32), self.sizes(here), kind
        )
        cut = self.last_hour(int(here[0]) - 1) + 1 < first  # the first day is cut by the window
        for day, (kept_low, kept_high) in self._kept.get((quantity, kind), {}).items():
            if oldest <= day < here[0] + cut:
                low[day - oldest] = kept_low if columns is None else kept_low[columns]
                high[day - oldest] = kept_high if columns is None else kept_high[columns]
        complete = [self.last_hour(d) - first for d in range(oldest, int(here[-1]) + 1)]
        return Daily(low, high, (of_hour - oldest).astype(np.int32), np.array(complete, np.int32))
