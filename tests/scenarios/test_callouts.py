"""Call-outs (叫应): a township woken, its report, its villages, the office's tree, the closing report.

One process for all stories; each has a township of its own, with a road and two villages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.scenarios.forms import pages_of, sends_form
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_by_hand_page import Desk
from tests.scenarios.town import SOON, Phone, Town

TOWNS = ("A", "B", "C", "D", "E", "F")
CALLING = """\
questions:
  commander: {zh: 现场指挥, en: who commands, example: {zh: 张三, en: Li Wei}}
  affected: {zh: 受影响村数, en: villages affected, kind: number, example: {zh: "3", en: "3"}}
  moved: {zh: 转移人数, en: people moved, kind: number, example: {zh: "0", en: "0"}}
  done: {zh: 已采取措施, en: what is done, example: {zh: 已撒盐, en: salting}}
  help: {zh: 是否需要支援, en: is help needed, kind: yes-no, help: true, example: {zh: 否, en: "no"}}
  harm: {zh: 伤亡人数, en: people hurt, kind: number, example: {zh: "0", en: "0"}}
call-outs:
  red:
    call: {township: [commander, affected, moved, done, help]}
    pass-on: {to: [village], ask: [commander, help]}
    at-the-end: [harm]
"""


ROADS = """\
sector: road-traffic
title: {zh: 道路交通, en: Road traffic}
rules:
  - id: fog
    hazard: fog
    place: road-section
    basis: [M-01]
    levels:
      yellow: {when: (visibility < 500 m) within 12 h, ask: []}
      orange: {when: (visibility < 200 m) within 6 h, ask: []}
      red: {when: (visibility < 50 m) within 2 h, ask: []}
    clear: visibility >= 750 m
    hold: 1 h
    audience: [township]
    cases:
      - {name: dense fog now, given: {visibility: [40, 40, 40]}, expect: {level: red, onset: 0 h}}
"""


def zone(town: str) -> str:
    return f"990101{200 + 100 * TOWNS.index(town)}000"


def number(town: str, who: int) -> str:
    return f"+4477009002{TOWNS.index(town)}{who}"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        town = Town(tmp_path_factory.mktemp("callouts"), provider, nursery)
        (town.folder / "rules" / "calling.yaml").write_text(CALLING, "utf-8")
        (town.folder / "rules" / "roads.yaml").write_text(ROADS, "utf-8")
        for one in TOWNS:
            town.also("zones.csv", f"{zone(one)},{one}镇,{one}ton,990101000000,p{one},26.5,106.5,900")
            town.also("sites.csv", *(
                f"{one}{n},road-section,G9{n}{one}段,G9{n} {one},{zone(one)},p{one},,,,road-traffic,,"
                f"G9{n},{TOWNS.index(one)},{TOWNS.index(one) + 1},south,," for n in (1, 2)))  # fmt: skip
            town.also("people.csv", f"mayor{one},{one}镇长,Mayor {one},zh,answer,sms:{number(one, 0)}",
                      *(f"head{one}{n},{one}村长{n},Head {one}{n},zh,answer,sms:{number(one, n)}"
                        for n in (1, 2)))  # fmt: skip
            town.also("posts.csv", f"town{one},township,,{zone(one)},{one}镇政府,{one} township,mayor{one}",
                      *(f"village{one}{n},village,,{zone(one)},{one}村{n},Village {one}{n},head{one}{n}"
                        for n in (1, 2)))  # fmt: skip
        town.begin()
        yield town
        town.concludes()


@pytest.fixture
def town(county: Town) -> Town:
    for name in ("zhao", "chen", "wang", "li"):
        county.phone(name).forgets()
    return county


def red(town: Town, place: str, level: str = "red") -> str:
    """Somebody opens the rule `fog` there by hand; gives the alert's id."""
    town.by_hand("/alerts", "现场浓雾", rule="fog", place=place, level=level)
    return str(town.alerts(rule="fog", place=place, state="open")[0]["id"])


def withdraws(town: Town, *alerts: str) -> None:
    for one in alerts:
        town.by_hand(f"/alerts/{one}/withdraw", "雾散")


