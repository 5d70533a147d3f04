"""What a text says is to be done by hand, before anybody knows what the message was about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from alerting.alerts.life import Life
from alerting.chase.commanding import Command, read_command
from alerting.chase.understanding import Meant, meant
from alerting.errors import BadInput
from alerting.places import Place, Places
from alerting.rulebook.measures import Measure


@pytest.mark.parametrize(("text", "act", "code", "letter", "kind", "rest"), [
    ("撤回 K7 误报", "withdraw", "K7", "", "", "误报"),
    ("撤回K7，误报", "withdraw", "K7", "", "", "误报"),
    ("撤回　Ｋ７　误报", "withdraw", "K7", "", "", "误报"),
    ("撤回 B K7 误报", "withdraw", "K7", "B", "", "误报"),
    ("撤回 K7 B 误报", "withdraw", "K7", "B", "", "误报"),
    ("撤回 措施 K7 误报", "withdraw", "K7", "", "measure", "误报"),
    ("升级 红 K7 追尾", "raise", "K7", "", "", "红 追尾"),
    ("升级红K7追尾", "raise", "K7", "", "", "红 追尾"),
    ("Raise red k7 pile-up at km 12", "raise", "K7", "", "", "red pile-up at km 12"),
    ("keep k77 still Fog", "keep", "K77", "", "", "still Fog"),
    ("更正 K7 改为60 有误", "correct", "K7", "", "", "改为60 有误"),
    ("下令 橙 限速40 石门路段 结冰", "order", "", "", "", "橙 限速40 石门路段 结冰"),
    ("撤回 K 7 误报", "withdraw", "K7", "", "", "误报"),
    ("撤回K七，误报", "withdraw", "K7", "", "", "误报"),
    ("withdraw k seven, no fog", "withdraw", "K7", "", "", "no fog"),
    ("撤回 Z9 误报", "withdraw", "", "", "", "Z9 误报"),
    ("Withdraw the salt trucks that stand at the K7 bridge", "withdraw", "", "", "",
     "the salt trucks that stand at the K7 bridge"),
])  # fmt: skip
def test_a_command_and_what_is_left_of_it(
    text: str, act: str, code: str, letter: str, kind: str, rest: str
) -> None:
    made = read_command(text, {"K7", "K77"})
    assert made is not None
    assert (made.act, made.code, made.letter, made.kind, made.rest) == (act, code, letter, kind, rest)


def test_without_letters_in_the_message_a_letter_is_the_reasons() -> None:
    made = read_command("withdraw K7 a false report", {"K7"}, {})
    assert made is not None
    assert (made.letter, made.rest) == ("", "a false report")


@pytest.mark.parametrize("text", ["1 K7", "收到", "已撤回", "withdrawn K7", "orders received", "2"])
def test_other_words_are_no_command(text: str) -> None:
    assert read_command(text, {"K7"}) is None


def life() -> Life:
    def made(zh: str, en: str, **arguments: Any) -> Measure:
        return Measure.model_validate({
            "title": {"zh": zh, "en": en}, "do": {"zh": zh, "en": en}, "sms": {"zh": zh, "en": en},
            "form": "order", "carrier": "field", "lifter": "field", "check": True, "arguments": arguments})  # fmt: skip

    limit = {"stricter": "lower", "unit": "km/h", "zh": "{value}公里/小时", "en": "{value} km/h"}
    until = {"stricter": "later", "optional": True, "zh": "至{value}", "en": "until {value}"}
    measures = {"speed-limit": made("限速", "Speed limit", limit=limit),
                "close": made("封闭", "Close", until=until),
                "close-part": made("封闭半幅", "Close one side"),
                "no-class": made("停课", "No classes").model_copy(update={"named_day": True})}  # fmt: skip
    places = Places.of("99", [
        Place("99", "zone", "雾岭县", "Wuling", ()),
        Place("S1", "road-section", "石门路段", "Shimen section", ()),
        Place("S10", "road-section", "石门", "Shimen", ()),
        Place("T1", "bridge", "大桥", "Bridge", ()), Place("T2", "bridge", "大桥", "Bridge", ()),
    ])  # fmt: skip
    book = SimpleNamespace(measures=measures, orderable=measures)
    zone = ZoneInfo("Asia/Shanghai")
    return cast(Life, SimpleNamespace(book=book, places=places, local=lambda at: at.astimezone(zone)))


LIFE = life()
NOW = datetime(2026, 12, 5, 8, 0, tzinfo=UTC)  # a Saturday, 16:00 in the county


@pytest.mark.parametrize("text", [
    "橙 限速40 石门路段 桥面结冰", "石门路段 限速 40公里/小时 橙色，桥面结冰", "橙限速40，石门路段：桥面结冰",
])  # fmt: skip
def test_an_order_in_any_order(text: str) -> None:
    assert meant(LIFE, text, NOW, names_measure=True) == Meant(
        "orange", "speed-limit", "S1", {"limit": 40.0}, "桥面结冰")  # fmt: skip


def test_an_order_in_english_and_by_ids() -> None:
    made = meant(LIFE, "red SPEED-LIMIT 40 km/h s10 ice on 2 bends", NOW, names_measure=True)
    assert made == Meant("red", "speed-limit", "S10", {"limit": 40.0}, "ice on 2 bends")
    assert meant(LIFE, "封闭半幅 S1 事故", NOW, names_measure=True).measure == "close-part"
    assert meant(LIFE, "close until 20:30 S1 wreck", NOW, names_measure=True).arguments == {"until": "20:30"}
    assert meant(LIFE, "至6点 事故", NOW, "close") == Meant("", "close", "", {"until": "06:00"}, "事故")


@pytest.mark.parametrize(("text", "zh"), [
    ("限速40 大桥 结冰", "T1、T2"), ("限速40分钟 石门 结冰", "公里/小时"),
])  # fmt: skip
def test_what_may_mean_two_things_is_asked_back(text: str, zh: str) -> None:
    with pytest.raises(BadInput) as error:
        meant(LIFE, text, NOW, names_measure=True)
    assert zh in error.value.zh


def test_where_a_level_alone_is_named_a_place_belongs_to_the_reason() -> None:
    assert meant(LIFE, "红 石门路段追尾", NOW, level_alone=True) == Meant("red", left="石门路段追尾")


def test_a_word_that_begins_with_a_colour_is_none() -> None:
    assert meant(LIFE, "reduce it", NOW, "speed-limit").level == ""
    assert read_command("order", set()) == Command("order", "", "", "", "", "ORDER")


@pytest.mark.parametrize(("text", "clock"), [
    ("至晚上8点", "20:00"), ("到今晚8点半", "20:30"), ("至下午5点15分", "17:15"), ("至明早6点半", "06:30"),
    ("至凌晨2点", "02:00"), ("至今晚12点", "00:00"), ("至24:00", "00:00"), ("至中午12点", "12:00"),
    ("until 8 pm", "20:00"), ("until 6:30 am tomorrow", "06:30"), ("until 12 am", "00:00"), ("至夜里2点", "02:00"),
    ("至明天凌晨2点", "02:00"),
])  # fmt: skip
def test_an_hour_as_people_say_it(text: str, clock: str) -> None:
    assert meant(LIFE, f"{text} 事故", NOW, "close") == Meant("", "close", "", {"until": clock}, "事故")


@pytest.mark.parametrize("text", ["至明天20点 事故", "至今晚8点 事故", "至29:00 事故", "至8点70 事故"])
def test_an_hour_that_cannot_be_is_asked_back(text: str) -> None:
    late = NOW + timedelta(hours=0 if "明天" in text else 5)
    with pytest.raises(BadInput):
        meant(LIFE, text, late, "close")


def test_an_hour_or_a_day_that_the_measure_does_not_have_is_no_reason() -> None:
    with pytest.raises(BadInput, match="has no such hour"):
        meant(LIFE, "60 至20:00 有误", NOW, "speed-limit")
    with pytest.raises(BadInput, match="is not for a named day"):
        meant(LIFE, "限速40 S1 明天 结冰", NOW, names_measure=True)
    assert meant(LIFE, "限速40 S1 明天结冰", NOW, names_measure=True).left == "明天结冰"
    assert meant(LIFE, "60 到3号桥 有误", NOW, "speed-limit").left == "到3号桥 有误"


@pytest.mark.parametrize(("text", "day"), [
    ("今天", "2026-12-05"), ("明天", "2026-12-06"), ("后天", "2026-12-07"), ("day after tomorrow", "2026-12-07"),
    ("tomorrow", "2026-12-06"), ("12月8日", "2026-12-08"), ("8号", "2026-12-08"), ("3日", "2027-01-03"),
    ("1月3日", "2027-01-03"), ("2026-12-09", "2026-12-09"), ("2026年12月9日", "2026-12-09"), ("", ""),
])  # fmt: skip
def test_a_day_as_people_say_it(text: str, day: str) -> None:
    made = meant(LIFE, f"停课 S1 {text} 大雪", NOW, names_measure=True)
    assert (made.day, made.left) == (day, "大雪")


@pytest.mark.parametrize("text", ["周一", "下周三", "Monday", "12月32日", "31日"])
def test_a_day_that_may_be_two_or_is_none_is_asked_back(text: str) -> None:
    with pytest.raises(BadInput):
        meant(LIFE, f"停课 S1 {text} 大雪", NOW + timedelta(days=58 if text == "31日" else 0), names_measure=True)
