"""Windows over hours by doubling: log2(width) passes over whole rows instead of one a stamp.

Rows are the last axis but one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.nodes import Change, Drop, Window
from alerting.signals import Floats


def over(series: Window | Change | Drop, rows: Floats) -> Floats:
    """The series at each row but the first `looks_back` of them. NaN anywhere in a window is NaN."""
    match series:
        case Window("sum", _, hours):
            return rolling_sum(rows, hours)
        case Window("mean", _, hours):
            return rolling_sum(rows, hours) / np.float32(hours)
        case Window(kind, _, hours):
            return rolling(np.minimum if kind == "min" else np.maximum, rows, hours)
        case Change(_, hours):
            return rows[hours:] - rows[: len(rows) - hours]
        case Drop(_, hours):
            return rolling(np.maximum, rows, hours + 1) - rows[hours:]


def rolling(ufunc: np.ufunc, rows: NDArray[Any], width: int) -> NDArray[Any]:
    """`ufunc` (minimum, maximum, bitwise_and: taking a row twice changes nothing) over each `width`
    rows; (..., n, columns) gives (..., n - width + 1, columns), row i covering i to i + width - 1."""
    have, made = 1, rows
    while 2 * have <= width:
        made = ufunc(made[..., :-have, :], made[..., have:, :])
        have *= 2
    if have < width:
        rest = width - have
        made = ufunc(made[..., :-rest, :], made[..., rest:, :])
    return made


def rolling_sum(rows: Floats, width: int) -> Floats:
    """The sum of each `width` rows, put together from sums of 1, 2, 4, … rows."""
    count = len(rows) - width + 1
    power, have, taken = rows, 1, 0
    made: Floats | None = None
    while True:
        if width & have:
            piece = power[taken : taken + count]
            made = piece if made is None else made + piece
            taken += have
        if 2 * have > width:
            assert made is not None
            return made
        power = power[:-have] + power[have:]
        have *= 2
