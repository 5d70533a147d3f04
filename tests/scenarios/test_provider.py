"""The SMS provider refuses, breaks, hangs, and calls back out of order."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.standin import Sms
from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import ORANGE_FOG


def sent(town: Town, person: str, channel: str = "sms") -> list[str]:
    return [
        d["state"]
        for d in town.alert(rule="fog")["deliveries"]
        if (d["person"], d["channel"]) == (person, channel)
    ]


def test_a_number_that_is_refused_goes_to_the_next_channel_at_once(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().on_duty("police", "zhao").begin()
    zhao = town.phone("zhao")
    town.provider.refuses(400, 21211, times=9, to=zhao.number)
    town.forecast(ORANGE_FOG)
    zhao.expects_nothing()
    assert sent(town, "zhao", "console")
    assert town.answers_by_link("zhao", "acknowledge") == 200
    assert [a["person"] for a in town.alert(rule="fog")["acknowledgements"]] == ["zhao"]


def test_a_provider_that_asks_for_time_is_given_it(town: Town, chen: Phone) -> None:
    town.provider.refuses(429, 20429, times=1, retry_after=300, to=chen.number)
    town.forecast(ORANGE_FOG)
    town.passes(seconds=290)
    chen.expects_nothing()
    town.passes(seconds=20)
    chen.expects("限速").expects_nothing()


def test_a_provider_that_breaks_once_is_tried_again_later(town: Town, chen: Phone) -> None:
    town.provider.refuses(500, times=1, to=chen.number)
    town.forecast(ORANGE_FOG)
    chen.expects_nothing()
    town.passes(seconds=100)
    chen.expects("限速").expects_nothing()


def test_a_number_that_never_works_is_a_dead_letter_and_an_alarm(
    town: Town, chen: Phone, zhao: Phone, wang: Phone
) -> None:
    town.provider.refuses(500, times=50, to=chen.number)
    town.forecast(ORANGE_FOG)
    town.passes(minutes=11)
    chen.expects_nothing()
    assert "dead" in sent(town, "chen")
    town.passes(minutes=10)  # the watch looks around every ten minutes of a clock that is moved
    assert town.alert(rule="dead-letter")["level"] == "orange"
    zhao.gets("sms", "未能送达")
    wang.gets("消息未能送达交警大队，请您处置")


def test_one_number_that_hangs_keeps_nobody_else_waiting(make_town: Callable[..., Town]) -> None:
    town = make_town(sms={"timeout_seconds": 0.5}).begin()
    town.provider.hang(town.phone("chen").number)
    town.forecast(ORANGE_FOG)
    town.phone("li").expects("督促落实")
    town.phone("chen").expects_nothing()


def test_callbacks_out_of_order_never_set_a_message_back(town: Town, chen: Phone) -> None:
    town.provider.calls_back = False
    town.forecast(ORANGE_FOG)
    message = chen.expects("限速").last
    assert sent(town, "chen") == ["accepted"]
    for status in ("delivered", "sent", "queued", "failed", "undelivered"):
        assert town.provider.call_back(message, status) == 204
        town.settles()
        assert sent(town, "chen") == ["delivered"], status


def test_a_forged_callback_is_refused(town: Town, chen: Phone) -> None:
    town.provider.calls_back = False
    town.forecast(ORANGE_FOG)
    assert town.provider.call_back(chen.expects("限速").last, "delivered", forged=True) == 403
    town.settles()
    assert sent(town, "chen") == ["accepted"]


def test_a_callback_that_overtakes_the_answer_to_the_send_is_not_lost(
    town: Town, chen: Phone
) -> None:
    def at_once(sms: Sms) -> None:
        town.provider.call_back(sms, "delivered")

    town.provider.calls_back, town.provider.on_send = False, at_once
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    assert sent(town, "chen") == ["delivered"]


def test_a_channel_that_refuses_us_as_such_is_an_alarm_by_another_way(
    town: Town, chen: Phone, zhao: Phone
) -> None:
    town.provider.refuses(401, 20003, times=1000)  # the password is no longer right
    town.forecast(ORANGE_FOG)
    town.passes(minutes=11)
    chen.expects_nothing(), zhao.expects_nothing()
    alarm = town.alert(rule="channel-refuses")
    assert (alarm["sector"], alarm["place"], alarm["level"]) == ("service", "channel:sms", "red")
    assert [d for d in alarm["deliveries"] if (d["person"], d["channel"]) == ("zhao", "console")]
    assert any("通道 sms" in text for text in town.deliveries("zhao"))
    town.provider.refusals.clear()
    town.passes(minutes=20)
    assert town.alert(rule="channel-refuses")["state"] == "closed"
    chen.gets("限速")


def test_a_message_given_up_that_arrived_after_all_is_answered_by_its_own_code(
    town: Town, chen: Phone
) -> None:
    town.provider.calls_back = False
    town.forecast(ORANGE_FOG)
    message = chen.expects("限速").last
    code = chen.code
    assert town.provider.call_back(message, "undelivered", code=30003) == 204
    town.passes(minutes=6)
    chen.expects("限速")  # sent once more, with a code of its own
    assert chen.code != code
    chen.replies(f"1 {code}").expects("收到确认")
    assert {m["state"] for m in town.alert(rule="fog")["measures"]} == {"acknowledged"}


def test_the_alarm_about_a_dead_letter_lasts_until_what_it_said_is_answered(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    town.provider.refuses(500, times=500, to=chen.number)
    town.forecast({"visibility": [150] * 48})
    town.passes(minutes=25)
    assert town.alert(rule="dead-letter")["state"] == "open"
    town.passes(hours=2)
    assert town.alert(rule="dead-letter")["state"] == "open", "two hours on nobody has answered yet"
    assert not [m for m in zhao.unread if "已恢复" in m.body]
    wang.gets("消息未能送达交警大队")
    for held in town.alert(rule="fog")["measures"]:
        town.by_hand(f"/measures/{held['id']}/in-force", "已电话落实")
    town.passes(minutes=11)
    assert town.alert(rule="dead-letter")["state"] == "closed"
    zhao.gets("【解除】", "有关事项已由他人应答、另行送达或已结束")
    assert not [m for m in zhao.unread if "已恢复" in m.body]


def test_who_acknowledges_the_alarm_about_a_dead_letter_ends_it_and_not_with_good_news(
    town: Town, chen: Phone, zhao: Phone
) -> None:
    town.provider.refuses(500, times=500, to=chen.number)
    town.forecast({"visibility": [150] * 48})
    town.passes(minutes=21)
    held = town.alert(rule="dead-letter")
    town.by_hand(f"/alerts/{held['id']}/acknowledge", "知道了")
    town.passes(minutes=11)
    assert town.alert(rule="dead-letter")["state"] == "closed"
    zhao.gets("【解除】", "值班人员已确认知悉")
    town.passes(minutes=11)
    assert town.alert(rule="dead-letter")["state"] == "closed", "the same letters raise no new alarm"