def mayor(town: Town, of: str) -> Phone:
    return town.phone(f"mayor{of}")


def hears_no_more(*phones: Phone) -> None:
    """Of the fog; what the service says of itself is no matter of these stories."""
    for phone in phones:
        assert not [m.body for m in phone.unread if "大雾" in m.body], phone.person


def sheet(town: Town, of: str) -> dict[str, Any]:
    """The newest call-out of a township, with its tree."""
    found = town.api("GET", "/callouts", params={"state": "all"}).json()["callouts"]
    mine = [one["id"] for one in found if one["zone"] == zone(of)]
    return dict(town.api("GET", f"/callouts/{max(mine)}").json())


def callee(town: Town, of: str) -> dict[str, Any]:
    return dict(sheet(town, of)["tree"][0])


def page(town: Town, of: str, language: str = "zh") -> str:
    """The tree as the office sees it."""
    return requests.get(f"{town.url}/callouts/{sheet(town, of)['id']}?lang={language}",
                        timeout=SOON).text  # fmt: skip


def does(town: Town, act: str, of: str, **given: Any) -> dict[str, Any]:
    """Somebody with the role says it through the API; gives what became of it."""
    answer = town.api("POST", f"/callouts/{sheet(town, of)['id']}/{act}", json=given)
    assert answer.status_code == 202, answer.text
    town.settles()
    return dict(town.api("GET", f"/answers/{answer.json()['id']}").json())


def test_a_red_alert_calls_its_township_out_and_the_report_ends_the_calls(town: Town) -> None:
    alert = red(town, "A1")
    phone = mayor(town, "A").expects("【叫应】", "G91A段", "①现场指挥②受影响村数", "收到回1",
                                     "如：5 张三 3 0 已撒盐 否", "/a/")  # fmt: skip
    phone.expects_nothing()  # the plain news of it does not come besides
    assert callee(town, "A")["state"] == "silent"
    town.passes(minutes=2)
    phone.replies("1").expects("已记录收到", "前回5并按序写：①现场指挥")
    town.passes(minutes=10)
    phone.expects_nothing()
    phone.replies("5 张三 3 0 已撒盐 否").expects("已收报告", "现场指挥 张三；受影响村数 3", "支援 否")
    town.passes(hours=2)
    phone.expects_nothing()
    one = callee(town, "A")
    assert (one["state"], one["woken_after"], one["reported_after"]) == ("reported", 120, 720)
    assert [q["value"] for q in one["reports"][0]["said"]] == ["张三", 3, 0, "已撒盐", "no"]
    assert "2 分钟叫醒" in page(town, "A")
    assert "awake after 2 min" in page(town, "A", "en")
    before = len(town.log())
    assert town.runs_besides("calls list", "--sector", "road-traffic") == 0
    assert town.runs_besides("calls show", sheet(town, "A")["id"]) == 0
    said = town.log()[before:]
    assert "1 called 应叫, 1 awake 叫醒, 1 reported 已报告, 0 overdue 超时" in said
    assert "A township: 已报告 reported, called" in said
    assert "叫应消息中已包含" in town.api("GET", f"/alerts/{alert}").text + requests.get(
        f"{town.url}/messages", timeout=SOON).text  # fmt: skip
    withdraws(town, alert)
    phone.expects("撤回").expects_nothing()
    assert sheet(town, "A")["state"] == "closed"


