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
        return _zones_beside(places, place)
    others = sorted((p for p in places.of_kind(place.kind) if p.id != place.id), key=lambda p: p.id)
    own = stretch_of(place)
    if own is not None:
        return [p for p in others if (s := stretch_of(p)) is not None and s.touches(own)]
    zones = set(place.zones[:1])
    for zone in (places.by_id.get(one) for one in place.zones[:1]):
        if zone is not None:
            zones |= {p.id for p in _zones_beside(places, zone)}
    return [p for p in others if zones & set(p.zones[:1])]


def _zones_beside(places: Places, zone: Place) -> list[Place]:
    among = places.inside(zone.parent) if zone.parent else places.of_kind("zone")
    siblings = [p for p in among if p.kind == "zone" and p.parent == zone.parent
                and p.id not in (zone.id, places.county)]  # fmt: skip
    return sorted((p for p in siblings if _touch(p, zone)), key=lambda p: p.id)


def _touch(one: Place, other: Place) -> bool:
    if not one.polygon or not other.polygon:
        return True
    return bool(make_valid(Polygon(one.polygon)).distance(make_valid(Polygon(other.polygon))) <= APART)
