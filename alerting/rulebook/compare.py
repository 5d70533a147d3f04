"""One comparison: numbers, or bounds of them, with a threshold."""

from __future__ import annotations

from typing import cast

import numpy as np

from alerting.rulebook.nodes import Compare, Operator
from alerting.rulebook.planes import Bits, Bools, both
from alerting.signals import Floats

COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
# Sums and differences of decimals in float32 miss round numbers by a little: 12 hours of 0.5 mm are
# 6 mm, and -7.9999995 K is a fall of 8. Half a thousandth of any of our units is nothing.
SLACK = 5e-4


def compare(
    values: Floats, operator: Operator, threshold: float, slack: float, out: Bools | None = None
) -> Bools:
    """NaN compares as false."""
    if operator == "=":
        return cast(Bools, np.less_equal(np.abs(values - np.float32(threshold)), slack, out=out))
    # What equals the threshold but for rounding is equal to it.
    shift = slack if operator in ("<=", ">") else -slack
    return cast(Bools, COMPARE[operator](values, np.float32(threshold + shift), out))


def compare_bounds(low: Floats, high: Floats, node: Compare) -> Bits:
    """The planes of a comparison of what lies between `low` and `high`: a bound decides it only where
    both its ends agree."""
    at_low = compare(low, node.operator, node.threshold, SLACK)
    at_high = compare(high, node.operator, node.threshold, SLACK)
    if node.operator == "=":
        between = (low <= node.threshold + SLACK) & (high >= node.threshold - SLACK)
        return both(at_low & at_high, between)
    return both(at_low & at_high, at_low | at_high)