def test_who_does_not_answer_is_called_again_and_the_office_ticks_them_off(town: Town) -> None:
    alert = red(town, "B1")
    phone, zhao = mayor(town, "B").expects("【叫应】"), town.phone("zhao")
    town.passes(minutes=5.5)
    phone.expects("第2次呼叫", "请回5报告：①现场指挥")
    assert "叫醒超时" in page(town, "B")
    town.passes(minutes=5)
    zhao.gets("【升级叫应】", "请代B镇政府回5报告", "B镇政府未答复")
    one = callee(town, "B")
    assert (one["late"], one["calls_now"]["zh"]) == ("woken", "县应急办值班室")
    a_form_that_is_open_stands_still(town, "B")
    said = does(town, "tick", "B", post="townB", how="phone", reason="已电话通知镇长，正赶往现场")
    assert said["outcome"] == "taken"
    town.passes(hours=2)
    hears_no_more(phone, zhao)
    assert "人工联系" in requests.get(f"{town.url}/callouts", timeout=SOON).text
    shown = page(town, "B")
    assert "管理员登记：电话，已电话通知镇长" in shown
    assert "Admin: phone" in page(town, "B", "en")
    figures = sheet(town, "B")["figures"]
    assert [(f["tier"], f["called"], f["woken"], f["ticked"], f["never"]) for f in figures] == [
        ("township", 1, 0, 1, 0)]  # fmt: skip
    withdraws(town, alert)
    phone.forgets()


def a_form_that_is_open_stands_still(town: Town, of: str) -> None:
    """The tree loads itself anew; with a form open it does not, and what was refused is kept."""
    desk, path = Desk(town, "管理员"), f"/callouts/{sheet(town, of)['id']}"
    tree = desk.page(f"{path}?lang=zh")
    assert 'http-equiv="refresh" content="10"' in tree
    assert "<input name" not in tree, "nothing to type into where the page is taken away"
    for what in ("report", "tick"):
        [opens] = re.findall(rf'href="([^"#]*do={what}[^"#]*)', tree)
        form = desk.page(opens)
        assert 'http-equiv="refresh"' not in form
        assert f'action="{path}/{what}"' in form
        assert "本页不自动刷新" in form
    token = re.findall(r'name="form" value="([^"]*)"', form)[0]
    refused = desk.posts(f"{path}/tick", 422, form=token, post=f"town{of}", how="radio", reason=" ")
    assert "必须写明原因" in refused
    assert '<option value="radio" selected>' in refused
    assert 'http-equiv="refresh"' not in refused
    assert 'http-equiv="refresh"' in desk.page(f"{path}?do=tick&post=nobody"), "no form stands there"


def test_a_report_that_falls_short_is_asked_back_by_name_and_help_reaches_the_office(
    town: Town,
) -> None:
    alert = red(town, "C1")
    phone, zhao = mayor(town, "C").expects("【叫应】"), town.phone("zhao")
    phone.replies("5 张三 3").expects("已记：现场指挥 张三。还缺", "受影响村数", "转移人数", "请于")
    assert callee(town, "C")["state"] == "awake"
    town.passes(minutes=16)
    phone.expects("第2次呼叫", "①受影响村数②转移人数③已采取措施④是否需要支援")
    phone.replies(f"5 {phone.code} 3 0 已撒盐 是").expects("已收报告", "现场指挥 张三；受影响村数 3")
    zhao.gets("C镇政府报告需要支援", "已采取措施 已撒盐").replies(f"1 {zhao.code}").gets("收到确认")
    town.passes(hours=1)
    hears_no_more(phone, zhao)
    assert [len(r["lacks"]) for r in callee(town, "C")["reports"]] == [0, 4]
    withdraws(town, alert)
    phone.forgets(), zhao.forgets()


def test_many_alerts_of_a_township_are_one_call_out_that_ends_with_the_last(town: Town) -> None:
    first = red(town, "D1")
    phone = mayor(town, "D").expects("【叫应】", "G91D段").replies("5 李四 1 0 已封路 否")
    phone.expects("已收报告")
    second = red(town, "D2")
    phone.expects("G92D段", "收到回1", without=["①"]).expects_nothing()  # told of, and not asked again
    assert len(sheet(town, "D")["alerts"]) == 2
    town.passes(minutes=5.5)
    phone.expects("第2次呼叫", "G92D段", without=["①"]).replies("1").expects("收到")
    town.passes(hours=1)
    hears_no_more(phone)
    withdraws(town, first)
    phone.expects("撤回")
    assert sheet(town, "D")["state"] == "open"
    withdraws(town, second)
    assert sheet(town, "D")["state"] == "closed"
    phone.forgets()
    town.passes(minutes=1)
    third = red(town, "D1")  # a new one, a new call
    phone.gets("【叫应】")
    assert sheet(town, "D")["id"].endswith(".2")
    withdraws(town, third)
    phone.forgets()


