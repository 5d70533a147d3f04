"""Road sections through the real process: closed by road, kilometre and entry, in stages through a night,
opened after a look; and what a neighbour closed. The shipped road rules, one process for all stories."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from alerting.runtime import RealRuntime
from alerting.web.tokens import create_token
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_by_hand_page import Desk
from tests.scenarios.town import SOON, Phone, Town

SHIPPED = Path(__file__).parents[2] / "rules"
SITES = """\
id,kind,name,name_en,zones,points,sector,tags,road,from_km,to_km,direction,entries,exits,entries_en,exits_en
trunk-a,road-section,G399国道云水段,"G399, Yunshui",990101100000,low,road-traffic,,G399,0,24,双向,云水站,云水站 龙潭站,Yunshui,Yunshui Longtan
trunk-b,road-section,G399国道桥头段,"G399, Qiaotou",990101100000,low,road-traffic,,G399,24,49,双向,桥头站,桥头站,Qiaotou,Qiaotou
hill,road-section,S901省道白岩段,"S901, Baiyan",990101100000,high,road-traffic,mountain,S901,40,58,双向,,,,
site-1,building-site,东山工地,Dongshan site,990101100000,low,construction,,,,,,,,,
"""
NIGHT = {"surface_temperature": [-4.0] * 60, "precipitation": [1.0] * 60}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        made = Town(tmp_path_factory.mktemp("closures"), provider, nursery, changes={"sources": {
            "model": {"use": "signals", "brings": "forecast", "cadence_hours": 6,
                      "quantities": ["surface_temperature", "precipitation"]},
        }})  # fmt: skip
        rules = made.folder / "rules"
        shutil.rmtree(rules)
        rules.mkdir()
        for name in ("road-traffic.yaml", "measures.yaml", "districts.yaml", "calendar.yaml"):
            shutil.copy(SHIPPED / name, rules)
        (made.folder / "county" / "sites.csv").write_text(SITES, "utf-8")
        made.also("people.csv", "brown,布朗,Officer Brown,en,answer,sms:+447700900120")
        made.also("posts.csv", "police-b,field,road-traffic,trunk-b,桥头中队,Qiaotou police,brown")
        yield made.begin()
        made.concludes()


@pytest.fixture
def chen(town: Town) -> Phone:
    return town.phone("chen").forgets()


@pytest.fixture
def brown(town: Town) -> Phone:
    """Of the traffic police at trunk-b; reads English."""
    return town.phone("brown").forgets()


@pytest.fixture
def wang(town: Town) -> Phone:
    """Decides, and looks before a road is opened."""
    return town.phone("wang").forgets()


@pytest.fixture
def li(town: Town) -> Phone:
    """Mayor of the township: told, and asked nothing."""
    return town.phone("li").forgets()


def newest(town: Town, measure: str, place: str) -> dict[str, Any]:
    return town.measures(measure=measure, object=place)[-1]


def section(town: Town, place: str) -> dict[str, Any]:
    answer = town.api("GET", "/roads")
    assert answer.status_code == 200, answer.text
    [found] = [s for s in answer.json()["sections"] if s["id"] == place]
    return dict(found)


def page(town: Town, place: str, language: str = "zh") -> str:
    """What the page of roads says of one section."""
    text = requests.get(f"{town.url}/roads?lang={language}", timeout=SOON).text
    assert "<script" not in text
    return text.split(f'id="{place}"')[1].split("</li>")[0]


def orders(town: Town, measure: str, place: str, **arguments: Any) -> None:
    town.by_hand("/measures", "路面结冰", measure=measure, place=place, level="orange",
                 arguments=arguments)  # fmt: skip
    town.passes(seconds=40)


def closed(town: Town, place: str, **arguments: Any) -> dict[str, Any]:
    """A section that is closed and reported so, by hand and with its decider's signature."""
    held = [m for m in town.measures(measure="close-section", object=place) if not m["ended"]]
    if not held:
        orders(town, "close-section", place, **arguments)
        answers(town, "wang", "close-section", "approve", place)
        answers(town, "admin", "close-section", "in-force", place)
    assert newest(town, "close-section", place)["state"] == "in force"
    return newest(town, "close-section", place)


def says(phone: Phone, digit: str) -> None:
    """An answer to the message just looked at, whatever else waits."""
    phone.replies(f"{digit} {phone.code}")


