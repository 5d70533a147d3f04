"""What every message must say, and what it may lose."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from alerting.alerts.finding import told_of
from alerting.dispatch import Composer, segments
from alerting.dispatch.compose import Asking, Composed
from alerting.dispatch.lines import plain
from alerting.dispatch.wording import News
from alerting.rulebook.measures import Measure
from alerting.signals import Incident
from tests.dispatch.hall import START, ZONE, book, facts, ordered, places

OFFICIAL = {"level": "blue", "issuer": "虚构县气象台", "issued": "2026-01-25T06:00:00+00:00"}
ALERTS = ("open", "raise", "reopen", "fall", "update")
ENDS = ("clear", "lifted", "withdrawn", "refused")
ORDERS = ("order", "tighten", "reminder", "escalation")
ASKING = ("decide", "check", "question")
KINDS = (*ALERTS, *ENDS, *ORDERS, *ASKING, "service")
WANTS = {"order": "acknowledge", "tighten": "acknowledge", "reminder": "in-force",
         "escalation": "acknowledge", "decide": "decision", "check": "check",
         "open": "acknowledge", "question": "acknowledge"}  # fmt: skip
COMPOSER = Composer(book(), places(), ZONE, {"zh": "雾岭县应急办", "en": "Wuling EMO"})


def news(kind: str, level: int = 2, number: int = 1, **more: Any) -> News:
    has_measure = kind in (*ORDERS, "lifted", "withdrawn", "refused", "decide", "check")
    given = [ordered("m1", "close", "proposed")] if kind == "decide" else [ordered()]
    said = facts(level=level, measures=given if has_measure else []) | more
    return News(number, kind, level, START, said, WANTS.get(kind, ""),
                "m1" if has_measure else None)  # fmt: skip


def short(*given: News, language: str = "zh", exercise: bool = False, most: int = 3) -> Composed:
    letters = {"A": 1, "B": 2} if len([n for n in given if n.measure]) > 1 else {}
    return COMPOSER.compose(given, language, exercise, Asking("K7", letters, "http://l/a/x", True), most)


def long(*given: News, language: str = "zh", exercise: bool = False) -> Composed:
    return COMPOSER.compose(given, language, exercise, Asking("K7", {}, "http://l/a/x", False), None)


TIME = {"zh": r"\d+日\d+时", "en": r"\d+ [A-Z][a-z]{2} \d\d:\d\d"}
VERB = {
    "zh": "设置限速|督促落实|封闭路段|恢复正常|停止执行|不予执行|请检查|请核实|请决定|由",
    "en": "Set the speed limit|See it done|Close it|Return|Stop|Do not carry out|Check|Decide|Up|Down",
}


def parts(text: str, language: str) -> dict[str, bool]:
    """The five parts of a message, as a reader would look for them."""
    sender = "【雾岭县应急办】" if language == "zh" else "Wuling EMO:"
    hazard = "大雾黄色" if language == "zh" else "fog YELLOW"
    place = "G99东山段" if language == "zh" else "G99 Dongshan section"
    return {
        "sender": sender in text, "hazard": hazard in text, "place": place in text,
        "verb": re.search(VERB[language], text) is not None,
        "time": re.search(TIME[language], text) is not None,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("most", [1, 3])
def test_every_sms_has_its_five_parts_even_when_cut(kind: str, language: str, most: int) -> None:
    text = short(news(kind, reason={"zh": "请核实", "en": "Check it"}), language=language, most=most).text
    missing = [name for name, there in parts(text, language).items() if not there]
    assert not missing, (missing, text)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", [*KINDS, "reply", "stopped", "head"])
def test_an_exercise_says_so_first(kind: str, language: str) -> None:
    lead = "【演练】" if language == "zh" else "EXERCISE "
    one = news(kind)
    assert short(one, language=language, exercise=True).text.startswith(lead)
    assert long(one, language=language, exercise=True).text.startswith(lead)
    assert long(one, language=language, exercise=True).subject.startswith(lead)
    assert lead not in short(one, language=language).text


@pytest.mark.parametrize("kind", KINDS)
def test_the_stations_word_is_theirs_alone(kind: str) -> None:
    assert "预警" not in short(news(kind)).text
    assert "预警" not in long(news(kind)).text
    assert "warning" not in short(news(kind), language="en").text


def test_an_official_warning_of_another_level_is_said_in_one_line_however_short() -> None:
    said = news("open", official=OFFICIAL)
    assert "官方预警为蓝色" in short(said, most=1).text
    assert "Official warning: blue" in short(said, language="en", most=1).text
    assert "虚构县气象台25日14时发布蓝色预警" in long(said).text
    same = news("open", official=OFFICIAL | {"level": "yellow"})
    assert "官方预警为" not in short(same).text
    assert "发布黄色预警" in short(same).text


def test_the_description_goes_first_and_what_matters_never() -> None:
    why = {"zh": "能见度" * 40, "en": "visibility " * 30}
    made = short(news("order", why=why, due="2026-01-25T13:30:00+00:00"), most=2)
    assert made.cut == ("why",)
    assert made.segments <= 2
    assert "能见度" not in made.text
    for part in ("大雾黄色", "G99东山段", "25日20时至26日8时", "设置限速60公里/小时", "K7",
                 "25日21时30分前"):  # fmt: skip
        assert part in made.text


def test_nothing_is_cut_inside() -> None:
    whole = short(news("order"), most=9).text
    tight = short(news("order"), most=1).text
    # What is left is a part of the whole, piece by piece, and never half a piece.
    for piece in re.split(r"[。\n]", tight):
        assert piece in whole


def test_segments_are_those_of_the_text_with_its_signature() -> None:
    for kind in KINDS:
        made = short(news(kind), exercise=True)
        assert made.segments == segments(made.text).segments <= 3


def test_english_stays_in_gsm_7() -> None:
    for kind in KINDS:
        assert segments(short(news(kind), language="en", exercise=True).text).encoding == "GSM-7"


def test_how_to_answer_is_one_digit_each_with_the_code() -> None:
    """In a line of its own, after what to do and before why."""
    for kind, said in (
        ("order", "收到回1，落实后再回2，无法执行回3，需要支援回4。多条待答时这样回：1 K7"),
        ("open", "收到回1，需要支援回4。多条待答时这样回：1 K7"),
        ("decide", "同意回1，不同意回2。多条待答时这样回：1 K7"),
    ):
        lines = short(news(kind)).text.splitlines()
        assert lines[1:] == [said, "依据：能见度 25日22时 120 m < 200 m。"]
    assert "回1" not in short(news("clear")).text
    assert short(news("order"), language="en").text.splitlines()[1] == (
        "Reply 1 received, then 2 when done, 3 cannot, 4 need support. If several wait: 1 K7")
    assert short(news("question", reason={"zh": "桥面结冰吗", "en": "x"})).text.splitlines()[0].endswith(
        "请核实并答复。桥面结冰吗。依据：能见度 25日22时 120 m < 200 m。"), "its reason is the question"


def test_several_measures_in_one_message_have_letters() -> None:
    text = short(news("order", number=1), news("order", number=2), most=9).text
    assert "\nA 大雾" in text
    # The second is of the same hazard, place and time: it says what to do and no more.
    assert "\nB 命令：设置限速60公里/小时" in text
    assert "如2A" in text
    assert text.splitlines()[0] == "【雾岭县应急办】共2条"


def test_where_a_channel_cannot_carry_a_reply_the_ask_is_a_link() -> None:
    assert long(news("order")).text.endswith("答复：http://l/a/x")
    assert "K7" not in long(news("order")).text
    assert "http" not in long(news("clear")).text


def test_what_is_not_signed_is_a_proposal() -> None:
    assert "建议：封闭路段只出不进" in short(news("decide")).text
    assert "命令：设置限速" in short(news("order")).text
    signed = news("order", measures=[ordered("m1", "close", "issued")])
    assert "建议" not in short(signed).text


def test_times_are_local_and_name_the_day() -> None:
    far = news("open", onset="2026-03-01T12:00:00+00:00", until=None)
    assert "3月1日20时起" in short(far).text
    assert "1 Mar 20:00" in short(far, language="en").text
    now = news("open", onset=None, until=None)
    assert "20日14时起" in short(now).text


def test_no_markup_no_control_characters_no_forged_signature() -> None:
    bad = {"zh": "<b>急</b>\u202e【别处】\x07\n第二行", "en": "x"}
    for text in (short(news("question", reason=bad)).text, long(news("question", reason=bad)).text):
        assert "<b>" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
        assert text.count("【") == 2  # the sender's and the kind's
    assert "[别处]" in short(news("question", reason=bad)).text


def test_a_person_s_words_are_no_template() -> None:
    said = {"zh": "{{ 7 * 7 }}", "en": ""}
    assert "{{ 7 * 7 }}" in short(news("question", reason=said)).text


def test_a_measure_that_left_the_book_is_still_named() -> None:
    assert "old-one" in short(news("order", measures=[ordered("m1", "old-one")])).text


def test_a_reply_says_what_follows_and_what_it_is_about() -> None:
    text = short(news("reply", reason={"zh": "收到确认", "en": "Noted"})).text
    assert text == "【雾岭县应急办】收到确认（大雾黄色风险提示，G99东山段，20日14时）"


def test_a_comparison_is_no_markup_and_a_tag_is() -> None:
    said = "气温 -3 °C < -2 °C；降水量 1 mm > 0 mm<b>！</b><br/><!-- x -->"
    assert plain(said) == "气温 -3 °C < -2 °C；降水量 1 mm > 0 mm！"


def side(name: str, title: str, **more: Any) -> dict[str, Any]:
    return ordered(name, "speed-limit" if name == "m1" else "close") | {
        "title": {"zh": title, "en": f"the {name}"}, "since": "2026-01-20T05:00:00+00:00",
        "by": {"zh": "大雾红色", "en": "fog RED"}, "alert": None, "protects": {"zh": "行车安全", "en": "x"},
        "where": {"zh": "G99东山段", "en": "G99"},
    } | more  # fmt: skip


def conflict(kind: str = "ask") -> News:
    said = facts(level=2, measures=[], sides=[side("m1", "限速"), side("m2", "封闭")])
    return News(1, kind, 2, START, said, "conflict", "m2")


def test_a_reminder_says_when_the_first_message_went_out_and_what_changed_since() -> None:
    first = {"sent": "2026-01-20T05:30:00+00:00",
             "changed": {"zh": "级别由蓝色变为黄色", "en": "blue has become yellow"}}
    for kind in ("reminder", "escalation"):
        again = news(kind, first=first)
        assert "首次发送20日13时30分，此后级别由蓝色变为黄色。" in short(again, most=9).text
        assert "提示：首次发送20日13时30分，此后级别由蓝色变为黄色" in long(again).text
        english = short(again, language="en", most=9).text
        assert "First sent 20 Jan 13:30; since then blue has become yellow." in english
        assert segments(english).encoding == "GSM-7"
        tight = short(again, most=1)
        assert "首次发送" not in tight.text
        assert {"why", "first"} <= set(tight.cut)
        assert "设置限速60公里/小时" in tight.text
    assert "首次发送" not in short(news("reminder")).text


@pytest.mark.parametrize("kind", ["ask", "reminder", "escalation"])
def test_a_conflict_is_said_with_both_sides_whoever_is_called(kind: str) -> None:
    text = short(conflict(kind)).text
    for part in ("大雾黄色", "G99东山段", "①限速（20日13时起，大雾红色要求）", "②封闭（",
                 "保留①回1，改用②回2，两者并行回3。多条待答时这样回：1 K7"):  # fmt: skip
        assert part in text, part
    english = short(conflict(kind), language="en")
    assert "(1) the m1 (since 20 Jan 13:00, asked by fog RED)" in english.text
    assert segments(english.text).encoding == "GSM-7"
    whole = long(conflict(kind)).text
    for part in ("在路段设置限速", "不适用于：融雪车", "保护：行车安全", "封闭路段"):
        assert part in whole, part


def test_the_gate_is_asked_by_link_even_where_a_digit_could_be_answered() -> None:
    asked = news("order", measures=[ordered(state="lift proposed")])
    gate = News(1, "ask", 2, START, asked.facts, "gate", "m1")
    text = short(gate, most=9).text
    assert "复工前请填报四项确认，解除限速" in text
    assert text.splitlines()[1] == "答复：http://l/a/x"
    assert "回1" not in text
    sign = News(1, "ask", 2, START, asked.facts, "signature", "m1")
    assert short(sign).text.splitlines()[1] == "签字解除回1，退回（写原因）回2。多条待答时这样回：1 K7"


def test_whom_an_order_lets_pass_is_what_its_askers_left() -> None:
    assert "不适用于：融雪车" in long(news("order")).text
    narrowed = ordered() | {"arguments": {"limit": 60.0, "exempts": []}}
    assert "不适用于" not in long(news("order", measures=[narrowed])).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_on_hold_says_so_and_what_it_was(language: str) -> None:
    given = News(1, "suspended", 2, START, news("order").facts, "", "m1")
    text = short(given, language=language).text
    assert ("暂不执行" if language == "zh" else "Do not go on until decided") in text
    assert ("设置限速" if language == "zh" else "Set the speed limit") in text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["superseded", "suspended", "refused", "withdrawn", "lifted"])
def test_what_the_notice_before_gave_as_reason_leaves_no_gap_behind(kind: str, language: str) -> None:
    """A bundle says a shared reason once; the next sentence is whole without it."""
    reason = {"zh": "由“封闭”接替", "en": "Close takes over"}
    said = {"reason": reason, "by": {"zh": "陈", "en": "Chen"}, "measures": [ordered()]}
    text = short(*(news(kind, number=n, **said) for n in (1, 2)), language=language, most=9).text
    second = text.splitlines()[2]
    assert text.count("由“封闭”接替" if language == "zh" else "Close takes over") == 1, text
    assert not re.search(r"^\W|[：:，,。.]\s*[：:，,。.]|[：:]\s*$", second), second
    assert ("设置限速" if language == "zh" else "Set the speed limit") in second


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_hours_of_what_is_done_off_the_roads_stand_apart_from_its_words(language: str) -> None:
    clocks = {"from": {"stricter": "earlier", "zh": "{value}起", "en": "from {value}"},
              "until": {"stricter": "later", "zh": "至{value}", "en": "until {value}"}}  # fmt: skip
    speed = book().measures["speed-limit"].model_dump(by_alias=True)
    timed = {"check": True, "arguments": clocks}
    known = book()
    known.measures["slow"] = Measure.model_validate(speed | timed | {"arguments": speed["arguments"] | clocks})
    known.measures["halt"] = Measure.model_validate(
        speed | timed | {"sms": {"zh": "停止高处作业", "en": "Stop work at height"}})  # fmt: skip
    composer = Composer(known, places(), ZONE, {"zh": "雾岭县应急办", "en": "Wuling EMO"})
    told = {
        ("halt", True): {"zh": "停止高处作业，20日20时起至21日6时。",
                         "en": "Stop work at height, from 20 Jan 20:00 until 21 Jan 06:00."},
        ("slow", True): {"zh": "设置限速60公里/小时，20日20时起至21日6时。",
                         "en": "Set the speed limit 60 km/h, from 20 Jan 20:00 until 21 Jan 06:00."},
        ("halt", False): {"zh": "停止高处作业，20:00起，至06:00。",
                          "en": "Stop work at height, from 20:00, until 06:00."},
    }  # fmt: skip
    hours = {"begins": "2026-01-20T12:00:00+00:00", "ends": "2026-01-20T22:00:00+00:00"}
    for (name, issued), words in told.items():
        given = ordered("m1", name) | (hours if issued else {})
        given["arguments"] = {"from": "20:00", "until": "06:00"} | ({"limit": 60.0} if name == "slow" else {})
        asking = Asking("K7", {}, "http://l/a/x", True)
        text = composer.compose((news("order", measures=[given]),), language, False, asking, 3).text
        assert words[language] in text, text


def test_what_an_advisory_asks_is_parted_from_its_amounts() -> None:
    assert "督促落实限速（60公里/小时）。" in short(news("open")).text
    assert "See it done: Speed limit (60 km/h)." in short(news("open"), language="en").text


@pytest.mark.parametrize("many", [False, True])
def test_what_is_asked_of_many_roads_names_no_stretch_of_one_of_them(many: bool) -> None:
    known, roads = book(), places()
    close = known.measures["close"].model_dump(by_alias=True) | {"road": "closes"}
    known.measures["close"] = Measure.model_validate(close)
    road = replace(roads.by_id["road"], road="G99", from_km=1.0, to_km=3.0, direction="both")
    roads.by_id["road"] = road
    composer = Composer(known, roads, ZONE, {"zh": "雾岭县应急办", "en": "Wuling EMO"})
    where = ["road", "town"] if many else ["road"]
    sides = [side(name, name) | {"measure": "close", "objects": where} for name in ("m1", "m2")]
    for more in ({"measures": [ordered("m1", "close", "proposed")]}, {"sides": sides}):
        one = news("decide", places=where, **more)
        text = composer.compose((one,), "zh", False, Asking("K7", {}, "http://l/a/x", True), None).text
        assert ("K1+000–K3+000" in text) is not many, text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_else_withdrew_for_the_same_reason_is_still_named(language: str) -> None:
    reason = {"zh": "误报", "en": "a false alarm"}
    both = [news("withdrawn", number=n, reason=reason, by={"zh": who, "en": who})
            for n, who in enumerate(("Chen", "Li"), 1)]  # fmt: skip
    text = short(*both, language=language, most=9).text
    assert text.count(reason["zh"] if language == "zh" else reason["en"]) == 1
    assert text.splitlines()[2].endswith("由Li撤回。" if language == "zh" else "By Li.")


def elsewhere(place: str, hurt: str) -> dict[str, str]:
    told = Incident(source="typed", issued=START, incident="roof-fall", place=place, at=START, casualties=hurt)
    return told_of(told, ZONE)


@pytest.mark.parametrize(("place", "hurt", "en"), [
    ("邻县某矿", "3人死亡", "roof fall on 20 Jan, as reported: “邻县某矿”, “3人死亡”"),
    ("邻县某矿", "", "roof fall on 20 Jan, as reported: “邻县某矿”"),
    ("Pit 3", "3人死亡", "roof fall at Pit 3 on 20 Jan, as reported: “3人死亡”"),
    ("Pit 3", "3 dead", "roof fall at Pit 3 on 20 Jan (3 dead)"),
    ("Pit 3", "", "roof fall at Pit 3 on 20 Jan"),
])  # fmt: skip
def test_what_was_typed_in_chinese_is_quoted_to_an_english_reader(
    place: str, hurt: str, en: str
) -> None:
    told = elsewhere(place, hurt)
    assert told["en"] == en
    assert told["en-brief"] == "roof fall on 20 Jan"
    assert told["zh"] == f"{place}1月20日发生顶板事故" + (f"（{hurt}）" if hurt else "")


@pytest.mark.parametrize("key", ["reason", "why"])
def test_a_person_s_words_are_said_where_they_fit_and_else_stand_behind_the_link(key: str) -> None:
    few = news("order", **{"why": {}} | {key: elsewhere("邻县某矿", "3人死亡")})
    text = short(few, language="en", most=9).text
    assert 'as reported: "邻县某矿", "3人死亡"' in text
    assert "/a/" not in text
    made = short(few, language="en")
    assert made.text.splitlines()[2:] == ["Answer: http://l/a/x",
                                          "Why: " * (key == "why") + "roof fall on 20 Jan."]
    assert (made.cut, segments(made.text).encoding, made.segments) == (("reported",), "GSM-7", 2)
    assert "邻县某矿" in short(few).text  # of itself it fits
    many = short(news("order", **{"why": {}} | {key: elsewhere("邻县某矿" * 40, "3人死亡")}))
    assert "1月20日发生顶板事故。" in many.text
    assert many.segments <= 3
    assert "“3人死亡”" in long(few, language="en").text
