"""What a station says of one point is evaluated there, and not for the whole country."""

from __future__ import annotations

import numpy as np
import pytest

from alerting.places import Place, Places, Point, load_places
from alerting.rulebook import tile
from alerting.signals import Observation, accepted_at
from tests.alerts.county import CALM, STORY, County

TILE = 64


def over_a_tile() -> Places:
    """The story's county with so many road sections that the last, of two points, lies in two tiles."""
    county = load_places(STORY / "county" / "zones.csv", STORY / "county" / "sites.csv")
    (road,) = county.of_kind("road-section")
    (town,) = road.zones

    def section(name: str, *points: Point) -> Place:
        return Place(name, "road-section", "段", "Section", points, zones=(town,),
                     sector=road.sector, tags=road.tags)  # fmt: skip

    more = [section(f"s{n:03d}", Point(f"x{n}", 30.0 + n / 10, 100.0, 500)) for n in range(TILE - 2)]
    both = section("t", *county.by_id[town].points)
    made = Places.of(county.county, [*county.by_id.values(), *more, both])
    first, last = made.place_range["t"]
    assert (last - first, first - made.kind_range["road-section"][0]) == (2, TILE - 1)
    return made


def test_a_place_keeps_the_worst_of_its_points_when_only_the_other_is_spoken_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tile, "TILE", TILE)
    county = County(places=over_a_tile())
    run = county.run(visibility=[300.0] * 12)
    run.values["visibility"][:, 0] = CALM["visibility"]  # fog on the pass alone
    county.takes(run)
    (opened,) = (one for one in county.alerts() if one.rule == "fog")
    assert opened.place == "t"

    low = accepted_at(Observation(
        source="stations", issued=county.now, station="s", lat=26.5, lon=106.5, elevation=900,
        at=county.now, values=CALM,
    ), county.now)  # fmt: skip
    touched = county.engine.see(low, county.now)
    assert touched is not None
    assert {county.life.places.columns[n][1].id for n in np.flatnonzero(touched)} == {"low"}
    work = county.engine.work(low, county.now, touched, set())
    at = county.engine.places["fog"].ids.index("t")
    assert work.believed["fog"][at] == opened.level
