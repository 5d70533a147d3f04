"""Drills of people: a script is played by the clock on the wall, and live people answer themselves. One
process for the stories that follow each other."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import text

from alerting.store.schema import delivery, signal
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_by_hand_page import Desk
from tests.scenarios.town import SOON, Phone, Town

ONE_SOURCE = {"sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760}}}
ICE = """\
title: {zh: 道路结冰演练, en: Road icing drill}
lasts: 60 min
steps:
  - after: 0 min
    open: {rule: icing, place: G99-K12, level: orange, reason: 假定桥面结冰}
  - after: 10 min
    order: {measure: guide, place: bridge-1, level: orange, reason: 假定桥上追尾}
"""


FOG = """\
title: {zh: 大雾叫应演练, en: Fog call-out drill}
lasts: 60 min
steps:
  - after: 0 min
    open: {rule: fog, place: G99-K12, level: red, reason: 假定能见度不足五十米}
"""
CALLING = """\
questions:
  commander: {zh: 现场指挥, en: who commands, example: {zh: 张三, en: Li Wei}}
  help: {zh: 是否需要支援, en: is help needed, kind: yes-no, help: true, example: {zh: 否, en: "no"}}
call-outs:
  red: {call: {township: [commander, help]}}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Town]:
    with StandIn() as provider:
        made = Town(tmp_path_factory.mktemp("drills"), provider, nursery,
                    changes=ONE_SOURCE)
        script(made, "ice", ICE)
        made.also("people.csv", "sun,孙组织,Organiser Sun,zh,order,sms:+447700900140")
        script(made, "fog", FOG)
        (made.folder / "rules" / "calling.yaml").write_text(CALLING, "utf-8")
        yield made.begin()
        made.concludes()


def script(town: Town, name: str, text: str) -> None:
    folder = town.folder / "exercises" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.yaml").write_text(text, "utf-8")


def phone(town: Town, person: str) -> Phone:
    return town.phone(person).forgets()


def _goes_to(town: Town, moment: datetime) -> None:
    town.passes(seconds=(moment - town.now).total_seconds())


def later(town: Town, **time: float) -> str:
    return (town.now + timedelta(**time)).isoformat()


def holds(town: Town, plan: str = "ice", **more: Any) -> int:
    """Somebody who may holds a drill, now or at a time; gives its number."""
    answer = town.api("POST", "/drills", json={"plan": plan, "reason": "季度演练", **more})
    assert answer.status_code == 201, answer.text
    town.settles()
    return int(answer.json()["id"])


