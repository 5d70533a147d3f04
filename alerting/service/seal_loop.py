"""Numbers and chains the committed audit entries."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerting import audit
from alerting.store.schema import audit as audit_table

if TYPE_CHECKING:
    from alerting.service.station import Station

# A seal has time; the messages of what it would seal have none, and would wait for it. So it lets
# entries gather (seconds).
GATHER = 0.2
_UNSEALED = select(audit_table.c.n).where(audit_table.c.number.is_(None)).limit(1)


class SealLoop:
    name = "seal"
    heeds = frozenset({"audit"})

    def __init__(self, station: Station) -> None:
        self._station = station

    def next_due(self) -> datetime | None:
        return None

    async def step(self) -> bool:
        with self._station.store.read() as connection:
            waiting = connection.execute(_UNSEALED).first()
        if waiting is None:
            return False
        if not self._station.runtime.virtual:
            await self._station.runtime.sleep(GATHER)
        return bool(await self._station.writer.write(audit.seal))
