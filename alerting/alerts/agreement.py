"""Whether those who should know agree that a level is over.

Once the level has begun: a fresh observation for which `clear` is true. Otherwise, or where no sensor
speaks for the place: every run issued in the last six hours, two at least, each read at now with later
observations laid over it. What confirms is issued or taken after the last hour the level was believed
true, and nothing falls while its sources are overdue.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.facts import FactBook
from alerting.alerts.judge import Bools, Levels, Seen, at_all, worst
from alerting.alerts.standing import Standing
from alerting.rulebook import Bound
from alerting.vocabulary import Level
from alerting.weather import Fields

RUNS_AT_LEAST = 2


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
        columns = np.concatenate([places.columns_of(int(p)) for p in positions])
        sizes = [len(places.columns_of(int(p))) for p in positions]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        believed = np.repeat(memory.believed[positions], sizes)
        begun = ~np.isnan(memory.believed[positions])
        fresh, sensed = self._observed(bound, rule, columns, believed)
        by_sensor = at_all(fresh | ~sensed, starts) & worst(sensed, starts)
        has_sensor = worst(sensed, starts)
        needs_runs = ~(begun & has_sensor)
        agreed = begun & by_sensor
        if needs_runs.any():
            held = memory.level[positions]
            by_runs = self._runs(bound, rule, columns, starts, held, targets,
                                 memory.believed[positions])  # fmt: skip
            agreed |= needs_runs & by_runs
        overdue = self._fields.overdue(self._now)
        late = np.zeros(len(positions), np.bool_)
        for where in overdue.values():
            late |= worst(where[columns], starts)
        return agreed & ~late

    def _observed(
        self, bound: Bound, rule: Any, columns: NDArray[np.intp], believed: NDArray[np.float64]
    ) -> tuple[Bools, Bools]:
        """Columns with a fresh observation, for which `clear` is true, after the last belief; and
        columns for which any sensor speaks at all."""
        fresh = np.zeros(len(columns), np.bool_)
        sensed = np.zeros(len(columns), np.bool_)
        facts = self._facts.at(self._now)
        sight = facts.beside(self._fields.sight_of(self._now, facts, columns), columns)
        for quantity in sorted(rule.clear_quantities):
            can = sight.can_observe.get(quantity)
            if can is None:
                continue
            sensed |= can
            taken = self._fields.fresh_observation(quantity, columns)
            with np.errstate(invalid="ignore"):
                later = np.isnan(believed) | (taken > believed)
            known = np.flatnonzero(~np.isnan(taken) & later)
            if not len(known):
                continue
            first = sight.first.timestamp()
            rows = ((taken[known] - first) // 3600).astype(np.intp)
            clear = bound.clear_at(rule.id, sight)
            fresh[known] |= clear[np.clip(rows, 0, sight.rows - 1), known]
        return fresh, sensed

    def _runs(
        self,
        bound: Bound,
        rule: Any,
        columns: NDArray[np.intp],
        starts: NDArray[np.intp],
        held: Levels,
        targets: Levels,
        believed: NDArray[np.float64],
    ) -> Bools:
        agreed = np.ones(len(starts), np.bool_)
        counted = np.zeros(len(starts), np.int32)
        facts = self._facts.at(self._now)
        ladder = np.array([int(Level[name]) for name in rule.levels], np.int8)
        for run in self._fields.run_sights(self._now, facts, columns):
            verdict = bound.evaluate_on(rule.id, facts.beside(run.sight, columns))
            seen = Seen(
                ladder, worst(verdict.true, starts), worst(verdict.possible, starts),
                np.maximum.reduceat(verdict.floor, starts).astype(np.int8),
                at_all(verdict.clear_true, starts), worst(verdict.ahead_possible, starts),
                np.zeros(len(starts), np.bool_),
            )  # fmt: skip
            speaks = worst(run.covers, starts)
            agreed &= ~speaks | ((seen.cannot_exclude(held) <= targets) & seen.clear)
            with np.errstate(invalid="ignore"):
                later = np.isnan(believed) | (run.issued.timestamp() > believed)
            counted += (speaks & later).astype(np.int32)
        return agreed & (counted >= RUNS_AT_LEAST)