def report(town: Town, number: int) -> dict[str, Any]:
    answer = town.api("GET", f"/drills/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def stops(town: Town, number: int) -> str:
    answer = town.api("POST", f"/drills/{number}/stop", json={"reason": "到此为止"})
    assert answer.status_code == 200, answer.text
    town.settles()
    return str(answer.json()["state"])


def test_a_drill_now_calls_live_people_and_its_report_says_who_answered(town: Town) -> None:
    chen, qian, li = (phone(town, p) for p in ("chen", "qian", "li"))
    number = holds(town)
    qian.gets("【演练】", "撒盐除冰", "假定桥面结冰")
    town.passes(minutes=3)
    assert chen.unread, "nobody answers in place of people who live"
    chen.gets("30公里/小时").replies("1").gets("【演练】", "收到确认")
    town.passes(minutes=8)
    chen.gets("【演练】", "引导慢行")
    said = report(town, number)
    assert (said["state"], said["by"], said["reason"]) == ("running", "admin", "季度演练")
    tiers = {t["tier"]: t for t in said["figures"]["tiers"]}
    assert (tiers["field"]["called"], tiers["field"]["woken"], tiers["field"]["median"]) == (1, 1, 180)
    assert tiers["enterprise"]["never"] == 1
    [sms] = [c for c in said["figures"]["channels"] if c["channel"] == "sms"]
    assert (sms["answered"], sms["median"], sms["dead"]) == (1, 180, 0)
    town.passes(minutes=50)
    chen.gets("【演练】", "演练结束")
    li.gets("【演练】", "演练结束")
    said = report(town, number)
    assert (said["state"], said["how"], said["before"]) == ("ended", "over", None)
    assert {p["person"] for p in said["figures"]["people"] if p["seconds"] is None} >= {"qian", "li"}
    assert town.alerts() == town.measures() == []


def test_the_next_drill_of_the_plan_is_shown_beside_the_last(town: Town) -> None:
    chen = phone(town, "chen")
    number = holds(town)
    town.passes(minutes=1)
    chen.gets("30公里/小时").replies("1").gets("收到确认")
    desk, path = Desk(town, "管理员"), f"/drills/{number}"
    shown = desk.page(f"{path}?lang=zh")
    assert 'http-equiv="refresh" content="20"' in shown
    form = desk.page(f"{path}?do=stop")  # while it is filled in, the page stands still
    assert 'http-equiv="refresh"' not in form
    assert 'name="reason"' in form
    assert 'name="reason"' not in shown
    token = re.findall(r'name="form" value="([^"]*)"', form)[0]
    refused = desk.posts(f"{path}/stop", 422, form=token, reason=" ")
    assert 'role="alert"' in refused
    assert f'action="{path}/stop"' in refused, "the form is still there"
    assert report(town, number)["state"] == "running"
    assert 'http-equiv="refresh"' not in desk.page("/drills"), "whoever may has a form in hand"
    assert stops(town, number) == "ended"
    chen.gets("【演练】", "演练结束", "组织者")
    said = report(town, number)
    field = {name: {t["tier"]: t for t in one["figures"]["tiers"]}["field"]["median"]
             for name, one in (("now", said), ("before", said["before"]))}  # fmt: skip
    assert field == {"now": 60, "before": 180}
    assert (said["how"], said["ended_by"], said["remark"]) == ("stopped", "admin", "到此为止")
    page = requests.get(f"{town.url}/drills/{number}?lang=zh", timeout=SOON).text
    assert "提前结束" in page
    assert "上次 3 分钟" in page
    town.passes(minutes=30)
    chen.expects_nothing()  # nothing of it goes on


def test_an_announced_drill_is_told_a_day_ahead_and_called_off_with_word(town: Town) -> None:
    chen = phone(town, "chen")
    # Whenever the stories before it end: half past midnight, and so is the moment a day ahead.
    today = town.now.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=30, second=0, microsecond=0)
    begins, ahead = today + timedelta(days=2), today + timedelta(days=1)
    number = holds(town, at=begins.isoformat(), announced=True)
    _goes_to(town, ahead - timedelta(minutes=10))
    chen.expects_nothing()
    _goes_to(town, ahead + timedelta(minutes=10))  # the middle of the night
    chen.expects_nothing()
    _goes_to(town, ahead + timedelta(hours=7, minutes=10))
    chen.expects("【演练】", f"{begins.month}月{begins.day}日00:", "道路结冰演练")
    assert stops(town, number) == "called off"
    town.passes(seconds=31)  # what follows at once is bundled
    chen.expects("【演练】", "取消", "到此为止")
    town.passes(hours=25)
    chen.expects_nothing()
    assert report(town, number)["state"] == "called off"


def test_an_unannounced_drill_is_known_to_nobody_and_marked_in_every_message(town: Town) -> None:
    chen = phone(town, "chen")
    number = holds(town, at=later(town, hours=2))
    seen = requests.get(f"{town.url}/api/v1/drills", timeout=SOON).json()["drills"]
    assert number not in [one["id"] for one in seen], "a reader without a role knows of none"
    assert requests.get(f"{town.url}/drills/{number}", timeout=SOON).status_code == 404
    town.passes(hours=1, minutes=59)
    chen.expects_nothing()
    town.passes(minutes=2)
    count = len(chen.unread)
    assert count
    assert all(m.body.startswith("【演练】") for m in chen.unread)
    stops(town, number)


def test_a_code_of_the_drill_answers_nothing_real(town: Town) -> None:
    chen = phone(town, "chen")
    number = holds(town)
    played = chen.gets("30公里/小时").code
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="yellow")
    real = chen.gets("桥上有事故").code
    chen.replies("1").gets("您有2条待答复", played, real)
    chen.replies(f"1 {played}").gets("收到确认")
    assert [m["state"] for m in town.measures()] == ["issued"]
    assert report(town, number)["figures"]["woken"] == 1
    town.by_hand(f"/measures/{town.measures()[0]['id']}/withdraw", "核实无事故")
    stops(town, number)


