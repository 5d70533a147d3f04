"""Deletes, each night, what the config no longer keeps: one short transaction after another.

People's answers go before each of them, and between two the writer rests.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from alerting.runtime import Runtime
from alerting.service.keeping import Work, night

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
REST = timedelta(seconds=0.2)  # between two batches
LONGEST = 0.04  # seconds a batch may hold the writer; the next one is smaller or larger by it
# Things a batch is about. Its statements alone may take half of that, and on a full machine all of it:
# then fewer things would hold the writer no shorter, only more often.
LEAST, MOST = 10, 400
LATEST = timedelta(hours=6)  # after its time: who takes it over at noon waits for the night


class Portion:
    """How many things a batch is about, by how long the last one held the writer."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self.size = runtime, 50

    def done(self, connection: Connection, work: Work) -> int:
        """Do it; gives how many rows went."""
        began = self._runtime.elapsed()
        rows = work(connection)
        took = self._runtime.elapsed() - began
        if took > LONGEST:
            self.size = max(LEAST, self.size // 2)
        elif took < LONGEST / 4:
            self.size = min(MOST, self.size * 2)
        return rows


class KeepLoop:
    name = "keep"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._zone = station.config.county.zone
        self._due = self._next_night()
        self._batches: Iterator[Work] | None = None
        self._portion, self._rows = Portion(station.runtime), 0

    def next_due(self) -> datetime | None:
        return self._due

    def clock_set(self, by: timedelta) -> None:
        # Of a time of the day: set back, an earlier night comes first; set on, it is due already.
        now = self._station.runtime.now()
        self._due = min(self._due, self._next_night() if self._batches is None else now)

    async def step(self) -> bool:
        station = self._station
        now = station.runtime.now()
        if now < self._due:
            return False
        if self._batches is None and now - self._due > LATEST:
            self._due = self._next_night()
            return False
        if self._batches is None:
            self._batches = night(station.store, station.config.keep, now, lambda: self._portion.size)
        batches = self._batches
        try:
            work = await station.runtime.in_thread("keep", lambda: next(batches, None))
            if work is not None:
                self._rows += await station.writer.write(lambda c: self._portion.done(c, work))
                self._due = now + REST
                return False
        except Exception:
            # A generator that failed gives no more; what is left of this night goes in the next one.
            self._batches, self._rows, self._due = None, 0, self._next_night()
            raise
        if self._rows:
            log.info("no longer kept", rows=self._rows)
        self._batches, self._rows, self._due = None, 0, self._next_night()
        return False

    def _next_night(self) -> datetime:
        local = self._station.runtime.now().astimezone(self._zone)
        tonight = datetime.combine(local.date(), self._station.config.keep.at, self._zone)
        return tonight if local < tonight else tonight + timedelta(days=1)
