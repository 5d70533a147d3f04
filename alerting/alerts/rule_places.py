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


def rule_places(life: Life) -> dict[str, RulePlaces]:
    """For every rule of the book the places it runs on: its kind, and its tags where it names any; and
    of these the points that it looks at. Rules of duties run nowhere where those do not arise."""
    found: dict[str, RulePlaces] = {}
    of_kind = {kind: life.places.with_columns(kind) for kind in {r.place for r in life.book.rules}}
    for rule in life.book.rules:
        runs = life.duties or rule.hazard != "season"
        ids = [p for p in of_kind[rule.place] if runs and rule.tags <= life.places.by_id[p].tags]
        columns = [_columns(life, rule, place) for place in ids]
        sizes = [len(some) for some in columns]
        found[rule.id] = RulePlaces(
            ids,
            np.concatenate(columns) if columns else np.zeros(0, np.intp),
            np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
            if sizes else np.zeros(0, np.intp),
        )  # fmt: skip
    return found


def _columns(life: Life, rule: Rule, place: str) -> NDArray[np.intp]:
    if rule.points == "inhabited":
        return np.array(life.places.inhabited(place), np.intp)
    return np.arange(*life.places.place_range[place])
