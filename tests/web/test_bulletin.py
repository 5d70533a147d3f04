"""A month lived in the stories' town, an exercise beside it, and the bulletin of both."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from alerting.cli import bulletin as command
from alerting.errors import BadInput
from alerting.runtime import VirtualRuntime
from alerting.service.bulletin import bulletin, months
from alerting.service.bulletin.month import Month, month_of
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.signals import Report, from_envelope
from alerting.store import Store
from alerting.store import schema as s
from tests.conftest import lacking
from tests.scenarios.weather import FINE
from tests.web import chromium
from tests.web.conftest import ROOT, serving
from tests.web.web_desk import Browser

STORIES = ROOT / "tests" / "scenarios"
BEGINS = datetime(2026, 12, 3, 6, tzinfo=UTC)  # 14:00 in the county
ZONE = ZoneInfo("Asia/Shanghai")
DECEMBER = Month(2026, 12)
# C-06: what the county itself is asked in the first days of a month, here at 15:00.
DUE = """
sector: cross-sector
title: {zh: 各企业, en: Every enterprise}
rules:
  - id: bulletin-due
    hazard: season
    place: county
    title: {zh: 月度通报编发, en: The monthly bulletin is due}
    basis: [C-06]
    levels: {blue: {when: season bulletin-due, ask: [send-bulletin]}}
    decide: ["15:00"]
    audience: [duty-office]
    cases: [{name: due, given: {season: [bulletin-due]}, expect: {level: blue}}]
