"""The watch on the real store, where what it looks for cannot be brought about from outside: a queue
that nobody takes from, an entry that nobody seals. The rest has stories through the whole process."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from alerting import audit
from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.engine_loop import EngineLoop
from alerting.service.seal_loop import SealLoop
from alerting.service.station import Station
from alerting.service.watch_loop import EVERY_VIRTUAL, WatchLoop
from alerting.signals import Observation
from alerting.store import Store
from alerting.store.schema import alert, notice, signal
from alerting.store.schema import audit as audit_log
from alerting.weather import Fields

TOWN = Path(__file__).parents[1] / "scenarios"
START = datetime(2026, 1, 20, 6, tzinfo=UTC)


class Watched:
    """A station whose loops are stepped one at a time: what is not stepped is what is broken."""

    def __init__(self, station: Station, clock: VirtualRuntime) -> None:
        self.station, self.clock = station, clock
        self._watch, self._others = WatchLoop(station), (EngineLoop(station), SealLoop(station))

    def does(self, coroutine: Any) -> Any:
        return asyncio.run(coroutine)

    def works(self) -> None:
        """The other loops have their turn, until nothing is left to do."""
        while any(self.does(loop.step()) for loop in self._others):
            pass

    def looks_around(self) -> None:
        self.clock.advance(EVERY_VIRTUAL)
        self.does(self._watch.step())

    def alerts(self) -> list[tuple[str, str, str, str]]:
        with self.station.store.read() as connection:
            rows = connection.execute(select(alert).order_by(alert.c.opened, alert.c.id))
            return [(r.sector, r.rule, r.place, r.state) for r in rows]

    def told(self) -> list[str]:
        with self.station.store.read() as connection:
            rows = connection.execute(select(notice.c.post, notice.c.kind).order_by(notice.c.id))
            return [f"{r.post}: {r.kind}" for r in rows]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    shutil.copytree(TOWN / "county", tmp_path / "county")
    shutil.copytree(TOWN / "book", tmp_path / "rules")
    config = json.loads((TOWN / "config.json").read_text("utf-8"))
    config["channels"] = {"console": {"silent": True}, "sms": {"use": "console", "silent": True}}
    (tmp_path / "config.yaml").write_text(json.dumps(config), "utf-8")
    clock = VirtualRuntime(START)
    station = Station(
        load_county(load_config(tmp_path / "config.yaml")), clock, Store(tmp_path / "suian.db")
    )
    made = Watched(station, clock)
    made.works()
    yield made
    made.does(station.close())


def test_a_signal_that_nobody_takes_is_a_stuck_queue(watched: Watched) -> None:
    seen = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, at=START,
                       values={"visibility": 9000.0})  # fmt: skip
    watched.does(watched.station.publish("live", [seen]))
    watched.looks_around()
    assert ("service", "queue-stuck", "source:engine", "open") in watched.alerts()
    assert "office: open" in watched.told()
    watched.works()
    watched.looks_around()
    assert ("service", "queue-stuck", "source:engine", "closed") in watched.alerts()
    assert "office: clear" in watched.told()


def test_an_entry_that_nobody_seals_is_told_after_a_minute(watched: Watched) -> None:
    watched.looks_around()
    assert watched.alerts() == []
    at = watched.clock.now() + EVERY_VIRTUAL - timedelta(seconds=59)
    watched.station.store.write(lambda c: audit.record(c, "live", at, "li", "x", "y", {}))
    watched.looks_around()
    assert watched.alerts() == [], "a minute is not over"
    watched.looks_around()
    assert watched.alerts() == [("service", "log-unsealed", "source:audit", "open")]
    assert watched.told() == ["office: open"]
    watched.works()
    watched.looks_around()
    assert watched.alerts() == [("service", "log-unsealed", "source:audit", "closed")]


def test_a_signal_that_fails_twice_is_set_aside_and_told(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("this one cannot be taken")

    monkeypatch.setattr(Fields, "take_observation", fails)
    seen = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, at=START,
                       values={"visibility": 900.0})  # fmt: skip
    watched.does(watched.station.publish("live", [seen]))
    with pytest.raises(ValueError):
        watched.works()  # the loop would be tried again
    watched.works()
    watched.looks_around()
    assert ("service", "signal-set-aside", "source:engine", "open") in watched.alerts()


def test_a_stored_signal_that_cannot_be_read_is_set_aside_and_told_and_the_rest_go_on(
    watched: Watched,
) -> None:
    def seen(station: str, sight: float) -> Observation:
        return Observation(source="stations", issued=START, station=station, lat=26.5, lon=106.5,
                           elevation=900, at=START, values={"visibility": sight})  # fmt: skip

    station = watched.station
    ids = watched.does(
        station.publish("live", [seen("a", 9000.0), seen("b", 8000.0), seen("c", 40.0)])
    )
    for at, garbage in ((0, b"fnot packed"), (1, b'j{"kind": "of an older version"}')):
        station.store.write(
            lambda c, at=at, garbage=garbage: c.execute(
                update(signal).where(signal.c.id == ids[at]).values(body=garbage)
            )
        )
    watched.works()
    with station.store.read() as connection:
        said = connection.execute(select(audit_log).where(audit_log.c.action == "set aside"))
        assert [row.subject for row in said] == ids[:2]
    assert ("road-traffic", "fog", "G99-K12", "open") in watched.alerts(), "by the third"
    watched.looks_around()
    assert ("service", "signal-set-aside", "source:engine", "open") in watched.alerts()
    assert "office: open" in watched.told()
    watched.does(station.reload_engine("live"))
    assert station.engines["live"].standings["fog"].level.max() == 4
