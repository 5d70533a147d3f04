"""Conditions hour by hour, over one tile of columns.

Each condition gives two bit planes: where it is `true` and where it is `possible` (true or unknown).
Then `and` is &, `or` is |, and `not` swaps the planes (Kleene's three values). Where nothing is
missing both planes are the same array, and half the work falls away.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.nodes import (
    And,
    Between,
    Change,
    Compare,
    Condition,
    DayValue,
    Drop,
    Masked,
    Not,
    OnDay,
    Operator,
    Or,
    Series,
    Value,
    Window,
)
from alerting.rulebook.plan import Step
from alerting.rulebook.windows import rolling, rolling_sum
from alerting.signals import HOUR, Floats
from alerting.weather.sight import Sight

Bools = NDArray[np.bool_]
COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
# Sums and differences of decimals in float32 miss round numbers by a little: 12 hours of 0.5 mm are
# 6 mm, and -7.9999995 K is a fall of 8. Half a thousandth of any of our units is nothing.
SLACK = 5e-4


class Planes(NamedTuple):
    """(rows, columns) each, or (columns,); the same array twice where nothing is unknown."""

    true: Bools
    possible: Bools


class Scratch:
    """Boolean planes to write into, used again from tile to tile."""

    def __init__(self) -> None:
        self._free: dict[tuple[int, int], list[Bools]] = defaultdict(list)

    def take(self, shape: tuple[int, int]) -> Bools:
        free = self._free[shape]
        return free.pop() if free else np.empty(shape, np.bool_)

    def give(self, planes: Planes) -> None:
        true, possible = planes
        free = self._free[cast("tuple[int, int]", true.shape)]
        free.append(true)
        if possible is not true:
            free.append(possible)


class Tile:
    """The columns `left` to `right` of a sight. A step gives the rows `rows(step)`, absolute; rows
    before the first are missing, rows after the last do not exist. `masks` are of these columns."""

    def __init__(
        self, sight: Sight, left: int, right: int, masks: list[Bools], scratch: Scratch
    ) -> None:
        self.sight, self.left, self.right, self._masks = sight, left, right, masks
        self.width = right - left
        self._scratch = scratch
        self._now, self._last = sight.now_row, sight.rows
        self._series: dict[Step, Floats] = {}
        self._missing: dict[Step, Bools | None] = {}
        self._kept: dict[Step, Planes] = {}
        self._days: dict[Condition, Planes] = {}
        self._hours: dict[tuple[int, int], list[int]] = {}

    def close(self) -> None:
        for planes in self._kept.values():
            self._scratch.give(planes)

    def rows(self, step: Step) -> tuple[int, int]:
        return self._now + step.lo, min(self._now + step.hi, self._last)

    def slice_of(self, step: Step, within: Step) -> slice:
        """Where the rows of `step` lie in what `within` gives."""
        start = self._now + within.lo
        return slice(step.lo - within.lo, min(self._now + step.hi, self._last) - start)

    def says(self, mask: int) -> Bools:
        """The columns in which a masked part says anything."""
        return ~self._masks[mask]

    # --- true and possible ------------------------------------------------------------------------
    def hourly(self, step: Step) -> Planes:
        """The planes of an hourly condition; hand them to `done` once they are read."""
        held = self._kept.get(step)
        if held is not None:
            return held
        match step.node:
            case Compare():
                planes = self._compare(step, step.node)
            case And():
                planes = self._join(np.logical_and, step)
            case Or():
                planes = self._join(np.logical_or, step)
            case Not():
                planes = self._not(step)
            case Masked():
                planes = self._mask(step, step.node)
            case Between():
                planes = self._between(step, step.node)
            case OnDay():
                planes = self._on_day(step, step.node)
            case _:
                raise AssertionError(step.node)
        if step.uses > 1:
            self._kept[step] = planes
        return planes

    def done(self, step: Step, planes: Planes) -> None:
        """Planes that nobody else reads go back to be written again."""
        if step.uses == 1:
            self._scratch.give(planes)

    def _take(self, step: Step) -> Bools:
        rows = min(self._now + step.hi, self._last) - self._now - step.lo
        return self._scratch.take((rows, self.width))

    def _compare(self, step: Step, node: Compare) -> Planes:
        if step.daily:
            return self._hours_of_days(step, self.days(node))
        read = step.inputs[0]
        at = self.slice_of(step, read)
        values = self.series(read)[at]
        slack = 0.0 if isinstance(node.series, Value) else SLACK
        true = compare(values, node.operator, node.threshold, slack, self._take(step))
        missing = self.missing(read)
        if missing is None:
            return Planes(true, true)
        return Planes(true, np.logical_or(true, missing[at], out=self._take(step)))

    def _join(self, ufunc: np.ufunc, step: Step) -> Planes:
        true, possible = self._take(step), None
        parts = [(s, self.hourly(s), self.slice_of(step, s)) for s in step.inputs]
        _, (first, maybe), at = parts[0]
        two_valued = first is maybe
        held = Planes(first[at], maybe[at])
        for _, planes, at in parts[1:]:
            two_valued = two_valued and planes.true is planes.possible
            if not two_valued:
                possible = possible if possible is not None else self._take(step)
                ufunc(held.possible, planes.possible[at], possible)
            ufunc(held.true, planes.true[at], true)
            held = Planes(true, true if two_valued else cast(Bools, possible))
        for read, planes, _ in parts:
            self.done(read, planes)
        return held

    def _not(self, step: Step) -> Planes:
        read = step.inputs[0]
        planes, at = self.hourly(read), self.slice_of(step, read)
        true = np.logical_not(planes.possible[at], out=self._take(step))
        if planes.true is planes.possible:
            made = Planes(true, true)
        else:
            made = Planes(true, np.logical_not(planes.true[at], out=self._take(step)))
        self.done(read, planes)
        return made

    def _mask(self, step: Step, node: Masked) -> Planes:
        read = step.inputs[0]
        planes, at = self.hourly(read), self.slice_of(step, read)
        says = self.says(node.mask)
        true = np.logical_and(planes.true[at], says, out=self._take(step))
        if planes.true is planes.possible:
            made = Planes(true, true)
        else:
            made = Planes(true, np.logical_and(planes.possible[at], says, out=self._take(step)))
        self.done(read, planes)
        return made

    def _between(self, step: Step, node: Between) -> Planes:
        lo, hi = self.rows(step)
        minutes = np.array(self._minutes(lo, hi))
        after, before = minutes >= node.start, minutes <= node.end
        true = self._take(step)
        true[:] = (after & before if node.start <= node.end else after | before)[:, None]
        return Planes(true, true)

    def _minutes(self, lo: int, hi: int) -> list[int]:
        if (lo, hi) not in self._hours:
            stamps = [self.sight.first + row * HOUR for row in range(lo, hi)]
            local = [stamp.astimezone(self.sight.zone) for stamp in stamps]
            self._hours[lo, hi] = [at.hour * 60 + at.minute for at in local]
        return self._hours[lo, hi]

    def _on_day(self, step: Step, node: OnDay) -> Planes:
        lo, hi = self.rows(step)
        said = np.ones(hi - lo, np.int8)
        said[max(-lo, 0) :] = self.sight.facts.on_day(node.kind)[max(lo, 0) : hi]
        true, possible = self._take(step), self._take(step)
        true[:], possible[:] = (said == 2)[:, None], (said >= 1)[:, None]
        return Planes(true, possible)

    # --- numbers ----------------------------------------------------------------------------------
    def series(self, step: Step) -> Floats:
        """The numbers a comparison reads, NaN where missing."""
        held = self._series.get(step)
        if held is None:
            held = self._series[step] = self._number(step)
        return held

    def missing(self, step: Step) -> Bools | None:
        """Where the series is missing; None where nothing is (most tiles)."""
        if step not in self._missing:
            values = self.series(step)
            # A minimum is NaN if anything is: one fast pass decides for the whole tile.
            none = values.size == 0 or not np.isnan(values.min())
            self._missing[step] = None if none else np.isnan(values)
        return self._missing[step]

    def _number(self, step: Step) -> Floats:
        node = cast(Series, step.node)
        if isinstance(node, Value):
            return self._value(node.quantity, *self.rows(step))
        read = step.inputs[0]
        source = self.series(read)
        (lo, hi), (start, _) = self.rows(step), self.rows(read)
        match node:
            case Window("sum" | "mean" as kind, _, hours):
                total = rolling_sum(source[lo - start - hours + 1 : hi - start], hours)
                return total if kind == "sum" else total / np.float32(hours)
            case Window(kind, _, hours):
                ufunc = np.minimum if kind == "min" else np.maximum
                return rolling(ufunc, source[lo - start - hours + 1 : hi - start], hours)
            case Change(_, hours):
                return (
                    source[lo - start : hi - start]
                    - source[lo - start - hours : hi - start - hours]
                )
            case Drop(_, hours):
                highest = rolling(np.maximum, source[lo - start - hours : hi - start], hours + 1)
                return cast(Floats, highest - source[lo - start : hi - start])
        raise AssertionError(node)

    def _value(self, quantity: str, lo: int, hi: int) -> Floats:
        # A copy, for rows of a tile that lie side by side in memory are read several times as fast.
        held = self.sight.values.get(quantity)
        made = np.full((hi - lo, self.width), np.nan, np.float32)
        if held is not None:
            made[max(-lo, 0) :] = held[max(lo, 0) : hi, self.left : self.right]
        return made

    # --- days -------------------------------------------------------------------------------------
    def days(self, node: Condition) -> Planes:
        """The planes of a condition on days' values, on the axis of days. A bound decides a
        comparison only where both its ends agree."""
        if node in self._days:
            return self._days[node]
        match node:
            case Compare():
                made = _compare_bounds(*self.bounds(node.series), node)
            case And(parts):
                both = [self.days(p) for p in parts]
                made = Planes(
                    np.logical_and.reduce([p.true for p in both]),
                    np.logical_and.reduce([p.possible for p in both]),
                )
            case Or(parts):
                both = [self.days(p) for p in parts]
                made = Planes(
                    np.logical_or.reduce([p.true for p in both]),
                    np.logical_or.reduce([p.possible for p in both]),
                )
            case Not(part):
                made = Planes(~self.days(part).possible, ~self.days(part).true)
            case Masked(part, mask):
                says = self.says(mask)
                made = Planes(self.days(part).true & says, self.days(part).possible & says)
            case _:
                raise AssertionError(node)
        self._days[node] = made
        return made

    def bounds(self, series: Series) -> tuple[Floats, Floats]:
        if isinstance(series, DayValue):
            held = self.sight.daily.get(series.quantity, {}).get(series.kind)
            if held is None:
                shape = (len(self.calendar_days()[1]), self.width)
                return np.full(shape, -np.inf, np.float32), np.full(shape, np.inf, np.float32)
            at = slice(self.left, self.right)
            return held.low[:, at], held.high[:, at]
        assert isinstance(series, Change)
        low, high = self.bounds(series.of)
        back = series.hours // 24
        least, most = np.full_like(low, -np.inf), np.full_like(high, np.inf)
        if back < len(low):
            least[back:] = low[back:] - high[: len(high) - back]
            most[back:] = high[back:] - low[: len(low) - back]
        return least, most

    def calendar_days(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Which day each row lies in, and the row of each day's last stamp."""
        for kinds in self.sight.daily.values():
            for held in kinds.values():
                return held.day_of_hour, held.complete_row
        return np.full(self._last, -1, np.int32), np.zeros(0, np.int32)

    def _hours_of_days(self, step: Step, planes: Planes) -> Planes:
        lo, hi = self.rows(step)
        day = np.full(hi - lo, -1, np.int32)
        day[max(-lo, 0) :] = self.calendar_days()[0][max(lo, 0) : hi]
        true, possible = self._take(step), self._take(step)
        known = day >= 0
        true[known], possible[known] = planes.true[day[known]], planes.possible[day[known]]
        true[~known], possible[~known] = False, True
        return Planes(true, possible)


def compare(
    values: Floats, operator: Operator, threshold: float, slack: float, out: Bools
) -> Bools:
    """One comparison into `out`; NaN compares as false."""
    if operator == "=":
        return cast(Bools, np.less_equal(np.abs(values - np.float32(threshold)), slack, out=out))
    # What equals the threshold but for rounding is equal to it.
    shift = slack if operator in ("<=", ">") else -slack
    COMPARE[operator](values, np.float32(threshold + shift), out)
    return out


def _compare_bounds(low: Floats, high: Floats, node: Compare) -> Planes:
    at_low = compare(low, node.operator, node.threshold, SLACK, np.empty(low.shape, np.bool_))
    at_high = compare(high, node.operator, node.threshold, SLACK, np.empty(high.shape, np.bool_))
    if node.operator == "=":
        between = (low <= node.threshold + SLACK) & (high >= node.threshold - SLACK)
        return Planes(at_low & at_high, between)
    return Planes(at_low & at_high, at_low | at_high)
