"""Where a value of the fields comes from: a station, a run of a source, or what it is derived from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from alerting.weather.lift import Lift
from alerting.weather.merge import Merge
from alerting.weather.observations import Observations
from alerting.weather.runs import Runs
from alerting.weather.window import Window, stamp_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value comes from. `issued` is a run's issue or an observation's hour."""

    source: str
    issued: datetime | None
    kind: Literal["observed", "forecast", "derived", "missing"]


class Origins:
    """`names` are the sources by trust; `spread` the quantities that some source says it has derived
    itself, which grow as it speaks; `lift` knows what was moved to another height."""

    def __init__(
        self,
        window: Window,
        runs: Mapping[str, Runs],
        observations: Observations,
        merge: Merge,
        names: Sequence[str],
        spread: Set[str],
        lift: Lift,
    ) -> None:
        self._window, self._runs, self._observations = window, runs, observations
        self._merge, self._names, self._spread, self._lift = merge, names, spread, lift

    def of(self, quantity: str, column: int, row: int) -> Origin:
        """Where the value of one cell of the last sight comes from (`row` as in the sight)."""
        window, hour = self._window, self._window.first + row
        at = hour - window.base
        merged = self._merge.fields.get(quantity)
        if merged is None or np.isnan(merged[at, column]):
            return Origin("", None, "missing")
        layer = self._observations.layers.get(quantity)
        if hour <= window.now and layer is not None and not np.isnan(layer[at, column]):
            latest = self._observations.latest[quantity]
            return Origin(self._names[latest.source[column]], stamp_of(hour), "observed")
        for name, runs in self._runs.items():
            held = runs.layers.get(quantity)
            late = self._merge.stale[name][column] and hour > runs.believed_until()[column]
            if held is None or late or np.isnan(held[at, column]):
                continue
            said = [r for r in runs.recent if r.taken[column] and r.start <= hour <= r.last]
            kind: Literal["derived", "forecast"] = (
                "derived"
                if quantity in self._spread or self._lift.moved(name, quantity, column)
                else "forecast"
            )
            return Origin(name, said[-1].issued if said else None, kind)
        if quantity in self._merge.order:
            return Origin("", None, "derived")
        latest = self._observations.latest[quantity]
        taken = datetime.fromtimestamp(float(latest.taken[column]), UTC)
        return Origin(self._names[latest.source[column]], taken, "observed")
