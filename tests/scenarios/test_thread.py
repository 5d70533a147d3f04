"""The thin thread: one forecast to one alert to one message to one answer, through the real process."""

from __future__ import annotations

from tests.scenarios.town import Phone, Town


def chen(town: Town) -> Phone:
    return town.phone("chen", "+447700900101")


def test_a_forecast_becomes_an_order_that_is_answered_and_reported_in_force(town: Town) -> None:
    town.forecast({"visibility": [800, 300, 150, 150, 800, 9000]})
    police = chen(town).expects("演练", "大雾", "橙色", "G99东山段", "40公里/小时", "1")
    police.replies("1")
    police.expects("收到")
    alert = town.alert(rule="fog")
    assert alert["level"] == "orange"
    assert {m["measure"]: m["state"] for m in alert["measures"]} == {
        "guide": "acknowledged", "speed-limit": "acknowledged",
    }  # fmt: skip
    assert [a["person"] for a in alert["acknowledgements"]] == ["chen"]


def test_silence_climbs_to_the_next_rung(town: Town) -> None:
    town.forecast({"visibility": [800, 300, 150, 150, 800, 9000]})
    chen(town).forgets()
    town.passes(minutes=45)
    alert = town.alert(rule="fog")
    assert [(e["from"], e["to"]) for e in alert["escalations"]][0] == ("police", "transport")
    town.phone("wang", "+447700900102").expects("G99东山段")
