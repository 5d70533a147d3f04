"""Digests: a storm of messages to one person on one channel becomes one a minute.

It begins where a third message in a minute would not be the last: what is over waits, and goes out in
one summary with what has come since. It goes on, one summary a minute while there is news, until all it
told of is received, or for ten minutes no summary has held as much as began it: then the next message
has its own words, digits and deadline again. Level bands have digests of their own: a first red message
never waits for orange. So have ends and takings back, and each sort of question: an end never stands
among orders, and no `1` decides. A red question waits for no minute: what is over goes at once in one
list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, update

from alerting.people.reached import INCOMER, REACHED
from alerting.store.schema import delivery, delivery_notice, is_due, notice, pursuit
from alerting.store.schema_reach import digest
from alerting.vocabulary import Level
from alerting.vocabulary.answers import CALLED

MOST = 3  # messages to a person on a channel in one band …
WITHIN = timedelta(minutes=1)  # … in this time, as they are; the rest in summaries, one in as long
QUIET = timedelta(minutes=2)  # without a summary, after which one whose all is received has ended
CALM = timedelta(minutes=10)  # without a summary of MOST or more, after which it has ended all the same
# What ends, takes back or stops what was said before: it must not be read as an order.
ENDS = ("clear", "fall", "lifted", "withdrawn", "reopened", "superseded", "refused", "suspended")
WHY = "gathered for a digest, one a minute while they are unanswered"
Key = tuple[str, str, str]  # person, channel, band
_PLAIN = ("", "acknowledge", "in-force")
_ENDS = "ends"


@dataclass(slots=True)
class Digest:
    """`waiting` are what it told of and nobody has answered: a pursuit's id, or less a notice's.

    `sort` is what it gathers: "" orders and news of danger, "ends", or what its questions want.
    """

    person: str
    channel: str
    band: str
    sort: str
    begun: datetime
    last: datetime
    id: int | None = None  # None: not written down yet
    waiting: set[int] = field(default_factory=set)

    @property
    def key(self) -> tuple[Key, str]:
        return (self.person, self.channel, self.band), self.sort

    @property
    def receivable(self) -> bool:
        """Whether `1` says that all of it was received."""
        return self.sort == "" or self.sort in CALLED

    @property
    def waits_for_nothing(self) -> bool:
        return self.band == Level.red.band and self.sort not in ("", _ENDS)

    def waits_for(self, rows: Sequence[Any]) -> int:
        """How many wait for an answer, with what is told of now."""
        return len(self.waiting | {one.pursuit or -one.id for one in rows if one.wants})


# Made once: every batch that is bound asks them.
_GO_ON = select(digest).where(digest.c.realm == bindparam("realm"), digest.c.ended.is_(None))
_SENT = (
    select(delivery.c.person, delivery.c.channel, delivery.c.band,
           case((notice.c.wants.in_(_PLAIN), ""), else_=notice.c.wants).label("asks"),
           func.count(func.distinct(delivery.c.id)).label("n"))
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .join(notice, notice.c.id == delivery_notice.c.notice)
    .where(delivery.c.realm == bindparam("realm"),
           delivery.c.person.in_(bindparam("people", expanding=True)),
           delivery.c.created > bindparam("since"),
           delivery.c.state.not_in(["superseded", "answered", "dead"]),
           notice.c.post.is_not(None))
    .group_by(delivery.c.person, delivery.c.channel, delivery.c.band, "asks")
)  # fmt: skip


@dataclass(slots=True)
class Digests:
    """Those that go on in a realm, by its own clock; read once for a batch of notices."""

    connection: Connection
    realm: str
    now: datetime
    zone: ZoneInfo
    over: list[int] = field(default_factory=list)  # that have ended
    # With what waits for it.
    begun: dict[tuple[Key, str], tuple[Digest, list[int]]] = field(default_factory=dict)
    _on: dict[tuple[Key, str], Digest] = field(default_factory=dict)
    _sent: Counter[tuple[Key, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        rows = self.connection.execute(_GO_ON, {"realm": self.realm}).all()
        numbers = [row.id for row in rows]
        waiting, stormy = _waiting(self.connection, numbers), _stormy(self.connection, numbers)
        for row in rows:
            # Who has received an order and has yet to carry it out has no storm before them.
            received = all(wants == "in-force" for wants in waiting[row.id].values())
            if (received and row.last + QUIET <= self.now) or (
                stormy.get(row.id, row.begun) + CALM <= self.now
            ):
                self.over.append(row.id)
            else:
                one = Digest(row.person, row.channel, row.band, row.sort, row.begun, row.last, row.id,
                             set(waiting[row.id]))  # fmt: skip
                self._on[one.key] = one

    def __bool__(self) -> bool:
        return bool(self._on)

    def of(self, key: Key, sort: str) -> Digest | None:
        return self._on.get((key, sort))

    def next_at(self, one: Digest) -> datetime:
        """When its next summary may go: a minute after the last; below red off the full and the half
        hour."""
        if one.waits_for_nothing:
            return one.last
        next_ = one.last + WITHIN
        return next_ if one.band == Level.red.band else off_the_hour(next_, self.zone)

    def count(self, people: Collection[str]) -> None:
        """Read how many unanswered messages these people were sent within the minute."""
        if not people:
            return
        given = {"realm": self.realm, "people": list(people), "since": self.now - WITHIN}
        for row in self.connection.execute(_SENT, given):
            self._sent[(row.person, row.channel, row.band), row.asks] = row.n

    def room(self, key: Key, row: Row[Any]) -> int:
        """How many more messages of the sort that this notice is of may go as they are."""
        return max(0, MOST - self._sent[key, _asks(row)])

    def goes(self, key: Key, row: Row[Any], messages: int) -> None:
        self._sent[key, _asks(row)] += messages

    def begin(self, key: Key, left: Row[Any]) -> datetime:
        """A notice that is left waits for a digest that begins now; gives until when."""
        sort = sort_of(left)
        begins = Digest(*key, sort, self.now, self.now)
        one, held = self.begun.setdefault((key, sort), (begins, []))
        held.append(left.id)
        return self.next_at(one)


def digestible(row: Row[Any]) -> bool:
    """Whether a notice may be gathered: not what is said to one person because of themselves, and not a
    correction, whose words are what was wrong."""
    return row.post is not None and row.who not in (INCOMER, REACHED) and row.kind != "correction"


def sort_of(row: Row[Any]) -> str:
    """What a notice is gathered with, see Digest.sort."""
    return _asks(row) or (_ENDS if row.kind in ENDS else "")


def _asks(row: Row[Any]) -> str:
    """The sort of question a notice puts; "" where `1` says it was received, or nothing is asked."""
    return "" if row.wants in _PLAIN else str(row.wants)


def off_the_hour(at: datetime, zone: ZoneInfo) -> datetime:
    """Everybody's machines send on the full and the half hour: providers ask to keep off them."""
    local = at.astimezone(zone)
    if local.minute not in (0, 30):
        return at
    return at + timedelta(seconds=60 - local.second, microseconds=-local.microsecond)


