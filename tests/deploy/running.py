"""What a process that is well tells Prometheus, each role of one."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from prometheus_client import generate_latest

from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.store import Store
from alerting.telemetry import Tally
from alerting.web import figures

TOWN = Path(__file__).parents[1] / "scenarios"
START = datetime(2026, 1, 20, 6, tzinfo=UTC)


class Running:
    """A small county, after its first settling; `all` and `web` are what the processes of these roles say."""

    def __init__(self, folder: Path) -> None:
        for name in ("county", "book"):
            shutil.copytree(TOWN / name, folder / name.replace("book", "rules"))
        config = json.loads((TOWN / "config.json").read_text("utf-8"))
        config["channels"] = {"console": {"silent": True}, "sms": {"use": "console", "silent": True}}
        # Of a broker that nobody asks: its figure must be there where one is configured.
        config["bus"] = {"kafka": "127.0.0.1:1"}
        (folder / "config.yaml").write_text(json.dumps(config), "utf-8")
        clock = VirtualRuntime(START)
        self.station = Station(load_county(load_config(folder / "config.yaml")), clock, Store(folder / "suian.db"))
        self.station.kafka, kafka = None, self.station.kafka
        asyncio.run(loops_of(self.station).settle())
        self.station.kafka = kafka
        kafka.assigned = frozenset({0})  # as if the broker had given it its partition
        for rounds in self.station.loops.values():
            rounds.ended = clock.elapsed()
        self._all = self.said("all")

    def said(self, role: str) -> str:
        station = self.station
        station.role = role
        with station.store.read() as connection:
            text = figures._text(figures._Tables(connection, station))
        return (text + figures._text(figures._Memory(station)) + generate_latest(station.tally.registry)).decode()

    @property
    def metrics(self) -> set[str]:
        """The names of all series, a histogram's three included."""
        found = set()
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", self._all, re.MULTILINE):
            found |= {name + end for end in ("_bucket", "_count", "_sum")} if kind == "histogram" else {name}
        return found

    @staticmethod
    @cache
    def known() -> frozenset[str]:
        """The names that the code gives metrics, a histogram's own included."""
        text = Path(figures.__file__).read_text("utf-8")
        names = re.findall(r'(?:_gauge|_plain)\(\s*"(\w+)"', text)
        of_tally = {m.name + ("_total" if m.type == "counter" else "") for m in Tally().registry.collect()}
        return frozenset({f"suian_{name}" for name in names} | of_tally | {"suian_build_info"})
