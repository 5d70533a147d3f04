"""Many schools and one bureau: one question for all that lie above a height, each evening anew."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
import requests

from alerting.runtime import RealRuntime
from alerting.store.schema import answer, meeting
from alerting.web.tokens import create_token
from tests.scenarios.town import HERE, SOON, Phone, Town

HIGH = [f"high-{n}" for n in range(1, 6)]
LOW = ["low-1", "low-2"]
SCHOOLS = {key: f"{'高' if key in HIGH else '低'}{key[-1]}校" for key in (*HIGH, *LOW)}


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    made = make_town(rules="schools")
    shutil.copy(HERE / "book" / "calendar.yaml", made.folder / "rules")
    made.also("people.csv", "zheng,郑局长,Director Zheng,zh,decide,sms:+447700900114",
              *(f"head-{key},{name}长,Head {key},zh,answer,sms:+4477009002{n:02}"
                for n, (key, name) in enumerate(SCHOOLS.items())))  # fmt: skip
    made.also("posts.csv", "schooling,regulator,education,990101000000,教育局,Education bureau,zheng",
              *(f"{key},enterprise,education,{key},{name},School {key},head-{key}"
                for key, name in SCHOOLS.items()))  # fmt: skip
    made.also("sites.csv", *(
        f"{key},school,{name},School {key},990101100000,{key.partition('-')[0]},,,,education,,,,,,,"
        for key, name in SCHOOLS.items()
    ))  # fmt: skip
    return made.begin()


@pytest.fixture
def zheng(town: Town) -> Phone:
    """Directs the education bureau."""
    return town.phone("zheng")


def freezes(town: Town) -> None:
    """Hard frost above, none below, and nowhere so warm that it is over."""
    for point, temperature in (("low", 3.0), ("high", -3.0)):
        town.forecast({"temperature": [temperature] * 60}, [point])


def states(town: Town, measure: str = "suspend-classes") -> dict[str, str]:
    """Of the newest measure of each school."""
    return {m["object"]: m["state"] for m in town.measures(measure=measure)}


def put_to(phone: Phone) -> list[str]:
    """The questions among what somebody has not read; heads who stay silent are another story."""
    asks = ("请决定", "两项措施冲突", "确认能否解除")
    return [m.body for m in phone.unread if any(ask in m.body for ask in asks)]


def heads_do_it(town: Town) -> None:
    """Every school reports what it was ordered in force: their silence is another story."""
    for one in town.measures(state="issued"):
        town.api("POST", f"/measures/{one['id']}/in-force", json={})
    town.settles()


def evening(town: Town) -> None:
    """On to eight o'clock in the evening, with a fresh forecast: frost above, none below."""
    town.passes(hours=(20 - town.now.hour - 8) % 24 or 24, minutes=-town.now.minute - 30)
    freezes(town)
    town.passes(minutes=30)


def test_one_question_and_one_digit_for_all_schools_above_a_height(town: Town, zheng: Phone) -> None:
    evening(town)
    zheng.expects("请决定", "海拔1400米以上5处学校", "明天1月21日停课", "名单：高1校、高2校、高3校、高4校、高5校",
                  "同意回1，不同意回2")  # fmt: skip
    zheng.expects_nothing()
    town.phone("head-high-3").gets("通知：明天1月21日预告家长")
    zheng.replies("1").expects("已记录同意").expects_nothing()
    assert states(town) == dict.fromkeys(HIGH, "issued")
    measures = {m["id"] for m in town.measures(measure="suspend-classes")}
    answered = town.asks(answer.c.measure, answer.c.person == "zheng", answer.c.outcome == "taken")
    assert set(answered) == measures, "each school's measure is decided for itself"
    assert {m["day"] for m in town.measures(measure="suspend-classes")} == {"2026-01-21"}
    town.passes(seconds=40)
    town.phone("head-high-3").gets("明天1月21日停课")

    # One that joins later is a question about itself.
    town.by_hand("/measures", "校舍停暖", measure="suspend-classes", place="low-1", level="orange")
    zheng.expects("：低1校，20日20时起", "明天1月21日停课", "相邻：高1校停课", without=["名单", "5处"])
    zheng.replies("2 已供暖")
    zheng.gets("不同意")
    assert states(town) == dict.fromkeys(HIGH, "issued") | {"low-1": "refused"}

    # One that is ordered for a day of its own, beside what is decided for tomorrow.
    town.by_hand("/measures", "周五锅炉检修", measure="suspend-classes", place="high-1",
                 level="orange", day="2026-01-23")  # fmt: skip
    town.passes(seconds=40)
    zheng.expects("高1校", "1月23日停课").replies("1")
    assert [(m["day"], m["state"]) for m in town.measures(measure="suspend-classes", object="high-1")
            ] == [("2026-01-21", "issued"), ("2026-01-23", "issued")]  # fmt: skip


