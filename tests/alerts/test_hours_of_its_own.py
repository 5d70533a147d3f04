"""A rule that is decided at hours of its own (`decide`): schools in the evening and before dawn."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from alerting.service.tick_loop import strokes
from alerting.signals import Tick
from tests.alerts.county import STORY, ZONE, County

HOURS = {time(20), time(5, 30)}


@pytest.fixture
def county(tmp_path: Path) -> County:
    book = tmp_path / "book"
    shutil.copytree(STORY / "book", book)
    roads = (book / "roads.yaml").read_text("utf-8")
    decided = roads.replace("    hold: 2 h\n", "    hold: 2 h\n    decide: [\"20:00\", \"05:30\"]\n", 1)
    assert decided != roads
    (book / "roads.yaml").write_text(decided, "utf-8")
    return County(book=book)


def test_it_is_proposed_when_its_hour_strikes_and_not_before(county: County) -> None:
    county.forecast(visibility=[9000] * 4 + [150] * 30)
    county.passes(5)  # 19:00
    assert county.changes() == []
    county.passes(1)
    assert county.changes() == [("opened", 3)]


def test_what_comes_up_in_the_night_is_proposed_before_dawn(county: County) -> None:
    county.passes(9)  # 23:00
    county.forecast(visibility=[150] * 30)
    county.passes(6)
    assert county.changes() == []
    county.now = datetime(2026, 1, 20, 21, 30, tzinfo=UTC)  # 05:30
    county.takes(Tick(source="clock", issued=county.now))
    assert [what for what, _ in county.changes()] == ["opened"]


def test_what_is_held_has_begun_while_a_higher_level_waits_for_its_hour(county: County) -> None:
    county.passes(5)
    county.forecast(visibility=[9000] + [300] * 12)
    county.passes(1)  # 20:00
    assert county.changes() == [("opened", 2)]
    county.passes(1)
    county.forecast(visibility=[300] * 4 + [150] * 8)  # orange ahead, which may not rise now
    believed = county.engine.standings["fog"].believed
    for _ in range(3):
        county.passes(1)
        assert believed.max() == county.now.timestamp(), "yellow goes on"
    assert {level for _, level in county.changes()} == {2}


def test_it_falls_and_clears_at_any_hour(county: County) -> None:
    county.passes(5)
    county.forecast(visibility=[150, 150, 150])
    county.passes(1)
    assert county.changes() == [("opened", 3)]
    for _ in range(8):
        county.passes(1)
        county.observes()
    assert county.changes()[-1] == ("cleared", 0)


def test_the_strokes_between_two_times_whatever_their_number() -> None:
    noon = datetime(2026, 1, 20, 4, tzinfo=UTC)
    ahead = strokes(HOURS, ZONE, noon)
    assert [at.astimezone(ZONE).strftime("%d %H:%M") for at in ahead] == [
        "20 20:00", "21 05:30", "21 20:00"]  # fmt: skip
    weeks = strokes(HOURS, ZONE, noon, noon + timedelta(days=30))
    assert len(weeks) <= 6, "what was missed for weeks is not decided evening by evening"
    assert strokes(set(), ZONE, noon) == []
