"""Zones, sites and their points, and how they lie in the engine's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

COUNTY = "county"  # the kind under which a rule runs on the county itself, which is a zone


@dataclass(frozen=True, slots=True)
class Point:
    """A location whose weather is evaluated. Degrees WGS84, elevation in metres. One that is not
    `inhabited` stands for a road or a pass alone."""

    id: str
    lat: float
    lon: float
    elevation: float
    name: str = ""
    name_en: str = ""
    inhabited: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A zone or a site. A zone has the worst of its points; a site never raises its zone's level."""

    id: str
    kind: str
    name: str
    name_en: str
    points: tuple[Point, ...]
    zones: tuple[str, ...] = ()  # of a site: the zones it lies in, the first its own
    parent: str = ""  # of a zone
    sector: str = ""
    tags: frozenset[str] = frozenset()
    polygon: tuple[tuple[float, float], ...] = ()
    # Of a road section:
    road: str = ""
    from_km: float | None = None
    to_km: float | None = None
    direction: str = ""
    entries: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    gates_en: tuple[tuple[str, str], ...] = ()  # what its entries and exits are called in English

    def gate(self, name: str, language: str) -> str:
        """What one of its entries or exits is called."""
        return name if language == "zh" else dict(self.gates_en).get(name, name)

    def called(self, language: str) -> str:
        return self.name if language == "zh" or not self.name_en else self.name_en


@dataclass(slots=True)
class Places:
    """All places of a county. `columns` are (place, point) pairs, places of one kind side by side; the
    county itself stands under the kind `county` too."""

    county: str  # the code of the top zone
    by_id: dict[str, Place]
    columns: list[tuple[Place, Point]] = field(default_factory=list)
    kind_range: dict[str, tuple[int, int]] = field(default_factory=dict)
    place_range: dict[str, tuple[int, int]] = field(default_factory=dict)
    # Made when they are first asked for: a country has tens of thousands.
    _by_kind: dict[str, list[Place]] = field(default_factory=dict, init=False, compare=False)
    _inside: dict[str, list[Place]] = field(default_factory=dict, init=False, compare=False)

    @classmethod
    def of(cls, county: str, places: Iterable[Place]) -> Places:
        made = cls(county, {p.id: p for p in places})
        for kind in sorted({p.kind for p in made.by_id.values()}):
            start = len(made.columns)
            for place in sorted(made.of_kind(kind), key=lambda p: p.id):
                at = len(made.columns)
                made.columns.extend((place, point) for point in place.points)
                made.place_range[place.id] = (at, len(made.columns))
            made.kind_range[kind] = (start, len(made.columns))
        made._put_county()
        return made

    def _put_county(self) -> None:
        """Rules with `place: county` run once, on the zone at the top. Where it has no point, which
        is usual, the first point of a zone stands in: such rules ask the calendar, not the weather."""
        stand_in = next((p.points[0] for p in self.of_kind("zone") if p.points), None)
        if self.county not in self.by_id or stand_in is None:
            return
        lo, hi = self.place_range.get(self.county, (0, 0))
        if lo == hi:
            lo, hi = len(self.columns), len(self.columns) + 1
            self.columns.append((self.by_id[self.county], stand_in))
            self.place_range[self.county] = (lo, hi)
        self.kind_range[COUNTY] = (lo, hi)

    def of_kind(self, kind: str) -> Iterator[Place]:
        """The places of a kind, with or without points; of `county` the zone at the top."""
        if kind == COUNTY:
            return (p for p in (self.by_id.get(self.county),) if p is not None)
        if not self._by_kind:
            for place in self.by_id.values():
                self._by_kind.setdefault(place.kind, []).append(place)
        return iter(self._by_kind.get(kind, ()))

    def with_columns(self, kind: str) -> list[str]:
        """The ids of the places on which rules of a kind run, in the order of their columns."""
        first, last = self.kind_range.get(kind, (0, 0))
        return [one for one, (lo, hi) in sorted(self.place_range.items(), key=lambda i: i[1])
                if first <= lo < hi <= last]  # fmt: skip

    def upward(self, place_id: str) -> Iterator[str]:
        """The place itself, its zones, their parents, up to the county; each once."""
        seen: set[str] = set()
        queue = [place_id]
        while queue:
            current = queue.pop(0)
            if current in seen or not current:
                continue
            seen.add(current)
            yield current
            place = self.by_id.get(current)
            if place is not None:
                queue.extend(place.zones)
                queue.append(place.parent)
        if self.county not in seen:
            yield self.county

    def inside(self, place_id: str) -> list[Place]:
        """The place itself and all that lies in it, at any depth."""
        if not self._inside:
            inside: dict[str, list[Place]] = {}
            for place in self.by_id.values():
                for above in self.upward(place.id):
                    inside.setdefault(above, []).append(place)
            self._inside = inside
        return self._inside.get(place_id, [])

    def sites_in(self, zone: str, sector: str) -> list[Place]:
        """The sites of a sector in a zone or in any zone below it."""
        return [p for p in self.inside(zone) if p.kind != "zone" and p.sector == sector]

    def inhabited(self, place_id: str) -> list[int]:
        """The columns of a place's inhabited points; of all its points where none is said to be."""
        columns = list(range(*self.place_range[place_id]))
        return [n for n in columns if self.columns[n][1].inhabited] or columns

    def points(self) -> dict[str, Point]:
        return {point.id: point for place in self.by_id.values() for point in place.points}