def tells(town: Town, act: str, expected: int = 202, **detail: Any) -> dict[str, Any]:
    """A neighbour's machine hands in a report, in our envelope."""
    given = {"road": "G399", "from_km": 49, "to_km": 80, "by": "邻县交警"} | detail
    answer = town.api("POST", "/signals", json=[{
        "kind": "report", "source": "neighbour", "issued": town.now.isoformat(), "act": act,
        "person": "admin", "subject": f"road:{given['road']}", "detail": given,
    }])  # fmt: skip
    assert answer.status_code == expected, answer.text
    town.settles()
    town.passes(seconds=40)
    return dict(answer.json())


# Where, which way, at which entries


def test_a_closure_names_road_kilometres_direction_and_entries_in_both_languages(
    town: Town, chen: Phone, brown: Phone, wang: Phone
) -> None:
    orders(town, "close-section", "trunk-a")
    said = "G399 K0+000–K24+000 双向，云水站入口封闭，只出不进"
    wang.gets("建议", said).replies("1").gets("已记录同意")
    town.passes(seconds=40)
    chen.gets("已决定，请执行：封闭路段", said)
    orders(town, "close-section", "trunk-b", until="17:00")
    wang.gets("桥头站入口封闭").replies("1")
    town.passes(seconds=40)
    brown.gets("close the section and lead vehicles off it: G399 K24+000-K49+000, both directions; "
               "no entry at Qiaotou; exits stay open; until 20 Jan 17:00")  # fmt: skip
    says(brown, "2")
    assert section(town, "trunk-a")["state"] == "open", "ordered is not closed"
    assert section(town, "trunk-a")["coming"][0]["said"]["zh"] == said
    says(chen, "2")
    chen.gets("已记录落实")
    held = section(town, "trunk-a")
    assert (held["state"], held["shut"][0]["said"]["zh"]) == ("exit-only", said)
    assert held["shut"][0]["decided_by"] == "wang"
    shown = page(town, "trunk-a")
    assert "封闭，只出不进" in shown
    assert said in shown
    assert "王处长 决定" in shown
    assert "至解除为止" in shown
    shown = page(town, "trunk-a", "en")
    assert "closed, exit only" in shown
    assert "no entry at Yunshui" in shown
    assert "Director Wang" in shown


def test_who_asks_for_more_shuts_the_exits_too_and_it_is_issued_again(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, "trunk-a")
    chen.forgets()
    orders(town, "close-section", "trunk-a", passing="whole")
    chen.gets("【更新】", "云水站入口封闭，进出口全部封闭")
    assert section(town, "trunk-a")["state"] != "open", "ordered anew is not opened meanwhile"
    says(chen, "2")
    assert section(town, "trunk-a")["state"] == "closed"
    assert "进出口封闭" in page(town, "trunk-a")
    assert "closed, exits shut too" in page(town, "trunk-a", "en")


def test_one_direction_of_a_section_without_named_entries_reads_well(
    town: Town, chen: Phone, wang: Phone
) -> None:
    orders(town, "close-section", "hill", direction=["up"], until="17:00")
    wang.gets("封闭路段、带出路上车辆：S901 K40+000–K58+000 上行，只出不进，至20日17时").replies("1")
    town.passes(seconds=40)
    chen.gets("S901 K40+000–K58+000 上行，只出不进，至20日17时")
    says(chen, "2")
    assert section(town, "hill")["shut"][0]["until"] == "2026-01-20T09:00:00Z"
    assert "S901 K40+000-K58+000, up; exits stay open" in page(town, "hill", "en")


def test_what_cannot_be_an_argument_is_refused_with_what_may_be_given(town: Town) -> None:
    for given, words in (
        ({"passing": "half"}, "exit-only"), ({"direction": ["west"]}, "up, down"),
        ({"until": "noon"}, "20:00"),
    ):  # fmt: skip
        answer = town.api("POST", "/measures", json={
            "measure": "close-section", "place": "trunk-b", "level": "red", "reason": "试",
            "arguments": given,
        })  # fmt: skip
        assert answer.status_code == 422, answer.text
        assert words in answer.text


# An end, and opening


def test_a_closure_ends_at_its_end_when_nobody_asks_any_longer_and_all_are_told(
    town: Town, chen: Phone, brown: Phone, wang: Phone
) -> None:
    closed(town, "hill", direction=["up"], until="17:00")
    closed(town, "trunk-b", until="17:00")
    closed(town, "trunk-a")
    town.passes(hours=2, minutes=50)
    for place in ("hill", "trunk-b"):
        assert newest(town, "close-section", place)["state"] == "in force"
    town.passes(minutes=20)
    for place in ("hill", "trunk-b"):
        ended = newest(town, "close-section", place)
        assert (ended["state"], ended["ended"]) == ("expired", "2026-01-20T09:00:00Z")
        assert section(town, place)["state"] == "open"
    chen.gets("【恢复通行】", "S901 K40+000–K58+000 双向恢复通行，“封闭路段”结束", "到时自动结束")
    brown.gets("REOPENED", "G399 K24+000-K49+000, both directions open again", "Its time is over")
    wang.gets("【恢复通行】", "G399国道桥头段")
    assert newest(town, "close-section", "trunk-a")["state"] == "in force", "it has no end"


