"""The clock's word: one tick an hour for each running realm, so that the night passes without news."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerting.service.clock import next_hour
from alerting.signals import Tick
from alerting.store.schema import signal

if TYPE_CHECKING:
    from alerting.service.station import Station


class TickLoop:
    name = "tick"

    def __init__(self, station: Station) -> None:
        self._station = station
        self._due: dict[str, datetime] = {}  # by the realm's own clock

    def next_due(self) -> datetime | None:
        running = {r.id: r for r in self._station.running()}
        return min(
            (running[i].machine_time(at) for i, at in self._due.items() if i in running),
            default=None,
        )

    def _last(self, realm_id: str) -> datetime | None:
        """The newest hour already ticked: a process that was down over an hour makes it up."""
        with self._station.store.read() as connection:
            return connection.execute(
                select(func.max(signal.c.issued)).where(
                    signal.c.realm == realm_id, signal.c.kind == "tick", signal.c.source == "clock"
                )
            ).scalar_one()

    async def step(self) -> bool:
        worked = False
        for realm in self._station.running():
            now = self._station.now(realm.id)
            if realm.id not in self._due:
                self._due[realm.id] = next_hour(self._last(realm.id) or now)
            due = self._due[realm.id]
            if now < due:
                continue
            # After a pause one tick, at the newest hour, says all that the missed ones would.
            hour = now.replace(minute=0, second=0, microsecond=0)
            self._due[realm.id] = next_hour(now)
            await self._station.publish(realm.id, [Tick(source="clock", issued=hour)])
            worked = True
        return worked
