"""The stories' small town as a station of its own in a test's process, whose channels print nothing."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.station import Station
from alerting.store import Store

TOWN = Path(__file__).parents[1] / "scenarios"
START = datetime(2026, 1, 20, 6, tzinfo=UTC)


def small_county(folder: Path) -> County:
    """Its files in this folder, as loaded from there."""
    shutil.copytree(TOWN / "county", folder / "county")
    shutil.copytree(TOWN / "book", folder / "rules")
    config = json.loads((TOWN / "config.json").read_text("utf-8"))
    config["channels"] = {"console": {"silent": True}, "sms": {"use": "console", "silent": True}}
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")
    return load_county(load_config(folder / "config.yaml"), fall_back=True)


def small_station(folder: Path) -> tuple[Station, VirtualRuntime]:
    """At START, in this folder; nothing has run yet."""
    clock = VirtualRuntime(START)
    return Station(small_county(folder), clock, Store(folder / "suian.db")), clock
