"""Conditions hour by hour, over one tile of columns.

Each distinct series, comparison and condition is made once. Comparisons are the dear part, so all that
read a quantity are made in a row, while its values are in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.compare import SLACK, compare
from alerting.rulebook.days import Days
from alerting.rulebook.nodes import (
    And,
    Between,
    Change,
    Compare,
    Drop,
    Masked,
    Not,
    OnDay,
    Or,
    Value,
    Window,
)
from alerting.rulebook.plan import Step, looks_back
from alerting.rulebook.planes import Bits, Bools, Columns, joined, negated, packed, width
from alerting.rulebook.windows import over
from alerting.signals import HOUR, Floats
from alerting.weather.sight import Sight

TILE = 8192  # columns at most; decisions/0045 has what was measured


def spans(lo: int, hi: int) -> Iterator[tuple[int, int]]:
    """The columns [lo, hi) in as few tiles as there must be, of one width but for the last."""
    count = -(-(hi - lo) // TILE)
    width = -(-(hi - lo) // (64 * max(count, 1))) * 64
    for left in range(lo, hi, max(width, 1)):
        yield left, min(left + width, hi)


class Tile:
    """The columns `at` of a sight, side by side or picked out. A step gives the rows `rows(step)`,
    absolute; rows before the first are missing, rows after the last do not exist. `masks` are of these
    columns."""

    def __init__(self, sight: Sight, at: Columns, masks: list[Bools]) -> None:
        self.sight, self.at, self._masks = sight, at, masks
        self.width = width(at)
        self.days = Days(sight, at, masks)
        self._bytes = -(-self.width // 8)
        self._now, self._last = sight.now_row, sight.rows
        self._held: dict[Step, Bits] = {}
        self._minutes: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._room = np.empty(0, np.bool_)

    def rows(self, step: Step) -> tuple[int, int]:
        return self._now + step.lo, min(self._now + step.hi, self._last)

    def says(self, mask: int) -> Bits:
        """The columns in which a masked part says anything."""
        return packed(~self._masks[mask])

    # --- true and possible ------------------------------------------------------------------------
    def planes(self, step: Step) -> Bits:
        """Those of an hourly condition, (1 or 2, rows, bytes); see `planes.py`."""
        held = self._held.get(step)
        if held is None:
            if isinstance(step.node, Compare) and not step.daily:
                read = _quantity_of(step)
                self._read(read, self.series(read))
                return self._held[step]
            held = self._held[step] = self._new(step)
        return held

    def _new(self, step: Step) -> Bits:
        match step.node:
            case And() | Or():
                return joined(step.node, [self._of(read, step) for read in step.inputs])
            case Not():
                return negated(self._of(step.inputs[0], step))
            case Masked(_, mask):
                return self._of(step.inputs[0], step) & self.says(mask)
            case Compare():
                return self.days.hours(step.node, *self.rows(step))
            case Between():
                return self._between(step.node, *self.rows(step))
            case OnDay():
                return self._on_day(step.node, *self.rows(step))
            case _:
                raise AssertionError(step.node)

    def _of(self, read: Step, step: Step) -> Bits:
        """The planes of `read` at the rows of `step`."""
        planes = self.planes(read)
        if read.lo == step.lo and read.hi == step.hi:
            return planes
        return planes[:, self._rows_in(read, step)]

    def _rows_in(self, read: Step, step: Step) -> slice:
        start, (lo, hi) = self._now + read.lo, self.rows(step)
        return slice(lo - start, hi - start)

    def _between(self, node: Between, lo: int, hi: int) -> Bits:
        if (lo, hi) not in self._minutes:
            stamps = [self.sight.first + row * HOUR for row in range(lo, hi)]
            local = [stamp.astimezone(self.sight.zone) for stamp in stamps]
            self._minutes[lo, hi] = np.array([at.hour * 60 + at.minute for at in local])
        minutes = self._minutes[lo, hi]
        after, before = minutes >= node.start, minutes <= node.end
        return self._everywhere(
            (after & before if node.start <= node.end else after | before)[None]
        )

    def _on_day(self, node: OnDay, lo: int, hi: int) -> Bits:
        said = np.ones(hi - lo, np.int8)
        said[max(-lo, 0) :] = self.sight.facts.on_day(node.kind)[max(lo, 0) : hi]
        return self._everywhere(np.array([said == 2, said >= 1]))

    def _everywhere(self, said: Bools) -> Bits:
        """What is said of an hour, (1 or 2, rows), in every column."""
        return np.repeat(np.where(said, np.uint8(0xFF), np.uint8(0))[..., None], self._bytes, -1)

    # --- comparisons, and the numbers they read ---------------------------------------------------
    def _read(self, step: Step, values: Floats) -> None:
        """Make every comparison of a series, and of the series made of it. A comparison reads four
        bytes a cell; what it gives is packed at once, and all that follows reads a bit."""
        if self._room.size < values.size:
            self._room = np.empty(values.size, np.bool_)
        room = self._room[: values.size].reshape(values.shape)
        # A minimum is NaN if anything is: one fast pass decides for the whole tile.
        lacking = values.size > 0 and np.isnan(values.min())
        missing = self._packed(np.isnan(values, room)) if lacking else None
        for reader in step.readers:
            if not isinstance(reader.node, Compare):
                self._read(reader, self._made_of(values, step, reader))
            elif reader.lo == step.lo and reader.hi == step.hi:
                self._held[reader] = self._compare(reader.node, values, missing, room)
            else:
                at = self._rows_in(step, reader)
                lacks = None if missing is None else missing[:, at]
                self._held[reader] = self._compare(reader.node, values[at], lacks, room[at])

    def _compare(self, node: Compare, values: Floats, missing: Bits | None, room: Bools) -> Bits:
        slack = 0.0 if isinstance(node.series, Value) else SLACK
        said = self._packed(compare(values, node.operator, node.threshold, slack, room))
        if missing is None:
            return said
        made = np.empty((2, *said.shape[1:]), np.uint8)
        made[0] = said[0]
        np.bitwise_or(said[0], missing[0], made[1])
        return made

    def _packed(self, said: Bools) -> Bits:
        """(rows, columns) as one plane, in one go: here a row is whole bytes."""
        return np.packbits(said).reshape(1, len(said), self._bytes)

    def series(self, step: Step) -> Floats:
        """(rows, columns), NaN where missing; the last columns, up to a whole byte, mean nothing."""
        if isinstance(step.node, Value):
            return self._values(step.node.quantity, *self.rows(step))
        read = step.inputs[0]
        return self._made_of(self.series(read), read, step)

    def _made_of(self, values: Floats, read: Step, step: Step) -> Floats:
        node = cast(Window | Change | Drop, step.node)
        at = self._rows_in(read, step)
        return over(node, values[at.start - looks_back(node) : at.stop])

    def _values(self, quantity: str, lo: int, hi: int) -> Floats:
        held = self.sight.values.get(quantity)
        if held is not None and lo >= 0 and self.width % 8 == 0:
            # Rows of a tile that lie side by side in memory are read several times as fast.
            return np.ascontiguousarray(held[lo:hi, self.at])
        made = np.full((hi - lo, 8 * self._bytes), np.nan, np.float32)
        if held is not None:
            made[max(-lo, 0) :, : self.width] = held[max(lo, 0) : hi, self.at]
            made[:, self.width :] = 0
        return made


def _quantity_of(step: Step) -> Step:
    return _quantity_of(step.inputs[0]) if step.inputs else step
