"""Drills of people: a script is played by the clock on the wall, and live people answer themselves. One
process for the stories that follow each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import Phone, Town

ONE_SOURCE = {"sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760}}}
ICE = """\
title: {zh: 道路结冰演练, en: Road icing drill}
lasts: 60 min
steps:
  - after: 0 min
    open: {rule: icing, place: G99-K12, level: orange, reason: 假定桥面结冰}
  - after: 10 min
    order: {measure: guide, place: bridge-1, level: orange, reason: 假定桥上追尾}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        made = Town(tmp_path_factory.mktemp("drills"), provider, nursery,
                    changes=ONE_SOURCE)
        script(made, "ice", ICE)
        yield made.begin()
        made.seals()
        made.dies()
        made.keeps_its_books()


def script(town: Town, name: str, text: str) -> None:
    folder = town.folder / "exercises" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.yaml").write_text(text, "utf-8")


def phone(town: Town, person: str) -> Phone:
    return town.phone(person).forgets()


def holds(town: Town, plan: str = "ice", **more: Any) -> int:
    """Somebody who may holds a drill, now or at a time; gives its number."""
    answer = town.api("POST", "/drills", json={"plan": plan, "reason": "季度演练", **more})
    assert answer.status_code == 201, answer.text
    town.settles()
    return int(answer.json()["id"])


def report(town: Town, number: int) -> dict[str, Any]:
    answer = town.api("GET", f"/drills/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def stops(town: Town, number: int) -> str:
    answer = town.api("POST", f"/drills/{number}/stop", json={"reason": "到此为止"})
    assert answer.status_code == 200, answer.text
    town.settles()
    return str(answer.json()["state"])


def test_a_drill_now_calls_live_people_and_its_report_says_who_answered(town: Town) -> None:
    chen, qian, li = (phone(town, p) for p in ("chen", "qian", "li"))
    number = holds(town)
    qian.gets("【演练】", "撒盐除冰", "假定桥面结冰")
    town.passes(minutes=3)
    assert chen.unread, "nobody answers in place of people who live"
    chen.gets("30公里/小时").replies("1").gets("【演练】", "收到确认")
    town.passes(minutes=8)
    chen.gets("【演练】", "引导慢行")
    said = report(town, number)
    assert (said["state"], said["by"], said["reason"]) == ("running", "admin", "季度演练")
    tiers = {t["tier"]: t for t in said["figures"]["tiers"]}
    assert (tiers["field"]["called"], tiers["field"]["woken"], tiers["field"]["median"]) == (1, 1, 180)
    assert tiers["enterprise"]["never"] == 1
    [sms] = [c for c in said["figures"]["channels"] if c["channel"] == "sms"]
    assert (sms["answered"], sms["median"], sms["dead"]) == (1, 180, 0)
    town.passes(minutes=50)
    chen.gets("【演练】", "演练结束")
    li.gets("【演练】", "演练结束")
    said = report(town, number)
    assert (said["state"], said["how"], said["before"]) == ("ended", "over", None)
    assert {p["person"] for p in said["figures"]["people"] if p["seconds"] is None} >= {"qian", "li"}
    assert town.alerts() == town.measures() == []
