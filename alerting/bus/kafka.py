"""Kafka behind the same seam: a durable queue in front of the embedded bus.

A topic has a partition for each share of the places. A record (see records) goes into the partition of
the share that its signals concern, and into every partition where that may be several: it is accepted
when all have it. Kafka's consumer group says which partitions a worker reads, and so for which places
it acts; what it has read goes into the embedded bus, and the position moves by compare-and-set in that
same transaction: a record is taken once, however often it is read, and Kafka's own commits are not
used. What was published while the service was down waits in Kafka.

A record that cannot be taken, whoever wrote it, is set aside: it must not stop those behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import (
    InvalidPartitionsError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
)
from sqlalchemy import Connection, select

from alerting.audit import record
from alerting.bus.access import ANSWER_MS, Access
from alerting.bus.embedded import EmbeddedBus
from alerting.bus.records import LIMIT, Load, loads, pack, unpack
from alerting.bus.shares import Shares
from alerting.bus.topic import Topic
from alerting.errors import SuianError
from alerting.signals import Signal, accepted_at
from alerting.store.faults import of_the_store
from alerting.store.schema import SET_ASIDE, realm

LOOK_MS = 5_000
MISSING = "missing"  # as the log has it
# What the topic is made with. How many brokers have a copy is theirs to say: see docs/deploy.md.
KEPT = {"cleanup.policy": "delete", "retention.ms": str(7 * 24 * 3600 * 1000)}
WATCHED = "live"  # the realm in whose log it stands, whatever realm a record was of: the watch reads it
# A worker that says nothing for so long has its partitions given to others: the least that Kafka's
# brokers allow as they come.
PATIENCE_MS = 6_000
# So has one whose client says that it lives, and that has asked for nothing for so long: its database
# carries nothing any more. Kafka's own five minutes are also how long a new worker would wait for it.
READS_MS = 15_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One record: where it stands, the signals of one realm that it carries, their bodies by id, and
    what is wrong with what else there is in it. `missing` records before it were gone; None: nobody
    knows how many. One that is of no record tells that alone; to be read next is what comes after its
    offset."""

    part: int
    offset: int
    realm: str = ""
    signals: tuple[Signal, ...] = ()
    bodies: Mapping[str, bytes] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    missing: int | None = 0


