"""Steps the chase of every running realm."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from alerting import chase

if TYPE_CHECKING:
    from alerting.service.clock import Realm
    from alerting.service.station import Station

# What begins or ends a chase has time; the messages that the same commit is for have none. So after a
# rest it lets things gather (seconds), to stand between no alert and its message; but not while a storm
# is played, whose clock waits for it.
GATHER = 0.1


class ChaseLoop:
    name = "chase"
    heeds = frozenset({
        "alert", "asker", "callee", "callout", "delivery", "delivery_notice", "handover", "measure",
        "meeting", "notice", "pursuit", "standing",
    })  # fmt: skip

    def __init__(self, station: Station) -> None:
        self._station = station
        # When there will be something to do, as a step saw that found nothing; until it is asked for.
        self._foreseen: tuple[datetime | None] | None = None
        self._rested = True

    def next_due(self) -> datetime | None:
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is not None:
            return foreseen[0]
        station = self._station
        looked = [self._look(realm, station.life(realm.id)) for realm in station.running()]
        return min((at for _, at in looked if at is not None), default=None)

    async def step(self) -> bool:
        station = self._station
        if self._rested and not station.runtime.virtual and not station.player.playing:
            await station.runtime.sleep(GATHER)
        worked, rested, self._foreseen = False, list[datetime | None](), None
        realms = self._station.running()
        for realm in realms:
            life = self._station.life(realm.id)
            # Off the event loop: it looks through all that is waited for, which may be thousands.
            look = partial(self._look, realm, life)
            has_work, due = await self._station.runtime.in_thread("chase", look)
            if not has_work:
                rested.append(due)
                continue

            def one_round(connection: Connection, life: chase.Life = life) -> int:
                # The time of its own turn: the clock may have been set while it waited.
                return chase.step(connection, life, self._station.now(life.realm))

            worked |= bool(await self._station.writer.write(one_round, first=True))
        if len(rested) == len(realms):
            self._foreseen = (min((at for at in rested if at is not None), default=None),)
        self._rested = not worked
        return worked

    def _look(self, realm: Realm, life: chase.Life) -> tuple[bool, datetime | None]:
        """Whether anything is due in a realm; by the machine's clock, when something will be."""
        with self._station.store.read() as connection:
            found, at = chase.look(connection, life, self._station.now(realm.id))
        return found, None if at is None else realm.machine_time(at)
