"""The page behind the link in a message."""

from __future__ import annotations

import re
from datetime import timedelta

from alerting.store import schema as s
from tests.web.web_desk import NOW, Browser, Desk


def ordered(desk: Desk, wants: str = "acknowledge", state: str = "issued", name: str = "speed-limit",
            role: str = "answer") -> tuple[int, int]:
    desk.person("wang", role, "field-road", name="王伟")
    alert = desk.open_alert()
    measure = desk.ask(alert, name, state, decider="police" if name == "close" else None)
    return desk.notify("wang", "请限速 40，04:00 前落实", alert=alert, measure=measure, wants=wants,
                       link="tok")


def form_of(page: str) -> str:
    found = re.search('name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def acts(page: str) -> set[str]:
    return set(re.findall('name="act" value="([^"]+)"', page))


def test_opening_the_link_answers_nothing(desk: Desk, web: Browser) -> None:
    ordered(desk)
    for _ in range(3):
        page = web.get("/a/tok")
        assert page.status_code == 200
    web.head("/a/tok")
    assert "请限速 40，04:00 前落实" in page.text
    assert "打开本页不算应答" in page.text
    assert desk.said() == []


def test_what_is_not_taken_is_said_in_the_language_of_the_message(desk: Desk, web: Browser) -> None:
    delivery, notice = ordered(desk)
    given = {"form": form_of(web.get("/a/tok").text), "act": "cannot", "subject": f"notice:{notice}"}
    refused = web.post("/a/tok", data=given)
    assert refused.status_code == 422
    assert "请写几个字说明原因，再提交一次。没有记录。" in refused.text
    desk.change(s.delivery, s.delivery.c.id == delivery, language="en")
    for changed, told in (({}, "a reason is needed for this"),
                          ({"act": "approve"}, "this can no longer be answered"),
                          ({"form": "0" * 32}, "this form is not from this page")):
        refused = web.post("/a/tok", data=given | changed)
        assert told in refused.text
        assert "没有记录" not in refused.text
    assert desk.said() == []


def test_a_button_answers_in_the_readers_name(desk: Desk, web: Browser) -> None:
    delivery, notice = ordered(desk)
    page = web.get("/a/tok").text
    assert acts(page) == {"acknowledge", "in-force", "cannot", "support"}
    answer = web.post("/a/tok", data={"form": form_of(page), "act": "acknowledge",
                                      "subject": f"delivery:{delivery}"})
    assert answer.status_code == 303
    after = web.get(answer.headers["Location"]).text
    assert "正在处理" in after  # no engine runs behind this desk
    assert "叫应停止" not in after
    assert "acknowledge" not in acts(after)
    [said] = desk.said()
    desk.put(s.answer, id=said.id, realm="live", person="wang", channel="link", act="acknowledge",
             delivery=delivery, at=NOW, outcome="taken", told={"zh": "收到确认", "en": "Noted"})
    after = web.get(answer.headers["Location"]).text
    assert "已办理" in after
    assert "收到确认" in after
    web.post("/a/tok", data={"form": form_of(page), "act": "cannot", "reason": "没有车",
                             "subject": f"notice:{notice}"})
    first, second = desk.said()
    assert (first.act, first.person, first.channel) == ("acknowledge", "wang", "link")
    assert first.subject == f"delivery:{delivery}"
    assert (second.act, second.subject) == ("cannot", f"notice:{notice}")
    assert second.detail["reason"] == "没有车"


def test_an_answer_that_came_too_late_is_not_shown_as_taken(desk: Desk, web: Browser) -> None:
    delivery, _ = ordered(desk)
    page = web.get("/a/tok").text
    answer = web.post("/a/tok", data={"form": form_of(page), "act": "acknowledge",
                                      "subject": f"delivery:{delivery}"})
    [said] = desk.said()
    words = {"zh": "请按最新一条消息答复", "en": "answer the newer message"}
    desk.put(s.answer, id=said.id, realm="live", person="wang", channel="link", act="acknowledge",
             delivery=delivery, at=NOW, outcome="late", told=words)
    after = web.get(answer.headers["Location"]).text
    assert "未生效" in after
    assert words["zh"] in after
    assert "acknowledge" in acts(after)


def test_nothing_is_answered_for_another_subject_or_without_its_reason(
    desk: Desk, web: Browser
) -> None:
    _, notice = ordered(desk)
    form = form_of(web.get("/a/tok").text)
    wrong = [
        {"act": "acknowledge", "subject": "delivery:999"},
        {"act": "approve", "subject": f"notice:{notice}"},
        {"act": "cannot", "subject": f"notice:{notice}"},
        {"act": "in-force", "subject": "notice:999"},
    ]
    for one in wrong:
        assert web.post("/a/tok", data={"form": form, **one}).status_code in (409, 422)
    assert web.post("/a/tok", data={"form": "0" * 32, "act": "in-force",
                                    "subject": f"notice:{notice}"}).status_code == 403
    assert web.post("/a/tok", headers={"Sec-Fetch-Site": "cross-site"},
                    data={"form": form, "act": "in-force",
                          "subject": f"notice:{notice}"}).status_code == 403
    assert desk.said() == []


def test_an_answer_for_ticked_places_needs_no_other_subject(desk: Desk, web: Browser) -> None:
    delivery, notice = ordered(desk, "decision", "proposed", "close", role="decide")
    ticked = {"form": form_of(web.get("/a/tok").text), "act": "approve", "several": "yes",
              f"one.{notice}": "on"}  # fmt: skip
    assert web.post("/a/tok", data=ticked).status_code == 303
    [said] = desk.said()
    assert (said.subject, said.detail["with"]) == (f"notice:{notice}", [])
    assert said.detail["delivery"] == delivery


def test_a_forged_or_old_link_says_so_kindly(desk: Desk, web: Browser) -> None:
    ordered(desk)
    for link in ("forged", "to", "x" * 4000):
        answer = web.get(f"/a/{link}")
        assert answer.status_code == 404
        assert "没有任何操作被记录" in answer.text
        assert "请限速" not in answer.text
        assert web.post(f"/a/{link}", data={"act": "acknowledge"}).status_code == 404
    desk.runtime.advance(timedelta(days=15))
    assert web.get("/a/tok").status_code == 404
    assert desk.said() == []


def test_a_message_without_a_link_has_no_page(desk: Desk, web: Browser) -> None:
    desk.person("wang", "answer")
    desk.notify("wang", "x")
    desk.change(s.delivery, s.delivery.c.person == "wang", link="")
    assert web.get("/a/").status_code == 404


def test_an_ended_exercise_needs_no_answer_any_more(desk: Desk, web: Browser) -> None:
    delivery, _ = ordered(desk)
    form = form_of(web.get("/a/tok").text)
    desk.change(s.realm, s.realm.c.id == "live", ended=NOW)
    page = web.get("/a/tok").text
    assert "演练已经结束" in page
    assert acts(page) == set()
    answer = web.post("/a/tok", data={"form": form, "act": "acknowledge",
                                      "subject": f"delivery:{delivery}"})
    assert answer.status_code == 409
    assert desk.said() == []


def test_a_decision_is_offered_to_who_may_decide_and_while_it_is_open(
    desk: Desk, web: Browser
) -> None:
    ordered(desk, "decision", "proposed", "close")
    assert acts(web.get("/a/tok").text) == set()
    desk.change(s.person, s.person.c.id == "wang", role="decide")
    assert acts(web.get("/a/tok").text) == {"approve", "refuse"}
    desk.change(s.measure, s.measure.c.measure == "close", state="issued")
    assert acts(web.get("/a/tok").text) == set()


def test_who_left_the_service_has_no_links(desk: Desk, web: Browser) -> None:
    ordered(desk)
    desk.change(s.person, s.person.c.id == "wang", active=False)
    assert web.get("/a/tok").status_code == 404


def test_earlier_answers_show_with_what_became_of_them(desk: Desk, web: Browser) -> None:
    delivery, notice = ordered(desk)
    desk.put(s.answer, id="report:1", realm="live", person="wang", channel="link", delivery=delivery,
             notice=notice, act="acknowledge", at=NOW, outcome="late")
    page = web.get("/a/tok").text
    assert "您已答复" in page
    assert "迟到" in page
