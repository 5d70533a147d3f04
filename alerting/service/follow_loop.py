"""Keeps the memory of a process as the engine's, where that runs in others: it sees the signals that
were taken there, for pages and figures, and decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from alerting.bus import Record
from alerting.signals import stamped_by

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
BATCH = 50


class FollowLoop:
    name = "follow"

    def __init__(self, station: Station) -> None:
        self._station = station

    def next_due(self) -> datetime | None:
        return None

    async def step(self) -> bool:
        station = self._station
        if station.acts_for:
            return False
        worked = await station.take_offered_book()
        for realm in station.running():
            engine = station.engines[realm.id]
            with station.store.read() as connection:
                furthest = max(station.bus.positions(connection, realm.id).values())
                records = station.bus.read(connection, realm.id, engine.seen, BATCH)
            for one in [r for r in records if r.seq <= furthest]:
                follow(station, realm.id, one)
                engine.seen, worked = one.seq, True
            if worked:
                engine.look(station.now(realm.id))
        return worked


def follow(station: Station, realm: str, one: Record) -> None:
    """See a signal that others act on."""
    try:
        signal = stamped_by(one.signal(), station.now(realm))
        station.engines[realm].see(signal, signal.accepted or signal.issued)
    except Exception:
        # It was set aside where it was taken, which says so to people.
        log.exception("signal left out", realm=realm, signal=one.id)