def rest_of(
    connection: Connection, realm: str, posts: Collection[str], band: str, sort: str,
    now: datetime, known: Collection[int], most: int,
) -> list[Row[Any]]:
    """What else is due to these posts of a band and a sort, for one summary."""
    wanted = _PLAIN if sort in ("", _ENDS) else (sort,)
    levels = [int(level) for level in Level if level.band == band]
    rows = connection.execute(
        select(notice)
        .where(notice.c.realm == realm, is_due, notice.c.due <= now,
               notice.c.post.in_(posts), notice.c.level.in_([*levels, 0] if 1 in levels else levels),
               notice.c.wants.in_(wanted), notice.c.id.not_in(known))
        .order_by(notice.c.level.desc(), notice.c.id)
        .limit(most)
    ).all()  # fmt: skip
    return [row for row in rows if sort_of(row) == sort]


def read(connection: Connection, number: int) -> Digest:
    """A digest as it stands, for sending a summary of it once more."""
    row = connection.execute(select(digest).where(digest.c.id == number)).one()
    return Digest(row.person, row.channel, row.band, row.sort, row.begun, row.last, row.id,
                  set(_waiting(connection, [number])[number]))  # fmt: skip


def write(
    connection: Connection, realm: str, digests: Digests, told: Collection[int], now: datetime
) -> None:
    """Write down, in the caller's transaction, what began, was told of now and has ended."""
    for one, _ in digests.begun.values():
        number = connection.execute(
            insert(digest)
            .values(realm=realm, person=one.person, channel=one.channel, band=one.band,
                    sort=one.sort, begun=one.begun, last=one.last)
            .returning(digest.c.id)
        ).scalar_one()  # fmt: skip
        if not one.receivable:
            continue
        # What made it begin belongs to it: `1` to a summary answers that too.
        connection.execute(
            update(delivery)
            .where(delivery.c.realm == realm, delivery.c.person == one.person,
                   delivery.c.channel == one.channel, delivery.c.band == one.band,
                   delivery.c.created > now - WITHIN, delivery.c.digest.is_(None),
                   delivery.c.id.in_(_asking(_PLAIN if one.sort == "" else (one.sort,))))
            .values(digest=number)
        )  # fmt: skip
    if told:
        connection.execute(update(digest).where(digest.c.id.in_(told)).values(last=now))
    if digests.over:
        connection.execute(
            update(digest).where(digest.c.id.in_(digests.over)).values(ended=now)
        )


def _asking(wants: Sequence[str]) -> Any:
    """Deliveries of what wants one of these."""
    return (
        select(delivery_notice.c.delivery)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(delivery_notice.c.delivery == delivery.c.id, notice.c.post.is_not(None),
               notice.c.wants.in_(wants))
        .correlate(delivery)
    )  # fmt: skip


def _waiting(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[int, str]]:
    """What each digest told of and nobody has answered (see Digest.waiting), with what it wants."""
    found: dict[int, dict[int, str]] = {number: {} for number in numbers}
    if not numbers:
        return found
    rows = connection.execute(
        select(delivery.c.digest, notice.c.id, notice.c.pursuit, notice.c.wants)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .outerjoin(pursuit, pursuit.c.id == notice.c.pursuit)
        .where(delivery.c.digest.in_(numbers), delivery.c.state.not_in(["superseded", "dead"]),
               notice.c.wants != "", func.coalesce(pursuit.c.state, "open") == "open")
    )  # fmt: skip
    for row in rows:
        found[row.digest][row.pursuit or -row.id] = row.wants
    return found


def _stormy(connection: Connection, numbers: Sequence[int]) -> dict[int, datetime]:
    """When each digest last had a summary of as much as begins one."""
    if not numbers:
        return {}
    full = connection.execute(
        select(delivery.c.digest, delivery.c.created)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .where(delivery.c.digest.in_(numbers), delivery.c.summary)
        .group_by(delivery.c.id, delivery.c.digest, delivery.c.created)
        .having(func.count() >= MOST)
        .order_by(delivery.c.created)
    )  # fmt: skip
    return {row.digest: row.created for row in full}
