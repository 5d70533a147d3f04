"""Rule files change under the running service, for better and for worse."""

from __future__ import annotations

import re
from pathlib import Path

import requests

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, ORANGE_FOG

BROKEN = "<h2>规则包有误，仍按上一版有效规则运行"


def page(town: Town) -> str:
    return requests.get(f"{town.url}/?lang=zh", timeout=30).text


def pack(town: Town) -> Path:
    return town.folder / "rules" / "roads.yaml"


def test_a_pack_that_broke_does_not_keep_the_service_from_starting(
    town: Town, chen: Phone, zhao: Phone
) -> None:
    good = pack(town).read_text("utf-8")
    town.dies()
    pack(town).write_text(good.replace("visibility < 200 m", "visibilty < 200 m"), "utf-8")
    town.begin()
    assert BROKEN in page(town)
    assert "visibilty" in page(town)
    log = (town.folder / "service.log").read_text("utf-8")
    assert "The rules do not load" in log
    town.forecast(ORANGE_FOG)
    chen.expects("40公里/小时")
    town.passes(minutes=11)
    alert = town.alert(rule="rules-broken")
    assert (alert["level"], alert["state"]) == ("orange", "open")
    zhao.gets("规则包有误")
    town.restarts()
    assert BROKEN in page(town), "and again, after one more restart"

    pack(town).write_text(good.replace("speed-limit 40 km/h", "speed-limit 20 km/h"), "utf-8")
    town.passes(minutes=21)
    assert BROKEN not in page(town)
    assert town.alert(rule="rules-broken")["state"] == "closed"
    assert town.alert(rule="fog")["state"] == "open", "no alert is lost by it"
    assert not [d for d in town.deliveries("chen") if "20公里/小时" in d]
    town.by_hand("/alerts", "新规则", rule="fog", place="bridge-1", level="orange")
    assert any("20公里/小时" in d for d in town.deliveries("chen"))


def test_rules_are_changed_under_the_running_service(town: Town, chen: Phone) -> None:
    good = pack(town).read_text("utf-8")
    town.forecast({**FINE, "visibility": [600] * 48})
    assert town.alerts(rule="fog") == []
    pack(town).write_text("rules: [", "utf-8")
    town.passes(minutes=11)
    assert BROKEN in page(town)
    pack(town).write_text(good.replace("visibility < 500 m", "visibility < 700 m"), "utf-8")
    town.passes(hours=1)
    assert BROKEN not in page(town)
    assert town.alert(rule="fog")["level"] == "yellow"
    chen.expects("60公里/小时")


def test_what_leaves_the_book_leaves_nothing_open_and_nothing_stuck(
    town: Town, chen: Phone, li: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("40公里/小时")
    li.forgets()
    good = pack(town).read_text("utf-8")
    measures = town.folder / "rules" / "measures.yaml"
    town.dies()
    pack(town).write_text(
        good.replace("- id: fog\n", "- id: fog-new\n").replace("ask: [guide, ", "ask: [lead, "), "utf-8"
    )
    measures.write_text(measures.read_text("utf-8").replace("\n  guide:\n", "\n  lead:\n"), "utf-8")
    town.begin()
    gone = town.alert(rule="fog")
    assert gone["state"] == "closed"
    town.passes(minutes=1)
    # Nobody knows any more whether it needs a check; what it was called is known.
    chen.gets("请检查现场，确认能否解除：疏导交通")
    chen.gets("【撤回】", "停止执行：设置限速40公里/小时", "仍须执行：疏导交通", "规则或地点已从本县的文件中移除")
    assert chen.last.body.count("停止执行") == 1, "what ends is said once"
    chen.expects_nothing()
    li.gets("【撤回】", "规则或地点已从本县的文件中移除")
    last = [*town.deliveries("chen")[-2:], town.deliveries("li")[-1]]
    assert not [text for text in last if re.search("[A-Za-z]{3}", text)], last
    assert {(m["measure"], m["state"]) for m in gone["measures"]} == {
        ("guide", "lift proposed"), ("speed-limit", "lifted")}  # fmt: skip
    town.passes(hours=1)
    assert town.alert(rule="fog-new")["state"] == "open"
    assert "set aside" not in town.log()

    town.dies()  # a slip of the editor, undone: what it had closed opens anew
    pack(town).write_text(good, "utf-8")
    measures.write_text(measures.read_text("utf-8").replace("\n  lead:\n", "\n  guide:\n"), "utf-8")
    town.begin()
    town.forecast(ORANGE_FOG)
    assert town.alert(rule="fog")["state"] == "open"
