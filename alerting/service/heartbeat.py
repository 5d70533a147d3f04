"""What the service tells its sentinels of itself: how old its queues are, when it last sent, who is on
duty, what is wrong. Read from the tables, so that of several processes the worst is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Subquery, case, func, select, true

from alerting.bus import waits
from alerting.people import contacts_of_all, list_of, resolve
from alerting.people.policy import DUTY_OFFICE
from alerting.sentinel.wire import Exercise, Heartbeat, Reader
from alerting.service.clock import LIVE
from alerting.service.sentinels import exercises
from alerting.store.schema import delivery, is_due, is_waiting, notice, signal

if TYPE_CHECKING:
    from alerting.service.station import Station

NEWEST = 200  # deliveries among which the last send, and what was given up since, is looked for


def heartbeat(
    station: Station, connection: Connection, now: datetime, challenge: str, nonce: str
) -> Heartbeat:
    county, sent = station.config.county, _last_sent(connection)
    return Heartbeat(
        challenge=challenge, nonce=nonce, at=now, exercise=county.fictional,
        county={"zh": county.sender or county.name, "en": county.sender_en or county.name_en},
        signal_age=_age(_oldest_signal(station, connection, now), now),
        unsent_age=_age(_oldest_unsent(connection, sent, now), now), sent=sent,
        standing={name: round(rounds.standing(station.runtime.elapsed()), 1)
                  for name, rounds in station.loops.items()},
        duty=duty_list(station, connection),
        exercises=tuple(
            Exercise(n=row.n, person=row.person, left=(row.must_by - now).total_seconds(),
                     answered=row.answered is not None)
            for row in exercises(connection)
        ),
    )  # fmt: skip


def duty_list(station: Station, connection: Connection) -> tuple[Reader, ...]:
    """Everybody on the list of the county's duty office, on duty now first, with their contacts."""
    places = station.places
    office = resolve(connection, places, DUTY_OFFICE, "", places.county)
    people = list_of(connection, office.id) if office is not None else []
    contacts = contacts_of_all(connection, [one.id for one in people])
    return tuple(
        Reader(id=one.id, name=one.name, name_en=one.name_en, language=one.language,
               contacts=tuple((c.channel, c.address) for c in contacts[one.id]))
        for one in people
    )  # fmt: skip


def _oldest_signal(station: Station, connection: Connection, now: datetime) -> datetime | None:
    """In the database, and in the broker, where nobody reads it since when one may be there."""
    kept = connection.execute(
        select(func.min(signal.c.accepted)).where(waits(LIVE))
    ).scalar_one()
    kafka = station.kafka
    parts = [] if kafka is None else kafka.topic.unread(connection, station.bus.shares.all)
    times = [kept, *(one.since(station.started, now) for one in parts)]
    return min((at for at in times if at is not None), default=None)


def _oldest_unsent(
    connection: Connection, sent: datetime | None, now: datetime
) -> datetime | None:
    """Since when the oldest message has been due: of notices nobody has made a message of, of messages
    under way, and of those that were given up since a provider last took one."""
    due = connection.execute(
        select(func.min(notice.c.due))
        .where(notice.c.realm == LIVE, is_due, notice.c.due <= now)
    ).scalar_one()  # fmt: skip
    # Of those that wait alone: a plain min() of a realm SQLite looks for in all it ever had.
    live = case((delivery.c.realm == LIVE, delivery.c.created))
    bound = connection.execute(select(func.min(live)).where(is_waiting)).scalar_one()
    lost = _newest(delivery.c.created, delivery.c.state, delivery.c.accepted_at)
    given_up = connection.execute(
        select(func.min(lost.c.created))
        .where(lost.c.state == "dead", lost.c.accepted_at.is_(None),
               true() if sent is None else lost.c.created > sent)
    ).scalar_one()  # fmt: skip
    return min((at for at in (due, bound, given_up) if at is not None), default=None)


def _last_sent(connection: Connection) -> datetime | None:
    # However many wait behind it: a crowd's messages are all made before the first is sent.
    sent = _newest(delivery.c.accepted_at, where=delivery.c.accepted_at.is_not(None))
    return connection.execute(select(func.max(sent.c.accepted_at))).scalar_one()


def _newest(*columns: ColumnElement[Any], where: ColumnElement[bool] = true()) -> Subquery:
    """Of the last deliveries, or the last of such: the history before them costs nothing."""
    return (select(*columns).where(delivery.c.realm == LIVE, where)
            .order_by(delivery.c.id.desc()).limit(NEWEST).subquery())  # fmt: skip


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, round((now - at).total_seconds(), 1)) if at is not None else 0.0
