"""Keeps the memory of a process as the engine's, where that runs in another: it sees the signals that
were taken there, for pages and figures, and decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

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
        with station.store.read() as connection:
            # Its engines were made a moment ago; a signal seen twice changes nothing.
            self._seen = {r.id: station.bus.position(connection, r.id) for r in station.running()}

    def next_due(self) -> datetime | None:
        return None

    async def step(self) -> bool:
        if "engine" in self._link.held:
            return False
        station = self._station
        worked = await station.take_offered_book()
        for realm in station.running():
            seen = self._seen.setdefault(realm.id, 0)
            with station.store.read() as connection:
                taken = station.bus.position(connection, realm.id)
                records = station.bus.read(connection, realm.id, seen, BATCH)
            engine, now = station.engines[realm.id], station.now(realm.id)
            for one in [r for r in records if r.seq <= taken]:
                try:
                    signal = stamped_by(one.signal(), now)
                    engine.see(signal, signal.accepted or signal.issued)
                except Exception:
                    # It was set aside where it was taken, which says so to people.
                    log.exception("signal left out", realm=realm.id, signal=one.id)
                self._seen[realm.id], worked = one.seq, True
            if worked:
                engine.look(now)
        return worked
