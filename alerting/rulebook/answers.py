"""One answer a column: hours under a term, facts, and what joins them.

An answer is bits (3, bytes): *true*, *possible* (true or unknown), and *begun*, true with what is under
way alone.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.facts import FactsAt
from alerting.rulebook.nodes import (
    And,
    Compare,
    Condition,
    Fact,
    Masked,
    Not,
    Or,
    Term,
    base_quantity,
    walk,
)
from alerting.rulebook.plan import Step
from alerting.rulebook.planes import Bits, joined, negated, packed
from alerting.rulebook.tile import Tile
from alerting.rulebook.windows import rolling

Rows = NDArray[np.int32]
Ends = tuple[bool, frozenset[str]]
ALIKE: Ends = (False, frozenset())


class Reader:
    """Answers for the columns of a tile."""

    def __init__(self, tile: Tile) -> None:
        self._tile = tile
        self._sight = tile.sight
        self.facts = FactsAt(tile.sight, tile.at)
        self._answers: dict[Step, Bits] = {}
        self._inside: dict[tuple[int, int, bool, Ends], Bits | None] = {}
        self._limits: dict[Ends, Rows] = {}

    def answer(self, step: Step) -> Bits:
        if step not in self._answers:
            self._answers[step] = self._new_answer(step)
        return self._answers[step]

    def _new_answer(self, step: Step) -> Bits:
        match step.node:
            case Term(days=0) as term:
                return self._term(step, term)
            case Term() as term:
                return self._term_of_days(term)
            case And() | Or():
                return joined(step.node, [self.answer(s) for s in step.inputs])
            case Not():
                true, possible, _ = self.answer(step.inputs[0])
                return ~np.array([possible, true, possible])
            case Masked(_, mask):
                return self.answer(step.inputs[0]) & self._tile.says(mask)
            case fact:
                true, possible = self.facts.planes(cast(Fact, fact))
                return np.array([true, possible, true])

    # --- terms ------------------------------------------------------------------------------------
    def _term(self, step: Step, term: Term) -> Bits:
        """A stretch of `hours` stamps, all true, that has its first stamp at most `hours - 1` before
        now (it is under way) and at most `within` after."""
        read = step.inputs[0]
        start, end = self._tile.rows(read)
        first = self._sight.now_row + 1 - term.hours
        last = min(self._sight.now_row + (term.within or 0) + term.hours, end)
        planes = self._tile.planes(read)[:, first - start : last - start]
        inside = self._known_hours(first, last, step.daily, term.condition)
        return _stretches(planes if inside is None else planes & inside, term.hours)

    def _known_hours(self, first: int, last: int, daily: bool, condition: Condition) -> Bits | None:
        """The rows first to last that are forecast already, None where all are."""
        key = (first, last, daily, self._ends(condition))
        if key not in self._inside:
            limit = self.last_rows(daily, condition)
            all_known = not limit.size or limit.min() >= last - 1
            inside = None if all_known else packed(np.arange(first, last)[:, None] <= limit)
            self._inside[key] = inside
        return self._inside[key]

    def last_rows(self, daily: bool, condition: Condition) -> Rows:
        """[columns]: the last row that counts: up to it all is forecast that the condition reads, or
        of an `or` anything. Of days' values, the last of a day that is forecast to its end."""
        limit = self._limit(condition)
        return self._tile.days.last_rows(limit) if daily else limit

    def _limit(self, condition: Condition) -> Rows:
        ends = self._ends(condition)
        if ends not in self._limits:
            either, quantities = ends
            at = self._tile.at
            rows = [self._sight.horizon_of(quantity)[at] for quantity in sorted(quantities)]
            limit = (np.maximum if either else np.minimum).reduce(rows or [self._sight.horizon[at]])
            # The current hour itself is never "not yet forecast".
            self._limits[ends] = np.maximum(limit, self._sight.now_row)
        return self._limits[ends]

    def _ends(self, condition: Condition) -> Ends:
        """The quantities by which it is told how far the condition is forecast, none where all end at
        the same hour; and whether one is enough: what is true by it must not be left out."""
        own = self._sight.horizons
        if not own:
            return ALIKE
        parts = list(walk(condition))
        read = frozenset(base_quantity(n.series) for n in parts if isinstance(n, Compare))
        if own.keys().isdisjoint(read):
            return ALIKE
        denied = any(isinstance(n, Not) for n in parts)
        return any(isinstance(n, Or) for n in parts) and not denied, read

    def _term_of_days(self, term: Term) -> Bits:
        """The same on the axis of local days: a day begins at the stamp after the last one's end."""
        day_of_hour, complete = self._tile.days.calendar()
        today = int(day_of_hour[self._sight.now_row])
        latest = min(self._sight.now_row + (term.within or 0), self._sight.rows - 1)
        begins_last = int(day_of_hour[latest])
        first, last = today + 1 - term.days, min(begins_last + term.days, len(complete))
        planes = self._tile.days.planes(term.condition)
        if today < 0 or first < 0:
            # Days before the first are missing.
            short = max(-first, 0)
            before = np.zeros((2, short, planes.shape[2]), np.uint8)
            before[1] = 0xFF
            planes = np.concatenate([before, planes], axis=1)
            complete = np.concatenate([np.full(short, -1, np.int32), complete])
            first, last = first + short, last + short
        inside = packed(complete[first:last, None] <= self._limit(term.condition))
        return _stretches(planes[:, first:last] & inside, term.days)

    # --- one hour at a time -----------------------------------------------------------------------
    def every_hour(self, step: Step) -> Bits:
        """The planes of a condition without `for` and `within` at each row; facts hold for all of
        them, (1 or 2, 1 or rows, bytes)."""
        match step.node:
            case Term():
                read = step.inputs[0]
                rows = np.arange(*self._tile.rows(read))
                known = rows[:, None] <= self.last_rows(step.daily, step.node.condition)
                return self._tile.planes(read) & packed(known)
            case And() | Or():
                return joined(step.node, [self.every_hour(s) for s in step.inputs])
            case Not():
                return negated(self.every_hour(step.inputs[0]))
            case Masked(_, mask):
                return self.every_hour(step.inputs[0]) & self._tile.says(mask)
            case fact:
                return self.facts.planes(cast(Fact, fact))[:, None]


def _stretches(planes: Bits, length: int) -> Bits:
    """Whether any stretch of `length` rows meets it, and whether one does that has begun."""
    _, rows, width = planes.shape
    if rows < length:
        return np.zeros((3, width), np.uint8)
    starts = rolling(np.bitwise_and, planes, length)
    some = np.bitwise_or.reduce(starts, axis=1)
    begun = np.bitwise_or.reduce(starts[0, :length], axis=0)
    return np.array([some[0], some[-1], begun])
