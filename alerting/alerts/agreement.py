"""Whether those who should know agree that a level is over.

Each point of a place is asked for itself. Once the level has begun: fresh observations which by
themselves make `clear` true. Before that, or where the sensors that speak for the point cannot tell (of
a day's value never, before the day is over): every run issued in the last six hours, two at least of
each quantity the rule reads, each read at now with later observations laid over it. What confirms is
issued or taken after the last hour the level was believed true, and nothing falls while its sources are
overdue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.facts import FactBook
from alerting.alerts.seen import Bools, Levels, Seen, at_all
from alerting.alerts.standing import Standing
from alerting.rulebook import Bound
from alerting.rulebook.nodes import looks_at_days
from alerting.vocabulary import Level
from alerting.weather import Fields

RUNS_AT_LEAST = 2


@dataclass(frozen=True, slots=True)
class _Asked:
    """Points side by side: their columns, what their place holds and may fall to, and the last hour
    it believed (epoch s, NaN for a level that has not begun)."""

    columns: NDArray[np.intp]
    held: Levels
    target: Levels
    believed: NDArray[np.float64]

    def at(self, where: Bools) -> _Asked:
        return _Asked(self.columns[where], self.held[where], self.target[where],
                      self.believed[where])  # fmt: skip


class Agreement:
    """Asked at one moment, about few places at a time."""

    def __init__(self, fields: Fields, facts: FactBook, now: datetime) -> None:
        self._fields, self._facts, self._now = fields, facts, now

    def holds(
        self,
        bound: Bound,
        rule: Any,
        places: Any,
        memory: Standing,
        positions: NDArray[np.intp],
        targets: Levels,
    ) -> Bools:
        """For each position whether a fall to its target is agreed."""
        columns = [places.columns_of(int(p)) for p in positions]
        sizes = [len(c) for c in columns]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        asked = _Asked(
            np.concatenate(columns),
            np.repeat(memory.level[positions], sizes),
            np.repeat(targets, sizes),
            np.repeat(memory.believed[positions], sizes),
        )
        begun = ~np.isnan(asked.believed)
        seen_clear, can_tell = self._sensors(bound, rule, asked)
        agreed = begun & seen_clear
        by_runs = ~(begun & can_tell) & ~agreed
        if by_runs.any():
            agreed[by_runs] = self._runs(bound, rule, asked.at(by_runs))
        late = self._fields.overdue(self._now, rule.quantities)
        for where in late.values():
            agreed &= ~where[asked.columns]
        return at_all(agreed, starts)

    def _sensors(self, bound: Bound, rule: Any, asked: _Asked) -> tuple[Bools, Bools]:
        """Points where fresh observations later than the belief make `clear` true by themselves; and
        points where sensors speak of all that `clear` reads, so that theirs is the word."""
        facts = self._facts.at(self._now)
        sight = self._fields.sensor_sight(self._now, facts, asked.columns, asked.believed)
        # Of a day that is not over a sensor knows a part, and never what the day will have been.
        by_the_day = rule.clear is not None and looks_at_days(rule.clear)
        can_tell = np.full(len(asked.columns), bool(rule.clear_quantities) and not by_the_day)
        for quantity in rule.clear_quantities:
            can_tell &= sight.can_observe.get(quantity, False)
        beside = facts.beside(sight, asked.columns)
        clear = bound.clear_at_rows(rule.id, beside, [sight.now_row])[0]
        return clear & bool(rule.clear_quantities), can_tell

    def _runs(self, bound: Bound, rule: Any, asked: _Asked) -> Bools:
        agreed = np.ones(len(asked.columns), np.bool_)
        spoken = {
            q: np.zeros(len(asked.columns), np.int32)
            for q in sorted(self._fields.said_of(rule.quantities))
        }
        facts = self._facts.at(self._now)
        ladder = np.array([int(Level[name]) for name in rule.levels], np.int8)
        for run in self._fields.run_sights(self._now, facts, asked.columns):
            matters = run.says & spoken.keys()
            if not matters:
                continue
            verdict = bound.evaluate_on(rule.id, facts.beside(run.sight, asked.columns))
            nowhere = np.zeros(len(asked.columns), np.bool_)
            seen = Seen(
                ladder, verdict.true, verdict.possible, verdict.floor, verdict.clear_true,
                verdict.ahead_possible, nowhere, nowhere,
            )  # fmt: skip
            agreed &= ~run.covers | ((seen.cannot_exclude(asked.held) <= asked.target) & seen.clear)
            with np.errstate(invalid="ignore"):
                later = ~(run.issued.timestamp() <= asked.believed)
            for quantity in matters:
                spoken[quantity] += run.covers & later
        enough = [count >= RUNS_AT_LEAST for count in spoken.values()]
        return agreed & np.logical_and.reduce(enough) if enough else np.zeros_like(agreed)
