"""Hands posts over at the ends of their turns, by the machine's clock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerting.people.duty import hand_over, next_hand_over
from alerting.service.clock import LIVE

if TYPE_CHECKING:
    from alerting.service.station import Station


class DutyLoop:
    name = "duty"
    heeds = frozenset({"roster"})

    def __init__(self, station: Station) -> None:
        self._station = station

    def next_due(self) -> datetime | None:
        with self._station.store.read() as connection:
            return next_hand_over(connection)

    async def step(self) -> bool:
        station, due = self._station, self.next_due()
        now = station.runtime.now()
        if due is None or due > now:
            return False
        zone = station.config.county.zone
        return await station.writer.write(lambda c: hand_over(c, zone, LIVE, now)) > 0
