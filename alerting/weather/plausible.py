"""What a source says, less what cannot be: fill values (-9999) and slips of the unit are missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from alerting.signals import Floats
from alerting.vocabulary import QUANTITIES


def plausible(said: Mapping[str, Floats]) -> dict[str, Floats]:
    """The quantities of ours, values outside their range as NaN; arrays without any are not copied."""
    return {q: _plausible(q, values) for q, values in said.items() if q in QUANTITIES}


def _plausible(quantity: str, values: Floats) -> Floats:
    low, high = QUANTITIES[quantity].low, QUANTITIES[quantity].high
    # Nearly always all are: two fast passes that do not mind NaN say so.
    lowest, highest = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    if np.isnan(lowest) or (low <= lowest and highest <= high):
        return values
    return np.where((values >= low) & (values <= high), values, np.float32(np.nan))
