"""Steps the chase of every running realm."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from alerting import chase

if TYPE_CHECKING:
    from alerting.service.station import Station


class ChaseLoop:
    name = "chase"

    def __init__(self, station: Station) -> None:
        self._station = station

    def next_due(self) -> datetime | None:
        due = []
        with self._station.store.read() as connection:
            for realm in self._station.running():
                at = chase.next_due(connection, self._station.life(realm.id))
                if at is not None:
                    due.append(realm.machine_time(at))
        return min(due, default=None)

    async def step(self) -> bool:
        worked = False
        for realm in self._station.running():
            life = self._station.life(realm.id)
            with self._station.store.read() as connection:
                if not chase.has_work(connection, life, self._station.now(realm.id)):
                    continue

            def one_round(connection: Connection, life: chase.Life = life) -> int:
                # The time of its own turn: the clock may have been set while it waited.
                return chase.step(connection, life, self._station.now(life.realm))

            worked |= bool(await self._station.writer.write(one_round, first=True))
        return worked
