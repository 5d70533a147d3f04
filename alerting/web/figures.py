"""/metrics: the figures for Prometheus. What only grows is counted as the process works
(telemetry/tally.py); the tables are asked for what is open and waits, by their indexes, so that a
scrape costs the same in the tenth year as on the first day.

Ages are of the real world alone, and 0 where nothing waits.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Select, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from alerting import audit
from alerting.bus import waits
from alerting.service.clock import LIVE
from alerting.service.done_by import DONE_BY, nobody_does
from alerting.service.sentinels import states
from alerting.store.schema import (
    UtcText,
    alert,
    delivery,
    is_due,
    is_later,
    is_waiting,
    notice,
    pursuit,
    realm,
    signal,
)
from alerting.vocabulary import Level
from alerting.web.auth import who
from alerting.web.desk import Station, read, station_of
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)
PATIENCE = 5.0  # seconds for the database to answer


@router.get("/metrics")
async def metrics(request: Request, _who: Annotated[Who, Depends(who)]) -> Response:
    """The figures below, for Prometheus."""
    station = station_of(request)
    try:
        async with asyncio.timeout(PATIENCE):
            asked = await read(station, lambda c: _text(_Tables(c, station)))
    except (SQLAlchemyError, TimeoutError):  # the rest is what somebody wants to see now
        asked = _text(_NoTables())
    text = asked + _text(_Memory(station)) + generate_latest(station.tally.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def families(connection: Connection, station: Station) -> Iterator[Metric]:
    """All that is shown, with its help and labels."""
    yield from _Tables(connection, station).collect()
    yield from _Memory(station).collect()
    yield from station.tally.registry.collect()


def _text(figures: Collector) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(figures)
    return generate_latest(registry)


def _gauge(name: str, what: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"suian_{name}", what, labels=labels)


def _plain(name: str, what: str, value: float) -> GaugeMetricFamily:
    made = _gauge(name, what)
    made.add_metric([], value)
    return made


class _NoTables(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _plain("database_up", "1 where the database answers", 0)


class _Tables(Collector):
    """What is open and what waits, as the tables have it: every process says the same of these.

    They are searched by their state alone, and the realm looked at in what was found: by the realm a
    database may go through all that ever was.
    """

    def __init__(self, connection: Connection, station: Station) -> None:
        self._connection, self._station = connection, station
        self._now = station.runtime.now()
        running = select(realm.c.id).where(realm.c.ended.is_(None)).order_by(realm.c.id)
        self._running = connection.execute(running).scalars().all()

    def collect(self) -> Iterator[Metric]:
        yield from self._open_alerts()
        yield from self._queues()
        yield from self._unanswered()
        yield self._leases()
        yield self._held()
        yield from self._sources()
        yield from self._sentinels()
        yield self._blind()
        since = audit.unsealed_since(self._connection, LIVE)
        yield _plain("seal_age_seconds", "Of the oldest entry of the log that is not sealed",
                     self._age(since))  # fmt: skip
        yield _plain("database_up", "1 where the database answers", 1)

    def _ask(self, query: Select[*tuple[Any, ...]]) -> Any:
        return self._connection.execute(query)

    def _age(self, since: datetime | None) -> float:
        return 0.0 if since is None else max(0.0, (self._now - since).total_seconds())

    def _open_alerts(self) -> Iterator[Metric]:
        """Counted here: asked to group them, a database may go through the closed ones too."""
        made = _gauge("alerts_open", "Alerts open now", "realm", "level")
        troubles = _gauge("troubles", "What the service finds wrong with itself, by its rule", "rule")
        rows = self._ask(
            select(alert.c.realm, alert.c.level, alert.c.rule, alert.c.sector)
            .where(alert.c.realm.in_(self._running), alert.c.state == "open")
        ).all()  # fmt: skip
        counts = Counter((row.realm, row.level) for row in rows)
        for one in self._running:
            for level in Level:
                made.add_metric([one, level.name], counts[one, int(level)])
        own = Counter(row.rule for row in rows if (row.realm, row.sector) == (LIVE, "service"))
        for rule, count in sorted(own.items()):
            troubles.add_metric([rule], count)
        yield made
        yield troubles

    def _queues(self) -> Iterator[Metric]:
        length = _gauge("queue_length", "Work that waits", "queue")
        oldest = _gauge("queue_oldest_seconds", "How long the oldest of it waits", "queue")
        waiting, since = 0, None
        for name in self._running:
            waiting += self._ask(select(func.count()).where(waits(name))).scalar_one()
            if name == LIVE:
                first = select(signal.c.accepted).where(waits(name)).order_by(signal.c.seq).limit(1)
                since = self._ask(first).scalar()
        length.add_metric(["signals"], waiting)
        oldest.add_metric(["signals"], self._age(since))
        if (kafka := self._station.kafka) is not None:
            parts = kafka.topic.unread(self._connection, self._station.bus.shares.all)
            times = [one.since(self._station.started, self._now) for one in parts]
            length.add_metric(["kafka"], sum(one.count for one in parts))
            oldest.add_metric(["kafka"], max(self._age(at) for at in times))
        for queue, table, time, is_so in (
            ("notices", notice, notice.c.due,
             is_due & (notice.c.due <= self._now)),
            ("deliveries", delivery, delivery.c.created, is_waiting),
        ):  # fmt: skip
            live = case((table.c.realm == LIVE, time))
            count, since = self._ask(
                select(func.count(), func.min(live, type_=UtcText())).where(is_so)
            ).one()
            length.add_metric([queue], count)
            oldest.add_metric([queue], self._age(since))
        length.add_metric(["writer"], self._station.writer.waiting)
        yield length
        yield oldest

    def _unanswered(self) -> Iterator[Metric]:
        count = _gauge("unanswered", "What is waited for", "wants", "level")
        oldest = _gauge("unanswered_oldest_seconds", "How long the longest is waited for", "level")
        ages = dict.fromkeys(Level, 0.0)
        live = case((pursuit.c.realm == LIVE, pursuit.c.opened))
        for r in self._ask(
            select(pursuit.c.wants, pursuit.c.level, func.count(live).label("n"),
                   func.min(live, type_=UtcText()).label("since"))
            .where(pursuit.c.state == "open")
            .group_by(pursuit.c.wants, pursuit.c.level)
        ):  # fmt: skip
            level = Level(r.level)
            count.add_metric([r.wants, level.name], r.n)
            ages[level] = max(ages[level], self._age(r.since))
        for level, age in ages.items():
            oldest.add_metric([level.name], age)
        yield count
        yield oldest

    def _leases(self) -> Metric:
        """By the machine's clock, of whichever dispatcher."""
        made = _gauge("leases", "Messages that a dispatcher has in hand", "state")
        sending = select(func.count()).where(delivery.c.state == "sending", is_later)
        for state, is_so in (
            ("held", delivery.c.leased_until > self._now),
            ("expired", delivery.c.leased_until <= self._now),
        ):
            made.add_metric([state], self._ask(sending.where(is_so)).scalar_one())
        return made

    def _held(self) -> Metric:
        """Whichever process it is: where one has a database to itself, it is that one."""
        made = _gauge("held", "1 where some process does what one alone may do for all", "what")
        missing = nobody_does(self._station, self._connection)
        for what in DONE_BY:
            made.add_metric([what], float(what not in missing))
        return made

    def _sentinels(self) -> Iterator[Metric]:
        age = _gauge("sentinel_age_seconds", "Since a sentinel last answered", "sentinel")
        silent = _gauge("sentinel_silent", "1 where it does not answer any more", "sentinel")
        for one in states(self._connection, self._station.config):
            if one.heard is not None:
                age.add_metric([one.name], (self._now - one.heard).total_seconds())
            silent.add_metric([one.name], float(one.silent(self._station.started, self._now)))
        yield age
        yield silent

    def _sources(self) -> Iterator[Metric]:
        age = _gauge("source_age_seconds", "Since a source last spoke", "source")
        silent = _gauge("source_silent", "1 where it is overdue", "source")
        for one in self._station.sources(self._connection):
            if one["spoke"] is not None:
                age.add_metric([one["name"]], (self._now - one["spoke"]).total_seconds())
            silent.add_metric([one["name"]], float(one["state"] == "silent"))
        yield age
        yield silent

    def _blind(self) -> Metric:
        made = _gauge("places_blind", "Places that a rule cannot judge for want of data", "rule")
        for rule, count in sorted(self._station.blind_counts(self._connection, LIVE).items()):
            made.add_metric([rule], count)
        return made


