"""The bus on a real broker: publish, read, restart, nothing lost, nothing taken twice."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerting.bus import Batch, EmbeddedBus, KafkaBus
from alerting.bus.kafka import ANSWER_MS, LARGEST, pack, unpack
from alerting.errors import SuianError
from alerting.service.clock import LIVE, open_live
from alerting.signals import Forecast, Signal, Spot, Tick, accepted_at
from alerting.store import Store
from tests.kafka_broker import Broker

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)


def run(hour: int, spots: int = 3) -> Forecast:
    rng = np.random.default_rng(hour)
    values = {"temperature": rng.normal(0, 3, (24, spots)).astype(np.float32)}
    where = tuple(Spot(f"p{i}", 26 + i / 100, 106.0, 900.0) for i in range(spots))
    return Forecast("open-meteo", NOW + timedelta(hours=hour), NOW, where, values)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "suian.db")
    made.write(lambda c: open_live(c, NOW, True))
    return made


def drain(bus: KafkaBus, store: Store, count: int) -> list[str]:
    """Take all there is into the embedded bus, as the service's loop does; the ids in their order.

    A topic that was just made may be slow to show: it waits for `count` signals, and then for no more.
    """
    embedded = EmbeddedBus()

    def taken() -> list[str]:
        with store.read() as connection:
            return [r.id for r in embedded.read(connection, LIVE, 0, 1000)]

    for _ in range(60):
        enough = len(taken()) >= count
        with store.read() as connection:
            after = bus.position(connection)
        batches = bus.read(after, wait_ms=500)
        if batches:
            store.write(lambda c, after=after, b=batches: bus.take(c, embedded, after, b))
        elif enough:
            break
    return taken()


@pytest.mark.kafka
def test_what_was_published_is_read_once_and_in_order(kafka: Broker, store: Store) -> None:
    bus = KafkaBus(kafka.address, "order", "990000")
    sent: list[Signal] = [run(0), Tick(source="clock", issued=NOW), run(1)]
    ids = bus.publish(LIVE, sent, NOW)
    bus.publish(LIVE, sent, NOW)  # a retry of a publisher that was not sure
    assert drain(bus, store, len(ids)) == ids
    bus.close()


@pytest.mark.kafka
def test_a_reader_that_restarts_goes_on_where_its_transaction_stood(
    kafka: Broker, store: Store
) -> None:
    first = KafkaBus(kafka.address, "restart", "990000")
    ids = first.publish(LIVE, [run(0)], NOW)
    assert drain(first, store, len(ids)) == ids
    ids += first.publish(LIVE, [run(1)], NOW)
    batches = first.read(1, wait_ms=20_000)
    assert [b.offset for b in batches] == [1]
    first.close()  # read, and died before its transaction
    second = KafkaBus(kafka.address, "restart", "990000")
    assert drain(second, store, len(ids)) == ids
    second.close()


def test_a_reader_that_was_paused_and_wakes_moves_nothing(store: Store) -> None:
    """Another has taken what it had in hand, and more: its records are not taken twice, and the position
    does not go back."""
    bus, embedded = KafkaBus("127.0.0.1:9", "fenced", "990000"), EmbeddedBus()
    batches = [
        Batch(at, LIVE, (accepted_at(Tick(source="clock", issued=NOW + timedelta(hours=at)), NOW),))
        for at in range(3)
    ]
    store.write(lambda c: bus.take(c, embedded, 0, batches[:2]))
    store.write(lambda c: bus.take(c, embedded, 2, batches[2:]))
    with store.read() as connection:
        before = [r.id for r in embedded.read(connection, LIVE, 0, 10)]
    for was, asleep in ((0, batches[:1]), (0, batches[:2]), (2, batches[2:]), (7, batches[2:])):
        with pytest.raises(SuianError, match="another process has taken records of fenced"):
            store.write(lambda c, was=was, asleep=asleep: bus.take(c, embedded, was, asleep))
        with store.read() as connection:
            assert bus.position(connection) == 3
            assert [r.id for r in embedded.read(connection, LIVE, 0, 10)] == before


@pytest.mark.kafka
def test_the_broker_is_killed_and_nothing_is_lost(kafka: Broker, store: Store) -> None:
    bus = KafkaBus(kafka.address, "killed", "990000")
    ids = bus.publish(LIVE, [run(h) for h in range(5)], NOW)
    bus.close()
    kafka.stop(signal.SIGKILL)
    kafka.start()
    again = KafkaBus(kafka.address, "killed", "990000")
    ids += again.publish(LIVE, [run(9)], NOW)
    assert drain(again, store, len(ids)) == ids
    again.close()


def test_out_of_reach_says_where_and_what_to_do() -> None:
    bus, began = KafkaBus("127.0.0.1:9", "none", "990000"), time.monotonic()
    with pytest.raises(SuianError, match=r"127\.0\.0\.1:9 does not answer"):
        bus.publish(LIVE, [Tick(source="clock", issued=NOW)], NOW)
    assert time.monotonic() - began < 1.5 * ANSWER_MS / 1000


def test_records_stay_under_their_limit_and_read_back_the_same() -> None:
    signals = [accepted_at(run(h, spots=700), NOW) for h in range(20)]
    values = list(pack(LIVE, signals))
    assert len(values) > 1
    assert all(len(v) <= LARGEST for v in values)
    back = [one for value in values for one in unpack(value)[1]]
    assert [b.id for b in back] == [s.id for s in signals]
    assert isinstance(back[0], Forecast)
    assert np.array_equal(back[0].values["temperature"], signals[0].values["temperature"])
    assert back[0].accepted == NOW
