"""Which places each rule of the book runs on, and where their points lie among the columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.life import Life
from alerting.rulebook import Rule


@dataclass(slots=True)
class RulePlaces:
    """The places a rule runs on, and where their columns lie within the rule's own range."""

    ids: list[str]
    columns: NDArray[np.intp]  # of all its places, absolute, side by side
    starts: NDArray[np.intp]  # where each place begins within `columns`

    def columns_of(self, position: int) -> NDArray[np.intp]:
        last = position + 1 == len(self.starts)
        end = len(self.columns) if last else self.starts[position + 1]
        return self.columns[self.starts[position] : end]

    def at(self, positions: NDArray[np.intp]) -> tuple[RulePlaces, NDArray[np.intp]]:
        """Some of the places, and where their columns lie within `columns`."""
        if len(positions) == len(self.ids):
            return self, np.arange(len(self.columns))
        ends = np.append(self.starts, len(self.columns))
        sizes = ends[positions + 1] - ends[positions]
        starts = (np.cumsum(sizes) - sizes).astype(np.intp)
        points = np.arange(int(sizes.sum())) + np.repeat(ends[positions] - starts, sizes)
        return RulePlaces([self.ids[p] for p in positions], self.columns[points], starts), points


def rule_places(life: Life) -> dict[str, RulePlaces]:
    """For every rule of the book the places it runs on: its kind, and its tags where it names any; and
    of these the points that it looks at. Rules of duties run nowhere where those do not arise. Rules
    that run on the same have the same."""
    found: dict[str, RulePlaces] = {}
    known: dict[tuple[object, ...], RulePlaces] = {}
    of_kind = {kind: life.places.with_columns(kind) for kind in {r.place for r in life.book.rules}}
    for rule in life.book.rules:
        runs = life.duties or rule.hazard != "season"
        key = (rule.place, frozenset(rule.tags), rule.points, runs)
        if key not in known:
            ids = [p for p in of_kind[rule.place] if runs and rule.tags <= life.places.by_id[p].tags]
            known[key] = _placed(ids, [_columns(life, rule, place) for place in ids])
        found[rule.id] = known[key]
    return found


def _placed(ids: list[str], columns: list[NDArray[np.intp]]) -> RulePlaces:
    if not ids:
        return RulePlaces(ids, np.zeros(0, np.intp), np.zeros(0, np.intp))
    sizes = [len(some) for some in columns]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    return RulePlaces(ids, np.concatenate(columns), starts)


def _columns(life: Life, rule: Rule, place: str) -> NDArray[np.intp]:
    if rule.points == "inhabited":
        return np.array(life.places.inhabited(place), np.intp)
    return np.arange(*life.places.place_range[place])
