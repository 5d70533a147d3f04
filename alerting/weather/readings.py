"""The fields as one run alone says them, or as the sensors alone do: those who may agree on a fall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats
from alerting.weather.merge import Merge
from alerting.weather.observations import Observations
from alerting.weather.recipes import RECIPES
from alerting.weather.runs import Run, Runs
from alerting.weather.sight import Bools, Daily, Ints, Sight
from alerting.weather.window import Window

Columns = NDArray[np.int64]
DaysOf = Callable[[Mapping[str, Floats], Columns], dict[str, dict[str, Daily]]]


class RunSight(NamedTuple):
    """One recent run read at now; `covers` marks the columns for which it says anything, `says` what
    it says of them."""

    source: str
    issued: datetime
    covers: Bools
    says: frozenset[str]
    sight: Sight


class Readings:
    """`days` makes the daily values of such a reading."""

    def __init__(
        self,
        window: Window,
        runs: Mapping[str, Runs],
        observations: Observations,
        merge: Merge,
        days: DaysOf,
    ) -> None:
        self._window, self._runs, self._observations = window, runs, observations
        self._merge, self._days = merge, days

    def of_runs(self, base: Sight, columns: Columns, since: datetime) -> list[RunSight]:
        """Every run issued since then, and of each source at least its newest two: ahead the run
        alone, in the past what it said with observations laid over it, before its start what is
        believed. What its source never says is read as believed. Oldest first, then by trust."""
        made: list[RunSight] = []
        for source, runs in self._runs.items():
            issues = sorted({r.issued for r in runs.recent})
            wanted = {i for i in issues if i >= since} | set(issues[-2:])
            made += [self._run(base, source, i, columns) for i in sorted(wanted)]
        return sorted(made, key=lambda r: r.issued)

    def of_sensors(self, base: Sight, columns: Columns, since: NDArray[np.float64]) -> Sight:
        """The past as stations alone have seen it, up to the current hour, for which the latest
        observation stands in. Of a quantity whose latest is not fresh, or was taken no later than
        `since` (epoch s by column, NaN for never), nothing counts."""
        now, past = base.now.timestamp(), base.now_row
        seen = self._seen(columns)
        for quantity, block in seen.items():
            latest = self._observations.latest[quantity]
            with np.errstate(invalid="ignore"):
                later = np.isnan(since) | (latest.taken[columns] > since)
            block[past] = np.where(np.isnan(block[past]), latest.value[columns], block[past])
            block[:, ~(latest.fresh(now)[columns] & later)] = np.nan
        nothing = np.full((past + 1, len(columns)), np.nan, np.float32)
        values = {q: seen.get(q, nothing) for q in base.values}
        self._derive(values, seen, columns)
        observed: dict[str, Floats] = {}
        for quantity, held in base.observed.items():
            counts = ~np.isnan(values[quantity][past]) if quantity in values else False
            observed[quantity] = np.where(counts, held, np.float32(np.nan))
        return replace(
            base,
            values=values,
            horizon=np.full(len(columns), past, np.int32),
            horizons={},
            can_say=base.can_observe,
            observed=observed,
            daily=self._days(values, columns),
        )

    def _run(self, base: Sight, source: str, issued: datetime, columns: Columns) -> RunSight:
        window, past = self._window, self._window.past
        runs = [r for r in self._runs[source].recent if r.issued == issued]
        values, seen = dict(base.values), self._seen(columns)
        for quantity in sorted(self._runs[source].layers.keys() & values.keys()):
            block = values[quantity].copy()
            block[past + 1 :] = np.nan
            for run in runs:
                told = run.read(quantity, window.first, window.first + base.rows - 1, columns)
                np.copyto(block, told, where=~np.isnan(told))
            _lay_over(block, seen.get(quantity))
            values[quantity] = block
        self._derive(values, seen, columns)
        horizon = self._horizon(base, runs, columns)
        others = self._others(source, base, horizon)
        return RunSight(
            source,
            issued,
            np.logical_or.reduce([r.taken[columns] for r in runs]),
            frozenset(q for r in runs for q in r.values),
            replace(
                base,
                values=values,
                horizon=horizon,
                horizons=others,
                daily=self._days(values, columns),
            ),
        )

    def _horizon(self, base: Sight, runs: list[Run], columns: Columns) -> NDArray[np.int32]:
        last = np.full(len(columns), base.now_row, np.int64)
        for run in runs:
            last = np.where(run.taken[columns], run.last - self._window.first, last)
        return np.clip(last, base.now_row, base.rows - 1).astype(np.int32)

    def _others(self, source: str, base: Sight, horizon: Ints) -> dict[str, Ints]:
        """The horizons of what this source does not say: as believed."""
        said = self._runs[source].layers

        def of(quantity: str) -> Ints:
            if quantity in said:
                return horizon
            if quantity in self._merge.order:
                return np.minimum.reduce([of(q) for q in sorted(RECIPES[quantity].of)])
            return base.horizon_of(quantity)

        return {q: of(q) for q in base.values if q not in said}

    def _derive(
        self, values: dict[str, Floats], seen: Mapping[str, Floats], columns: Columns
    ) -> None:
        for quantity in self._merge.order:
            hours = self._window.first + np.arange(len(next(iter(values.values()))))
            made = self._merge.make(quantity, values, columns, hours)
            if made is not None:
                _lay_over(made, seen.get(quantity))
                values[quantity] = made

    def _seen(self, columns: Columns) -> dict[str, Floats]:
        """What stations saw of each quantity, (hours from the window's first to now, columns)."""
        rows = self._window.span(self._window.first, self._window.now)
        return {q: layer[rows][:, columns] for q, layer in self._observations.layers.items()}


def _lay_over(block: Floats, seen: Floats | None) -> None:
    if seen is not None:
        np.copyto(block[: len(seen)], seen, where=~np.isnan(seen))
