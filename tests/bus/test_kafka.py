"""The bus on a real broker: publish, read, restart, nothing lost, nothing taken twice."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerting.bus import Batch, EmbeddedBus, KafkaBus, Shares
from alerting.bus.kafka import ANSWER_MS, LARGEST, PATIENCE_MS, pack, unpack
from alerting.errors import SuianError
from alerting.places import Places, load_places
from alerting.service.clock import LIVE, open_live
from alerting.signals import Forecast, Signal, Spot, Tick, accepted_at
from alerting.store import Store
from tests.kafka_broker import Broker

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
CITY = Path(__file__).parents[1] / "scenarios" / "city"
ALL = Shares(1, Places("990000", {}), 0.0)


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
            after = bus.positions(connection)
        batches = bus.read(after, wait_ms=500)
        if batches:
            store.write(lambda c, after=after, b=batches: bus.take(c, embedded, after, b))
        elif enough:
            break
    return taken()


@pytest.mark.kafka
def test_what_was_published_is_read_once_and_in_order(kafka: Broker, store: Store) -> None:
    bus = KafkaBus(kafka.address, "order", ALL)
    sent: list[Signal] = [run(0), Tick(source="clock", issued=NOW), run(1)]
    ids = bus.publish(LIVE, sent, NOW)
    bus.publish(LIVE, sent, NOW)  # a retry of a publisher that was not sure
    assert drain(bus, store, len(ids)) == ids
    bus.close()


@pytest.mark.kafka
def test_a_reader_that_restarts_goes_on_where_its_transaction_stood(
    kafka: Broker, store: Store
) -> None:
    first = KafkaBus(kafka.address, "restart", ALL)
    ids = first.publish(LIVE, [run(0)], NOW)
    assert drain(first, store, len(ids)) == ids
    ids += first.publish(LIVE, [run(1)], NOW)
    batches = first.read({0: 1}, wait_ms=20_000)
    assert [b.offset for b in batches] == [1]
    first.close()  # read, and died before its transaction
    second = KafkaBus(kafka.address, "restart", ALL)
    assert drain(second, store, len(ids)) == ids
    second.close()


def test_a_reader_that_was_paused_and_wakes_moves_nothing(store: Store) -> None:
    """Another has taken what it had in hand, and more: its records are not taken twice, and the position
    does not go back."""
    bus, embedded = KafkaBus("127.0.0.1:9", "fenced", ALL), EmbeddedBus()
    batches = [
        Batch(0, at, LIVE, (accepted_at(Tick(source="clock", issued=NOW + timedelta(hours=at)), NOW),))
        for at in range(3)
    ]
    store.write(lambda c: bus.take(c, embedded, {}, batches[:2]))
    store.write(lambda c: bus.take(c, embedded, {0: 2}, batches[2:]))
    with store.read() as connection:
        before = [r.id for r in embedded.read(connection, LIVE, 0, 10)]
    for was, asleep in ((0, batches[:1]), (0, batches[:2]), (2, batches[2:]), (7, batches[2:])):
        with pytest.raises(SuianError, match="another process has taken records of fenced"):
            store.write(lambda c, was=was, asleep=asleep: bus.take(c, embedded, {0: was}, asleep))
        with store.read() as connection:
            assert bus.positions(connection) == {0: 3}
            assert [r.id for r in embedded.read(connection, LIVE, 0, 10)] == before


@pytest.mark.kafka
def test_a_group_shares_out_the_partitions_and_what_concerns_all_is_in_each(
    kafka: Broker, store: Store
) -> None:
    """Whoever reads a signal first keeps it, and the others' copies are the same one."""
    shares = Shares(2, load_places(CITY / "zones.csv", CITY / "sites.csv"), 10.0)
    embedded = EmbeddedBus(shares)
    one, other = (KafkaBus(kafka.address, "group", shares, alone=False) for _ in range(2))

    def all_read() -> int:
        """Each reads what is its own and keeps it; gives how many records."""
        count = 0
        for bus in (one, other):
            with store.read() as connection:
                after = bus.positions(connection)
            batches = bus.read(after, wait_ms=100)
            count += len(batches)
            if batches:
                store.write(lambda c, bus=bus, after=after, b=batches: bus.take(c, embedded, after, b))  # type: ignore[misc]
        return count

    end = time.monotonic() + 60
    while not (one.assigned and other.assigned):
        assert time.monotonic() < end
        all_read()
    assert sorted([*one.assigned, *other.assigned]) == [0, 1]
    west, east = (replace(run(n, 1), spots=(Spot(p, 26.5, 106.5),)) for n, p in ((0, "west"), (1, "low")))
    ids = one.publish(LIVE, [west, east, Tick(source="clock", issued=NOW)], NOW)
    records = 0
    while records < 2:
        assert time.monotonic() < end
        records += all_read()
    with store.read() as connection:
        kept = {r.id: r.share for r in embedded.read(connection, LIVE, 0)}
        assert one.positions(connection) == {0: 1, 1: 1}
    assert kept == dict(zip(ids, (0, 1, None), strict=True))
    other.close()
    while one.assigned != {0, 1}:
        assert time.monotonic() < end
        one.read({0: 1, 1: 1}, wait_ms=100)
    one.close()


@pytest.mark.kafka
def test_the_broker_is_killed_and_nothing_is_lost(kafka: Broker, store: Store) -> None:
    bus = KafkaBus(kafka.address, "killed", ALL)
    ids = bus.publish(LIVE, [run(h) for h in range(5)], NOW)
    bus.close()
    kafka.stop(signal.SIGKILL)
    kafka.start()
    again = KafkaBus(kafka.address, "killed", ALL)
    ids += again.publish(LIVE, [run(9)], NOW)
    assert drain(again, store, len(ids)) == ids
    again.close()


def test_out_of_reach_says_where_and_what_to_do() -> None:
    bus, began = KafkaBus("127.0.0.1:9", "none", ALL), time.monotonic()
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


@pytest.mark.kafka
def test_a_worker_that_asks_for_nothing_any_more_keeps_its_partitions_for_seconds(
    kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its database carries nothing, its process lives, and its client goes on saying so."""
    monkeypatch.setattr("alerting.bus.kafka.READS_MS", PATIENCE_MS + 500)
    hangs, other = (KafkaBus(kafka.address, "hangs", ALL, alone=False) for _ in range(2))
    end = time.monotonic() + 60
    while not hangs.assigned:
        assert time.monotonic() < end
        hangs.read({}, wait_ms=100)
    end = time.monotonic() + 40
    while not other.assigned:
        assert time.monotonic() < end
        other.read({}, wait_ms=100)
    other.close()
    hangs.close()


@pytest.mark.kafka
def test_a_worker_joins_anew_when_the_topic_changes_however_short_its_reads_are(kafka: Broker) -> None:
    """The client alone forgets a join that outlasts a read; one that joined while its topic was being made
    waited for ever."""
    bus, end = KafkaBus(kafka.address, "grows", ALL, alone=False), time.monotonic() + 60
    while bus.assigned != {0}:
        assert time.monotonic() < end
        bus.read({}, wait_ms=100)
    KafkaBus(kafka.address, "grows", Shares(2, Places("990000", {}), 0.0))._make_topic()
    assert bus._consumer is not None
    bus._consumer._cluster.request_update()  # as it does every half minute
    end = time.monotonic() + 15
    while bus.assigned != {0, 1}:
        assert time.monotonic() < end, "it waits for ever"
        bus.read({}, wait_ms=1)
    bus.close()
