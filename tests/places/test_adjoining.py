"""Which places lie next to a place."""

from __future__ import annotations

from alerting.places import Place, Places
from alerting.places.adjoining import adjoining


def square(lat: float, lon: float) -> tuple[tuple[float, float], ...]:
    return ((lat, lon), (lat, lon + 0.1), (lat + 0.1, lon + 0.1), (lat + 0.1, lon))


def zone(key: str, polygon: tuple[tuple[float, float], ...] = (), parent: str = "county") -> Place:
    return Place(key, "zone", key, "", (), parent=parent, polygon=polygon)


def section(key: str, road: str, from_km: float, to_km: float, direction: str = "双向") -> Place:
    return Place(key, "road-section", key, "", (), zones=("west",), road=road, from_km=from_km,
                 to_km=to_km, direction=direction)  # fmt: skip


def site(key: str, zone: str, kind: str = "school") -> Place:
    return Place(key, kind, key, "", (), zones=(zone, "county"))


PLACES = Places.of("county", [
    Place("county", "zone", "县", "", ()),
    zone("west", square(26.0, 106.0)), zone("middle", square(26.0, 106.102)),  # drawn by two hands
    zone("east", square(26.0, 106.3)), zone("village", parent="west"), zone("hamlet", parent="west"),
    section("a", "G98", 0, 10), section("b", "G98", 10.4, 20), section("c", "G98", 30, 40),
    section("up", "g98", 10, 20, "上行"), section("down", "G98", 21, 25, "下行"),
    section("other", "S2", 0, 10), section("nowhere", "", 0, 0),
    site("s1", "west"), site("s2", "west"), site("s3", "middle"), site("s4", "east"),
    site("mine", "west", "mine"),
])  # fmt: skip


def beside(key: str) -> list[str]:
    return [place.id for place in adjoining(PLACES, key)]


def test_of_a_road_the_sections_that_its_traffic_meets() -> None:
    assert beside("a") == ["b", "up"]
    assert beside("up") == ["a", "b"], "the way down is not met by the way up"


def test_of_a_zone_its_siblings_that_touch_it_and_all_of_them_where_one_has_no_polygon() -> None:
    assert beside("west") == ["middle"]
    assert beside("east") == []
    assert beside("village") == ["hamlet"]


def test_of_a_site_its_kind_in_its_zone_and_the_next() -> None:
    assert beside("s1") == ["s2", "s3"]
    assert beside("s4") == []
    assert beside("mine") == []


def test_a_place_that_has_left_the_tables_has_none() -> None:
    assert beside("gone") == []
