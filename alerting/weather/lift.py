"""Temperatures moved from the height a source speaks of to that of our points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alerting.signals import Floats, Forecast
from alerting.weather.placing import Atlas, Placing
from alerting.weather.sight import Bools

MOVED = frozenset({"temperature", "dew_point", "wet_bulb", "surface_temperature"})
LEAST_M = 10.0  # metres; less is lost in the digits of what is said


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    """`warmer` K by column of `placing`, which has a spot of its own for each; `of` (columns)."""

    placing: Placing
    warmer: Floats
    of: Bools


class Lift:
    """The same fall with height for all four, so that the air stays as far from saturation as its
    source said: 6.5 K/km is the ICAO standard atmosphere's, and a district may choose another. Where
    a spot's elevation is not stated nothing is moved; nor where it is the point's own, as with a
    source that moves it itself (Open-Meteo does, to the elevation it is asked for and says so).
    """

    def __init__(self, atlas: Atlas, k_per_km: float) -> None:
        self._atlas, self._rate = atlas, k_per_km / 1000
        self._known: dict[tuple[int, tuple[float | None, ...]], _Move | None] = {}
        self._moved: dict[str, Bools] = {}

    def move(self, f: Forecast, placing: Placing) -> tuple[Forecast, Placing]:
        """The run with its temperatures at the points' heights, and how it is placed then."""
        if f.values.keys().isdisjoint(MOVED):
            return f, placing
        key = (id(placing), tuple(spot.elevation for spot in f.spots))  # the atlas keeps placings
        if key not in self._known:
            self._known[key] = self._measure(key[1], placing)
        found = self._known[key]
        if f.source not in self._moved:
            self._moved[f.source] = np.zeros(len(placing.spot_of), np.bool_)
        self._moved[f.source][placing.columns] = False if found is None else found.of[placing.columns]
        if found is None:
            return f, placing
        at = placing.spot_of[np.flatnonzero(placing.spot_of >= 0)]
        values = {
            q: said[:, at] + found.warmer if q in MOVED else said[:, at]
            for q, said in f.values.items()
        }
        return replace(f, spots=tuple(f.spots[n] for n in at), values=values), found.placing

    def moved(self, source: str, quantity: str, column: int) -> bool:
        """Whether the source's latest run had this one moved there."""
        return quantity in MOVED and source in self._moved and bool(self._moved[source][column])

    def _measure(self, elevations: tuple[float | None, ...], placing: Placing) -> _Move | None:
        columns = np.flatnonzero(placing.spot_of >= 0)
        there = np.array([np.nan if e is None else e for e in elevations], np.float64)
        lower = there[placing.spot_of[columns]] - self._atlas.elevation[columns]
        far = np.abs(lower) >= LEAST_M  # NaN is not
        if not far.any():
            return None
        spot_of = np.full(len(placing.spot_of), -1, np.int64)
        spot_of[columns] = np.arange(len(columns))
        of = np.zeros(len(spot_of), np.bool_)
        of[columns] = far
        return _Move(Placing.of(spot_of), np.where(far, lower * self._rate, 0).astype(np.float32), of)
