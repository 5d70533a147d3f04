"""The whole book over all columns at once.

`bind` settles what can be decided where and lays out one plan for each kind of place. `evaluate` then
walks the columns in tiles that fit the cache. In a tile `tile.py` gives conditions hour by hour,
`answers.py` makes one answer a column of them, and a rule's levels together are its verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.answers import Reader
from alerting.rulebook.binding import Binder, BindFacts
from alerting.rulebook.book import Book, Rule
from alerting.rulebook.heard import Heard
from alerting.rulebook.nodes import And, Condition, Masked, Or, Term
from alerting.rulebook.plan import Plan, Step
from alerting.rulebook.planes import Bools, unpacked
from alerting.rulebook.tile import Tile, spans
from alerting.rulebook.verdict import BoundRule, Verdict, blank, fill
from alerting.weather.sight import Sight

HOUR = timedelta(hours=1)
GAP = timedelta(hours=6)  # from clearing to opening, up to which it is the same alert
FEW = 4  # a column that is picked out costs up to so many that lie side by side


@dataclass(slots=True)
class _Group:
    """The rules of one kind of place, and its columns."""

    lo: int
    hi: int
    masks: list[Bools]
    rules: list[BoundRule]

    def verdicts(self, sight: Sight) -> list[Verdict]:
        made = [blank(one, self.lo, self.hi) for one in self.rules]
        for left, right in spans(self.lo, self.hi):
            at = slice(left - self.lo, right - self.lo)
            reader = Reader(Tile(sight, slice(left, right), [mask[at] for mask in self.masks]))
            for one, verdict in zip(self.rules, made, strict=True):
                fill(verdict, one, reader, at)
        return made

    def verdicts_at(self, sight: Sight, columns: NDArray[np.intp]) -> list[Verdict]:
        """Of some of its columns alone, counted from its first."""
        masks = [mask[columns] for mask in self.masks]
        reader = Reader(Tile(sight, self.lo + columns, masks))
        made = []
        for one in self.rules:
            some = one.at(columns)
            verdict = blank(some, self.lo, self.lo + len(columns))
            verdict.columns = columns
            fill(verdict, some, reader, slice(0, len(columns)))
            made.append(verdict)
        return made


def bind(book: Book, facts: BindFacts, gap: timedelta = GAP) -> Bound:
    """The book over the places' columns. `gap` is the config's, for clearing."""
    return Bound(book.rules, facts, gap)


class Bound:
    """Rules bound to columns. A bound book is made anew when the book, the places or the sources
    change, and holds nothing that changes in between."""

    def __init__(self, rules: Sequence[Rule], facts: BindFacts, gap: timedelta = GAP) -> None:
        self._gap = gap
        self._groups: list[_Group] = []
        self._rules = {rule.id: rule for rule in rules}
        self._bound: dict[str, tuple[_Group, BoundRule]] = {}
        for kind in dict.fromkeys(rule.place for rule in rules):
            binder, plan = Binder(facts, kind), Plan()
            made = [_bind(rule, binder, plan, gap) for rule in rules if rule.place == kind]
            group = _Group(binder.lo, binder.hi, binder.masks, made)
            self._groups.append(group)
            self._bound |= {one.rule.id: (group, one) for one in made}

    # --- the whole book ---------------------------------------------------------------------------
    def evaluate(self, sight: Sight, only: Bools | None = None) -> list[Verdict]:
        """A verdict for each rule, in the book's order; where few columns are among `only`, of these
        alone (see Verdict.columns)."""
        made: dict[str, Verdict] = {}
        sight = replace(sight, facts=Heard(sight.facts))
        for group in self._groups:
            some = None if only is None else np.flatnonzero(only[group.lo : group.hi])
            if some is None or FEW * len(some) > group.hi - group.lo:
                verdicts = group.verdicts(sight)
            else:
                verdicts = group.verdicts_at(sight, some)
            made |= {v.rule.id: v for v in verdicts}
        return [made[rule] for rule in self._rules]

    # --- one rule, few columns --------------------------------------------------------------------
    def evaluate_on(self, rule_id: str, sight: Sight) -> Verdict:
        """One rule over a sight whose columns all are places of it, in any number and order."""
        return self._on(rule_id, sight).evaluate(sight)[0]

    def clear_at(self, rule_id: str, sight: Sight) -> Bools:
        """[rows, columns] of such a sight: where `clear` is true at each hour stamp."""
        one = self._on(rule_id, sight)
        group, bound = one._bound[rule_id]
        shape = (sight.rows, sight.columns)
        if bound.clear is None:
            return np.ones(shape, np.bool_)
        step = Plan().step(bound.clear.when)
        need_all(step, sight)
        tile = Tile(sight, slice(0, sight.columns), group.masks)
        true = unpacked(Reader(tile).every_hour(step)[0], sight.columns)
        return np.array(np.broadcast_to(true, shape))

    def clear_at_rows(self, rule_id: str, sight: Sight, rows: Sequence[int]) -> Bools:
        """`clear_at`, of these rows alone."""
        return self.clear_at(rule_id, sight)[np.asarray(rows, np.intp)]

    def _on(self, rule_id: str, sight: Sight) -> Bound:
        rule = self._rules[rule_id]
        return Bound([rule], BindFacts.of(sight, rule.place), self._gap)

    # --- what cannot be decided -------------------------------------------------------------------
    def masks_of(self, rule_id: str) -> list[Bools]:
        return self._bound[rule_id][0].masks

    def rule(self, rule_id: str) -> BoundRule:
        return self._bound[rule_id][1]

    def range(self, rule_id: str) -> tuple[int, int]:
        """The columns [lo, hi) of the rule's kind of place."""
        group = self._bound[rule_id][0]
        return group.lo, group.hi

    def undecidable_at(self, rule_id: str, lo: int, hi: int) -> dict[str, list[str]]:
        """Level -> what is absent, where no configured source can decide the level in some column of
        [lo, hi); `clear` stands beside the levels' names."""
        group, one = self._bound[rule_id]
        at = slice(lo - group.lo, hi - group.lo)
        named = [(level.level.name, level) for level in one.levels]
        named += [("clear", one.clear)] if one.clear is not None else []
        return {
            name: sorted(words for words, where in level.missing.items() if where[at].any())
            for name, level in named
            if (level.undecidable[at] & one.applies[at]).any()
        }


