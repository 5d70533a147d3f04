"""What can be said of which column at all, and what the latest observations say there."""

from __future__ import annotations

import numpy as np

from alerting.signals import Floats
from alerting.vocabulary import QUANTITIES
from alerting.weather.merge import Merge
from alerting.weather.observations import Observations
from alerting.weather.recipes import RECIPES
from alerting.weather.sight import Bools


def can_say(merge: Merge, observations: Observations) -> dict[str, Bools]:
    """By quantity, the columns of which some source says it, or all that it is derived from."""
    can = {}
    for quantity in QUANTITIES:
        everywhere = quantity in merge.forecast_said
        can[quantity] = observations.heard(quantity) | everywhere
    for quantity in merge.order:
        can[quantity] |= np.logical_and.reduce([can[q] for q in RECIPES[quantity].of])
    return can


def observed(
    merge: Merge, observations: Observations, now: float, columns: int
) -> tuple[dict[str, Floats], dict[str, Bools]]:
    """By quantity, the latest observation at `now` (epoch s), NaN where none is fresh; and the
    columns that any sensor speaks for."""
    values: dict[str, Floats] = {}
    can: dict[str, Bools] = {}
    nothing = np.full(columns, np.nan, np.float32)
    for quantity in QUANTITIES:
        latest = observations.latest.get(quantity)
        values[quantity] = nothing
        if latest is not None:
            values[quantity] = np.where(latest.fresh(now), latest.value, np.float32(np.nan))
        can[quantity] = observations.heard(quantity)
    for quantity in merge.order:
        made = merge.of_latest(quantity, values)
        if made is not None:
            values[quantity] = np.where(np.isnan(values[quantity]), made, values[quantity])
            parts = RECIPES[quantity].of
            can[quantity] = can[quantity] | np.logical_and.reduce([can[q] for q in parts])
    return values, can
