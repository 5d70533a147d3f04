"""Asks the configured sources at their cadence, in a small pool that only fetches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection

from alerting.bus import HEARD
from alerting.connector import Connector, Context, Reading
from alerting.errors import BadInput, SuianError, TooLarge
from alerting.service.clock import LIVE
from alerting.service.fetch import HttpFetch
from alerting.service.heeded import check_heeded
from alerting.service.pace import pace, portion, quota_of
from alerting.signals import Signal, Spot, Tick, check_times
from alerting.store.schema import source_health
from alerting.store.upserts import insert
from alerting.vocabulary.nul import without_nul

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Said:
    """What of an answer is to be published, what of it was refused, and when it was asked for."""

    signals: list[Signal]
    problems: str
    at: datetime


@dataclass(slots=True)
class Polled:
    """A source that is switched on, and when it is asked next; `rest` are the places it is asked for
    then, where a quota had no room for all of them at once. `said` is what it answered and nobody has
    taken yet: many a source says a thing once, so it is published before the source is asked again."""

    name: str
    connector: Connector
    fetch: HttpFetch
    due: datetime
    rest: tuple[Spot, ...] = ()
    said: Said | None = None


class PollLoop:
    name = "poll"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        now = station.runtime.now()
        self._sources = [
            Polled(name, connector, HttpFetch(station.runtime, quota=quota_of(connector)), now)
            for name, connector in station.connectors.items()
            if not getattr(connector, "pushed", False)
        ]

    def next_due(self) -> datetime | None:
        return min((s.due if s.said is None else s.said.at for s in self._sources), default=None)

    def clock_set(self, by: timedelta) -> None:
        for source in self._sources:
            source.due += by
            source.fetch.clock_set(by)

    async def step(self) -> bool:
        now = self._station.runtime.now()
        due = [s for s in self._sources if s.said is not None or s.due <= now]
        for source in due:
            if source.said is None:
                source.said = await self._poll(source, now)
            if source.said is not None:
                await self._take(source, source.said)
                source.said = None
            self._station.goes_on(self.name)
        return bool(due)

    async def _poll(self, source: Polled, now: datetime) -> Said | None:
        station = self._station
        waiting = source.rest or station.spots
        count, pause = portion(source.connector, len(waiting))
        context = Context(source.name, now, station.config.county.zone, waiting[:count],
                          station.county.table)  # fmt: skip
        every = pace(source.connector, len(station.spots))
        jitter = timedelta(seconds=station.runtime.uniform(0, 0.1 * every.total_seconds()))
        source.due = now + every + jitter
        try:
            reading = await station.runtime.in_thread(
                "fetch", lambda: source.connector.poll(source.fetch, context)
            )
        except SuianError as error:
            held = source.fetch.held_until
            if held is not None:
                source.due = max(source.due, held)
            await self._note(source, failed=now, error=error.text()[:500], held_until=held)
            station.tally.polled(source.name, "failed")
            log.warning("source failed", source=source.name, error=error.text())
            return None
        station.tally.polled(source.name, "answered")
        source.rest = waiting[count:]
        if source.rest:  # from the end of this: it may have taken a while
            source.due = station.runtime.now() + pause
        return self._heeded(source, reading, now)

    def _heeded(self, source: Polled, reading: Reading, now: datetime) -> Said:
        signals: list[Signal] = []
        for signal in reading.signals:
            try:
                check_times(signal, now)
                check_heeded(signal, self._station.book)
                signals.append(signal)
            except BadInput as error:
                reading.refuse(error.what, signal.id, error.mend)
        if "warning" in source.connector.feeds:
            # That it answered is news too: a silent feed makes its warnings unknown.
            signals.append(Tick(source="poll", issued=now, subject=f"{HEARD}{source.name}"))
        return Said(signals, "; ".join(p.what for p in reading.problems[:5])[:500], now)

    async def _take(self, source: Polled, said: Said) -> None:
        new, problems = await self._publish(said)
        seen = {"polled": said.at, "spoke": said.at, "error": problems, "held_until": None}
        await self._note(source, **seen, **({"new": said.at} if new else {}))

    async def _publish(self, said: Said) -> tuple[list[str], str]:
        """Without those that cannot be carried, which must not keep the rest back; gives the ids that
        are new, and all that was refused."""
        signals, problems = said.signals, said.problems
        while signals:
            try:
                return await self._station.publish(LIVE, signals), problems
            except TooLarge as error:
                problems = "; ".join(filter(None, (problems, error.what)))[:500]
                signals = [one for one in signals if one.id != error.where]
        return [], problems

    async def _note(self, source: Polled, **given: Any) -> None:
        values = without_nul(given)  # what a source said may be in an error

        def note(connection: Connection) -> None:
            statement = insert(connection, source_health)
            statement = statement.values(realm=LIVE, source=source.name, **values)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["realm", "source"], set_=values)
            )

        await self._station.writer.write(note)
