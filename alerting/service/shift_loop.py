"""Begins each turn at the duty office with an exercise, where a sentinel watches: whoever comes on
duty is written to by both ways, and must answer both.

Not while something real is grave: they are called in earnest then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, insert, select

from alerting.alerts.notices import Facts
from alerting.audit import record
from alerting.people import resolve
from alerting.people.policy import DUTY_OFFICE
from alerting.service import drills
from alerting.service.clock import DESK, LIVE, open_desk
from alerting.store.schema import notice
from alerting.store.schema_duty import duty, shift_exercise
from alerting.vocabulary import Level

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
SINCE = timedelta(hours=1)  # a turn that began longer ago is under way, and needs no exercise
LEVEL = int(Level.orange)  # it waits neither for the morning nor in a digest


class ShiftLoop:
    name = "shifts"

    def __init__(self, station: Station) -> None:
        self._station = station
        self._on = any(one.on for one in station.config.sentinels.values())

    def next_due(self) -> datetime | None:
        return None  # a turn begins with a commit

    async def step(self) -> bool:
        if not self._on:
            return False
        station, now = self._station, self._station.runtime.now()
        with station.store.read() as connection:
            if not self._begun(connection, now) or drills.real_work(connection):
                return False
        await station.writer.write(lambda c: self._ask(c, now))
        station.know_realms()
        return True

    def _begun(self, connection: Connection, now: datetime) -> list[Any]:
        """Turns at the county's duty office that began lately, and without an exercise."""
        places = self._station.places
        office = resolve(connection, places, DUTY_OFFICE, "", places.county)
        if office is None:
            return []
        return list(connection.execute(
            select(duty).where(duty.c.post == office.id, duty.c.ended.is_(None),
                               duty.c.began > now - SINCE,
                               duty.c.n.not_in(select(shift_exercise.c.duty)))
            .order_by(duty.c.n)
        ))  # fmt: skip

    def _ask(self, connection: Connection, now: datetime) -> None:
        minutes = self._station.config.watch.exercise_minutes
        open_desk(connection, now)
        for turn in self._begun(connection, now):
            must_by = now + timedelta(minutes=minutes)
            number = connection.execute(
                insert(shift_exercise).values(duty=turn.n, person=turn.person, asked=now,
                                              must_by=must_by, elsewhere={})
                .returning(shift_exercise.c.n)
            ).scalar_one()  # fmt: skip
            facts = Facts("", "", self._station.places.county, LEVEL, reason=_said(minutes)).json()
            connection.execute(insert(notice).values(
                realm=DESK, kind="drill", person=turn.person, wants="", level=LEVEL, created=now,
                due=now, state="due", facts=facts,
            ))  # fmt: skip
            record(connection, LIVE, now, "service", "ask shift exercise", f"shift-exercise:{number}",
                   {"person": turn.person, "post": turn.post})  # fmt: skip


def _said(minutes: int) -> dict[str, str]:
    return {
        "zh": f"换班演练：您已开始值班，请在{minutes}分钟内回复“演练收到”。哨兵会另发一条，也请答复",
        "en": f"your turn begins: reply EXERCISE within {minutes} min. The sentinel writes too, answer"
        " it as well",
    }
