"""Keeps the memory of a process as the engine's, where that runs in others: it sees the signals that
were taken there, for pages and figures, and decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerting.service.loop import LONGEST_REST
from alerting.service.seeing_again import see_again

if TYPE_CHECKING:
    from alerting.service.station import Station

BATCH = 500
GATHER = 1.0  # seconds: what comes within them is seen in one round
# Seconds between two looks over the whole county: at 40,000 points with many stations one takes 0.17 s
# of the event loop, in which pages wait. The loop comes by as often even where nothing happens.
LOOKS = LONGEST_REST


class FollowLoop:
    name = "follow"
    # Of signals it sees what was taken; a book that is offered is told.
    heeds = frozenset({"position"})

    def __init__(self, station: Station) -> None:
        self._station = station
        self._behind = False  # more is there than was read
        self._seen = set[str]()  # realms of which something was seen since the last look
        self._looked = float("-inf")  # when that was, by Runtime.elapsed

    def next_due(self) -> datetime | None:
        return None

    async def step(self) -> bool:
        station = self._station
        if not (self._behind or station.runtime.virtual):
            await station.runtime.sleep(GATHER)
        if station.acts_for or station.plays:
            return False
        worked, self._behind = await station.take_offered_book(), False
        for realm in station.running():
            engine = station.engines[realm.id]
            with station.store.read() as connection:
                furthest = max(station.bus.positions(connection, realm.id).values())
                records = station.bus.read(connection, realm.id, engine.seen, BATCH)
            self._behind |= len(records) == BATCH
            if taken := [one for one in records if one.seq <= furthest]:
                see_again(engine, taken, station.now(realm.id))
                engine.seen, worked = taken[-1].seq, True
                self._seen.add(realm.id)
        self._look()
        return worked

    def _look(self) -> None:
        runtime, station = self._station.runtime, self._station
        if not self._seen or not (runtime.virtual or runtime.elapsed() - self._looked >= LOOKS):
            return
        for realm in station.running():
            if realm.id in self._seen:
                station.engines[realm.id].look(station.now(realm.id))
        self._seen.clear()
        self._looked = runtime.elapsed()
