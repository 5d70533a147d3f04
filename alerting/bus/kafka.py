"""Kafka behind the same seam: a durable queue in front of the embedded bus.

A record is a batch of signals of one realm, compressed, at most 512 KiB; its key is the county. The
service's own consumer takes records after the position that the database holds, puts their signals
into the embedded bus and moves the position by compare-and-set in that same transaction: a record is
taken once, however often it is read, and Kafka's own commits are not used. What was published while the
service was down waits in Kafka.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import zstandard
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from sqlalchemy import Connection, insert, select, update

from alerting.bus.embedded import EmbeddedBus
from alerting.errors import SuianError
from alerting.signals import Signal, accepted_at, decode, encode
from alerting.store.schema import bus_position

LARGEST = 512 * 1024
ANSWER_MS = 15_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One record: where it stands, and the signals of one realm that it carries."""

    offset: int
    realm: str
    signals: tuple[Signal, ...]


class KafkaBus:
    """One topic, one partition. Blocking: call it in a thread. Raises SuianError when out of reach."""

    def __init__(self, servers: str, topic: str, county: str) -> None:
        self._servers, self._topic, self._key = servers, topic, county.encode()
        self._partition = TopicPartition(topic, 0)
        self._producer: KafkaProducer | None = None
        self._consumer: KafkaConsumer | None = None
        self._next = -1
        self.behind = 0  # records that were there and not read, at the last read

    def publish(self, realm: str, signals: list[Signal], now: datetime) -> list[str]:
        """Returns, with all ids, when the broker has every record on all its replicas."""
        stamped = [accepted_at(one, now) for one in signals]
        try:
            if self._producer is None:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._servers, acks="all", retries=5,
                    max_request_size=2 * LARGEST, request_timeout_ms=ANSWER_MS,
                    bootstrap_timeout_ms=ANSWER_MS,
                )  # fmt: skip
            sent = [
                self._producer.send(self._topic, key=self._key, value=value, partition=0)
                for value in pack(realm, stamped)
            ]
            for one in sent:
                one.get(timeout=ANSWER_MS / 1000)
        except KafkaError as error:
            raise _unreachable(self._servers, error) from None
        return [one.id for one in stamped]

    def read(self, after: int, wait_ms: int = 200) -> list[Batch]:
        """Records with an offset of `after` or later, in order."""
        try:
            if self._consumer is None:
                self._consumer = KafkaConsumer(
                    bootstrap_servers=self._servers, enable_auto_commit=False,
                    request_timeout_ms=ANSWER_MS, auto_offset_reset="earliest",
                    bootstrap_timeout_ms=ANSWER_MS,
                )  # fmt: skip
                self._consumer.assign([self._partition])
            if self._next != after:
                self._consumer.seek(self._partition, after)
            polled = self._consumer.poll(timeout_ms=wait_ms, max_records=100)
        except KafkaError as error:
            raise _unreachable(self._servers, error) from None
        records = polled.get(self._partition, [])
        self._next = records[-1].offset + 1 if records else after
        self.behind = max(0, (self._consumer.highwater(self._partition) or 0) - self._next)
        return [Batch(r.offset, *unpack(r.value)) for r in records]

    def position(self, connection: Connection) -> int:
        """The offset to read next, as the database holds it."""
        held = connection.execute(
            select(bus_position.c.next).where(bus_position.c.topic == self._topic)
        ).scalar_one_or_none()
        return held or 0

    def take(
        self, connection: Connection, into: EmbeddedBus, was: int, batches: list[Batch]
    ) -> int:
        """Put batches into the embedded bus and move the position with them; gives the new signals.

        `was` is the position after which they were read, from which alone it may be moved. Raises
        SuianError when another process has moved it meanwhile: the transaction rolls back.
        """
        new = 0
        for batch in batches:
            at = batch.signals[0].accepted
            assert at is not None  # stamped when it was published
            new += len(into.publish(connection, batch.realm, list(batch.signals), at))
        self._move(connection, was, batches[-1].offset + 1)
        return new

    def _move(self, connection: Connection, was: int, to: int) -> None:
        moved = connection.execute(
            update(bus_position)
            .where(bus_position.c.topic == self._topic, bus_position.c.next == was)
            .values(next=to)
        )
        if moved.rowcount == 0:
            if (held := self.position(connection)) != was:
                raise SuianError(
                    f"another process has taken records of {self._topic} meanwhile: the next is"
                    f" {held}, no longer {was}",
                    mend="Nothing is lost: what this one had in hand is given up.",
                )
            connection.execute(insert(bus_position).values(topic=self._topic, next=to))

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


def _value(realm: str, bodies: list[bytes]) -> bytes:
    head = json.dumps({"realm": realm, "lengths": [len(b) for b in bodies]}).encode()
    raw = len(head).to_bytes(4, "big") + head + b"".join(bodies)
    return zstandard.ZstdCompressor(level=1).compress(raw)


def _unreachable(servers: str, error: KafkaError) -> SuianError:
    return SuianError(
        f"Kafka at {servers} does not answer ({type(error).__name__})",
        mend="Signals are not accepted until it does; check `bus:` in the config and the broker.",
    )
