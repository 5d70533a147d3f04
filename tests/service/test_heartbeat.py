"""What the service says of itself to its sentinels, from the real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from alerting.bus import Access, KafkaBus
from alerting.runtime import VirtualRuntime
from alerting.sentinel.wire import Heartbeat
from alerting.service.heartbeat import heartbeat
from alerting.service.loop import Rounds
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.signals import Tick
from alerting.store.schema import delivery, notice
from tests.service.small import START, small_station


class Beating:
    def __init__(self, station: Station, clock: VirtualRuntime) -> None:
        self.station, self.clock = station, clock

    def says(self) -> Heartbeat:
        with self.station.store.read() as connection:
            return heartbeat(self.station, connection, self.clock.now(), "", "")


@pytest.fixture
def beating(tmp_path: Path) -> Iterator[Beating]:
    station, clock = small_station(tmp_path)
    asyncio.run(loops_of(station).settle())
    yield Beating(station, clock)
    asyncio.run(station.close())


def test_a_service_that_is_well_has_nothing_that_waits(beating: Beating) -> None:
    said = beating.says()
    assert (said.signal_age, said.unsent_age, said.sent) == (0, 0, None)
    assert said.at == START
    assert said.exercise
    assert [(one.id, one.contacts) for one in said.duty] == [
        ("zhao", (("sms", "+447700900104"), ("console", "zhao")))]


def test_a_signal_that_nobody_takes_grows_old_in_it(beating: Beating) -> None:
    asyncio.run(beating.station.publish("live", [Tick(source="clock", issued=START)]))
    beating.clock.advance(timedelta(minutes=7))
    assert beating.says().signal_age == 420


def test_a_broker_that_nobody_reads_and_what_waits_in_it_grow_old_in_it(beating: Beating) -> None:
    """Whichever process reads it: it is written down in the database."""
    station, clock = beating.station, beating.clock
    kafka = station.kafka = KafkaBus(Access("127.0.0.1:9"), "signals", station.bus.shares)
    clock.advance(timedelta(minutes=2))
    assert beating.says().signal_age == 120  # nobody has read it since the start
    station.store.write(lambda c: kafka.topic.looked(c, {0: (0, None)}, clock.now()))
    assert beating.says().signal_age == 0
    since = clock.now() - timedelta(minutes=9)
    station.store.write(lambda c: kafka.topic.looked(c, {0: (3, since)}, clock.now()))
    assert beating.says().signal_age == 540


def test_a_message_that_nobody_sends_grows_old_in_it_once_it_is_due(beating: Beating) -> None:
    beating.station.store.write(lambda c: c.execute(insert(notice).values(
        realm="live", kind="head", post="office", level=1, created=START,
        due=START + timedelta(minutes=2), state="due", facts={},
    )))  # fmt: skip
    beating.clock.advance(timedelta(minutes=1))
    assert beating.says().unsent_age == 0
    beating.clock.advance(timedelta(minutes=6))
    assert beating.says().unsent_age == 300


def test_a_part_that_hangs_or_fails_stands_still(beating: Beating) -> None:
    loops, elapsed = beating.station.loops, beating.clock.elapsed()
    loops["engine"] = Rounds(ended=elapsed - 400)  # its round does not end
    loops["chase"] = Rounds(since=START, began=elapsed - 360, failures=9, ended=elapsed)  # it ends, and badly
    loops["seal"] = Rounds(ended=elapsed)
    beating.clock.advance(timedelta(minutes=6))
    standing = beating.says().standing
    assert standing["engine"] == pytest.approx(400, abs=20)
    assert standing["chase"] == pytest.approx(360, abs=20)
    assert standing["seal"] == pytest.approx(0, abs=20)


def test_what_was_sent_last_is_known_behind_however_many_that_wait(beating: Beating) -> None:
    """A crowd's messages are all made before the first is sent."""
    sent = START + timedelta(minutes=1)

    def bound(number: int, **more: Any) -> dict[str, Any]:
        return {"id": number, "realm": "live", "person": "zhao", "channel": "sms", "address": "+447700900104", "band": "red",
                "round": 1, "state": "bound", "language": "zh", "created": START, "at": START, "code": "11",
                "link": str(number), "letters": {}, "bound": START, "subject": "", "text": "", "segments": 1,
                "accepted_at": None} | more  # fmt: skip

    rows = [bound(1, state="accepted", accepted_at=sent), *(bound(n) for n in range(2, 400))]
    beating.station.store.write(lambda c: c.execute(insert(delivery), rows))
    beating.clock.advance(timedelta(minutes=6))
    assert beating.says().sent == sent
