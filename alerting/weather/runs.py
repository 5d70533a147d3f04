"""The runs of one forecast source: what it says now, and its recent runs for the sake of agreement.

A source that says again what it said confirms its run: it is not overdue, and it has made no new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats, Forecast
from alerting.weather.placing import Index, Placing
from alerting.weather.sight import Bools
from alerting.weather.window import SECONDS, Window, hour_of

NEVER = -(2**62)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One accepted run, by reference to its signal's arrays; `last` is its last hour with a value,
    `confirmed` when the source said the same for the last time."""

    issued: datetime
    confirmed: datetime
    start: int
    last: int
    values: Mapping[str, Floats]
    placing: Placing
    taken: Bools  # the columns for which it is a run of its own
    derived: frozenset[str]

    def read(self, quantity: str, low: int, high: int, columns: NDArray[np.int64]) -> Floats:
        """(hours low to high, columns), NaN outside the run."""
        out = np.full((high - low + 1, len(columns)), np.nan, np.float32)
        said = self.values.get(quantity)
        first, last = max(low, self.start), min(high, self.last)
        here = np.flatnonzero(self.taken[columns])
        if said is None or first > last or not len(here):
            return out
        spots = self.placing.spot_of[columns[here]]
        rows = said[first - self.start : last - self.start + 1]
        out[first - low : last - low + 1, here] = rows[:, spots]
        return out


@dataclass(frozen=True, slots=True)
class Change:
    """What a run changed: columns, and the hours low to high (both included)."""

    columns: Bools
    low: int
    high: int


class Runs:
    """One source. `issued`, `confirmed` (epoch seconds) and `last` (hour) are of the newest run of
    each column.

    Where a source is not `dated` a run is issued in the hour it was fetched: then the same values at
    all hours that two of them share are one run, though its hours have moved on.
    """

    def __init__(self, cadence: timedelta, columns: int, dated: bool = True) -> None:
        self.cadence, self._dated = cadence, dated
        self.layers: dict[str, Floats] = {}
        self.issued = np.full(columns, -np.inf)
        self.confirmed = np.full(columns, -np.inf)
        self.last = np.full(columns, NEVER, np.int64)
        self.recent: list[Run] = []

    def take(self, f: Forecast, placing: Placing, window: Window) -> Change:
        """Lay a run over what is held. Older or equal issue times are no news, unchanged content only
        confirms what is held.

        Past hours (stamps up to now) keep their value where the run says nothing; from the next hour
        on the run alone counts, and what an older one said beyond its end is dropped.
        """
        issued = f.issued.timestamp()
        held = self.issued[placing.columns], self.confirmed[placing.columns]
        newer = (held[0] < issued) & (held[1] <= issued)
        nothing = Change(np.zeros(window.columns, np.bool_), 0, -1)
        if not f.values or not newer.any():
            return nothing
        columns, spots = placing.columns, placing.spots
        if not newer.all():
            everywhere = np.arange(window.columns)
            columns = everywhere[columns][newer]
            spots = placing.spot_of[columns]
        taken = np.zeros(window.columns, np.bool_)
        taken[columns] = True
        self.confirmed[columns] = issued
        start, last = hour_of(f.start), hour_of(f.start) + _said_hours(f) - 1
        new = Run(f.issued, f.issued, start, last, f.values, placing, taken, f.derived)
        again, further = self._confirm(new)
        if not further and again.sum() == taken.sum():
            return nothing
        high = max(last, int(self.last[columns].max()))
        for quantity in self.layers.keys() | f.values.keys():
            if quantity not in self.layers:
                self.layers[quantity] = window.layer()
            layer = self.layers[quantity]
            _drop_ahead(layer, window, f, quantity, (start, last, high), columns)
            if quantity in f.values:
                _lay(layer, window, f.values[quantity], start, last, columns, spots)
        fresh = taken & ~again
        self.issued[fresh] = issued
        self.last[columns] = last
        if fresh.any():
            self.recent.append(replace(new, taken=fresh))
        low = start if f.values.keys() >= self.layers.keys() else min(start, window.now + 1)
        return Change(taken, low, high)

    def overdue(self, now: float) -> Bools:
        """Columns whose newest run was made or confirmed longer ago than two cadences; all of them
        before the first run.

        A column that this source has never spoken for, while it spoke for others, is not overdue: it
        waits for nothing.
        """
        late = now - self.confirmed > 2 * self.cadence.total_seconds()
        if self.recent or np.isfinite(self.issued).any():
            late &= np.isfinite(self.issued)
        return np.asarray(late)

    def believed_until(self) -> NDArray[np.int64]:
        """The last hour for which an overdue run still counts: two cadences after its last word."""
        finite = np.isfinite(self.confirmed)
        until = np.full(len(finite), NEVER, np.int64)
        until[finite] = (self.confirmed[finite] + 2 * self.cadence.total_seconds()) // SECONDS
        return until

    def forget(self, before: datetime, all_before: datetime) -> None:
        """Keep the runs issued since `before` and the newest two of each list of spots."""
        kept: list[Run] = []
        seen: dict[int, int] = {}
        for run in sorted(self.recent, key=lambda r: r.issued, reverse=True):
            count = seen[id(run.placing)] = seen.get(id(run.placing), 0) + 1
            if run.issued >= before or (count <= 2 and run.confirmed >= all_before):
                kept.append(run)
        self.recent = kept[::-1]

    def _confirm(self, new: Run) -> tuple[Bools, bool]:
        """The columns whose newest run `new` says again, and whether it says hours beyond it."""
        confirmed, further = np.zeros(len(new.taken), np.bool_), False
        for run in [r for r in self.recent if r.placing is new.placing]:
            again = new.taken & run.taken & (self.issued == run.issued.timestamp())
            if not again.any() or not self._same(run, new):
                continue
            self.recent.remove(run)
            rest = run.taken & ~again
            if rest.any():
                self.recent.append(replace(run, taken=rest))
            self.recent.append(replace(new, issued=run.issued, taken=again))
            confirmed |= again
            further |= new.last > run.last
        return confirmed, further

    def _same(self, run: Run, new: Run) -> bool:
        if run.values.keys() != new.values.keys() or new.last < run.last:
            return False
        if self._dated and (run.start, run.last) != (new.start, new.last):
            return False
        lo, hi = max(run.start, new.start), run.last
        return lo <= hi and all(
            _equal(
                run.values[q][lo - run.start : hi + 1 - run.start],
                said[lo - new.start : hi + 1 - new.start],
            )
            for q, said in new.values.items()
        )


