"""The pages of responses and of a measure's form, over the real station of the repository's own county."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.signals import Area, Report, Signal, Warning
from alerting.store import Store
from alerting.store import schema as s
from alerting.web.chronicle import Chronicle
from alerting.web.demo import demo_link
from tests.conftest import lacking
from tests.web import chromium
from tests.web.conftest import ROOT, serving
from tests.web.web_desk import NOW, Browser

NOTE = "气象、交警、住建会商，夜间有冻雨"
FORM = {"did": "出动警力120人次", "people-hurt": "0", "damage": "无", "open": "X910仍有薄冰"}


class Ended:
    """A response that was started, put to its post again, ended, and reported on by the police."""

    def __init__(self, station: Station, web: Browser) -> None:
        self.station, self.web = station, web
        with station.store.read() as c:
            rows = c.execute(select(s.measure.c.id, s.measure.c.carrier)
                             .where(s.measure.c.measure == "icing-response-report"))  # fmt: skip
            self.reports = {row.carrier: row.id for row in rows}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("responses")
    config = load_config(ROOT / "config.yaml").model_copy(update={"data": folder})
    station = Station(load_county(config), VirtualRuntime(NOW), Store(folder / "suian.db"))
    station.channels["console"].sink = lambda text: None
    asyncio.run(_live_it(station))
    with serving(station) as web:
        yield Ended(station, web)


async def _live_it(station: Station) -> None:
    loops = loops_of(station)
    await loops.settle()

    async def comes(one: Signal) -> None:
        await station.publish("live", [one])
        await loops.settle()

    def said(act: str, person: str, subject: str, **detail: object) -> Report:
        return Report(source="web", issued=station.now("live"), act=act, person=person,
                      channel="page", subject=subject, detail=dict(detail))  # fmt: skip

    def warned(level: str, number: str, action: str, *named: str) -> Warning:
        return Warning.model_validate({
            "source": "typed:he", "issued": station.now("live"), "identifier": number,
            "sender": "雾岭县气象台", "action": action, "references": named, "level": level,
            "hazard": "road-icing", "event": "道路结冰", "area": Area(codes=("990100000000",)),
        })  # fmt: skip

    await comes(warned("yellow", "W1", "alert"))
    await comes(said("respond", "he", "plan:icing", grade="IV", reason=NOTE))
    await loops.advance(timedelta(minutes=5))
    await comes(warned("orange", "W2", "update", "W1"))
    await comes(said("respond", "he", "plan:icing", grade="end", reason="会商终止"))
    with station.store.read() as c:
        [report] = c.execute(select(s.measure.c.id).where(
            s.measure.c.measure == "icing-response-report", s.measure.c.carrier == "police"
        )).scalars()  # fmt: skip
    await comes(said("return", "chen", f"measure:{report}", form=FORM))


def test_a_response_tells_its_whole_story_in_both_languages(ended: Ended) -> None:
    zh = unescape(ended.web.get("/responses/live.icing.1?lang=zh").text)
    for words in ("低温雨雪凝冻灾害应急响应（Ⅳ级）", "已终止", NOTE, "提请会商", "县交警大队", "疏导交通",
                  "出动警力120人次", "尚未报送", "待填"):  # fmt: skip
        assert words in zh, words
    en = unescape(ended.web.get("/responses/live.icing.1?lang=en").text)
    for words in ("grade IV", "put to consultation", "Closing reports", "what was done and with how many"):
        assert words in en, words


def test_the_list_has_the_plan_its_triggers_and_who_alone_decides(ended: Ended) -> None:
    zh = unescape(ended.web.get("/responses?realm=live&lang=zh").text)
    assert "只有县低温雨雪凝冻灾害应急指挥部的在岗人员能启动、调整或终止" in zh
    assert "须人工研判" in zh
    assert "涉及乡镇数 待填" in zh
    assert '<button name="grade"' not in zh


def test_what_was_decided_is_told_with_what_has_just_happened(ended: Ended) -> None:
    with ended.station.store.read() as c:
        told = [one.said["zh"] for one in Chronicle(c, ended.station, "live", back=None).news(c)]
    name = "低温雨雪凝冻灾害应急响应"
    steps = [one for one in told if one.endswith(name)]
    assert steps == [f"提请会商Ⅳ级：{name}", f"何主任 启动Ⅳ级：{name}", f"提请会商Ⅲ级：{name}",
                     f"何主任 终止：{name}"]  # fmt: skip


def test_a_measures_page_has_its_form_and_what_came_back(ended: Ended) -> None:
    came = unescape(ended.web.get(f"/measures/{quote(ended.reports['police'])}?lang=zh").text)
    assert "X910仍有薄冰" in came
    waits = unescape(ended.web.get(f"/measures/{quote(ended.reports['housing'])}?lang=zh").text)
    assert "尚未报送" in waits
    assert "由承办单位登录或从短信链接填报" in waits
    assert ended.web.get("/measures/nothing").status_code == 404
    assert ended.web.get("/responses/nothing").status_code == 404


@pytest.mark.browser
def test_the_pages_fit_a_phone_and_need_no_script(ended: Ended, tmp_path: Path) -> None:
    program = chromium.found()
    if program is None:
        lacking("no Chromium on this machine: the pages were not looked at in a browser")
        return
    demo = demo_link(ended.station, "he").removeprefix(ended.station.config.url)
    paths = ["/responses?realm=live", "/responses/live.icing.1", "/by-hand?realm=live",
             f"/measures/{quote(ended.reports['housing'])}",
             f"/measures/{quote(ended.reports['police'])}?lang=en"]  # fmt: skip

    async def look() -> None:
        async with chromium.opened(program, tmp_path / "profile") as tab:
            await tab.draw(ended.web.base + demo, 390)
            for path in paths:
                for width in (390, 320, 1280):
                    drawn = await tab.draw(ended.web.base + path, width)
                    assert drawn.width <= width, f"{path} is {drawn.width} px wide on {width}"
                    assert "<script" not in drawn.source

    asyncio.run(look())
