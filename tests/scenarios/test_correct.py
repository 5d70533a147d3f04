"""Put right by hand: whoever the wrong message reached hears what was said and what holds.

One process for all stories; each has a section of road of its own, and ends what it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from alerting.store.schema import audit, notice
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import ANSWERED, Town, plainly
from tests.scenarios.weather import ORANGE_FOG

PHONES = ("chen", "wang", "li", "zhao", "smith", "qian")
SECTIONS = tuple(f"S{n}" for n in range(1, 12))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        town = Town(tmp_path_factory.mktemp("correct"), provider, nursery,
                    policies=plainly(ANSWERED))  # fmt: skip
        town.also("sites.csv", *(
            f"{one},road-section,G98{one}段,G98 {one},990101100000,low,,,,road-traffic,,G98,{n},{n + 1},"
            "south,," for n, one in enumerate(SECTIONS)))  # fmt: skip
        town.on_duty("police", "chen", "qian").begin()
        yield town
        town.concludes()


@pytest.fixture
def town(county: Town) -> Iterator[Town]:
    yield county
    county.lets_go(*PHONES)


def orders(town: Town, measure: str, place: str, level: str = "orange", **arguments: Any) -> str:
    town.by_hand("/measures", "桥面结冰", measure=measure, place=place, level=level,
                 arguments=arguments)  # fmt: skip
    return str(held(town, measure, place)["id"])


def held(town: Town, measure: str, place: str) -> dict[str, Any]:
    return town.measures(measure=measure, object=place)[-1]


def corrects(town: Town, subject: str, reason: str, **right: Any) -> dict[str, Any]:
    made = town.by_hand(f"/{subject}/correct", reason, **right)
    return dict(town.api("GET", f"/answers/{made['id']}").json())


def test_a_wrong_argument_is_put_right_for_the_carrier_and_whoever_was_called(town: Town) -> None:
    chen, wang, li, qian = (town.phone(name) for name in ("chen", "wang", "li", "qian"))
    slow = orders(town, "speed-limit", "S1", limit=40)
    chen.expects("40公里/小时")
    town.passes(minutes=21)  # silence: the next rung has been called
    wang.gets("交警大队未答复", "40公里/小时")
    chen.replies("1").gets("收到确认")
    chen.forgets(), wang.forgets()
    assert held(town, "speed-limit", "S1")["state"] == "acknowledged"
    corrects(town, f"measures/{slow}", "应为60，录入有误", arguments={"limit": 60})
    town.passes(seconds=31)
    chen.gets("【更正】", "原“限速（40公里/小时）”", "60公里/小时", "录入有误", "收到回1")
    wang.gets("【更正】", "40公里/小时", "60公里/小时", "录入有误")
    li.expects_nothing(), qian.expects_nothing()  # they never heard of it
    right = held(town, "speed-limit", "S1")
    assert (right["id"], right["state"], right["arguments"]) == (slow, "issued", {"limit": 60})
    assert right["acknowledged"] is None, "what was said to the wrong one counts no more"
    [said] = town.asks(audit.c.change, audit.c.action == "correct", audit.c.subject == slow)
    assert (said["reason"], said["was"]["arguments"]) == ("应为60，录入有误", {"limit": 40})
    chen.replies("1").gets("收到确认")
    assert held(town, "speed-limit", "S1")["state"] == "acknowledged"


def test_another_level_of_the_same_order_leaves_its_answer(town: Town) -> None:
    chen = town.phone("chen")
    guide = orders(town, "guide", "S2")
    chen.expects("派警力").replies("1").gets("收到确认")
    corrects(town, f"measures/{guide}", "应为黄色", level="yellow")
    town.passes(seconds=31)
    chen.gets("【更正】", "原橙色“疏导交通”，改为黄色")
    assert "回1" not in chen.last.body, "what is to be done is the same"
    right = held(town, "guide", "S2")
    assert (right["level"], right["state"]) == ("yellow", "acknowledged")


def test_who_went_off_duty_hears_of_it_and_who_is_on_duty_answers(town: Town) -> None:
    chen, qian = town.phone("chen"), town.phone("qian")
    slow = orders(town, "speed-limit", "S3", limit=40)
    chen.expects("40公里/小时").replies("1").gets("收到确认")
    town.dies()
    town.on_duty("police", "qian").begin()
    corrects(town, f"measures/{slow}", "应为60", arguments={"limit": 60})
    town.passes(seconds=31)
    qian.gets("【更正】", "60公里/小时", "收到回1")
    chen.gets("【更正】", "60公里/小时", "应为60")
    assert "收到回1" not in chen.last.body, "it is no longer theirs to answer"
    qian.replies("1").gets("收到确认")
    town.dies()
    town.on_duty("police", "chen", "qian").begin()


def test_all_of_a_list_hear_of_it(town: Town) -> None:
    chen, qian = town.phone("chen"), town.phone("qian")
    town.writes_policies(plainly(ANSWERED, carrier={"who": "everyone"}))
    town.passes(minutes=11)  # until the rules are looked at again
    guide = orders(town, "speed-limit", "S1", limit=40)
    chen.gets("40公里/小时"), qian.gets("40公里/小时")
    chen.replies("1").gets("收到")
    town.writes_policies(plainly(ANSWERED))
    town.passes(minutes=11)
    corrects(town, f"measures/{guide}", "应为60", arguments={"limit": 60})
    town.passes(seconds=31)
    chen.gets("【更正】", "60公里/小时"), qian.gets("【更正】", "60公里/小时")


def test_what_was_not_sent_yet_is_never_sent(town: Town) -> None:
    chen = town.phone("chen")
    orders(town, "guide", "S4")
    chen.expects("派警力")
    slow = orders(town, "speed-limit", "S4", limit=40)  # waits for half a minute
    chen.expects_nothing()
    corrects(town, f"measures/{slow}", "应为60", arguments={"limit": 60})
    town.passes(minutes=1)
    chen.expects("60公里/小时", "收到回1", without=("更正", "40公里"))  # they never heard the wrong one
    chen.expects_nothing()
    withheld = town.asks(notice.c.reason, notice.c.measure == slow, notice.c.state == "withheld")
    assert withheld == ["corrected before it was sent"]


def test_what_the_provider_refused_meanwhile_is_not_tried_again(town: Town) -> None:
    chen = town.phone("chen")
    town.provider.refuses(429, times=1)
    slow = orders(town, "speed-limit", "S7", limit=40)
    chen.expects_nothing()
    town.passes(seconds=1)
    corrects(town, f"measures/{slow}", "应为60", arguments={"limit": 60})
    town.passes(minutes=5)
    chen.expects("【更正】", "设置限速60公里/小时", "收到回1").expects_nothing()


def test_an_order_for_the_wrong_place_is_withdrawn_there_and_given_here_in_one_message(
    town: Town,
) -> None:
    chen, wang = town.phone("chen"), town.phone("wang")
    slow = orders(town, "speed-limit", "S1", limit=40)
    chen.expects("G98S1段").replies("3 车坏了").gets("已记录无法执行")
    wang.gets("无法执行")
    town.passes(minutes=1)
    chen.forgets(), wang.forgets()
    corrects(town, f"measures/{slow}", "地点报错", place="S2")
    town.passes(minutes=1)
    chen.expects("【更正】", "G98S2段", "原G98S1段“限速（40公里/小时）”有误，该处作废", "40公里/小时",
                 "地点报错", "收到回1").expects_nothing()  # fmt: skip
    wang.expects("【更正】", "G98S1段", "G98S2段", "地点报错").expects_nothing()
    wrong, right = held(town, "speed-limit", "S1"), held(town, "speed-limit", "S2")
    assert (wrong["state"], right["state"]) == ("withdrawn", "issued")
    assert right["corrects"]["of"] == slow
    chen.replies("1").gets("收到确认")
    assert held(town, "speed-limit", "S2")["state"] == "acknowledged"


def test_where_another_carries_it_the_first_is_told_that_it_is_void(town: Town) -> None:
    qian, smith, wang = (town.phone(name) for name in ("qian", "smith", "wang"))
    salt = orders(town, "salt", "S1")
    qian.expects("撒盐").replies("1").gets("收到确认")
    town.passes(minutes=1)
    corrects(town, f"measures/{salt}", "应为工地", place="site-1")
    town.passes(minutes=1)
    qian.expects("【更正】", "东山工地", "原G98S1段“撒盐除冰”有误，该处作废", "应为工地")
    assert "回1" not in qian.last.body, "it is another's to do"
    smith.expects("Order: Spread salt", "1 received", without=("CORRECTION",))
    wang.expects_nothing()


def test_where_nobody_carries_it_nothing_is_done(town: Town) -> None:
    chen = town.phone("chen")
    slow = orders(town, "speed-limit", "S1", limit=40)
    salt = orders(town, "salt", "S1")
    chen.forgets()
    refused = corrects(town, f"measures/{salt}", "应为全镇", place="990101100000")
    assert (refused["outcome"], "没有人承办" in refused["next"]["zh"]) == ("refused", True)
    assert corrects(town, f"measures/{slow}", "重复", level="orange")["outcome"] == "refused"
    assert held(town, "salt", "S1")["state"] == "issued"
    town.passes(minutes=1)
    chen.expects_nothing()


def test_an_alert_raised_too_high_is_put_right_but_not_below_what_the_rule_finds(town: Town) -> None:
    chen, wang, li = (town.phone(name) for name in ("chen", "wang", "li"))
    town.by_hand("/alerts", "群众报告", rule="fog", place="S5", level="yellow")
    li.gets("黄色").replies("1").gets("收到确认")
    fog = town.alert(rule="fog", place="S5", state="open")["id"]
    town.passes(minutes=1)
    town.by_hand(f"/alerts/{fog}/raise", "听错了", level="red")
    li.gets("红色").replies("1").gets("收到确认")
    wang.gets("封闭路段", "同意")
    town.passes(minutes=1)
    chen.forgets(), wang.forgets(), li.forgets()
    corrects(town, f"alerts/{fog}", "实为橙色", level="orange")
    town.passes(minutes=1)
    li.gets("【更正】", "原红色，改为橙色", "实为橙色", "收到回1")
    chen.gets("【更正】", "原红色，改为橙色")
    wang.gets("停止执行", "封闭路段")
    alert = town.alert(rule="fog", place="S5", state="open")
    assert (alert["level"], alert["state"]) == ("orange", "open")
    assert held(town, "close", "S5")["state"] == "withdrawn"
    assert held(town, "speed-limit", "S5")["arguments"] == {"limit": 40}


def test_an_alert_at_the_wrong_place_is_moved_and_a_digest_counts_as_told(town: Town) -> None:
    li = town.phone("li")
    for place in SECTIONS[:10]:
        town.by_hand("/alerts", "群众报告", rule="fog", place=place, level="yellow")
    town.passes(minutes=4)
    fog = town.alert(rule="fog", place="S10", state="open")["id"]
    assert any("汇总" in m.body for m in li.unread), li.unread
    assert not [m for m in li.unread if "G98S10段" in m.body], "a summary alone told of it"
    li.forgets()
    corrects(town, f"alerts/{fog}", "地点报错", place="S11")
    town.passes(minutes=2)
    li.gets("【更正】", "G98S11段", "原G98S10段有误，该处作废", "地点报错", "收到回1")
    assert town.alert(id=fog)["state"] == "withdrawn"
    right = town.alert(rule="fog", place="S11", state="open")
    assert (right["level"], right["kept_by"]) == ("yellow", "admin")


def test_what_was_signed_goes_to_its_decider_first_and_stands_until_they_answer(town: Town) -> None:
    chen, wang = town.phone("chen"), town.phone("wang")
    close = orders(town, "close", "S2", until="18:00")
    wang.gets("封闭", "同意").replies("1").gets("已记录同意")
    town.passes(seconds=31)
    chen.gets("封闭路段", "18时").replies(f"1 {chen.code}").gets("收到确认")
    town.passes(minutes=1)
    chen.forgets()
    corrects(town, f"measures/{close}", "应到20时", arguments={"until": "20:00"})
    wang.gets("更正：应到20时", "重新决定")
    chen.expects_nothing()
    assert held(town, "close", "S2")["arguments"] == {"until": "18:00"}, "it stands as it was signed"
    town.passes(minutes=1)
    wang.replies("1").gets("已记录同意")
    town.passes(seconds=31)
    chen.gets("【更正】", "18", "20时", "应到20时", "收到回1")
    assert held(town, "close", "S2")["arguments"] == {"until": "20:00"}
    town.passes(minutes=1)
    corrects(town, f"measures/{close}", "还是18时", arguments={"until": "19:00"})
    wang.gets("更正：还是18时").replies("2 维持").gets("已记录")
    town.passes(minutes=1)
    chen.expects_nothing()
    assert held(town, "close", "S2")["arguments"] == {"until": "20:00"}
    assert held(town, "close", "S2")["corrects"] is None


def test_only_what_a_person_did_is_put_right_and_only_with_a_reason(town: Town) -> None:
    town.forecast(ORANGE_FOG)
    slow, fog = held(town, "speed-limit", "S3")["id"], town.alert(rule="fog", place="S3", state="open")["id"]
    body: dict[str, Any] = {"arguments": {"limit": 60}}
    assert town.api("POST", f"/measures/{slow}/correct", json=body).status_code == 422

    def refused(subject: str, **right: Any) -> str:
        became = corrects(town, subject, "太严", **right)
        assert became["outcome"] == "refused", became
        return str(became["next"]["zh"])

    assert "只有人工下达" in refused(f"measures/{slow}", **body)
    assert orders(town, "speed-limit", "S3", limit=40) == slow
    town.passes(seconds=1)  # the same said twice in a moment is one report
    assert "也要求按现在的内容" in refused(f"measures/{slow}", **body)
    assert "另行下达" in refused(f"measures/{slow}", place="S4")
    assert "公里/小时" in refused(f"measures/{slow}", arguments={"limit": "x"})
    assert held(town, "speed-limit", "S3")["arguments"] == {"limit": 40}
    assert "只有人工发布" in refused(f"alerts/{fog}", level="yellow")
    town.by_hand(f"/alerts/{fog}/raise", "听错了", level="red")
    town.passes(seconds=1)
    assert "规则判定为橙色" in refused(f"alerts/{fog}", level="yellow")
    assert corrects(town, f"alerts/{fog}", "未见雾", level="orange")["outcome"] == "taken"