def test_a_road_opens_after_a_look_and_in_stages(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, "trunk-a", passing="whole")
    wang.forgets(), chen.forgets()
    orders(town, "staged-release", "trunk-a")
    wang.gets("两项措施冲突").replies("3 先小车后大车")
    town.passes(seconds=40)
    chen.gets("警车带道分批放行")
    says(chen, "2")
    held = section(town, "trunk-a")
    assert held["state"] == "closed"
    assert len(held["escorts"]) == 1
    assert "带道放行" in page(town, "trunk-a")
    town.by_hand(f"/measures/{newest(town, 'close-section', 'trunk-a')['id']}/withdraw", "路面已化冰")
    town.passes(seconds=40)
    chen.gets("【撤回】", "封闭路段", "路面已化冰")
    assert section(town, "trunk-a")["state"] == "open"


# Stages of a night


def test_a_night_is_closed_in_stages_opens_after_a_look_and_is_decided_anew(
    town: Town, chen: Phone, wang: Phone, li: Phone
) -> None:
    # 16:00: the hours are proposed, and decided in time.
    town.passes(hours=(13.5 - hour(town)) % 24)
    town.forecast(NIGHT, points=["high"])
    town.passes(hours=2.6)
    ban, closure = newest(town, "night-ban", "hill"), newest(town, "night-closure", "hill")
    day = town.now.day
    evening, morning = f"{day}日20时", f"{day + 1}日8时"
    assert (ban["state"], closure["state"]) == ("proposed", "proposed")
    assert (ban["begins"][8:], ban["ends"][8:]) == (f"{day}T12:00:00Z", f"{day + 1}T00:00:00Z")
    assert closure["begins"][8:] == f"{day}T12:30:00Z"
    wang.gets("在入口劝返", "7座以上客车、危化品运输车、旅游大巴", f"{evening}起至{morning}")
    wang.gets("从高处往下逐段封路", f"{evening}30分起至{morning}", "只出不进")
    answers(town, "wang", "night-ban", "approve")
    answers(town, "wang", "night-closure", "approve")
    town.passes(seconds=40)
    assert newest(town, "night-ban", "hill")["due"] == ban["begins"]
    chen.gets("在入口劝返", f"{evening}前落实")
    answers(town, "chen", "night-ban", "in-force")
    assert section(town, "hill")["state"] == "open", "ready in the afternoon holds nobody before eight"
    # 20:00: vehicles of risk.
    town.passes(hours=4)
    assert section(town, "hill")["state"] == "held"
    assert "部分车辆禁行" in page(town, "hill")
    assert "7座以上客车" in page(town, "hill")
    assert "7-seaters and larger, dangerous goods, tour buses" in page(town, "hill", "en")
    # 20:30: all; the closure that was ready before takes over then, and says so.
    answers(town, "chen", "night-closure", "in-force")
    town.passes(seconds=40)
    assert newest(town, "night-ban", "hill")["state"] == "in force", "until then it alone holds"
    town.passes(minutes=30)
    ban, closure = newest(town, "night-ban", "hill"), newest(town, "night-closure", "hill")
    assert (ban["state"], ban["successor"]) == ("superseded", closure["id"])
    chen.gets("【接替】", "由“夜间分段封闭”接替")
    shown = requests.get(f"{town.url}/measures/{ban['id']}?lang=zh", timeout=SOON).text
    assert "已被接替" in shown
    assert closure["id"] in shown
    town.passes(hours=1)
    assert section(town, "hill")["state"] == "exit-only"
    # 08:00: its end comes, the alert still asks: somebody must look, and it stays closed.
    town.forecast(NIGHT, points=["high"])
    town.passes(hours=12)
    assert newest(town, "night-closure", "hill")["state"] == "lift proposed"
    wang.gets("请检查现场（驾车走完全段，已撒盐、无冰无障碍）", "原定08:00截止，仍有风险提示要求")
    held = section(town, "hill")
    assert (held["state"], held["reopening"][0]["lifter"]) == ("exit-only", "transport")
    assert "拟恢复通行，待 交通运输局 检查" in page(town, "hill")
    assert "to reopen after a check by Transport bureau" in page(town, "hill", "en")
    town.passes(hours=1)
    assert section(town, "hill")["state"] == "exit-only", "no clock opens an icy road"
    chen.forgets(), li.forgets()
    answers(town, "wang", "night-closure", "attest")
    town.passes(seconds=40)
    assert newest(town, "night-closure", "hill")["state"] == "lifted"
    assert section(town, "hill")["state"] == "open"
    for phone in (chen, wang, li):
        phone.gets("【恢复通行】", "S901 K40+000–K58+000 双向恢复通行", "夜间分段封闭")
    # 16:00: the next night is another decision.
    assert town.alert(rule="road-night-ice")["state"] == "open"
    town.forecast(NIGHT, points=["high"])
    town.passes(hours=8)
    again = newest(town, "night-closure", "hill")
    assert again["id"] != closure["id"]
    assert (again["state"], again["begins"][8:]) == ("proposed", f"{day + 1}T12:30:00Z")


