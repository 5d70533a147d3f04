"""The first page in a storm, before one and after it: what it shows first, and what it never breaks on."""

from __future__ import annotations

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
