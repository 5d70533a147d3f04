"""Carries records from the partitions that Kafka has given to this worker into the embedded bus, where
the engine takes them in order."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from alerting.bus import KafkaBus

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()


class KafkaLoop:
    name = "kafka"

    def __init__(self, station: Station, kafka: KafkaBus) -> None:
        self._station, self._kafka = station, kafka

    def next_due(self) -> datetime | None:
        # Kafka does not wake us: ask again at once; each read waits a moment for news.
        return self._station.runtime.now()

    async def step(self) -> bool:
        station, had = self._station, self._kafka.assigned
        with station.store.read() as connection:
            after = self._kafka.positions(connection)
        batches = await station.runtime.in_thread("kafka-read", lambda: self._kafka.read(after))
        if self._kafka.assigned != had:
            log.info("partitions are assigned", partitions=sorted(self._kafka.assigned))
            station.writer.tell()  # the engine acts for other places now
        if not batches:
            return False
        await station.writer.write(lambda c: self._kafka.take(c, station.bus, after, batches))
        return True
