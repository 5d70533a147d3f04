"""Conditions on days' values, on the axis of local days."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.compare import compare_bounds
from alerting.rulebook.nodes import (
    And,
    Change,
    Compare,
    Condition,
    DayValue,
    Masked,
    Not,
    Or,
    Series,
)
from alerting.rulebook.planes import Bits, Bools, Columns, joined, negated, packed, width
from alerting.signals import Floats
from alerting.weather.sight import Sight


class Days:
    """The days of a sight at the columns `at`; `masks` are of these columns."""

    def __init__(self, sight: Sight, at: Columns, masks: list[Bools]) -> None:
        self._sight, self._at, self._masks = sight, at, masks
        self._held: dict[Condition, Bits] = {}

    def planes(self, node: Condition) -> Bits:
        """(2, days, bytes)."""
        if node not in self._held:
            self._held[node] = self._planes(node)
        return self._held[node]

    def _planes(self, node: Condition) -> Bits:
        match node:
            case Compare():
                return compare_bounds(*self.bounds(node.series), node)
            case And(parts) | Or(parts):
                return joined(node, [self.planes(p) for p in parts])
            case Not(part):
                return negated(self.planes(part))
            case Masked(part, mask):
                return self.planes(part) & packed(~self._masks[mask])
            case _:
                raise AssertionError(node)

    def bounds(self, series: Series) -> tuple[Floats, Floats]:
        """Lowest and highest value that each day may still have, (days, columns)."""
        if isinstance(series, DayValue):
            held = self._sight.daily.get(series.quantity, {}).get(series.kind)
            if held is None:
                shape = (len(self.calendar()[1]), width(self._at))
                return np.full(shape, -np.inf, np.float32), np.full(shape, np.inf, np.float32)
            return held.low[:, self._at], held.high[:, self._at]
        assert isinstance(series, Change)
        low, high = self.bounds(series.of)
        back = series.hours // 24
        least, most = np.full_like(low, -np.inf), np.full_like(high, np.inf)
        if back < len(low):
            least[back:] = low[back:] - high[: len(high) - back]
            most[back:] = high[back:] - low[: len(low) - back]
        return least, most

    def calendar(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Which day each row lies in, and the row of each day's last stamp."""
        for kinds in self._sight.daily.values():
            for held in kinds.values():
                return held.day_of_hour, held.complete_row
        return np.full(self._sight.rows, -1, np.int32), np.zeros(0, np.int32)

    def hours(self, node: Condition, lo: int, hi: int) -> Bits:
        """The planes of the day in which each of the rows lo to hi lies; unknown before the first."""
        days = self.planes(node)
        day = np.full(hi - lo, -1, np.int32)
        day[max(-lo, 0) :] = self.calendar()[0][max(lo, 0) : hi]
        made = np.empty((2, hi - lo, days.shape[2]), np.uint8)
        known = day >= 0
        made[:, known] = days[:, day[known]]
        made[0, ~known], made[1, ~known] = 0, 0xFF
        return made

    def last_rows(self, limit: NDArray[np.int32]) -> NDArray[np.int32]:
        """[columns]: the last row of a day that ends by the row `limit` of its column, else -1."""
        complete = self.calendar()[1]
        if not len(complete):
            return np.full_like(limit, -1)
        done = np.searchsorted(complete, limit, side="right") - 1
        return cast(NDArray[np.int32], np.where(done >= 0, complete[np.maximum(done, 0)], -1))
