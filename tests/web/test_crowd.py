"""The page of an alert that a crowd is told of: counts, what arrived at nobody, the newest."""

from __future__ import annotations

from sqlalchemy import insert

from alerting.store import schema as s
from alerting.web.alert_page import ANSWERS, MESSAGES
from tests.web.web_desk import NOW, Browser, Desk


def test_a_page_counts_what_a_crowd_was_told_and_lists_what_arrived_at_nobody_first(
    desk: Desk, web: Browser
) -> None:
    desk.person("wang", "answer", "field-road", name="王伟")
    alert = desk.open_alert()
    desk.notify("wang", "没有送达的一条", alert=alert, state="dead")
    for n in range(MESSAGES + 4):
        desk.notify("wang", f"第{n}条", alert=alert)
    page = web.get(f"/alerts/{alert}").text
    assert f"已送达 {MESSAGES + 4}" in page
    assert "没有送达的一条" in page
    assert page.index("没有送达的一条") < page.index(f"第{MESSAGES + 3}条")
    assert "另有 5 条未列出" in page
    assert "第4条" not in page


def test_a_page_lists_the_newest_of_a_crowds_answers(desk: Desk, web: Browser) -> None:
    desk.person("wang", "answer", "field-road", name="王伟")
    alert = desk.open_alert()
    desk.store.write(lambda c: c.execute(insert(s.answer), [
        {"id": f"report:{n:04}", "realm": "live", "person": "wang", "channel": "console", "alert": alert,
         "act": "acknowledge", "text": f"第{n}句", "at": NOW, "outcome": "taken"}
        for n in range(ANSWERS + 7)]))  # fmt: skip
    page = web.get(f"/alerts/{alert}").text
    assert "另有 7 条未列出" in page
    assert f"第{ANSWERS + 6}句" in page
    assert "第6句" not in page
