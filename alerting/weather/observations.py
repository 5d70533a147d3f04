"""What stations measured, laid on the columns they speak for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerting.signals import AHEAD, Floats, Observation
from alerting.vocabulary import QUANTITIES
from alerting.weather.placing import Atlas
from alerting.weather.sight import Bools
from alerting.weather.window import SECONDS, Window

GRACE = timedelta(minutes=10)
_AHEAD = AHEAD.total_seconds()


class Told(NamedTuple):
    """An observation; of its source how far it is trusted (0 the most), and how often it speaks."""

    observation: Observation
    trust: int
    cadence: timedelta


class _Heard(NamedTuple):
    """The columns it speaks for, what its rank is less there, and what of it can be; `taken` and
    `until` are epoch seconds."""

    columns: NDArray[np.int64]
    minus: Floats
    said: dict[str, float]
    taken: float
    until: float
    trust: int


class _Word(NamedTuple):
    """What several observations say of one quantity: their columns side by side, in `of_column` whose
    each is; the rest has an entry an observation, `hours` the hour that it belongs to."""

    columns: NDArray[np.int64]
    minus: Floats
    of_column: NDArray[np.int64]
    values: Floats
    hours: NDArray[np.int64]
    taken: NDArray[np.float64]
    until: NDArray[np.float64]
    trust: NDArray[np.int16]

    @classmethod
    def of(cls, heard: Sequence[_Heard], quantity: str) -> _Word:
        taken = np.array([one.taken for one in heard])
        accumulated = QUANTITIES[quantity].accumulated
        hours = -(-taken // SECONDS) if accumulated else taken // SECONDS
        return cls(
            np.concatenate([one.columns for one in heard]),
            np.concatenate([one.minus for one in heard]),
            np.repeat(np.arange(len(heard)), [len(one.columns) for one in heard]),
            np.array([one.said[quantity] for one in heard], np.float32),
            hours.astype(np.int64), taken, np.array([one.until for one in heard]),
            np.array([one.trust for one in heard], np.int16),
        )  # fmt: skip


class Latest:
    """The latest observation of one quantity: value, when taken (epoch s), until when it is fresh."""

    def __init__(self, columns: int) -> None:
        self.value = np.full(columns, np.nan, np.float32)
        self.rank = np.full(columns, -np.inf)
        self.taken = np.full(columns, np.nan)
        self.until = np.full(columns, -np.inf)
        self.source = np.full(columns, -1, np.int16)

    def fresh(self, now: float) -> Bools:
        """Known until two cadences and ten minutes after it was taken, that instant included."""
        return np.asarray(self.until >= now)


class Observations:
    """Hourly values and the latest ones, from all observing sources.

    Of several for one hour the one taken last counts; of those taken together the source trusted
    more, then the nearer station. An instantaneous value belongs to the hour stamp at or before it,
    an accumulation to the hour that ends at or after it.
    """

    def __init__(self, atlas: Atlas, window: Window, km: float, height_m: float) -> None:
        self._atlas, self._window, self._km, self._height = atlas, window, km, height_m
        self.layers: dict[str, Floats] = {}
        self._ranks: dict[str, Floats] = {}
        self.latest: dict[str, Latest] = {}
        self._reach: dict[tuple[float, float, float | None], tuple[NDArray[np.int64], Floats]] = {}

    def reach(self, o: Observation) -> tuple[NDArray[np.int64], Floats]:
        """Columns the station speaks for, and their distance in km. A station whose height is not
        known is judged by distance alone."""
        key = (o.lat, o.lon, o.elevation)
        if key not in self._reach:
            columns, km = self._atlas.near(o.lat, o.lon, self._km)
            if o.elevation is not None:
                level = np.abs(self._atlas.elevation[columns] - o.elevation) <= self._height
                columns, km = columns[level], km[level]
            self._reach[key] = (columns, km.astype(np.float32))
        return self._reach[key]

    def take(self, told: Sequence[Told], now: float) -> tuple[NDArray[np.int64], int, int]:
        """Of observations, of which no two speak for the same column: the columns on which something
        was laid, and the first and last hour that was filled (last < first: none)."""
        heard = [
            one for one in map(self._heard, told) if one is not None and one.taken <= now + _AHEAD
        ]
        if not heard:
            return np.zeros(0, np.int64), 0, -1
        hours: list[int] = []
        for quantity in {q: None for one in heard for q in one.said}:
            word = _Word.of([one for one in heard if quantity in one.said], quantity)
            hours += [int(word.hours.min()), int(word.hours.max())]
            self._fill(quantity, word)
            self._keep_latest(quantity, word)
        return np.concatenate([one.columns for one in heard]), min(hours), max(hours)

    def _heard(self, told: Told) -> _Heard | None:
        """None where it speaks for no column, or says nothing that can be."""
        o = told.observation
        columns, km = self.reach(o)
        said = {
            q: v
            for q, v in o.values.items()
            if q in QUANTITIES
            and not math.isnan(v)
            and QUANTITIES[q].low <= v <= QUANTITIES[q].high
        }
        if not len(columns) or not said:
            return None
        # Whole seconds decide; below one second trust, then nearness.
        minus = 0.05 * min(told.trust, 10) + 0.01 * km
        taken = o.at.timestamp()
        until = taken + (2 * told.cadence + GRACE).total_seconds()
        return _Heard(columns, minus, said, taken, until, told.trust)

    def _fill(self, quantity: str, word: _Word) -> None:
        if quantity not in self.layers:
            self.layers[quantity] = self._window.layer()
            self._ranks[quantity] = self._window.layer()
        window, of = self._window, word.of_column
        held = (word.hours >= window.first) & (word.hours <= window.last)
        rows = np.where(held, word.hours - window.base, 0)[of]
        rank = (word.taken - word.hours * SECONDS).astype(np.float32)[of] - word.minus
        wins = held[of] & ~(self._ranks[quantity][rows, word.columns] > rank)
        here = rows[wins], word.columns[wins]
        self.layers[quantity][here] = word.values[of[wins]]
        self._ranks[quantity][here] = rank[wins]

    def _keep_latest(self, quantity: str, word: _Word) -> None:
        if quantity not in self.latest:
            self.latest[quantity] = Latest(self._window.columns)
        latest = self.latest[quantity]
        rank = word.taken[word.of_column] - word.minus.astype(np.float64)
        wins = rank >= latest.rank[word.columns]
        here, of = word.columns[wins], word.of_column[wins]
        latest.value[here] = word.values[of]
        latest.rank[here] = rank[wins]
        latest.taken[here] = word.taken[of]
        latest.until[here] = word.until[of]
        latest.source[here] = word.trust[of]

    def lapsed(self, before: float, now: float) -> Bools:
        """Columns for which something was fresh at `before` (epoch s) and is so no longer."""
        gone = np.zeros(self._window.columns, np.bool_)
        for latest in self.latest.values():
            gone |= (latest.until >= before) & (latest.until < now)
        return gone

    def heard(self, quantity: str) -> Bools:
        """Columns for which some station has said the quantity."""
        latest = self.latest.get(quantity)
        if latest is None:
            return np.zeros(self._window.columns, np.bool_)
        return np.asarray(np.isfinite(latest.taken))
