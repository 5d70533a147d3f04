"""Sends the head of the audit chain out of the house once a day: whoever has it can prove the log.

Sent before a change, it shows one that was made since; kept inside alone it would show nothing.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from alerting import audit
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, tell
from alerting.audit import record
from alerting.people import resolve
from alerting.service.clock import LIVE
from alerting.service.county import remember
from alerting.store.schema import setting

if TYPE_CHECKING:
    from alerting.service.station import Station

AT = time(8)  # local: when the day's shift has come
SENT = "audit.head.sent"  # the local day it last went out


class HeadLoop:
    name = "head"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._zone = station.config.county.zone
        # One who was down at eight sends it late; one who never sent begins with the next morning.
        last = self._last_sent()
        self._due = self._morning(last + timedelta(days=1)) if last else self._next_morning()

    def next_due(self) -> datetime | None:
        return self._due

    def clock_set(self, by: timedelta) -> None:
        # Of a time of the day: set back, an earlier morning comes first; set on, it is due already.
        self._due = min(self._due, self._next_morning())

    async def step(self) -> bool:
        now = self._station.runtime.now()
        if now < self._due:
            return False
        await self._station.writer.write(lambda c: self._send(c, now))
        self._due = self._next_morning()  # only now: a write that failed is tried again
        return True

    def _send(self, connection: Connection, now: datetime) -> None:
        today = now.astimezone(self._zone).date()
        if _sent(connection) == today:  # by another process, or before the clock was set back
            return
        while audit.seal(connection):  # the head says all that is committed
            pass
        number, digest = audit.head(connection, LIVE)
        places = self._station.places
        office = resolve(connection, places, "duty-office", "", places.county)
        if not number or office is None:
            return
        remember(connection, SENT, today.isoformat())
        said = {
            "zh": f"第{number}条 {digest}",
            "en": f"entry {number} {digest}",
        }
        with Ledger(connection, self._station.life(LIVE)) as ledger:
            tell(ledger, "head", office, Facts("", "", places.county, 1, reason=said), now)
        record(connection, LIVE, now, "service", "send head", office.id,
               {"number": number, "hash": digest})  # fmt: skip

    def _last_sent(self) -> date | None:
        with self._station.store.read() as connection:
            return _sent(connection)

    def _morning(self, day: date) -> datetime:
        return datetime.combine(day, AT, self._zone)

    def _next_morning(self) -> datetime:
        local = self._station.runtime.now().astimezone(self._zone)
        today = self._morning(local.date())
        return today if local < today else self._morning(local.date() + timedelta(days=1))


def _sent(connection: Connection) -> date | None:
    held = connection.execute(select(setting.c.value).where(setting.c.key == SENT)).scalar()
    return date.fromisoformat(held) if held else None
