"""What a person gives for the arguments of a measure is held to its declaration."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.alerts.asking import strictest
from alerting.errors import BadInput
from alerting.rulebook.given import read_given
from alerting.rulebook.measures import AskError, Measure, read_ask

WORDS = {"zh": "限行", "en": "restrict"}
RESTRICT = Measure.model_validate({
    "title": WORDS, "form": "order", "do": WORDS, "sms": WORDS, "carrier": "field",
    "lifter": "field",
    "arguments": {
        "speed": {"unit": "km/h", "stricter": "lower", "least": 5, "most": 120},
        "vehicles": {"stricter": "union", "words": {
            "coach": {"zh": "客车", "en": "coaches"}, "tanker": {"zh": "罐车", "en": "tankers"},
        }},
    },
})  # fmt: skip


def test_what_fits_is_given_in_the_declared_unit() -> None:
    assert read_given("restrict", RESTRICT, {"speed": 40, "vehicles": ["tanker", "coach"]}) == {
        "speed": 40.0, "vehicles": ["coach", "tanker"],
    }  # fmt: skip
    assert read_given("restrict", RESTRICT, {"speed": "10 m/s", "vehicles": "coach+tanker"}) == {
        "speed": 36.0, "vehicles": ["coach", "tanker"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"speed": "40", "vehicles": ["coach"]}, "speed of restrict is in km/h, and 40 has no unit"),
        ({"speed": True, "vehicles": ["coach"]}, "speed of restrict is a number in km/h, not True"),
        ({"speed": None, "vehicles": ["coach"]}, "speed of restrict is a number in km/h, not None"),
        ({"speed": "fast", "vehicles": ["coach"]}, "speed of restrict is a number in km/h"),
        ({"speed": "40 kg", "vehicles": ["coach"]}, "speed of restrict is in km/h"),
        ({"speed": 400, "vehicles": ["coach"]}, "speed of restrict must be at least 5 and at most 120 km/h"),
        ({"speed": float("nan"), "vehicles": ["coach"]}, "speed of restrict must be"),
        ({"speed": 40, "vehicles": ["tram"]}, "'tram' is no word of vehicles"),
        ({"speed": 40, "vehicles": [3]}, "vehicles of restrict is words of coach, tanker"),
        ({"speed": 40, "vehicles": []}, "vehicles of restrict is words of coach, tanker"),
        ({"speed": 40}, "restrict needs its argument vehicles"),
        ({"speed": 40, "vehicles": ["coach"], "lanes": 1}, "restrict has no argument 'lanes'"),
        ([40], "the arguments of restrict are names and values"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_name_of_the_argument(given: Any, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_given("restrict", RESTRICT, given)
    assert said in refused.value.text()


def test_a_pack_that_asks_beyond_the_range_does_not_load() -> None:
    with pytest.raises(AskError, match="at most 120 km/h"):
        read_ask("restrict 400 km/h coach", {"restrict": RESTRICT})


BAN = Measure.model_validate({
    "title": WORDS, "form": "order", "do": WORDS, "sms": WORDS, "carrier": "field",
    "lifter": "field", "exempts": {
        "ambulance": {"zh": "救护车", "en": "ambulances", "always": True},
        "salt-truck": {"zh": "撒盐车", "en": "salt trucks"},
        "coal": {"zh": "电煤车", "en": "coal lorries"},
    },
})  # fmt: skip


@pytest.mark.parametrize(("given", "kept"), [
    ("salt-truck", ["ambulance", "salt-truck"]),
    (["coal", "salt-truck"], ["ambulance", "coal", "salt-truck"]),
    ([], ["ambulance"]),
    ("", ["ambulance"]),
])  # fmt: skip
def test_who_is_let_pass_may_be_fewer_but_never_without_those_the_law_lets_pass(
    given: Any, kept: list[str]
) -> None:
    assert read_given("ban", BAN, {"exempts": given}) == {"exempts": kept}
    assert read_given("ban", BAN, {}) == {}


@pytest.mark.parametrize("given", ["tank", ["coal", "tank"], 3, {"coal": True}])
def test_nobody_is_let_pass_whom_the_measure_does_not_name(given: Any) -> None:
    with pytest.raises(BadInput, match="ban can exempt ambulance, salt-truck, coal") as caught:
        read_given("ban", BAN, {"exempts": given})
    assert "电煤车" in caught.value.zh


def test_what_one_asker_does_not_let_pass_is_not_let_pass() -> None:
    wide: dict[str, Any] = {}
    one, other = {"exempts": ["ambulance", "coal"]}, {"exempts": ["ambulance", "salt-truck"]}
    assert strictest({}, [wide, wide]) == {}
    assert strictest({}, [wide, one]) == one
    assert strictest({}, [one, other]) == {"exempts": ["ambulance"]}
    assert BAN.passes(wide, "en") == ["ambulances", "salt trucks", "coal lorries"]
    assert BAN.passes(one, "en") == ["ambulances", "coal lorries"]
