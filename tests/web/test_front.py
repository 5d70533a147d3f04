"""The first page in a storm, before one and after it: what it shows first, and what it never breaks on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from alerting.signals import Area, Warning
from alerting.store import schema as s
from tests.web.storm_scene import many, storm
from tests.web.web_desk import NOW, Browser, Desk


def test_a_rule_that_cannot_clear_is_told_with_one_that_cannot_open(
    desk: Desk, web: Browser
) -> None:
    desk.lacking = [
        {"rule": "fog", "place": place, "level": level, "missing": ["observed visibility"]}
        for place in ("g70-12", "wuling-pass") for level in ("red", "clear")
    ]  # fmt: skip
    page = web.get("/").text
    assert "团雾</b> 红色、解除条件 · 缺 " in page
    assert "Fog</b> red, clearing · lacks " in web.get("/?lang=en").text


def unreachable(web: Browser, language: str) -> str:
    """The part of the page that says whom nothing reaches; "" where it is not there."""
    page = web.get(f"/?lang={language}").text
    return page.partition('id="unreachable"')[2].partition("</section>")[0]


def test_who_is_on_duty_and_out_of_reach_is_named_with_what_they_stopped(
    desk: Desk, web: Browser
) -> None:
    desk.person("wang", "answer", "field-road", name="王伟")
    desk.person("zhao", "decide", "police", name="赵敏")
    desk.person("guest", "answer", name="无岗")
    desk.put(s.contact, person="wang", rank=0, channel="sms", address="+447700900201")
    assert unreachable(web, "zh") == ""
    desk.change(s.contact, s.contact.c.channel == "sms", stopped=NOW)
    desk.change(s.contact, s.contact.c.person == "guest", stopped=NOW)
    assert unreachable(web, "zh") == "", "the console is left to him; nobody calls who has no post"
    desk.config.channels["console"].on = False
    said = unreachable(web, "zh")
    assert "王伟</b> 石门路政中队" in said
    assert "退订了短信；由本人发送 START 可恢复" in said
    assert "赵敏</b> 县交警大队" in said
    assert "没有登记可用的联系方式" in said
    assert "无岗" not in said
    english = unreachable(web, "en")
    assert "Wang</b> Shimen road crew" in english
    assert "stopped SMS on" in english


def test_the_shipped_county_is_shown_before_anything_has_happened(shipped: Browser) -> None:
    for language, told in (("zh", "当前风险提示"), ("en", "In force now")):
        answer = shipped.get(f"/?realm=live&lang={language}")
        assert answer.status_code == 200
        assert told in answer.text


def test_after_an_exercise_of_a_fictional_county_its_offers_stay_through_a_seasons_duty(
    desk: Desk, web: Browser
) -> None:
    storm(desk, ended=True)
    desk.open_alert("last-days", "990100", 1, hazard="season")
    desk.open_alert("source-silent", "open-meteo", 2, hazard="service")
    page = web.get("/").text
    assert "演练结束" in page
    assert 'href="/?realm=live">查看实况</a> <span>实况中有 2 条风险提示' in page
    desk.open_alert("fog", "wuling-pass", 2, hazard="fog")
    page = web.get("/").text
    assert "演练结束" not in page.partition("<main>")[2]
    assert "以下全部为演练" not in page


def test_a_real_county_looks_at_the_real_world_first(desk: Desk, web: Browser) -> None:
    desk.config.county.fictional = False
    storm(desk, ended=True)
    assert "以下全部为演练" not in web.get("/").text
    desk.change(s.realm, s.realm.c.id == "exercise-1", ended=None)
    assert "以下全部为演练" in web.get("/").text  # it plays, and nothing real is open
    desk.open_alert("fog", "wuling-pass", 2, hazard="fog")
    assert "以下全部为演练" not in web.get("/").text


def test_three_hundred_alerts_are_a_few_cards(desk: Desk, web: Browser) -> None:
    many(desk, 200, 100)
    desk.open_alert("fog", "wuling-pass", 4, hazard="fog", onset=NOW + timedelta(hours=3))
    answer = web.get("/?realm=live")
    assert len(answer.content) < 120_000
    page = answer.text
    assert page.count("<article") == 3
    first, second, third = (page.index(f'id="{level}"') for level in ("red", "orange", "yellow"))
    assert first < second < third  # the gravest, though it begins last
    orange = page[second:third]
    assert '道路结冰 · 路面结冰 <span class="count">200 处' in orange
    assert "G0国道第0镇段" in orange
    shown = re.findall(r">G\d+国道第(\d+)镇段</a>", orange.partition("<details>")[0])
    assert shown == ["0", "1", "2", "3", "4", "5"]
    assert re.findall(r">G\d+国道第(\d+)镇段</a>", orange)[:12] == [str(n) for n in range(12)]
    assert orange.count('href="/alerts/live.icing.road-') >= 200
    assert "已落实 5/200" in orange
    assert "超时未落实 5：" in orange
    assert "报告无法执行 5：" in orange


def test_who_is_silent_is_summed_up_and_never_hidden(desk: Desk, web: Browser) -> None:
    many(desk, 40, 0)
    desk.change(s.pursuit, s.pursuit.c.id == 40, deadline=None, end_reason="exhausted")
    page = web.get("/?realm=live").text
    silent = page[page.index('<section id="waiting"') :].partition("</section>")[0]
    assert "待确认收到 <b>40</b> · 待反馈落实 <b>40</b>" in silent
    assert silent.count("<li>") == 3
    assert "1 项叫到最后一级仍无人应答，已停止呼叫" in silent
    assert silent.index("第19镇") < silent.index("第0镇")  # nobody is called for it: it goes first
    assert 'href="#waiting"' in page
    more = re.search(r'href="(/waiting\?realm=live)#field-road"', silent)
    assert more
    assert web.get(more[1]).text.count("<li>") == 80


def test_an_official_warning_that_is_over_does_not_stand_as_in_force(
    desk: Desk, web: Browser
) -> None:
    warning = Warning(
        source="met", issued=NOW - timedelta(hours=3), identifier="w1", sender="青岚县气象台",
        action="alert", hazard="road-icing", event="道路结冰", level="orange",
        headline="青岚县气象台发布道路结冰橙色预警", expires=NOW + timedelta(hours=1),
        area=Area(names=("青岚县",)),
    )  # fmt: skip
    given = {"level": "orange", "issuer": warning.sender, "issued": warning.issued.isoformat(),
             "onset": warning.issued.isoformat(), "headline": warning.headline, "identifier": "w1"}
    key = desk.open_alert(official=3, why={"official": given})
    desk.say(warning)
    for path in ("/?realm=live", f"/alerts/{key}"):
        assert "官方预警 橙色" in web.get(path).text
    desk.runtime.advance(timedelta(hours=1))
    for path in ("/?realm=live", f"/alerts/{key}"):
        page = web.get(path).text
        assert "<b>已到期</b> 官方预警：" in page
        assert "官方预警 橙色" not in page
    desk.say(warning.model_copy(update={
        "id": "", "identifier": "w2", "action": "cancel", "references": ("w1",), "issued": NOW,
    }))  # fmt: skip
    assert "<b>已解除</b> 官方预警：" in web.get(f"/alerts/{key}").text


def test_a_stored_warning_that_cannot_be_read_takes_no_page_away(desk: Desk, web: Browser) -> None:
    warning = Warning(
        source="met", issued=NOW, identifier="w1", sender="青岚县气象台", action="alert",
        hazard="road-icing", event="道路结冰", level="orange", headline="道路结冰橙色预警",
        expires=NOW + timedelta(hours=1), area=Area(names=("青岚县",)),
    )  # fmt: skip
    given = {"level": "orange", "issuer": warning.sender, "issued": warning.issued.isoformat(),
             "onset": warning.issued.isoformat(), "headline": warning.headline, "identifier": "w1"}
    key = desk.open_alert(official=3, why={"official": given})
    desk.say(warning)
    desk.put(s.signal, realm="live", id="old", kind="warning", source="met", issued=NOW, accepted=NOW,
             body=b'j{"kind": "warning", "of": "an older version"}')  # fmt: skip
    for path in ("/?realm=live", f"/alerts/{key}"):
        assert "官方预警 橙色" in web.get(path).text
    assert "收到一条无法读取的预警" in web.get("/?realm=live").text


def test_one_measure_on_many_roads_is_one_line(desk: Desk, web: Browser) -> None:
    """Each says its own stretch on its own page; the first page counts them."""
    many(desk, 12, 0)
    for n in range(12):
        desk.places.by_id[f"road-{n}"] = replace(
            desk.places.by_id[f"road-{n}"], road=f"G{n}", from_km=1.0, to_km=9.0
        )
    limit = desk.book.measures["speed-limit"].model_copy(update={"road": "holds"})
    desk.book = SimpleNamespace(**{**vars(desk.book), "measures": {**desk.book.measures, "speed-limit": limit}})
    page = web.get("/?realm=live").text
    assert "已落实 1/12" in page
    assert "K1+000" not in page
    assert "G3 K1+000–K9+000" in web.get("/measures/live.speed-limit.road-3.field-road.1").text


def test_a_cry_for_help_that_hangs_on_nothing_is_waited_for_with_its_words(
    desk: Desk, web: Browser
) -> None:
    said = {"zh": "王伟请求支援：客车翻下路基", "en": "Wang Wei asks for support: bus off the road"}
    desk.put(s.pursuit, id=1, realm="live", wants="acknowledge", post="police", level=4, state="open",
             rung=0, round=0, at_post="police", opened=NOW, deadline=NOW + timedelta(minutes=5))
    desk.put(s.notice, realm="live", kind="service", pursuit=1, post="police", wants="acknowledge",
             level=4, created=NOW, due=NOW, state="carried", facts={"reason": said})  # fmt: skip
    assert said["zh"] in web.get("/waiting?realm=live").text
    assert said["en"] in web.get("/waiting?realm=live&lang=en").text
