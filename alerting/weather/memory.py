"""What a derivation that goes hour upon hour must know of the hours that have left the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats
from alerting.weather.ground import Index


class Memory(Protocol):
    """One for each such quantity. It is made anew at a start from the stored signals of 62 days, and
    so holds nothing that lies further back."""

    def before(self, columns: Index) -> object:
        """What `Setting.before` is for these columns."""
        ...

    def keep(self, made: Floats, parts: Mapping[str, Floats], first: int, new_first: int) -> None:
        """The window is about to begin at the hour `new_first`: `made` and `parts`, (hours, columns)
        from the hour `first`, are still whole."""
        ...


class LastHour:
    """The value an hour before the window, missing until there is one."""

    def __init__(self, columns: int) -> None:
        self._value = np.full(columns, np.nan, np.float32)

    def before(self, columns: Index) -> Floats:
        return self._value[columns]

    def keep(self, made: Floats, parts: Mapping[str, Floats], first: int, new_first: int) -> None:
        row = new_first - first - 1
        if row < len(made):
            self._value = made[row].copy()
        else:
            self._value = np.full_like(self._value, np.nan)


def known_rows(values: Floats) -> slice:
    """The rows from the first with any value to the last: past the horizon there are none, nor before
    the first run."""
    first, end = 0, len(values)
    while end and np.isnan(values[end - 1]).all():
        end -= 1
    while first < end and np.isnan(values[first]).all():
        first += 1
    return slice(first, end)


def stirring(before: Floats, fell: Floats, temperature: Floats) -> NDArray[np.int64]:
    """The columns in which anything happens: the others had nothing, got nothing, and miss nothing."""
    none = (before == 0) & (fell == 0).all(axis=0) & ~np.isnan(temperature).any(axis=0)
    return np.flatnonzero(~none)