def test_a_real_alert_of_orange_stops_it_and_a_drill_due_meanwhile_is_not_held(town: Town) -> None:
    chen, zhao = phone(town, "chen"), phone(town, "zhao")
    first, second = holds(town), holds(town, at=later(town, minutes=30), announced=True)
    assert chen.unread
    town.by_hand("/alerts", "桥面结冰", rule="fog", place="G99-K12", level="orange")
    chen.gets("【演练】", "演练中止", "转入实战")
    assert report(town, first)["how"] == "real"
    refused = town.api("POST", "/drills", json={"plan": "ice", "reason": "再来一次"})
    assert (refused.status_code, "真实" in refused.json()["zh"]) == (409, True)
    zhao.forgets()
    town.passes(minutes=31)
    zhao.gets("【演练】", "没有进行", "真实的橙色或红色")
    assert (report(town, second)["state"], report(town, second)["how"]) == ("missed", "real")
    town.by_hand(f"/alerts/{town.alert(state='open')['id']}/withdraw", "误报")


def test_a_real_order_of_red_that_no_alert_asks_for_stops_it_until_it_is_in_force(town: Town) -> None:
    chen = phone(town, "chen")
    first, second = holds(town), holds(town, at=later(town, minutes=5))
    town.by_hand("/measures", "桥上连环追尾", measure="guide", place="bridge-1", level="red")
    chen.gets("【演练】", "演练中止", "转入实战")
    code = chen.gets("桥上连环追尾").code
    assert report(town, first)["how"] == "real"
    refused = town.api("POST", "/drills", json={"plan": "ice", "reason": "再来一次"})
    assert (refused.status_code, "命令" in refused.json()["zh"]) == (409, True)
    town.passes(minutes=6)
    assert (report(town, second)["state"], report(town, second)["how"]) == ("missed", "real")
    chen.replies(f"2 {code}").gets("已记录落实")
    third = holds(town)
    town.passes(minutes=1)
    assert report(town, third)["state"] == "running", "nobody is called for it any more"
    stops(town, third)
    [ordered] = [m for m in town.measures() if m["ended"] is None]
    town.by_hand(f"/measures/{ordered['id']}/withdraw", "已清理")


def test_one_answer_to_everything_counts_on_the_channel_it_came_by(town: Town) -> None:
    chen = phone(town, "chen")
    number = holds(town)
    town.passes(minutes=1)
    chen.gets("30公里/小时").replies("1 全部")
    [sms] = [c for c in report(town, number)["figures"]["channels"] if c["channel"] == "sms"]
    assert (sms["answered"], sms["median"]) == (1, 60)
    assert sms["messages"] > 1
    stops(town, number)


def test_a_drill_goes_on_after_a_kill_and_its_report_says_so(town: Town) -> None:
    chen = phone(town, "chen")
    number = holds(town)
    town.passes(minutes=2)
    town.dies()
    town.begin(town.now + timedelta(minutes=6))
    assert report(town, number)["state"] == "running"
    chen.gets("30公里/小时").replies("1").gets("收到确认")
    town.passes(minutes=3)
    assert len([m for m in chen.unread if "引导慢行" in m.body]) == 1, "the second step, once"
    [gap] = report(town, number)["gaps"]
    assert datetime.fromisoformat(gap["until"]) - datetime.fromisoformat(gap["from"]) >= (
        timedelta(minutes=6))
    played = town.asks(signal.c.id, signal.c.source == "drill",
                       signal.c.realm == report(town, number)["realm"])  # fmt: skip
    assert len(played) == 2
    town.dies()
    chen.forgets()
    town.begin(town.now + timedelta(minutes=16))
    chen.gets("【演练】", "演练结束", "系统曾中断")
    said = report(town, number)
    assert (said["state"], said["how"]) == ("ended", "interrupted")
    town.passes(minutes=30)
    assert not [m for m in chen.unread if "引导" in m.body]


