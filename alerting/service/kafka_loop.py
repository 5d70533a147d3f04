"""Carries records from the partitions that Kafka has given to this worker into the embedded bus, where
the engine takes them in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from alerting.bus import KafkaBus
from alerting.service.clock import LIVE
from alerting.store.faults import of_the_store
from alerting.store.schema import SET_ASIDE

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
EVERY = timedelta(seconds=5)  # it tells whoever watches, in whichever process, how it goes


class KafkaLoop:
    name = "kafka"

    def __init__(self, station: Station, kafka: KafkaBus) -> None:
        self._station, self._kafka = station, kafka
        self._look = station.runtime.now()

    def next_due(self) -> datetime | None:
        # Kafka does not wake us: ask again at once; each read waits a moment for news.
        return self._station.runtime.now()

    def clock_set(self, by: timedelta) -> None:
        self._look += by

    async def step(self) -> bool:
        station, kafka = self._station, self._kafka
        now = station.runtime.now()
        look = now >= self._look
        try:
            worked = await self._round(look)
        except Exception as error:
            if not of_the_store(error) and kafka.assigned:  # else it cannot be told there either
                words, parts = str(error), kafka.assigned
                await station.writer.write(lambda c: kafka.topic.failed(c, parts, words))
            raise
        if look:
            self._look = now + EVERY
            await station.writer.write(lambda c: kafka.topic.looked(c, kafka.unread(), now))
            kafka.nothing_unread(now)
        return worked

    async def _round(self, look: bool) -> bool:
        station, kafka, had = self._station, self._kafka, self._kafka.assigned
        with station.store.read() as connection:
            after = kafka.positions(connection)
        batches = await station.runtime.in_thread(
            "kafka-read", lambda: kafka.read(after, look=look)
        )
        if kafka.assigned != had:
            log.info("partitions are assigned", partitions=sorted(kafka.assigned))
            station.writer.tell()  # the engine acts for other places now
        if not batches:
            return False
        now = station.now(LIVE)
        said = await station.writer.write(lambda c: kafka.take(c, station.bus, after, batches, now))
        for action, words in said:
            log.error(f"records of Kafka are {action}", topic=kafka.topic.name, why=words)
            if action == SET_ASIDE:
                station.tally.set_aside(station.realm(LIVE).kind)
        return True
