"""When something is over: not by one run's word, not in the first good hour, not halfway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, ICE, ORANGE_FOG

MODEL_ALONE: dict[str, Any] = {
    "sources": {"model": {
        "use": "signals", "brings": "forecast", "cadence_hours": 6,
        "quantities": ["temperature", "precipitation", "visibility", "wind_speed"],
    }},
}  # fmt: skip


def fog(town: Town) -> str:
    return str(town.alert(rule="fog")["state"])


def test_the_hold_runs_from_the_first_hour_in_which_all_agree(town: Town, li: Phone) -> None:
    town.forecast(ORANGE_FOG)
    town.observes({"visibility": 150.0})
    town.passes(hours=1)
    town.forecast(FINE), town.observes(FINE_NOW)  # the hour that was foggy is not over yet
    town.passes(minutes=30)
    town.observes(FINE_NOW)  # from here on all agree
    town.passes(hours=1)
    town.observes(FINE_NOW)
    li.forgets()
    town.passes(minutes=55)
    town.observes(FINE_NOW)
    assert fog(town) == "open", "the hold is two hours"
    li.expects_nothing()
    town.passes(minutes=5)
    town.observes(FINE_NOW)
    assert fog(town) == "closed"
    li.expects("【解除】")


def test_one_bad_hour_begins_the_hold_anew(town: Town) -> None:
    town.forecast(ORANGE_FOG)
    town.observes({"visibility": 150.0})
    town.passes(hours=1)
    town.forecast(FINE), town.observes(FINE_NOW)
    town.passes(hours=1)
    town.observes({"visibility": 600.0})  # no fog by the rule, and not clear either
    town.passes(minutes=70)
    town.observes(FINE_NOW)
    assert fog(town) == "open"
    for _ in range(2):
        town.passes(hours=1)
        town.observes(FINE_NOW)
    town.passes(minutes=5)
    assert fog(town) == "closed"


def test_between_its_level_and_clear_it_stays(town: Town) -> None:
    town.forecast(ORANGE_FOG)
    town.observes({"visibility": 150.0})
    for hour in range(8):
        town.passes(hours=1)
        town.observes(FINE_NOW | {"visibility": 600.0})
        if hour % 6 == 0:
            town.forecast(FINE | {"visibility": [600.0] * 48})
    assert fog(town) == "open", "600 m is no fog, and it is not the 750 m at which it is over"


def test_what_one_run_alone_says_is_over_is_not_over(make_town: Callable[..., Town]) -> None:
    town = make_town(changes=MODEL_ALONE).begin()
    town.forecast(FINE | {"visibility": [150.0, 150.0, *FINE["visibility"][2:]]})
    town.passes(hours=5)  # its own fog is over since three hours, its hold run out
    assert fog(town) == "open"
    for _ in range(2):
        town.forecast(FINE)
        town.passes(hours=2)
    town.passes(hours=1)
    assert fog(town) == "closed", "two runs agree"


def test_what_is_of_another_level_band_comes_in_a_message_of_its_own(
    town: Town, li: Phone, qian: Phone
) -> None:
    town.forecast(ORANGE_FOG | ICE)
    assert len(li.unread) == 2  # of one moment, so in either order
    orange = li.gets("橙色").last.body
    yellow = li.gets("黄色").last.body
    assert "黄色" not in orange
    assert "橙色" not in yellow


FINE_NOW = {quantity: values[0] for quantity, values in FINE.items()}
