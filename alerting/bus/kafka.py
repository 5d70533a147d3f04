"""Kafka behind the same seam: a durable queue in front of the embedded bus.

A topic has a partition for each share of the places. A record is a batch of signals of one realm,
compressed, at most 512 KiB; it goes into the partition of the share that its signals concern, and
into every partition where that may be several: it is accepted when all have it. Kafka's consumer group
says which partitions a worker reads, and so for which places it acts; what it has read goes into the
embedded bus, and the position moves by compare-and-set in that same transaction: a record is taken
once, however often it is read, and Kafka's own commits are not used. What was published while the
service was down waits in Kafka.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import zstandard
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import InvalidPartitionsError, KafkaError, TopicAlreadyExistsError
from sqlalchemy import Connection, insert, select, update

from alerting.bus.embedded import EmbeddedBus, Overtaken
from alerting.bus.shares import Shares
from alerting.errors import SuianError
from alerting.signals import Signal, accepted_at, decode, encode
from alerting.store.schema import bus_position

LARGEST = 512 * 1024
ANSWER_MS = 15_000
# A worker that says nothing for so long has its partitions given to others: the least that Kafka's
# brokers allow as they come.
PATIENCE_MS = 6_000
# So has one whose client says that it lives, and that has asked for nothing for so long: its database
# carries nothing any more. Kafka's own five minutes are also how long a new worker would wait for it.
READS_MS = 15_000
TRIED_AGAIN_MS = 1_000  # a broker that was gone is back for us so soon


@dataclass(frozen=True, slots=True)
class Batch:
    """One record: where it stands, and the signals of one realm that it carries."""

    part: int
    offset: int
    realm: str
    signals: tuple[Signal, ...]


class KafkaBus:
    """One topic. `alone` where no other process reads it: then there is no group, and it reads all.
    Blocking: call it in a thread. Raises SuianError when out of reach."""

    def __init__(self, servers: str, topic: str, shares: Shares, *, alone: bool = True) -> None:
        self._servers, self._topic, self._shares, self._alone = servers, topic, shares, alone
        self._key = shares.places.county.encode()
        # How all clients reach the brokers.
        self._reach: dict[str, Any] = {
            "bootstrap_servers": servers, "bootstrap_timeout_ms": ANSWER_MS,
            "request_timeout_ms": ANSWER_MS, "reconnect_backoff_max_ms": TRIED_AGAIN_MS,
        }  # fmt: skip
        self._producer: KafkaProducer | None = None
        self._consumer: KafkaConsumer | None = None
        self.behind = 0  # records that were there and not read, at the last read
        self._next: dict[int, int] = {}  # by partition the offset at which the consumer stands
        self.assigned: frozenset[int] = frozenset()  # the partitions that are this worker's
        self.generation = 0  # of the group: in another they may have been others' meanwhile

    def publish(self, realm: str, signals: list[Signal], now: datetime) -> list[str]:
        """Returns, with all ids, when the broker has every record on all its replicas."""
        stamped = [accepted_at(one, now) for one in signals]
        try:
            if self._producer is None:
                self._make_topic()
                self._producer = KafkaProducer(
                    acks="all", retries=5, max_request_size=2 * LARGEST, **self._reach
                )
            sent = [
                self._producer.send(self._topic, key=self._key, value=value, partition=part)
                for part, some in self._by_part(stamped).items() for value in pack(realm, some)
            ]
            for one in sent:
                one.get(timeout=ANSWER_MS / 1000)
        except KafkaError as error:
            raise _unreachable(self._servers, error) from None
        return [one.id for one in stamped]

    def read(self, after: Mapping[int, int], wait_ms: int = 200) -> list[Batch]:
        """Records of the partitions that are this worker's, with an offset of `after` or later (0 where
        it says nothing), in the order of each partition. `assigned` is looked at anew meanwhile."""
        try:
            if self._consumer is None:
                self._make_topic()
                self._consumer = self._join()
            for part in self.assigned:
                if self._next.get(part) != after.get(part, 0):
                    self._consumer.seek(TopicPartition(self._topic, part), after.get(part, 0))
                    self._next[part] = after.get(part, 0)
            polled = self._consumer.poll(timeout_ms=wait_ms, max_records=100)
            had, self.assigned = self.assigned, self._parts()
            if not self._alone:
                self.generation = self._consumer.group_metadata().generation_id
        except KafkaError as error:
            raise _unreachable(self._servers, error) from None
        # One that was given to it meanwhile stands anywhere: it is read from its position next time.
        self._next = {part: at for part, at in self._next.items() if part in self.assigned & had}
        found = []
        for records in polled.values():
            for one in records:
                if one.partition in self._next:
                    found.append(Batch(one.partition, one.offset, *unpack(one.value)))
                    self._next[one.partition] = one.offset + 1
        self.behind = sum(max(0, self._ends(part) - at) for part, at in self._next.items())
        return found

    def positions(self, connection: Connection) -> dict[int, int]:
        """By partition the offset to read next, as the database holds it."""
        held = connection.execute(
            select(bus_position.c.part, bus_position.c.next)
            .where(bus_position.c.topic == self._topic)
        )  # fmt: skip
        return {r.part: r.next for r in held}

    def take(
        self, connection: Connection, into: EmbeddedBus, was: Mapping[int, int], batches: list[Batch]
    ) -> int:
        """Put batches into the embedded bus and move the positions with them; gives the new signals.

        `was` are the positions after which they were read, from which alone they may be moved. Raises
        Overtaken when another process has moved one meanwhile: the transaction rolls back.
        """
        new = 0
        for batch in batches:
            at = batch.signals[0].accepted
            assert at is not None  # stamped when it was published
            new += len(into.publish(connection, batch.realm, list(batch.signals), at))
        for part, last in {b.part: b.offset for b in batches}.items():
            self._move(connection, part, was.get(part, 0), last + 1)
        return new

    def _move(self, connection: Connection, part: int, was: int, to: int) -> None:
        moved = connection.execute(
            update(bus_position)
            .where(bus_position.c.topic == self._topic, bus_position.c.part == part)
            .where(bus_position.c.next == was)
            .values(next=to)
        )
        if moved.rowcount == 0:
            if (held := self.positions(connection).get(part, 0)) != was:
                raise Overtaken(
                    f"another process has taken records of {self._topic}, partition {part}, meanwhile:"
                    f" the next is {held}, no longer {was}",
                    mend="Nothing is lost: what this one had in hand is given up.",
                )
            connection.execute(insert(bus_position).values(topic=self._topic, part=part, next=to))

    def _by_part(self, signals: list[Signal]) -> dict[int, list[Signal]]:
        shares = [self._shares.of(one) for one in signals]
        return {
            part: [one for one, share in zip(signals, shares, strict=True) if share in (None, part)]
            for part in sorted(self._shares.all)
        }

    def _make_topic(self) -> None:
        """With a partition for each share; one that has more keeps them, and they are read."""
        admin = KafkaAdminClient(**self._reach)
        try:
            admin.create_topics({self._topic: {"num_partitions": self._shares.count}},
                                wait_for_metadata=True)  # fmt: skip
        except TopicAlreadyExistsError:
            with suppress(InvalidPartitionsError):  # it has as many, or more
                admin.create_partitions({self._topic: self._shares.count})
        finally:
            admin.close()

    def _join(self) -> KafkaConsumer:
        consumer = KafkaConsumer(
            enable_auto_commit=False, auto_offset_reset="earliest",
            group_id=None if self._alone else self._topic, session_timeout_ms=PATIENCE_MS,
            heartbeat_interval_ms=PATIENCE_MS // 4, max_poll_interval_ms=READS_MS,
            metadata_max_age_ms=30_000, **self._reach,
        )  # fmt: skip
        if self._alone:
            parts = consumer.partitions_for_topic(self._topic) or self._shares.all
            consumer.assign([TopicPartition(self._topic, part) for part in sorted(parts)])
            self.assigned = frozenset(parts)
        else:
            consumer.subscribe([self._topic])
            _sees_a_join_through(consumer._coordinator)
        return consumer

    def _ends(self, part: int) -> int:
        assert self._consumer is not None
        return self._consumer.highwater(TopicPartition(self._topic, part)) or 0

    def _parts(self) -> frozenset[int]:
        assert self._consumer is not None
        return frozenset(one.partition for one in self._consumer.assignment())

    def close(self) -> None:
        for one in (self._producer, self._consumer):
            if one is not None:
                one.close()


def pack(realm: str, signals: list[Signal]) -> Iterator[bytes]:
    """Signals as record values, each at most 512 KiB unless one signal alone is larger."""
    bodies = [encode(one) for one in signals]
    start, size = 0, 0
    for at, body in enumerate(bodies):
        if at > start and size + len(body) > LARGEST:
            yield _value(realm, bodies[start:at])
            start, size = at, 0
        size += len(body)
    if bodies[start:]:
        yield _value(realm, bodies[start:])


def unpack(value: bytes) -> tuple[str, tuple[Signal, ...]]:
    """What `pack` made."""
    raw = zstandard.ZstdDecompressor().decompress(value)
    size = int.from_bytes(raw[:4], "big")
    head = json.loads(raw[4 : 4 + size])
    at, found = 4 + size, []
    for length in head["lengths"]:
        found.append(decode(raw[at : at + length]))
        at += length
    return head["realm"], tuple(found)


def _sees_a_join_through(coordinator: Any) -> None:
    """kafka-python 3.0.12 forgets a join that began because the topic had changed, where it takes
    longer than one `poll`: by then the change is known, no join is wanted any more, and what it gave
    is never taken up. The worker would wait for its partitions for ever."""
    wanted = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: coordinator.rejoining or wanted()


def _value(realm: str, bodies: list[bytes]) -> bytes:
    head = json.dumps({"realm": realm, "lengths": [len(b) for b in bodies]}).encode()
    raw = len(head).to_bytes(4, "big") + head + b"".join(bodies)
    return zstandard.ZstdCompressor(level=1).compress(raw)


def _unreachable(servers: str, error: KafkaError) -> SuianError:
    return SuianError(
        f"Kafka at {servers} does not answer ({type(error).__name__})",
        mend="Signals are not accepted until it does; check `bus:` in the config and the broker.",
    )
