"""Orders: acknowledged, in force, raised, lifted; and who hears of what."""

from __future__ import annotations

from datetime import timedelta

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import HARD_ICE, ICE, ORANGE_FOG, YELLOW_FOG


def test_a_forecast_becomes_an_order_that_is_acknowledged(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("演练", "大雾", "橙色", "G99东山段", "40公里/小时", "1").replies("1")
    chen.expects("收到")
    alert = town.alert(rule="fog")
    assert alert["level"] == "orange"
    assert {m["measure"]: m["state"] for m in alert["measures"]} == {
        "guide": "acknowledged", "speed-limit": "acknowledged",
    }  # fmt: skip
    assert [a["person"] for a in alert["acknowledgements"]] == ["chen"]


def test_the_reason_is_said_with_its_numbers_whole(town: Town, chen: Phone) -> None:
    town.forecast(HARD_ICE)
    chen.expects("-3 °C < -2 °C", "1 mm > 0 mm")


def test_salt_from_the_order_to_the_check_after_the_thaw(town: Town, qian: Phone) -> None:
    town.forecast(ICE)
    qian.expects("道路结冰", "撒盐除冰").replies("1").expects("收到确认", "回复2")
    qian.replies("2").expects("已记录落实")
    assert town.measures(measure="salt")[0]["state"] == "in force"
    town.turns_fine(hours=7)
    assert town.alert(rule="icing")["closed"]
    assert town.measures(measure="salt")[0]["state"] == "lift proposed"
    qian.gets("撒盐除冰", "检查完毕可解除").replies("1").gets("检查结果已记录")
    assert town.measures(measure="salt")[0]["state"] == "lifted"
    qian.forgets()
    town.passes(hours=1)
    qian.expects_nothing()


def test_what_is_not_to_be_lifted_yet_is_asked_again_later(town: Town, qian: Phone) -> None:
    town.forecast(ICE)
    qian.expects("撒盐除冰").replies("2").expects("已记录落实")
    town.turns_fine(hours=5)
    qian.gets("检查完毕可解除").replies("2").gets("已记录暂不解除")
    qian.forgets()
    town.passes(minutes=50)
    qian.expects_nothing()
    town.passes(minutes=15)
    qian.expects("检查完毕可解除")
    assert town.measures(measure="salt")[0]["state"] == "lift proposed"


def test_a_rise_voids_what_was_acknowledged(town: Town, chen: Phone) -> None:
    town.forecast(YELLOW_FOG)
    chen.expects("黄色", "60公里/小时").replies("1").expects("收到确认")
    town.passes(minutes=5)
    town.forecast(ORANGE_FOG, issued=town.now)
    chen.expects("橙色", "40公里/小时", "收到回1")
    limit = town.measures(measure="speed-limit")[0]
    assert (limit["state"], limit["arguments"]) == ("issued", {"limit": 40})
    chen.replies("1").expects("收到确认")
    assert town.measures(measure="speed-limit")[0]["state"] == "acknowledged"


def test_one_measure_whoever_asks_for_it_and_the_strictest_wins(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("40公里/小时").replies("2A").expects("落实")
    town.passes(minutes=5)
    town.forecast(ORANGE_FOG | HARD_ICE)
    chen.expects("30公里/小时")
    [limit] = town.measures(measure="speed-limit")
    assert limit["arguments"] == {"limit": 30}
    town.passes(minutes=5)
    town.forecast({"visibility": [9000] * 6} | HARD_ICE)
    assert town.measures(measure="speed-limit")[0]["arguments"] == {"limit": 30}


def test_what_is_acknowledged_and_never_in_force_goes_to_the_next_rung(
    town: Town, chen: Phone, wang: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("14时30分前落实").replies("1").expects("14:30")
    wang.expects_nothing()
    town.passes(minutes=29)
    chen.expects_nothing()
    town.passes(minutes=15)
    chen.gets("已过14:30落实时限")
    wang.gets("逾期未反馈落实", "限速")
    assert all(m["overdue"] for m in town.alert(rule="fog")["measures"])


def test_who_cannot_is_followed_by_the_next_rung_at_once(
    town: Town, chen: Phone, wang: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("3B 没有标志牌").expects("现转交通运输局")
    wang.expects("交警大队无法执行", "没有标志牌").replies("2")
    wang.expects("已记录落实")
    states = {m["measure"]: m["state"] for m in town.alert(rule="fog")["measures"]}
    assert states == {"guide": "issued", "speed-limit": "in force"}


def test_who_needs_support_keeps_the_order_and_others_hear_of_it(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("4A 需要拖车").expects("已转告交通运输局、县应急办值班室", "14:30")
    wang.expects("陈警官请求支援", "需要拖车")
    zhao.expects("陈警官请求支援", "需要拖车").replies("1").expects("已记录")
    town.passes(minutes=11)
    zhao.expects_nothing()
    wang.gets("第2次呼叫")


def test_a_repeated_forecast_changes_nothing(town: Town, chen: Phone, li: Phone) -> None:
    issued = town.now
    first = town.forecast(ORANGE_FOG)
    town.passes(minutes=1)
    chen.forgets(), li.forgets()
    before = town.api("GET", "/alerts", params={"state": "all"}).text
    again = town.forecast(ORANGE_FOG, issued=issued)
    assert again["known"] == first["ids"]
    town.forecast(ORANGE_FOG, issued=town.now - timedelta(hours=1))
    assert town.api("GET", "/alerts", params={"state": "all"}).text == before
    chen.expects_nothing(), li.expects_nothing()
