"""A bulletin of an accident elsewhere: an inspection of the same sector, with a deadline and a form."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.scenarios.forms import fields_at, pages_of, sends_form
from tests.scenarios.test_by_hand_page import Desk, local
from tests.scenarios.town import Phone, Town

INSPECTIONS = Path(__file__).parent / "inspections"
FOUND = {"checked": "12", "found": "3", "mended": "2", "not-mended": "西侧支护，21日前"}


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    town = make_town()
    rules = town.folder / "rules"
    shutil.copy(INSPECTIONS / "collapse.yaml", rules)
    with (rules / "measures.yaml").open("a", encoding="utf-8") as measures:
        measures.write((INSPECTIONS / "measures.yaml").read_text("utf-8"))
    return town.begin()


def bulletin(town: Town, kind: str = "slope-collapse") -> None:
    town.posts({
        "kind": "incident", "source": "bulletins", "issued": town.now.isoformat(), "incident": kind,
        "place": "邻县某工地", "at": (town.now - timedelta(hours=5)).isoformat(),
        "casualties": "3人死亡", "text": "基坑坍塌",
    })  # fmt: skip


def inspection(town: Town) -> str:
    [held] = town.measures(measure="inspect-pits")
    return str(held["state"])


def test_a_bulletin_orders_an_inspection_whose_form_comes_back_by_link(
    town: Town, smith: Phone, wang: Phone
) -> None:
    bulletin(town)
    wang.expects("邻县某工地1月20日发生边坡坍塌（3人死亡）", without=("slope-collapse",))
    # In English with Chinese in it would be too long for an SMS: what was reported is behind the link.
    smith.expects("slope collapse on 20 Jan.", "inspect every pit and slope", "/a/", "1 received",
                  without=("2 in force", "邻县"))  # fmt: skip
    [told] = {re.search(r'class="note">(slope .*?)<', page)[1] for _, page in pages_of(town, "smith")}
    assert told == "slope collapse on 20 Jan, as reported: “邻县某工地”, “3人死亡”"
    smith.replies("1").expects("Send its form through the link by 21 Jan 14:00")
    smith.replies("done").expects("needs its form")
    assert inspection(town) == "acknowledged"
    assert fields_at(town, "smith") == list(FOUND)
    assert sends_form(town, "smith", FOUND | {"found": "three"}) == 422
    assert sends_form(town, "smith", FOUND | {"found": ""}) == 422
    assert inspection(town) == "acknowledged"
    assert sends_form(town, "smith", FOUND) == 303
    [held] = town.measures(measure="inspect-pits")
    assert held["state"] == "in force"
    assert held["returned"][0]["by"] == "smith"
    assert held["returned"][0]["form"] == {
        "checked": 12, "found": 3, "mended": 2, "not-mended": "西侧支护，21日前",
    }  # fmt: skip
    page = Desk(town, "管理员").page(f"/measures/{held['id']}?lang=zh")
    assert "西侧支护，21日前" in page
    smith.forgets()
    town.passes(hours=25)
    smith.expects_nothing()  # neither reminded nor passed over
    town.passes(hours=20)
    assert town.alert(rule="collapse-elsewhere")["state"] == "closed"
    assert inspection(town) == "lift proposed"
    smith.forgets()
    wang.gets("排查基坑边坡", "检查完毕可解除").replies("1").gets("措施解除")
    assert inspection(town) == "lifted"
    smith.expects("LIFTED", "Closed: inspect every pit and slope", without=("Stop",))


def test_a_form_sent_again_corrects_the_one_before_which_is_kept(
    town: Town, smith: Phone
) -> None:
    bulletin(town)
    smith.expects("inspect every pit")
    [held] = town.measures(measure="inspect-pits")
    for mended in (2, 3):
        sent = town.api("POST", f"/measures/{held['id']}/return",
                        json={"form": {"checked": 12, "found": 3, "mended": mended}})  # fmt: skip
        assert sent.status_code == 202, sent.text
        town.settles()
    [held] = town.measures(measure="inspect-pits")
    assert [r["form"]["mended"] for r in held["returned"]] == [2, 3]
    lacking = town.api("POST", f"/measures/{held['id']}/return", json={"form": {"checked": 12}})
    assert lacking.status_code == 422
    assert "还没有填“发现隐患数”" in lacking.json()["zh"]


def test_who_said_so_and_did_not_is_reminded_before_the_time_and_passed_over_after_it(
    town: Town, smith: Phone, wang: Phone
) -> None:
    bulletin(town)
    smith.gets("inspect every pit").replies("1").gets("Send its form")
    wang.replies("1").forgets()
    town.passes(hours=15)
    smith.expects_nothing()
    town.passes(hours=2)
    smith.expects("REMINDER", "Nearly due: do it and report back by 21 Jan 14:00", "/a/")
    wang.expects_nothing()
    town.passes(hours=6, minutes=50)
    smith.expects_nothing()
    town.passes(minutes=20)
    wang.gets("逾期未反馈落实", "排查基坑边坡")
    assert town.measures(measure="inspect-pits")[0]["overdue"]
    assert sends_form(town, "smith", FOUND) == 303
    assert inspection(town) == "in force"


def test_a_form_that_comes_after_the_rule_has_ended_is_there_for_the_lifter(
    town: Town, smith: Phone, wang: Phone
) -> None:
    bulletin(town)
    smith.gets("inspect every pit").replies("1")
    town.by_hand(f"/alerts/{town.alert(rule='collapse-elsewhere')['id']}/withdraw", "已另行部署")
    assert inspection(town) == "lift proposed"
    town.passes(seconds=31)
    wang.gets("排查基坑边坡", "检查完毕可解除")
    assert sends_form(town, "smith", FOUND) == 303
    [held] = town.measures(measure="inspect-pits")
    assert (held["state"], held["returned"][0]["form"]["found"]) == ("lift proposed", 3)
    wang.replies("1")
    assert inspection(town) == "lifted"


def test_it_is_typed_in_on_the_page(town: Town, smith: Phone) -> None:
    desk = Desk(town, "管理员")
    told = {"where": "邻县某工地", "casualties": "3人死亡", "text": "基坑坍塌", "reason": "市安委办通报"}
    refused = desk.types("incident", 422, incident="slope-collapse", happened=local(town, 60), **told)
    assert "发生时间还没有到" in refused
    assert town.alerts() == []
    taken = desk.types("incident", incident="slope-collapse", happened=local(town, -60), **told)
    assert "事故通报已录入" in taken
    smith.expects("slope collapse", "inspect every pit")


def test_the_command_takes_one_and_names_the_kinds_it_knows(town: Town, smith: Phone) -> None:
    more = ("--at", "2026-01-20 09:00", "--reason", "市安委办通报", "--as", "admin")
    assert town.runs_besides("incident", "earthquake", "邻县", *more) == 2
    assert "slope-collapse" in town.log()
    assert town.runs_besides("incident", "slope-collapse", "邻县某工地", *more) == 0
    town.settles()
    smith.expects("slope collapse on 20 Jan.")
    assert "on 20 Jan, as reported: “邻县某工地”<" in next(pages_of(town, "smith"))[1]


def test_an_accident_of_another_kind_orders_nothing_and_its_sender_is_told(
    town: Town, smith: Phone
) -> None:
    told = {"kind": "incident", "source": "bulletins", "issued": town.now.isoformat(),
            "incident": "fire", "place": "邻县某工地", "at": town.now.isoformat()}  # fmt: skip
    refused = town.api("POST", "/signals", json=told)
    assert refused.status_code == 422
    [problem] = refused.json()["problems"]
    assert problem["what"] == "no rule looks for an accident of the kind 'fire'"
    assert problem["mend"] == "Known kinds: slope-collapse."
    town.settles()
    assert town.alerts() == []
    smith.expects_nothing()
