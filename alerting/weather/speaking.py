"""What can be said of which column at all, and what the latest observations say there."""

from __future__ import annotations

import numpy as np

from alerting.signals import Floats
from alerting.vocabulary import QUANTITIES
from alerting.weather.ground import Index
from alerting.weather.merge import Merge
from alerting.weather.observations import Observations
from alerting.weather.recipes import RECIPES
from alerting.weather.sight import Bools

_ALL = slice(None)


def can_say(merge: Merge, observations: Observations) -> dict[str, Bools]:
    """By quantity, the columns of which some source says it, or all that it is derived from."""
    can = {}
    for quantity in QUANTITIES:
        everywhere = quantity in merge.forecast_said
        can[quantity] = observations.heard(quantity) | everywhere
    for quantity in merge.order:
        can[quantity] |= np.logical_and.reduce([can[q] for q in RECIPES[quantity].of])
    return can


class Observed:
    """By quantity, `values`: the latest observation, NaN where none is fresh; and `can`: the columns
    that any sensor speaks for."""

    def __init__(self, merge: Merge, observations: Observations, columns: int) -> None:
        self._merge, self._observations, self._columns = merge, observations, columns
        self.values: dict[str, Floats] = {}
        self.can: dict[str, Bools] = {}

    def forget(self) -> None:
        """What is derived has changed: make all anew when it is next renewed."""
        self.values = {}

    def renew(self, now: float, changed: Index) -> None:
        """Bring them to `now` (epoch s), where something may have changed since the last time."""
        if not self.values:
            changed = _ALL
            self.values = {q: np.full(self._columns, np.nan, np.float32) for q in QUANTITIES}
            self.can = {q: np.zeros(self._columns, np.bool_) for q in QUANTITIES}
        if isinstance(changed, slice) or len(changed):
            self._renew(now, changed)

    def _renew(self, now: float, columns: Index) -> None:
        latest = self._observations.latest
        nothing = np.full(len(np.arange(self._columns)[columns]), np.nan, np.float32)
        here = dict.fromkeys(QUANTITIES, nothing)
        can = dict.fromkeys(QUANTITIES, np.zeros(len(nothing), np.bool_))
        for quantity, one in latest.items():
            fresh = one.fresh(now)[columns]
            here[quantity] = np.where(fresh, one.value[columns], np.float32(np.nan))
            can[quantity] = self._observations.heard(quantity)[columns]
        for quantity in self._merge.order:
            made = self._merge.of_latest(quantity, here, columns)
            if made is not None:
                here[quantity] = np.where(np.isnan(here[quantity]), made, here[quantity])
                parts = [can[q] for q in RECIPES[quantity].of]
                can[quantity] = can[quantity] | np.logical_and.reduce(parts)
        for quantity in latest.keys() | set(self._merge.order):
            self.values[quantity][columns] = here[quantity]
            self.can[quantity][columns] = can[quantity]
