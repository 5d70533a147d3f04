"""The figures and the watch over a long history: what is asked every half minute costs no more for it.

The cost is counted in steps of SQLite's own machine, which are the same on a busy computer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, insert, update

from alerting.bus import Access, KafkaBus
from alerting.service import troubles
from alerting.service.engine_loop import EngineLoop
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.service.watch_loop import WatchLoop
from alerting.signals import Tick, encode
from alerting.store import schema as s
from alerting.web import figures
from tests.service.small import START, small_station
from tests.steps import STEP, counted

EACH = 14_000  # rows of each of seven tables: 98,000
pytestmark = pytest.mark.sqlite  # whose steps are counted


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made, _ = small_station(tmp_path)
    asyncio.run(loops_of(made).settle())
    yield made
    asyncio.run(made.close())


def history(c: Connection) -> None:
    """Years of it: all taken, sealed, sent and ended; one message in a hundred was given up."""
    at = [START - timedelta(hours=n) for n in range(EACH, 0, -1)]
    body = encode(Tick(source="clock", issued=START))

    def fill(table: Any, row: Callable[[int, datetime], dict[str, Any]]) -> None:
        c.execute(insert(table), [row(n, at[n]) for n in range(EACH)])

    live = {"realm": "live"}
    fill(s.signal, lambda n, t: live | {
        "seq": 1000 + n, "id": f"h{n}", "kind": "tick", "source": "clock", "issued": t, "accepted": t, "body": body})
    fill(s.alert, lambda n, t: live | {
        "id": f"a{n}", "rule": "fog", "place": "h", "episode": n, "sector": "service" if n % 9 else "roads",
        "hazard": "fog", "state": "closed", "level": 2, "peak": 2, "opened": t, "updated": t, "closed": t, "why": {}})
    fill(s.pursuit, lambda n, t: live | {
        "id": 1000 + n, "wants": "acknowledge", "alert": f"a{n}", "post": "office", "level": 2, "state": "answered",
        "rung": 0, "round": 0, "at_post": "office", "opened": t, "answered": t})
    fill(s.notice, lambda n, t: live | {
        "id": 1000 + n, "kind": "open", "alert": f"a{n}", "post": "office", "level": 2, "created": t, "due": t,
        "state": "carried", "facts": {}, "pursuit": 1000 + n if n % 2 else None})
    fill(s.delivery, lambda n, t: live | {
        "id": 1000 + n, "person": "chen", "channel": "sms", "address": "+1", "band": "lower", "round": 0,
        "state": "accepted" if n % 100 else "dead", "final": True, "language": "zh", "text": "x", "code": "c",
        "link": f"l{n}", "letters": {}, "created": t, "at": t})
    fill(s.delivery_notice, lambda n, t: {"delivery": 1000 + n, "notice": 1000 + n})
    fill(s.audit, lambda n, t: live | {
        "at": t, "who": "x", "action": "opened", "subject": "y", "change": {}, "number": 1000 + n, "hash": "0"})
    c.execute(update(s.position).where(s.position.c.realm == "live").values(taken=1000 + EACH))


def cost(station: Station, work: Callable[[], Any]) -> int:
    with counted(station.store) as steps:
        work()
        return steps()


def scrape(station: Station) -> dict[str, float]:
    with station.store.read() as c:
        text = figures._text(figures._Tables(c, station)) + figures._text(figures._Memory(station))
    return {
        f"{one.name}{json.dumps(one.labels, sort_keys=True)}": one.value
        for family in text_string_to_metric_families(text.decode()) for one in family.samples
    }


def look(station: Station) -> list[troubles.Trouble]:
    """As the watch does."""
    loop = WatchLoop(station)
    with station.store.read() as c:
        found = troubles.look(station, c, station.runtime.now())
        loop._open(c)
        loop._withdrawn(c)
    return found


@pytest.mark.parametrize("asked", [scrape, look])
def test_what_is_asked_for_often_costs_no_more_over_a_hundred_thousand_rows(
    station: Station, asked: Callable[[Station], Any], record_property: Callable[[str, Any], None]
) -> None:
    empty = cost(station, lambda: asked(station))
    said = asked(station)
    station.store.write(history)
    full = cost(station, lambda: asked(station))
    record_property("figures", f"{asked.__name__}: {empty * STEP:,} steps empty, {full * STEP:,} over 98,000 rows")
    # 98,000 rows walked once are some 300,000 steps.
    assert full <= empty * 1.5 + 200, (empty, full)
    changed = {k for k, v in asked(station).items() if said.get(k) != v} if asked is scrape else set()
    assert {k for k in changed if "clock_timestamp" not in k and "loop_idle" not in k} == set()


def test_a_backlog_that_is_worked_off_is_no_standstill(station: Station) -> None:
    """One round takes many signals, and a forecast for a whole province takes its time."""
    station.loops["engine"].ended = 0.0
    asyncio.run(station.publish("live", [Tick(source="clock", issued=START, subject="x")]))
    assert asyncio.run(EngineLoop(station).step())
    assert station.loops["engine"].ended > 0.0


def test_what_waits_in_the_broker_is_in_every_scrape_and_what_one_has_to_read_in_its_own(station: Station) -> None:
    kafka, now = KafkaBus(Access("127.0.0.1:9"), "signals", station.bus.shares), station.runtime.now()
    station.kafka = kafka
    station.store.write(lambda c: kafka.topic.looked(c, {0: (3, now - timedelta(minutes=9))}, now))
    said = scrape(station)
    assert said['suian_queue_length{"queue": "kafka"}'] == 3
    assert said['suian_queue_oldest_seconds{"queue": "kafka"}'] == 540
    assert "suian_kafka_behind_records{}" not in said, "it has no partition"
    kafka.assigned = frozenset({0})
    assert scrape(station)["suian_kafka_behind_records{}"] == 0