def test_a_drill_missed_while_nobody_ran_is_said_and_not_played_late(town: Town) -> None:
    chen, zhao = phone(town, "chen"), phone(town, "zhao")
    number = holds(town, at=later(town, hours=1))
    town.dies()
    town.begin(town.now + timedelta(hours=2))
    said = report(town, number)
    assert (said["state"], said["how"], said["realm"]) == ("missed", "down", None)
    town.passes(hours=1)
    chen.expects_nothing()
    zhao.expects_nothing()  # who was told of nothing hears of nothing
    [told] = town.asks(delivery.c.text, delivery.c.person == "admin", delivery.c.realm == "drills",
                       delivery.c.text.contains("没有运行"))  # fmt: skip
    assert told.startswith("【演练】")


def test_a_recorded_storm_is_held_as_if_it_began_now_and_at_the_pace_of_the_wall(town: Town) -> None:
    chen = phone(town, "chen")
    shutil.copytree(town.folder / "storm", town.folder / "exercises" / "drizzle")
    number = holds(town, "drizzle")
    begun = town.now
    town.passes(minutes=1)
    local = begun.astimezone(ZoneInfo("Asia/Shanghai"))
    chen.gets("【演练】", "道路结冰", f"{local.day}日{local.hour}时")
    said = report(town, number)
    assert datetime.fromisoformat(said["ends"]) - begun > timedelta(hours=11)
    assert {a["level"] for a in town.alerts(said["realm"], rule="icing")} == {"orange"}
    assert stops(town, number) == "ended"


def test_a_plan_that_is_gone_after_a_restart_ends_its_drill_which_says_so(town: Town) -> None:
    chen = phone(town, "chen")
    folder = town.folder / "exercises" / "gone"
    shutil.copytree(town.folder / "storm", folder)
    number = holds(town, "gone")
    town.passes(minutes=1)
    town.dies()
    shutil.rmtree(folder)
    chen.forgets()
    town.begin(town.now + timedelta(minutes=2))
    chen.gets("【演练】", "演练结束", "方案无法读取")
    said = report(town, number)
    assert (said["state"], said["how"]) == ("ended", "plan")
    assert "storm.yaml" in said["remark"]
    shown = requests.get(f"{town.url}/drills/{number}?lang=zh", timeout=SOON).text
    assert "方案无法读取" in shown
    assert "storm.yaml" in shown


def test_a_red_drill_calls_a_township_out_and_its_figures_stand_in_the_report(town: Town) -> None:
    li, zhao = phone(town, "li"), phone(town, "zhao")
    number = holds(town, "fog")
    li.gets("【演练】", "【叫应】", "①现场指挥②是否需要支援")
    town.passes(minutes=6)
    li.gets("【演练】", "第2次呼叫")
    li.replies(f"5 {li.code} 张三 是").gets("【演练】", "已收报告：现场指挥 张三")
    zhao.gets("【演练】", "报告需要支援")
    said = report(town, number)
    [row] = said["figures"]["callouts"]
    assert (row["tier"], row["called"], row["woken"], row["reported"], row["woken_median"]) == (
        "township", 1, 1, 1, 360)  # fmt: skip
    [sheet] = town.api("GET", "/callouts", params={"realm": said["realm"]}).json()["callouts"]
    assert (sheet["reported"], sheet["late"]) == (1, 0)
    assert town.api("GET", "/callouts", params={"state": "all"}).json()["callouts"] == []
    page = requests.get(f"{town.url}/drills/{number}?lang=zh", timeout=SOON).text
    assert "<h2>叫应</h2>" in page
    assert stops(town, number) == "ended"
    li.gets("【演练】", "演练结束")
    li.forgets(), zhao.forgets()
    town.passes(hours=1)
    li.expects_nothing(), zhao.expects_nothing()  # help of a drill is called for no longer than it


