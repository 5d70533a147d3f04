"""Which of our sections meet a stretch that a neighbour closed, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerting.alerts.closed_roads import ClosedRoads
from alerting.errors import BadInput
from alerting.places import Place, Places, Point
from alerting.places.roads import Stretch, read_road_report
from alerting.signals import Report

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
POINT = Point("p", 26.5, 106.5, 900)


def road(key: str, number: str, from_km: float, to_km: float, direction: str = "双向") -> Place:
    return Place(key, "road-section", key, "", (POINT,), road=number, from_km=from_km, to_km=to_km,
                 direction=direction)  # fmt: skip


PLACES = Places.of("c", [road("a", "G399", 0, 24), road("b", "G399", 24, 49),
                         road("up", "G7", 0, 10, "上行"), road("other", "S901", 0, 49)])  # fmt: skip


def told(act: str = "road-closed", at: datetime = NOW, **detail: Any) -> Report:
    given = {"road": "G399", "from_km": 49, "to_km": 80, "by": "邻县", "reason": "结冰"} | detail
    return Report(source="t", issued=at, accepted=at, act=act, person="x",
                  subject="road:G399", detail=given)  # fmt: skip


def met(roads: ClosedRoads, at: datetime = NOW) -> set[str]:
    return {p for p in ("a", "b", "up", "other") if roads.met_by(p, at) is not None}


@pytest.mark.parametrize(("from_km", "to_km", "expected"), [
    (49, 80, {"b"}),
    (50, 80, {"b"}),  # the last exit before the border
    (50.01, 80, set()),
    (24.5, 80, {"a", "b"}),
    (25.01, 80, {"b"}),
    (0, 0.5, {"a"}),
])  # fmt: skip
def test_a_section_meets_what_lies_end_to_end_with_it(
    from_km: float, to_km: float, expected: set[str]
) -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told(from_km=from_km, to_km=to_km))
    assert met(roads) == expected
    assert {PLACES.columns[i][0].id for i in roads.columns(NOW).nonzero()[0]} == expected


def test_a_closure_of_the_other_direction_alone_meets_nothing() -> None:
    ours = Stretch("G7", 0, 10, "上行")
    assert ours.touches(Stretch("g7", 10, 20, "up"))
    assert ours.touches(Stretch("G7", 10, 20, "both"))
    assert ours.touches(Stretch("G7", 10, 20, "northbound")), "what is not known may be either"
    assert not ours.touches(Stretch("G7", 10, 20, "down"))


def test_it_holds_until_its_end_and_for_a_day_where_none_is_named() -> None:
    end = NOW + timedelta(hours=5)
    roads = ClosedRoads(PLACES)
    roads.take(told(until=end.isoformat()))
    assert met(roads, end - timedelta(seconds=1)) == {"b"}
    assert met(roads, end) == set()
    roads.take(told())
    assert met(roads, NOW + timedelta(hours=23, minutes=59)) == {"b"}
    assert met(roads, NOW + timedelta(hours=24)) == set()


def test_it_ends_when_nothing_of_it_meets_us_any_more() -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told())
    for detail in ({"road": "S901"}, {"from_km": 50}, {"direction": "up"}):
        roads.take(told("road-reopened", **detail))
        assert met(roads) == {"b"}, detail
    roads.take(told("road-reopened", to_km=49.5, direction="down"))
    assert met(roads) == {"b"}, "500 m from our border nobody can leave it"
    roads.take(told("road-reopened", from_km=0, to_km=100))
    assert met(roads) == set()


def test_the_same_stretch_told_again_is_one_closure() -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told())
    roads.take(told(reason="事故", at=NOW + timedelta(hours=1)))
    [held] = roads.standing(NOW + timedelta(hours=1))
    assert held.told.reason == "事故"


def test_what_does_not_fit_our_roads_any_more_says_nothing() -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told(road="G12"))
    assert roads.standing(NOW) == []


@pytest.mark.parametrize(("detail", "words"), [
    ({"road": "G12"}, "Our roads: G399, G7, S901"),
    ({"from_km": 80, "to_km": 49}, "The lower kilometre comes first"),
    ({"from_km": "x"}, "from_km"),
    ({"direction": "west"}, "both, up, down"),
    ({"reason": " "}, "why the road is closed"),
    ({"until": "2026-01-20T05:59:59Z"}, "end has passed"),
    ({"colour": "red"}, "colour"),
])  # fmt: skip
def test_rubbish_is_refused_with_what_to_mend(detail: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_road_report("road-closed", told(**detail).detail, PLACES, NOW)
    assert words in refused.value.text()
    assert refused.value.zh


def stretches(roads: ClosedRoads) -> set[str]:
    return {c.told.stretch.called("en") for c in roads.standing(NOW)}


@pytest.mark.parametrize(("opened", "left"), [
    ({"to_km": 60}, {"G399 K60+000-K80+000, both directions"}),
    ({"from_km": 60}, {"G399 K49+000-K60+000, both directions"}),
    ({"from_km": 55, "to_km": 60}, {"G399 K49+000-K55+000, both directions",
                                    "G399 K60+000-K80+000, both directions"}),
    ({"direction": "up"}, {"G399 K49+000-K80+000, down"}),
    ({"to_km": 60, "direction": "down"}, {"G399 K60+000-K80+000, both directions",
                                          "G399 K49+000-K60+000, up"}),
    ({"from_km": 0, "to_km": 90}, set()),
    ({"to_km": 49}, {"G399 K49+000-K80+000, both directions"}),
    ({"road": "S901"}, {"G399 K49+000-K80+000, both directions"}),
])  # fmt: skip
def test_of_a_part_that_opens_the_rest_stays_closed(
    opened: dict[str, Any], left: set[str]
) -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told())
    roads.take(told("road-reopened", **opened))
    assert stretches(roads) == left


def test_one_way_told_closed_opens_by_its_own_direction_alone() -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told(direction="up"))
    roads.take(told("road-reopened", direction="down"))
    assert stretches(roads) == {"G399 K49+000-K80+000, up"}


def test_what_is_told_besides_adds_to_what_is_closed() -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told(to_km=60))
    roads.take(told(from_km=55))
    assert len(roads.standing(NOW)) == 2
    roads.take(told(reason="再次通报"))
    assert [c.told.reason for c in roads.standing(NOW)] == ["再次通报"]


def test_another_office_shortens_nobodys_closure() -> None:
    roads = ClosedRoads(PLACES)
    roads.take(told(until=(NOW + timedelta(hours=20)).isoformat()))
    roads.take(told(from_km=40, to_km=90, by="养护站", until=(NOW + timedelta(hours=2)).isoformat()))
    assert met(roads, NOW + timedelta(hours=3)) == {"b"}
