"""Rosters through the real process: who is called is whose turn it is now. One process for all stories,
from a Tuesday afternoon on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from alerting.runtime import RealRuntime
from alerting.web.tokens import create_token
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import HERE, SOON, Phone, Town

ZONE = ZoneInfo("Asia/Shanghai")
ROSTERS = """\
rosters:
  - post: police               # chen by day, brown by night
    layers:
      - {people: [chen, brown], every: 12 hours, hand-over: "08:00", from: 2026-01-20}
  - post: road-owner           # nobody by night
    layers:
      - people: [qian]
        every: 1 week
        hand-over: "08:00"
        from: 2026-01-19
        only: {hours: "08:00-20:00"}
  - post: township
    layers:
      - {people: [li, jones], every: 1 day, hand-over: "08:00", from: 2026-01-20}
"""
ONE_SOURCE = {"sources": {"model": {"use": "signals", "brings": "forecast", "cadence_hours": 240,
                                    "quantities": ["temperature", "precipitation"]}}}  # fmt: skip
NEWCOMERS = ("brown,布朗,Officer Brown,zh,answer,sms:+447700900120",
             "jones,琼斯,Jones,zh,answer,sms:+447700900121")  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        made = Town(tmp_path_factory.mktemp("rosters"), provider, nursery,
                    changes=ONE_SOURCE | {"exercise": {"play": "storm", "speed": 600}})  # fmt: skip
        made.also("people.csv", *NEWCOMERS).on_duty("police").on_duty("township")
        rosters(made, ROSTERS)
        yield made.begin()
        made.concludes()


def rosters(town: Town, text: str) -> None:
    (town.folder / "county" / "rosters.yaml").write_text(text, "utf-8")


def phone(town: Town, person: str) -> Phone:
    return town.phone(person).forgets()


def until(town: Town, day: int, hour: int, minute: int = 0) -> None:
    """Time goes on to a moment of January, local."""
    at = datetime(2026, 1, day, hour, minute, tzinfo=ZONE).astimezone(UTC)
    assert at > town.now
    town.passes(seconds=(at - town.now).total_seconds())


def at(day: int, hour: int) -> str:
    return datetime(2026, 1, day, hour, tzinfo=ZONE).isoformat()


def orders(town: Town, measure: str, reason: str, place: str = "G99-K12", **more: Any) -> None:
    town.by_hand("/measures", reason, measure=measure, place=place, level="orange", **more)


def bearer(town: Town, who: str) -> str:
    store = town.store()
    role = "admin" if who == "admin" else "answer"
    made = store.write(
        lambda c: create_token(c, who, role, None, "stories", town.now, RealRuntime()))  # fmt: skip
    store.close()
    return made


def does(town: Town, who: str, path: str, expected: int, **body: Any) -> dict[str, Any]:
    """Somebody changes a roster through the API, in their own name."""
    answer = requests.post(f"{town.url}/api/v1/rosters{path}", json=body, timeout=SOON,
                           headers={"Authorization": f"Bearer {bearer(town, who)}"})  # fmt: skip
    assert answer.status_code == expected, answer.text
    town.passes(seconds=31)  # whoever was written to just now is told then
    return dict(answer.json())


def posts_form(town: Town, who: str, form: dict[str, str]) -> tuple[int, str]:
    """Somebody sends a form of the page; the code and the page that came back."""
    answer = requests.post(f"{town.url}/roster", data=form, timeout=SOON, allow_redirects=False,
                           headers={"Authorization": f"Bearer {bearer(town, who)}",
                                    "Accept": "text/html"})  # fmt: skip
    town.settles()
    return answer.status_code, answer.text


def roster(town: Town, post: str) -> dict[str, Any]:
    answer = town.api("GET", f"/rosters/{post}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def turns(town: Town, post: str, first: int, last: int, hour: int = 8) -> list[list[str]]:
    """Who is on duty at a post from one day's morning to another's."""
    begins = datetime(2026, 1, first, hour, tzinfo=ZONE)
    days = {"from": begins.isoformat(), "days": last - first}
    answer = town.api("GET", f"/rosters/{post}", params=days)
    return [one["people"] for one in answer.json()["shifts"]]


def test_a_night_without_anybody_is_told_the_day_before(town: Town) -> None:
    town.passes(minutes=11)
    told = [text for text in town.deliveries("zhao") if "系统橙色告警：公路养护" in text]
    assert "1月20日20:00至1月21日08:00无人值班" in told[0]


def test_a_call_that_goes_on_over_a_hand_over_rings_at_whoever_came(town: Town) -> None:
    until(town, 20, 19, 55)
    chen, brown = phone(town, "chen"), phone(town, "brown")
    orders(town, "guide", "桥头追尾")
    code = chen.expects("桥头追尾").code
    town.passes(minutes=11)
    chen.expects_nothing()
    brown.expects("第2次呼叫", "引导").replies("1").expects("收到确认")
    chen.replies(f"2 {code}").expects("已记录落实")  # it was he who was asked first, and he did it
    assert roster(town, "police")["now"] == ["brown"]


def test_where_nobody_is_on_the_roster_the_post_above_is_called_at_once(town: Town) -> None:
    qian, wang = phone(town, "qian"), phone(town, "wang")
    orders(town, "salt", "桥面结冰", "bridge-1")
    qian.expects_nothing()
    wang.expects("公路养护无人在岗，请您处置", "撒盐").replies("1").expects("收到确认")


def test_somebody_else_is_on_duty_for_a_while_and_both_are_told(town: Town) -> None:
    [[on]] = turns(town, "police", 20, 21, hour=21)[:1]
    there, wang = phone(town, on), phone(town, "wang")
    name = {"brown": "布朗", "chen": "陈警官"}[on]
    given = {"kind": "replace", "begins": at(20, 21), "ends": at(20, 23), "person": "wang",
             "reason": "培训"}  # fmt: skip
    does(town, "chen", "/police/changes", 403, **given)
    [number] = does(town, "admin", "/police/changes", 201, **given)["changes"]
    for told in (there, wang):
        told.gets("值班安排", f"1月20日21:00至1月20日23:00由王处长替{name}值班", "培训")
    refused = does(town, "admin", "/police/changes", 409, **given)
    assert f"第{number}号" in refused["zh"]
    until(town, 20, 21, 1)
    orders(town, "hold-entry", "入口拥堵")
    wang.gets("入口拥堵").replies(f"1 {wang.code}").expects("收到确认")
    there.expects_nothing()


def test_a_swap_is_asked_by_one_and_taken_by_the_other(town: Town) -> None:
    li, jones = phone(town, "li"), phone(town, "jones")
    assert turns(town, "township", 21, 23) == [["jones"], ["li"]]
    swap = {"shift": at(22, 8), "person": "jones", "back": at(21, 8), "reason": "回家"}
    [number] = does(town, "li", "/township/swaps", 201, **swap)["changes"]
    jones.expects("值班安排", "1月22日08:00至1月23日08:00由琼斯替李镇长值班", "请您接班")
    assert turns(town, "township", 21, 23) == [["jones"], ["li"]]
    does(town, "chen", f"/changes/{number}/take", 409)
    does(town, "jones", f"/changes/{number}/take", 200)
    li.expects("已生效", "琼斯")
    assert turns(town, "township", 21, 23) == [["li"], ["jones"]]


def test_a_change_whose_shift_moves_is_flagged_and_puts_nobody_on(town: Town) -> None:
    office = phone(town, "zhao")
    given = {"kind": "replace", "begins": at(22, 8), "ends": at(22, 20), "person": "wang",
             "reason": "替班"}  # fmt: skip
    does(town, "admin", "/police/changes", 201, **given)
    assert turns(town, "police", 22, 23) == [["wang"], ["brown"]]
    rosters(town, ROSTERS.replace("[chen, brown]", "[brown, chen]"))
    town.restarts()
    town.passes(minutes=11)
    office.gets("交警大队1月2", "调班（admin安排）因值班表变动已失效")
    assert turns(town, "police", 22, 23) == [["brown"], ["chen"]]
    assert {one["state"] for one in roster(town, "police")["changes"]} == {"flagged"}


def test_a_roster_kept_elsewhere_is_taken_for_its_time(town: Town) -> None:
    exported = town.api("GET", "/rosters/police.ics", params={"days": 2})
    assert exported.headers["content-type"].startswith("text/calendar")
    feast = "\r\n".join([
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT", "SUMMARY:钱路政", "DTSTART:20260124T080000", "DTEND:20260125T080000", "END:VEVENT",
        "BEGIN:VEVENT", "SUMMARY:smith", "DTSTART:20260125T080000", "DTEND:20260126T080000", "END:VEVENT",
        "END:VCALENDAR", "",
    ])  # fmt: skip
    qian, chen = phone(town, "qian"), phone(town, "chen")
    does(town, "admin", "/police/calendar", 201, ics=feast, reason="春节")
    qian.gets("值班安排", "临时值班表", "您在1月24日08:00至1月25日08:00值班", "春节")
    chen.gets("值班安排", "临时值班表", "您不值班")  # relieved by it
    assert turns(town, "police", 24, 26) == [["qian"], ["smith"]]
    refused = does(town, "admin", "/police/calendar", 409, ics=feast, reason="春节")
    assert "临时值班表" in refused["zh"]


def test_the_page_says_who_is_on_and_a_form_changes_it(town: Town) -> None:
    page = requests.get(f"{town.url}/roster?lang=zh", timeout=SOON).text
    assert "<script" not in page
    owner = page.split('id="road-owner"')[1].split("</section>")[0]
    assert "无人值班" in owner
    assert 'class="flag">' in owner.split('class="shifts"')[1]
    assert "<form" not in owner  # who has not logged in only looks
    english = requests.get(f"{town.url}/roster?lang=en", timeout=SOON).text
    assert "On duty now" in english.split('id="police"')[1]
    given = {"act": "change", "post": "road-owner", "kind": "add", "person": "jones",
             "begins": "2026-01-20T22:30", "ends": "2026-01-21T08:00", "reason": "补空"}  # fmt: skip
    assert posts_form(town, "chen", given)[0] == 403
    assert posts_form(town, "admin", given)[0] == 303
    until(town, 20, 22, 31)
    assert roster(town, "road-owner")["now"] == ["jones"]
    code, shown = posts_form(town, "admin", given | {"begins": "2026-01-21T01:00"})
    assert code == 422
    assert "已有更改" in shown
    assert 'value="2026-01-21T01:00"' in shown
    number = roster(town, "road-owner")["changes"][0]["id"]
    undone = {"act": "undo", "post": "road-owner", "number": str(number), "reason": "不用了"}
    assert posts_form(town, "admin", undone)[0] == 303
    assert roster(town, "road-owner")["now"] == []


def test_the_commands_do_the_same(town: Town) -> None:
    file = town.folder / "police.ics"
    assert town.runs_besides("roster show", "police") == 0
    assert town.runs_besides("roster show", "polcie") == 2
    assert town.runs_besides("roster export", "police", str(file)) == 0
    assert "BEGIN:VEVENT" in file.read_text("utf-8")
    given = ("roster override", "police", "remove", "2026-01-28 08:00", "2026-01-28 20:00")
    assert town.runs_besides(*given, "--reason", "停电", "--as", "admin") == 0
    assert turns(town, "police", 28, 29)[0] == []
    assert town.runs_besides(*given, "--reason", "停电", "--as", "admin") == 2
    assert town.runs_besides("roster undo", "9999", "--reason", "错", "--as", "admin") == 2


def test_who_leaves_while_on_duty_is_called_no_more(town: Town) -> None:
    [gone] = roster(town, "police")["now"]
    [stays] = {"chen", "brown"} - {gone}
    left, here = phone(town, gone), phone(town, stays)
    rules = town.folder / "rosters-new.yaml"
    rules.write_text(ROSTERS.replace("[chen, brown]", f"[{stays}]"), "utf-8")
    people = town.folder / "people-new.csv"
    lines = (town.folder / "county" / "people.csv").read_text("utf-8").splitlines(keepends=True)
    people.write_text("".join(line for line in lines if not line.startswith(f"{gone},")), "utf-8")
    assert town.runs_besides("import", "people", str(people)) == 2  # the roster names them still
    assert town.runs_besides("import", "rosters", str(rules)) == 0
    assert town.runs_besides("import", "people", str(people)) == 0
    town.passes(seconds=31)  # whoever was written to just now is called then
    orders(town, "guide", "塌方", "bridge-1")
    here.gets("塌方")
    assert left.unread == []


def test_an_exercise_of_another_year_calls_whoever_is_awake_now(town: Town) -> None:
    [on] = roster(town, "police")["now"]
    awake = phone(town, on)
    town.plays()
    town.passes(seconds=1)
    awake.gets("演练", "2月8日18时 -3 °C", "30公里/小时")


def test_a_night_in_which_the_clock_jumps_ends_when_the_wall_says_so(
    make_town: Callable[..., Town],
) -> None:
    """In New York eight o'clock is at 12:00 UTC after the night of 11 hours, at 13:00 after the one of 13."""
    county = json.loads((HERE / "config.json").read_text("utf-8"))["county"]
    spring, autumn = datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 11, 1, 13, tzinfo=UTC)
    town = make_town(start=spring - timedelta(minutes=9),
                     changes={"county": county | {"timezone": "America/New_York"}})  # fmt: skip
    town.also("people.csv", *NEWCOMERS)
    rosters(town, ROSTERS.replace("08:00", "20:00", 1).replace("2026-01-20", "2026-03-06", 1))
    town.begin()
    for ends in (spring, autumn):
        if ends == autumn:
            town.dies()
            town.begin(autumn - timedelta(minutes=9))
        town.passes(seconds=(ends - town.now).total_seconds() - 1)
        assert roster(town, "police")["now"] == ["chen"]
        town.passes(seconds=2)
        assert roster(town, "police")["now"] == ["brown"]


def test_a_call_that_still_rings_at_the_hand_over_is_made_to_whoever_came(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(start=datetime(2026, 1, 20, 11, 57, tzinfo=UTC), changes=ONE_SOURCE)
    town.also("people.csv", *NEWCOMERS)
    rosters(town, ROSTERS)
    town.begin()
    assert roster(town, "police")["now"] == ["chen"]
    chen, brown = town.phone("chen"), town.phone("brown")
    town.provider.refuses(429, 20429, retry_after=290, to=chen.number)  # busy until after eight
    orders(town, "guide", "弯道落石")
    town.passes(minutes=4)
    assert roster(town, "police")["now"] == ["brown"]
    chen.expects_nothing(), brown.expects_nothing()
    town.passes(minutes=2)
    brown.expects("弯道落石").replies("2").expects("已记录落实")
    town.passes(minutes=30)
    chen.expects_nothing(), brown.expects_nothing()
