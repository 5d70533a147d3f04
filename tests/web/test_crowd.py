"""The page of an alert that a crowd is told of: counts, what arrived at nobody, the newest."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, insert

from alerting.service.reach import without_loud
from alerting.store import schema as s
from alerting.web.alert_page import ANSWERS, MESSAGES
from alerting.web.pages import TOP_WAITING
from alerting.web.unreachable import unreachable
from alerting.web.waiting import NAMED
from tests.steps import steps
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


def test_the_first_page_names_a_few_of_long_lists_and_the_gravest_of_many_posts(desk: Desk, web: Browser) -> None:
    posts, people = TOP_WAITING + 5, 250
    alert = desk.open_alert()

    def write(c: Connection) -> None:
        c.execute(insert(s.post), [
            {"id": f"list{n:02}", "tier": "village", "sector": "", "place": "99", "title": f"第{n:02}村", "title_en": f"V{n}"}
            for n in range(posts)])  # fmt: skip
        c.execute(insert(s.person), [
            {"id": f"v{n:03}", "name": f"村民{n:03}", "name_en": f"Villager {n}", "language": "zh", "role": "answer"}
            for n in range(people)])  # fmt: skip
        c.execute(insert(s.contact), [
            {"person": f"v{n:03}", "rank": 0, "channel": "console", "address": f"v{n:03}"} for n in range(people)])
        c.execute(insert(s.holder), [
            {"post": f"list{n:02}", "rank": rank, "person": f"v{rank:03}"}
            for n in range(posts) for rank in range(people)])  # fmt: skip
        c.execute(insert(s.pursuit), [
            {"realm": "live", "wants": "acknowledge", "alert": alert, "post": f"list{n:02}", "level": 3 if n else 4,
             "state": "open", "rung": 0, "round": 0, "at_post": f"list{n:02}", "opened": NOW, "deadline": NOW}
            for n in range(posts)])  # fmt: skip

    desk.store.write(write)
    page = web.get("/").text
    silent = page[page.index('<section id="waiting"') :].partition("</section>")[0]
    assert silent.index("第00村") < silent.index("第01村"), "the gravest first"
    assert silent.count("村民007") == TOP_WAITING
    assert "村民008" not in page
    assert silent.count(f"另有 {people - NAMED} 人") == TOP_WAITING
    assert "另有 5 个岗位" in silent
    assert web.get("/waiting?realm=live").text.count("村民007") == posts


@pytest.mark.sqlite
def test_who_is_out_of_reach_costs_each_person_the_same_however_many_there_are(desk: Desk) -> None:
    """In steps of the database, which no slow machine lengthens."""

    def has(first: int, last: int) -> None:
        people = [f"v{n:05}" for n in range(first, last)]

        def write(c: Connection) -> None:
            c.execute(insert(s.person), [{"id": one, "name": one, "language": "zh", "role": "answer"} for one in people])
            c.execute(insert(s.contact), [{"person": one, "rank": 0, "channel": "console", "address": one} for one in people])
            c.execute(insert(s.holder), [{"post": "field-road", "rank": 1 + int(one[1:]), "person": one} for one in people])

        desk.store.write(write)

    def looked(connection: Connection) -> None:
        unreachable(connection, desk)  # type: ignore[arg-type]
        without_loud(connection, {"console": SimpleNamespace(loudness=1)})  # type: ignore[dict-item]

    has(0, 200)
    few = steps(desk.store, looked)
    has(200, 4000)
    assert steps(desk.store, looked) <= 30 * few
