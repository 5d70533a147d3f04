"""The hours that are held: a window of UTC hours that moves with the clock.

Arrays are (hours, columns), a little longer than the window, so that a new hour only moves an offset;
they are shifted once a day.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats

SECONDS = 3600
SLACK = 24  # hours the window may move before its arrays are shifted


def hour_of(at: datetime) -> int:
    """The UTC hour at or before `at`, counted from 1970."""
    return int(at.timestamp() // SECONDS)


def stamp_of(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * SECONDS, UTC)


class Window:
    """Hours `first` to `first + rows - 1`; `now` is the current one, `past` hours after the first."""

    def __init__(self, past: int, ahead: int, columns: int) -> None:
        self.past, self.rows, self.columns = past, past + 1 + ahead, columns
        self.first = self.base = 0
        self.opened = False
        self._layers: list[Floats] = []

    @property
    def now(self) -> int:
        return self.first + self.past

    @property
    def last(self) -> int:
        return self.first + self.rows - 1

    def layer(self) -> Floats:
        """A new array of the window's length, all missing, that moves with it."""
        made = np.full((self.rows + SLACK, self.columns), np.nan, np.float32)
        self._layers.append(made)
        return made

    def move(self, now: int) -> None:
        """Make `now` the current hour. Hours before the first are gone once the arrays shift."""
        first = now - self.past
        if not self.opened:
            self.first = self.base = first
            self.opened = True
            return
        self.first = first
        steps = first - self.base
        if steps <= SLACK:
            return
        for layer in self._layers:
            kept = len(layer) - steps
            if kept > 0:
                layer[:kept] = layer[steps:].copy()
            layer[max(kept, 0) :] = np.nan
        self.base = first

    def span(self, low: int, high: int) -> slice:
        """Array rows of the hours low to high, both included, cut to the window."""
        low, high = max(low, self.first), min(high, self.last)
        return slice(low - self.base, max(high + 1, low) - self.base)

    def hours(self, rows: slice) -> NDArray[np.int64]:
        return np.arange(rows.start, rows.stop, dtype=np.int64) + self.base
