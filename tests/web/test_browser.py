"""The pages in a real browser, as wide as a phone: nothing runs over the edge, nothing needs a script."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from alerting.web.demo import demo_link
from tests.conftest import lacking
from tests.web import chromium
from tests.web.storm_scene import many, storm
from tests.web.web_desk import Browser, Desk

PHONES = (390, 320)  # a common one, and the narrowest still in use


@pytest.mark.browser
def test_no_page_scrolls_sideways_on_a_phone_and_none_needs_a_script(
    desk: Desk, web: Browser, tmp_path: Path
) -> None:
    program = chromium.found()
    if program is None:
        lacking("no Chromium on this machine: the pages were not looked at in a browser")
        return
    red = storm(desk)
    for n in range(9):
        desk.open_alert("icing", f"place-{n}", 4, official=4)
    area = {"names": ["青岚县石门镇、青岚县河口镇、青岚县云顶乡一带"], "codes": ["990100"], "above": 1200,
            "tags": ["bridge", "tunnel-mouth", "high-road"]}  # fmt: skip
    desk.warn("W1", "red", area=area, headline="青岚县气象台发布道路结冰红色预警信号" * 3)
    desk.warn("W2", hazard="", event="臭氧层扰动", sender="https://office.example/" + "x" * 80)
    demo = demo_link(desk, "office").removeprefix(desk.config.url)
    paths = ["/", "/?lang=en", f"/alerts/{quote(red)}", "/messages", "/a/decide?lang=zh",
             "/a/forged", "/login", "/waiting", "/roads", "/roads?lang=en", "/alerts/nothing", demo,
             "/warnings?realm=live&lang=zh", "/warnings?realm=live&lang=en",
             f"/alerts/{quote(red)}"]  # fmt: skip

    async def look() -> None:
        async with chromium.opened(program, tmp_path / "profile") as tab:
            for path in paths:
                for width in PHONES:
                    drawn = await tab.draw(web.base + path, width)
                    assert drawn.width <= width, f"{path} is {drawn.width} px wide on {width}"
                    assert drawn.height > 300
                    assert len(drawn.png) > 8_000, f"{path} is an empty picture"
                    assert "<script" not in drawn.source

    asyncio.run(look())


@pytest.mark.browser
def test_a_phone_shows_the_gravest_card_before_anybody_scrolls(
    desk: Desk, web: Browser, tmp_path: Path
) -> None:
    program = chromium.found()
    if program is None:
        lacking("no Chromium on this machine: the pages were not looked at in a browser")
        return
    storm(desk)
    many(desk, 200, 100)
    desk.open_alert("fog", "wuling-pass", 4, hazard="fog")

    async def look() -> None:
        async with chromium.opened(program, tmp_path / "profile") as tab:
            for path in ("/?realm=live&lang=zh", "/?realm=live&lang=en", "/?realm=exercise-1"):
                await tab.draw(web.base + path, PHONES[0])
                assert await tab.foot_of("#red h3") < 500, path
                assert await tab.foot_of("#now") < await tab.foot_of("#waiting")
                if "live" in path:
                    assert await tab.foot_of("#waiting") < await tab.foot_of(".more-cards")

    asyncio.run(look())
