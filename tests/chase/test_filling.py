"""A form filled in by text: read where it is beyond doubt, left to be asked back where it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.chase.filling import Filled, fill, read_report
from alerting.rulebook.measures import Question


def question(name: str, kind: str = "text") -> Question:
    return Question(id=name, zh=name, en=name, kind=kind)


ASKED = [question("commander"), question("affected", "number"), question("moved", "number"),
         question("done"), question("help", "yes-no")]  # fmt: skip
WHOLE = {"commander": "张三", "affected": "3", "moved": "0", "done": "已撒盐", "help": "否"}


@pytest.mark.parametrize(("text", "read"), [
    ("张三 3 0 已撒盐 否", WHOLE),
    ("张三，3，0，已撒盐，否", WHOLE),
    ("张三 3个村 0人 已撒盐 否", WHOLE),
    ("Li Wei 3 0 salted the roads no",
     {"commander": "Li Wei", "affected": "3", "moved": "0", "done": "salted the roads", "help": "no"}),
    ("张三 13912345678 3 0 撒盐 3 车 不需要",
     {"commander": "张三 13912345678", "affected": "3", "moved": "0", "done": "撒盐 3 车", "help": "不需要"}),
    # One number for two questions: which of them is not guessed.
    ("张三 3 已撒盐 否", {"commander": "张三", "done": "已撒盐", "help": "否"}),
    ("3 0", {"affected": "3", "moved": "0"}),
    ("张三", {}),  # who commands, or what is done
    ("", {}),
])  # fmt: skip
def test_values_are_read_in_the_order_of_the_questions(text: str, read: dict[str, str]) -> None:
    assert fill(ASKED, text) == read


def test_yes_and_no_may_be_words_of_a_text_too() -> None:
    asked = [question("harm", "number"), question("back", "yes-no"), question("damage")]
    assert fill(asked, "0 是 无") == {"harm": "0", "back": "是", "damage": "无"}


@pytest.mark.parametrize(("text", "read"), [
    ("5 张三 3", Filled("", "张三 3")), ("５，张三 3", Filled("", "张三 3")), ("5", Filled("", "")),
    ("5 张三 3 K7", Filled("K7", "张三 3")), ("K7 5 张三 3", Filled("K7", "张三 3")),
    ("5K7 张三 3", Filled("K7", "张三 3")), ("5 k7 张三 3。", Filled("K7", "张三 3")),
    ("报告张三 3", Filled("", "张三 3")), ("report Li Wei 3", Filled("", "Li Wei 3")),
    ("50 张三", None), ("5人被困", None), ("1 K7", None), ("reported", None), ("", None),
])  # fmt: skip
def test_a_report_begins_with_its_digit_or_its_word(text: str, read: Filled | None) -> None:
    assert read_report(text, {"K7"}) == read


@given(st.lists(st.sampled_from(["张三", "3", "0", "否", "是", "撒盐", "K7", "7人"]), max_size=8))
def test_whatever_is_typed_nothing_is_made_up(words: list[str]) -> None:
    read = fill(ASKED, " ".join(words))
    assert all(part in words or part in "".join(words) for value in read.values() for part in value.split())
