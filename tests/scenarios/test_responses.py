"""Emergency responses: proposed with their trigger, decided by one post with a note, reported on at
the end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerting.store.schema import audit
from tests.scenarios.forms import sends_form
from tests.scenarios.test_by_hand_page import Desk
from tests.scenarios.test_exercises import PLAYED, STORM
from tests.scenarios.test_warnings import OFFICE_ALONE
from tests.scenarios.town import SOON, Phone, Town, code_in
from tests.scenarios.weather import ORANGE_FOG

PLANS = Path(__file__).parent / "plans"
COMMAND = "command,regulator,cross-sector,990101000000,县应急指挥部,County command,xu"
PERSON = "xu,徐县长,County head Xu,zh,decide,sms:+447700900107"


def with_plan(town: Town) -> Town:
    shutil.copytree(PLANS, town.folder / "rules" / "plans")
    return town.also("people.csv", PERSON).also("posts.csv", COMMAND)


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    return with_plan(make_town(changes=OFFICE_ALONE)).begin()


@pytest.fixture
def xu(town: Town) -> Phone:
    """Heads the county's command: alone decides on responses."""
    return town.phone("xu")


def responses(town: Town, state: str = "open", realm: str = "live") -> list[dict[str, Any]]:
    answer = town.api("GET", "/responses", params={"state": state, "realm": realm})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def the_response(town: Town) -> dict[str, Any]:
    [found] = responses(town, "all")
    return found


def asked(town: Town) -> dict[str, str]:
    """What the response asks for, by name, with its state."""
    return {m["measure"]: m["state"] for m in the_response(town)["measures"] if m["asks"]}


def test_a_warning_proposes_and_only_the_post_starts_it_with_a_note(
    town: Town, xu: Phone, chen: Phone, smith: Phone, zhao: Phone
) -> None:
    town.warns("yellow")
    xu.expects("应急响应会商", "凝冻灾害应急响应：启动Ⅳ级", "须附会商意见", "同意回1，不同意回2",
               "虚构县气象台20日14时发布道路结冰黄色预警")  # fmt: skip
    held = the_response(town)
    assert (held["state"], held["grade"], held["asked"]) == ("proposed", None, "IV")
    assert held["trigger"]["warnings"][0]["identifier"] == "W1"
    smith.expects_nothing()

    xu.replies("1").expects("须附会商意见")
    assert the_response(town)["state"] == "proposed"
    zhao.forgets().replies(f"同意 {held_code(xu)}")
    xu.replies(f"1 50 {held_code(xu)}").expects("应急响应不能改后批准")
    assert the_response(town)["state"] == "proposed"

    chen.forgets()
    xu.replies(f"1 气象交警住建会商同意 {held_code(xu)}").expects("已记录决定和会商意见")
    held = the_response(town)
    assert (held["state"], held["grade"], held["asked"]) == ("in force", "IV", None)
    assert (held["decided_by"], held["note"]) == ("xu", "气象交警住建会商同意")
    assert asked(town) == {"guide": "issued", "halt": "issued"}
    chen.gets("凝冻灾害应急响应（Ⅳ级）", "已启动", "会商意见：气象交警住建会商同意", "派警力引导慢行")
    smith.gets("Response to icing, grade IV", "Stop outdoor work").replies("2").gets("in force")
    assert asked(town)["halt"] == "in force"
    changes = town.asks(audit.c.action, audit.c.subject == held["id"])
    assert changes == ["propose response", "start response"]


def held_code(phone: Phone) -> str:
    """The code of the last message of theirs that asked for a decision."""
    return next(code_in(m.body) for m in reversed(phone.town.provider.messages)
                if m.to == phone.number and "同意回1" in m.body)  # fmt: skip


