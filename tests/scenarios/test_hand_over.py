"""Hand-overs that must be confirmed, through the real process: who was on duty stays until whoever comes
has confirmed. One process for all stories, from a Tuesday afternoon on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
import requests
from sqlalchemy import select

from alerting.store.schema import audit, pursuit
from alerting.store.schema_duty import duty, handover
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_rosters import (
    NEWCOMERS,
    ONE_SOURCE,
    ZONE,
    at,
    does,
    orders,
    phone,
    posts_form,
    roster,
    rosters,
    until,
)
from tests.scenarios.town import SOON, Town, code_in

ROSTERS = """\
rosters:
  - post: police               # chen, brown, chen … from ten in the morning
    confirm: true
    layers:
      - {people: [chen, brown], every: 6 hours, hand-over: "10:00", from: 2026-01-20}
  - post: township
    confirm: 40 minutes
    layers:
      - {people: [li, jones], every: 6 hours, hand-over: "11:00", from: 2026-01-20}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        made = Town(tmp_path_factory.mktemp("hand-over"), provider, nursery, changes=ONE_SOURCE)
        made.also("people.csv", *NEWCOMERS)
        rosters(made, ROSTERS)
        made.begin()
        # Of whoever came first nobody was relieved: they are on duty, and confirm all the same.
        for person in ("chen", "li"):
            made.phone(person).expects("【交接班】", "现由您值班，请确认接班").replies("1")
        yield made
        made.concludes()


def on_since(town: Town, person: str, day: int, hour: int) -> None:
    """Somebody is on duty with the police since a turn; each story can be told by itself."""
    turn = datetime(2026, 1, day, hour, 1, tzinfo=ZONE)
    if town.now < turn:
        until(town, day, hour, 1)
    if roster(town, "police")["now"] != [person]:
        does(town, "admin", "/police/hand-over", 200, answer="take-over", reason="已到岗")
    assert roster(town, "police")["now"] == [person]


def handed(town: Town, post: str) -> dict[str, Any]:
    found = roster(town, post)["hand_over"]
    assert found is not None
    return dict(found)


def test_whoever_comes_is_asked_ahead_and_whoever_was_there_is_called_until_they_confirm(
    town: Town,
) -> None:
    chen, brown = phone(town, "chen"), phone(town, "brown")
    until(town, 20, 15, 49)
    brown.expects_nothing()
    until(town, 20, 15, 55)
    brown.expects("【交接班】交警大队，20日16时起。请确认接班，此前仍由陈警官值班", "目前没有待办事项",
                  "确认接班回1，不能接班回2")  # fmt: skip
    orders(town, "guide", "桥头追尾")
    first = chen.expects("桥头追尾").code
    until(town, 20, 16, 1)
    brown.expects("交警大队，20日16时起。已到时间，请确认接班", "未结1项：待答1", "要事：橙色G99东山段")
    assert roster(town, "police")["now"] == ["chen"]
    until(town, 20, 16, 6)
    chen.expects("第2次呼叫", "引导")  # it rings at whoever is on duty, and at nobody else
    brown.expects("第2次呼叫，已到时间，请确认接班")
    brown.expects_nothing()
    orders(town, "hold-entry", "入口拥堵")
    town.passes(seconds=31)
    chen.gets("入口拥堵")
    brown.replies("好的，收到").expects("未能读懂")  # received is not taken over
    brown.replies("1 马上到").expects("未能读懂")
    assert roster(town, "police")["now"] == ["chen"]
    brown.replies("1").expects("已确认接班，现由您值班")
    town.passes(seconds=31)
    chen.gets("交警大队，20日16时起。16:0", "由布朗接班（本人已确认）")
    assert roster(town, "police")["now"] == ["brown"]
    assert roster(town, "police")["hand_over"] is None
    assert [one["kind"] for one in town.api("GET", "/rosters/police/open-items").json()] == [
        "unanswered", "unanswered"]
    chen.replies(f"2 {first}").expects("已记录落实")  # what was sent to him he may answer still
    until(town, 20, 16, 17)
    brown.gets("第2次呼叫", "入口").replies(f"2 {brown.code}").expects("已记录落实")
    taken = town.asks(audit.c.change, audit.c.action == "take over", audit.c.who == "brown")
    assert {item["kind"] for item in taken[0]["items"]} == {"unanswered"}