def test_a_school_is_taken_out_on_the_page_and_asked_about_alone(town: Town, zheng: Phone) -> None:
    evening(town)
    zheng.gets("海拔1400米以上5处学校")
    link = town.link("zheng")
    page = requests.get(link, timeout=SOON).text
    assert "同一问题：5处一并答复" in page
    assert page.count('type="checkbox"') == 5
    assert ticked(link, page, out="高5校", act="refuse") == 422, "to refuse needs a reason"
    assert ticked(link, page, out="高5校", act="approve") == 303
    town.settles()
    assert states(town) == dict.fromkeys(HIGH[:4], "issued") | {"high-5": "proposed"}
    town.passes(minutes=25)
    zheng.gets("【催办】", "高5校", "停课")

    # The page of a measure asks the same, and says who is left.
    evening(town)
    zheng.gets("海拔1400米以上5处学校", "明天1月22日停课")
    newest = {m["object"]: m["id"] for m in town.measures(measure="suspend-classes")}
    director = logged_in(town, "zheng")
    shown = town.api("GET", f"/measures/{newest['high-2']}").json()
    assert shown["together"] == [newest[key] for key in HIGH]
    own = f"{town.url}/measures/{newest['high-2']}"
    page = requests.get(own, headers=director, timeout=SOON).text
    assert page.count('type="checkbox"') == 5
    form = {"subject": f"measure:{newest['high-2']}", "several": "1", "act": "approve",
            f"one.{newest['high-1']}": "1", f"one.{newest['high-4']}": "1"}  # fmt: skip
    requests.post(f"{town.url}/act", data=form, headers=director, timeout=SOON)
    town.settles()
    assert states(town) == dict.fromkeys(HIGH, "proposed") | dict.fromkeys(
        ("high-1", "high-4"), "issued")  # fmt: skip
    town.by_hand("/measures", "校舍停暖", measure="suspend-classes", place="low-1",
                 level="orange")  # fmt: skip
    alone = next(m["id"] for m in town.measures(measure="suspend-classes") if m["object"] == "low-1")
    said = requests.post(f"{town.url}/api/v1/measures/{newest['high-2']}/approve",
                         json={"with": [newest["high-3"], alone]}, headers=director, timeout=SOON)  # fmt: skip
    assert said.status_code == 422, "it was not put together with them"
    assert "不能一并答复" in said.json()["zh"]
    town.settles()
    assert states(town)["high-2"] == states(town)["low-1"] == "proposed"
    both = {"with": [newest["high-3"], newest["high-5"]]}
    said = requests.post(f"{town.url}/api/v1/measures/{newest['high-2']}/approve", json=both,
                         headers=director, timeout=SOON)  # fmt: skip
    assert said.status_code == 202, said.text
    town.settles()
    assert states(town) == dict.fromkeys(HIGH, "issued") | {"low-1": "proposed"}


def ticked(link: str, page: str, *, out: str, act: str) -> int:
    """The form of one question, one place unticked."""
    form = next(f for f in page.split("<form") if 'name="several"' in f)
    fields = dict(part.split('" value="') for part in _hidden(form))
    places = dict(_boxes(form))
    given = fields | {box: "1" for box, name in places.items() if name != out} | {"act": act}
    return requests.post(link, data=given, timeout=SOON, allow_redirects=False).status_code


def _hidden(form: str) -> list[str]:
    return re.findall(r'type="hidden" name="(\w+" value="[^"]*)"', form)


def _boxes(form: str) -> list[tuple[str, str]]:
    return re.findall(r'type="checkbox" name="([^"]+)" value="1" checked> ([^<]+)<', form)


def logged_in(town: Town, person: str) -> dict[str, str]:
    store = town.store()
    token = store.write(
        lambda c: create_token(c, person, "decide", None, "a story", town.now, RealRuntime())
    )
    store.close()
    return {"Authorization": f"Bearer {token}"}


def test_a_conflict_at_many_schools_is_one_question(town: Town, zheng: Phone) -> None:
    town.by_hand("/measures", "家长外出务工", measure="take-in-pupils", place="990101100000",
                 level="orange")  # fmt: skip
    evening(town)
    assert len(put_to(zheng)) == 1, put_to(zheng)
    zheng.gets("两项措施冲突", "海拔1400米以上5处学校", "①开门接收学生", "②明天1月21日停课",
                  "保留①回1，改用②回2，两者并行回3")  # fmt: skip
    zheng.replies(f"3 无人照看的到校 {zheng.code}").gets("两者并行")
    assert states(town) == dict.fromkeys(HIGH, "issued")
    assert town.asks(meeting.c.answer) == ["both"] * 5
    assert set(town.asks(meeting.c.answered_by)) == {"zheng"}
    town.passes(seconds=40)
    town.phone("head-high-2").gets("明天1月21日停课", "与“开门接收学生”并行", "无人照看的到校")


def test_each_evening_asks_anew_for_the_next_school_day_and_dawn_for_the_same(
    town: Town, zheng: Phone
) -> None:
    evening(town)
    zheng.gets("明天1月21日停课").replies("1").gets("已记录同意")
    heads_do_it(town)
    zheng.forgets()
    town.passes(hours=9)
    freezes(town)
    town.passes(minutes=31)  # 05:31
    assert not put_to(zheng)
    first = town.measures(measure="suspend-classes")

    evening(town)  # Wednesday
    zheng.gets("明天1月22日停课").replies(f"2 已清雪 {zheng.code}").gets("不同意")
    again = {m["id"]: m["state"] for m in town.measures(measure="suspend-classes")}
    assert {again[m["id"]] for m in first} == {"expired"}, "its day is over"
    assert len(again) == 10
    zheng.forgets()
    town.passes(hours=9)
    freezes(town)
    town.passes(minutes=31)
    assert not put_to(zheng), "what was decided for the day is not put again at dawn"

    evening(town)  # Thursday
    zheng.forgets()
    town.passes(hours=9)
    freezes(town)
    town.passes(minutes=31)
    zheng.gets("今天1月23日停课").replies(f"1 {zheng.code}").gets("已记录同意")
    assert states(town) == dict.fromkeys(HIGH, "issued")
    heads_do_it(town)

    zheng.forgets()
    evening(town)  # Friday: nobody goes to school tomorrow
    [check] = put_to(zheng)
    assert "海拔1400米以上5处学校" in check
    zheng.gets("确认能否解除", "今天1月23日停课").replies(f"1 {zheng.code}").gets("措施解除")
    assert states(town) == dict.fromkeys(HIGH, "lifted")
    town.passes(hours=24)
    assert not put_to(zheng)
    evening(town)  # Sunday
    zheng.gets("请决定", "明天1月26日停课")
