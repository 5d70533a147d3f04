"""Measures that meet: two that conflict are one question to one person; what needs another waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from sqlalchemy import select

from alerting.runtime import RealRuntime
from alerting.store.schema import audit, meeting, notice
from alerting.web.tokens import create_token
from tests.scenarios.test_responses import COMMAND, PLANS
from tests.scenarios.test_responses import PERSON as COMMANDER
from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, HARD_ICE, RED_FOG

PEOPLE = (
    "sun,孙矿长,Manager Sun,zh,answer,sms:+447700900111",
    "zhou,周局长,Director Zhou,zh,decide,sms:+447700900112",
    "wu,吴校长,Head Wu,zh,answer,sms:+447700900113",
    "zheng,郑局长,Director Zheng,zh,decide,sms:+447700900114",
)
POSTS = (
    "mine,enterprise,coal-mines,mine-1,东山煤矿,Dongshan mine,sun",
    "energy,regulator,coal-mines,990101000000,能源局,Energy bureau,zhou",
    "school,enterprise,education,school-1,东山小学,Dongshan school,wu",
    "schooling,regulator,education,990101000000,教育局,Education bureau,zheng",
)
SITES = (
    "mine-1,mine,东山煤矿,Dongshan mine,990101100000,low,,,,coal-mines,,,,,,,",
    "school-1,school,东山小学,Dongshan school,990101100000,low,,,,education,,,,,,,",
)
ROAD, TOWN, MINE, SCHOOL = "G99-K12", "990101100000", "mine-1", "school-1"


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    made = make_town(rules="meeting")
    made.also("people.csv", *PEOPLE).also("posts.csv", *POSTS).also("sites.csv", *SITES)
    return made.begin()


def state(town: Town, measure: str) -> str:
    return str(town.measures(measure=measure)[-1]["state"])


def orders(town: Town, measure: str, place: str, reason: str = "滞留车辆需要疏散", **more: Any) -> Any:
    return town.by_hand("/measures", reason, measure=measure, place=place, level="orange", **more)


def closed(town: Town, chen: Phone, wang: Phone) -> None:
    """The section is closed, and in force."""
    town.forecast(RED_FOG)
    wang.gets("封闭路段", "同意").replies("1").gets("已记录同意")
    chen.gets("封闭路段").replies("2").gets("已记录落实")
    assert state(town, "close") == "in force"


def soon(town: Town) -> None:
    """What follows a message within half a minute is bundled and waits."""
    town.passes(seconds=40)


def on_record(town: Town, *actions: str) -> list[tuple[str, str]]:
    store = town.store()
    with store.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.action.in_(actions)).order_by(audit.c.n))
        found = [(row.who, row.action) for row in rows]
    store.close()
    return found


# A closed road and staged release


def test_a_release_on_a_closed_road_is_one_question_with_both_sides(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    closed(town, chen, wang)
    said = orders(town, "staged-release", ROAD)
    told = town.api("GET", f"/answers/{said['id']}").json()["next"]["zh"]
    assert told == "已记录，与“封闭路段”冲突，暂不下达，待交通运输局决定"
    wang.expects("两项措施冲突", "①封闭路段", "大雾", "红色", "②分段放行", "管理员要求",
                 "保留①回1，改用②回2，两者并行回3")  # fmt: skip
    assert state(town, "staged-release") == "approved", "what is newer is not issued"
    chen.expects_nothing(), zhao.expects_nothing()
    [waits] = [m["waits"] for m in town.measures(measure="staged-release")]
    assert (waits["why"], waits["post"]) == ("conflict", "transport")
    wang.replies("1 路面仍结冰").gets("保留①")
    soon(town)
    assert (state(town, "close"), state(town, "staged-release")) == ("in force", "refused")
    assert ("wang", "keep-first") in on_record(town, "keep-first")
    chen.gets("【不同意】", "分段放行", "路面仍结冰")
    admin = town.deliveries("admin")
    assert any("分段放行" in text and "路面仍结冰" in text for text in admin), "who ordered it is told"


def test_the_newer_is_taken_and_the_older_withdrawn(town: Town, chen: Phone, wang: Phone) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    wang.gets("两项措施冲突").replies("2").gets("改用②")
    assert (state(town, "close"), state(town, "staged-release")) == ("withdrawn", "issued")
    chen.gets("【撤回】", "封闭路段", "分段放行")
    soon(town)
    chen.gets("命令：警车带道分段放行")


def test_both_stand_and_each_side_is_told_what_to_mind(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    wang.gets("两项措施冲突").replies("3 只放行客车").gets("两者并行")
    assert (state(town, "close"), state(town, "staged-release")) == ("in force", "issued")
    soon(town)
    chen.gets("警车带道分段放行", "与“封闭路段”并行", "救护车、撒盐车", "只放行客车")
    chen.gets("封闭路段", "与“分段放行”并行", "只放行客车")


def test_only_the_one_decider_answers_and_only_once(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    code = wang.gets("两项措施冲突").code
    chen.replies(f"2 {code}")
    assert state(town, "close") == "in force"
    [newer] = town.measures(measure="staged-release")
    refused = town.api("POST", f"/measures/{newer['id']}/take-second", json={"reason": "x"})
    town.settles()
    assert town.api("GET", f"/answers/{refused.json()['id']}").json()["outcome"] == "refused"
    wang.replies("1").gets("保留①")
    wang.replies(f"2 {code}").gets("已由王处长答复")
    assert state(town, "staged-release") == "refused"


def test_the_question_is_answered_by_link_with_both_sides_shown(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    wang.gets("两项措施冲突")
    page = requests.get(town.link("wang"), timeout=30).text
    for shown in ("①", "封闭路段", "救护车", "保护", "结冰路段上的行车安全", "②", "滞留车辆和人员"):
        assert shown in page, shown
    assert town.answers_by_link("wang", "take-second", "已撒盐") == 200
    assert state(town, "staged-release") == "issued"
    [newer] = town.measures(measure="staged-release")
    own = requests.get(f"{town.url}/measures/{newer['id']}", timeout=30).text
    assert "王处长" in own
    assert "已撒盐" in own


def test_silence_leaves_the_older_and_calls_the_next_rung(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    wang.gets("两项措施冲突")
    town.passes(minutes=25)
    wang.gets("【催办】", "①封闭路段", "②分段放行")
    code = zhao.gets("【升级叫应】", "①封闭路段", "②分段放行").code
    assert (state(town, "close"), state(town, "staged-release")) == ("in force", "approved")
    zhao.replies(f"1 {code}").gets("保留①")
    assert state(town, "staged-release") == "refused"


def test_a_newer_one_that_the_older_yields_to_stands_meanwhile(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    orders(town, "staged-release", ROAD)
    chen.gets("分段放行").replies("2").gets("已记录落实")
    town.forecast(RED_FOG)
    wang.expects("①分段放行", "②封闭路段")
    assert state(town, "close") == "proposed"
    town.passes(minutes=25)
    assert state(town, "staged-release") == "approved", "the release yields while nobody decides"
    chen.gets("【暂停】", "分段放行", "封闭路段")
    wang.gets("请决定，建议：封闭路段")  # its own decider signs a closure, as the law has it
    code = zhao.gets("【升级叫应】", "两项措施冲突").code
    zhao.replies(f"1 {code}").gets("保留①")
    soon(town)
    assert (state(town, "staged-release"), state(town, "close")) == ("issued", "refused")
    soon(town)
    chen.gets("命令：警车带道分段放行")


def test_who_decides_on_the_newer_alone_signs_with_the_same_answer(
    town: Town, chen: Phone, wang: Phone
) -> None:
    orders(town, "staged-release", ROAD)
    chen.gets("分段放行").replies("2").gets("已记录落实")
    town.forecast(RED_FOG)
    wang.expects("①分段放行", "②封闭路段").replies("2").gets("改用②")
    assert (state(town, "staged-release"), state(town, "close")) == ("withdrawn", "issued")
    wang.expects_nothing()
    chen.gets("封闭路段只出不进")


def test_one_ends_by_itself_and_the_question_is_withdrawn(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    wang.gets("两项措施冲突")
    [held] = town.measures(measure="close")
    town.by_hand(f"/measures/{held['id']}/withdraw", "雾已散")
    soon(town)
    wang.gets("不必再答复", "封闭路段", "撤回")
    assert state(town, "staged-release") == "issued"
    chen.gets("命令：警车带道分段放行")
    wang.forgets()
    town.passes(hours=2)
    assert not [m for m in wang.unread if "冲突" in m.body]


def test_killed_after_the_question_it_asks_once(town: Town, chen: Phone, wang: Phone) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    town.restarts()
    town.forecast(RED_FOG)
    assert len(town.asks(meeting.c.id)) == 1
    assert len(town.asks(notice.c.id, notice.c.wants == "conflict", notice.c.kind == "ask")) == 1
    wang.gets("两项措施冲突").replies("2").gets("改用②")
    assert state(town, "staged-release") == "issued"


def test_a_response_hears_that_what_it_asked_for_was_decided_against(
    make_town: Callable[..., Town]
) -> None:
    town = make_town(rules="meeting").also("people.csv", COMMANDER).also("posts.csv", COMMAND)
    plan = (PLANS / "icing.yaml").read_text("utf-8").replace("[guide]", "[staged-release]")
    plan = plan.replace("[speed-limit 50 km/h]", "[staged-release]").replace("fog, icing", "fog")
    (town.folder / "rules" / "plans").mkdir()
    (town.folder / "rules" / "plans" / "icing.yaml").write_text(plan, "utf-8")
    town.begin()
    wang, xu = town.phone("wang"), town.phone("xu")
    closed(town, town.phone("chen"), wang)
    xu.gets("启动Ⅲ级").replies("1 会商同意").gets("已记录决定")
    wang.gets("①封闭路段", "②分段放行", "凝冻灾害应急响应").replies("1 路面仍结冰").gets("保留①")
    assert state(town, "staged-release") == "refused"
    soon(town)
    xu.gets("【不同意】", "分段放行", "封闭路段", "路面仍结冰")


# Supply and halt: a mine in the township that is to keep the coal coming


def test_a_halt_in_a_township_that_is_to_supply_is_decided_by_the_office(
    town: Town, li: Phone, zhao: Phone
) -> None:
    orders(town, "supply-coal", TOWN, "电厂存煤不足五天")
    li.gets("保电煤").replies("2").gets("已记录落实")
    town.forecast(HARD_ICE)
    zhao.expects("①保供增产", "管理员要求", "②煤矿停产", "橙色要求")
    assert state(town, "mine-halt") == "approved"
    page = requests.get(town.link("zhao"), timeout=30).text
    assert "电厂用煤和居民用电" in page
    assert "井下人员" in page
    zhao.replies("3 撤出井下人员，存煤优先外运").gets("两者并行")
    assert (state(town, "supply-coal"), state(town, "mine-halt")) == ("in force", "issued")
    soon(town)
    town.phone("sun").gets("停止采掘", "存煤优先外运")
    li.gets("满产保电煤", "存煤优先外运")


def test_silence_on_supply_or_halt_brings_the_people_up(
    town: Town, li: Phone, zhao: Phone
) -> None:
    orders(town, "supply-coal", TOWN, "电厂存煤不足五天")
    li.gets("保电煤").replies("2").gets("已记录落实")
    town.forecast(HARD_ICE)
    zhao.gets("①保供增产")
    assert state(town, "mine-halt") == "approved"
    town.passes(hours=4)
    assert (state(town, "supply-coal"), state(town, "mine-halt")) == ("approved", "issued")
    town.phone("sun").gets("停止采掘")
    li.gets("【暂停】", "保电煤")


def test_the_shipped_book_knows_supply_and_halt(make_town: Callable[..., Town]) -> None:
    made = make_town(rules="../../rules")
    town = made.also("people.csv", *PEOPLE).also("posts.csv", *POSTS).also("sites.csv", *SITES).begin()
    zhao, zhou, sun = town.phone("zhao"), town.phone("zhou"), town.phone("sun")
    orders(town, "mine-keep-supply", MINE, "电厂存煤不足五天")
    zhao.gets("请决定，建议：按核定能力满产", "同意回1").replies("1").gets("已记录同意")
    sun.gets("先装电煤和供热煤").replies("2").gets("已记录落实")
    soon(town)
    orders(town, "mine-halt", MINE, "主扇供电只剩一路")
    zhao.gets("①保供生产", "②建议停产撤人").replies("2 先撤人").gets("改用②")
    assert (state(town, "mine-keep-supply"), state(town, "mine-halt")) == ("withdrawn", "proposed")
    zhou.gets("请决定，建议：停止采掘").replies("1").gets("已记录同意")
    assert state(town, "mine-halt") == "issued"
    soon(town)
    sun.gets("停止采掘，井下人员全部升井")


# Schools suspended and pupils already under way


def test_pupils_under_way_and_no_classes_are_one_decision(town: Town, zhao: Phone) -> None:
    wu, zheng = town.phone("wu"), town.phone("zheng")
    orders(town, "take-in-pupils", SCHOOL, "部分学生已在途")
    wu.gets("开门接收在途学生").replies("2").gets("已记录落实")
    town.forecast(HARD_ICE)
    zheng.expects("①开门接收在途学生", "②停课")
    zheng.replies("3 未出门的停课，在途的接到校看护").gets("两者并行")
    assert (state(town, "take-in-pupils"), state(town, "suspend-classes")) == ("in force", "issued")
    soon(town)
    wu.gets("停课并通知家长", "与“开门接收在途学生”并行", "接到校看护")
    zheng.expects_nothing(), zhao.expects_nothing()


# What must be in force first


def test_a_closure_waits_for_the_ban_that_is_asked_on_its_behalf(town: Town, chen: Phone) -> None:
    said = orders(town, "night-closure", ROAD, "夜间结冰")
    told = town.api("GET", f"/answers/{said['id']}").json()["next"]["zh"]
    assert told == "已记录，先落实夜间禁行后下达"
    assert (state(town, "night-closure"), state(town, "night-ban")) == ("approved", "issued")
    [waits] = [m["waits"] for m in town.measures(measure="night-closure")]
    assert [w["title"]["zh"] for w in waits["for"]] == ["夜间禁行"]
    assert "等待先落实：夜间禁行" in requests.get(f"{town.url}/", timeout=30).text
    chen.expects("劝返重点车辆：客车、货车").replies("2").gets("已记录落实")
    assert state(town, "night-closure") == "issued"
    soon(town)
    chen.gets("自高处逐段封闭").replies("2").gets("已记录落实")
    assert state(town, "night-ban") == "in force", "it is needed for as long as the closure stands"
    [held] = town.measures(measure="night-closure")
    town.by_hand(f"/measures/{held['id']}/withdraw", "已化冰")
    assert (state(town, "night-closure"), state(town, "night-ban")) == ("withdrawn", "lifted")


def test_when_the_wait_runs_out_the_office_decides(
    town: Town, chen: Phone, wang: Phone, zhao: Phone
) -> None:
    orders(town, "night-closure", ROAD, "夜间结冰")
    chen.gets("劝返重点车辆")
    town.passes(minutes=29)
    assert not [m for m in zhao.unread if "夜间封闭" in m.body]
    town.passes(minutes=3)
    zhao.gets("是否不再等待", "夜间封闭", "须先落实夜间禁行").replies("1")
    assert state(town, "night-closure") == "issued"
    assert ("zhao", "go on without waiting") in on_record(town, "go on without waiting")
    chen.gets("自高处逐段封闭")


def test_what_can_no_longer_be_in_force_is_asked_about_at_once(
    town: Town, chen: Phone, zhao: Phone
) -> None:
    orders(town, "night-closure", ROAD, "夜间结冰")
    [ban] = town.measures(measure="night-ban")
    town.by_hand(f"/measures/{ban['id']}/withdraw", "另有安排")
    zhao.gets("是否不再等待", "夜间封闭").replies("2 改用人工值守").gets("撤回")
    assert state(town, "night-closure") == "withdrawn"


# Who is let pass


def test_whom_one_asker_does_not_let_pass_is_not_let_pass_but_an_ambulance_always_is(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, chen, wang)
    [held] = town.measures(measure="close")
    assert held["exempts"]["zh"] == ["救护车", "撒盐车", "供暖燃气车", "电煤车"]
    orders(town, "close", ROAD, "桥面塌陷", arguments={"exempts": ["salt-truck"]})
    [held] = town.measures(measure="close")
    assert held["exempts"]["zh"] == ["救护车", "撒盐车"]
    assert held["state"] == "issued", "narrower than before: it is issued again"
    page = requests.get(f"{town.url}/alerts/{town.alert(rule='fog')['id']}", timeout=30).text
    assert "救护车、撒盐车" in page
    wrong = town.api("POST", "/measures", json={
        "measure": "close", "place": ROAD, "level": "orange", "reason": "x",
        "arguments": {"exempts": ["tank"]},
    })  # fmt: skip
    assert wrong.status_code == 422
    assert "救护车" in wrong.text


def test_nothing_is_asked_where_the_two_never_meet(town: Town, zhao: Phone, wang: Phone) -> None:
    orders(town, "supply-coal", TOWN, "电厂存煤不足五天")
    orders(town, "staged-release", ROAD)
    town.forecast(FINE)
    assert town.asks(meeting.c.id) == []


def test_the_page_of_the_newer_has_the_buttons_for_its_decider(
    town: Town, chen: Phone, wang: Phone
) -> None:
    closed(town, chen, wang)
    orders(town, "staged-release", ROAD)
    [newer] = town.measures(measure="staged-release")
    store = town.store()
    token = store.write(
        lambda c: create_token(c, "wang", "decide", None, "a story", town.now, RealRuntime())
    )
    store.close()
    director = {"Authorization": f"Bearer {token}"}
    page = requests.get(f"{town.url}/measures/{newer['id']}", headers=director, timeout=30).text
    for shown in ("①", "②", "救护车、撒盐车", "交通运输局", "保留①", "两者并行"):
        assert shown in page, shown
    form = {"act": "both", "subject": f"measure:{newer['id']}", "reason": "只放客车"}
    requests.post(f"{town.url}/act", data=form, headers=director, timeout=30)
    town.settles()
    assert (state(town, "close"), state(town, "staged-release")) == ("in force", "issued")
