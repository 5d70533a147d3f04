"""Steps the dispatcher: bind, send, settle."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerting.service.station import Station


class DispatchLoop:
    name = "dispatch"
    heeds = frozenset({"notice", "delivery"})

    def __init__(self, station: Station) -> None:
        self._station = station

    def next_due(self) -> datetime | None:
        return self._station.dispatcher.next_due()

    def clock_set(self, by: timedelta) -> None:
        self._station.dispatcher.clock_set(by)

    async def step(self) -> bool:
        return await self._station.dispatcher.step()
