"""The bus on a real broker: publish, read, restart, nothing lost, nothing taken twice."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from alerting.bus import Access, Batch, EmbeddedBus, KafkaBus, Shares
from alerting.bus.access import ANSWER_MS
from alerting.bus.kafka import PATIENCE_MS
from alerting.bus.records import Load, pack
from alerting.errors import SuianError
from alerting.places import Places, load_places
from alerting.service.clock import LIVE, open_live
from alerting.signals import Forecast, Signal, Spot, Tick, accepted_at
from alerting.store import Store
from alerting.store.schema import audit
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
            store.write(lambda c, after=after, b=batches: bus.take(c, embedded, after, b, NOW))
        elif enough:
            break
    return taken()


@pytest.mark.kafka
def test_what_was_published_is_read_once_and_in_order(kafka: Broker, store: Store) -> None:
    bus = KafkaBus(Access(kafka.address), "order", ALL)
    sent: list[Signal] = [run(0), Tick(source="clock", issued=NOW), run(1)]
    ids = bus.publish(LIVE, sent, NOW)
    bus.publish(LIVE, sent, NOW)  # a retry of a publisher that was not sure
    assert drain(bus, store, len(ids)) == ids
    bus.close()


@pytest.mark.kafka
def test_a_reader_that_restarts_goes_on_where_its_transaction_stood(
    kafka: Broker, store: Store
) -> None:
    first = KafkaBus(Access(kafka.address), "restart", ALL)
    ids = first.publish(LIVE, [run(0)], NOW)
    assert drain(first, store, len(ids)) == ids
    ids += first.publish(LIVE, [run(1)], NOW)
    batches = first.read({0: 1}, wait_ms=20_000)
    assert [b.offset for b in batches] == [1]
    first.close()  # read, and died before its transaction
    second = KafkaBus(Access(kafka.address), "restart", ALL)
    assert drain(second, store, len(ids)) == ids
    second.close()


def test_a_reader_that_was_paused_and_wakes_moves_nothing(store: Store) -> None:
    """Another has taken what it had in hand, and more: its records are not taken twice, and the position
    does not go back."""
    bus, embedded = KafkaBus(Access("127.0.0.1:9"), "fenced", ALL), EmbeddedBus()
    batches = [
        Batch(0, at, LIVE, (accepted_at(Tick(source="clock", issued=NOW + timedelta(hours=at)), NOW),))
        for at in range(3)
    ]
    store.write(lambda c: bus.take(c, embedded, {}, batches[:2], NOW))
    store.write(lambda c: bus.take(c, embedded, {0: 2}, batches[2:], NOW))
    with store.read() as connection:
        before = [r.id for r in embedded.read(connection, LIVE, 0, 10)]
    for was, asleep in ((0, batches[:1]), (0, batches[:2]), (2, batches[2:]), (7, batches[2:])):
        with pytest.raises(SuianError, match="another process has taken records of fenced"):
            store.write(lambda c, was=was, asleep=asleep: bus.take(c, embedded, {0: was}, asleep, NOW))
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
    one, other = (KafkaBus(Access(kafka.address), "group", shares, alone=False) for _ in range(2))

    def all_read() -> int:
        """Each reads what is its own and keeps it; gives how many records."""
        count = 0
        for bus in (one, other):
            with store.read() as connection:
                after = bus.positions(connection)
            batches = bus.read(after, wait_ms=100)
            count += len(batches)
            if batches:
                store.write(lambda c, bus=bus, after=after, b=batches: bus.take(c, embedded, after, b, NOW))  # type: ignore[misc]
        return count

    end = time.monotonic() + 60
    while sorted([*one.assigned, *other.assigned]) != [0, 1] or not (one.assigned and other.assigned):
        assert time.monotonic() < end  # the one that was there first hears of the other with its next read
        all_read()
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
    bus = KafkaBus(Access(kafka.address), "killed", ALL)
    ids = bus.publish(LIVE, [run(h) for h in range(5)], NOW)
    assert len(bus.read({0: 0}, wait_ms=10_000, look=True)) == 1
    assert bus.unread()[0][0] == 0
    kafka.stop(signal.SIGKILL)
    assert bus.read({0: 1}) == [], "a broker that is gone is silent"
    with pytest.raises(SuianError, match="does not answer"):
        bus.read({0: 1}, look=True)
    bus.close()
    kafka.start()
    again = KafkaBus(Access(kafka.address), "killed", ALL)
    ids += again.publish(LIVE, [run(9)], NOW)
    assert drain(again, store, len(ids)) == ids
    again.close()


def test_out_of_reach_says_where_and_what_to_do() -> None:
    bus, began = KafkaBus(Access("127.0.0.1:9"), "none", ALL), time.monotonic()
    with pytest.raises(SuianError, match=r"127\.0\.0\.1:9 does not answer"):
        bus.publish(LIVE, [Tick(source="clock", issued=NOW)], NOW)
    assert time.monotonic() - began < 1.5 * ANSWER_MS / 1000


@pytest.mark.kafka
def test_a_worker_that_asks_for_nothing_any_more_keeps_its_partitions_for_seconds(
    kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its database carries nothing, its process lives, and its client goes on saying so."""
    monkeypatch.setattr("alerting.bus.kafka.READS_MS", PATIENCE_MS + 500)
    hangs, other = (KafkaBus(Access(kafka.address), "hangs", ALL, alone=False) for _ in range(2))
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
    bus, end = KafkaBus(Access(kafka.address), "grows", ALL, alone=False), time.monotonic() + 60
    while bus.assigned != {0}:
        assert time.monotonic() < end
        bus.read({}, wait_ms=100)
    KafkaBus(Access(kafka.address), "grows", Shares(2, Places("990000", {}), 0.0))._make_topic()
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    while len(admin.describe_topics(["grows"])[0]["partitions"]) < 2:  # the broker knows a moment later
        assert time.monotonic() < end
    admin.close()
    assert bus._consumer is not None
    bus._consumer._cluster.request_update()  # as it does every half minute
    end = time.monotonic() + 15
    while bus.assigned != {0, 1}:
        assert time.monotonic() < end, "it waits for ever"
        bus.read({}, wait_ms=1)
    bus.close()


