"""The page of official warnings in force: what a clerk reads off it, and what it never pretends."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.web.web_desk import NOW, Browser, Desk

HOUR = timedelta(hours=1)


def cards(web: Browser, language: str) -> dict[str, str]:
    """By the warning's number what its card says, without markup, in the order of the page."""
    page = web.get(f"/warnings?realm=live&lang={language}").text
    found = re.findall(r'<article class="alert[^"]*" id="(\w+)">(.*?)</article>', page, re.DOTALL)
    return {key: " ".join(re.sub(r"<[^>]+>", "", text).split()) for key, text in found}


def test_each_says_whose_what_where_and_till_when_the_gravest_first(desk: Desk, web: Browser) -> None:
    roads = {"names": ["石门镇一带"], "codes": ["990101"], "above": 1200, "tags": ["high-road", "bridge"]}
    desk.warn("W1", "yellow", hazard="fog", onset=NOW + HOUR, expires=NOW + 5 * HOUR)
    desk.warn("W2", "red", area=roads, issued=NOW - 3 * HOUR, headline="道路结冰红色预警信号")
    desk.open_alert(official=4)
    zh, en = cards(web, "zh"), cards(web, "en")
    assert list(zh) == list(en) == ["W2", "W1"]
    for said in ("道路结冰 红色", "青岚县气象台 · 1月21日 00:30 发布", "至解除为止（未写截止时间，最迟算到 1月22日 00:30）",
                 "范围：石门镇一带，海拔1200米以上，限高海拔路段、桥梁", "本县涉及：G70 12–19 公里、雾岭垭口",
                 "据此打开的风险提示 1", "路面结冰：G70 12–19 公里 橙色", "原文道路结冰红色预警信号"):  # fmt: skip
        assert said in zh["W2"], said
    for said in ("Road icing red", "issued 21 Jan 00:30", "until lifted", "at the latest)",
                 "above 1,200 m, only high roads, bridges", "Here: G70 km 12–19, Wuling Pass",
                 "Road icing: G70 km 12–19 orange"):  # fmt: skip
        assert said in en["W2"], said
    for said in ("1月21日 04:30 起 至 1月21日 08:30", "范围：青岚县", "本县涉及：全部乡镇",
                 "没有据此打开的风险提示"):  # fmt: skip
        assert said in zh["W1"], said
    page = web.get("/warnings?realm=live&lang=zh").text
    assert 'href="/alerts/live.icing.g70-12.1"' in page
    assert 'href="/warnings?realm=live"' in web.get("/?realm=live").text


def test_a_kind_that_nobody_knows_says_that_nothing_came_of_it(desk: Desk, web: Browser) -> None:
    desk.warn("W1", hazard="", event="臭氧层扰动")
    desk.warn("W2", hazard="", event="Volcano Warning", sender="w-nws.webmaster@noaa.gov")
    desk.open_alert("warning-unknown", "warning:W1", hazard="service")
    desk.warn("W3", hazard="epidemic", event="诺如病毒", expires=NOW + HOUR)
    zh, en = cards(web, "zh"), cards(web, "en")
    assert "臭氧层扰动 橙色" in zh["W1"]
    assert "不认识这一类" in zh["W1"]
    assert "warning:W1" in zh["W1"]  # the alert that tells the duty office
    assert "Not a kind we know" in en["W1"]
    assert "Not one of our hazards" in en["W2"]
    assert "know" not in en["W2"]
    assert zh["W3"].startswith("疫情通报：")
    assert "橙色" not in zh["W3"]


def test_nothing_in_force_is_no_all_clear_while_a_feed_is_silent(desk: Desk, web: Browser) -> None:
    desk.warn("W1", expires=NOW - HOUR / 2)
    assert "目前没有涉及本县的官方预警" in web.get("/warnings?realm=live&lang=zh").text
    facts = desk.engines["live"].facts
    facts.spoke["office"] = NOW - HOUR
    page = web.get("/warnings?realm=live&lang=zh").text
    assert "office没有消息：可能有预警没有收到" in page
    assert "目前没有" not in page  # its end passed unheard: it may have been prolonged
    assert "仍按有效处理" in cards(web, "zh")["W1"]
    facts.warnings.clear()
    assert "已收到的预警中没有涉及本县的" in web.get("/warnings?realm=live&lang=zh").text
    facts.feeds = {}
    assert "No source of official warnings is switched on" in web.get("/warnings?realm=live&lang=en").text


def test_the_same_as_data(desk: Desk, web: Browser) -> None:
    desk.warn("W1", area={"codes": ["990101"]}, description="预计有冰", instruction="减速")
    desk.warn("W2", area={"codes": ["110000"]})  # for elsewhere
    told = web.get("/api/v1/warnings").json()
    [one] = told["warnings"]
    assert (told["realm"], told["silent"]) == ("live", [])
    assert {key: one[key] for key in ("identifier", "issuer", "hazard", "level", "until", "known")} == {
        "identifier": "W1", "issuer": "青岚县气象台", "hazard": "road-icing", "level": "orange",
        "until": None, "known": True}  # fmt: skip
    assert one["text"] == "预计有冰\n减速"
    assert [p["id"] for p in one["places"]] == ["990101"]
    assert web.get("/api/v1/warnings?realm=nowhere").status_code == 404
