"""Storms of messages, quiet hours and consent, through one real process: many places of one post under one
red front, a blue night, a number that is stopped, verified, used up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from alerting.store.schema import delivery, notice
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import SOON, Phone, Town

LATE = datetime(2026, 1, 20, 14, 50, tzinfo=UTC)  # 22:50 in the county
PLACES = 120  # as many as the time allows; tests/dispatch/test_digest.py has 200
RULES = """\
sector: road-traffic
title: {zh: 道路交通, en: Road traffic}
rules:
  - id: hill-gale
    hazard: gale
    place: road-section
    where: tags has hill
    basis: [M-01]
    levels:
      red: {when: (wind_speed > 25 m/s) within 2 h, ask: [hold-entry]}
    clear: wind_speed < 20 m/s
    hold: 2 h
    audience: [township]
    cases:
      - {name: a storm, given: {wind_speed: [30, 30, 30]}, expect: {level: red, onset: 0 h}}
  - id: mist
    hazard: fog
    place: bridge
    basis: [M-01]
    levels:
      blue: {when: (visibility < 2000 m) within 12 h, ask: [guide]}
    clear: visibility >= 3000 m
    hold: 2 h
    audience: [township]
    cases:
      - {name: mist, given: {visibility: [1500, 1500, 1500]}, expect: {level: blue, onset: 0 h}}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        made = Town(tmp_path_factory.mktemp("storms"), provider, nursery, start=LATE,
                    sms={"per_person": {"minute": 6, "hour": 22}})  # fmt: skip
        (made.folder / "rules" / "hills.yaml").write_text(RULES, "utf-8")
        made.also("sites.csv", *(
            f"hill-{n},road-section,S{n}山路,Hill road {n},990101100000,high,,,,road-traffic,hill,S{n},0,2,both,,"
            for n in range(PLACES)
        ))  # fmt: skip
        yield made.begin()
        made.concludes()


@pytest.fixture
def chen(town: Town) -> Phone:
    """Holds the post that all hill roads are carried by."""
    return town.phone("chen").forgets()


@pytest.fixture
def li(town: Town) -> Phone:
    """Mayor: told, asked nothing but whether it was received."""
    return town.phone("li").forgets()


def held(town: Town, **of: str) -> list[dict[str, Any]]:
    answer = town.api("GET", "/held", params=of)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def page(town: Town, path: str, language: str = "zh") -> str:
    text = requests.get(f"{town.url}{path}{'&' if '?' in path else '?'}lang={language}", timeout=SOON).text
    assert "<script" not in text
    return text


def test_blue_waits_for_the_morning_and_its_order_does_not(town: Town, chen: Phone, li: Phone) -> None:
    town.forecast({"visibility": [1500.0] * 24, "wind_speed": [5.0] * 24})
    one = town.alert(rule="mist")
    assert one["level"] == "blue"
    chen.gets("派警力引导慢行", "东山大桥").replies("2")
    town.passes(hours=1)
    assert not [m for m in li.unread if "大桥" in m.body]
    [waits] = [h for h in held(town, alert=one["id"]) if h["post"] == "township"]
    assert (waits["state"], waits["until"][11:]) == ("waits", "22:30:00Z")
    assert waits["reason"] == {"zh": "蓝色夜间不打扰，早上再发", "en": "blue waits for the morning"}
    shown = re.sub(r"<[^>]+>", "", page(town, f"/alerts/{one['id']}", "en"))
    assert "blue waits for the morning · until 21 Jan 06:30" in shown
    town.passes(hours=7)
    li.gets("大雾蓝色风险提示", "东山大桥").replies("1")
    assert town.alert(rule="mist")["escalations"] == [], "who was not told yet is not silent"
    [carried] = town.asks(notice.c.state, notice.c.alert == one["id"], notice.c.post == "township",
                          notice.c.kind == "open")  # fmt: skip
    assert carried == "carried"