@pytest.mark.kafka
def test_what_cannot_be_taken_is_set_aside_and_stops_nothing(kafka: Broker, store: Store) -> None:
    """A stranger's record, one of a newer suian, one of a realm that is not in the database, as after a
    restore: each is in the log with where it stands and why, and what is behind it is taken."""
    bus = KafkaBus(Access(kafka.address), "foreign", ALL)
    ids = bus.publish(LIVE, [run(0)], NOW)
    stranger = KafkaProducer(bootstrap_servers=kafka.address)
    newer = Load(run(0), None, b'j{"kind": "omen", "source": "x", "issued": "2026-01-20T06:00:00Z"}')
    for value in (b"hello", *pack(LIVE, [newer])):
        stranger.send("foreign", value=value, partition=0).get(10)
    stranger.close()
    bus.publish("drill-7", [run(1)], NOW)
    ids += bus.publish(LIVE, [run(2)], NOW)
    assert drain(bus, store, len(ids)) == ids
    with store.read() as connection:
        assert bus.positions(connection) == {0: 5}
        said = connection.execute(
            select(audit.c.subject, audit.c.change).where(audit.c.action == "set aside").order_by(audit.c.n)
        ).all()
    assert [one.subject for one in said] == ["foreign:0:1", "foreign:0:2", "foreign:0:3"]
    for one, why in zip(said, ("not a record of ours", "omen", "no realm drill-7"), strict=True):
        assert why in one.change["error"]
        assert (one.change["topic"], one.change["partition"]) == ("foreign", 0)
    bus.close()


def test_a_signal_that_the_store_cannot_hold_is_set_aside_and_the_rest_is_kept(store: Store) -> None:
    bus, embedded = KafkaBus(Access("127.0.0.1:9"), "unheld", ALL), EmbeddedBus()
    good, bad = (accepted_at(Tick(source="clock", issued=NOW + timedelta(hours=h)), NOW) for h in (0, 1))
    bad = bad.model_copy(update={"source": "\ud800"})
    batches = [Batch(0, 0, LIVE, (good,)), Batch(0, 1, LIVE, (bad,))]
    [(action, words)] = store.write(lambda c: bus.take(c, embedded, {}, batches, NOW))
    assert action == "set aside"
    assert "partition 0, offset 1" in words
    with store.read() as connection:
        assert [r.id for r in embedded.read(connection, LIVE, 0, 10)] == [good.id]
        assert bus.positions(connection) == {0: 2}


def test_a_store_that_refuses_sets_nothing_aside(store: Store) -> None:
    bus, embedded = KafkaBus(Access("127.0.0.1:9"), "refused", ALL), EmbeddedBus()
    batches = [Batch(0, 0, LIVE, (accepted_at(run(0), NOW),))]
    closes = "SET TRANSACTION READ ONLY" if store.shared else "PRAGMA query_only = ON"

    def take(connection: Connection) -> None:
        connection.exec_driver_sql(closes)
        try:
            bus.take(connection, embedded, {}, batches, NOW)
        finally:
            if not store.shared:
                connection.exec_driver_sql("PRAGMA query_only = OFF")

    with pytest.raises(DBAPIError):
        store.write(take)
    store.write(lambda c: bus.take(c, embedded, {}, batches, NOW))
    with store.read() as connection:
        assert [r.id for r in embedded.read(connection, LIVE, 0, 10)] == [batches[0].signals[0].id]
        assert connection.execute(select(audit.c.n).where(audit.c.action == "set aside")).first() is None


