"""The clock's word: one tick an hour for each running realm, so that the night passes without news, and
one at each local time at which some rule is decided (`decide: ["20:00", "05:30"]`) or some measure is
ordered again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from alerting.bus import newest_by_source
from alerting.service.clock import next_hour
from alerting.signals import Tick, content_id

if TYPE_CHECKING:
    from alerting.service.station import Station


log = structlog.get_logger()
MUCH = timedelta(hours=1)  # less ahead than this, as much was known


class TickLoop:
    name = "tick"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._since: dict[str, datetime] = {}  # the last stroke ticked, by the realm's own clock
        # Up to when a clock that was ahead has struck, and it was judged by what was known then.
        self._ahead: dict[str, datetime] = {}

    def next_due(self) -> datetime | None:
        going_on = {r.id: r for r in self._station.going_on()}
        return min(
            (going_on[i].machine_time(self._next(at)) for i, at in self._since.items()
             if i in going_on),
            default=None,
        )  # fmt: skip

    def clock_set(self, by: timedelta) -> None:
        """Set back, the hours strike again from here on; set on, those passed over are made up."""
        for key, since in self._since.items():
            self._since[key] = self._no_later(key, since, self._station.now(key))

    def _no_later(self, realm_id: str, last: datetime, now: datetime) -> datetime:
        if last - now > MUCH:
            self._ahead[realm_id] = last
        return min(last, now)

    async def step(self) -> bool:
        worked = False
        for realm in self._station.going_on():
            now = self._station.now(realm.id)
            if realm.id not in self._since:
                self._since[realm.id] = self._no_later(realm.id, self._last(realm.id) or now, now)
            since = self._since[realm.id]
            if now < self._next(since):
                continue
            ticks = [Tick(source="clock", issued=at) for at in self._missed(since, now)]
            new = await self._station.publish(realm.id, list(ticks))
            ahead = self._ahead.get(realm.id, since)
            # Not what another process has struck in its time.
            if known := [one for one in ticks if one.id not in new and one.issued <= ahead]:
                log.warning("hours strike again", hours=[f"{one.issued:%d %H:%M}Z" for one in known])
                await self._station.publish(realm.id, [
                    one.model_copy(update={"id": content_id("tick", one.id, now.isoformat())})
                    for one in known
                ])  # fmt: skip
            self._since[realm.id] = now  # only now: a write that failed is tried again
            worked = True
        return worked

    def _next(self, after: datetime) -> datetime:
        return min([next_hour(after), *strokes(self._hours(), self._zone, after)])

    def _missed(self, since: datetime, now: datetime) -> list[datetime]:
        """After a pause one tick, at the newest hour, says all that the missed ones would; but what
        is decided at a time of its own is decided then or never."""
        own = [at for at in strokes(self._hours(), self._zone, since, now) if at <= now]
        hour = now.replace(minute=0, second=0, microsecond=0)
        return sorted({*own, *([hour] if hour > since else [])})

    def _hours(self) -> set[time]:
        book = self._station.book
        again = {one.again_at for one in book.measures.values() if one.again_at is not None}
        return again | {at for rule in book.rules for at in rule.decide}

    @property
    def _zone(self) -> ZoneInfo:
        return self._station.config.county.zone

    def _last(self, realm_id: str) -> datetime | None:
        """The newest stroke already ticked: a process that was down over one makes it up."""
        with self._station.store.read() as connection:
            last = newest_by_source(connection, realm_id, ("tick",)).get(("tick", "clock"))
        return None if last is None else last.issued


def strokes(
    hours: set[time], zone: ZoneInfo, after: datetime, until: datetime | None = None
) -> list[datetime]:
    """When these local times strike after `after`, up to the day after `until` (or after `after`)."""
    found = []
    day, last = after.astimezone(zone).date(), (until or after).astimezone(zone).date()
    # A service that was down for weeks decides what is still ahead, not every evening it missed.
    day = max(day, last - timedelta(days=1))
    while day <= last + timedelta(days=1):
        for hour in sorted(hours):
            at = datetime.combine(day, hour, zone).astimezone(after.tzinfo)
            if at > after:
                found.append(at)
        day += timedelta(days=1)
    return found