"""
MORE = {
    "measures.yaml": ("measures:\n", """
  send-bulletin:
    title: {zh: 编发月度通报, en: Send out the bulletin}
    sector: cross-sector
    form: notify
    carrier: duty-office
    lifter: duty-office
    do: {zh: 打开 /bulletin 核对上月通报并报送, en: Check last month's at /bulletin and send it}
    sms: {zh: 核对并报送上月通报, en: check and send last month's}
    by-minutes: 2880
"""),
    "calendar.yaml": ("seasons:\n", """
  bulletin-due:
    title: {zh: 月度通报编发, en: The monthly bulletin is due}
    basis: [C-06]
    days-from-first-working-day: 7
"""),
}  # fmt: skip


def town(folder: Path) -> Station:
    """The stories' county, a real one by its config, with everybody on a console."""
    for name in ("county", "storm"):
        shutil.copytree(STORIES / name, folder / name)
    shutil.copytree(STORIES / "book", folder / "rules")
    (folder / "rules" / "duty.yaml").write_text(DUE, "utf-8")
    for name, (above, more) in MORE.items():
        path = folder / "rules" / name
        path.write_text(path.read_text("utf-8").replace(above, above + more, 1), "utf-8")
    people = folder / "county" / "people.csv"
    people.write_text(re.sub(r"sms:\+\d+( console:\w+)?", "console:1", people.read_text("utf-8")))
    config = json.loads((STORIES / "config.json").read_text("utf-8"))
    config["county"]["fictional"] = False
    config |= {"channels": {"console": {}}, "exercise": {"play": "storm", "speed": 600}}
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")
    loaded = load_config(folder / "config.yaml").model_copy(update={"data": folder})
    made = Station(load_county(loaded), VirtualRuntime(BEGINS), Store(folder / "suian.db"))
    made.channels["console"].sink = lambda text: None
    return made


class Lived:
    """What was lived: an exercise, which the real fog stops; fog, answered by the police after ten minutes, and ice,
    which the road's owner never answers; wang decides; after that all is fine."""

    def __init__(self, station: Station, web: Browser) -> None:
        self.station, self.web = station, web

    def read(self, month: Month = DECEMBER, now: datetime | None = None, realm: str = "live") -> Any:
        station = self.station
        with station.store.read() as c:
            return bulletin(c, station.places, station.book, ZONE, month,
                            now or station.now("live"), realm)  # fmt: skip

    def page(self, path: str = "/bulletin/2026-12", lang: str = "zh") -> str:
        answer = self.web.get(path, params={"lang": lang}, headers={"Accept": "text/html"})
        return unescape(answer.text)


async def live_it(station: Station) -> None:
    loops = loops_of(station)
    await loops.settle()
    await station.start_exercise()
    await loops.advance(timedelta(seconds=15))

    async def comes(**envelope: Any) -> None:
        given = {"issued": station.now("live").isoformat(), **envelope}
        await station.publish("live", [from_envelope(given)])
        await loops.settle()

    async def forecast(values: dict[str, list[float]]) -> None:
        start = station.now("live").replace(minute=0, second=0, microsecond=0)
        await comes(kind="forecast", source="model", start=start.isoformat(),
                    spots=[{"id": "low"}, {"id": "high"}],
                    values={q: [[v, v] for v in column] for q, column in values.items()})  # fmt: skip

    async def says(act: str, person: str, name: str = "", alert: str = "", **detail: Any) -> None:
        with station.store.read() as c:
            key = c.execute(select(s.measure.c.id).where(
                s.measure.c.realm == "live", s.measure.c.measure == name)).scalars().first()  # fmt: skip
        await station.publish("live", [Report(
            source="web", issued=station.now("live"), act=act, person=person, channel="page",
            subject=f"alert:{alert}" if alert else f"measure:{key}", detail=detail)])  # fmt: skip
        await loops.settle()

    await forecast(FINE | {"visibility": [800.0] * 4 + [150.0] * 2 + [9000.0] * 42})
    await loops.advance(timedelta(minutes=5))
    # The township answers sooner than the police, and gives no lead by that.
    await says("acknowledge", "li", alert="live.fog.G99-K12.1")
    await loops.advance(timedelta(minutes=5))
    for name in ("guide", "speed-limit"):
        await says("acknowledge", "chen", name)
    await loops.advance(timedelta(minutes=5))
    await says("in-force", "chen", "speed-limit")
    await comes(kind="warning", source="office", identifier="W1", sender="虚构县气象台", action="alert",
                references=[], hazard="road-icing", event="道路结冰", level="yellow",
                area={"codes": ["990101000000"]})  # fmt: skip
    await forecast(FINE | {"visibility": [800.0] + [40.0] * 4 + [9000.0] * 43})
    await loops.advance(timedelta(minutes=4))
    await says("approve", "wang", "close", reason="会商后封闭")
    for _ in range(4):
        await loops.advance(timedelta(hours=1))
        await forecast(FINE)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    station = town(tmp_path_factory.mktemp("bulletin"))
    asyncio.run(live_it(station))
    with serving(station) as web:
        yield Lived(station, web)


def test_what_was_lived_is_counted_by_hazard_level_and_hours(lived: Lived) -> None:
    fog, ice, _ = lived.read()["alerts"]
    assert (fog["hazard"], fog["sector"], fog["alerts"], fog["places"]) == ("fog", "road-traffic", 1, 1)
    assert [(one["level"], one["alerts"]) for one in fog["levels"]] == [("red", 1), ("orange", 0)]
    orange = fog["levels"][1]["hours"]
    assert orange == 0.2, "15 minutes from the first run to the second"
    assert (ice["hazard"], ice["levels"][0]["level"]) == ("road-icing", "yellow")


def test_the_lead_runs_from_the_first_of_the_field_tier_to_the_onset(lived: Lived) -> None:
    lead = lived.read()["lead"]
    # The police answered at 14:10, the fog was to begin at 15:00; of the ice no field post was told.
    assert (lead["counted"], lead["median"], lead["unasked"]) == (1, 50, 1)
    assert lead["worst"]["place"]["zh"] == "G99东山段"
    assert lead["late"] == lead["none"] == []


def test_an_official_warning_counts_once_with_issuer_and_colour(lived: Lived) -> None:
    assert lived.read()["warnings"] == {
        "by": [{"issuer": "虚构县气象台", "hazard": "road-icing", "level": "yellow", "warnings": 1}],
        "lifted": 0, "elsewhere": 0, "tests": 0,
    }  # fmt: skip


def test_each_tier_has_who_was_woken_and_who_never_answered(lived: Lived) -> None:
    made = lived.read()
    tiers = {row["tier"]: row for row in made["tiers"]}
    assert list(tiers) == ["field", "enterprise", "township", "duty-office"]
    police = tiers["field"]
    assert (police["woken"], police["median"], police["in_force"], police["median_in_force"]) == (2, 10, 1, 15)
    assert (tiers["township"]["woken"], tiers["township"]["median"]) == (1, 5)
    owner = tiers["enterprise"]
    assert (owner["asked"], owner["woken"], owner["never"], owner["overdue"]) == (1, 0, 1, 1)
    assert "公路养护" in [row["title"]["zh"] for row in made["posts"]]


def test_a_decision_has_its_name_its_hour_and_its_reason(lived: Lived) -> None:
    made = lived.read()
    [row] = made["decisions"]
    assert (row["act"], row["who"]["zh"], row["reason"]) == ("approve", "王处长", "会商后封闭")
    assert row["place"]["zh"] == "G99东山段"
    assert made["deciding"] == {"asked": 1, "decided": 1, "never": 0, "median": 4}


def test_what_is_still_open_has_owner_and_age(lived: Lived) -> None:
    still = {row["measure"]: row for row in lived.read()["open"]}
    assert still["salt"]["owner"]["zh"] == "公路养护"
    assert (still["salt"]["days"], still["salt"]["overdue"]) == (0, 1)
    later = {row["measure"]: row for row in
             lived.read(now=datetime(2026, 12, 20, 6, 30, tzinfo=UTC))["open"]}  # fmt: skip
    assert later["salt"]["days"] == 17


def test_in_the_first_days_of_a_month_the_duty_office_is_told_that_last_months_is_due(
    lived: Lived,
) -> None:
    """The county is a place: it is asked once, not each of its townships."""
    with lived.station.store.read() as c:
        due = c.execute(select(s.alert).where(s.alert.c.rule == "bulletin-due")).all()
        said = c.execute(select(s.delivery.c.text).where(
            s.delivery.c.person == "zhao", s.delivery.c.text.contains("月度通报"))).scalars().all()  # fmt: skip
    assert [(one.realm, one.place) for one in due] == [("live", "990101000000")]
    assert due[0].opened == BEGINS + timedelta(hours=1)
    assert "/bulletin" in said[0]
    still = {row["measure"]: row for row in lived.read()["open"]}
    assert still["send-bulletin"]["owner"]["zh"] == "县应急办值班室"


def test_an_exercise_stands_apart_and_is_counted_nowhere_else(lived: Lived) -> None:
    # The calls that nobody answers go on, one of them at this very moment.
    made = lived.read(now=lived.station.now("live") + timedelta(seconds=1))
    [played] = made["exercises"]
    assert (played["title"]["zh"], played["alerts"], played["woken"]) == ("冻雨演练", 2, 0)
    assert played["asked"] > 0
    assert played["messages"] > 0
    with lived.station.store.read() as c:
        real = c.execute(select(s.delivery.c.id).where(s.delivery.c.realm == "live")).all()
    assert made["messages"]["sent"] == len(real)
    assert {row["hazard"] for row in made["alerts"]} == {"fog", "road-icing", "season"}
    own = lived.read(Month(2013, 2), datetime(2013, 2, 9, 6, tzinfo=UTC), realm="exercise-1")
    assert own["exercise"]
    assert own["exercises"] is None
    assert sum(row["alerts"] for row in own["alerts"]) == 2


def test_a_source_that_fell_silent_is_named_with_its_hours(lived: Lived) -> None:
    [silent] = [row for row in lived.read()["unseen"] if row["rule"] == "source-silent"]
    assert silent["place"]["zh"] == "stations"
    assert silent["open"]
    assert silent["hours"] > 1


def test_the_page_says_it_in_both_languages_and_how_far_it_goes(lived: Lived) -> None:
    zh = lived.page()
    for words in ("安全风险月度通报 2026年12月", "本月未结束，以下截至 12月3日", "大雾", "公路养护", "王处长",
                  "红色 1 /", "一线", "数据源静默", "冻雨演练", "提前量中位数50分钟"):  # fmt: skip
        assert words in zh, words
    assert "演练，不是真实情况" not in zh
    assert "<script" not in zh
    en = lived.page(lang="en")
    for words in ("Monthly safety bulletin Dec 2026", "so far, as of 3 Dec", "Road maintenance",
                  "median 50 min", "Measures still open"):  # fmt: skip
        assert words in en, words
    assert "演练，不是真实情况" in lived.page("/bulletin/2013-02?realm=exercise-1")
    assert '<a href="/bulletin/2026-12?realm=live">2026-12</a>' in lived.page("/bulletin")


def test_the_api_gives_the_same_as_data(lived: Lived) -> None:
    got = lived.web.get("/api/v1/bulletin/2026-12").json()
    assert got == json.loads(json.dumps(lived.read()))
    assert lived.web.get("/api/v1/bulletin/2026-12?realm=nothing").status_code == 404


@pytest.mark.parametrize(("month", "said"), [
    ("2027-01", "还没有开始"), ("2026-13", "不是月份"), ("dezember", "不是月份"),
    ("２０２６-12", "不是月份"),
])  # fmt: skip
def test_a_month_that_is_none_or_has_not_begun_is_refused(lived: Lived, month: str, said: str) -> None:
    answer = lived.web.get(f"/bulletin/{month}?lang=zh", headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert lived.web.get(f"/api/v1/bulletin/{month}").status_code == 422


def test_the_command_prints_it_as_text_paper_and_data(
    lived: Lived, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked of the exercise, whose clock is its own: the real world's is the machine's here."""
    config = Path(lived.station.store.path).with_name("config.yaml")
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"data": "."}), "utf-8")

    def said(month: str, form: str, lang: str, realm: str = "exercise-1") -> str:
        command.bulletin(month, command.Language(lang), command.Form(form), realm, config)
        return capsys.readouterr().out

    assert "演练，不是真实情况" in said("2013-02", "text", "zh")
    assert "Risk advisories: 2" in said("2013-02", "text", "en")
    paper = said("2013-02", "html", "zh")
    assert "<style>" in paper
    assert "href=\"/static" not in paper
    assert "<td>道路结冰</td>" in paper
    assert json.loads(said("2013-02", "json", "zh"))["exercise"]
    assert "Nothing happened in this month" in said("2026-03", "text", "en", "live")
    with pytest.raises(BadInput, match="has not begun"):
        said("2100-12", "text", "zh")
    with pytest.raises(BadInput, match=r"no realm 'x'.*There are: .*exercise-1"):
        said("2013-02", "text", "zh", "x")


def test_a_month_in_which_nothing_happened_says_so(lived: Lived) -> None:
    made = lived.read(Month(2026, 3))
    assert made["empty"]
    assert made["as_of"] is None
    assert made["findings"] == []
    page = lived.page("/bulletin/2026-03")
    assert "本月没有风险提示、官方预警、措施和消息" in page
    assert "<table" not in page


def test_what_ended_later_was_open_then(lived: Lived) -> None:
    """Asked for as of 14:30, it says what was so then."""
    made = lived.read(now=BEGINS + timedelta(minutes=30))
    assert {row["measure"] for row in made["open"]} >= {"guide", "speed-limit", "salt", "close"}
    assert made["tiers"][0]["woken"] == 2
    assert lived.read(now=BEGINS + timedelta(minutes=10))["tiers"][0]["woken"] == 0


def test_it_takes_a_fixed_number_of_queries(lived: Lived) -> None:
    engine, counts = lived.station.store._engine, []

    def asked(month: Month) -> int:
        counts.clear()
        lived.read(month)
        return len(counts)

    event.listen(engine, "before_cursor_execute", lambda *a: counts.append(a[2]))
    assert asked(DECEMBER) == asked(Month(2026, 3)) <= 20


def test_months_are_those_in_which_there_is_something_and_the_one_that_runs(lived: Lived) -> None:
    with lived.station.store.read() as c:
        found = months(c, ZONE, datetime(2027, 2, 1, tzinfo=UTC))
    assert [one.text for one in found] == ["2027-02", "2027-01", "2026-12"]


def test_a_month_is_of_the_countys_own_days() -> None:
    assert DECEMBER.begins(ZONE) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert DECEMBER.after.begins(ZONE) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    # In the county it is January already.
    assert month_of("2027-01", ZONE, datetime(2026, 12, 31, 17, tzinfo=UTC)) == Month(2027, 1)


@pytest.mark.browser
def test_the_page_fits_a_phone_and_needs_no_script(lived: Lived, tmp_path: Path) -> None:
    program = chromium.found()
    if program is None:
        lacking("no Chromium on this machine: the page was not looked at in a browser")
        return

    async def look() -> None:
        async with chromium.opened(program, tmp_path / "profile") as tab:
            for lang in ("zh", "en"):
                drawn = await tab.draw(f"{lived.web.base}/bulletin/2026-12?lang={lang}", 390)
                assert drawn.width <= 390, f"{drawn.width} px wide in {lang}"
                assert "<script" not in drawn.source

    asyncio.run(look())
