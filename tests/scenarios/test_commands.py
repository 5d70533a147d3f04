"""By text, for who has the role: said back in full, and done once confirmed.

One process for all stories; each has a section of road of its own, and ends what it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from alerting.store.schema import answer, audit, delivery, delivery_notice, notice
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import Phone, Town

PHONES = ("chen", "wang", "li", "zhao", "boss", "jones")
SECTIONS = ("S1", "S2", "S3", "S4", "S5")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        town = Town(tmp_path_factory.mktemp("commands"), provider, nursery)
        town.also("people.csv", "boss,高主任,Head Gao,zh,order,sms:+447700900108",
                  "jones,琼斯,Jones,en,order,sms:+447700900109")  # fmt: skip
        town.also("sites.csv", *(
            f"{one},road-section,G98{one}段,G98 {one} section,990101100000,low,,,,road-traffic,,G98,{n},"
            f"{n + 1},south,," for n, one in enumerate(SECTIONS)))  # fmt: skip
        town.on_duty("township", "boss").begin()
        yield town
        town.concludes()


@pytest.fixture
def town(county: Town) -> Iterator[Town]:
    yield county
    county.lets_go(*PHONES)


@pytest.fixture
def boss(town: Town) -> Phone:
    """Stands for the township and has the role to order."""
    return town.phone("boss")


def opens(town: Town, place: str, level: str = "yellow") -> str:
    town.by_hand("/alerts", "群众报告", rule="fog", place=place, level=level)
    return str(town.alert(rule="fog", place=place, state="open")["id"])


def held(town: Town, measure: str, place: str) -> dict[str, Any]:
    return town.measures(measure=measure, object=place)[-1]


def test_what_is_to_be_withdrawn_is_said_back_and_withdrawn_once_confirmed(
    town: Town, boss: Phone
) -> None:
    fog = opens(town, "S1")
    boss.gets("黄色")
    code = boss.code
    boss.replies(f"撤回 {code} 核实无雾")
    boss.gets("请确认：撤回G98S1段大雾黄色风险提示，原因：核实无雾", "前有效，确认前不执行", "确认回1")
    assert boss.last.body.count("核实无雾") == 1, "said once"
    assert town.alert(id=fog)["state"] == "open", "nothing is done before it is confirmed"
    boss.replies(f"1 {boss.code}")
    boss.gets("已办：撤回G98S1段大雾黄色风险提示")
    assert town.alert(id=fog)["state"] == "withdrawn"
    assert [one["who"] for one in entries(town, "withdrawn", fog)] == ["boss"]
    town.passes(seconds=31)
    town.phone("chen").gets("【撤回】", "高主任：核实无雾")
    boss.forgets()
    boss.replies(f"撤回 {code} 再来").gets("已结束")


def entries(town: Town, action: str, subject: str) -> list[dict[str, Any]]:
    who = town.asks(audit.c.who, audit.c.action == action, audit.c.subject == subject)
    change = town.asks(audit.c.change, audit.c.action == action, audit.c.subject == subject)
    return [{"who": w, "change": c} for w, c in zip(who, change, strict=True)]


def test_a_bare_digit_confirms_only_where_nothing_else_waits(town: Town, boss: Phone) -> None:
    fog = opens(town, "S2")
    boss.gets("黄色")
    boss.replies(f"升级 红 {boss.code} 已发生追尾").gets("请确认：将G98S2段大雾黄色风险提示升级为红色")
    boss.replies("1").gets("加编号")  # the advisory waits for its receipt too
    assert town.alert(id=fog)["level"] == "yellow"
    boss.replies("1 全部").gets("已确认收到")
    assert town.alert(id=fog)["level"] == "yellow", "a receipt of all is no confirmation"
    boss.replies("1").gets("已办：将G98S2段大雾黄色风险提示升级为红色")
    raised = town.alert(id=fog)
    assert (raised["level"], raised["kept_by"]) == ("red", "boss")


def test_after_ten_minutes_it_is_not_done_and_twice_it_is_done_once(town: Town, boss: Phone) -> None:
    fog = opens(town, "S3")
    boss.gets("黄色").replies("1").gets("收到确认")
    code = boss_code(town, boss, fog)
    boss.replies(f"升级 橙 {code} 车多").gets("请确认")
    asked = boss.code
    town.passes(minutes=10, seconds=1)
    boss.replies(f"1 {asked}").gets("超过10分钟，没有执行")
    assert town.alert(id=fog)["level"] == "yellow"
    boss.replies(f"升级 橙 {code} 车多").gets("请确认")
    asked = boss.code
    boss.replies(f"2 {asked}").gets("已取消")
    boss.replies(f"1 {asked}").gets("已经答复过")
    assert town.alert(id=fog)["level"] == "yellow"
    boss.replies(f"升级 橙 {code} 车多").gets("请确认")
    asked = boss.code
    boss.replies(f"1 {asked}", twice=True).gets("已办")
    boss.replies(f"1 {asked}").gets("已经答复过")
    assert len(entries(town, "raised", fog)) == 1


def test_a_text_that_the_provider_delivers_again_answers_nothing_that_has_come_since(
    town: Town, boss: Phone
) -> None:
    fog = opens(town, "S3")
    boss.gets("黄色")
    asked = boss.code
    boss.replies("1").gets("收到确认")
    boss.replies(f"升级 橙 {asked} 车多").gets("请确认")
    boss.replies("1").gets("已办")
    town.passes(seconds=31)
    boss.gets("【升级】大雾橙色", "收到回1")  # which waits now, and alone
    before = town.asks(answer.c.id, answer.c.person == "boss")
    boss.forgets()
    town.provider.repeats(boss.number)
    town.settles()
    assert town.asks(answer.c.id, answer.c.person == "boss") == before
    boss.expects_nothing()
    boss.replies("1").gets("收到确认")
    assert town.alert(id=fog)["level"] == "orange"


def boss_code(town: Town, boss: Phone, fog: str) -> str:
    """The code of the message that told of an alert first."""
    return str(town.asks(
        delivery.c.code, delivery.c.person == boss.person, delivery.c.id == delivery_notice.c.delivery,
        delivery_notice.c.notice == notice.c.id, notice.c.alert == fog)[0])  # fmt: skip


def test_kept_and_corrected_by_text(town: Town, boss: Phone) -> None:
    fog = opens(town, "S4", "red")
    boss.gets("红色").replies("1").gets("收到确认")
    code = boss_code(town, boss, fog)
    boss.replies(f"保持 {code} 现场仍有雾").gets("请确认：保持G98S4段大雾红色风险提示")
    boss.replies("1").gets("已办：保持")
    boss.replies(f"更正 {code} 橙 听错了").gets("改为橙色，原因：听错了")
    boss.replies("1").gets("已办：更正")
    town.passes(seconds=31)
    boss.gets("【更正】", "原红色，改为橙色", "听错了")
    assert town.alert(id=fog)["level"] == "orange"


def test_ordered_by_text_and_its_number_put_right(town: Town, boss: Phone) -> None:
    chen = town.phone("chen")
    boss.replies("下令 橙 限速40公里/小时 G98S5段 桥面结冰")
    boss.gets("请确认：在G98S5段下达“限速（40公里/小时）”，橙色，原因：桥面结冰")
    chen.expects_nothing()
    boss.replies("1").gets("已办：在G98S5段下达“限速（40公里/小时）”")
    chen.expects("限速40公里/小时", "桥面结冰").replies("3 车坏了").gets("已记录无法执行")
    town.passes(minutes=1)
    slow = held(town, "speed-limit", "S5")
    assert [a["asker"] for a in slow["askers"]] == ["person:boss"]
    town.passes(minutes=60)  # silence climbs to the township
    boss.gets("40公里/小时")
    boss.replies(f"更正 {boss.code} 改为60 录入有误").gets("更正G98S5段“限速（40公里/小时）”，改为60公里/小时")
    boss.replies(f"1 {boss.code}").gets("已办：更正")
    town.passes(seconds=31)
    chen.gets("【更正】", "60公里/小时")
    assert held(town, "speed-limit", "S5")["arguments"] == {"limit": 60}


def test_in_english(town: Town) -> None:
    jones, chen = town.phone("jones"), town.phone("chen")
    jones.replies("Order red Speed limit 40 km/h G98 S1 section ice on the bridge")
    jones.gets("Please confirm: order Speed limit (40 km/h) at G98 S1 section, red, because: ice on the"
               " bridge", "1 confirm, 2 cancel")  # fmt: skip
    jones.replies("1").gets("Done: order Speed limit")
    chen.gets("限速40公里/小时")


def test_what_is_not_understood_is_said_and_nothing_is_done(town: Town, boss: Phone) -> None:
    boss.replies("下令 限速40 火星路 桥面结冰").gets("已读懂：限速", "未读懂“火星路 桥面结冰”是哪个地点", "写法：下令")
    boss.replies("下令 飞行 G98S1段 试试").gets("未读懂“飞行", "措施")
    boss.replies("下令 限速 G98S1段 桥面结冰").gets("还要填")
    town.passes(hours=1)
    boss.forgets()
    fog = opens(town, "S1")
    boss.gets("黄色")
    code = boss.code
    boss.replies(f"撤回 {code}").gets("已读懂：G98S1段大雾黄色风险提示；缺原因", f"写法：撤回 {code} 原因")
    boss.replies(f"升级 {code} 不妙").gets("未读懂升到哪一级", f"升级 红 {code} 原因")
    boss.replies(f"更正 {code} 不妙").gets("未读懂“不妙”")
    boss.replies("升级 红 Z9Z 不妙").gets("缺编号")
    boss.replies("下令 限速40 G98S1段 明天 结冰").gets("“限速”不按日期下达")
    boss.replies("下令 限速40 G98S1段 至22点 结冰").gets("“限速”没有这样的时刻")
    assert (town.alert(id=fog)["state"], town.alert(id=fog)["level"]) == ("open", "yellow")
    assert not by_boss(town)


def by_boss(town: Town) -> list[str]:
    """The open measures that the boss ordered."""
    return [m["id"] for m in town.measures() if m["ended"] is None
            and "person:boss" in [a["asker"] for a in m["askers"]]]  # fmt: skip


def test_of_several_in_one_message_one_is_named_by_its_letter(town: Town, boss: Phone) -> None:
    opens(town, "S2")
    boss.gets("黄色").replies("1").gets("收到确认")
    town.passes(minutes=125)  # silence climbs to the township
    boss.gets("A ", "B ", "派警力引导慢行", "限速60公里/小时")
    code = boss.code
    boss.replies(f"撤回 {code} 误报").gets("有2项", "A G98S2段", "B G98S2段", "请加字母")
    boss.replies(f"撤回 B {code} 误报").gets("请确认：撤回G98S2段“")
    boss.replies(f"1 {boss.code}").gets("已办：撤回G98S2段“")
    states = {held(town, name, "S2")["state"] for name in ("guide", "speed-limit")}
    assert states == {"withdrawn", "issued"}


def test_who_has_no_role_is_told_so_and_what_a_message_asks_is_still_an_answer(town: Town) -> None:
    chen = town.phone("chen")
    fog = opens(town, "S3")
    chen.gets("G98S3段")
    chen.replies(f"撤回 {chen.code} 没有雾").gets("没有下达指令的权限", "撤回没有执行")
    chen.replies("下令 限速40 G98S1段 结冰").gets("没有下达指令的权限")
    town.passes(minutes=11)
    assert town.alert(id=fog)["state"] == "open"
    assert not [m for m in town.measures() if m["object"] == "S1" and m["ended"] is None]
