"""An exercise beside the real world: everything of it says so, and nothing crosses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alerting.store.schema import delivery, realm, signal
from tests.scenarios.test_silence import MODEL_ALONE
from tests.scenarios.town import Town
from tests.scenarios.weather import FINE, ORANGE_FOG, YELLOW_FOG

STORM: dict[str, Any] = {"exercise": {"play": "storm", "speed": 600}}
PLAYED = "exercise-1"


@pytest.fixture
def playing(make_town: Callable[..., Town]) -> Town:
    """An exercise is under way: freezing drizzle, orders out, nobody answers."""
    town = make_town(changes=STORM).begin()
    town.plays()
    town.passes(seconds=1)  # ten minutes of the storm
    assert town.alert(PLAYED, rule="icing")["level"] == "orange"
    return town


def stopped(town: Town) -> bool:
    [ended] = town.asks(realm.c.ended, realm.c.id == PLAYED)
    return ended is not None


def test_what_is_played_stays_in_its_realm(playing: Town) -> None:
    chen = playing.phone("chen")
    chen.gets("演练", "30公里/小时").replies("1").gets("收到确认")
    [limit] = playing.measures(PLAYED, measure="speed-limit")
    assert limit["state"] == "acknowledged"
    assert playing.alerts() == playing.measures() == []
    playing.passes(seconds=20)
    assert playing.alerts() == playing.measures() == []
    assert not stopped(playing)
    # The committee's bulletin tells of it apart, and counts nothing of it.
    bulletin = playing.api("GET", "/bulletin/2026-01").json()
    assert bulletin["alerts"] == bulletin["open"] == []
    assert bulletin["messages"]["sent"] == 0
    [played] = bulletin["exercises"]
    assert (played["realm"], played["woken"]) == (PLAYED, 1)


def test_an_answer_with_a_real_and_a_played_message_open_is_asked_for_its_code(
    playing: Town,
) -> None:
    chen = playing.phone("chen")
    chen.gets("30公里/小时")
    played = chen.gets("第2次呼叫").code
    playing.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="yellow")
    real = chen.gets("桥上有事故").code
    chen.replies("1").gets("您有2条待答复", played, real)
    chen.replies(f"1 {real}").gets("收到确认")
    assert {m["state"] for m in playing.measures()} == {"acknowledged"}
    assert "acknowledged" not in {m["state"] for m in playing.measures(PLAYED)}


REAL: dict[str, Callable[[Town], Any]] = {
    "weather": lambda town: town.forecast(ORANGE_FOG),
    "a warning": lambda town: town.warns("orange"),
    "hand": lambda town: town.by_hand("/alerts", "桥面结冰", rule="fog", place="G99-K12",
                                      level="red"),
}  # fmt: skip


@pytest.mark.parametrize("what", REAL)
def test_a_real_alert_stops_the_exercise_and_its_players_are_told(playing: Town, what: str) -> None:
    players = [playing.phone(p) for p in ("chen", "qian", "li", "smith")]
    for one in players:
        assert one.unread, "they play"
        one.forgets()
    REAL[what](playing)
    assert stopped(playing)
    assert playing.alerts()[0]["state"] == "open"
    for one in players[:3]:
        one.gets("【演练】", "演练中止", "转入实战")
        assert not [m for m in one.unread if "演练中止" in m.body], "told once"
    players[3].expects("EXERCISE", "Exercise stopped", "stop playing")
    playing.phone("zhao").expects_nothing()  # no player so far
    last = playing.asks(delivery.c.id)[-1]
    playing.passes(minutes=11)  # more than a day of the storm
    after = playing.asks(delivery.c.realm, delivery.c.id > last)
    assert set(after) == {"live"}, "nothing of the exercise goes out after its end"


def goes_on(town: Town, **time: float) -> bool:
    """Whether the storm plays on: while this time passes more of it comes in, and nobody is called off."""
    before = town.asks(signal.c.seq, signal.c.realm == PLAYED)
    town.passes(**time)
    after = town.asks(signal.c.seq, signal.c.realm == PLAYED)
    called_off = [m.body for m in town.provider.messages if "演练中止" in m.body]
    return not stopped(town) and len(after) > len(before) and not called_off


def test_real_fog_of_yellow_lets_it_go_on(playing: Town) -> None:
    playing.forecast(YELLOW_FOG)
    fog = playing.alert(rule="fog")
    assert (fog["level"], fog["state"]) == ("yellow", "open")
    assert goes_on(playing, seconds=12)  # two hours of the storm
    assert playing.alert(rule="fog")["state"] == "open"
    playing.forecast(ORANGE_FOG)
    assert stopped(playing), "orange does not"


def test_a_real_measure_by_hand_lets_it_go_on(playing: Town) -> None:
    playing.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="red")
    [ordered] = playing.measures()
    assert (ordered["level"], ordered["state"]) == ("red", "issued")
    assert goes_on(playing, seconds=12)


def test_a_source_that_falls_silent_lets_it_go_on(make_town: Callable[..., Town]) -> None:
    """The watch's own alarm is as grave as what stops it; it is no weather."""
    slowly: dict[str, Any] = {"exercise": {"play": "storm", "speed": 4}}
    town = make_town(changes=slowly | MODEL_ALONE).begin()
    town.plays()
    town.forecast(FINE)
    town.passes(minutes=129)  # more than eight hours of the storm
    assert goes_on(town, minutes=21)
    silent = town.alert(rule="source-silent")
    assert (silent["level"], silent["state"]) == ("orange", "open")
    assert {a["rule"] for a in town.alerts()} == {"source-silent"}


def test_a_kill_ends_the_exercise_and_nothing_of_it_goes_on(playing: Town) -> None:
    before = playing.alerts(PLAYED)
    playing.dies()
    playing.begin()
    assert stopped(playing)
    count = len(playing.provider.messages)
    playing.passes(hours=1)
    assert playing.alerts(PLAYED) == before
    assert len(playing.provider.messages) == count
    playing.plays()
    playing.passes(seconds=1)
    assert {a["realm"] for a in playing.alerts("exercise-2")} == {"exercise-2"}


def test_in_a_real_county_what_is_played_says_exercise_and_what_is_real_does_not(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=STORM, fictional=False).begin_in_real_time()
    chen, smith = town.phone("chen"), town.phone("smith")
    town.plays()
    town.waits_until(lambda: chen.unread and smith.unread)
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="red")
    town.waits_until(lambda: [m for m in chen.unread if "桥上有事故" in m.body])
    real = [m for m in town.provider.messages if "桥上有事故" in m.body]
    played = [m for m in town.provider.messages if "桥上有事故" not in m.body]
    assert all("演练" not in m.body and "EXERCISE" not in m.body for m in real)
    assert all(m.body.startswith(("【演练】", "EXERCISE")) for m in played)
    assert {m.to for m in played} >= {chen.number, smith.number}