def test_a_red_front_over_many_places_is_three_messages_then_one_a_minute(town: Town, chen: Phone, li: Phone) -> None:
    town.forecast({"wind_speed": [30.0] * 8, "visibility": [9000.0] * 8})
    assert len(town.alerts(rule="hill-gale", level="red")) == PLACES
    first = town.now
    assert len(chen.unread) == len(li.unread) == 3, "at once, and no more"
    chen.expects("大风红色风险提示", "命令", "入口待命")
    [waits, *_] = held(town)
    assert waits["reason"]["zh"] == "消息集中，未答复前每分钟汇总一次"
    assert "消息集中" in page(town, "/messages")
    town.passes(seconds=62)
    assert len(chen.unread) == 3, "two of the three and the summary"
    summary = town.deliveries("chen")[-1]
    for said in (f"{PLACES}项待答复", "最高红色", "全部收到回：1 "):
        assert said in summary, summary
    [at] = town.asks(delivery.c.created, delivery.c.person == "chen", delivery.c.summary)
    assert at - first >= timedelta(seconds=59)
    assert at.minute not in (0, 30)


def test_2_to_a_digest_does_nothing_and_1_acknowledges_all_it_holds(town: Town, chen: Phone) -> None:
    chen.replies("2").gets("汇总短信只能整体回“收到”")
    states = {m["state"] for m in town.measures(measure="hold-entry")}
    assert states == {"issued"}
    chen.replies("1").gets("收到")
    assert {m["state"] for m in town.measures(measure="hold-entry")} == {"acknowledged"}
    sent = len(town.deliveries("chen"))
    town.passes(minutes=6)
    assert len(town.deliveries("chen")) == sent, "nobody calls again who has answered"


def test_the_link_of_a_digest_lists_what_it_holds_and_its_button_answers_all(town: Town, li: Phone) -> None:
    shown = requests.get(town.link("li") + "?lang=en", timeout=SOON).text
    assert f"The digest holds {PLACES}" in shown
    assert f"Hill road {PLACES - 1}" in shown
    assert town.answers_by_link("li", "acknowledge") == 200
    town.passes(minutes=2)
    li.forgets()
    town.passes(minutes=12)
    li.expects_nothing()


def test_a_number_is_verified_by_the_code_that_was_sent_to_it(town: Town, chen: Phone) -> None:
    def person() -> dict[str, Any]:
        return dict(town.api("GET", "/people/chen").json())

    assert (person()["contacts"][0]["state"], person()["loud"]) == ("unverified", False)
    assert town.runs_besides("verify", "chen", "--as", "admin") == 0
    town.settles()
    chen.expects("验证码", "24小时")
    code = re.search(r"\d{6}", chen.last.body)[0]  # type: ignore[index]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    chen.replies(wrong).gets("验证码不对，还可试4次")
    assert not person()["loud"]
    chen.replies(f" {code}　").gets("已核验")
    assert (person()["contacts"][0]["state"], person()["loud"]) == ("verified", True)
    assert person()["contacts"][0]["address"] == "…0101"
    assert [b["window"] for b in person()["budgets"]] == ["minute", "hour"]
    assert 0 < person()["budgets"][1]["sent"] <= 22
    assert town.api("POST", "/people/chen/verify").status_code == 409, "nothing is left to verify"
    assert town.runs_besides("doctor") in (0, 1)
    told = town.log()
    assert "李镇长: no loud channel that is verified" in told
    assert "陈警官: no loud channel" not in told


def test_a_code_typed_on_the_page_counts_and_a_strangers_does_not(town: Town, li: Phone) -> None:
    town.api("POST", "/people/li/verify")
    town.settles()
    code = re.search(r"\d{6}", li.gets("验证码").last.body)[0]  # type: ignore[index]
    town.phone("smith").replies(code)
    assert not town.api("GET", "/people/li").json()["loud"], "said back from another phone"
    answer = town.api("POST", "/people/li/verified", json={"channel": "sms", "code": code})
    assert answer.status_code == 202, answer.text
    town.settles()
    assert town.api("GET", "/people/li").json()["loud"]


