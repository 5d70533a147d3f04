"""Approval from the phone: changed, refused with a reason, by a deputy, after the fact.

One process for all stories; each has a section of road of its own, and ends what it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from alerting.store.schema import answer
from tests.scenarios.forms import pages_of
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_by_hand_page import Desk
from tests.scenarios.town import SOON, Town

PHONES = ("chen", "wang", "li", "zhao", "sun")
SECTIONS = ("S1", "S2", "S3", "S4")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        town = Town(tmp_path_factory.mktemp("approval"), provider, nursery, rules="approval")
        town.also("people.csv", "sun,孙副局长,Deputy Sun,zh,decide,sms:+447700900107")
        town.also("sites.csv", *(
            f"{one},road-section,G98{one}段,G98 {one},990101100000,low,,,,road-traffic,,G98,{n},{n + 1},"
            "south,," for n, one in enumerate(SECTIONS)))  # fmt: skip
        posts = town.folder / "county" / "posts.csv"
        lines = posts.read_text("utf-8").splitlines()
        lines = [f"{line},{deputy_of(line)}" for line in lines]
        lines.append("transport-2,regulator,road-traffic,990101000000,交通局副职,Deputy bureau,sun,")
        posts.write_text("\n".join(lines) + "\n", "utf-8")
        town.begin()
        yield town
        town.concludes()


def deputy_of(line: str) -> str:
    return {"id": "deputy", "transport": "transport-2"}.get(line.split(",")[0], "")


@pytest.fixture
def town(county: Town) -> Iterator[Town]:
    yield county
    for one in county.measures():  # what one stood in for goes with it
        if one["ended"] is None and one["decider"]:
            county.by_hand(f"/measures/{one['id']}/withdraw", "故事结束")
    county.passes(minutes=10)
    for name in PHONES:
        county.phone(name).forgets()


def orders(town: Town, measure: str, place: str, level: str = "yellow", **arguments: Any) -> None:
    town.by_hand("/measures", "团雾多发", measure=measure, place=place, level=level,
                 arguments=arguments)  # fmt: skip


def held(town: Town, measure: str, place: str) -> dict[str, Any]:
    return town.measures(measure=measure, object=place)[-1]


def test_a_number_is_changed_by_text_and_stands_until_the_level_rises(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "slow", "S1", limit=60)
    wang.gets("60公里/小时", "同意").replies("1 50").gets("改为：50公里/小时")
    chen.gets("50公里/小时", "已决定，请执行")
    town.passes(minutes=2)
    orders(town, "slow", "S1", limit=40)  # stricter, at the same level
    assert held(town, "slow", "S1")["arguments"] == {"limit": 50}
    wang.gets("40公里/小时", "另有更严的要求")
    chen.expects_nothing()
    orders(town, "slow", "S1", level="orange", limit=40)
    town.passes(minutes=1)
    wang.gets("40公里/小时", "级别升高")
    shown = requests.get(f"{town.url}/measures/{held(town, 'slow', 'S1')['id']}", timeout=SOON).text
    assert "请重新决定：40公里/小时" in shown
    assert held(town, "slow", "S1")["arguments"] == {"limit": 50}, "it stands until they decide anew"
    town.passes(minutes=1)
    wang.replies("1").gets("已记录同意")
    chen.gets("40公里/小时")
    assert held(town, "slow", "S1")["arguments"] == {"limit": 40}


def test_a_refusal_of_the_rise_keeps_what_was_signed(town: Town) -> None:
    wang, chen, sun = town.phone("wang"), town.phone("chen"), town.phone("sun")
    orders(town, "slow", "S2", limit=60)
    wang.gets("60公里/小时").replies("1 改为80公里/小时").gets("改为：80公里/小时")
    chen.gets("80公里/小时").replies("1").gets("收到确认").replies("2").forgets()
    orders(town, "slow", "S2", level="red", limit=20)
    town.passes(minutes=25)
    called = sun.gets("建议：设置限速20公里/小时", "交通运输局未答复").code
    wang.gets("20公里/小时", "级别升高，此前批准的“80公里/小时”继续执行", "不同意即维持")
    wang.gets("催办", "建议：设置限速20公里/小时")
    wang.replies("2 路面已干").gets("此前批准的内容继续执行")
    sun.replies(f"1 {called}").gets("王处长已决定维持此前批准的80公里/小时，以此为准")
    chen.expects_nothing()
    one = held(town, "slow", "S2")
    assert (one["arguments"], one["state"]) == ({"limit": 80}, "in force")
    town.passes(minutes=12)
    wang.expects_nothing()  # nobody is asked about it any more


def test_hours_and_vehicles_are_narrowed_on_the_page_behind_the_link(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "ban", "S3", vehicles=["coach", "tanker"], until="08:00")
    chen.gets("入口待命")
    wang.gets("客车、危化车", "同意")
    link, page = next(pages_of(town, "wang"))
    form = next(f for f in page.split("<form")[1:] if 'value="approve-changed"' in f)
    hidden = {"form": form.split('name="form" value="')[1].split('"')[0],
              "subject": form.split('name="subject" value="')[1].split('"')[0]}  # fmt: skip
    given = hidden | {"act": "approve-changed", "argument.vehicles.any": "1",
                      "argument.vehicles.tanker": "1", "argument.until": "06:00"}  # fmt: skip
    assert requests.post(link, data=given, timeout=SOON).status_code == 422, "without a reason"
    assert requests.post(link, data=given | {"reason": "客车已停班"}, timeout=SOON).status_code == 200
    town.passes(minutes=1)
    one = held(town, "ban", "S3")
    assert one["arguments"] == {"vehicles": ["tanker"], "until": "06:00"}
    chen.gets("危化车", "6时")
    assert "客车、" not in chen.last.body
    shown = requests.get(f"{town.url}/measures/{one['id']}", timeout=SOON).text
    assert "王处长批准时改为此项，原建议：客车、危化车" in shown
    assert "修改已批准的内容" not in shown, "the admin signed nothing"
    link, page = next(pages_of(town, "wang"))
    assert ("修改已批准的内容" in page, 'value="approve"' in page) == (True, False)
    given |= {"argument.until": "07:00", "reason": "化雪慢"}
    assert requests.post(link, data=given, timeout=SOON).status_code == 200
    town.passes(minutes=1)
    assert held(town, "ban", "S3")["arguments"] == {"vehicles": ["tanker"], "until": "07:00"}
    chen.gets("危化车", "7时")


def test_what_is_no_number_of_the_measure_changes_nothing(town: Town) -> None:
    wang = town.phone("wang")
    orders(town, "slow", "S1", limit=60)
    wang.gets("60公里/小时")
    wang.replies("1 500").gets("没有批准", "不大于 120")  # beyond what may be asked
    wang.replies("1 2").gets("未能读懂")  # two answers, or a number?
    assert held(town, "slow", "S1")["state"] == "proposed"
    refused = town.api("POST", f"/measures/{held(town, 'slow', 'S1')['id']}/approve-changed",
                       json={"arguments": {"limit": 50}, "reason": "x"})  # fmt: skip
    assert refused.status_code == 403, "the admin is not the decider"


def test_a_refusal_without_a_reason_counts_and_the_reason_is_asked_for_once(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "slow", "S2", limit=60)
    wang.gets("60公里/小时").replies("2").gets("已记录不同意", "请直接回复原因")
    assert held(town, "slow", "S2")["state"] == "refused"
    chen.gets("不同意", "未说明原因")
    town.passes(minutes=1)
    wang.replies("无法保障绕行").gets("原因已记录")
    chen.gets("不同意", "无法保障绕行")
    town.passes(minutes=1)
    wang.replies("就这样").gets("未能读懂")


def test_an_order_by_hand_of_more_is_put_to_who_signed_less(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "slow", "S1", level="red", limit=40)
    wang.gets("40公里/小时").replies("1 100").gets("改为：100公里/小时")
    chen.gets("100公里/小时").replies("1").gets("收到确认")
    town.passes(minutes=5)
    assert "已请交通运输局重新决定" in told_by_hand(town, 20), "it is red already: the level cannot rise"
    wang.gets("20公里/小时", "另有更严的要求，此前批准的“100公里/小时”继续执行").replies("2").gets("继续执行")
    assert "但王处长批准的是“100公里/小时”，仍按此执行" in told_by_hand(town, 20)
    wang.expects_nothing()
    chen.expects_nothing()


def told_by_hand(town: Town, limit: int) -> str:
    said = town.api("POST", "/measures", json={
        "reason": "连环追尾", "measure": "slow", "place": "S1", "level": "red",
        "arguments": {"limit": limit}})  # fmt: skip
    town.settles()
    [told] = town.asks(answer.c.told, answer.c.id == said.json()["ids"][0])
    town.passes(minutes=1)
    return str(told["zh"])


def test_who_signed_a_slip_changes_it_by_the_same_code(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "slow", "S2", level="red", limit=20)
    code = wang.gets("20公里/小时").code
    wang.replies("1 120").gets("改为：120公里/小时")  # a slip
    wang.replies(f"2 打错了 {code}").gets("您已批准“120公里/小时”，以此为准。要改请回")
    wang.replies(f"1 20 {code}").gets("改为：20公里/小时")
    chen.gets("120公里/小时")
    town.passes(minutes=1)
    chen.gets("20公里/小时")
    assert held(town, "slow", "S2")["arguments"] == {"limit": 20}
    wang.replies(f"1 20 {code}").gets("您已批准“20公里/小时”")
    slow = held(town, "slow", "S2")["id"]
    assert "修改已批准的内容" not in Desk(town, "孙副局长").page(f"/measures/{slow}"), "it is not theirs"
    desk = Desk(town, "王处长")
    assert "您批准的是：20公里/小时" in desk.page(f"/measures/{slow}")
    desk.presses("approve-changed", f"measure:{slow}", on=f"/measures/{slow}", reason="路面已撒盐",
                 **{"argument.limit": "30"})  # fmt: skip
    town.passes(minutes=1)
    chen.gets("30公里/小时")


def test_words_that_may_answer_a_new_question_are_no_reason_for_the_last_refusal(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "slow", "S1", limit=60)
    refused = wang.gets("60公里/小时").code
    wang.replies("2").gets("请直接回复原因")
    town.passes(minutes=30)
    orders(town, "slow", "S2", limit=60)
    wang.gets("60公里/小时")
    chen.forgets()
    wang.replies("同意的，但改成50吧").gets("未能读懂")
    assert not [m for m in chen.unread if "同意的" in m.body]
    wang.replies(f"绕行不足 {refused}").gets("原因已记录")
    chen.gets("不同意", "绕行不足")


def test_who_decides_otherwise_second_is_told_what_holds_and_by_whom(town: Town) -> None:
    wang, sun = town.phone("wang"), town.phone("sun")
    orders(town, "slow", "S3", level="red", limit=60)
    wang.gets("60公里/小时")
    town.passes(minutes=25)  # silence: the deputy is called
    sun.gets("60公里/小时", "交通运输局未答复")
    with ThreadPoolExecutor(2) as hands:
        list(hands.map(lambda one: town.provider.reply(one[0].number, one[1], town.inbound),
                       [(wang, "1 50"), (sun, "2 路面已干")]))  # fmt: skip
    town.settles()
    one = held(town, "slow", "S3")
    if (one["state"], one["arguments"]) == ("issued", {"limit": 50}):
        wang.gets("已记录同意，改为：50公里/小时")
        sun.gets("王处长已同意并改为：50公里/小时，以此为准")
    else:
        assert (one["state"], one["arguments"]) == ("refused", {"limit": 60})
        sun.gets("已记录不同意")
        wang.gets("孙副局长已不同意，以此为准")


def test_silence_goes_to_the_deputy_before_the_tiers_above(town: Town) -> None:
    wang, sun, zhao = town.phone("wang"), town.phone("sun"), town.phone("zhao")
    orders(town, "slow", "S1", level="red", limit=60)
    wang.gets("60公里/小时")
    town.passes(minutes=21)
    sun.gets("交通运输局未答复")
    assert not [m for m in zhao.unread if "未答复" in m.body]
    sun.replies("1").gets("已记录同意")
    town.phone("chen").gets("60公里/小时")
    town.passes(minutes=1)
    wang.replies("1").gets("孙副局长")


def test_an_order_ahead_of_its_signature_says_so_and_is_confirmed(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "lead", "S1", limit=60)
    chen.gets("先行下达，待追认：警车压速带道60公里/小时", "前落实")
    wang.gets("已先行下达，请追认或撤回：警车压速带道60公里/小时", "追认回1，撤回（写原因）回2")
    assert not [m for m in chen.unread if "入口待命" in m.body], "nothing stands in for what is ordered"
    one = held(town, "lead", "S1")
    assert (one["state"], one["unconfirmed"], one["decided_by"]) == ("issued", True, None)
    assert "待交通运输局追认" in page_of(town, one)
    town.passes(minutes=1)
    chen.replies("1").gets("收到确认")
    wang.replies("1").gets("已记录追认，措施继续执行")
    one = held(town, "lead", "S1")
    assert (one["state"], one["unconfirmed"], one["decided_by"]) == ("acknowledged", False, "wang")
    assert one["ahead"] == one["issued"]
    assert "先行下达，已由王处长追认" in page_of(town, one)
    town.passes(minutes=20)
    wang.expects_nothing()
    chen.expects_nothing()  # it changes nothing for who carries it out


def test_unanswered_it_stands_and_climbs_and_who_takes_it_back_reaches_everybody(town: Town) -> None:
    wang, sun, chen = town.phone("wang"), town.phone("sun"), town.phone("chen")
    orders(town, "lead", "S4", level="red", limit=60)
    wang.gets("已先行下达")
    chen.gets("先行下达，待追认").replies("2")
    town.passes(minutes=11)
    wang.gets("【催办】", "先行下达，待追认", "前追认或撤回")
    town.passes(minutes=10)
    sun.gets("先行下达，待追认", "交通运输局未答复", "撤回（写原因）回2")
    one = held(town, "lead", "S4")
    assert (one["state"], one["unconfirmed"]) == ("in force", True), "the order stands"
    assert "尚未追认" in page_of(town, one)
    sun.replies("2 路面已干").gets("未予追认，措施撤回")
    chen.gets("【撤回】", "未予追认：路面已干")
    wang.gets("【撤回】", "未予追认：路面已干")
    one = held(town, "lead", "S4")
    assert (one["state"], one["unconfirmed"]) == ("withdrawn", False)
    for phone in (wang, sun, chen):
        phone.forgets()
    orders(town, "lead", "S4", level="red", limit=40)  # asked again within the day
    wang.gets("请决定，建议：警车压速带道40公里/小时")
    assert held(town, "lead", "S4")["state"] == "proposed", "not over the head of who took it back"


def test_a_rise_before_it_is_confirmed_is_ordered_and_put_anew(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "lead", "S3", limit=60)
    wang.gets("60公里/小时")
    chen.gets("60公里/小时")
    town.passes(minutes=1)
    orders(town, "lead", "S3", level="orange", limit=40)
    chen.gets("先行下达，待追认", "40公里/小时")
    wang.gets("请追认或撤回", "40公里/小时")
    town.passes(minutes=1)
    wang.replies("1 30").gets("改为：30公里/小时")
    chen.gets("30公里/小时")
    one = held(town, "lead", "S3")
    assert (one["arguments"], one["unconfirmed"], one["decided_by"]) == ({"limit": 30}, False, "wang")
    assert "原建议：40公里/小时" in page_of(town, one)
    assert "先行下达，待追认" not in chen.last.body


def test_taken_back_without_a_reason_the_reason_follows(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "lead", "G99-K12", limit=60)
    chen.gets("先行下达")
    town.passes(minutes=1)
    wang.gets("已先行下达").replies("2").gets("未予追认，措施撤回", "请直接回复原因")
    chen.gets("【撤回】", "未说明原因")
    town.passes(minutes=1)
    wang.replies("警车另有任务").gets("原因已记录，将告知承办单位")
    chen.gets("【撤回】", "警车另有任务")


def test_a_decider_sees_what_happens_meanwhile_and_what_the_neighbours_do(town: Town) -> None:
    wang, chen = town.phone("wang"), town.phone("chen")
    orders(town, "lead", "S2", limit=60)
    wang.gets("已先行下达").replies("1")
    town.passes(minutes=1)
    chen.gets("60公里/小时").replies("2")
    closed = {"road": "G98", "from_km": 1, "to_km": 3, "by": "桥头县交警", "reason": "路面结冰"}
    assert town.api("POST", "/roads/closed", json=closed).status_code == 202
    town.settles()
    stands_by = chen.gets("G98S3段", "入口待命").code
    wang.forgets()
    orders(town, "ban", "S3", vehicles=["tanker"])
    wang.gets("请决定", "其间先行：入口待命（已下达）", "相邻：邻县已封闭G98 K1+000–K3+000 双向，因路面结冰",
              "G98S2段警车带道60公里/小时（已落实）")  # fmt: skip
    _, link = next(pages_of(town, "wang"))
    for shown in (link, page_of(town, held(town, "ban", "S3"))):
        assert "入口待命（已下达）" in shown
        assert "G98S2段警车带道60公里/小时（已落实）" in shown
        assert "邻县已封闭G98 K1+000–K3+000 双向，因路面结冰（桥头县交警通报）" in shown
    chen.replies(f"2 {stands_by}").gets("已记录落实")
    town.passes(minutes=65)
    wang.gets("【催办】", "其间先行：入口待命（已落实）")  # as it stands by then
    opened = closed | {"reason": ""}
    assert town.api("POST", "/roads/reopened", json=opened).status_code == 202
    town.settles()


def page_of(town: Town, one: dict[str, Any]) -> str:
    return requests.get(f"{town.url}/measures/{one['id']}", timeout=SOON).text
