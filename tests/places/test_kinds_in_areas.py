"""A warning for high roads, bridges and tunnel mouths holds at such places within its area."""

from __future__ import annotations

import pytest

from alerting.places import Places, load_places
from alerting.places.areas import AreaMatcher
from alerting.signals import Area

ZONES = """\
code,name,name_en,parent,point,lat,lon,elevation,use
990101000000,某县,County,,,,,,
990101100000,东镇,East,990101000000,low,26.5,106.5,900,
990101200000,西镇,West,990101000000,west,26.4,106.4,1500,
990101300000,南镇,South,990101000000,south,26.3,106.5,1000,
"""
SITES = """\
id,kind,name,zones,points,lat,lon,elevation,tags
plain,road-section,县道,990101100000,low,,,,
ridge,road-section,山道,990101100000,,26.6,106.6,1400,mountain
high,road-section,高道,990101100000,,26.6,106.6,1500,
bridge,bridge,东桥,990101100000,low,,,,
mouth,tunnel-mouth,隧道口,990101100000,,26.6,106.6,1300,
far,bridge,西桥,990101200000,west,,,,
school,school,小学,990101200000,west,,,,
mine,mine,煤矿,990101100000,low,,,,
apart,school,中学,990101300000,south,,,,
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "zones.csv").write_text(ZONES, "utf-8")
    (folder / "sites.csv").write_text(SITES, "utf-8")
    return load_places(folder / "zones.csv", folder / "sites.csv")


@pytest.mark.parametrize(
    ("area", "held"),
    [
        (Area(codes=("990101",), tags=("bridge",)), {"bridge", "far"}),
        (Area(codes=("990101100000",), tags=("bridge", "tunnel-mouth")), {"bridge", "mouth"}),
        (Area(codes=("990101",), tags=("high-road",)), {"ridge"}),
        # With a height, it says which roads are high.
        (Area(codes=("990101",), tags=("high-road",), above=1200), {"ridge", "high", "mouth", "far"}),
        (Area(codes=("990101",), tags=("bridge",), above=1200), {"far"}),
        # None is known there: one may lie on any road there, and at no school, site or mine.
        (Area(codes=("990101200000",), tags=("tunnel-mouth",)), {"far"}),
        (Area(codes=("990101100000",), tags=("expressway",)), {"plain", "ridge", "high", "bridge", "mouth"}),
        (Area(codes=("990101100000",), tags=("expressway",), above=1350), {"ridge", "high"}),
        # Of several kinds each speaks: the bridge is known, where the expressway runs is not.
        (Area(codes=("990101200000",), tags=("bridge", "tunnel-mouth")), {"far"}),
        (Area(codes=("990101100000",), tags=("bridge", "expressway")),
         {"plain", "ridge", "high", "bridge", "mouth"}),
        # No road at all is known there: the township has its roads all the same.
        (Area(codes=("990101300000",), tags=("bridge",)), {"990101300000"}),
        (Area(codes=("990101200000",)), {"990101200000", "far", "school"}),
    ],
)
def test_it_holds_at_its_kinds_of_place(places: Places, area: Area, held: set[str]) -> None:
    covered = AreaMatcher(places).covers(area)
    assert {p.id for (p, _), inside in zip(places.columns, covered, strict=True) if inside} == held
