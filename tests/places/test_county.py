"""The county itself as a place: rules of its own run on it once, and no township's rule does."""

from __future__ import annotations

import pytest

from alerting.places import Place, Places, Point

LOW, SEAT = Point("low", 27.0, 107.0, 900), Point("seat", 27.1, 107.1, 800)


def county(*points: Point) -> Places:
    return Places.of("99", [
        Place("99", "zone", "某县", "A county", points),
        Place("a", "zone", "甲镇", "A town", (LOW,), parent="99"),
        Place("bridge", "bridge", "桥", "A bridge", (LOW,), zones=("a",)),
    ])  # fmt: skip


def test_a_county_without_a_point_borrows_one_and_stays_out_of_the_zones() -> None:
    places = county()
    assert places.with_columns("county") == ["99"]
    assert places.with_columns("zone") == ["a"]
    lo, hi = places.place_range["99"]
    assert [(p.id, q.id) for p, q in places.columns[lo:hi]] == [("99", "low")]
    assert places.kind_range["county"] == (lo, hi)
    assert [p.id for p in places.of_kind("county")] == ["99"]


def test_a_county_with_a_point_of_its_own_is_a_zone_and_the_county() -> None:
    places = county(SEAT)
    assert places.with_columns("county") == ["99"]
    assert places.with_columns("zone") == ["99", "a"]
    assert len(places.columns) == 3


@pytest.mark.parametrize("places", [Places.of("", []), Places.of("99", [])])
def test_without_zones_there_is_no_county_to_run_on(places: Places) -> None:
    assert places.with_columns("county") == []
    assert places.columns == []
