"""Which spot of a source speaks for which column, and how far a station reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Spot

EARTH_KM = 6371.0088  # mean radius, IUGG
NEAR_KM = 5.0  # a spot without a point of ours stands for points up to here
_ROWS_AT_ONCE = 256

Index = slice | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """One (place, point) pair; degrees WGS84, metres. A `bridge` has the night's air under it too."""

    place: str
    point_id: str
    lat: float
    lon: float
    elevation: float
    bridge: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """Columns `columns` take their values from `spots`, one for one; `spot_of` is -1 where none."""

    columns: Index
    spots: Index
    spot_of: NDArray[np.int64]

    @classmethod
    def of(cls, spot_of: NDArray[np.int64]) -> Placing:
        columns = np.flatnonzero(spot_of >= 0)
        return cls(run_or_index(columns), run_or_index(spot_of[columns]), spot_of)


def run_or_index(index: NDArray[np.int64]) -> Index:
    """A slice where the numbers follow one another (copied many times faster), else themselves."""
    if len(index) and index[-1] - index[0] == len(index) - 1 and bool((np.diff(index) == 1).all()):
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


class Atlas:
    """The columns' positions, and a memory of the placings made for lists of spots."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.elevation = np.array([c.elevation for c in columns], np.float64)
        self._points: dict[str, list[int]] = {}
        for number, column in enumerate(columns):
            self._points.setdefault(column.point_id, []).append(number)
        self._lat = np.array([c.lat for c in columns], np.float64)
        self._on_sphere = _unit([c.lat for c in columns], [c.lon for c in columns])
        self._by_ids: dict[tuple[str, ...], Placing] = {}
        self._by_spots: dict[tuple[Spot, ...], Placing] = {}

    def place(self, spots: tuple[Spot, ...]) -> Placing:
        """By id where a spot is a point of ours, else the nearest spot within 5 km."""
        ids = tuple(s.id for s in spots)
        held = self._by_ids.get(ids)
        if held is None and not all(i in self._points for i in ids):
            held = self._by_spots.get(spots)
        if held is not None:
            return held
        spot_of = np.full(len(self.columns), -1, np.int64)
        strangers = []
        for number, spot_id in enumerate(ids):
            if spot_id in self._points:
                spot_of[self._points[spot_id]] = number
            else:
                strangers.append(number)
        if strangers:
            self._place_by_distance(spots, np.array(strangers), spot_of)
        made = Placing.of(spot_of)
        if strangers:
            self._by_spots[spots] = made
        else:
            self._by_ids[ids] = made
        return made

    def _place_by_distance(
        self, spots: tuple[Spot, ...], strangers: NDArray[np.int64], spot_of: NDArray[np.int64]
    ) -> None:
        there = _unit([spots[n].lat for n in strangers], [spots[n].lon for n in strangers])
        free = np.flatnonzero(spot_of < 0)
        for start in range(0, len(free), _ROWS_AT_ONCE):
            some = free[start : start + _ROWS_AT_ONCE]
            chord = np.nan_to_num(self._on_sphere[some] @ there.T, nan=-1.0)
            nearest = chord.argmax(axis=1)
            km = _km(self._on_sphere[some], there[nearest])
            near = km <= NEAR_KM
            spot_of[some[near]] = strangers[nearest[near]]

    def near(self, lat: float, lon: float, km: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The columns within that distance, and how far each is: along a great circle, km."""
        # A degree of latitude is 111.2 km: few columns lie in the belt, of a country's many.
        belt = np.flatnonzero(np.abs(self._lat - lat) <= km / 111)
        away = _km(self._on_sphere[belt], _unit([lat], [lon]))
        within = away <= km
        return belt[within], away[within]


def _unit(lat: Sequence[float], lon: Sequence[float]) -> NDArray[np.float64]:
    phi, lam = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


def _km(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # From the chord, not the cosine: exact for short distances.
    chord = np.sqrt(((a - b) ** 2).sum(axis=1))
    return np.asarray(2 * EARTH_KM * np.arcsin(np.minimum(chord / 2, 1.0)))
