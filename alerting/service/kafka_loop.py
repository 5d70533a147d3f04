"""Carries records from Kafka into the embedded bus, where the engine takes them in order."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerting.bus import KafkaBus

if TYPE_CHECKING:
    from alerting.service.station import Station


class KafkaLoop:
    name = "kafka"

    def __init__(self, station: Station, kafka: KafkaBus) -> None:
        self._station, self._kafka = station, kafka

    def next_due(self) -> datetime | None:
        # Kafka does not wake us: ask again at once; each read waits a moment for news.
        return self._station.runtime.now()

    async def step(self) -> bool:
        station = self._station
        with station.store.read() as connection:
            after = self._kafka.position(connection)
        batches = await station.runtime.in_thread("kafka-read", lambda: self._kafka.read(after))
        if not batches:
            return False
        await station.writer.write(lambda c: self._kafka.take(c, station.bus, after, batches))
        return True
