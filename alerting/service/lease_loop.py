"""Ends the leases of dispatchers that have died or been stopped, so that another goes on at once: it
asks about what may have gone out, or sends it again and counts that, as after a crash of the only
one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from alerting.dispatch import outbox
from alerting.store.link import lives

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
EVERY = timedelta(seconds=2)
# All sessions end at once when the database begins anew, and each process comes back in its own time:
# who is missing is dead only when it was missing this long.
MISSED = timedelta(seconds=6)


class LeaseLoop:
    name = "leases"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._due = station.runtime.now()
        self._missing: dict[str, datetime] = {}  # since when

    def next_due(self) -> datetime | None:
        return self._due

    def clock_set(self, by: timedelta) -> None:
        self._due += by
        self._missing = {name: since + by for name, since in self._missing.items()}

    async def step(self) -> bool:
        station, now = self._station, self._station.runtime.now()
        if now < self._due:
            return False
        self._due = now + EVERY
        with station.store.read() as connection:
            others = outbox.lessees(connection, now) - {station.name}
            gone = {one for one in others if not lives(connection, one)}
        self._missing = {one: self._missing.get(one, now) for one in gone}
        dead = sorted(one for one, since in self._missing.items() if now - since >= MISSED)
        if not dead:
            return False
        log.warning("leases of the dead end", whose=dead)
        await station.writer.write(lambda c: outbox.take_over(c, now, dead))
        return True
