"""Doubling against a loop."""

from __future__ import annotations

import numpy as np
import pytest

from alerting.rulebook.windows import rolling, rolling_sum


@pytest.mark.parametrize("width", range(1, 27))
def test_windows_are_those_of_a_loop(width):
    random = np.random.default_rng(width)
    rows = (random.integers(-40, 40, (30, 5)) / 8).astype(np.float32)
    rows[random.random(rows.shape) < 0.05] = np.nan
    windows = [rows[i : i + width] for i in range(30 - width + 1)]
    np.testing.assert_array_equal(rolling(np.maximum, rows, width), [w.max(axis=0) for w in windows])
    np.testing.assert_array_equal(rolling(np.minimum, rows, width), [w.min(axis=0) for w in windows])
    np.testing.assert_array_equal(rolling_sum(rows, width), [w.sum(axis=0) for w in windows])
    held = rows > 0
    np.testing.assert_array_equal(
        rolling(np.logical_and, held, width),
        [held[i : i + width].all(axis=0) for i in range(30 - width + 1)],
    )
