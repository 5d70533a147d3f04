"""What people text is stamped by the clock of the realm that it belongs to."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.feeds import Feeds
from alerting.service.station import Station
from alerting.store import Store
from alerting.store.schema import delivery

TOWN = Path(__file__).parents[1] / "scenarios"
START = datetime(2027, 1, 20, 8, tzinfo=UTC)
STORM = datetime(2013, 12, 8, 20, tzinfo=UTC)


def test_an_answer_in_an_exercise_whose_clock_is_held_back_does_not_come_from_its_future(
    tmp_path: Path,
) -> None:
    for folder in ("county", "book"):
        shutil.copytree(TOWN / folder, tmp_path / folder.replace("book", "rules"))
    config = json.loads((TOWN / "config.json").read_text("utf-8"))
    config["channels"] = {"console": {"silent": True}, "sms": {"use": "console", "silent": True}}
    (tmp_path / "config.yaml").write_text(json.dumps(config), "utf-8")
    clock = VirtualRuntime(START)
    county = load_county(load_config(tmp_path / "config.yaml"))
    station = Station(county, clock, Store(tmp_path / "suian.db"))

    async def story() -> None:
        played = await station.open_exercise({"zh": "演练", "en": "Drill"}, STORM, 600.0, Feeds((), {}))
        station.store.write(lambda c: c.execute(insert(delivery).values(
            realm=played.id, person="chen", channel="sms", address="x", band="red", round=0,
            state="accepted", language="zh", text="演练", code="W6", link="w", letters={},
            created=STORM, at=STORM)))  # fmt: skip
        station.let_run(played.id, timedelta(minutes=10))
        clock.advance(timedelta(minutes=5))  # 50 h of the storm, were it not held back
        assert await station.hear("chen", "sms", "1 W6")
        with station.store.read() as connection:
            [held] = station.bus.read(connection, played.id, 0)
        assert held.signal().issued == station.now(played.id) == STORM + timedelta(minutes=10)
        await station.close()

    asyncio.run(story())
