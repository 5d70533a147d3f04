"""Looks whether somebody has set the machine's clock, and moves all that counts minutes with it.

Until it has, the whole process goes by a clock that goes on steadily (see runtime): nothing fires too
early or too late in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sqlalchemy import Connection

from alerting.service.clock import LIVE
from alerting.service.clock_set import TOLERATED, move_timers

if TYPE_CHECKING:
    from alerting.service.station import Station

EVERY = timedelta(seconds=1)


@runtime_checkable
class Timed(Protocol):
    """Whatever keeps times of the machine's clock in memory."""

    def clock_set(self, by: timedelta) -> None: ...


class ClockLoop:
    name = "clock"

    def __init__(self, station: Station, timed: Sequence[Timed]) -> None:
        self._station, self._timed = station, timed
        self._owed = timedelta()  # of a change of the clock that could not be written

    def next_due(self) -> datetime | None:
        runtime = self._station.runtime
        return None if runtime.virtual else runtime.now() + EVERY

    async def step(self) -> bool:
        station, runtime = self._station, self._station.runtime
        if abs(runtime.drift()) <= TOLERATED and not self._owed:
            runtime.follow()
            return False

        def set_on(connection: Connection) -> None:
            # In the writer's own turn: no step of the chase may see the one without the other.
            fresh = runtime.drift()
            self._owed += fresh
            runtime.follow()
            station.clock_set(fresh)
            move_timers(connection, station.life(LIVE), self._owed, runtime.now())

        async with station.judging:
            try:
                await station.writer.write(set_on, first=True)
            finally:
                # What it remembers goes by the clock as well, which has moved in any case: by the new
                # time a warning that it remembers by the old one would not be in force yet.
                await station.reload_engine(LIVE)
        by, self._owed = self._owed, timedelta()
        for one in self._timed:
            one.clock_set(by)
        station.writer.tell()  # what is due has moved with it
        return True
