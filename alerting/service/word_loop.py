"""Tells the other processes of a shared database what is wrong with this one: they may be those that
watch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerting.service import process_word

if TYPE_CHECKING:
    from alerting.service.station import Station

EVERY = timedelta(seconds=2)


class WordLoop:
    name = "word"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._due = station.runtime.now()

    def next_due(self) -> datetime | None:
        return self._due

    def clock_set(self, by: timedelta) -> None:
        self._due += by

    async def step(self) -> bool:
        station, now = self._station, self._station.runtime.now()
        if now < self._due:
            return False
        self._due = now + EVERY
        word = process_word.own(station)
        # By what stands there: others may have taken us for dead meanwhile.
        with station.store.read() as connection:
            known = process_word.said(connection, station.name)
        if word != known:
            await station.writer.write(lambda c: process_word.say(c, station.name, word))
        return False
