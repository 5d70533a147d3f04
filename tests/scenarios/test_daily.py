"""A duty of every day is ordered each morning while it is asked for, and waited for each day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.town import Town


@pytest.fixture
def daily(make_town: Callable[..., Town]) -> Town:
    town = make_town()
    measures = town.folder / "rules" / "measures.yaml"
    whole = measures.read_text("utf-8")
    recurs = whole.replace("  guide:\n", '  guide:\n    again: "07:30"\n', 1)
    assert recurs != whole
    measures.write_text(recurs, "utf-8")
    return town.begin()


def test_it_is_ordered_each_morning_until_nobody_asks(daily: Town) -> None:
    chen = daily.phone("chen")
    daily.by_hand("/measures", "年底巡查", measure="guide", place="bridge-1", level="yellow")
    chen.expects("派警力引导慢行").replies("1").expects("收到确认")
    chen.replies("2").expects("记录落实")
    daily.passes(hours=17, minutes=29)  # 07:29 of the next day
    chen.expects_nothing()
    daily.passes(minutes=2)
    chen.expects("派警力引导慢行", "8时前落实")
    guide = daily.measures(measure="guide")[0]
    assert (guide["state"], guide["id"].split(".")[-1]) == ("issued", "1"), "the same, not another"

    daily.passes(minutes=31)  # yesterday's report says nothing of today
    chen.expects("【催办】", "派警力引导慢行").replies("2").expects("记录落实")
    assert daily.measures(measure="guide")[0]["state"] == "in force"

    daily.by_hand(f"/measures/{guide['id']}/withdraw", "巡查结束")
    chen.expects("【撤回】")
    daily.passes(hours=24)
    chen.expects_nothing()


def test_what_was_ordered_a_moment_ago_is_not_ordered_again(daily: Town) -> None:
    chen = daily.phone("chen")
    daily.passes(hours=17, minutes=10)  # 07:10
    daily.by_hand("/measures", "年底巡查", measure="guide", place="bridge-1", level="yellow")
    chen.expects("派警力引导慢行").replies("1").expects("收到确认")
    chen.replies("2").expects("记录落实")
    daily.passes(minutes=50)
    chen.expects_nothing()


def test_a_morning_slept_through_is_made_up(daily: Town) -> None:
    chen = daily.phone("chen")
    daily.by_hand("/measures", "年底巡查", measure="guide", place="bridge-1", level="yellow")
    chen.expects("派警力引导慢行").replies("1").expects("收到确认")
    chen.replies("2").expects("记录落实")
    daily.passes(hours=10)
    daily.dies()
    daily.begin(daily.now.replace(day=21, hour=1, minute=15))  # 09:15
    daily.passes(minutes=1)
    chen.expects("派警力引导慢行")
