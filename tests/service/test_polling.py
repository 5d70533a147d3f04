"""A source that is polled, by the real loop over real HTTP, under a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from alerting.errors import TooLarge
from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.engine_loop import EngineLoop
from alerting.service.listing import alerts
from alerting.service.loop import Loops
from alerting.service.poll_loop import PollLoop
from alerting.service.seal_loop import SealLoop
from alerting.service.station import Station
from alerting.service.tick_loop import TickLoop
from alerting.service.watch_loop import WatchLoop
from alerting.signals import Forecast, Signal, Spot
from alerting.store import Store
from alerting.store.schema import source_health
from alerting.weather import RunSight
from connectors.open_meteo import Source
from tests.cli.conftest import MEASURES, PACK, ROOT, TABLES
from tests.listening import listens

START = datetime(2026, 1, 20, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = """\
county: {name: 试验县, name_en: Trial county, fictional: true, zones: county/zones.csv,
         sites: county/sites.csv, people: county/people.csv, posts: county/posts.csv}
rules: rules
calendar: rules/calendar.yaml
data: var
port: 1
sources:
"""


class Model:
    """Open-Meteo's answers from one run of the model: the day before to three days on, whatever the
    hour; the hours move on at 00 UTC alone. `fog_from` is what the run says, `down` answers 503."""

    def __init__(self) -> None:
        self.now = START
        self.fog_from = datetime(2026, 1, 21, 6, tzinfo=UTC)
        self.down = False
        self.asked: list[int] = []  # for how many places, each time
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                places = parse_qs(urlsplit(self.path).query)["latitude"][0].count(",") + 1
                model.asked.append(places)
                answers = [model.answer()] * places
                body = json.dumps(answers if places > 1 else answers[0]).encode()
                self.send_response(503 if model.down else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        listens(self._server)

    def answer(self) -> dict[str, Any]:
        midnight = self.now.replace(hour=0, minute=0)
        hours = [midnight - DAY + timedelta(hours=h) for h in range(96)]
        fog = [100.0 if h >= self.fog_from else 9000.0 for h in hours]
        return {
            "latitude": 26.6, "longitude": 106.7, "elevation": 800.0, "utc_offset_seconds": 0,
            "hourly_units": {"time": "unixtime", "visibility": "m", "temperature_2m": "°C"},
            "hourly": {"time": [int(h.timestamp()) for h in hours], "visibility": fog,
                       "temperature_2m": [5.0 + h.hour / 2 for h in hours]},
        }  # fmt: skip

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.close()


class Town:
    """A station with the loops that fetch, tick, judge and watch."""

    def __init__(self, folder: Path, sources: str) -> None:
        for name, text in TABLES.items():
            _write(folder / "county" / f"{name}.csv", text)
        _write(folder / "rules" / "measures.yaml", MEASURES)
        _write(folder / "rules" / "trial.yaml", PACK)
        calendar = (ROOT / "rules" / "calendar.yaml").read_text("utf-8")
        _write(folder / "rules" / "calendar.yaml", calendar)
        _write(folder / "config.yaml", CONFIG + sources)
        self.runtime = VirtualRuntime(START)
        county = load_county(load_config(folder / "config.yaml"))
        self.station = Station(county, self.runtime, Store(":memory:"))
        loops = [TickLoop(self.station), PollLoop(self.station), EngineLoop(self.station),
                 WatchLoop(self.station), SealLoop(self.station)]  # fmt: skip
        self._loops = Loops(self.runtime, loops)
        self.station.writer.on_commit(self._loops.wake)

    async def passes(self, model: Model, hours: float) -> None:
        await self._loops.settle()
        for _ in range(round(hours * 6)):
            model.now = self.runtime.now()
            await self._loops.advance(timedelta(minutes=10))

    async def advance(self, by: timedelta) -> None:
        await self._loops.advance(by)

    def open(self) -> set[tuple[str, str]]:
        with self.station.store.read() as connection:
            rows = alerts(connection, self.station.places, self.station.book, LIVE, "open")
        return {(r["rule"], r["place"]) for r in rows}

    def runs(self) -> list[RunSight]:
        engine, now = self.station.engines[LIVE], self.runtime.now()
        return engine.fields.run_sights(now, engine.facts.at(now), np.array([0]))

    def late(self) -> bool:
        """Whether the rules take the model for overdue, which the watch must say too."""
        fields = self.station.engines[LIVE].fields
        late = bool(fields.overdue(self.runtime.now())["open-meteo"].any())
        with self.station.store.read() as connection:
            [source] = [s for s in self.station.sources(connection) if s["name"] == "open-meteo"]
        assert late is (source["state"] == "silent")
        return late

    def error(self, source: str) -> str:
        with self.station.store.read() as connection:
            found = connection.execute(
                select(source_health.c.error).where(source_health.c.source == source)
            ).scalar_one()
        return str(found)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def open_meteo(model: Model) -> str:
    return f"  open-meteo: {{on: true, base_url: '{model.url}'}}\n"


def test_between_two_runs_of_the_model_the_county_sees_what_it_saw(
    tmp_path: Path, model: Model
) -> None:
    async def story() -> None:
        town = Town(tmp_path, open_meteo(model))
        for _ in range(8):  # to 22:05
            await town.passes(model, 1)
            assert not town.late()
            assert town.open() == set()
        await town.passes(model, 5)  # over midnight, to 03:05; the fog is due at 06:00
        assert not town.late()
        assert town.open() == {("fog-test", "990100101")}
        assert len(town.runs()) == 1
        model.fog_from += timedelta(hours=2)
        await town.passes(model, 1)
        assert len(town.runs()) == 2

    asyncio.run(story())


def test_the_watch_and_the_rules_find_a_source_silent_at_the_same_time(
    tmp_path: Path, model: Model
) -> None:
    async def story() -> None:
        town = Town(tmp_path, open_meteo(model))
        await town.passes(model, 4)
        model.down = True
        seen = []
        for _ in range(18):
            await town.passes(model, 1 / 6)
            seen.append(town.late())
        assert seen[0] is False
        assert seen[-1] is True
        assert ("source-silent", "source:open-meteo") in town.open()

    asyncio.run(story())


def _puts_a_run(box: Path, issued: datetime) -> None:
    run = {"kind": "forecast", "source": "model", "issued": issued.isoformat(),
           "start": "2026-01-20T14:00:00Z", "spots": [{"id": "hekou-low"}],
           "values": {"visibility": [[9000.0]]}}  # fmt: skip
    _write(box / "run.json", json.dumps(run))
    os.utime(box / "run.json", (0, START.timestamp() - 60))  # written to its end


def test_a_run_from_the_future_is_named_where_the_source_s_troubles_are(
    tmp_path: Path, model: Model
) -> None:
    _puts_a_run(tmp_path / "box", START + timedelta(hours=8))

    async def story() -> None:
        town = Town(tmp_path, f"  inbox: {{on: true, folder: '{tmp_path / 'box'}'}}\n")
        await town.passes(model, 0)
        assert "issued 2026-01-20 22:05Z is still to come" in town.error("inbox")
        with town.station.store.read() as connection:
            said = town.station.bus.read(connection, LIVE, 0)
        assert [r.kind for r in (one.signal() for one in said) if r.source == "model"] == []

    asyncio.run(story())


def test_what_a_source_says_once_is_published_when_the_store_is_back(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was read is not read again: nobody would say it again."""
    _puts_a_run(tmp_path / "box", START)

    async def story() -> None:
        town = Town(tmp_path, f"  inbox: {{on: true, folder: '{tmp_path / 'box'}'}}\n")
        publish, away = town.station.publish, [True]

        async def refused(*given: Any) -> Any:
            if away[0] and any(one.source == "model" for one in given[1]):
                raise OperationalError("INSERT", {}, Exception("the server has gone away"))
            return await publish(*given)

        monkeypatch.setattr(town.station, "publish", refused)
        loop = PollLoop(town.station)
        for _ in range(2):
            with pytest.raises(OperationalError):
                await loop.step()
        away[0] = False
        await loop.step()
        with town.station.store.read() as connection:
            said = town.station.bus.read(connection, LIVE, 0)
        assert [r.kind for r in (one.signal() for one in said) if r.source == "model"] == ["forecast"]
        assert loop.next_due() > START, "and it is not said again"

    asyncio.run(story())


