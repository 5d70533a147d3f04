"""Begins drills when they are due, tells their players beforehand, takes them up after a restart.

A round does the first of these that is to be done:
    1. a drill that runs in the database and not here was left by a process that died: it goes on
       where the service was away for less than a quarter of an hour, else it ends, and its players
       and its report are told so;
    2. players of an announced drill are told a day ahead, or at once;
    3. a drill that is due begins; one that cannot, or was due while nobody ran, is missed, and whoever
       asked for it is told, or where they have left the duty office;
    4. once a minute it is written down that the drill still runs.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from alerting.errors import BadInput
from alerting.service import drill_plans, drills
from alerting.service.clock import Realm, open_desk, open_exercise
from alerting.service.drill_script import Showing
from alerting.service.player import end_drill

if TYPE_CHECKING:
    from alerting.service.station import Station


class DrillLoop:
    name = "drill"
    heeds = frozenset({"drill"})

    def __init__(self, station: Station) -> None:
        self._station = station

    def next_due(self) -> datetime | None:
        due: list[datetime] = []
        with self._station.store.read() as connection:
            for row in drills.waiting(connection):
                due.append(row.due)
                if row.announced and row.told is None:
                    due.append(row.due - drills.AHEAD)
            running = drills.running(connection)
        if running is not None:
            due.append(running.alive + drills.ALIVE)
        return min(due, default=None)

    async def step(self) -> bool:
        with self._station.store.read() as connection:
            running, waiting = drills.running(connection), drills.waiting(connection)
        now = self._station.runtime.now()
        if running is not None and self._station.player.drill != running.id:
            await self._take_up(running, now)
            return True
        for row in waiting:
            untold = row.announced and row.told is None
            if untold and row.due - drills.AHEAD <= now <= row.due + drills.LATE:
                await self._announce(row, now)
                return True
            if row.due <= now:
                await self._begin(row, now)
                return True
        if running is not None and running.alive + drills.ALIVE <= now:
            await self._station.writer.write(lambda c: drills.lives(c, running.id, now))
            return True
        return False

    async def _take_up(self, row: Row[Any], now: datetime) -> None:
        station, how, remark = self._station, "interrupted", ""
        if now - row.alive <= drills.RESUMED:
            try:
                storm = await station.runtime.in_thread(
                    "web", lambda: drill_plans.again(station, row)
                )
            except BadInput as error:
                how, remark = "plan", error.text()
            else:
                await station.player.play(storm, station.realm(row.realm))
                await station.writer.write(lambda c: drills.lives(c, row.id, now))
                return

        def end(connection: Connection) -> None:
            end_drill(connection, station, row, how, remark=remark)

        await station.writer.write(end)
        station.refresh_realms()

    async def _announce(self, row: Row[Any], now: datetime) -> None:
        station, zone = self._station, self._station.config.county.zone
        await self._open_desk(now)

        def tell(connection: Connection) -> None:
            words, readers = drills.announcement(row, zone), drills.on_call(connection)
            morning = self._morning(now)
            due = morning if morning < row.due else now
            drills.say(connection, readers, words, station.places.county, now, row.id, due)
            drills.told(connection, row.id, now)

        await station.writer.write(tell)

    async def _begin(self, row: Row[Any], now: datetime) -> None:
        station = self._station
        with station.store.read() as connection:
            real, left = drills.real_work(connection), drills.left(connection, row.by)
        why, remark = "", ""
        if now - row.due > drills.LATE:
            why = "down"
        elif real is not None:
            why = "real"
        elif station.player.playing:
            why = "busy"
        elif left:
            why = "left"
        else:
            try:
                showing = Showing(row.id, now, row.by)
                storm, script = await station.runtime.in_thread(
                    "web", lambda: drill_plans.load(station, row.plan, showing)
                )
            except BadInput as error:
                why, remark = "plan", error.text()
        if why:
            await self._miss(row, why, remark, now)
            return

        def begin(connection: Connection) -> Realm:
            made = open_exercise(connection, storm.title, now, now, 1.0, drill=row.id)
            drills.begin(connection, row.id, made.id, script, now, storm.ends)
            return made

        realm = await station.writer.write(begin)
        await station.player.play(storm, realm)

    async def _miss(self, row: Row[Any], why: str, remark: str, now: datetime) -> None:
        station = self._station
        await self._open_desk(now)
        words = drills.missed_said(row, why, station.config.county.zone)

        def miss(connection: Connection) -> None:
            drills.miss(connection, row, why, remark, now)
            told = drills.were_told(connection, row.id)
            readers = sorted({*drills.answers_for(connection, row), *told})
            drills.say(connection, readers, words, station.places.county, now, row.id,
                       self._morning(now))  # fmt: skip

        await station.writer.write(miss)

    def _morning(self, now: datetime) -> datetime:
        """Now, or in the night when it is over: word about a drill wakes nobody."""
        config = self._station.config
        return config.quiet.until(now, config.county.zone) or now

    async def _open_desk(self, now: datetime) -> None:
        """The realm must be there, and its clock known, before something is due in it."""
        await self._station.writer.write(lambda c: open_desk(c, now))
        self._station.know_realms()
