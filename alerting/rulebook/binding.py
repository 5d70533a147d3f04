"""What no configured source can say, settled once for all columns when a book is bound.

`or` drops a part that is absent. Under `and` or `not` an absent part makes the level undecidable: what
it stands in says nothing there, while other parts of an `or` around it still count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.book import Rule
from alerting.rulebook.nodes import (
    And,
    Compare,
    Condition,
    Masked,
    Not,
    Observed,
    Official,
    Or,
    Term,
    base_quantity,
)
from alerting.vocabulary import BY_BULLETIN, Level
from alerting.weather.sight import Sight

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BindFacts:
    """What binding needs to know of the places and sources.

    `kinds` gives each kind of place its columns [lo, hi); `tags` a mask over all `columns` for each
    tag (None: every column has all of them; a tag without a mask is nowhere); `can_say` and
    `can_observe` masks by quantity (a quantity without one is absent everywhere).
    """

    columns: int
    kinds: Mapping[str, tuple[int, int]]
    can_say: Mapping[str, Any]
    can_observe: Mapping[str, Any]
    can_warn: bool
    tags: Mapping[str, Any] | None = field(default_factory=dict)

    @classmethod
    def of(cls, sight: Sight, kind: str) -> BindFacts:
        """A sight whose columns are all places of a rule: of its kind, with all its tags."""
        return cls(sight.columns, {kind: (0, sight.columns)}, sight.can_say, sight.can_observe,
                   sight.facts.can_warn(), tags=None)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoundLevel:
    """`when` as it can be decided; `undecidable` (columns of the rule) where a part of it cannot;
    `missing` what is absent, in words, and where."""

    level: Level
    when: Condition
    undecidable: Bools
    missing: dict[str, Bools]


class Binder:
    """Settles conditions over the columns [lo, hi) of one kind of place."""

    def __init__(self, facts: BindFacts, kind: str) -> None:
        self._facts = facts
        self.lo, self.hi = facts.kinds.get(kind, (0, 0))
        self.masks: list[Bools] = []
        self._known: dict[bytes, int] = {}

    def applies(self, rule: Rule) -> Bools:
        """Where the rule's tags are all present."""
        made = np.ones(self.hi - self.lo, np.bool_)
        if self._facts.tags is None:
            return made
        for tag in rule.tags:
            has = self._facts.tags.get(tag)
            made &= False if has is None else np.asarray(has, np.bool_)[self.lo : self.hi]
        return made

    def level(self, level: Level, when: Condition) -> BoundLevel:
        missing: dict[str, Bools] = {}
        settled, silent, undecidable = self._settle(when, missing, denied=False)
        return BoundLevel(level, self._masked(settled, silent), undecidable | silent, missing)

    def _settle(
        self, node: Condition, missing: dict[str, Bools], denied: bool
    ) -> tuple[Condition, Bools, Bools]:
        """The node as it can be decided, where it is silent, and where that is not for an `or` to
        drop."""
        never = np.zeros(self.hi - self.lo, np.bool_)
        undecidable: Bools
        match node:
            case Term():
                inside, silent, undecidable = self._settle(node.condition, missing, denied)
                term = Term(inside, node.hours, node.days, node.within)
                return term, silent, undecidable
            case Not(part):
                _, silent, undecidable = self._settle(part, missing, denied=True)
                return node, silent, undecidable | silent
            case And(parts) | Or(parts):
                settled = [self._settle(p, missing, denied) for p in parts]
                silents = np.array([s for _, s, _ in settled], np.bool_)
                unsure = np.array([u for _, _, u in settled], np.bool_)
                undecidable = np.logical_or.reduce(unsure)
                if isinstance(node, Or) and not denied:
                    return self._without(settled), np.logical_and.reduce(silents), undecidable
                silent = np.logical_or.reduce(silents)
                if denied:
                    return node, silent, undecidable
                return And(tuple(n for n, _, _ in settled)), silent, undecidable | silent
            case _:
                silent, words = self._absent(node)
                if silent.any():
                    missing[words] = silent | missing.get(words, never)
                return node, silent, never

    def _without(self, settled: list[tuple[Condition, Bools, Bools]]) -> Condition:
        kept = tuple(self._masked(n, silent) for n, silent, _ in settled if not silent.all())
        if not kept:
            return settled[0][0]
        return kept[0] if len(kept) == 1 else Or(kept)

    def _masked(self, node: Condition, silent: Bools) -> Condition:
        if not silent.any():
            return node
        key = silent.tobytes()
        if key not in self._known:
            self._known[key] = len(self.masks)
            self.masks.append(silent)
        return Masked(node, self._known[key])

    def _absent(self, leaf: Condition) -> tuple[Bools, str]:
        match leaf:
            case Compare(series):
                quantity = base_quantity(series)
                return self._not_in(self._facts.can_say, quantity), quantity
            case Observed(quantity):
                return self._not_in(self._facts.can_observe, quantity), f"observed {quantity}"
            case Official(hazard) if not (self._facts.can_warn or hazard in BY_BULLETIN):
                return np.ones(self.hi - self.lo, np.bool_), "official warnings"
            case _:
                return np.zeros(self.hi - self.lo, np.bool_), ""

    def _not_in(self, able: Mapping[str, Any], quantity: str) -> Bools:
        if quantity not in able:
            return np.ones(self.hi - self.lo, np.bool_)
        return ~np.asarray(able[quantity], np.bool_)[self.lo : self.hi]