def test_who_cannot_says_why_and_others_are_told_at_once(town: Town) -> None:
    li, jones, office = (phone(town, one) for one in ("li", "jones", "zhao"))
    until(town, 20, 16, 51)
    jones.expects("东山镇政府，20日17时起。请确认接班").replies("2")
    jones.expects("已记录不能接班，李镇长继续值班", "请直接回复原因")
    li.gets("东山镇政府，20日17时起。琼斯不能接班，李镇长继续值班。请在值班表换人或代为交接")
    office.gets("东山镇政府，20日17时起。琼斯不能接班")
    town.passes(seconds=31)
    jones.replies("孩子发烧").expects("原因已记录，已告知上一级")
    town.passes(seconds=31)
    office.gets("琼斯不能接班：孩子发烧")
    until(town, 20, 17, 11)
    assert roster(town, "township")["now"] == ["li"]
    jones.expects_nothing()  # who has said so is not called again
    office.gets("系统橙色告警：东山镇政府", "琼斯不能接班：孩子发烧")
    front = requests.get(f"{town.url}/?lang=zh", timeout=SOON).text
    shown = front.split('id="hand-overs"')[1].split("</section>")[0]
    assert "琼斯 不能接" in shown
    assert "李镇长 仍在值班，自" in shown
    smith = phone(town, "smith")
    does(town, "admin", "/township/changes", 201, kind="replace", begins=at(20, 17), ends=at(20, 23),
         person="smith", reason="琼斯请假")  # fmt: skip
    assert roster(town, "township")["now"] == ["li"]
    smith.gets("Hand-over: Dongshan township, from 20 Jan 17:11. It is time: confirm that you take over").replies("1")
    smith.gets("Confirmed: you are on duty now")
    assert roster(town, "township")["now"] == ["smith"]
    town.passes(minutes=11)
    office.gets("【解除】系统橙色告警：东山镇政府", "已有人接班")


def test_silence_is_called_twice_louder_then_told_and_a_restart_loses_nothing(town: Town) -> None:
    on_since(town, "brown", 20, 16)
    chen, brown, wang, office = (phone(town, one) for one in ("chen", "brown", "wang", "zhao"))
    until(town, 20, 22, 1)
    chen.expects("20日22时起。请确认接班"), chen.expects("已到时间")
    town.restarts()
    until(town, 20, 22, 6)
    chen.expects("第2次呼叫").expects_nothing()
    until(town, 20, 22, 14)
    chen.expects_nothing()
    until(town, 20, 22, 16)
    chen.expects("第3次呼叫").expects_nothing()
    wang.expects_nothing()
    until(town, 20, 22, 21)
    told = "交警大队，20日22时起。陈警官至今未确认接班，布朗继续值班"
    brown.expects(told), wang.expects(told)
    assert roster(town, "police")["now"] == ["brown"]
    until(town, 20, 22, 32)
    office.gets("系统橙色告警：交警大队", "陈警官至今未确认接班")
    until(town, 20, 23, 25)
    chen.gets("第4次呼叫")  # it goes on, at the slow pace
    asked = town.asks(pursuit.c.id, pursuit.c.wants == "handover", pursuit.c.post == "police",
                      pursuit.c.state == "open")  # fmt: skip
    assert len(asked) == 1
    page = requests.get(town.link("chen"), timeout=SOON).text
    assert "交接班 · 交警大队" in page
    assert "布朗 仍在值班" in page
    assert town.answers_by_link("chen", "take-over") == 200
    assert roster(town, "police")["now"] == ["chen"]
    assert town.asks(pursuit.c.id, pursuit.c.id == asked[0], pursuit.c.state == "answered")


