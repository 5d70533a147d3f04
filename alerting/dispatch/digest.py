"""Digests: a storm of messages to one person on one channel becomes one a minute.

It begins where a third message in a minute would not be the last: what is over waits, and goes out in
one summary with what has come since. It goes on, one summary a minute while there is news, until all it
told of is answered. Level bands have digests of their own: a first red message never waits for orange.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, insert, select, update

from alerting.store.schema import delivery, delivery_notice, notice, pursuit
from alerting.store.schema_reach import digest
from alerting.vocabulary import Level

MOST = 3  # messages to a person on a channel in one band …
WITHIN = timedelta(minutes=1)  # … in this time, as they are; the rest in summaries, one in as long
QUIET = timedelta(minutes=2)  # without a summary, after which one whose all is answered has ended
WHY = "gathered for a digest, one a minute while they are unanswered"
Key = tuple[str, str, str]


@dataclass(slots=True)
class Digest:
    """`waiting` are what it told of and nobody has answered: a pursuit's id, or less a notice's."""

    person: str
    channel: str
    band: str
    begun: datetime
    last: datetime
    id: int | None = None  # None: not written down yet
    waiting: set[int] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return (self.person, self.channel, self.band)

    def waits_for(self, rows: Sequence[Any]) -> int:
        """How many wait for an answer, with what is told of now."""
        return len(self.waiting | {one.pursuit or -one.id for one in rows if one.wants})


@dataclass(slots=True)
class Digests:
    """Those that go on in a realm, by its own clock; read once for a batch of notices."""

    connection: Connection
    realm: str
    now: datetime
    zone: ZoneInfo
    over: list[int] = field(default_factory=list)  # that have ended
    begun: dict[Key, tuple[Digest, list[int]]] = field(default_factory=dict)  # with what waits for it
    _on: dict[Key, Digest] = field(default_factory=dict)
    _sent: Counter[Key] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        rows = self.connection.execute(
            select(digest).where(digest.c.realm == self.realm, digest.c.ended.is_(None))
        ).all()
        waiting = _waiting(self.connection, [row.id for row in rows])
        for row in rows:
            if not waiting[row.id] and row.last + QUIET <= self.now:
                self.over.append(row.id)
            else:
                one = Digest(row.person, row.channel, row.band, row.begun, row.last, row.id,
                             waiting[row.id])  # fmt: skip
                self._on[one.key] = one

    def __bool__(self) -> bool:
        return bool(self._on)

    def of(self, key: Key) -> Digest | None:
        return self._on.get(key)

    def next_at(self, one: Digest) -> datetime:
        """When its next summary may go: a minute after the last, off the full and the half hour."""
        return off_the_hour(one.last + WITHIN, self.zone)

    def count(self, people: Collection[str]) -> None:
        """Read how many unanswered messages these people were sent within the minute."""
        if not people:
            return
        rows = self.connection.execute(
            select(delivery.c.person, delivery.c.channel, delivery.c.band,
                   func.count(func.distinct(delivery.c.id)).label("n"))
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .where(delivery.c.realm == self.realm, delivery.c.person.in_(people),
                   delivery.c.created > self.now - WITHIN,
                   delivery.c.state.not_in(["superseded", "answered", "dead"]),
                   notice.c.post.is_not(None))
            .group_by(delivery.c.person, delivery.c.channel, delivery.c.band)
        )  # fmt: skip
        self._sent.update({(row.person, row.channel, row.band): row.n for row in rows})

    def room(self, key: Key) -> int:
        """How many more messages may go as they are."""
        return max(0, MOST - self._sent[key])

    def goes(self, key: Key, messages: int) -> None:
        self._sent[key] += messages

    def begin(self, key: Key, left: Sequence[int]) -> datetime:
        """What is left of a bundle waits for a digest that begins now; gives until when."""
        one, held = self.begun.setdefault(key, (Digest(*key, self.now, self.now), []))
        held += left
        return self.next_at(one)


def digestible(row: Row[Any]) -> bool:
    """Whether `1` answers a notice, or nothing does: decisions and the like are put by themselves, and
    so is a correction, whose words are what was wrong."""
    if row.kind == "correction":
        return False
    return row.post is not None and row.wants in ("", "acknowledge", "in-force")


def off_the_hour(at: datetime, zone: ZoneInfo) -> datetime:
    """Everybody's machines send on the full and the half hour: providers ask to keep off them."""
    local = at.astimezone(zone)
    if local.minute not in (0, 30):
        return at
    return at + timedelta(seconds=60 - local.second, microseconds=-local.microsecond)


def rest_of(
    connection: Connection, realm: str, posts: Collection[str], band: str, now: datetime,
    known: Collection[int], most: int,
) -> list[Row[Any]]:
    """What else is due to these posts in a band, for one summary."""
    levels = [int(level) for level in Level if level.band == band]
    rows = connection.execute(
        select(notice)
        .where(notice.c.realm == realm, notice.c.state == "due", notice.c.due <= now,
               notice.c.post.in_(posts), notice.c.level.in_([*levels, 0] if 1 in levels else levels),
               notice.c.id.not_in(known))
        .order_by(notice.c.level.desc(), notice.c.id)
        .limit(most)
    ).all()  # fmt: skip
    return [row for row in rows if digestible(row)]


def read(connection: Connection, number: int) -> Digest:
    """A digest as it stands, for sending a summary of it once more."""
    row = connection.execute(select(digest).where(digest.c.id == number)).one()
    return Digest(row.person, row.channel, row.band, row.begun, row.last, row.id,
                  _waiting(connection, [number])[number])  # fmt: skip


def write(
    connection: Connection, realm: str, digests: Digests, told: Collection[int], now: datetime
) -> None:
    """Write down, in the caller's transaction, what began, was told of now and has ended."""
    for one, _ in digests.begun.values():
        number = connection.execute(
            insert(digest)
            .values(realm=realm, person=one.person, channel=one.channel, band=one.band,
                    begun=one.begun, last=one.last)
            .returning(digest.c.id)
        ).scalar_one()  # fmt: skip
        # What made it begin belongs to it: `1` to a summary answers that too.
        connection.execute(
            update(delivery)
            .where(delivery.c.realm == realm, delivery.c.person == one.person,
                   delivery.c.channel == one.channel, delivery.c.band == one.band,
                   delivery.c.created > now - WITHIN, delivery.c.digest.is_(None),
                   delivery.c.id.in_(_asks_for_one()))
            .values(digest=number)
        )  # fmt: skip
    if told:
        connection.execute(update(digest).where(digest.c.id.in_(told)).values(last=now))
    if digests.over:
        connection.execute(
            update(digest).where(digest.c.id.in_(digests.over)).values(ended=now)
        )


def _asks_for_one() -> Any:
    """Deliveries of what is digestible, see there."""
    return (
        select(delivery_notice.c.delivery)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(delivery_notice.c.delivery == delivery.c.id, notice.c.post.is_not(None),
               notice.c.wants.in_(["", "acknowledge", "in-force"]))
        .correlate(delivery)
    )  # fmt: skip


def _waiting(connection: Connection, numbers: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {number: set() for number in numbers}
    if not numbers:
        return found
    rows = connection.execute(
        select(delivery.c.digest, notice.c.id, notice.c.pursuit)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .outerjoin(pursuit, pursuit.c.id == notice.c.pursuit)
        .where(delivery.c.digest.in_(numbers), delivery.c.state.not_in(["superseded", "dead"]),
               notice.c.wants != "", func.coalesce(pursuit.c.state, "open") == "open")
    )  # fmt: skip
    for row in rows:
        found[row.digest].add(row.pursuit or -row.id)
    return found
