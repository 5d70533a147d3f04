"""Keeps the memory of a process as the engine's, where that runs in another: it sees the signals that
were taken there and holds of each place what was committed with them, for pages and figures. It decides
nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import structlog

from alerting.alerts.engine import Engine
from alerting.signals import stamped_by
from alerting.store.link import Link

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
BATCH = 50


class FollowLoop:
    name = "follow"

    def __init__(self, station: Station, link: Link) -> None:
        self._station, self._link = station, link
        self._seen: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()  # since it was made
        self._led = False

    def next_due(self) -> datetime | None:
        return None

    async def step(self) -> bool:
        station = self._station
        if "engine" in self._link.held:
            self._led = True
            return False
        worked = await station.take_offered_book()
        if self._led:  # what it had decided and could not commit must be forgotten
            for realm in station.running():
                await station.reload_engine(realm.id)
            self._led = False
        for realm in station.running():
            worked = self._follow(realm.id) or worked
        return worked

    def _follow(self, realm: str) -> bool:
        station, engine = self._station, self._station.engines[realm]
        seen = self._seen.get(engine, engine.upto)
        with station.store.read() as connection:
            taken = station.bus.position(connection, realm)
            if taken <= seen:
                return False
            records = station.bus.read(connection, realm, seen, BATCH)
            engine.recall(connection)
        now = station.now(realm)
        for one in records:
            if one.seq > taken:
                break
            try:
                signal = stamped_by(one.signal(), now)
                engine.see(signal, signal.accepted or signal.issued)
            except Exception:
                # It was set aside where it was taken, which says so to people.
                log.exception("signal left out", realm=realm, signal=one.id)
            self._seen[engine] = one.seq
        engine.look(now)
        return True
