"""Official warnings: the floor they lay, their words, and how they end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests

from tests.scenarios.office import Office, cap_message
from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, HARD_ICE, ICE

OFFICE_ALONE: dict[str, Any] = {
    # Where no source can say what the road is like, a warning's end is all there is to know.
    "sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760}},
}  # fmt: skip
PASS = (
    "G99-K40,road-section,G99垭口段,G99 pass,990101100000,high,,,,road-traffic,,G99,40,41,south,,"
)


def warnings_shown(town: Town) -> list[str]:
    """What the page of warnings says of each, without markup."""
    page = requests.get(f"{town.url}/warnings?lang=en", timeout=30).text
    found = re.findall(r'<article class="alert.*?</article>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in found]


def test_a_warning_opens_at_its_level_and_is_named_with_issuer_and_time(
    town: Town, qian: Phone, li: Phone
) -> None:
    town.passes(minutes=20)
    town.warns("orange")
    for reader in (qian, li):
        reader.expects("道路结冰橙色风险提示", "虚构县气象台20日14时20分发布橙色预警")
    alert = town.alert(rule="icing")
    assert (alert["level"], alert["official"]) == ("orange", "orange")
    assert {m["measure"] for m in alert["measures"]} == {"salt", "speed-limit"}


def test_what_our_own_rules_find_is_never_called_a_warning(
    town: Town, qian: Phone, li: Phone
) -> None:
    town.forecast(HARD_ICE)
    for reader in (qian, li):
        reader.expects("道路结冰橙色风险提示", without=["预警"])
    assert town.alert(rule="icing")["official"] is None


def test_our_assessment_may_be_higher_and_the_message_says_so(
    town: Town, qian: Phone, li: Phone
) -> None:
    town.warns("yellow")
    qian.expects("黄色风险提示", "发布黄色预警"), li.forgets()
    town.passes(minutes=5)
    town.forecast(HARD_ICE)
    li.gets("橙色风险提示", "官方预警为黄色")
    alert = town.alert(rule="icing")
    assert (alert["level"], alert["official"]) == ("orange", "yellow")


def test_our_assessment_is_never_lower(town: Town) -> None:
    town.warns("orange")
    town.passes(minutes=5)
    town.forecast(ICE)
    town.turns_fine(hours=8)
    assert town.alert(rule="icing")["level"] == "orange"
    assert town.alert(rule="icing")["state"] == "open"


def test_a_level_the_ladder_lacks_lays_the_floor_at_the_next_lower_one(
    town: Town, li: Phone
) -> None:
    town.warns("red")
    li.expects("橙色风险提示", "官方预警为红色")
    alert = town.alert(rule="icing")
    assert (alert["level"], alert["official"]) == ("orange", "red")


def test_a_warning_raised_again_raises_the_same_alert(town: Town, qian: Phone, chen: Phone) -> None:
    town.warns("yellow")
    qian.expects("黄色", "撒盐除冰").replies("1").expects("收到确认")
    chen.expects_nothing()
    town.passes(minutes=40)
    town.warns("orange", identifier="W2", action="update", references=["W1"])
    qian.expects("【升级】", "橙色", "20日14时40分发布橙色预警")
    chen.expects("橙色", "30公里/小时")
    assert town.alert(rule="icing")["level"] == "orange"
    assert town.measures(measure="salt")[0]["state"] == "issued", (
        "a rise voids what was said before"
    )


def test_a_warning_cancelled_clears_where_nothing_else_can_speak_and_readers_are_told(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=OFFICE_ALONE).begin()
    town.warns("orange")
    chen, li, qian = town.phone("chen"), town.phone("li"), town.phone("qian")
    chen.expects("30公里/小时"), li.expects("橙色"), qian.expects("撒盐除冰").replies("2").forgets()
    town.passes(minutes=5)
    town.warns("orange", identifier="W2", action="cancel", references=["W1"])
    alert = town.alert(rule="icing")
    assert (alert["state"], alert["peak"]) == ("closed", "orange")
    li.expects("【解除】", "道路结冰"), chen.expects("【解除】", "限速")
    qian.expects("检查完毕可解除")
    town.passes(hours=2)
    assert len(town.alerts(rule="icing")) == 1


def test_a_warning_cancelled_is_not_yet_a_clear_road(town: Town, li: Phone) -> None:
    town.warns("orange")
    town.forecast(ICE)
    town.passes(minutes=5)
    li.forgets()
    town.warns("orange", identifier="W2", action="cancel", references=["W1"])
    assert town.alert(rule="icing")["state"] == "open", "it is icy yet by our own rule"
    li.expects_nothing()
    town.turns_fine(hours=8)
    assert town.alert(rule="icing")["state"] == "closed"
    li.gets("【解除】", "道路结冰")


def test_a_cancel_that_comes_before_its_warning_still_counts(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=OFFICE_ALONE).begin()
    town.warns("orange", identifier="W2", action="cancel", references=["W1"])
    town.warns("orange")
    assert town.alerts() == []


def test_a_warning_that_disappears_from_its_feed_is_not_cancelled(
    make_town: Callable[..., Town], office: Office
) -> None:
    feed = {"use": "cap", "url": office.address, "minutes": 10}
    town = make_town(changes={"sources": {"hub": feed}}).begin()
    office.publishes("A1", cap_message("A1", town.now, "橙色"))
    town.passes(minutes=10)
    town.phone("li").expects("道路结冰橙色风险提示", "发布橙色预警")
    office.takes_off_the_list("A1")
    town.passes(hours=2)
    assert town.alert(rule="icing")["state"] == "open"
    town.phone("li").forgets()
    end = cap_message("A2", town.now, "橙色", kind="Cancel", references="A1")
    office.publishes("A2", end)
    town.passes(minutes=10)
    assert town.alert(rule="icing")["state"] == "closed"
    town.phone("li").expects("【解除】", "道路结冰")


def test_a_warning_runs_out_at_its_own_end(make_town: Callable[..., Town]) -> None:
    town = make_town(changes=OFFICE_ALONE).begin()
    town.warns("orange", expires=(town.now + timedelta(hours=3)).isoformat())
    town.passes(minutes=179)
    assert town.alert(rule="icing")["state"] == "open"
    town.phone("li").forgets()
    town.passes(minutes=2)
    assert town.alert(rule="icing")["state"] == "closed"
    town.phone("li").expects("【解除】")


def test_one_that_names_no_end_holds_for_a_day(make_town: Callable[..., Town]) -> None:
    town = make_town(changes=OFFICE_ALONE).begin()
    town.warns("yellow")
    town.passes(hours=23, minutes=59)
    assert town.alert(rule="icing")["state"] == "open"
    town.passes(minutes=2)
    assert town.alert(rule="icing")["state"] == "closed"


def test_one_that_came_too_late_opens_nothing(town: Town) -> None:
    town.warns("red", expires=(town.now - timedelta(minutes=1)).isoformat())
    late = cap_message("A1", town.now - timedelta(hours=13), "红色")
    answer = town.api("POST", "/signals", params={"source": "cap"}, data=late)
    town.settles()
    assert (answer.status_code, "expired" in answer.text) == (422, True)
    assert town.alerts() == []


def test_an_offices_exercise_or_test_is_never_taken_for_real(
    make_town: Callable[..., Town],
) -> None:
    # In a real county, and so in real time; what comes last shows that all before it was taken.
    town = make_town(changes=OFFICE_ALONE, fictional=False).begin_in_real_time()
    for number, said in enumerate((
        {"status": "Exercise"}, {"status": "Test"}, {"status": "System"}, {"status": "Draft"},
        {"headline": "【测试】道路结冰红色预警信号"}, {"headline": "演练：道路结冰红色预警信号"},
    )):  # fmt: skip
        message = cap_message(f"A{number}", town.now, "红色", **said)  # type: ignore[arg-type]
        town.api("POST", "/signals", params={"source": "cap"}, data=message)
    town.warns("red", status="exercise")
    town.warns("yellow", hazard="gale", identifier="W2")
    town.waits_until(town.alerts)
    assert [a["rule"] for a in town.alerts()] == ["gale"]


def test_an_offices_exercise_ends_nothing_real(make_town: Callable[..., Town]) -> None:
    town = make_town(changes=OFFICE_ALONE, fictional=False).begin_in_real_time()
    town.warns("orange")
    town.warns("orange", identifier="W2", action="cancel", references=["W1"], status="exercise")
    town.warns("yellow", hazard="gale", identifier="W3")
    town.waits_until(lambda: town.alerts(rule="gale"))
    assert town.alert(rule="icing")["state"] == "open"


def test_a_warning_above_1200_m_is_for_those_who_live_there(make_town: Callable[..., Town]) -> None:
    town = make_town().also("sites.csv", PASS).begin()
    area = {"codes": ["990101000000"], "above": 1200}
    town.warns("orange", area=area)
    assert [a["place"] for a in town.alerts(rule="icing")] == ["G99-K40"]  # at 1,400 m, not 900
    town.phone("li").expects("G99垭口段", without=["G99东山段"])
    town.passes(minutes=10)
    town.warns("orange", identifier="W2", action="update", references=["W1"],
               area=area | {"above": 800})  # fmt: skip
    assert {a["place"] for a in town.alerts(rule="icing")} == {"G99-K40", "G99-K12"}


def test_a_warning_typed_in_from_a_fax(town: Town, qian: Phone, li: Phone) -> None:
    town.passes(minutes=30)
    fax = {
        "issuer": "测试县气象台", "issued": (town.now - timedelta(minutes=25)).isoformat(),
        "hazard": "道路结冰", "level": "橙色", "codes": ["990101100000"],
        "text": "预计未来6小时东山镇道路结冰", "reason": "14:05传真",
    }  # fmt: skip
    typed = town.api("POST", "/warnings", json=fax)
    town.settles()
    assert typed.status_code == 202, typed.text
    qian.expects("道路结冰橙色风险提示", "测试县气象台20日14时5分发布橙色预警")
    li.expects("道路结冰橙色风险提示")
    again = fax | {"action": "update", "level": "黄色", "reason": "15:00传真",
                   "issued": town.now.isoformat(), "references": [typed.json()["identifier"]]}  # fmt: skip
    assert town.api("POST", "/warnings", json=again).status_code == 202
    town.settles()
    alert = town.alert(rule="icing")
    assert (alert["level"], alert["state"]) == ("orange", "open"), (
        "a fall needs a road that is clear"
    )
    town.forecast(FINE)
    for wrong, what in (({"level": "紫色"}, "紫色"), ({"hazard": "道路结霜"}, "道路结霜"),
                        ({"codes": ["99"]}, "99")):  # fmt: skip
        refused = town.api("POST", "/warnings", json=fax | wrong)
        assert refused.status_code == 422, refused.text
        assert what in refused.text


def test_a_kind_that_nobody_knows_is_shown_and_told_to_the_duty_office_until_it_ends(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=OFFICE_ALONE).begin()
    zhao = town.phone("zhao")
    town.warns("yellow", hazard="", event="臭氧层扰动", identifier="99:7/1")
    town.passes(minutes=11)
    zhao.expects("系统橙色告警", "虚构县气象台20日14时0分发布“臭氧层扰动”黄色预警", "请人工研判")
    [alert] = town.alerts(rule="warning-unknown")
    assert (alert["state"], alert["measures"]) == ("open", [])
    page = requests.get(f"{town.url}/?lang=en", timeout=30).text
    assert "臭氧层扰动" in page
    assert "no hazard of ours" in page
    [unknown] = warnings_shown(town)
    assert "臭氧层扰动 yellow" in unknown
    assert "nothing was asked of anybody" in unknown
    assert "until lifted" in unknown
    # Another is told, too; one for elsewhere is nobody's here, and one that is listed says enough.
    town.warns("red", hazard="", event="火山灰", identifier="W2")
    town.warns("red", hazard="", event="蝗灾", identifier="W3", area={"codes": ["110000000000"]})
    town.warns("red", hazard="", event="Volcano Warning", identifier="W4",
               sender="w-nws.webmaster@noaa.gov")  # fmt: skip
    town.passes(minutes=11)
    zhao.gets("“火山灰”红色预警")
    assert not [m.body for m in zhao.unread if "蝗灾" in m.body or "Volcano" in m.body]
    town.warns("yellow", hazard="", identifier="99:7/2", action="cancel", references=["99:7/1"])
    town.passes(minutes=11)
    zhao.gets("该预警已解除、到期或已能识别")
    assert [a["state"] for a in town.alerts(rule="warning-unknown")].count("open") == 1
    assert [w["identifier"] for w in town.api("GET", "/warnings").json()["warnings"]] == ["W4", "W2"]
    assert "臭氧层扰动" not in "".join(warnings_shown(town))


def test_a_glaze_warning_in_the_office_s_own_words_for_bridges_holds_at_the_bridge(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=OFFICE_ALONE).also("sites.csv", PASS).begin()
    town.posts({
        "kind": "warning", "source": "office", "issued": town.now.isoformat(), "identifier": "W1",
        "sender": "虚构县气象台", "action": "alert", "hazard": "道路结冰", "event": "道路结冰",
        "level": "橙色", "area": {"codes": ["990101000000"]},
        "description": "预计我县海拔1200米以上高海拔路段、桥梁、隧道口将出现道路结冰",
    })  # fmt: skip
    [alert] = town.alerts(rule="icing")
    assert alert["place"] == "G99-K40"
    [shown] = warnings_shown(town)
    for said in ("虚构县气象台", "above 1,200 m, only bridges, high roads, tunnel mouths",
                 "Here: G99 pass", "G99 pass orange"):  # fmt: skip
        assert said in shown, said
    [listed] = town.api("GET", "/warnings").json()["warnings"]
    assert [a["id"] for a in listed["alerts"]] == [alert["id"]]
    town.warns("orange", identifier="W2", action="cancel", references=["W1"])
    assert warnings_shown(town) == []
