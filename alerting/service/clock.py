"""Realms and their clocks: the real world runs with the machine, an exercise as fast as it likes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from alerting.audit import record
from alerting.store.schema import realm

LIVE = "live"
DESK = "drills"


@dataclass(frozen=True, slots=True)
class Realm:
    """`begins` by its own clock is `started` by the machine's; `ended` by its own clock.

    `limit` is how far an exercise's clock may run before what has come due is done: an hour of a
    storm must not pass while its messages wait for a slow machine.
    """

    id: str
    kind: str
    title: dict[str, str]
    exercise: bool
    started: datetime
    begins: datetime
    speed: float
    ended: datetime | None
    reason: str
    limit: datetime | None = None
    drill: int | None = None

    def at(self, machine: datetime) -> datetime:
        """Its own time at a time of the machine; stands still at its limit and once it has ended."""
        own = self.begins + (machine - self.started) * self.speed
        return min(t for t in (own, self.limit, self.ended) if t is not None)

    def goes_on(self, machine: datetime, by: timedelta) -> Realm:
        """The same clock from where it stands, free to run on by so much."""
        own = self.at(machine)
        return replace(self, started=machine, begins=own, limit=own + by)

    def machine_time(self, own: datetime) -> datetime:
        """When the machine's clock will show what its own shows as `own`."""
        return self.started + (own - self.begins) / self.speed


def _realm(row: Any) -> Realm:
    return Realm(row.id, row.kind, row.title, row.exercise, row.started, row.begins, row.speed,
                 row.ended, row.reason, drill=row.drill)  # fmt: skip


def realms(connection: Connection) -> dict[str, Realm]:
    rows = connection.execute(select(realm).order_by(realm.c.started, realm.c.id))
    return {r.id: _realm(r) for r in rows}


def now_beside(connection: Connection, realm_id: str, machine: datetime) -> datetime | None:
    """The time in a realm as whoever only reads its database can know it: at most an hour after the
    last that the service told it of, which it is told every hour. None where there is no such realm."""
    row = connection.execute(select(realm).where(realm.c.id == realm_id)).one_or_none()
    if row is None:
        return None
    return min(_realm(row).at(machine), (row.clock or row.begins) + timedelta(hours=1))


def open_live(connection: Connection, now: datetime, exercise: bool) -> Realm:
    """The standing realm; on a fictional county all it says is marked an exercise."""
    row = connection.execute(select(realm).where(realm.c.id == LIVE)).one_or_none()
    if row is None:
        connection.execute(
            insert(realm).values(
                id=LIVE, kind="live", title={"zh": "实况", "en": "Live"}, exercise=exercise,
                started=now, begins=now, speed=1.0,
            )
        )  # fmt: skip
        row = connection.execute(select(realm).where(realm.c.id == LIVE)).one()
    elif row.exercise != exercise:
        connection.execute(update(realm).where(realm.c.id == LIVE).values(exercise=exercise))
        row = connection.execute(select(realm).where(realm.c.id == LIVE)).one()
    return _realm(row)


def open_exercise(
    connection: Connection,
    title: dict[str, str],
    now: datetime,
    begins: datetime,
    speed: float,
    drill: int | None = None,
) -> Realm:
    """A new realm for each start of an exercise; nothing of an earlier one is in it."""
    count = connection.execute(
        select(func.count()).select_from(realm).where(realm.c.kind == "exercise")
    ).scalar_one()
    new = f"exercise-{count + 1}"
    connection.execute(
        insert(realm).values(
            id=new, kind="exercise", title=title, exercise=True, started=now, begins=begins,
            speed=speed, drill=drill,
        )
    )  # fmt: skip
    record(connection, new, begins, "service", "start exercise", new, {"title": title})
    return _realm(connection.execute(select(realm).where(realm.c.id == new)).one())


def end_left_over(connection: Connection) -> None:
    """Exercises that a process left when it ended are not taken up again; drills of people may be."""
    rows = connection.execute(
        select(realm.c.id, realm.c.clock, realm.c.begins).where(
            realm.c.kind == "exercise", realm.c.ended.is_(None), realm.c.drill.is_(None)
        )
    ).all()
    for row in rows:
        at = row.clock or row.begins
        connection.execute(
            update(realm)
            .where(realm.c.id == row.id)
            .values(ended=at, reason="the service was stopped")
        )
        record(connection, row.id, at, "service", "end exercise", row.id,
               {"reason": "the service was stopped"})  # fmt: skip


def open_desk(connection: Connection, now: datetime) -> None:
    """The standing realm of what is said about drills before and after them: all of it is marked."""
    if connection.execute(select(realm.c.id).where(realm.c.id == DESK)).first() is None:
        connection.execute(
            insert(realm).values(
                id=DESK, kind="desk", title={"zh": "演练安排", "en": "Drills"}, exercise=True,
                started=now, begins=now, speed=1.0,
            )
        )  # fmt: skip


def end_exercise(connection: Connection, one: Realm, at: datetime, reason: str) -> bool:
    done = connection.execute(
        update(realm)
        .where(realm.c.id == one.id, realm.c.ended.is_(None), realm.c.kind == "exercise")
        .values(ended=at, reason=reason)
    )
    if done.rowcount:
        record(connection, one.id, at, "service", "end exercise", one.id, {"reason": reason})
    return bool(done.rowcount)


def next_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