@pytest.mark.kafka
def test_the_forecast_of_a_large_county_goes_through(kafka: Broker, store: Store) -> None:
    """10,000 points, 72 hours, 8 quantities: 23 MB, packed ten."""
    rng = np.random.default_rng(1)
    spots = tuple(Spot(f"p{i}", 26 + i / 10_000, 106.0, 900.0) for i in range(10_000))
    values = {f"q{n}": rng.integers(0, 200, (72, 10_000)).astype(np.float32) / 10 for n in range(8)}
    whole = Forecast("open-meteo", NOW, NOW, spots, values)
    bus, embedded = KafkaBus(Access(kafka.address), "large", ALL), EmbeddedBus()
    assert bus.publish(LIVE, [whole], NOW) == [whole.id]
    drain(bus, store, 1)
    found: dict[str, np.ndarray] = {}
    with store.read() as connection:
        for one in embedded.read(connection, LIVE, 0, 1000):
            piece = one.signal()
            assert isinstance(piece, Forecast)
            for n, spot in enumerate(piece.spots):
                assert spot.id not in found
                found[spot.id] = piece.values["q7"][:, n]
    assert np.array_equal(np.stack([found[spot.id] for spot in spots], axis=1), values["q7"])
    bus.close()


@pytest.mark.kafka
def test_a_topic_that_takes_less_is_no_broker_that_does_not_answer(kafka: Broker) -> None:
    bus = KafkaBus(Access(kafka.address), "narrow", ALL)
    bus.publish(LIVE, [run(0)], NOW)
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "narrow", {"max.message.bytes": "1000"})])
    admin.close()

    def until_it_is_refused() -> None:
        for hour in range(200):  # brokers take up a changed topic a moment later
            bus.publish(LIVE, [run(hour, 700)], NOW)

    with pytest.raises(SuianError, match="smaller records") as refused:
        until_it_is_refused()
    assert "max.message.bytes" in refused.value.mend
    bus.close()


@pytest.mark.kafka
def test_records_that_the_broker_keeps_no_longer_are_told_with_their_number(
    kafka: Broker, store: Store
) -> None:
    bus = KafkaBus(Access(kafka.address), "old", ALL)
    ids = bus.publish(LIVE, [run(0)], NOW)
    assert drain(bus, store, 1) == ids
    bus.close()
    late = KafkaBus(Access(kafka.address), "old", ALL)
    sent = [late.publish(LIVE, [run(hour)], NOW) for hour in range(1, 6)]
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.delete_records({TopicPartition("old", 0): 4})
    [kept] = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "old")]).values()
    assert str(kept["old"]["retention.ms"]["value"]) == "604800000"
    admin.close()
    assert drain(late, store, 3) == [*ids, *sent[3], *sent[4]]
    with store.read() as connection:
        [said] = connection.execute(select(audit.c.change).where(audit.c.action == "missing")).scalars()
        assert "3 records were gone" in said["error"]
        [part] = late.topic.unread(connection, [0])
    assert (part.missing, part.missing_at) == (3, NOW)
    late.close()


@pytest.mark.kafka
def test_a_topic_that_was_made_anew_is_read_from_its_beginning_and_told(
    kafka: Broker, store: Store
) -> None:
    """Also where it is longer by now than what had been read of the old one."""
    bus = KafkaBus(Access(kafka.address), "anew", ALL)
    ids = bus.publish(LIVE, [run(0)], NOW) + bus.publish(LIVE, [run(1)], NOW)
    assert drain(bus, store, 2) == ids
    bus.close()
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.delete_topics(["anew"])
    while "anew" in admin.list_topics():
        time.sleep(0.1)
    admin.close()
    again = KafkaBus(Access(kafka.address), "anew", ALL)
    for hour in range(2, 6):
        ids += again.publish(LIVE, [run(hour)], NOW)
    assert drain(again, store, 6) == ids
    with store.read() as connection:
        [said] = connection.execute(select(audit.c.change).where(audit.c.action == "missing")).scalars()
        assert "read up to 2" in said["error"]
        assert again.positions(connection) == {0: 4}
    again.close()
    third = KafkaBus(Access(kafka.address), "anew", ALL)
    assert drain(third, store, 6) == ids
    third.close()


@pytest.mark.kafka
def test_how_much_waits_and_since_when_is_known_at_a_look(kafka: Broker, store: Store) -> None:
    bus = KafkaBus(Access(kafka.address), "waits", ALL)
    began = datetime.now(UTC)
    for hour in range(3):
        bus.publish(LIVE, [run(hour)], NOW)
    first = bus.read({0: 0}, wait_ms=10_000, look=True)
    assert [one.offset for one in first] == [0, 1, 2]
    assert bus.unread()[0][0] == 0
    for hour in range(3, 105):
        bus.publish(LIVE, [Tick(source="clock", issued=NOW + timedelta(hours=hour))], NOW)
    assert len(bus.read({0: 0}, wait_ms=10_000, look=True)) <= 100
    count, since = bus.unread()[0]
    assert count == bus.behind > 0
    assert since is not None
    assert began - timedelta(seconds=1) < since < datetime.now(UTC)
    bus.close()