def test_a_township_passes_on_to_its_villages_and_they_count_beneath_it(town: Town) -> None:
    alert = red(town, "E1")
    phone, zhao = mayor(town, "E").expects("【叫应】", "转发下级回6"), town.phone("zhao")
    heads = [town.phone(f"headE{n}") for n in (1, 2)]
    for one in heads:
        one.expects_nothing()
    town.passes(minutes=1)
    phone.replies("6").expects("已转发，正在叫应2个下级岗位", "您的报告仍请回5")
    phone.replies("6 转发").expects("无需重复")
    for one in heads:
        one.expects("【叫应】", "①现场指挥②是否需要支援", "E镇政府转发", without=["回6"])
    heads[0].replies("5 王五 否").expects("已收报告")
    phone.replies("5 张三 2 0 巡查 否").expects("已收报告")
    town.passes(minutes=6)
    heads[1].expects("第2次呼叫"), heads[0].expects_nothing()
    town.passes(minutes=5)
    phone.gets("【升级叫应】", "请代E村2回5报告", "E村2未答复")  # who passed it on is called, no bureau
    town.dies()
    town.begin()
    phone.replies(f"5 {phone.code} 赵六 否").expects("已收报告")
    one = callee(town, "E")
    assert [(b["post"], b["state"], b["woken_by"]) for b in one["below"]] == [
        ("villageE1", "reported", {"zh": "E村长1", "en": "Head E1"}),
        ("villageE2", "reported", {"zh": "E镇长", "en": "Mayor E"}),
    ]
    tiers = {f["tier"]: f for f in sheet(town, "E")["figures"]}
    assert (tiers["village"]["called"], tiers["village"]["reported"]) == (2, 2)
    assert tiers["township"]["passed_on"] == 1
    town.passes(hours=1)
    hears_no_more(phone, zhao)
    withdraws(town, alert)
    for one in (phone, *heads):
        one.gets("撤回")
        one.forgets()


def test_at_the_end_the_closing_report_is_asked_until_it_is_in(town: Town) -> None:
    town.forecast({"visibility": [40.0, 40, 800, 9000, 9000, 9000]}, points=("pF",))
    phone, zhao = mayor(town, "F").gets("【叫应】", "G91F段"), town.phone("zhao")
    assert sends_form(town, "mayorF", {"commander": "张三", "affected": "1"}, "report") == 303
    assert "转移人数" in page_behind(town, "mayorF")
    assert sends_form(town, "mayorF", {"commander": "张三", "affected": "1", "moved": "0",
                                       "done": "限行", "help": "no"}, "report") == 303  # fmt: skip
    assert callee(town, "F")["state"] == "reported"
    phone.forgets()
    for _ in range(12):  # two runs and a station agree that it is over
        town.passes(minutes=20)
        town.observes({"visibility": 9000.0})
        town.forecast({"visibility": [9000.0] * 48}, points=("pF",))
        if sheet(town, "F")["state"] != "open":
            break
    assert sheet(town, "F")["state"] == "closing"
    phone.gets("【叫应结束】", "回5报结束情况：①伤亡人数", "如：5 0")
    assert not [m.body for m in phone.unread if "【解除】" in m.body and "G91F" in m.body]
    phone.forgets()
    assert callee(town, "F")["state"] == "closing"
    town.passes(minutes=29)
    phone.expects_nothing()
    town.passes(minutes=2)
    assert callee(town, "F")["state"] == "closing"
    phone.gets("【催办】", "①伤亡人数")
    phone.replies(f"5 0 {phone.code}").expects("已收报告", "伤亡人数 0")
    assert sheet(town, "F")["state"] == "closed"
    town.passes(hours=1)
    phone.expects_nothing()
    zhao.forgets()


def page_behind(town: Town, person: str) -> str:
    return next(pages_of(town, person))[1]