def _equal(a: Floats, b: Floats) -> bool:
    # The first hour decides nearly always; comparing it first saves reading the rest.
    return np.array_equal(a[:1], b[:1], equal_nan=True) and np.array_equal(a, b, equal_nan=True)


def _said_hours(f: Forecast) -> int:
    """Hours up to the last with any value: some services fill up with nulls past their horizon."""
    hours = f.hours
    while hours > 1 and all(np.isnan(v[hours - 1]).all() for v in f.values.values()):
        hours -= 1
    return hours


def _lay(
    layer: Floats, window: Window, said: Floats, start: int, last: int, columns: Index, spots: Index
) -> None:
    past = window.span(start, min(last, window.now))
    if past.stop > past.start:
        offset = window.base - start
        rows = said[past.start + offset : past.stop + offset][:, spots]
        held = layer[past]
        if isinstance(columns, slice):
            np.copyto(held[:, columns], rows, where=~np.isnan(rows))
        else:
            held[:, columns] = np.where(np.isnan(rows), held[:, columns], rows)
    ahead = window.span(max(start, window.now + 1), last)
    if ahead.stop > ahead.start:
        offset = window.base - start
        layer[ahead, columns] = said[ahead.start + offset : ahead.stop + offset, spots] if (
            isinstance(spots, slice)
        ) else said[ahead.start + offset : ahead.stop + offset][:, spots]  # fmt: skip


def _drop_ahead(
    layer: Floats,
    window: Window,
    f: Forecast,
    quantity: str,
    hours: tuple[int, int, int],
    columns: Index,
) -> None:
    start, last, high = hours
    after = last + 1 if quantity in f.values else start
    gone = window.span(max(after, window.now + 1), high)
    if gone.stop > gone.start:
        layer[gone, columns] = np.nan