def test_it_rises_falls_and_ends_by_decision_alone_and_every_department_reports(
    town: Town, xu: Phone, chen: Phone, smith: Phone, wang: Phone
) -> None:
    town.warns("yellow")
    xu.gets("启动Ⅳ级").replies("1 会商同意").gets("已记录决定")
    town.passes(minutes=5)
    town.warns("orange", identifier="W2", action="update", references=["W1"])
    xu.gets("调整为Ⅲ级", "橙色预警")
    assert the_response(town)["grade"] == "IV"
    chen.forgets()
    xu.replies("1 雨夹雪转大，会商升级").gets("已记录决定")
    assert asked(town)["speed-limit"] == "issued"
    town.passes(seconds=31)
    chen.gets("凝冻灾害应急响应（Ⅲ级）", "50公里/小时")

    town.passes(minutes=30)
    town.warns("yellow", identifier="W3", action="update", references=["W2"])
    xu.gets("调整为Ⅳ级").replies("1 会商降级").gets("已记录决定")
    assert set(asked(town)) == {"guide", "halt"}
    town.passes(seconds=31)
    chen.gets("【解除】", "停止执行：设置限速50公里/小时")

    town.passes(minutes=30)
    town.warns("yellow", identifier="W4", action="cancel", references=["W3"])
    xu.gets("终止响应", "预案所列条件目前均不满足")
    town.passes(hours=3)
    assert the_response(town)["state"] == "in force"  # a trigger that goes away ends nothing
    smith.forgets(), chen.forgets(), wang.forgets()
    xu.forgets().replies(f"1 天气转好，会商终止 {held_code(xu)}").gets("已记录决定")
    held = the_response(town)
    assert held["state"] == "ended"
    assert {m["measure"]: m["state"] for m in held["measures"]} == {
        "guide": "lifted", "speed-limit": "lifted", "halt": "lift proposed",
    }  # fmt: skip
    assert {r["carrier"]: r["state"] for r in held["reports"]} == {
        "police": "issued", "housing": "issued"
    }
    town.passes(seconds=31)
    chen.gets("报送响应结案报告", "/a/", "收到回1")
    chen.replies(f"2 {code_of(chen)}").gets("须填写回执表")
    assert sends_form(town, "chen", {"did": "出动40人巡路", "hurt": "0"}) == 303
    [report] = [r for r in the_response(town)["reports"] if r["carrier"] == "police"]
    assert report["state"] == "lifted"
    assert report["returned"][0]["form"] == {"did": "出动40人巡路", "hurt": 0}
    page = Desk(town, "管理员").page(f"/responses/{held['id']}?lang=zh")
    assert "出动40人巡路" in page
    assert "尚未报送" in page

    # Who does not report is called again before the time is up, and passed over after it.
    wang.gets("报送响应结案报告").replies(f"1 {code_of(wang)}").gets("打开链接填报回执")
    town.passes(hours=15)
    wang.forgets()
    town.passes(hours=2)
    wang.gets("【催办】", "离时限不远", "报送响应结案报告")
    town.phone("zhao").forgets()
    town.passes(hours=8)
    town.phone("zhao").gets("逾期未反馈落实", "报送响应结案报告")


def code_of(phone: Phone) -> str:
    """The reply code of the message just read, wherever it stands in it."""
    return code_in(phone.last.body)


def test_a_trigger_that_goes_before_the_decision_takes_its_proposal_back(
    town: Town, xu: Phone
) -> None:
    town.warns("yellow")
    xu.expects("启动Ⅳ级")
    code = xu.code
    town.passes(minutes=5)
    town.warns("yellow", identifier="W2", action="cancel", references=["W1"])
    xu.gets("条件已变，不必再决定")
    assert the_response(town)["state"] == "withdrawn"
    xu.replies(f"1 会商同意 {code}").gets("已存档")
    assert the_response(town)["state"] == "withdrawn"


def test_what_was_declined_is_put_again_only_when_things_get_worse(town: Town, xu: Phone) -> None:
    town.warns("yellow")
    xu.expects("启动Ⅳ级").replies("2 会商认为只影响个别路段").expects("已记录不同意")
    assert the_response(town)["state"] == "declined"
    xu.forgets()
    town.passes(hours=5)
    xu.expects_nothing()
    town.warns("orange", identifier="W2", action="update", references=["W1"])
    xu.gets("启动Ⅲ级")
    assert the_response(town)["asked"] == "III"


