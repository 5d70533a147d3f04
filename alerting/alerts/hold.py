"""Whether `clear` was true at every hour of a hold, the hours at which nobody looked included."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.facts import FactBook
from alerting.alerts.seen import Bools, at_all
from alerting.alerts.standing import Standing
from alerting.rulebook import Bound
from alerting.weather import Fields


class Hold:
    """Asked at one moment. `ticked` are the hours (since the epoch) at which the clock's tick had all
    places judged; at these a hold that was not clear has been broken already. The others, of a
    service that was down, are judged by what is known of them now."""

    def __init__(self, fields: Fields, facts: FactBook, now: datetime, ticked: Set[int]) -> None:
        self._fields, self._facts, self._now, self._ticked = fields, facts, now, ticked

    def stayed_clear(
        self, bound: Bound, rule: Any, places: Any, memory: Standing, positions: NDArray[np.intp]
    ) -> Bools:
        """For each position whether `clear` was true at each full hour since its hold began."""
        since = np.ceil(memory.hold_since[positions] / 3600).astype(np.int64)
        this = int(self._now.timestamp()) // 3600  # the current hour is what the verdict is about
        hours = [h for h in range(int(since.min()), this) if h not in self._ticked]
        if not hours:
            return np.ones(len(positions), np.bool_)
        columns = [places.columns_of(int(p)) for p in positions]
        sizes = [len(c) for c in columns]
        every = np.concatenate(columns)
        facts = self._facts.at(self._now)
        sight = facts.beside(self._fields.sight_of(self._now, facts, every), every)
        rows = sight.now_row - (this - np.array(hours))
        known = bound.clear_at_rows(rule.id, sight, np.maximum(rows, 0))
        known &= (rows >= 0)[:, None]
        before = np.array(hours)[:, None] < np.repeat(since, sizes)[None, :]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        return at_all(np.logical_and.reduce(known | before), starts)
