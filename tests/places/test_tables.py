"""zones.csv and sites.csv: what is wrong with them is said by line, with the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.errors import BadInput
from alerting.places import Places, load_places

ZONES = """\
code,name,name_en,parent,point,lat,lon,elevation,use
1,某县,County,,,,,,
11,东镇,East,1,low,26.5,106.5,900,inhabited
11,东镇,East,1,high,26.6,106.6,1400,road
"""
SITES = """\
id,kind,name,name_en,zones,points,lat,lon,elevation,sector,tags,road,from_km,to_km
s1,road-section,东山段,East section,11,low,,,,,,G1,1,4
s1,road-section,东山段,East section,11,,26.55,106.55,1200,,,G1,1,4
s2,bridge,东桥,East bridge,11,low,,,,,,,,
"""


def read(folder: Path, zones: str = "", sites: str = "") -> Places:
    (folder / "zones.csv").write_text(ZONES + zones, "utf-8")
    (folder / "sites.csv").write_text(SITES + sites, "utf-8")
    return load_places(folder / "zones.csv", folder / "sites.csv")


def test_a_further_row_is_a_further_point(tmp_path: Path) -> None:
    places = read(tmp_path, "11,,,,mid,26.55,106.52,1100,inhabited road\n".replace(",,,,", ",东镇,,,"))
    assert [p.id for p in places.by_id["s1"].points] == ["low", "s1-2"]
    assert [(p.id, p.inhabited) for p in places.by_id["11"].points] == [
        ("low", True), ("high", False), ("mid", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zones", "sites", "said"),
    [
        ("", "s2,bridge,西桥,West bridge,11,high,,,,,,,,\n", "sites.csv: 1 thing(s) wrong:\n  line 5:"
         " this site has the id of 东桥: give it one of its own"),
        # The same name in another kind, or of another stretch, is another place too.
        ("", "s1,bridge,东山段,East section,11,high,,,,,,G1,1,4\n", "line 5: this site has the id"),
        ("", "s1,road-section,东山段,East section,11,high,,,,,,G1,4,9\n", "line 5: this site has"),
        # A row that repeats another and adds no point.
        ("", "s2,bridge,东桥,East bridge,11,,,,,,,,,\n", "line 5: this site has the id of 东桥"),
        ("11,西镇,West,1,west,26.4,106.4,900,\n", "", "zones.csv: 1 thing(s) wrong:\n  line 5:"
         " this zone has the id of 东镇: give it one of its own"),
        ("11,东镇,East,1,,,,,\n", "", "line 5: this zone has the id of 东镇"),
        ("12,南镇,South,1,south,26.4,106.4,900,people\n", "",
         "line 5: use 'people' is none of inhabited, road; empty is both"),
        ("12,南镇,South,1,south,26.4,106.4,900,inhabited、road\n", "", "several are parted by blanks"),
    ],
)  # fmt: skip
def test_an_id_that_stands_twice_is_refused_with_its_line(
    tmp_path: Path, zones: str, sites: str, said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(tmp_path, zones, sites)
    assert said in refused.value.text()
    assert "Nothing was taken" in refused.value.text()