def test_more_places_than_a_minute_allows_are_asked_for_minute_by_minute(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {timedelta(minutes=1): 600.0, timedelta(hours=1): 5_000.0, DAY: 10_000.0}
    monkeypatch.setattr(Source, "quota", property(lambda _: free))

    async def story() -> None:
        town = Town(tmp_path, open_meteo(model))
        places = [Spot(f"p{n}", 26.6, 106.7, 800.0) for n in range(1000)]
        town.station.spots = tuple(places)
        await town.passes(model, 0)
        assert model.asked == [200, 200, 140]
        await town.advance(timedelta(seconds=59))
        assert len(model.asked) == 3
        await town.advance(timedelta(seconds=1))
        assert model.asked[3:] == [200, 200, 60]
        assert town.error("open-meteo") == ""
        await town.advance(timedelta(hours=2))  # the day's allowance is spread over the day
        assert len(model.asked) == 6
        await town.advance(timedelta(hours=1))
        assert model.asked[6:] == model.asked[:6]

    asyncio.run(story())


def test_what_could_not_be_asked_for_is_the_first_to_be_asked_for_again(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source, "quota", property(lambda _: {timedelta(minutes=1): 600.0}))

    async def story() -> None:
        town = Town(tmp_path, open_meteo(model))
        town.station.spots = tuple(Spot(f"p{n}", 26.6, 106.7, 800.0) for n in range(600))
        await town.passes(model, 0)
        model.down = True
        await town.advance(timedelta(minutes=1))
        assert model.asked == [200, 200, 140, 60]
        model.down = False
        await town.advance(timedelta(minutes=70))
        assert model.asked[4:8] == [60, 200, 200, 140]

    asyncio.run(story())


def test_what_is_too_large_to_be_carried_is_said_at_its_source_and_holds_nothing_back(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        town = Town(tmp_path, open_meteo(model))
        publish = town.station.publish

        async def narrow(realm: str, signals: list[Signal]) -> list[str]:
            for one in signals:
                if isinstance(one, Forecast):
                    raise TooLarge("this forecast is 5000 kB packed", where=one.id, mend="Ask for less.")
            return await publish(realm, signals)

        monkeypatch.setattr(town.station, "publish", narrow)
        await town.passes(model, 0)
        assert "this forecast is 5000 kB packed" in town.error("open-meteo")
        assert town.open() == set()

    asyncio.run(story())
