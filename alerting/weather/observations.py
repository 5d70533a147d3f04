"""What stations measured, laid on the columns they speak for."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from alerting.signals import AHEAD, Floats, Observation
from alerting.vocabulary import QUANTITIES
from alerting.weather.placing import Atlas
from alerting.weather.sight import Bools
from alerting.weather.window import SECONDS, Window

GRACE = timedelta(minutes=10)


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

    def take(
        self, o: Observation, trust: int, cadence: timedelta, now: float
    ) -> tuple[NDArray[np.int64], int, int]:
        """Columns it speaks for, and the first and last hour it fills (last < first: none)."""
        columns, km = self.reach(o)
        said = {
            q: v
            for q, v in o.values.items()
            if q in QUANTITIES
            and not math.isnan(v)
            and QUANTITIES[q].low <= v <= QUANTITIES[q].high
        }
        taken = o.at.timestamp()
        if not len(columns) or not said or taken > now + AHEAD.total_seconds():
            return columns[:0], 0, -1
        hours = []
        # Whole seconds decide; below one second trust, then nearness.
        minus = 0.05 * min(trust, 10) + 0.01 * km
        for quantity, value in said.items():
            accumulated = QUANTITIES[quantity].accumulated
            hour = -int(-taken // SECONDS) if accumulated else int(taken // SECONDS)
            hours.append(hour)
            self._fill(quantity, hour, columns, value, taken - hour * SECONDS - minus)
            self._keep_latest(quantity, columns, value, taken, minus, cadence, trust)
        return columns, min(hours), max(hours)

    def _fill(
        self, quantity: str, hour: int, columns: NDArray[np.int64], value: float, rank: Floats
    ) -> None:
        if quantity not in self.layers:
            self.layers[quantity] = self._window.layer()
            self._ranks[quantity] = self._window.layer()
        rows = self._window.span(hour, hour)
        if rows.stop <= rows.start:
            return
        held = self._ranks[quantity][rows.start, columns]
        wins = ~(held > rank.astype(np.float32))
        self.layers[quantity][rows.start, columns[wins]] = value
        self._ranks[quantity][rows.start, columns[wins]] = rank[wins]

    def _keep_latest(
        self,
        quantity: str,
        columns: NDArray[np.int64],
        value: float,
        taken: float,
        minus: Floats,
        cadence: timedelta,
        trust: int,
    ) -> None:
        if quantity not in self.latest:
            self.latest[quantity] = Latest(self._window.columns)
        latest = self.latest[quantity]
        rank = taken - minus.astype(np.float64)
        wins = rank >= latest.rank[columns]
        here = columns[wins]
        latest.value[here] = value
        latest.rank[here] = rank[wins]
        latest.taken[here] = taken
        latest.until[here] = taken + (2 * cadence + GRACE).total_seconds()
        latest.source[here] = trust

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
