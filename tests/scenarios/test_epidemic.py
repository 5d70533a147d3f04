"""A bulletin of an epidemic (H-10): by API, page and command, for a place and a period, until its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.test_by_hand_page import Desk, local
from tests.scenarios.town import Phone, Town

PACK = """\
sector: fire-safety
title: {zh: 消防, en: Fire safety}
rules:
  - id: shut-exits
    hazard: epidemic
    place: zone
    title: {zh: 疫情期间封闭出口, en: Exits shut in an epidemic}
    basis: [M-08, H-10]
    levels:
      yellow: {when: warning epidemic >= yellow, ask: [shut-exits]}
    audience: [township]
"""
MEASURE = """
  shut-exits:
    form: notify
    title: {zh: 封闭出口管理, en: A plan for every shut exit}
    carrier: township
    lifter: township
    do: {zh: 每处封闭出口专人持钥匙、有预案并演练, en: "A key holder, a plan and a drill for every shut exit"}
    sms: {zh: 封闭出口落实专人持钥匙, en: name a key holder for every shut exit}
    basis: [M-08, H-10]
"""


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    office = {"sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760}}}
    town = make_town(changes=office)
    rules = town.folder / "rules"
    (rules / "exits.yaml").write_text(PACK, "utf-8")
    with (rules / "measures.yaml").open("a", encoding="utf-8") as measures:
        measures.write(MEASURE)
    return town.begin()


def bulletin(town: Town, **more: Any) -> dict[str, Any]:
    return {
        "issuer": "测试县疾控中心", "areas": ["东山镇"], "begins": town.now.isoformat(),
        "until": (town.now + timedelta(days=7)).isoformat(), "text": "流感高发", "reason": "14时传真",
    } | more  # fmt: skip


def test_it_drives_the_rule_for_its_place_says_why_and_ends_by_hand(town: Town, li: Phone) -> None:
    made = town.api("POST", "/epidemics", json=bulletin(town))
    town.settles()
    assert made.status_code == 202, made.text
    li.expects("疫情黄色风险提示", "东山镇", "封闭出口落实专人持钥匙", "测试县疾控中心20日14时发布疫情通报",
               without=["预警"])  # fmt: skip
    [alert] = town.alerts(rule="shut-exits")
    assert "疫情通报" in alert["why"]["sentence"]["zh"]
    page = Desk(town, "管理员").page(f"/alerts/{alert['id']}?lang=zh")
    assert "疫情通报：测试县疾控中心：疫情通报" in page
    assert "预警" not in page.partition("<main")[2]
    li.replies("1").forgets()
    town.passes(hours=30)  # longer than a warning without an end
    assert town.alert(rule="shut-exits")["state"] == "open"
    identifier = made.json()["identifier"]
    ended = town.api("POST", f"/epidemics/{identifier}/end", json={"reason": "疾控通知结束"})
    town.settles()
    assert ended.status_code == 202, ended.text
    assert town.alert(rule="shut-exits")["state"] == "closed"
    li.gets("【解除】", "疫情")
    again = town.api("POST", f"/epidemics/{identifier}/end", json={"reason": "疾控通知结束"})
    assert (again.status_code, "没有这份有效的疫情通报" in again.text) == (404, True)
    town.passes(minutes=5)
    anew = town.api("POST", "/epidemics", json=bulletin(town)).json()["identifier"]
    town.settles()
    assert anew != identifier
    assert town.alert(rule="shut-exits")["state"] == "open"


def test_its_period_ends_it_and_the_page_takes_and_ends_one(town: Town, li: Phone) -> None:
    desk = Desk(town, "管理员")
    told = {"issuer": "测试县疾控中心", "areas": "东山镇", "text": "流感高发", "reason": "14时传真"}
    refused = desk.types("epidemic", 422, begins=local(town, 60), period_end=local(town, 0), **told)
    assert "结束时间早于开始时间" in refused
    elsewhere = told | {"areas": "某省别县"}
    assert "本县没有地点" in desk.types(
        "epidemic", 422, begins=local(town, 0), period_end=local(town, 60), **elsewhere
    )
    taken = desk.types("epidemic", begins=local(town, -60), period_end=local(town, 120), **told)
    assert "疫情通报已录入" in taken
    li.gets("疫情黄色风险提示")
    town.passes(hours=3)
    assert town.alert(rule="shut-exits")["state"] == "closed"
    li.forgets()
    desk.types("epidemic", begins=local(town, -60), period_end=local(town, 600), **told)
    assert town.alert(rule="shut-exits")["state"] == "open"
    identifier = town.alert(rule="shut-exits")["why"]["official"]["identifier"]
    ended = desk.types("epidemic-end", bulletin=identifier, reason="疾控通知结束")
    assert "疫情通报已结束" in ended
    assert town.alert(rule="shut-exits")["state"] == "closed"


def test_the_command_takes_and_ends_one(town: Town, li: Phone) -> None:
    more = ("--reason", "14时传真", "--as", "admin")
    given = ("--issuer", "测试县疾控中心", "--area", "990101000000", "--from", "2026-01-20 12:00")
    assert town.runs_besides("epidemic", *given, *more) == 2
    assert "missing: --until" in town.log()
    assert town.runs_besides("epidemic", *given, "--until", "2026-01-25 12:00", *more) == 0
    town.settles()
    li.expects("疫情黄色风险提示", "发布疫情通报")
    identifier = town.alert(rule="shut-exits")["why"]["official"]["identifier"]
    assert town.runs_besides("epidemic", "--end", identifier, *more) == 0
    town.settles()
    assert town.alert(rule="shut-exits")["state"] == "closed"
