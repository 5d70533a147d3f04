"""Sources that fall silent, values that are missing, places that go blind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from tests.scenarios.office import Office, cap_message
from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, ORANGE_FOG

MISSING: dict[str, list[float | None]] = {quantity: [None] * 12 for quantity in FINE}
MODEL_ALONE: dict[str, Any] = {
    "sources": {"model": {
        "use": "signals", "brings": "forecast", "cadence_hours": 1,
        "quantities": ["temperature", "precipitation", "visibility", "wind_speed"],
    }},
}  # fmt: skip


def page(town: Town) -> str:
    return requests.get(f"{town.url}/?lang=zh", timeout=30).text


def test_a_source_silent_for_two_cadences_opens_an_alert_of_the_watch_and_closes_it_by_speaking(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=MODEL_ALONE).begin()
    zhao = town.phone("zhao")
    town.forecast(FINE)
    town.passes(minutes=119)
    assert town.alerts() == []
    zhao.expects_nothing()
    town.passes(minutes=12)
    alert = town.alert(rule="source-silent")
    assert (alert["sector"], alert["place"]) == ("service", "source:model")
    zhao.expects("数据源 model 超过两个周期没有消息").replies("1").expects("已记录")
    town.passes(minutes=30)
    town.forecast(FINE)
    town.passes(minutes=11)
    assert town.alert(rule="source-silent")["state"] == "closed"
    zhao.gets("【解除】", "model")
    bulletin = requests.get(f"{town.url}/bulletin/2026-01?lang=zh", timeout=30).text
    assert "<td>数据源静默</td><td>model</td><td>1</td><td>0.7</td>" in bulletin


def test_a_feed_that_breaks_is_silent_and_its_warning_stays(
    make_town: Callable[..., Town], office: Office
) -> None:
    feed = {"use": "cap", "url": office.address, "minutes": 10}
    town = make_town(changes={"sources": {"hub": feed}}).begin()
    office.publishes("A1", cap_message("A1", town.now, "黄色"))
    town.passes(minutes=10)
    assert town.alert(rule="icing")["level"] == "yellow"
    office.broken = True
    town.passes(minutes=50)
    assert town.alert(rule="source-silent")["place"] == "source:hub"
    assert town.alert(rule="icing")["state"] == "open"
    office.broken = False
    town.passes(hours=1)
    assert town.alert(rule="source-silent")["state"] == "closed"


def test_places_nobody_can_judge_are_blind_grey_and_told_to_the_duty_office(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=MODEL_ALONE).begin()
    zhao = town.phone("zhao")
    town.forecast(FINE)
    assert "目前没有风险提示。" in page(town)
    for _ in range(4):  # the source speaks and says nothing: it is not silent
        town.passes(minutes=55)
        town.forecast(MISSING)
    assert town.alerts(rule="source-silent") == []
    shown = page(town)
    assert "灰色不等于平安" in shown
    assert "目前没有风险提示。" not in shown, "blind is never shown as all-clear"
    assert town.alert(rule="places-blind")["sector"] == "service"
    zhao.expects("无法判断", "大雾")
    town.passes(minutes=5)
    town.forecast(FINE)
    town.passes(minutes=11)
    assert town.alert(rule="places-blind")["state"] == "closed"
    assert "目前没有风险提示。" in page(town)


def test_missing_values_open_nothing(town: Town, zhao: Phone) -> None:
    town.forecast(MISSING)
    town.passes(minutes=1)
    town.forecast({"visibility": [None, 150.0, None], "temperature": [None] * 3})
    assert [a["rule"] for a in town.alerts()] == ["fog"], "what is known counts, the rest does not"
    town.by_hand(f"/alerts/{town.alert(rule='fog')['id']}/withdraw", "one hour is no fog")
    town.passes(minutes=30)
    town.forecast(MISSING)
    assert [a["state"] for a in town.alerts()] == ["withdrawn"]
    zhao.expects_nothing()


def test_missing_values_lift_nothing_and_the_duty_office_is_asked(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=MODEL_ALONE).begin()
    li, zhao = town.phone("li"), town.phone("zhao")
    town.forecast(ORANGE_FOG)
    li.expects("橙色").replies("1").expects("收到确认")
    for _ in range(9):
        town.passes(minutes=60)
        town.forecast(MISSING)
    alert = town.alert(rule="fog")
    assert (alert["state"], alert["level"]) == ("open", "orange")
    assert alert["held_by_unknown"] is not None
    assert not [m for m in li.unread if "【解除】" in m.body or "降至" in m.body]
    zhao.gets("数据中断，仅凭缺测维持")
    assert "数据中断" in page(town)
    town.by_hand(f"/alerts/{alert['id']}/withdraw", "已派人看过，无雾")
    assert town.alert(rule="fog")["state"] == "withdrawn"


def asked_about_fog(make_town: Callable[..., Town]) -> Town:
    """Orange fog, then a source that speaks and says nothing, until the duty office is asked."""
    town = make_town(changes=MODEL_ALONE).begin()
    town.forecast(ORANGE_FOG)
    for _ in range(5):
        town.passes(minutes=60)
        town.forecast(MISSING)
    return town


def test_the_duty_office_lets_it_stand_is_asked_again_and_calls_it_off(
    make_town: Callable[..., Town],
) -> None:
    town = asked_about_fog(make_town)
    li, zhao = town.phone("li"), town.phone("zhao")
    zhao.gets("大雾", "数据中断，仅凭缺测维持", "保持回1，撤回回2")
    zhao.replies(f"1 {zhao.code}").gets("已记录保持")
    assert town.alert(rule="fog")["state"] == "open"
    zhao.forgets()
    for _ in range(3):
        town.passes(minutes=60)
        town.forecast(MISSING)
    assert not [m for m in zhao.unread if "保持回1" in m.body]
    town.passes(minutes=65)
    zhao.gets("大雾", "保持回1，撤回回2")
    li.forgets()
    zhao.replies(f"2 {zhao.code} 已派人看过").gets("已记录撤回")
    assert town.alert(rule="fog")["state"] == "withdrawn"
    li.gets("【撤回】", "大雾", "已派人看过")
    town.passes(minutes=30)
    town.forecast(ORANGE_FOG)  # the data are back, and it is really there
    assert sorted(a["state"] for a in town.alerts(rule="fog")) == ["open", "withdrawn"]


def test_once_the_data_are_back_nobody_is_asked_whether_it_stands(
    make_town: Callable[..., Town],
) -> None:
    town = asked_about_fog(make_town)
    zhao = town.phone("zhao")
    zhao.gets("大雾", "保持回1，撤回回2")
    town.passes(minutes=5)
    town.forecast({"visibility": [150.0] * 48})
    zhao.forgets()
    town.passes(minutes=50)
    assert not [m for m in zhao.unread if "保持回1" in m.body]
    assert town.alert(rule="fog")["held_by_unknown"] is None


def test_the_page_behind_the_link_offers_the_same_two_answers(
    make_town: Callable[..., Town],
) -> None:
    town = asked_about_fog(make_town)
    assert town.answers_by_link("zhao", "stand") == 200
    assert town.alert(rule="fog")["state"] == "open"
    assert town.answers_by_link("zhao", "call-off") == 200
    assert town.alert(rule="fog")["state"] == "withdrawn"


def test_a_source_that_stops_speaking_lifts_nothing(make_town: Callable[..., Town]) -> None:
    town = make_town(changes=MODEL_ALONE).begin()
    town.forecast(ORANGE_FOG | {"visibility": [150.0, 150, *FINE["visibility"]]})
    town.passes(hours=12)  # the run itself says it is over after two hours; no other run agrees
    alert = town.alert(rule="fog")
    assert (alert["state"], alert["level"]) == ("open", "orange")
