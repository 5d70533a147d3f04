"""What a person gives for the arguments of a measure is held to its declaration."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.errors import BadInput
from alerting.rulebook.arguments import strictest
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


CLOSE = Measure.model_validate({
    "title": WORDS, "form": "order", "do": WORDS, "sms": WORDS, "carrier": "field",
    "lifter": "field", "check": True,
    "arguments": {
        "passing": {"stricter": "last", "default": "exit-only", "words": {
            "exit-only": {"zh": "只出不进", "en": "exits open"}, "whole": {"zh": "全封", "en": "shut"},
        }},
        "from": {"stricter": "earlier", "optional": True},
        "until": {"stricter": "later", "optional": True},
    },
})  # fmt: skip


def test_what_may_be_left_out_is_and_a_default_counts_as_given() -> None:
    assert read_given("close", CLOSE, {}) == {"passing": "exit-only"}
    assert read_ask("close", {"close": CLOSE}).arguments == {"passing": "exit-only"}
    asked = read_ask("close whole 20:30 08:00", {"close": CLOSE})
    assert asked.arguments == {"passing": "whole", "from": "20:30", "until": "08:00"}
    with pytest.raises(AskError, match="no word of passing"):
        read_ask("close half", {"close": CLOSE})
    assert read_ask("close whole 0:30 8:00", {"close": CLOSE}).arguments["until"] == "08:00"
    assert read_given("close", CLOSE, {"from": " 20:30 "})["from"] == "20:30"


@pytest.mark.parametrize("said", [
    "noon", "20", "2000", "20:0", "20:00:30", "20:00:00", "20:00+08:00", "20:00Z", "24:00", "20:60",
    "T20:00", "２０:００",
])  # fmt: skip
def test_a_time_of_day_is_hours_and_minutes_and_nothing_else(said: str) -> None:
    with pytest.raises(AskError, match="until of close is a time of day"):
        read_ask(f"close whole 20:30 {said}", {"close": CLOSE})
    with pytest.raises(BadInput, match="until of close is a time of day, 20:00") as refused:
        read_given("close", CLOSE, {"until": said})
    assert "不是时刻，请写成 20:00" in refused.value.zh
    for key in ("by-clock", "again"):  # the second would never come
        with pytest.raises(ValueError, match='write it in quotes: "20:00"'):
            Measure.model_validate({
                "title": WORDS, "form": "order", "do": WORDS, "sms": WORDS, "carrier": "field",
                "lifter": "field", "by-minutes": 60, key: said,
            })  # fmt: skip


@pytest.mark.parametrize(("sets", "expected"), [
    ([{"passing": "exit-only"}, {"passing": "whole"}], {"passing": "whole"}),
    ([{"from": "20:00"}, {"from": "20:30"}], {"from": "20:00"}),
    ([{"from": "23:00"}, {"from": "00:30"}], {"from": "23:00"}),  # of one night
    ([{"until": "08:00"}, {"until": "06:00"}], {"until": "08:00"}),
    ([{"until": "23:00"}, {"until": "00:30"}], {"until": "00:30"}),
    ([{"until": "08:00"}, {}], {}),  # who names no end asks for longest
    ([{"from": "20:00"}, {}], {}),
])  # fmt: skip
def test_of_hours_and_words_the_strictest_wins(
    sets: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    assert strictest(CLOSE.arguments, sets) == expected


@pytest.mark.parametrize("wrong", [
    {"until": {"stricter": "later"}},  # without a check
    {"from": {"stricter": "later"}},
    {"x": {"stricter": "last", "words": {"one": {"zh": "一", "en": "one"}}}},
    {"x": {"stricter": "earlier", "unit": "h"}},
    {"x": {"stricter": "union", "default": "a"}},
])  # fmt: skip
def test_an_argument_that_cannot_be_does_not_load(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"check: true|stricter|no unit|two words|default"):
        Measure.model_validate({
            "title": WORDS, "form": "order", "do": WORDS, "sms": WORDS, "carrier": "field",
            "lifter": "field", "arguments": wrong,
        })  # fmt: skip
