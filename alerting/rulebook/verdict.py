"""What a rule says of its columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.answers import Reader
from alerting.rulebook.binding import BoundLevel
from alerting.rulebook.book import Rule
from alerting.rulebook.plan import Step
from alerting.rulebook.planes import Bools, packed, unpacked


@dataclass(slots=True)
class BoundRule:
    """A rule over the columns of its kind of place, with the steps that answer it."""

    rule: Rule
    applies: Bools
    levels: tuple[BoundLevel, ...]
    clear: BoundLevel | None
    steps: tuple[Step, ...]  # one a level
    ahead: Step
    clear_step: Step | None

    @property
    def undecidable(self) -> Bools:
        return np.array([level.undecidable for level in self.levels])

    def at(self, columns: NDArray[np.intp]) -> BoundRule:
        """The rule over some of its columns alone."""

        def some(level: BoundLevel) -> BoundLevel:
            return replace(level, undecidable=level.undecidable[columns])

        clear = None if self.clear is None else some(self.clear)
        levels = tuple(some(level) for level in self.levels)
        return replace(self, applies=self.applies[columns], levels=levels, clear=clear)


@dataclass(slots=True)
class Verdict:
    """What a rule says of the columns [lo, hi), n of them, or of `columns` alone, counted from `lo`;
    levels run from the lowest up.

    `under_way_levels` says where a level that is true has begun already. `ahead_*` are the lowest level
    within the rule's reach and the gap. `floor` is the official level on the rule's ladder, 0 for none.
    Only columns in `applies` belong to the rule (its tags); elsewhere all is false.
    """

    rule: Rule
    lo: int
    hi: int
    applies: Bools  # [n]
    true: Bools  # [levels, n]
    possible: Bools  # [levels, n]
    under_way_levels: Bools  # [levels, n]
    undecidable: Bools  # [levels, n]
    clear_true: Bools  # [n], at the current hour
    clear_possible: Bools
    ahead_true: Bools  # [n]
    ahead_possible: Bools
    floor: NDArray[np.int8]  # [n]
    facts_only: bool
    columns: NDArray[np.intp] | None = None

    def where(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where columns of the sight, which it must speak of, are found in its arrays."""
        if self.columns is None:
            return columns - self.lo
        return np.searchsorted(self.columns, columns - self.lo)

    @property
    def under_way(self) -> Bools:
        """[levels, n]: where the level, or one above it, is believed and has begun. An official one
        has, where the weather does not come up to it."""
        ladder = np.array(self.rule.ladder)[:, None]
        begun = np.logical_or.accumulate((self.true & self.under_way_levels)[::-1])[::-1]
        weather_decides = (self.true & (ladder >= self.floor)).any(axis=0)
        return begun | ((self.floor >= ladder) & ~weather_decides)


def blank(one: BoundRule, lo: int, hi: int) -> Verdict:
    """The verdict before any column is answered."""
    n, levels = hi - lo, len(one.levels)

    def none(*shape: int) -> Bools:
        return np.zeros(shape, np.bool_)

    return Verdict(
        rule=one.rule, lo=lo, hi=hi, applies=one.applies,
        true=none(levels, n), possible=none(levels, n), under_way_levels=none(levels, n),
        undecidable=one.undecidable & one.applies,
        clear_true=none(n), clear_possible=none(n), ahead_true=none(n), ahead_possible=none(n),
        floor=np.zeros(n, np.int8), facts_only=one.rule.facts_only,
    )  # fmt: skip


def fill(verdict: Verdict, one: BoundRule, reader: Reader, at: slice) -> None:
    """The columns `at` of the verdict, from what the reader answers of them."""
    here, applies = one.applies[at], packed(one.applies[at])

    def said(step: Step) -> Bools:
        return unpacked(reader.answer(step) & applies, len(here))

    for n, step in enumerate(one.steps):
        verdict.true[n, at], verdict.possible[n, at], verdict.under_way_levels[n, at] = said(step)
    verdict.ahead_true[at], verdict.ahead_possible[at], _ = said(one.ahead)
    if one.clear_step is None or one.clear is None:
        verdict.clear_true[at] = verdict.clear_possible[at] = here
    else:
        clear, possible, _ = said(one.clear_step)
        verdict.clear_true[at] = clear
        verdict.clear_possible[at] = possible | (one.clear.undecidable[at] & here)
    if one.rule.floor:
        verdict.floor[at] = reader.facts.floor(one.rule) * here
