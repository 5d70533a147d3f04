"""The chase: silence, nobody on duty, and outages of the service itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import ORANGE_FOG, YELLOW_FOG


def rungs(town: Town, measure: str) -> list[tuple[str, str, str]]:
    [held] = town.measures(measure=measure)
    return [
        (e["from"], e["to"], e["reason"])
        for e in town.alert(rule="fog")["escalations"]
        if e.get("measure") in (None, held["id"], measure)
    ]


def test_silence_climbs_rung_by_rung_and_the_duty_office_is_called_until_it_answers(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    town.passes(minutes=11)
    chen.expects("第2次呼叫", "首次发送20日14时，此后情况未变"), wang.expects_nothing()
    town.passes(minutes=10)
    wang.expects("交警大队未答复，请您处置", "限速")
    town.passes(minutes=40)
    zhao.gets("东山镇政府未答复", "限速")
    assert rungs(town, "speed-limit")[0][:2] == ("police", "transport")
    zhao.forgets()
    town.passes(minutes=60)
    calls = town.deliveries("zhao")
    assert len(calls) >= 5
    town.answers_by_link("zhao", "acknowledge")
    town.passes(minutes=20)
    assert "zhao" in [a["person"] for a in town.alert(rule="fog")["acknowledgements"]]


def test_a_post_with_nobody_on_it_falls_to_the_next_rung_at_once(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().on_duty("police").begin()
    town.forecast(ORANGE_FOG)
    town.phone("wang").expects("交警大队无人在岗，请您处置", "限速").replies("1")
    assert town.alert(rule="fog")["escalations"][0]["reason"] == "nobody"


def test_two_vacant_posts_in_a_row_keep_nobody_waiting(make_town: Callable[..., Town]) -> None:
    town = make_town().on_duty("police").on_duty("transport").begin()
    town.forecast(ORANGE_FOG)
    town.passes(seconds=31)
    town.phone("li").gets("交通运输局无人在岗，请您处置", "限速")
    assert set(rungs(town, "speed-limit")) == {
        ("police", "transport", "nobody"), ("transport", "township", "nobody"),
    }  # fmt: skip


def test_an_acknowledgement_stops_one_chase_and_no_other(
    town: Town, chen: Phone, li: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("1A").expects("收到确认")
    li.expects("督促落实")
    town.passes(minutes=11)
    chen.expects("第2次呼叫", "限速", without=["引导"])
    li.expects("第2次呼叫")


def test_an_outage_of_an_hour_ends_in_one_message_not_three(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    town.forecast(YELLOW_FOG)
    chen.expects("引导", "限速")
    town.passes(minutes=5)
    town.dies()
    town.begin(town.now + timedelta(hours=2))
    chen.expects("第2次呼叫").expects_nothing()
    wang.expects_nothing(), zhao.expects_nothing()
    town.passes(minutes=31)
    wang.expects("交警大队未答复").expects_nothing()


def test_a_restart_in_the_middle_of_a_chase_neither_loses_nor_repeats_a_call(
    town: Town, chen: Phone, wang: Phone, li: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    first = chen.expects("限速").code
    chen.replies("1A").expects("收到确认")
    li.expects("督促落实").replies("1").expects("收到确认")
    town.passes(minutes=11)
    chen.expects("第2次呼叫", "限速")
    town.restarts()
    chen.expects_nothing(), li.expects_nothing()
    town.passes(minutes=10)
    wang.expects("交警大队未答复", "限速")
    chen.replies(f"2B {first}").gets("已记录落实")
    town.passes(minutes=5)
    wang.expects_nothing()


def test_a_new_holder_of_the_post_is_called_not_the_old_one(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().begin()
    town.forecast(ORANGE_FOG)
    town.phone("chen").expects("限速")
    town.dies()
    town.on_duty("police", "qian").begin()
    town.phone("chen").forgets()
    town.passes(minutes=11)
    town.phone("qian").expects("第2次呼叫", "限速")
    town.phone("chen").expects_nothing()
