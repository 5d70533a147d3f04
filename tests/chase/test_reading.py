"""What a text means, by itself."""

from __future__ import annotations

import pytest

from alerting.chase import Parsed, read
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
])  # fmt: skip
def test_what_people_text(text, expected):
    assert read(text, CODES) == expected


@pytest.mark.parametrize("text", [
    "", "   ", "?", "1?", "已执行？", "你好", "12", "9876", "3辆车已到", "2 hours", "2小时后",
    "2 还没", "2 not done", "1 无法执行", "1 不同意", "2 cannot", "收到了吗?", "okey dokey", "1 2",
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


def test_what_stops_messages_is_the_channels_own_word() -> None:
    assert read("STOP").act == "stop"
    assert read("恢复。").act == "start"
    assert read("end").act == ""  # "it has ended", where no provider takes it for a stop
    assert read("end", stops=StopWords(frozenset({"end"}), frozenset())).act == "stop"


def test_the_longer_code_wins_where_both_are_theirs():
    assert read("1KMP", {"KM", "KMP"}).code == "KMP"
    assert read("1KM", {"KM", "KMP"}).code == "KM"
