"""How the places are shared out among workers of the engine: by the county they lie in.

A place's county is what its zone's administrative code begins with, and where that is none (`source:…`,
codes of other countries) the config's. Which share a county falls into is the same for all who ask: a
hash of its code. One share is *home*, that of the config's county: what is decided once for the whole
realm (answers, plans) is decided with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from alerting.places import Places
from alerting.places.roads import CLOSED, REOPENED
from alerting.signals import Forecast, Observation, Report, Signal, Spot, Tick
from alerting.weather.placing import Atlas, Column

COUNTY = 6  # digits of an administrative code that name the county
HEARD = "heard:"  # a tick that says which feed has answered, with news or without
LET_GO = "let-go:"  # a tick that names the rule and place of an alert that was ended by hand
SEEN = ("reported", "report-ended", CLOSED, REOPENED)  # what people tell of places, not of their work


@dataclass(slots=True)
class Shares:
    """`count` shares of the places; a station is heard `near_km` around it."""

    count: int
    places: Places
    near_km: float
    _share: dict[str, int] = field(init=False)
    _of_point: Mapping[str, frozenset[int]] = field(init=False)
    _atlas: Atlas = field(init=False)
    _of_stations: dict[tuple[float, float], int | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._share = {place: self._share_of(place) for place in self.places.by_id}
        of_point: dict[str, set[int]] = defaultdict(set)
        for place, point in self.places.columns:
            of_point[point.id].add(self.of_place(place.id))
        self._of_point = {point: frozenset(shares) for point, shares in of_point.items()}
        self._atlas = Atlas([Column(place.id, point.id, point.lat, point.lon, point.elevation)
                             for place, point in self.places.columns])  # fmt: skip

    @property
    def all(self) -> frozenset[int]:
        return frozenset(range(self.count))

    @property
    def home(self) -> int:
        return self.of_place(self.places.county)

    def of_place(self, place: str) -> int:
        return self._share[place] if place in self._share else self._share_of(place)

    def of(self, signal: Signal) -> int | None:
        """The one share whose places a signal can concern; None where that may be several."""
        if self.count == 1:
            return None
        if isinstance(signal, Forecast):
            return self._one({spot.id for spot in signal.spots})
        if isinstance(signal, Observation):
            return self._of_station((signal.lat, signal.lon))
        if isinstance(signal, Report):
            return None if signal.act in SEEN else self.home
        if (gone := let_go_by(signal)) is not None:
            return self.of_place(gone[1])
        if isinstance(signal, Tick) and signal.subject and not signal.subject.startswith(HEARD):
            return self.home
        return None

    def _of_station(self, at: tuple[float, float]) -> int | None:
        if at not in self._of_stations:  # stations stay where they are
            near, _ = self._atlas.near(*at, self.near_km)
            self._of_stations[at] = self._one({self._atlas.columns[n].point_id for n in near})
        return self._of_stations[at]

    def spots_of(self, run: Forecast) -> list[tuple[int | None, list[tuple[Spot, int]]]]:
        """A run's spots, each with its number in the run: together those that can concern the same one
        share, with None those that may concern several.

        A spot that is no point of ours stands for whatever is nearest to it *in its run*: what is cut
        out of the run says instead for which points that is.
        """
        found: dict[int | None, list[tuple[Spot, int]]] = defaultdict(list)
        for spot, n in self._by_point(run) or [(spot, n) for n, spot in enumerate(run.spots)]:
            found[self._one({spot.id}) if self.count > 1 else None].append((spot, n))
        return list(found.items())

    def _by_point(self, run: Forecast) -> list[tuple[Spot, int]]:
        said_by = self._atlas.place(run.spots).spot_of
        found: dict[str, tuple[Spot, int]] = {}
        for column, n in zip(self._atlas.columns, said_by.tolist(), strict=True):
            if n >= 0:
                found[column.point_id] = (replace(run.spots[n], id=column.point_id), n)
        return list(found.values())

    def _one(self, points: set[str]) -> int | None:
        if not points <= self._of_point.keys():
            return None  # a spot that is no point of ours speaks for whatever is near
        found = frozenset[int]().union(*(self._of_point[point] for point in points))
        return next(iter(found)) if len(found) == 1 else None if found else self.home

    def _share_of(self, place: str) -> int:
        county = _county(self.places, place) or self.places.county[:COUNTY]
        # The codes of neighbours differ in a digit: a CRC's lowest bits would follow that.
        digest = blake2b(county.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count


def let_go(rule: str, place: str) -> str:
    """The subject of the tick that says so."""
    return f"{LET_GO}{rule}:{place}"


def let_go_by(signal: Signal) -> tuple[str, str] | None:
    """The rule and the place that such a tick names; None for any other signal."""
    if not isinstance(signal, Tick) or not signal.subject.startswith(LET_GO):
        return None
    rule, _, place = signal.subject.removeprefix(LET_GO).partition(":")
    return rule, place


def _county(places: Places, place: str) -> str:
    held = places.by_id.get(place)
    zone = held.zones[0] if held is not None and held.zones else place
    return zone[:COUNTY] if zone[:COUNTY].isdigit() and len(zone) >= COUNTY else ""