def test_a_ban_taken_over_stands_again_when_the_closure_is_called_off_before_its_own_end(
    town: Town, chen: Phone, wang: Phone
) -> None:
    waiting = [m for m in town.measures(measure="night-closure", object="hill") if not m["ended"]]
    if not waiting or waiting[0]["state"] != "proposed" or not 16.1 < hour(town) < 20:
        town.passes(hours=(13.5 - hour(town)) % 24)
        town.forecast(NIGHT, points=["high"])
        town.passes(hours=2.6)
    for name in ("night-ban", "night-closure"):
        answers(town, "wang", name, "approve")
    town.passes(hours=20.6 - hour(town))
    for name in ("night-ban", "night-closure"):
        answers(town, "chen", name, "in-force")
    town.passes(seconds=40)
    ban, closure = newest(town, "night-ban", "hill"), newest(town, "night-closure", "hill")
    assert (ban["state"], ban["successor"]) == ("superseded", closure["id"])
    # 21:36: salted and free of ice; vehicles of risk are still not to climb it before the morning.
    town.passes(hours=1)
    chen.forgets(), wang.forgets()
    town.by_hand(f"/measures/{closure['id']}/withdraw", "已全线撒盐，无冰")
    town.passes(seconds=40)
    again = newest(town, "night-ban", "hill")
    assert (again["id"] != ban["id"], again["state"]) == (True, "issued")
    assert (again["decided_by"], again["arguments"]) == (ban["decided_by"], ban["arguments"])
    assert again["ends"] == ban["ends"]
    morning = f"{(town.now + timedelta(hours=8)).day + 1}日8时"
    for phone in (chen, wang):
        phone.gets("【撤回】", "从高处往下逐段封路", "已全线撒盐，无冰", "仍须执行：", "今晚在入口劝返")
    chen.gets("已决定，请执行：今晚在入口劝返", "7座以上客车、危化品运输车、旅游大巴", f"至{morning}")
    answers(town, "chen", "night-ban", "in-force")
    assert section(town, "hill")["state"] == "held"
    town.passes(hours=8)
    assert section(town, "hill")["state"] == "held", "until the morning, and not a word less"


# What a neighbour closed


