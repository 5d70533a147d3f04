"""The first page in a storm, before one and after it: what it shows first, and what it never breaks on."""

from __future__ import annotations

from alerting.store import schema as s
from tests.web.storm_scene import storm
from tests.web.web_desk import Browser, Desk


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