# --- binding one rule -----------------------------------------------------------------------------
def _bind(rule: Rule, binder: Binder, plan: Plan, gap: timedelta) -> BoundRule:
    levels = tuple(binder.level(step.level, step.when) for step in rule.levels.values())
    lowest = levels[0].when
    clear = None if rule.clear is None else binder.level(levels[0].level, rule.clear)
    return BoundRule(
        rule,
        binder.applies(rule),
        levels,
        clear,
        tuple(plan.step(level.when) for level in levels),
        plan.step(_reaching(lowest, int((rule.reach + gap) / HOUR))),
        None if clear is None else plan.step(clear.when),
    )


def _reaching(node: Condition, hours: int) -> Condition:
    """The condition with each term looking `hours` ahead. What stands under a `not` stays as it is:
    there, looking further would make it true of less."""
    match node:
        case Term():
            return replace(node, within=max(hours, node.within or 0))
        case And(parts):
            return And(tuple(_reaching(p, hours) for p in parts))
        case Or(parts):
            return Or(tuple(_reaching(p, hours) for p in parts))
        case Masked(part):
            return replace(node, part=_reaching(part, hours))
        case _:
            return node


def need_all(step: Step, sight: Sight) -> None:
    """Ask for every row of the sight."""
    for read in step.inputs:
        need_all(read, sight)
    if not isinstance(step.node, Term):
        step.need(-sight.now_row, sight.rows - sight.now_row)