def test_a_neighbours_closure_asks_of_the_sections_that_meet_it_and_says_why(
    town: Town, brown: Phone, li: Phone
) -> None:
    until = town.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=20)
    tells(town, "road-closed", reason="路面结冰", until=until.isoformat())
    held = town.alert(rule="road-neighbour-closed", state="open")
    assert held["place"] == "trunk-b", "the section beside it, not the one beyond nor another road's"
    assert held["why"]["sentence"]["zh"].startswith(
        "邻县已封闭G399 K49+000–K80+000 双向，因路面结冰，至1月")  # fmt: skip
    assert "（邻县交警通报）" in held["why"]["sentence"]["zh"]
    assert "The neighbouring county has closed G399 K49+000-K80+000, both directions, because" in (
        held["why"]["sentence"]["en"])  # fmt: skip
    brown.gets("send them round", "The neighbouring county has closed G399", "路面结冰")
    li.gets("道路封闭黄色风险提示", "邻县已封闭G399")
    asked = {m["measure"] for m in town.measures(object="trunk-b") if m["ended"] is None}
    assert asked == {"guide", "divert", "hold-vehicles"}
    text = requests.get(f"{town.url}/roads?lang=zh", timeout=SOON).text
    assert "邻县封闭" in text
    assert "邻县交警 通报" in text
    shown = requests.get(f"{town.url}/alerts/{held['id']}?lang=en", timeout=SOON).text
    assert "The neighbouring county has closed G399" in shown
    [told] = town.api("GET", "/roads").json()["closures"]
    assert (told["sections"], told["until"]) == (["trunk-b"], until.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_it_ends_when_the_road_is_open_again_and_not_by_news_of_another(town: Town) -> None:
    tells(town, "road-closed", reason="路面结冰")
    tells(town, "road-reopened", road="S901", from_km=0, to_km=90)
    assert town.alert(rule="road-neighbour-closed")["state"] == "open"
    tells(town, "road-reopened")
    assert town.alert(rule="road-neighbour-closed")["state"] == "closed"
    assert not [m for m in town.measures(measure="divert") if not m["ended"]]


def test_a_closure_elsewhere_on_the_road_or_on_another_asks_nothing(town: Town) -> None:
    tells(town, "road-closed", from_km=60, to_km=80, reason="事故")
    tells(town, "road-closed", road="S901", from_km=59.5, to_km=80, reason="事故")
    assert not town.alerts(rule="road-neighbour-closed", state="open")


def test_it_ends_when_its_time_is_over(town: Town) -> None:
    until = town.now + timedelta(minutes=90)
    tells(town, "road-closed", road="S901", from_km=58.5, to_km=80, reason="事故",
          until=until.isoformat())  # fmt: skip
    assert town.alert(rule="road-neighbour-closed", place="hill")["state"] == "open"
    town.passes(hours=1)
    assert town.alert(rule="road-neighbour-closed", place="hill")["state"] == "open"
    town.passes(hours=1.6)
    assert town.alert(rule="road-neighbour-closed", place="hill")["state"] == "closed"


def test_rubbish_is_refused_with_what_to_mend(town: Town) -> None:
    for detail, zh, en in (
        ({"road": "G12"}, "本县没有“G12”的路段", "Our roads: G399, S901"),
        ({"from_km": 80, "to_km": 49}, "大于止点桩号", "The lower kilometre comes first"),
        ({"reason": ""}, "封闭原因", "why the road is closed"),
        ({"until": "2026-01-01T00:00:00Z"}, "截止时间已经过去", "end has passed"),
    ):  # fmt: skip
        given = {"reason": "结冰"} | detail
        said = tells(town, "road-closed", 422, **given)
        assert en in f"{said['problems'][0]['what']} {said['problems'][0]['mend']}", said
        body = {"road": "G399", "from_km": 49, "to_km": 80, "by": "邻县交警"} | given
        answer = town.api("POST", "/roads/closed", json=body)
        assert answer.status_code == 422
        if detail != {"reason": ""}:  # which the API's own form refuses
            assert zh in answer.json()["zh"]
    assert not [c for c in town.api("GET", "/roads").json()["closures"] if c["road"] == "G12"]


def test_by_command_and_by_page(town: Town) -> None:
    told = ("S901", "58", "70", "--by", "邻县交警", "--as", "admin")
    assert town.runs_besides("road", "closed", *told, "--reason", "大雾") == 0
    town.settles()
    assert town.alert(rule="road-neighbour-closed", place="hill", state="open")
    assert town.runs_besides("road", "closed", "G12", *told[1:], "--reason", "大雾") == 2
    assert "Our roads" in town.log()
    assert town.runs_besides("road", "reopened", *told) == 0
    town.settles()
    assert not town.alerts(rule="road-neighbour-closed", place="hill", state="open")
    desk = Desk(town, "管理员")
    fields = {"road": "S901", "from_km": "58", "to_km": "70", "by": "邻县交警", "reason": "大雾"}
    wrong = desk.types("road", 422, act="road-closed", **(fields | {"from_km": "90"}))
    assert "大于止点桩号" in wrong
    desk.types("road", act="road-closed", **fields)
    assert town.alert(rule="road-neighbour-closed", place="hill", state="open")


def hour(town: Town) -> float:
    """The hour of the county's clock."""
    local = town.now + timedelta(hours=8)
    return local.hour + local.minute / 60


def answers(town: Town, person: str, measure: str, act: str, place: str = "hill") -> None:
    """Through the API, as whoever holds the post."""
    store = town.store()
    role = {"wang": "decide", "chen": "answer"}.get(person, "admin")
    bearer = store.write(
        lambda c: create_token(c, person, role, None, "stories", town.now, RealRuntime()))  # fmt: skip
    store.close()
    key = newest(town, measure, place)["id"]
    answer = requests.post(f"{town.url}/api/v1/measures/{key}/{act}", json={}, timeout=SOON,
                           headers={"Authorization": f"Bearer {bearer}"})  # fmt: skip
    assert answer.status_code == 202, answer.text
    town.settles()
