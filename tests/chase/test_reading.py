"""What a text means, by itself."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerting.chase import Parsed, read
from alerting.chase.reading import Changed, read_changed, unfinished
from alerting.vocabulary.answers import StopWords

CODES = {"K7", "M6", "KM", "KMP"}


@pytest.mark.parametrize(("text", "expected"), [
    ("1", Parsed(digit="1")),
    ("１", Parsed(digit="1")),
    (" 1 。 ", Parsed(digit="1")),
    ("1.", Parsed(digit="1")),
    ("1 收到", Parsed(digit="1", act="acknowledge")),
    ("1收到", Parsed(digit="1", act="acknowledge")),
    ("2 已执行", Parsed(digit="2", act="in-force")),
    ("2 不同意", Parsed(digit="2", act="refuse")),
    ("2，路面已撒盐", Parsed(digit="2", rest="路面已撒盐")),
    ("3 无法执行 没有盐", Parsed(digit="3", act="cannot", rest="没有盐")),
    ("3 No salt left", Parsed(digit="3", rest="No salt left")),
    ("4 需要支援", Parsed(digit="4", act="support")),
    ("1 K7", Parsed(digit="1", code="K7")),
    ("K71", Parsed(digit="1", code="K7")),
    ("1K7", Parsed(digit="1", code="K7")),
    ("k7 1", Parsed(digit="1", code="K7")),
    ("１ｋ７", Parsed(digit="1", code="K7")),
    ("1 KM", Parsed(digit="1", code="KM")),
    ("1KMP", Parsed(digit="1", code="KMP")),
    ("KMP2", Parsed(digit="2", code="KMP")),
    ("2A", Parsed(digit="2", letter="A")),
    ("2 b", Parsed(digit="2", letter="B")),
    ("A2", Parsed(digit="2", letter="A")),
    ("2A K7", Parsed(digit="2", code="K7", letter="A")),
    ("2AK7", Parsed(digit="2", code="K7", letter="A")),
    ("K7 2A", Parsed(digit="2", code="K7", letter="A")),
    ("K72A", Parsed(digit="2", code="K7", letter="A")),
    ("3B K7 没有人手", Parsed(digit="3", code="K7", letter="B", rest="没有人手")),
    ("收到", Parsed(act="acknowledge")),
    ("收到。", Parsed(act="acknowledge")),
    ("收到，马上去", Parsed(act="acknowledge", rest="马上去")),
    ("收到，无法执行：没盐", Parsed(act="cannot", rest="没盐")),
    ("收到，已执行", Parsed(act="in-force")),
    ("已执行 K7", Parsed(act="in-force", code="K7")),
    ("无法", Parsed(act="cannot")),
    ("支援", Parsed(act="support")),
    ("ok", Parsed(act="acknowledge")),
    ("OK!", Parsed(act="acknowledge")),
    ("ack", Parsed(act="acknowledge")),
    ("Done.", Parsed(act="in-force")),
    ("cannot no salt", Parsed(act="cannot", rest="no salt")),
    ("HELP", Parsed(act="support")),
    ("同意", Parsed(act="approve")),
    ("不同意", Parsed(act="refuse")),
    ("检查完毕可解除", Parsed(act="attest")),
    ("暂不解除", Parsed(act="kept")),
    ("STOP", Parsed(act="stop")),
    ("stop.", Parsed(act="stop")),
    ("退订", Parsed(act="stop")),
    ("STOP ALL", Parsed(act="stop")),
    ("Stop please!", Parsed(act="stop")),
    ("stop stop", Parsed(act="stop")),
    ("ＴＤ", Parsed(act="stop")),
    ("请退订，谢谢", Parsed(act="stop")),
    ("TD退订", Parsed(act="stop")),
    ("不要再发了", Parsed(act="stop")),
    ("别再发短信了吧", Parsed(act="stop")),
    ("取消退订", Parsed(act="start")),
    ("1+K7", Parsed(digit="1", code="K7")),
    ("3 K7+200 塌方", Parsed(digit="3", rest="K7+200 塌方")),
    ("2，K7+000处已撒盐", Parsed(digit="2", rest="K7+000处已撒盐")),
    ("无法执行 M6+300塌了", Parsed(act="cannot", rest="M6+300塌了")),
    ("3 K7 去M6的路断了", Parsed(digit="3", code="K7", rest="去M6的路断了")),
    ("无法执行 K7 M6也不行", Parsed(act="cannot", code="K7", rest="M6也不行")),
])  # fmt: skip
def test_what_people_text(text, expected):
    assert read(text, CODES) == expected


@pytest.mark.parametrize("text", [
    "", "   ", "?", "1?", "已执行？", "你好", "12", "9876", "3辆车已到", "2 hours", "2小时后",
    "2 还没", "2 not done", "1 无法执行", "1 不同意", "2 cannot", "收到了吗?", "okey dokey", "1 2",
    "1 K7 M6", "收到 K7 M6", "2 K7，M6", "不要发车", "请停止施工", "stop work now", "T",
    "未执行", "不能收到", "👍", "http://example.com/1", "已执行不了", "stop the trucks", "Z", "0",
])  # fmt: skip
def test_what_could_mean_two_things_is_asked_back(text):
    assert not read(text, CODES).understood


@pytest.mark.parametrize(("text", "code"), [
    ("1 K9", "K9"), ("1K9", "K9"), ("K9 1", "K9"), ("1 K77", "K77"), ("1 HJ", "HJ"),
    ("2A M9", "M9"), ("收到 K9", "K9"), ("1 KMH", "KMH"),
])  # fmt: skip
def test_a_code_that_is_none_of_theirs_is_not_a_bare_digit(text, code):
    parsed = read(text, CODES)
    assert not parsed.understood
    assert parsed.code == code


def test_a_word_that_is_somebodys_code_may_stand_beside_a_code():
    assert read("1 K7 my crew is out", {"K7", "MY"}) == Parsed(
        digit="1", code="K7", rest="my crew is out", act="")  # fmt: skip


def test_a_unit_is_of_the_digit_that_it_follows_and_of_no_other():
    assert read("4 H7 truck", {"H7"}) == Parsed(digit="4", code="H7", rest="truck")
    assert not read("4 trucks", {"H7"}).understood
    assert not read("H7 4 trucks", {"H7"}).understood


def test_what_stops_messages_is_the_channels_own_word() -> None:
    assert read("STOP").act == "stop"
    assert read("恢复。").act == "start"
    assert read("end").act == ""  # "it has ended", where no provider takes it for a stop
    assert read("end", stops=StopWords(frozenset({"end"}), frozenset())).act == "stop"


def test_the_longer_code_wins_where_both_are_theirs():
    assert read("1KMP", {"KM", "KMP"}).code == "KMP"
    assert read("1KM", {"KM", "KMP"}).code == "KM"


@pytest.mark.parametrize(("text", "expected"), [
    ("一", Parsed(digit="1")),
    ("幺", Parsed(digit="1")),
    ("二。", Parsed(digit="2")),
    ("两", Parsed(digit="2")),
    ("三", Parsed(digit="3")),
    ("贰", Parsed(digit="2")),
    ("叁。", Parsed(digit="3")),
    ("肆", Parsed(digit="4")),
    ("六", Parsed(digit="6")),
    ("回复六", Parsed(digit="6")),
    ("Four.", Parsed(digit="4")),
    ("two", Parsed(digit="2")),
    ("回复一", Parsed(digit="1")),
    ("回1", Parsed(digit="1")),
    ("按1", Parsed(digit="1")),
    ("我回复：２", Parsed(digit="2")),
    ("press two", Parsed(digit="2")),
    ("Reply 1.", Parsed(digit="1")),
    ("嗯，那个，一。", Parsed(digit="1")),
    ("嗯嗯 收到", Parsed(act="acknowledge")),
    ("好的，二", Parsed(digit="2")),
    ("Okay, one", Parsed(digit="1")),
    ("um OK 1", Parsed(digit="1")),
    ("啊好的", Parsed(act="acknowledge")),
    ("受到", Parsed(act="acknowledge")),
    ("受到了。", Parsed(act="acknowledge")),
    ("收到了啊", Parsed(act="acknowledge")),
    ("我已收到", Parsed(act="acknowledge")),
    ("收到收到", Parsed(act="acknowledge")),
    ("好的收到！", Parsed(act="acknowledge")),
    ("收到谢谢", Parsed(act="acknowledge")),
    ("已执行了", Parsed(act="in-force")),
    ("一 收到", Parsed(digit="1", act="acknowledge")),
    ("二，已执行", Parsed(digit="2", act="in-force")),
    ("三、无法执行，没有盐", Parsed(digit="3", act="cannot", rest="没有盐")),
    ("二B", Parsed(digit="2", letter="B")),
    ("B 二", Parsed(digit="2", letter="B")),
    ("一 K7", Parsed(digit="1", code="K7")),
    ("K七 一", Parsed(digit="1", code="K7")),
    ("one K seven", Parsed(digit="1", code="K7")),
    ("1 K 7", Parsed(digit="1", code="K7")),
    ("1\ufe0f\u20e3", Parsed(digit="1")),
    ("１ ", Parsed(digit="1")),
    ("2 人员已撤", Parsed(digit="2", rest="人员已撤")),
    ("1 天气转好，会商终止", Parsed(digit="1", rest="天气转好,会商终止")),
    ("2 会商认为只影响个别路段", Parsed(digit="2", rest="会商认为只影响个别路段")),
    ("2 级别太高", Parsed(digit="2", rest="级别太高")),
    ("2，撒盐车出动3辆", Parsed(digit="2", rest="撒盐车出动3辆")),
])  # fmt: skip
def test_what_a_phone_makes_of_speech(text, expected):
    assert read(text, CODES) == expected


@pytest.mark.parametrize("text", [
    "一会儿去", "一辆车", "二号桥已封", "二 号桥", "2 号桥已封", "两辆车", "三个人", "two trucks", "Two of us",
    "2 of us", "2 roads salted", "one moment", "二，路面已撒盐", "按2号方案", "press 2 to confirm", "回2，同意",
    "1 or 2", "2或1", "1还是2", "1，不对，2", "十二", "一二", "二十", "好的，2辆车", "2 吗", "收到了吗",
    "以执行", "一执行", "已直行", "同义", "受到影响", "已执行吧", "完成不了", "完成一半", "done soon",
    "全部", "全部2", "2 全部", "全部已执行", "all done", "all OK", "全部同意", "1 全部 K7", "all", "全力以赴",
    "1 收到，不同意", "1 同意 不",
])  # fmt: skip
def test_what_does_not_plainly_say_it_is_asked_back(text):
    parsed = read(text, CODES)
    assert not parsed.digit
    assert parsed.act in ("", "acknowledge")
    assert not parsed.understood or text.startswith(("好的", "受到"))


@pytest.mark.parametrize("text", [
    "1 全部", "1全部", "全部收到", "全部收到。", "ALL 1", "1 all", "all received", "Received all", "都收到了",
    "我都收到了", "一 全部", "回复1 全部", "全部 1", "收到全部", "嗯，全部收到",
])  # fmt: skip
def test_all_that_waits_is_acknowledged_in_one_text(text):
    assert read(text, CODES) == Parsed(act="acknowledge", every=True)


@pytest.mark.parametrize("text", [
    "2 完成50%", "2已执行一半", "完成 50%", "done by 6pm", "DONE in 2 hours", "2 done tomorrow",
    "2 已落实 其余三处", "完成 2/5", "已完成 大部分", "2 done except the north ramp", "检查完毕 还差两处",
    "同意，但是限速40", "1 但要等一下", "agree but at 40", "No problem", "OK no problem", "No objection",
])  # fmt: skip
def test_half_a_deed_and_a_yes_on_a_condition_are_asked_back(text):
    assert not read(text, CODES).understood


@pytest.mark.parametrize(("text", "expected"), [
    ("No, too early", Parsed(act="refuse", rest="too early")),
    ("2 级别太高，但可先限速", Parsed(digit="2", rest="级别太高,但可先限速")),
    ("2 done, road open", Parsed(digit="2", act="in-force", rest="road open")),
    ("收到，请求增援", Parsed(act="support")),
    ("继续", Parsed(rest="继续")),
])  # fmt: skip
def test_what_is_plain_stays_so(text, expected):
    assert read(text, CODES) == expected


@pytest.mark.parametrize(("rest", "told"), [
    ("马上", True), ("正在撒盐", True), ("in ten minutes soon", True), ("路面已撒盐", False),
    ("salted", False), ("", False),
])  # fmt: skip
def test_what_is_still_to_come_is_not_done(rest, told):
    assert unfinished(rest) is told


# Scraps of what people write and phones hear, with all that could be taken for an answer.
SCRAPS = (
    *"1234", *"一二三四两幺", "one", "two", "three", "four", "１", "２", "K7", "M6", "A", "B",
    "收到", "已执行", "完成", "done", "同意", "不同意", "批准", "yes", "no", "无法", "ok", "好的", "受到",
    "全部", "都", "all", "回复", "按", "press", "嗯", "那个", "um", "我", "了", "啊", "吧", "吗", "不", "没", "未",
    "not", "辆车", "号桥", "个人", "小时", "trucks", "路", "封", "撒盐", "马上", "会", "or", "或", "等", "the",
    "road", "到", "执行", "以", "行", " ", "，", "。", "?", "-", "\n", "10", "2026",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(SCRAPS), min_size=1, max_size=5).map("".join)
SAYS = {"1": "1１一幺", "2": "2２二两", "3": "3三", "4": "4四"}
SAYS |= {d: d for d in "679"}  # of a code that is none: no message offers them
SAYS_IN_ENGLISH = {"1": "one", "2": "two", "3": "three", "4": "four"}
SAYS_ACT = {
    "in-force": r"已执行|已经执行|完成|done", "approve": r"同意|批准|yes", "refuse": r"不同意|不批准|(?<![a-z])no",
}  # fmt: skip
DENIED = r"不|没|未|吗|\?|(?<![a-z])not(?![a-z])"


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("1 小时the")
def test_nothing_is_read_that_was_not_said(text):
    parsed = read(text, CODES)
    if parsed.digit:
        assert (set(SAYS[parsed.digit]) & set(text)
                or SAYS_IN_ENGLISH.get(parsed.digit, parsed.digit) in text.lower())  # fmt: skip
        if parsed.digit in "12" and parsed.act != "refuse":
            # 1 agrees, 2 reports as done: never beside another number in words, or a denial.
            assert not re.search(DENIED, text)
            number = re.search(r"[12１２一二两幺]|one|two", text)
            assert number
            assert not re.match(r"[ ]*(?:辆|号|个|小时|trucks)", text[number.end() :])
    for act, said in SAYS_ACT.items():
        if parsed.act == act:
            assert re.search(said, text)
            assert act == "refuse" or not re.search(DENIED, text)
    if parsed.every:
        assert parsed.act in ("", "acknowledge")
        assert not parsed.digit


@pytest.mark.parametrize(("said", "more"), list(product(
    ["一", "二", "两", "one", "two", "three"],
    ["路封了", " salted roads", "条路", " moment", "，马上去", " 车", "十", "定", "直", "点钟", " to go"],
)))  # fmt: skip
def test_a_number_in_words_counts_by_itself_alone(said, more):
    assert not read(said + more, CODES).digit


@pytest.mark.parametrize(("text", "expected"), [
    ("1 40", Changed("40", "", "", "")),
    ("１　４０", Changed("40", "", "", "")),
    ("1 40 K7", Changed("40", "", "K7", "")),
    ("1 K7 40", Changed("40", "", "K7", "")),
    ("1A 40 K7", Changed("40", "", "K7", "A")),
    ("同意 改为40公里/小时", Changed("40", "公里/小时", "", "")),
    ("1 2小时", Changed("2", "小时", "", "")),
    ("agree change to 40 km/h", Changed("40", "KM/H", "", "")),
    ("1 2", None),  # two answers, or a number?
    ("2 40", None),
    ("140", None),
    ("1", None),
    ("1 40辆车", None),
    ("1 40 50", None),
    ("不同意 40", None),
    ("同意 40年", None),
])  # fmt: skip
def test_an_approval_with_another_number(text: str, expected: Changed | None) -> None:
    assert read_changed(text, CODES) == expected


@settings(max_examples=400, deadline=None)
@given(st.text("12340 AK7同意改为，公里小时不没。", max_size=14))
def test_no_text_changes_a_number_by_chance(text: str) -> None:
    """Whatever is read so says yes first and then one number, and nothing that says no."""
    made = read_changed(text, CODES)
    if made is not None:
        assert not re.search("[不没]", text)
        assert re.match(r"[ ，。]*(K7)?[ ，。]*(1|同意)", text)
        assert made.number in text
        assert len(made.number) > 1 or made.unit or "改为" in text
