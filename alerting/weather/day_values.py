"""The daily values that rules read, of the fields or of a reading of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats
from alerting.weather.daily import Days
from alerting.weather.ground import Index
from alerting.weather.merge import Merge
from alerting.weather.sight import Daily
from alerting.weather.window import Window

DAILY = frozenset({("temperature", "min"), ("temperature", "max"), ("temperature", "mean")})
DailyOf = dict[str, dict[str, Daily]]  # quantity -> "min" | "max" | "mean" -> Daily


class DayValues:
    """`needed` are (quantity, kind) pairs; what the window leaves behind is kept by `days`."""

    def __init__(self, days: Days, window: Window, merge: Merge) -> None:
        self._days, self._window, self._merge = days, window, merge
        self.needed: frozenset[tuple[str, str]] = DAILY
        self._held: tuple[tuple[int, int], DailyOf] | None = None

    def need(self, daily: Iterable[tuple[str, str]]) -> None:
        self.needed = frozenset(daily)

    def forget(self) -> None:
        """What is read has changed: make them anew when they are asked for."""
        self._held = None

    def now(self, values: Mapping[str, Floats], rows: int, changed: Index) -> DailyOf:
        """Of the fields as they stand; `changed` are the columns in which they may have changed since
        they were last asked for."""
        key = (self._window.first, rows)
        if self._held is None or self._held[0] != key or isinstance(changed, slice):
            self._held = (key, self.of(values))
        elif len(changed):
            read = {q: values[q][:, changed] for q, _ in self.needed if q in values}
            for quantity, kinds in self.of(read, changed).items():
                for kind, daily in kinds.items():
                    held = self._held[1][quantity][kind]
                    held.low[:, changed], held.high[:, changed] = daily.low, daily.high
        return self._held[1]

    def of(
        self, values: Mapping[str, Floats], columns: NDArray[np.int64] | None = None
    ) -> DailyOf:
        """Of a reading's hours, rows from the window's first. `columns` names the columns that
        `values` holds, all where None."""
        made: DailyOf = {}
        for quantity, kind in sorted(self.needed):
            if quantity in values:
                made.setdefault(quantity, {})[kind] = self._days.read(
                    values[quantity], self._window.first, quantity, kind, columns
                )
        return made

    def keep_leaving(self, new_first: int) -> None:
        """Keep the days that are no longer whole in a window that begins at the hour `new_first`."""
        window = self._window
        leaving = self._days.leaving(window.first, new_first, window.rows)
        if not leaving:
            return
        start = window.first - window.base
        for quantity, kind in sorted(self.needed):
            if quantity not in self._merge.fields:
                continue
            values = self._merge.fields[quantity][start : start + window.rows]
            daily = self._days.read(values, window.first, quantity, kind)
            oldest = self._days.of_hours(window.first, 1)[0] - daily.day_of_hour[0]
            for day in leaving:
                row = day - int(oldest)
                self._days.keep(quantity, kind, day, daily.low[row].copy(), daily.high[row].copy())
