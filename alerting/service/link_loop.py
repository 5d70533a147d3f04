"""Keeps a process's link with a shared database: what it alone may do, and news of the others' commits.

It also goes by its machine's clock as it is set: several machines are kept right by the network, and
one that is not must not move what all of them wait for, but only what the process itself waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from alerting.service.clock_loop import Timed
from alerting.service.clock_set import TOLERATED
from alerting.service.loop import Loop, heeded
from alerting.store.link import Link

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
TURN = 1.0  # seconds it waits for news, before it says again that it lives


class LinkLoop:
    name = "link"

    def __init__(self, station: Station, link: Link, timed: Sequence[Timed]) -> None:
        self._station, self._link, self._timed = station, link, timed

    def next_due(self) -> datetime | None:
        runtime = self._station.runtime
        return None if runtime.virtual else runtime.now()

    async def step(self) -> bool:
        runtime, held = self._station.runtime, self._link.held
        wait = 0.0 if runtime.virtual else TURN
        news = await runtime.in_thread("link", lambda: self._link.turn(wait))
        by = runtime.drift()
        runtime.follow()
        if abs(by) > TOLERATED:
            log.warning("the clock was set", by_seconds=round(by.total_seconds(), 1))
            for one in self._timed:
                one.clock_set(by)
            self._station.writer.tell()  # what is due has moved with it
        taken = self._link.held != held
        # Another process may have opened or ended a realm; how far its clock is stands there, too.
        if taken or "realm" in news:
            self._station.refresh_realms()
        if taken:
            self._station.writer.tell()
        elif news:
            self._station.writer.tell(news)
        return False


class Alone:
    """A loop that acts in one process at a time: the one that holds `what`."""

    def __init__(self, loop: Loop, link: Link, what: str) -> None:
        self.name, self.heeds = loop.name, heeded(loop)
        self.loop, self.what, self._link = loop, what, link

    def next_due(self) -> datetime | None:
        return self.loop.next_due() if self.what in self._link.held else None

    async def step(self) -> bool:
        return await self.loop.step() if self.what in self._link.held else False