class _Memory(Collector):
    """What this process knows without asking: its loops, its channels."""

    def __init__(self, station: Station) -> None:
        self._station, self._now = station, station.runtime.now()

    def collect(self) -> Iterator[Metric]:
        station = self._station
        yield InfoMetricFamily("suian_build", "What runs here", value={
            "version": version("suian"), "role": station.role,
        })  # fmt: skip
        yield _plain("clock_timestamp_seconds", "The time as this process has it",
                     self._now.timestamp())  # fmt: skip
        left = station.county.calendar.known_through - self._now.date()
        yield _plain("calendar_known_seconds", "How far ahead the calendar is known",
                     left.total_seconds())  # fmt: skip
        yield from self._loops()
        yield self._channels()
        behind = _gauge("kafka_behind_records", "Records in Kafka that this process has still to read")
        # Of a process that has let go of its partitions the last figure would stand for ever.
        if station.kafka is not None and station.kafka.assigned:
            behind.add_metric([], station.kafka.behind)
        yield behind

    def _loops(self) -> Iterator[Metric]:
        failures = _gauge("loop_failures", "Rounds of a loop that failed in a row; 0 is well", "loop")
        idle = _gauge("loop_idle_seconds", "Since the last round of a loop ended, well or not", "loop")
        elapsed = self._station.runtime.elapsed()
        for name, rounds in sorted(self._station.loops.items()):
            failures.add_metric([name], rounds.failures)
            if rounds.ended is not None:
                idle.add_metric([name], elapsed - rounds.ended)
        yield failures
        yield idle

    def _channels(self) -> Metric:
        made = _gauge("channel_refuses", "1 where a channel refuses us as such", "channel")
        for name in sorted(self._station.channels):
            made.add_metric([name], float(name in self._station.dispatcher.unusable))
        return made
