"""Which places lie next to a place: whose measures its decider looks at before they sign."""

from __future__ import annotations

from shapely import Polygon, make_valid

from alerting.places.model import Place, Places
from alerting.places.roads import stretch_of

APART = 0.005  # degrees, about 500 m: borders that two hands drew do not lie on one line


def adjoining(places: Places, place_id: str) -> list[Place]:
    """Of a road section those that its traffic meets; of a zone those of the same parent that touch it,
    all of them where one has no polygon; of any other site those of its kind in its zone or one that
    touches it. In the order of their ids, without the place itself."""
    place = places.by_id.get(place_id)
    if place is None:
        return []
    if place.kind == "zone":
        found = [p for p in places.of_kind("zone") if _beside(places, place, p)]
        return sorted(found, key=lambda p: p.id)
    others = (p for p in places.of_kind(place.kind) if p.id != place.id)
    own = stretch_of(place)
    if own is not None:
        found = [p for p in others if (s := stretch_of(p)) is not None and s.touches(own)]
    else:
        found = [p for p in others if _zones_meet(places, place, p)]
    return sorted(found, key=lambda p: p.id)


def _zones_meet(places: Places, one: Place, other: Place) -> bool:
    """Asked of two sites at a time: of a country's zones all the others may touch one."""
    own, its = one.zones[:1], other.zones[:1]
    if not own or own == its:
        return bool(own)
    zone, beside = places.by_id.get(own[0]), places.by_id.get(its[0]) if its else None
    return zone is not None and beside is not None and _beside(places, zone, beside)


def _beside(places: Places, zone: Place, other: Place) -> bool:
    siblings = other.kind == "zone" and other.parent == zone.parent
    return siblings and other.id not in (zone.id, places.county) and _touch(other, zone)


def _touch(one: Place, other: Place) -> bool:
    if not one.polygon or not other.polygon:
        return True
    return bool(make_valid(Polygon(one.polygon)).distance(make_valid(Polygon(other.polygon))) <= APART)