class KafkaBus:
    """One topic. `alone` where no other process reads it: then there is no group, and it reads all.
    Blocking: call it in a thread. Raises SuianError when out of reach."""

    def __init__(self, access: Access, topic: str, shares: Shares, *, alone: bool = True) -> None:
        self._access, self._topic, self._shares, self._alone = access, topic, shares, alone
        self._key = shares.places.county.encode()
        self._producer: KafkaProducer | None = None
        self._consumer: KafkaConsumer | None = None
        self.topic = Topic(topic)
        self._topic_id = ""  # as the broker calls it
        self._made: Mapping[int, str | None] = {}  # by partition, of which topic the position is
        self._next: dict[int, int] = {}  # by partition the offset at which the consumer stands
        self._ends: dict[int, int] = {}  # and how far the partition goes, at the last look
        self._came: dict[int, datetime] = {}  # before when nothing that is unread has come
        self.assigned: frozenset[int] = frozenset()  # the partitions that are this worker's
        self.generation = 0  # of the group: in another they may have been others' meanwhile

    def publish(self, realm: str, signals: list[Signal], now: datetime) -> list[str]:
        """Returns, with all ids, when the broker has every record on all its replicas. Raises TooLarge,
        before anything is sent, for a signal that no record can hold."""
        stamped = [accepted_at(one, now) for one in signals]
        values = [
            (part, value)
            for part, some in self._by_part(loads(stamped, self._shares)).items()
            for value in pack(realm, some)
        ]
        try:
            if self._producer is None:
                self._make_topic()
                self._producer = KafkaProducer(
                    acks="all", retries=5, max_request_size=LIMIT + 10_000, **self._access.options
                )
            sent = [
                self._producer.send(self._topic, key=self._key, value=value, partition=part)
                for part, value in values
            ]
            for one in sent:
                one.get(timeout=ANSWER_MS / 1000)
        except (MessageSizeTooLargeError, RecordListTooLargeError):
            raise SuianError(
                f"Kafka at {self._access.servers} takes only smaller records than its brokers do as"
                " they come",
                mend=f"Set `max.message.bytes` of the topic {self._topic} to 1048588 or more, as"
                " docs/deploy.md says.",
            ) from None
        except KafkaError as error:
            raise self._access.why(error) from None
        return [one.id for one in stamped]

    def read(
        self, after: Mapping[int, int], wait_ms: int = 200, *, look: bool = False
    ) -> list[Batch]:
        """Records of the partitions that are this worker's, with an offset of `after` or later (0 where
        it says nothing), in the order of each partition. `assigned` is looked at anew meanwhile. With
        `look` the broker is asked how much there is: one that is gone is silent else."""
        try:
            if self._consumer is None:
                self._make_topic()
                self._consumer = self._join()
            if gone := self._stand(self._consumer, after):
                return gone
            if look:
                self._ends = self._asked(self._consumer.end_offsets, self.assigned)
            polled = self._consumer.poll(timeout_ms=wait_ms, max_records=100)
            had, self.assigned = self.assigned, self._parts()
            if not self._alone:
                self.generation = self._consumer.group_metadata().generation_id
            # One that was given to it meanwhile stands anywhere: it is read from its position later.
            kept = self.assigned & had & self._next.keys()
            self._next = {part: self._next[part] for part in kept}
            self._came = {part: at for part, at in self._came.items() if part in kept}
            return [self._batch(one) for records in polled.values() for one in records
                    if one.partition in kept]  # fmt: skip
        except KafkaError as error:
            self._next = {}  # what was polled all the same is read again
            raise self._access.why(error) from None

    def unread(self) -> dict[int, tuple[int, datetime | None]]:
        """By partition, at the last look: how many records were not read, and since when at the
        earliest the first of them can be there."""
        return {
            part: (max(0, self._ends[part] - at), self._came.get(part))
            for part, at in self._next.items() if part in self._ends
        }  # fmt: skip

    @property
    def behind(self) -> int:
        return sum(count for count, _ in self.unread().values())

    def nothing_unread(self, now: datetime) -> None:
        """What is unread from here on came after `now`, where nothing was then."""
        self._came |= {part: now for part, (count, _) in self.unread().items() if not count}

    def _stand(self, consumer: KafkaConsumer, after: Mapping[int, int]) -> list[Batch]:
        """Go to where each partition is to be read on; what is not there any more is told instead."""
        to_find = [part for part in sorted(self.assigned) if self._next.get(part) != after.get(part, 0)]
        if not to_find:
            return []
        first = self._asked(consumer.beginning_offsets, to_find)
        end = self._asked(consumer.end_offsets, to_find)
        gone = []
        for part in to_find:
            at, made = after.get(part, 0), self._made.get(part)
            another = at > 0 and made and self._topic_id and made != self._topic_id
            anew = bool(another) or at > end[part]
            if anew or at < first[part]:
                missing = None if anew else first[part] - at if part in after else 0
                gone.append(Batch(part, first[part] - 1, missing=missing))
            else:
                consumer.seek(TopicPartition(self._topic, part), at)
                self._next[part] = at
        return gone

    def _batch(self, one: ConsumerRecord) -> Batch:
        """In the order of its partition. Where the broker has let go of what it stood at, the consumer
        goes on with the first that is there."""
        at, part = self._next[one.partition], one.partition
        self._next[part] = one.offset + 1
        came = datetime.fromtimestamp(one.timestamp / 1000, UTC)
        self._came[part] = max(came, self._came.get(part, came))
        missing: int | None = 0
        if one.offset != at:
            assert self._consumer is not None
            self._make_topic()  # it may be another by now
            first = self._asked(self._consumer.beginning_offsets, [part])[part]
            # What lies between may also be marks of a transaction, which are no records.
            missing = None if one.offset < at else max(0, first - at)
        try:
            return Batch(part, one.offset, *unpack(one.value), missing=missing)
        except ValueError as error:
            return Batch(part, one.offset, faults=(str(error),), missing=missing)

    def _asked(
        self, ask: Callable[..., Mapping[TopicPartition, int]], parts: Iterable[int]
    ) -> dict[int, int]:
        of = [TopicPartition(self._topic, part) for part in parts]
        return {one.partition: at for one, at in ask(of, timeout_ms=LOOK_MS).items()} if of else {}

    def positions(self, connection: Connection) -> dict[int, int]:
        """By partition the offset to read next, as the database holds it."""
        held = self.topic.positions(connection)
        self._made = {part: made for part, (_, made) in held.items()}
        return {part: at for part, (at, _) in held.items()}

    def take(
        self, connection: Connection, into: EmbeddedBus, was: Mapping[int, int], batches: list[Batch],
        now: datetime,
    ) -> list[tuple[str, str]]:  # fmt: skip
        """Put batches into the embedded bus and move the positions with them; gives what was set aside
        and what is missing, in words.

        `was` are the positions after which they were read, from which alone they may be moved. Raises
        Overtaken when another process has moved one meanwhile: the transaction rolls back.
        """
        said = []
        for batch in batches:
            fault = self._keep(connection, into, batch)
            found = [(SET_ASIDE, words) for words in (*batch.faults, fault) if words]
            if batch.missing != 0:
                found.append((MISSING, _gone(was.get(batch.part, 0), batch.missing)))
            for action, words in found:
                at = {"topic": self._topic, "partition": batch.part, "offset": batch.offset}
                subject = f"{self._topic}:{batch.part}:{batch.offset}"
                record(connection, WATCHED, now, "service", action, subject,
                       at | {"error": words[:500]})  # fmt: skip
                said.append((action, f"partition {batch.part}, offset {batch.offset}: {words}"))
        for part, last in {b.part: b.offset for b in batches}.items():
            self.topic.move(connection, part, was.get(part, 0), last + 1, self._topic_id)
        for batch in batches:
            if batch.missing != 0:
                self.topic.missed(connection, batch.part, batch.missing, now)
        return said

    @staticmethod
    def _keep(connection: Connection, into: EmbeddedBus, batch: Batch) -> str:
        """What keeps these signals from being kept, "" for nothing. Raises what is the store's own."""
        if not batch.signals:
            return ""
        known = select(realm.c.id).where(realm.c.id == batch.realm)
        if connection.execute(known).first() is None:  # a drill's that began after a backup was made
            return f"there is no realm {batch.realm} in the database"
        at = batch.signals[0].accepted
        assert at is not None  # see unpack
        apart = connection.begin_nested()  # or what came before it would be lost with it
        try:
            into.publish(connection, batch.realm, batch.signals, at, batch.bodies)
        except Exception as error:
            if of_the_store(error):  # which may have ended the whole transaction
                raise
            apart.rollback()
            return str(error)
        apart.commit()
        return ""

    def _by_part(self, carried: list[Load]) -> dict[int, list[Load]]:
        return {
            part: [one for one in carried if one.share in (None, part)]
            for part in sorted(self._shares.all)
        }

    def _make_topic(self) -> None:
        """With a partition for each share; one that has more keeps them, and they are read. One that is
        there already is only looked at: who may make no topics need not."""
        self._access.meet()
        admin = KafkaAdminClient(**self._access.options)
        try:
            [held] = admin.describe_topics([self._topic])
            if len(held["partitions"]) < self._shares.count:
                wanted = {"num_partitions": self._shares.count, "configs": KEPT}
                with suppress(TopicAlreadyExistsError):
                    admin.create_topics({self._topic: wanted}, wait_for_metadata=True)
                with suppress(InvalidPartitionsError):  # it has as many, or more
                    admin.create_partitions({self._topic: self._shares.count})
                [held] = admin.describe_topics([self._topic])
            made = str(held.get("topic_id") or "")
            self._topic_id = made.strip("0-") and made  # nought from a broker that does not know yet
        finally:
            admin.close()

    def _join(self) -> KafkaConsumer:
        consumer = KafkaConsumer(
            enable_auto_commit=False, auto_offset_reset="earliest",
            group_id=None if self._alone else self._topic, session_timeout_ms=PATIENCE_MS,
            heartbeat_interval_ms=PATIENCE_MS // 4, max_poll_interval_ms=READS_MS,
            metadata_max_age_ms=30_000, **self._access.options,
        )  # fmt: skip
        if self._alone:
            parts = consumer.partitions_for_topic(self._topic) or self._shares.all
            consumer.assign([TopicPartition(self._topic, part) for part in sorted(parts)])
            self.assigned = frozenset(parts)
        else:
            consumer.subscribe([self._topic])
            _sees_a_join_through(consumer._coordinator)
        return consumer

    def _parts(self) -> frozenset[int]:
        assert self._consumer is not None
        return frozenset(one.partition for one in self._consumer.assignment())

    def close(self) -> None:
        for one in (self._producer, self._consumer):
            if one is not None:
                one.close()


def _sees_a_join_through(coordinator: Any) -> None:
    """kafka-python 3.0.12 forgets a join that began because the topic had changed, where it takes
    longer than one `poll`: by then the change is known, no join is wanted any more, and what it gave
    is never taken up. The worker would wait for its partitions for ever."""
    wanted = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: coordinator.rejoining or wanted()


def _gone(was: int, missing: int | None) -> str:
    if missing is None:
        return (f"it is not the topic any more that was read up to {was}: made anew, or cut back; it is"
                " read from its beginning")  # fmt: skip
    return f"{missing} records were gone before they were read: the broker kept them no longer"