def test_our_own_advisories_propose_too_and_no_other_post_decides(
    make_town: Callable[..., Town]
) -> None:
    town = with_plan(make_town()).begin()
    town.forecast(ORANGE_FOG)
    xu = town.phone("xu")
    xu.gets("启动Ⅲ级", "大雾橙色及以上风险提示涉及1个乡镇（东山镇）")
    assert the_response(town)["trigger"]["alerts"] == [town.alert(rule="fog")["id"]]
    body = {"plan": "icing", "grade": "III", "reason": "我来定"}
    refused = town.api("POST", "/responses", json=body)  # in the name of the administrator
    assert refused.status_code == 403, refused.text
    assert "县应急指挥部" in refused.json()["zh"]
    desk = Desk(town, "管理员")
    assert "只有县应急指挥部的在岗人员" in desk.page("/responses?realm=live&lang=zh")
    assert the_response(town)["state"] == "proposed"


def test_the_post_starts_one_without_a_trigger_on_the_page_and_nothing_proposes_its_end(
    town: Town, xu: Phone, smith: Phone
) -> None:
    desk = Desk(town, "徐县长")
    decide(desk, town, "I", "断水，专题会商")
    held = the_response(town)
    assert (held["state"], held["grade"]) == ("in force", "I")
    assert set(asked(town)) == {"guide", "speed-limit", "halt"}
    smith.gets("grade I", "Stop outdoor work")
    town.passes(hours=7)
    xu.expects_nothing()
    first = desk.page("/?realm=live&lang=zh")
    assert first.index("凝冻灾害应急响应（Ⅰ级）") < first.index("当前风险提示</h2>")
    assert "徐县长 决定" in first
    decide(desk, town, "end", "供水恢复，会商终止")
    assert the_response(town)["state"] == "ended"
    assert [s["what"] for s in the_response(town)["steps"]] == ["started", "ended"]


def decide(desk: Desk, town: Town, grade: str, note: str) -> None:
    page = desk.page("/responses?realm=live&lang=zh")
    [form] = re.findall(r'<form method="post" action="/responses".*?</form>', page, re.DOTALL)
    assert f'name="grade" value="{grade}"' in form
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    answer = desk._browser.post(f"{town.url}/responses", timeout=SOON,
                                data=hidden | {"grade": grade, "reason": note})  # fmt: skip
    town.settles()
    assert answer.status_code == 200, answer.text


def test_a_restart_forgets_nothing_and_proposes_nothing_twice(town: Town, xu: Phone) -> None:
    town.warns("yellow")
    xu.expects("启动Ⅳ级")
    town.restarts()
    town.passes(minutes=1)
    xu.expects_nothing()
    xu.replies("1 会商同意").expects("已记录决定")
    assert the_response(town)["grade"] == "IV"


def test_an_exercise_has_responses_of_its_own(make_town: Callable[..., Town]) -> None:
    town = with_plan(make_town(changes=STORM)).begin()
    town.plays()
    town.passes(seconds=1)
    [played] = responses(town, realm=PLAYED)
    assert (played["asked"], responses(town)) == ("III", [])
    xu = town.phone("xu")
    xu.gets("演练", "启动Ⅲ级", "道路结冰橙色及以上风险提示").replies("1 演练会商同意").gets("已记录决定")
    [played] = responses(town, realm=PLAYED)
    assert (played["grade"], responses(town)) == ("III", [])
    assert {m["measure"] for m in town.measures()} == set()
    assert "halt" in {m["measure"] for m in town.measures(PLAYED)}


def test_the_command_decides_and_says_who_may(town: Town) -> None:
    assert town.runs_besides("respond", "icing", "IV", "--note", "会商同意", "--as", "zhao") == 2
    assert the_response_or_none(town) is None
    assert town.runs_besides("respond", "icing", "IV", "--note", "会商同意", "--as", "xu") == 0
    town.settles()
    assert the_response(town)["state"] == "in force"


def the_response_or_none(town: Town) -> dict[str, Any] | None:
    return next(iter(responses(town, "all")), None)

