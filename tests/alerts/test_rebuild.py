"""Memory rebuilt at a start: what failed when it came must not keep the service down."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from alerting.alerts import FactBook
from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.station import Station
from alerting.signals import Area, Signal, Warning
from alerting.store import Store
from tests.alerts.county import ROOT, START


def warning(identifier: str) -> Signal:
    return Warning(
        source="signals", issued=START, identifier=identifier, sender="office", action="alert",
        hazard="fog", event="fog", level="red", area=Area(names=("somewhere",)), accepted=START,
    )  # fmt: skip


def test_a_signal_that_was_set_aside_is_left_out_of_what_is_rebuilt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    county = load_county(load_config(ROOT.parent / "config.yaml"))
    store = Store(tmp_path / "suian.db")
    station = Station(county, VirtualRuntime(START), store)
    for one in (warning("broken"), warning("sound")):
        store.write(lambda c, one=one: station.bus.publish(c, "live", [one], START))
    store.write(lambda c: station.bus.taken(c, "live", {0: 0}, 2))
    takes = FactBook.take_warning

    def fails(book: FactBook, one: Warning) -> object:
        if one.identifier == "broken":
            raise ValueError("an older version let it in")
        return takes(book, one)

    monkeypatch.setattr(FactBook, "take_warning", fails)
    asyncio.run(station.reload_engine("live"))
    assert [key for key, _ in station.engines["live"].facts.warnings] == ["sound"]
    store.close()