def test_nobody_but_the_incomer_confirms_and_a_supervisor_only_with_a_reason(town: Town) -> None:
    chen, brown = phone(town, "chen"), phone(town, "brown")
    until(town, 21, 4, 2)
    brown.gets("21日4时起。已到时间")
    refused = does(town, "chen", "/police/hand-over", 409, answer="take-over", reason="我要下班")
    assert "只有接班人本人" in refused["zh"]
    does(town, "admin", "/police/hand-over", 422, answer="take-over")
    assert roster(town, "police")["now"] == ["chen"]
    shown = requests.get(f"{town.url}/roster?lang=zh", timeout=SOON).text.split('id="police"')[1]
    shown = shown.split("</section>")[0]
    assert "04:00</time> 已到交接时间，布朗 尚未确认接班" in shown
    assert "陈警官 仍在值班" in shown
    assert "<form" not in shown  # who has not logged in only looks
    form = {"act": "take-over", "post": "police", "reason": "布朗已到岗，手机没电"}
    assert posts_form(town, "brown", form | {"act": "cannot-take-over", "reason": ""})[0] == 422
    assert posts_form(town, "admin", form)[0] == 303
    town.passes(seconds=31)
    assert roster(town, "police")["now"] == ["brown"]
    chen.gets("由布朗接班（管理员代为交接：布朗已到岗，手机没电）")
    brown.gets("管理员代为交接")
    assert town.api("POST", "/rosters/police/hand-over", json={"answer": "take-over"}).status_code == 409


def test_who_confirms_ahead_is_on_duty_when_their_shift_begins(town: Town) -> None:
    if roster(town, "township")["hand_over"] is not None:  # of the morning
        does(town, "admin", "/township/hand-over", 200, answer="take-over", reason="已到岗")
    li, jones = phone(town, "li"), phone(town, "jones")
    until(town, 21, 4, 55)
    assert town.runs_besides("roster take-over", "township", "--as", "jones") == 0
    assert handed(town, "township")["state"] == "confirmed"
    until(town, 21, 4, 59)
    assert roster(town, "township")["now"] != ["jones"]
    until(town, 21, 5, 1)
    assert roster(town, "township")["now"] == ["jones"]
    jones.gets("21日5时起。请确认接班").expects_nothing()
    assert li.unread == [] or "琼斯" in li.unread[-1].body


def test_where_whoever_should_stay_has_left_the_incomer_is_on_duty_unconfirmed(town: Town) -> None:
    on_since(town, "brown", 21, 4)
    until(town, 21, 10, 3)
    assert roster(town, "police")["now"] == ["brown"]
    chen = phone(town, "chen")
    rules = town.folder / "rosters-new.yaml"
    rules.write_text(ROSTERS.replace("[chen, brown]", "[chen]"), "utf-8")
    people = town.folder / "people-new.csv"
    lines = (town.folder / "county" / "people.csv").read_text("utf-8").splitlines(keepends=True)
    people.write_text("".join(line for line in lines if not line.startswith("brown,")), "utf-8")
    assert town.runs_besides("import", "rosters", str(rules)) == 0
    assert town.runs_besides("import", "people", str(people)) == 0
    town.passes(seconds=31)
    assert roster(town, "police")["now"] == ["chen"]
    chen.gets("交警大队，21日10时起。现由您值班，请确认接班")
    held = handed(town, "police")
    assert (held["stage"], held["outgoer"], held["incomer"]) == ("alone", None, "chen")
    orders(town, "guide", "塌方", "bridge-1")
    town.passes(seconds=31)
    chen.gets("塌方")
    until(town, 21, 10, 40)
    chen.forgets().replies("确认接班").expects("您有2条待答复，请加编号")  # it is no order's answer
    code = code_in([text for text in town.deliveries("chen") if "【交接班】" in text][-1])
    chen.replies(f"确认接班 {code}").expects("已确认接班")
    assert town.asks(handover.c.n, handover.c.post == "police", handover.c.state == "open") == []


def test_after_all_of_it_no_minute_was_without_anybody_and_none_had_two(town: Town) -> None:
    store = town.store()
    with store.read() as connection:
        served = connection.execute(
            select(duty).where(duty.c.post == "police").order_by(duty.c.began, duty.c.n)
        ).all()
    store.close()
    assert all(one.person != after.person for one, after in pairwise(served))
    assert [row.ended for row in served[:-1]] == [row.began for row in served[1:]]
    assert served[-1].ended is None
