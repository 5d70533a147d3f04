"""One answer to one question about several places: what is not part of it is not answered by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from alerting.alerts.asking import ask
from alerting.alerts.notices import Facts
from alerting.chase.together import put_together, put_with, were_put_together
from alerting.places import Place, Places
from alerting.store.schema import answer, delivery, holder, measure, notice, post
from tests.chase.builders import COUNTY, ROAD, TOWN, County

ROADS = [replace(ROAD, id=f"road-{n}", name=f"{n}号路", name_en=f"Road {n}") for n in (1, 2, 3)]


@pytest.fixture
def county() -> County:
    made = County()
    made.alert()
    made.life = replace(made.life, places=Places.of("county", [COUNTY, TOWN, *ROADS]))
    made.store.write(_police)
    return made


def _police(c: Any) -> None:
    for road in ROADS[1:]:
        c.execute(insert(post).values(id=f"police-{road.id}", tier="field", sector="road-traffic",
                                      place=road.id, title=road.id, title_en=road.id))  # fmt: skip
        c.execute(insert(holder).values(post=f"police-{road.id}", rank=0, person="police"))


def closes(county: County, *roads: Place) -> list[str]:
    """Put the closing of roads to their decider in one moment; gives the measures."""
    for road in roads:
        facts = Facts("road-traffic", "fog", road.id, 2)
        county.write(lambda ledger, r=road, f=facts: ask(ledger, "close", r, {}, f, "a1", county.now))
    rows = county.rows(measure, measure.c.measure == "close")
    return [next(row.id for row in rows if row.object == road.id) for road in roads]


def states(county: County, *keys: str) -> list[str]:
    return [county.measure(key).state for key in keys]


def told(county: County) -> dict[str, str]:
    return dict(county.rows(answer)[-1].told)


def test_all_of_one_question_are_answered_by_one_answer(county: County) -> None:
    first, second, third = closes(county, *ROADS)
    county.wait(5)
    said = county.say("regulator", "approve", f"measure:{first}", channel="page",
                      **{"with": [second, third]})  # fmt: skip
    assert said == "taken"
    assert states(county, first, second, third) == ["issued"] * 3
    assert "未受理" not in told(county)["zh"]


def test_what_still_waits_of_each_question_is_read_at_once(county: County) -> None:
    first, second = closes(county, *ROADS[:2])
    county.wait(5)
    later, = closes(county, ROADS[2])
    with county.store.read() as c:
        found = put_together(c, [first, later, second, "measure of no county"])
        assert put_with(c, second) == [first, second]
    assert found == {first: [first, second], second: [first, second], later: [],
                     "measure of no county": []}  # fmt: skip
    county.say("regulator", "approve", f"measure:{first}", channel="page")
    with county.store.read() as c:
        assert put_together(c, [first, second]) == {first: [], second: []}, "one is left, alone"
        assert were_put_together(c, first, second), "though one is decided"
        assert not were_put_together(c, first, later)


def test_what_was_not_put_together_is_not_answered_and_counted_as_not_taken(county: County) -> None:
    first, second = closes(county, *ROADS[:2])
    county.wait(5)
    later, = closes(county, ROADS[2])  # a question of its own
    limit = county.order("speed-limit")  # that nobody has to decide
    county.wait(5)
    said = county.say("regulator", "approve", f"measure:{first}", channel="page",
                      **{"with": [second, later, limit, "measure of no county"]})  # fmt: skip
    assert said == "taken"
    assert states(county, first, second, later) == ["issued", "issued", "proposed"]
    rows = [row for row in county.rows(answer) if row.told and "未受理" in row.told["zh"]]
    assert len(rows) == 1
    assert "已记录同意" in rows[0].told["zh"]
    assert "另有3项未受理" in rows[0].told["zh"]
    assert "3 more were not taken" in rows[0].told["en"]
    left = county.audited("answer approve")
    assert {e.subject for e in left if e.change["outcome"] == "not taken"} == {
        f"measure:{later}", f"measure:{limit}", "measure:measure of no county"}  # fmt: skip
    assert county.say("regulator", "approve", f"measure:{later}", channel="page") == "taken"


def test_of_a_link_only_what_its_message_put_together_is_answered(county: County) -> None:
    first, second = closes(county, *ROADS[:2])
    county.wait(5)
    later, = closes(county, ROADS[2])
    county.wait(5)
    of = {row.measure: row.id for row in county.rows(notice) if row.wants == "decision"}
    held = county.rows(delivery)
    message = next(d for d in held if d.person == "regulator")
    said = county.say("regulator", "approve", f"notice:{of[first]}", channel="link",
                      delivery=message.id, **{"with": [str(of[second]), str(of[later])]})  # fmt: skip
    assert said == "taken"
    assert states(county, first, second, later) == ["issued", "issued", "proposed"]
    assert any("另有1项未受理" in row.told["zh"] for row in county.rows(answer))