def test_everybody_who_is_not_verified_is_sent_a_code_once_a_day(town: Town, wang: Phone) -> None:
    wang.forgets()
    assert town.runs_besides("verify", "--as", "admin") == 2, "nobody is named"
    assert town.runs_besides("verify", "--all", "--as", "admin") == 0
    town.settles()
    first = re.search(r"\d{6}", wang.gets("验证码").last.body)[0]  # type: ignore[index]
    wang.forgets()
    assert town.runs_besides("verify", "--all", "--as", "admin") == 0
    town.settles()
    wang.expects_nothing()
    wang.replies(first).gets("已核验")
    wang.forgets()
    assert town.runs_besides("verify", "--all", "--as", "admin") == 0
    town.settles()
    assert not [m for m in wang.unread if "验证码" in m.body], "is verified"


def test_stop_closes_a_channel_and_what_waits_there_moves_on_at_once(town: Town) -> None:
    zhao = town.phone("zhao").forgets()
    town.provider.refuses(503, times=9, to=zhao.number)
    town.phone("smith").replies("STOP")  # the office is told, on zhao's number, which does not take it
    town.passes(seconds=31)
    assert "史密斯退订了sms" not in "".join(m.body for m in zhao.unread)
    zhao.replies("STOP")
    town.passes(seconds=1)
    [state] = {d["state"] for d in town.api("GET", "/people/zhao").json()["contacts"] if d["channel"] == "sms"}
    assert state == "stopped"
    waiting = town.asks(delivery.c.id, delivery.c.person == "zhao", delivery.c.channel == "sms",
                        delivery.c.state.in_(["bound", "sending"]))  # fmt: skip
    assert waiting == []
    moved = town.asks(delivery.c.text, delivery.c.person == "zhao", delivery.c.channel == "console",
                      delivery.c.fallback_of.is_not(None))  # fmt: skip
    assert any("史密斯退订了sms" in text for text in moved)
    town.passes(seconds=40)
    assert any("赵值班退订了sms" in text for text in town.deliveries("zhao")), "the office is told"


def test_a_noisy_rule_does_not_hold_up_the_first_alert_of_a_quiet_one(
    make_town: Callable[..., Town],
) -> None:
    """One message a second goes out, and forty places of one rule wait, each with a post of its own."""
    town, many = make_town(sms={"rate": 1, "per_person": {}}), range(40)
    (town.folder / "rules" / "hills.yaml").write_text(RULES.replace("red: {when", "orange: {when").replace(
        "level: red", "level: orange"), "utf-8")  # fmt: skip
    town.also("sites.csv", *(
        f"hill-{n},road-section,S{n}山路,Hill road {n},990101100000,high,,,,road-traffic,hill,S{n},0,2,both,,"
        for n in many
    )).also("people.csv", *(f"p{n},人{n},P {n},zh,answer,sms:+4477009{n:05}" for n in many))
    town.also("posts.csv", *(f"crew-{n},field,road-traffic,hill-{n},{n}中队,Squad {n},p{n}" for n in many))
    town.begin()
    chen, crews = town.phone("chen"), {f"+4477009{n:05}" for n in many}

    def noise() -> int:
        return len([m for m in town.provider.messages if m.to in crews])

    town.forecast({"wind_speed": [30.0] * 8, "visibility": [9000.0] * 8})
    town.passes(seconds=5)
    before = noise()
    assert 0 < before < 10, "the rest waits its turn"
    town.by_hand("/alerts", "浓雾", rule="fog", place="G99-K12", level="orange")
    town.passes(seconds=3)
    chen.expects("浓雾")
    assert noise() <= before + 3
    town.passes(seconds=45)
    assert noise() == len(many), "and nothing of it is lost"
