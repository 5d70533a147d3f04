"""Pages: who may open them, logging in, buttons, and what a tired reader must never be told wrongly."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import structlog

from alerting.errors import BadInput, Refused
from alerting.web import logins, tokens
from alerting.web.demo import demo_link
from tests.web.storm_scene import storm
from tests.web.web_desk import NOW, Browser, Desk, bearer

HTML = {"Accept": "text/html"}


def log_in(desk: Desk, web: Browser, person: str) -> None:
    answer = web.get(demo_link(desk, person).removeprefix(desk.config.url))
    assert answer.status_code == 303


def hidden(page: str, name: str = "form") -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def test_the_first_page_shows_what_is_in_force_and_who_has_not_answered(
    desk: Desk, web: Browser
) -> None:
    storm(desk)
    page = web.get("/").text
    for shown in ("路面结冰 · G70 12–19 公里", "风险提示 红色", "官方预警 橙色", "青岚县气象台",
                  "待决定", "限速", "40 公里/小时", "县交警大队", "此岗无人", "超时未落实",
                  "storm-model", "1月21日 02:50", "演练", "虚构县", "4821 2 已落实", 'http-equiv="refresh" content="5"'):
        assert shown in page, shown
    assert "<script" not in page


def test_times_are_the_countys_with_their_day(desk: Desk, web: Browser) -> None:
    storm(desk)
    page = web.get("/").text
    assert "2026年1月21日 周三 03:30" in page
    assert "1月21日 05:00" in page
    assert "Wed 21 Jan 2026 03:30" in web.get("/?lang=en").text


def test_the_switch_to_english_is_kept(desk: Desk, web: Browser) -> None:
    storm(desk)
    web.get("/?lang=en")
    page = web.get("/").text
    assert "Who has not answered" in page
    assert "Road icing · G70 km 12–19" in page
    web.get("/?lang=zh")
    assert "谁还没有应答" in web.get("/").text


def test_the_switch_keeps_what_a_page_is_about(desk: Desk, web: Browser) -> None:
    red = storm(desk)
    assert 'href="/messages?realm=live&amp;lang=en"' in web.get("/messages?realm=live&lang=zh").text
    assert 'href="/?lang=en"' in web.get("/").text
    token = desk.person("admin", "admin")
    assert token
    log_in(desk, web, "admin")
    given = {"act": "raise", "subject": f"alert:{red}", "level": "red", "reason": " ",
             "form": hidden(web.get(f"/alerts/{quote(red)}").text), "back": f"/alerts/{red}"}  # fmt: skip
    came = {"Referer": f"{web.base}/alerts/{quote(red)}?said=x", **HTML}
    refused = web.post("/act", data=given, headers=came)
    assert refused.status_code == 422
    assert f'href="/alerts/{quote(red)}?said=x&amp;lang=en"' in refused.text
    elsewhere = web.post("/act", data=given, headers=came | {"Referer": "https://else.where/x"}).text
    assert 'href="/?lang=en"' in elsewhere


def test_blind_places_are_counted_and_never_called_quiet(desk: Desk, web: Browser) -> None:
    desk.unseen = [{"rule": "fog", "place": "g70-12", "since": NOW}]
    page = web.get("/").text
    assert "不能当作平安" in page
    assert "目前没有风险提示。" not in page
    assert "G70 12–19 公里" in page
    desk.unseen = []
    assert "目前没有风险提示。" in web.get("/").text


def test_a_source_that_never_spoke_says_what_it_waits_for(desk: Desk, web: Browser) -> None:
    page = web.get("/").text
    assert "尚未来数" in page
    assert "下次应于 1月21日 03:34" in page.replace('<time datetime="2026-01-20T19:34:00Z">', "")


def test_undecidable_rules_say_what_they_lack(desk: Desk, web: Browser) -> None:
    desk.lacking = [{"rule": "fog", "place": "g70-12", "level": "red",
                     "missing": ["snow_depth", "observed visibility", "official warnings"]}]
    page = web.get("/").text
    assert "缺 能见度实测、官方预警来源、积雪深度来源" in page
    assert "团雾" in page
    english = web.get("/?lang=en").text
    assert "lacks sensor of visibility, source of official warnings, source of snow depth" in english
    for rule_language in ("snow_depth", "observed visibility"):
        assert rule_language not in page
        assert rule_language not in english


def test_an_ended_exercise_offers_what_to_do_next(desk: Desk, web: Browser) -> None:
    storm(desk, ended=True)
    page = web.get("/").text
    assert "演练结束" in page
    assert "suian check" in page
    assert "suian init" in page
    assert 'action="/exercises"' not in page  # nobody is logged in
    log_in(desk, web, "wang")
    token = hidden(web.get("/").text)
    assert web.post("/exercises", data={"form": token}).status_code == 303
    assert desk.started == 1


def test_a_playing_exercise_is_not_started_twice(desk: Desk, web: Browser) -> None:
    storm(desk)
    log_in(desk, web, "office")
    form = hidden(web.get(f"/alerts/{quote('exercise-1.icing.g70-12.1')}").text)
    assert web.post("/exercises", data={"form": form}).status_code == 409
    assert desk.started == 0


def test_a_button_says_what_the_api_would(desk: Desk, web: Browser) -> None:
    red = storm(desk)
    log_in(desk, web, "office")
    page = web.get(f"/alerts/{quote(red)}").text
    form = {"form": hidden(page), "subject": f"alert:{red}", "act": "keep", "reason": "坡上有冰",
            "back": f"/alerts/{quote(red)}"}
    answer = web.post("/act", data=form)
    assert answer.status_code == 303
    assert "正在处理" in web.get(answer.headers["Location"]).text  # no engine runs behind it
    [report] = desk.said()
    assert (report.act, report.person, report.channel) == ("keep", "office", "page")


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(
    desk: Desk, web: Browser
) -> None:
    red = storm(desk)
    log_in(desk, web, "office")
    page = web.get(f"/alerts/{quote(red)}").text
    form = {"form": hidden(page), "subject": f"alert:{red}", "act": "acknowledge"}
    assert web.post("/act", data=form | {"form": "0" * 32}).status_code == 403
    assert web.post("/act", data={k: v for k, v in form.items() if k != "form"}).status_code == 403
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        assert web.post("/act", data=form, headers=headers).status_code == 403
        assert web.post("/api/v1/alerts/x/acknowledge", headers=headers).status_code == 403
    assert desk.said() == []
    own = {"Origin": desk.config.url, "Sec-Fetch-Site": "same-origin"}
    assert web.post("/act", data=form, headers=own).status_code == 303
    assert len(desk.said()) == 1


def test_a_button_leads_back_only_to_ourselves(desk: Desk, web: Browser) -> None:
    red = storm(desk)
    log_in(desk, web, "office")
    form = {"form": hidden(web.get(f"/alerts/{quote(red)}").text), "subject": f"alert:{red}",
            "act": "acknowledge"}
    for back in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        answer = web.post("/act", data=form | {"back": back})
        assert answer.headers["Location"].startswith("/?said=report%3A")


def test_buttons_show_only_to_those_who_may(desk: Desk, web: Browser) -> None:
    red = storm(desk)
    path = f"/alerts/{quote(red)}"
    assert "/act" not in web.get(path).text
    log_in(desk, web, "wang")
    page = web.get(path).text
    assert 'value="in-force"' in page
    assert 'value="withdraw"' not in page
    assert 'value="approve"' not in page
    log_in(desk, web, "zhao")
    assert 'value="approve"' in web.get(path).text
    log_in(desk, web, "office")
    page = web.get(path).text
    assert 'value="withdraw"' in page
    assert 'value="approve"' not in page  # an order is not a signature


def test_the_page_of_an_alert_tells_its_whole_story(desk: Desk, web: Browser) -> None:
    page = web.get(f"/alerts/{quote(storm(desk))}").text
    for shown in ("surface_temperature &lt;= -2 degC within 2 h", "路面温度", "-2.1 °C", "缺测",
                  "出现", "4821 1", "石门镇政府", "此岗无人", "发送失败", "open-meteo"):
        assert shown in page, shown


def test_a_message_is_shown_as_text(desk: Desk, web: Browser) -> None:
    desk.person("wang", "answer")
    desk.notify("wang", "<script>alert(1)</script>")
    for path in ("/", "/messages"):
        page = web.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_strangers_see_nothing_without_login(desk: Desk, web: Browser) -> None:
    desk.open_alert()
    for headers in ({"X-Forwarded-For": "10.0.0.9"}, {"Host": "attacker.example"}):
        for path in ("/", "/messages", "/api/v1/alerts", "/api/v1/measures", "/metrics"):
            assert web.get(path, headers=headers).status_code == 401, (path, headers)
    assert web.get("/login", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 200


def test_demo_people_are_offered_only_in_a_fictional_county_and_at_the_machine(
    desk: Desk, web: Browser
) -> None:
    desk.person("wang", "answer", "field-road", name="王伟")
    assert "王伟" in web.get("/login").text
    assert "王伟" not in web.get("/login", headers={"X-Forwarded-For": "10.0.0.9"}).text
    link = demo_link(desk, "wang").removeprefix(desk.config.url)
    desk.config.county.fictional = False
    assert "王伟" not in web.get("/login").text
    assert web.get(link).status_code == 404
    with pytest.raises(Refused):
        demo_link(desk, "wang")


def test_a_login_link_is_neither_forged_nor_kept_for_ever(desk: Desk, web: Browser) -> None:
    desk.person("wang", "answer")
    link = demo_link(desk, "wang").removeprefix(desk.config.url)
    assert web.get(link[:-2] + "xx").status_code == 404
    desk.runtime.advance(timedelta(days=8))
    assert web.get(link).status_code == 404


def test_a_password_lets_in_and_its_change_lets_out(desk: Desk, web: Browser) -> None:
    token = desk.person("li", "order", name="李娜")
    desk.store.write(lambda c: logins.set_password(c, "li", "a long enough word", NOW, "li"))
    answer = web.post("/login", data={"person": "li", "password": "a long enough word"})
    cookie = answer.headers["Set-Cookie"].lower()
    assert answer.status_code == 303
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "李娜" in web.get("/").text
    desk.store.write(lambda c: logins.set_password(c, "li", "another long word", NOW, "li"))
    assert "李娜" not in web.get("/").text
    assert web.get("/api/v1/alerts", headers=bearer(token)).status_code == 200


def test_a_session_ends_with_the_shift_and_on_leaving(desk: Desk, web: Browser) -> None:
    desk.person("li", "order", name="李娜")
    log_in(desk, web, "li")
    assert "李娜" in web.get("/").text
    kept = web.cookies[logins.COOKIE]
    web.post("/logout")
    assert "李娜" not in web.get("/").text
    web.cookies.set(logins.COOKIE, kept)  # a copy of the cookie, on another machine
    assert "李娜" not in web.get("/").text
    web.cookies.clear()
    log_in(desk, web, "li")
    assert "李娜" in web.get("/").text
    desk.runtime.advance(logins.SESSION)
    assert "李娜" not in web.get("/").text


def test_the_head_names_the_person_in_the_language_of_the_page(desk: Desk, web: Browser) -> None:
    desk.person("li", "order", name="李娜")
    log_in(desk, web, "li")
    assert "退出 <span class=\"self\">李娜<" in web.get("/").text
    assert "Log out <span class=\"self\">Li<" in web.get("/?lang=en").text


def test_a_demo_person_without_a_post_shows_only_the_role(desk: Desk, web: Browser) -> None:
    desk.person("li", "admin", name="李娜")
    assert "<small>管理</small>" in web.get("/login").text


def test_after_five_wrong_passwords_one_must_wait(desk: Desk, web: Browser) -> None:
    desk.person("li", "order")
    desk.store.write(lambda c: logins.set_password(c, "li", "a long enough word", NOW, "li"))
    for left in (4, 3, 2, 1):
        answer = web.post("/login", data={"person": "li", "password": "wrong"})
        assert answer.status_code == 401
        assert f"还可再试 {left} 次" in answer.text
    assert "15 分钟" in web.post("/login", data={"person": "li", "password": "wrong"}).text
    right = {"person": "li", "password": "a long enough word"}
    answer = web.post("/login", data=right)
    assert answer.status_code == 429
    assert "15 分钟" in answer.text
    desk.runtime.advance(timedelta(minutes=15))
    assert web.post("/login", data=right).status_code == 303


def test_a_short_password_and_a_role_above_ones_own_are_refused(desk: Desk) -> None:
    desk.person("li", "answer")
    with pytest.raises(BadInput):
        desk.store.write(lambda c: logins.set_password(c, "li", "short", NOW, "li"))
    with pytest.raises(Refused):
        desk.store.write(lambda c: tokens.create_token(c, "li", "admin", None, "", NOW))


def test_errors_are_pages_for_people(web: Browser) -> None:
    answer = web.get("/alerts/nothing", headers=HTML)
    assert answer.status_code == 404
    assert "这里没有页面" in answer.text
    refused = web.get("/", headers=HTML | {"X-Forwarded-For": "10.0.0.9"})
    assert refused.status_code == 401
    assert 'href="/login"' in refused.text


def test_a_problem_is_told_in_the_language_of_the_page(desk: Desk, web: Browser) -> None:
    red = storm(desk)
    log_in(desk, web, "wang")
    form = {"form": hidden(web.get(f"/alerts/{quote(red)}").text), "subject": f"alert:{red}",
            "act": "withdraw", "reason": "误报"}
    refused = web.post("/act", data=form, headers=HTML)
    assert refused.status_code == 403
    assert "需要“下令”权限，王伟只有“应答”" in refused.text
    assert "this needs the role" not in refused.text
    english = web.post("/act?lang=en", data=form, headers=HTML).text
    assert "this needs the role order" in english
    assert not re.search("[一-鿿]", english.partition("<main>")[2].replace("王伟", ""))


def test_a_page_that_fails_says_so_kindly_and_the_log_in_one_line(
    desk: Desk, web: Browser
) -> None:
    desk.lacking = [{"rule": "fog"}]  # an entry that no page can read
    with structlog.testing.capture_logs() as logged:
        answer = web.get("/", headers=HTML)
    assert answer.status_code == 500
    assert "没有完成" in answer.text
    assert "could not finish" not in answer.text
    assert "could not finish" in web.get("/?lang=en", headers=HTML).text
    [line] = [one for one in logged if one["log_level"] == "error"]
    assert line["error"] == "KeyError: 'missing'"
    assert "front.py:" in line["where"]
    assert all("\n" not in str(value) and len(str(value)) < 300 for value in line.values())


def test_every_answer_forbids_scripts_and_frames(web: Browser) -> None:
    for path in ("/", "/api/v1/alerts", "/nothing", "/static/suian.css"):
        headers = web.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_an_alert_of_a_place_that_left_the_county_still_shows(desk: Desk, web: Browser) -> None:
    key = desk.open_alert("gone-rule", "gone-place", why={})
    assert "gone-place" in web.get("/").text
    assert "gone-place" in web.get(f"/alerts/{key}").text


def test_the_real_world_goes_before_an_ended_exercise(desk: Desk, web: Browser) -> None:
    storm(desk, ended=True)
    desk.open_alert("fog", "wuling-pass", 3)
    page = web.get("/").text
    assert "以下全部为演练" not in page
    assert "2013 年冬季冰雪" in page  # the way to it
    assert "以下全部为演练" in web.get("/?realm=exercise-1").text


def test_a_road_shut_one_way_says_which_and_that_its_exits_are_shut(desk: Desk, web: Browser) -> None:
    section = web.get("/roads?lang=en").text
    assert '<li class="open" id="g70-12">' in section
    desk.ask(desk.open_alert(), "close", "in force", in_force=NOW,
             arguments={"passing": "whole", "direction": ["up"]})  # fmt: skip
    zh, en = (web.get(f"/roads?lang={one}").text.split('id="g70-12"')[1].split("</li>")[0]
              for one in ("zh", "en"))  # fmt: skip
    assert "上行 进出口封闭" in zh
    assert "up closed, exits shut too" in en


def test_a_road_of_which_a_rule_is_blind_or_undecidable_is_not_green(
    desk: Desk, web: Browser
) -> None:
    for which in (desk.unseen, desk.lacking):
        which.append({"rule": "icing", "place": "g70-12"})
        section = web.get("/roads?lang=en").text
        which.clear()
        assert '<li class="unseen" id="g70-12">' in section
        assert "Rules that cannot be seen or decided here" in section
