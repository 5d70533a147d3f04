"""The places of a dry run: those of the county that a payload speaks of, and strangers.

A location or an area that is no configured place stands for a place of every kind, so that a payload
from anywhere shows what the book would do there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alerting.places import Place, Places, Point
from alerting.places.areas import AreaMatcher
from alerting.rulebook import Book
from alerting.signals import Area, Forecast, Observation, Signal, Spot, Warning
from alerting.vocabulary import SITE_SECTOR
from alerting.weather import Column
from alerting.weather.placing import Atlas

Bools = NDArray[np.bool_]
NOWHERE = Spot("", float("nan"), float("nan"), 0.0)  # of an area known by its name alone


@dataclass(slots=True)
class Stage:
    """`places` is what is evaluated; `shown` how each of them is printed; `of_signal` the printed
    places (or areas) each signal speaks of; `areas` the places that stand for a warning's area."""

    places: Places
    shown: dict[str, str] = field(default_factory=dict)
    of_signal: dict[str, list[str]] = field(default_factory=dict)
    areas: dict[str, list[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)  # spots that say nowhere where they are

    def columns(self) -> list[Column]:
        return columns_of(self.places)


def columns_of(places: Places) -> list[Column]:
    return [
        Column(p.id, q.id, q.lat, q.lon, q.elevation, bridge=p.kind == "bridge")
        for p, q in places.columns
    ]


class Scout:
    """Finds out of which places the signals of one payload speak."""

    def __init__(self, places: Places, book: Book, km: float, height: float) -> None:
        self._places, self._book, self._km, self._height = places, book, km, height
        self._atlas = Atlas(columns_of(places))
        self._matcher = AreaMatcher(places)
        self._met = np.zeros(len(places.columns), np.bool_)
        self._strangers: dict[str, Spot] = {}
        self._stage = Stage(places)

    def stage(self, signals: Iterable[Signal]) -> Stage:
        for signal in signals:
            if isinstance(signal, Forecast):
                self._forecast(signal)
            elif isinstance(signal, Observation):
                self._observation(signal)
            elif isinstance(signal, Warning):
                self._warning(signal)
            else:  # the calendar, an incident, a person: of all places
                self._met[:] = True
        stage = self._stage
        met = {self._places.columns[n][0].id for n in np.flatnonzero(self._met)}
        known = [p for p in self._places.by_id.values() if p.id in met]
        made = [self._stand_in(kind, name) for kind in self._kinds() for name in self._strangers]
        for place in made:
            stage.shown[place.id] = place.name
        stage.places = Places.of(self._places.county, [*known, *made])
        return stage

    def _forecast(self, run: Forecast) -> None:
        placing = self._atlas.place(run.spots)
        self._met |= placing.spot_of >= 0
        said = self._stage.of_signal.setdefault(run.id, [])
        for number, spot in enumerate(run.spots):
            here = np.flatnonzero(placing.spot_of == number)
            said += self._named(here) or self._stranger(spot)

    def _observation(self, seen: Observation) -> None:
        near, _ = self._atlas.near(seen.lat, seen.lon, self._km)
        if seen.elevation is not None:
            near = near[np.abs(self._atlas.elevation[near] - seen.elevation) <= self._height]
        self._met[near] = True
        spot = Spot(seen.station, seen.lat, seen.lon, seen.elevation)
        self._stage.of_signal[seen.id] = self._named(near) or self._stranger(spot)

    def _warning(self, warning: Warning) -> None:
        self._stage.of_signal[warning.id] = names = named_areas(warning.area)
        inside = self._matcher.covers(warning.area)
        self._met |= inside
        if not inside.any() and warning.action != "cancel":
            for name in names:
                self._strangers.setdefault(name, _within(warning.area))
            self._stage.areas[warning.identifier] = names

    def _named(self, columns: NDArray[np.intp]) -> list[str]:
        # Nobody speaks of the county by the point it has borrowed.
        met = (self._places.columns[n][0] for n in columns)
        return list(dict.fromkeys(place.id for place in met if place.points))

    def _stranger(self, spot: Spot) -> list[str]:
        if not (np.isfinite(spot.lat) and np.isfinite(spot.lon)):
            self._stage.lost.append(spot.id)
            return []
        name = f"{spot.lat:.4f},{spot.lon:.4f}"
        self._strangers.setdefault(name, spot)
        return [name]

    def _kinds(self) -> list[str]:
        return list(dict.fromkeys(rule.place for rule in self._book.rules))

    def _stand_in(self, kind: str, name: str) -> Place:
        spot = self._strangers[name]
        tags = frozenset(t for rule in self._book.rules for t in rule.tags)
        # A source that does not say how high its location lies is read at sea level: only the wet
        # bulb, through the pressure, hangs on it.
        point = Point(name, spot.lat, spot.lon, spot.elevation or 0.0, name, name)
        return Place(f"{kind}@{name}", kind, name, name, (point,), tags=tags,
                     sector=SITE_SECTOR.get(kind, ""))  # fmt: skip


def named_areas(area: Area) -> list[str]:
    """An area as its warning names it: names, else codes, else where its polygons and circles lie."""
    if area.names or area.codes:
        return list(area.names or area.codes)
    spot = _within(area)
    return [f"{spot.lat:.4f},{spot.lon:.4f}"] if np.isfinite(spot.lat) else ["?"]


def _within(area: Area) -> Spot:
    if area.polygons:
        ring = area.polygons[0]
        return Spot(
            "", sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring), 0.0
        )
    if area.circles:
        return Spot("", area.circles[0][0], area.circles[0][1], 0.0)
    return NOWHERE