def test_a_script_that_is_wrong_is_refused_with_line_and_mend(town: Town) -> None:
    wrong = ICE.replace("rule: icing", "rule: icy").replace("measure: guide", "measure: guard")
    script(town, "wrong", wrong.replace("after: 10 min", "after: 70 min"))
    answer = town.api("POST", "/drills", json={"plan": "wrong", "reason": "试试"})
    assert answer.status_code == 422
    said = answer.json()["detail"]
    for words in ("script.yaml:5:18: the book has no rule 'icy'", "script.yaml:6:12: this step comes",
                  "the book has no measure 'guard'"):  # fmt: skip
        assert words in said, said
    script(town, "mute", ICE.replace("reason: 假定桥上追尾", "reason: ''"))  # nobody would be called
    answer = town.api("POST", "/drills", json={"plan": "mute", "reason": "试试"})
    assert answer.status_code == 422
    assert "a step needs a reason" in answer.json()["detail"]
    plans = {p["plan"]: p for p in town.api("GET", "/drills").json()["plans"]}
    assert "icy" in plans["wrong"]["fault"]
    assert (plans["ice"]["minutes"], plans["ice"]["fault"]) == (60, "")


def test_a_drill_whose_organiser_has_left_is_not_held_and_the_office_hears_so(town: Town) -> None:
    chen, zhao = phone(town, "chen"), phone(town, "zhao")
    at = (town.now + timedelta(hours=1)).astimezone(ZoneInfo("Asia/Shanghai"))
    given = ("ice", f"{at:%Y-%m-%d %H:%M}", "--reason", "季度演练", "--as", "sun")
    assert town.runs_besides("drill schedule", *given) == 0
    [ahead] = [d for d in town.api("GET", "/drills").json()["drills"] if d["state"] == "scheduled"]
    people = town.folder / "people-new.csv"
    lines = (town.folder / "county" / "people.csv").read_text("utf-8").splitlines(keepends=True)
    people.write_text("".join(line for line in lines if not line.startswith("sun,")), "utf-8")
    assert town.runs_besides("import", "people", str(people)) == 0
    town.passes(hours=1, minutes=1)
    said = report(town, ahead["id"])
    assert (said["state"], said["how"], said["realm"]) == ("missed", "left", None)
    chen.expects_nothing()
    town.passes(hours=10)  # word of it waits for the morning
    zhao.gets("【演练】", "没有进行", "安排它的人已不在人员名册")
    shown = requests.get(f"{town.url}/drills/{ahead['id']}?lang=en", timeout=SOON).text
    assert "whoever asked for it has left" in shown
    assert "Organiser Sun" in shown


def test_in_a_real_county_nobody_answers_in_place_of_those_who_live(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(fictional=False, changes=ONE_SOURCE)
    script(town, "ice", ICE + "people:\n  otherwise: {acknowledge: 0 min}\n")
    town.begin_in_real_time()
    chen = town.phone("chen")
    number = holds(town)
    town.waits_until(lambda: [m for m in chen.unread if "30公里/小时" in m.body])
    assert all(m.body.startswith(("【演练】", "EXERCISE")) for m in town.provider.messages)
    chen.gets("30公里/小时").replies("1")
    town.waits_until(lambda: report(town, number)["figures"]["woken"])
    woken = [p["person"] for p in report(town, number)["figures"]["people"] if p["seconds"] is not None]
    assert woken == ["chen"]


def test_a_step_that_could_not_be_written_down_is_played_once_it_can(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes=ONE_SOURCE)
    script(town, "ice", ICE)
    town.begin_in_real_time()
    chen, store = town.phone("chen"), town.store()
    store.write(lambda c: c.execute(text(
        "CREATE TRIGGER refuses BEFORE INSERT ON signal WHEN NEW.source = 'drill'"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )))  # fmt: skip
    number = holds(town)
    failed = 'suian_loop_failures{loop="player"} 0.0'
    town.waits_until(lambda: failed not in requests.get(f"{town.url}/metrics", timeout=SOON).text)
    assert not chen.unread
    store.write(lambda c: c.execute(text("DROP TRIGGER refuses")))
    store.close()
    town.waits_until(lambda: [m for m in chen.unread if "30公里/小时" in m.body])
    said = report(town, number)
    assert (said["state"], said["not_played"]) == ("running", [])
    played = town.asks(signal.c.id, signal.c.source == "drill")
    assert len(played) == 1, "once"
