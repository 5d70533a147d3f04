"""What people text back: late, twice, contradictory, unreadable, forged."""

from __future__ import annotations

import re
from collections.abc import Callable

import requests

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, GALE, ORANGE_FOG, RED_FOG


def states(town: Town) -> dict[str, str]:
    return {m["measure"]: m["state"] for m in town.measures()}


def test_a_forged_signature_is_refused_and_changes_nothing(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("1", forged=True)
    assert chen.status == 403
    chen.expects_nothing()
    assert set(states(town).values()) == {"issued"}


def test_a_stranger_is_not_answered(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    stranger = town.stranger().replies(f"1 {chen.code}")
    assert stranger.status == 200
    stranger.expects_nothing()
    assert set(states(town).values()) == {"issued"}


def test_somebody_elses_code_does_not_answer_for_them(town: Town, smith: Phone) -> None:
    town.forecast(ORANGE_FOG)
    smith.replies("1 H6").expects("No message waits")
    assert set(states(town).values()) == {"issued"}


def test_a_late_answer_is_filed_and_says_so(town: Town, smith: Phone) -> None:
    town.forecast(GALE)
    smith.expects("gale", "Stop outdoor work")
    code = smith.code
    [halt] = town.measures(measure="halt")
    town.by_hand(f"/measures/{halt['id']}/withdraw", "wrong site")
    town.passes(seconds=31)
    smith.expects("wrong site").replies(f"1 {code}").expects("on file only")
    assert states(town) == {"halt": "withdrawn"}


def test_a_reply_to_a_code_whose_alert_has_closed_opens_nothing_and_says_so(
    make_town: Callable[..., Town],
) -> None:
    office = {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760}}
    town = make_town(changes={"sources": office}).begin()
    chen, li = town.phone("chen"), town.phone("li")
    town.warns("orange")
    answers = [(one, f"1 {one.expects('结冰').code}") for one in (chen, li)]
    town.passes(minutes=5)
    town.warns("orange", identifier="W2", action="cancel", references=["W1"])
    for one, words in answers:
        one.expects("【解除】").replies(words).expects("结束，答复已存档").expects_nothing()
    alert = town.alert(rule="icing")
    assert (alert["state"], alert["acknowledgements"]) == ("closed", [])
    town.passes(minutes=15)
    chen.expects_nothing(), li.expects_nothing()


def test_an_answer_given_twice_is_taken_once(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("1").expects("收到确认")
    town.passes(minutes=2)
    chen.replies("1").expects("14:00已由陈警官答复")
    assert len(town.alert(rule="fog")["acknowledgements"]) == 1


def test_the_provider_hands_over_one_text_twice_and_it_counts_once(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("3A 车坏了", twice=True).expects(
        "已记录无法执行"
    ).expects_nothing()
    assert len([e for e in town.alert(rule="fog")["escalations"] if e["reason"] == "cannot"]) == 1


def test_of_two_that_contradict_each_other_the_bad_news_counts(
    town: Town, chen: Phone, wang: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("2B").expects("已记录落实")
    town.passes(minutes=3)
    chen.replies("3B 标志牌倒了").expects("已记录无法执行，现转交通运输局")
    wang.expects("无法执行", "标志牌倒了")
    [limit] = town.measures(measure="speed-limit")
    assert limit["cannot"]


def test_nonsense_gets_a_hint_three_times_and_then_silence(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    for _ in range(3):
        chen.replies("在吗").expects("未能读懂", "请回复数字")
    chen.replies("在吗").expects_nothing()
    chen.replies("1").expects("收到确认")
    assert set(states(town).values()) == {"acknowledged"}


def test_a_digit_that_needs_a_letter_is_asked_for_it(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("加字母").replies("2").expects("数字加措施字母")
    assert set(states(town).values()) == {"issued"}
    chen.replies("2B").expects("已记录落实")
    assert states(town) == {"guide": "issued", "speed-limit": "in force"}


def test_a_bare_digit_with_two_open_messages_lists_them(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    first = chen.expects("G99东山段").code
    town.passes(minutes=2)
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="orange")
    second = chen.expects("东山大桥").code
    assert first != second
    chen.replies("1").expects("您有2条待答复", first, second, "或全部收到：1 全部")
    assert set(states(town).values()) == {"issued"}
    chen.replies(f"1 {second}").expects("收到确认")
    assert [m["object"] for m in town.measures(state="acknowledged")] == ["bridge-1"]


def test_all_is_received_in_one_text_and_what_must_be_decided_still_waits(
    town: Town, chen: Phone, wang: Phone
) -> None:
    town.forecast(RED_FOG)
    wang.expects("封闭")
    decision = wang.code
    chen.expects("限速")
    town.passes(minutes=2)
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="orange")
    chen.expects("东山大桥").replies("2 全部").expects("对全部消息只能确认收到")
    assert town.measures(state="in force") == []
    chen.replies("全部收到").expects("已确认收到4条，仅表示收到", "落实后逐条回2")
    assert {m["state"] for m in town.measures() if m["measure"] != "close"} == {"acknowledged"}
    wang.replies("1 全部").expects(f"1项须单独答复：{decision} G99东山段封闭路段，请作出决定")
    assert [m["state"] for m in town.measures(measure="close")] == ["proposed"]


def test_a_button_behind_the_link_receives_all_and_counts_them(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    page = requests.get(town.link("chen"), timeout=30).text
    assert 'value="everything"' not in page, "the one message says it itself"
    town.passes(minutes=2)
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="orange")
    chen.expects("东山大桥")
    link = town.link("chen")
    page = requests.get(link, timeout=30).text
    assert "全部确认收到（3项待答）" in page
    fields = re.findall(r'name="form" value="([^"]*)"', page)[0]
    given = {"form": fields, "subject": "everything", "act": "acknowledge"}
    answer = requests.post(link, data=given, timeout=30, allow_redirects=False)
    town.settles()
    assert "已确认收到3条" in requests.get(f"{town.url}{answer.headers['location']}", timeout=30).text
    assert set(states(town).values()) == {"acknowledged"}
    chen.expects_nothing()
    assert requests.post(link, data=given, timeout=30).status_code == 409


def test_an_old_code_never_answers_a_new_alert(town: Town, smith: Phone) -> None:
    town.forecast(GALE)
    old = smith.expects("Stop outdoor work").code
    smith.replies("2").expects("in force")
    town.by_hand(f"/alerts/{town.alert(rule='gale')['id']}/withdraw", "drill is over")
    smith.forgets()
    town.passes(hours=1)
    town.by_hand("/measures", "crane leans", measure="halt", place="site-1", level="yellow")
    assert smith.gets("crane leans").code != old
    smith.replies(f"1{old}")
    assert [m["state"] for m in town.measures(measure="halt")] == ["issued"]


def test_who_stops_the_messages_is_reported_to_the_duty_office(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("退订").expects_nothing()
    zhao.expects("橙色告警", "陈警官退订了sms，已通知不到本人")  # it was all there was
    first = requests.get(f"{town.url}/?lang=zh", timeout=30).text.partition('id="unreachable"')[2]
    assert "陈警官</b> 交警大队" in first.partition("</section>")[0]
    assert "退订了短信；由本人发送 START 可恢复" in first.partition("</section>")[0]
    chen.forgets()
    town.passes(minutes=25)
    chen.expects_nothing()
    wang.gets("限速")
    zhao.replies("STOP")
    first = requests.get(f"{town.url}/?lang=zh", timeout=30).text.partition('id="unreachable"')[2]
    assert "赵值班" not in first.partition("</section>")[0], "the console is left to them"
    chen.replies("START").gets("已恢复向您的sms发送消息")
    assert 'id="unreachable"' not in requests.get(f"{town.url}/?lang=zh", timeout=30).text


def test_full_width_digits_and_words_are_read(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("２ｂ").expects("已记录落实")
    chen.replies("收到。").expects("收到确认")
    assert states(town) == {"guide": "acknowledged", "speed-limit": "in force"}


def test_what_a_phone_hears_is_read_and_never_guessed(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("二 号车到了").expects("未能读懂")
    chen.replies("2B 正在摆牌子").expects("未能读懂")
    assert set(states(town).values()) == {"issued"}
    chen.replies("嗯，受到了啊。").expects("收到确认")
    assert set(states(town).values()) == {"acknowledged"}
    chen.replies("回复二 B").expects("已记录落实")
    assert states(town) == {"guide": "acknowledged", "speed-limit": "in force"}


def test_a_question_is_no_answer(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("2B 已执行？").expects("未能读懂")
    assert set(states(town).values()) == {"issued"}


def test_nothing_waits_and_that_is_said(town: Town, chen: Phone) -> None:
    town.forecast(FINE)
    chen.replies("1").expects("没有等待您答复")


def test_who_stopped_the_messages_gets_them_again_after_start(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速").replies("end").expects_nothing()  # the provider's own word, which it tells of
    town.passes(minutes=11)
    chen.expects_nothing()
    town.restarts()
    town.forecast(RED_FOG)
    chen.expects_nothing()
    town.phone("zhao").gets("陈警官退订了sms")
    chen.replies("START").gets("已恢复向您的sms发送消息")
    town.phone("zhao").gets("陈警官恢复接收sms消息")
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="orange")
    chen.gets("引导")
