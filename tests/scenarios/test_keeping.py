"""What the config no longer keeps goes in the night, while the service works, and the log still proves itself."""

from __future__ import annotations

import os
import signal as os_signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import insert

from alerting.service.clock import open_live
from alerting.store import Store
from alerting.store.schema import alert, audit, delivery, signal
from tests.postgres_server import Server
from tests.scenarios.apart import Apart
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_backup import head_of, said_by
from tests.scenarios.town import SOON, Town

CLEAR = {"visibility": [9000.0] * 48}
KEEP = {"signals_days": 62, "alerts_days": 62, "audit_days": 62, "exercises_days": 1}


EARLY = datetime(2026, 1, 19, 22, tzinfo=UTC)  # 06:00 in the county
NIGHT = "08:05"  # so that a story need not go through one


def test_a_winter_later_what_is_over_is_gone(make_town: Callable[..., Town]) -> None:
    town = make_town(changes={"keep": KEEP | {"at": NIGHT}}, start=EARLY).begin()
    zhao = town.phone("zhao")
    for _ in range(2):
        town.by_hand("/alerts", "大雾", rule="fog", place="G99-K12", level="yellow")
        town.lets_go("chen", "zhao")
    first, second = (town.alerts(rule="fog", place="G99-K12")[n]["id"] for n in (0, 1))
    town.forecast(CLEAR)
    town.passes(minutes=41)
    early = head_of(zhao)
    that_day = town.now
    told = len(town.asks(delivery.c.id, delivery.c.created < that_day))
    town.dies()

    town.begin_days_later(100)  # 08:01
    town.passes(minutes=10)
    assert [one["id"] for one in town.alerts(rule="fog", place="G99-K12")] == [second], "its number is not given again"
    assert first not in town.asks(alert.c.id)
    assert 0 < len(town.asks(delivery.c.id, delivery.c.created < that_day)) < told
    assert len(town.asks(signal.c.seq, signal.c.kind == "tick", signal.c.accepted <= that_day)) == 0
    assert len(town.asks(signal.c.seq, signal.c.kind == "forecast")) == 1, "when its source last spoke"
    late = head_of(zhao)
    town.dies()
    town.begin(town.now + timedelta(hours=23, minutes=50))
    town.passes(minutes=10)  # what was cut is taken off
    assert town.asks(audit.c.number, audit.c.realm == "live")[0] > 1
    for head in (early, late):
        assert "proof" in said_by(town, "audit verify", "--head", head)
    gone = town.api("GET", "/bulletin/2026-01")
    assert gone.status_code == 422, "half a month's bulletin would not say that it is half"
    assert "no longer kept whole" in gone.text
    for path in ("/", "/callouts", "/bulletin/2026-04", "/messages", f"/alerts/{second}"):
        assert requests.get(town.url + path, timeout=SOON).status_code == 200, path
    # And a new one is numbered after the last.
    town.by_hand("/alerts", "大雾", rule="fog", place="G99-K12", level="yellow")
    assert town.alert(rule="fog", place="G99-K12", state="open")["id"].endswith(".3")


OLD = datetime(2026, 1, 1, tzinfo=UTC)
MANY = 3000


@pytest.fixture
def apart(tmp_path: Path, provider: StandIn, nursery: Nursery, postgres: Server) -> Iterator[Apart]:
    """One PostgreSQL with many alerts of last winter; the night's work begins a few seconds from now."""
    address = postgres.fresh()
    store = Store(address)
    store.write(lambda c: open_live(c, OLD, True))
    store.write(lambda c: c.execute(insert(alert), [
        {"id": f"live.fog.bridge-1.{n}", "realm": "live", "rule": "fog", "place": "bridge-1", "episode": n,
         "sector": "road-traffic", "hazard": "fog", "state": "closed", "level": 1, "peak": 1, "opened": OLD,
         "updated": OLD, "closed": OLD + timedelta(seconds=n), "why": {}} for n in range(1, MANY + 1)]))  # fmt: skip
    store.close()
    zone = ZoneInfo("Asia/Shanghai")
    # Each process that keeps has to begin before.
    at = (datetime.now(zone) + timedelta(seconds=15)).time().isoformat("seconds")
    made = Apart(tmp_path, provider, nursery, changes={
        "database": address, "keep": KEEP | {"at": at}, "log": "info"})  # fmt: skip
    yield made
    made.seals()
    made.dies()
    made.keeps_its_books()


def test_of_two_processes_one_does_it_and_another_goes_on_when_it_dies(apart: Apart) -> None:
    first = apart.starts("engine")
    apart.waits_until(lambda: apart.holds(first, "seal"))
    second = apart.starts("engine")
    apart.starts("web")
    apart.waits_until(lambda: len(apart.asks(alert.c.id)) < MANY)
    os.kill(first.pid, os_signal.SIGKILL)
    apart.ends(first)
    left = len(apart.asks(alert.c.id))
    assert left > 1, "it was killed in the middle"
    assert "no longer kept" not in first.said
    while (left := len(apart.asks(alert.c.id, alert.c.state == "closed"))) > 1:  # slowly, on a full machine
        apart.waits_until(lambda left=left: len(apart.asks(alert.c.id, alert.c.state == "closed")) < left)  # type: ignore[misc]
    assert apart.asks(alert.c.id, alert.c.state == "closed") == [f"live.fog.bridge-1.{MANY}"]
    apart.waits_until(lambda: "no longer kept" in second.said)
    assert apart.holds(second, "seal")
    assert "Traceback" not in second.said
