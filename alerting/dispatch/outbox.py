"""The outbox: deliveries are leased and settled in batches, and none ends in silence.

    bound → sending → accepted → delivered → read        ends: answered, superseded, dead

A state is only ever replaced by one of a higher rank: what is tried again stays `sending`, without
a lease, until `next_try`. What fails for good goes to the person's next contact; where there is none
left it is dead, with an audit entry, and the watch raises an alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    bindparam,
    func,
    select,
    text,
    true,
    update,
)

from alerting.dispatch.channels import RANK, Failed, Message, Passing, Permanent, Sent, Unusable
from alerting.dispatch.superseding import carried_by, may_have_arrived, supersede_moot
from alerting.dispatch.ways import AT_ONCE as OTHER_WAYS
from alerting.dispatch.ways import carry_on, dies, each, next_contact, next_way, ready
from alerting.dispatch.writing import Drafts
from alerting.store.many import among, pairs
from alerting.store.schema import (
    MAY_HAVE_ARRIVED,
    URGENCY,
    WAITING,
    UtcText,
    delivery,
    is_later,
    person,
    realm,
)

AT_ONCE = 100  # leases a transaction and channel, so that people's answers never wait for long
LEASE = timedelta(seconds=90)  # longer than any channel may take to send, asking included
# After a lease: then its process may have been stopped, and others go on for it (store.link.PATIENCE).
LATE = timedelta(seconds=2)
# Tries before the next contact: what is more urgent changes its way sooner.
TRIES = {"red": 2, "orange": 3, "lower": 4}
FIRST_PAUSE = 60.0  # seconds; doubled at each further try
# As long as a provider may ask us to wait (seconds): what is more urgent does not wait for it.
LONGEST_PAUSE = {"red": 2 * FIRST_PAUSE, "orange": 5 * FIRST_PAUSE, "lower": 15 * FIRST_PAUSE}
JITTER = (0.8, 1.2)  # so that a thousand messages refused together do not come back together

Now = Callable[[str], datetime]


class Room(NamedTuple):
    """How many more messages a channel takes, urgent ones included, and how many that are not."""

    most: int
    others: int


class Lapsed(Exception):
    """A lease that this process had has ended: another sends the message, or has sent it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery leased to us. `ask` first: it may have arrived already. `urgent` is the real world's
    red; the lease ends at `until`, by the machine's clock."""

    message: Message
    channel: str
    ask: bool
    urgent: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: `sent`, `known` when the provider had it already, or `failed` with
    the reason; `asking` when that was what failed, so that nobody knows yet what became of the attempt
    before."""

    delivery: int
    sent: Sent | None = None
    failed: Failed | None = None
    known: bool = False
    asking: bool = False

    @property
    def kind(self) -> str:
        """sent, known, passing, permanent or unusable."""
        if self.failed is not None:
            return type(self.failed).__name__.lower()
        return "known" if self.known else "sent"


def urgent() -> ColumnElement[bool]:
    """Which deliveries a part of each channel is kept for; exercises have none of it."""
    return (delivery.c.band == "red") & (delivery.c.realm == "live")


def is_urgent(row: Row[Any]) -> bool:
    """`urgent`, of a row."""
    return bool(row.band == "red" and row.realm == "live")


def claim(
    connection: Connection,
    drafts: Drafts,
    now: datetime,
    room: Mapping[str, Room],
    now_of: Now,
    owner: str = "",
    channels: Collection[str] | None = None,
) -> list[Claimed]:
    """Lease what is ready, red first and then by turns, as much as each channel has `room` for; by
    the machine's clock. Where `channels` are named, on those alone: nobody asks which others wait.

    What no longer fits is superseded instead. What is for a channel that `room` does not know, one that
    has left the config, is leased to be ended.
    """
    claimed: list[Claimed] = []
    now_of = cache(now_of)  # a transaction is one moment: what is leased alike is one statement
    for channel in connection.execute(_CHANNELS).scalars().all() if channels is None else channels:
        free = room.get(channel, Room(AT_ONCE, AT_ONCE))
        if free.most <= 0:
            continue
        asked = {"channel": channel, "now": now, "most": free.most}
        found: Sequence[Any] = connection.execute(_QUEUE, asked).all()
        first = [row for row in found if is_urgent(row)]
        rows = [*first, *found[len(first) :][: free.others]]
        carried = carried_by(connection, [row.id for row in rows])
        never_tried = [row for row in rows if row.leased_until is None]
        moot = supersede_moot(connection, never_tried, carried, now_of)
        fitting = [row for row in rows if row.id not in moot]
        known = drafts.settings.channels.get(channel)
        leases: defaultdict[tuple[datetime | None, int], list[int]] = defaultdict(list)
        for row in fitting:
            # A lease that ran out, or was its dead process's: nobody knows how far that attempt came.
            unsure = row.leased_until is not None or may_have_arrived(row)
            ask = unsure and known is not None and known.can_ask
            begins = now_of(row.realm) if row.state == "bound" else None
            leases[begins, int(unsure and not ask)].append(row.id)
            message = _message(drafts, row, carried[row.id])
            if ask:
                message = replace(message, others=_others(connection, row))
            claimed.append(Claimed(message, channel, ask, is_urgent(row), now + LEASE))
        for (begins, again), numbers in leases.items():
            connection.execute(_LEASE, {
                "numbers": numbers, "until": now + LEASE, "begins": begins, "again": again,
                "owner": owner or None,
            })  # fmt: skip
    return claimed


# The channels that anything waits for, from one to the next: the queues may be long.
CHANNELS = f"""
    WITH RECURSIVE held(channel) AS (
        SELECT min(channel) FROM delivery WHERE {WAITING}
        UNION ALL
        SELECT (SELECT min(channel) FROM delivery WHERE {WAITING} AND channel > held.channel)
        FROM held WHERE held.channel IS NOT NULL
    )"""
_CHANNELS = text(f"{CHANNELS} SELECT channel FROM held WHERE channel IS NOT NULL")
# With its reader's names, and whether its realm is an exercise and has ended.
_QUEUE = (
    select(person.c.name, person.c.name_en, realm.c.exercise, realm.c.ended,
           delivery.c.id, delivery.c.realm, delivery.c.person, delivery.c.channel, delivery.c.address,
           delivery.c.band, delivery.c.state, delivery.c.language, delivery.c.subject, delivery.c.text,
           delivery.c.code, delivery.c.link, delivery.c.leased_until, delivery.c.error,
           delivery.c.created, delivery.c.fallback_of)
    .outerjoin(person, person.c.id == delivery.c.person)
    .join(realm, realm.c.id == delivery.c.realm)
    .where(delivery.c.channel == bindparam("channel"), text(WAITING),
           ready(bindparam("now", type_=UtcText())))
    .order_by(text(URGENCY), delivery.c.turn, delivery.c.id)
    .limit(bindparam("most", type_=Integer))
)  # fmt: skip
_LEASE = (
    update(delivery)
    .where(among(delivery.c.id, "numbers"))
    .values(state="sending", next_try=None, leased_until=bindparam("until"),
            attempts=delivery.c.attempts + 1, resends=delivery.c.resends + bindparam("again"),
            at=func.coalesce(bindparam("begins", type_=UtcText()), delivery.c.at),
            leased_by=bindparam("owner"))
)  # fmt: skip


def any_leased(connection: Connection) -> bool:
    found = select(delivery.c.id).where(is_later, delivery.c.leased_until.is_not(None)).limit(1)
    return connection.execute(found).first() is not None


def must_hold(connection: Connection, one: Claimed, owner: str) -> None:
    """Raises Lapsed where a lease is not this process's any more."""
    held = connection.execute(
        select(delivery.c.id).where(
            delivery.c.id == one.message.delivery, delivery.c.state == "sending",
            delivery.c.leased_by == owner, delivery.c.leased_until == one.until,
        )
    ).first()  # fmt: skip
    if held is None:
        raise Lapsed


def lessees(connection: Connection, now: datetime) -> set[str]:
    """Of several processes that send, those that have leases now."""
    return set(connection.execute(
        select(delivery.c.leased_by).distinct()
        .where(is_later, delivery.c.state == "sending", delivery.c.leased_until > now,
               delivery.c.leased_by.is_not(None))
    ).scalars())  # fmt: skip


def take_over(connection: Connection, now: datetime, dead: Collection[str] | None = None) -> int:
    """Leases of processes that are dead end now: of these, or at the start of the only one of all that
    there are. Gives how many."""
    whose = true() if dead is None else delivery.c.leased_by.in_(dead)
    return connection.execute(
        update(delivery)
        .where(is_later, delivery.c.state == "sending", delivery.c.leased_until > now, whose)
        .values(leased_until=now)
    ).rowcount


def parted(outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """As many as one transaction has time for, from the first, and the rest: what failed is composed
    anew where it goes to another channel."""
    failed = [n for n, one in enumerate(outcomes) if one.failed is not None]
    upto = failed[OTHER_WAYS] if len(failed) > OTHER_WAYS else len(outcomes)
    return list(outcomes[:upto]), list(outcomes[upto:])


def settle(
    connection: Connection, drafts: Drafts, outcomes: Iterable[Outcome], now: datetime, now_of: Now
) -> None:
    """Write down what came of a batch of attempts."""
    batch = list(outcomes)
    if not batch:
        return
    now_of = cache(now_of)
    found = connection.execute(_STANDS, {"numbers": [one.delivery for one in batch]}).all()
    stands = {row.id: row for row in found}
    taken: defaultdict[tuple[str, datetime, bool], dict[int, str | None]] = defaultdict(dict)
    others: dict[int, Outcome] = {}
    for one in batch:
        row = stands[one.delivery]
        if one.sent is not None and RANK[one.sent.state] > RANK[row.state]:
            final = is_final(drafts, row.channel, one.sent.state)
            taken[one.sent.state, now_of(row.realm), final][row.id] = one.sent.provider_id
        else:
            others[one.delivery] = one
    for (state, at, final), came in taken.items():
        connection.execute(_TAKEN, {"state": state, "moment": at, "final": final, "came": came})
    if not others:
        return

    def deal(whole: Row[Any]) -> None:
        one = others[whole.id]
        if one.sent is not None:
            _overtaken(connection, whole, one.sent, known=one.known)
        elif one.failed is not None:
            at = now_of(whole.realm)
            _not_handed_over(connection, drafts, whole, one.failed, one.asking, now, at)

    def fails(whole: Row[Any], why: str) -> None:
        at = now_of(whole.realm)
        if isinstance(others[whole.id].failed, Unusable):  # nothing of the message is at fault
            pause = timedelta(seconds=FIRST_PAUSE)
            _wait(connection, whole, why, now + pause, whole.attempts - 1, at)
        else:
            dies(connection, whole, why, at)

    each(connection, connection.execute(_ATTEMPTED, {"numbers": list(others)}).all(), deal, fails)


# Nearly all were taken: of those no more is read than where they stand.
_STANDS = select(delivery.c.id, delivery.c.realm, delivery.c.channel, delivery.c.state).where(
    among(delivery.c.id, "numbers")
)
_ATTEMPTED = select(delivery).where(among(delivery.c.id, "numbers")).order_by(delivery.c.id)
_came, _number, _provider_id = pairs("came")
_TAKEN = (
    update(delivery)
    .where(delivery.c.id == _number)
    .values(state=bindparam("state"), at=bindparam("moment"), final=bindparam("final"), next_try=None,
            leased_until=None, error="",
            provider_id=func.coalesce(_provider_id, delivery.c.provider_id),
            accepted_at=func.coalesce(delivery.c.accepted_at, bindparam("moment", type_=UtcText())))
)  # fmt: skip


def _others(connection: Connection, row: Row[Any]) -> frozenset[str]:
    ids = connection.execute(
        select(delivery.c.provider_id).where(
            delivery.c.channel == row.channel, delivery.c.address == row.address,
            delivery.c.id != row.id, delivery.c.provider_id.is_not(None),
        )
    ).scalars()  # fmt: skip
    return frozenset(ids)


def _message(drafts: Drafts, row: Row[Any], carried: Sequence[Row[Any]]) -> Message:
    """What is handed to the channel for a row of the queue."""
    english = row.language == "en"
    posts = [(n.title_en if english else "") or n.title for n in carried if n.title]
    return Message(
        delivery=row.id, realm=row.realm, exercise=row.exercise, address=row.address,
        person=row.person, reader=(row.name_en if english else "") or row.name,
        post=posts[0] if posts else "",
        language=row.language, band=row.band, subject=row.subject, text=row.text, code=row.code,
        link=f"{drafts.settings.url}/a/{row.link}" if any(n.wants for n in carried) else "",
        created=row.created,
        about=tuple({"notice": n.id, "kind": n.kind, "alert": n.alert, "measure": n.measure,
                     "level": n.level, "wants": n.wants} for n in carried),
        causes=tuple(dict.fromkeys(n.cause or f"notice:{n.id}" for n in carried)),
    )  # fmt: skip


def _overtaken(connection: Connection, row: Row[Any], sent: Sent, *, known: bool) -> None:
    """A callback or an answer was quicker than the provider's answer to us: its state stays. Or another
    process, which sent the message as well while this one stood still in the middle of sending."""
    values = {"leased_until": None, "provider_id": sent.provider_id or row.provider_id}
    if not known and sent.provider_id and row.provider_id not in (None, sent.provider_id):
        values["resends"] = row.resends + 1
    if row.state != "accepted" or row.next_try is None:  # else it has failed since: that is dealt with
        values["error"] = ""
    connection.execute(update(delivery).where(delivery.c.id == row.id).values(**values))


def is_final(drafts: Drafts, channel: str, state: str) -> bool:
    """Whether nothing more can be heard of a message on this channel but an answer."""
    known = drafts.settings.channels.get(channel)
    if known is None or state in ("read", "superseded", "dead", "answered"):
        return True
    return not known.receipts if state == "accepted" else not known.reads


def _not_handed_over(
    connection: Connection,
    drafts: Drafts,
    row: Row[Any],
    failed: Failed,
    asking: bool,
    now: datetime,
    at: datetime,
) -> None:
    if row.state != "sending":  # a callback has proved that it was taken, or it was answered
        connection.execute(
            update(delivery).where(delivery.c.id == row.id).values(leased_until=None)
        )
        return
    arrived = may_have_arrived(row) or (isinstance(failed, Passing) and failed.unsure)
    error = (MAY_HAVE_ARRIVED if arrived or asking else "") + failed.reason
    if isinstance(failed, Permanent):
        next_way(connection, drafts, row, failed.reason, at)
        return
    if isinstance(failed, Unusable):
        contact = next_contact(connection, drafts, row)
        if contact is not None and not arrived:
            carry_on(connection, drafts, row, contact, failed.reason, at)
            return
        # Nothing of the message is at fault: it waits, uncounted, until the channel is mended.
        _wait(connection, row, error, now + timedelta(seconds=FIRST_PAUSE), row.attempts - 1, at)
        return
    if row.attempts >= TRIES[row.band]:
        next_way(connection, drafts, row, error, at)
        return
    pause = FIRST_PAUSE * 2 ** (row.attempts - 1) * drafts.runtime.uniform(*JITTER)
    given = failed.retry_after if isinstance(failed, Passing) else None
    pause = max(pause, min(given or 0.0, LONGEST_PAUSE[row.band]))
    _wait(connection, row, error, now + timedelta(seconds=pause), row.attempts, at)


def _wait(
    connection: Connection,
    row: Row[Any],
    error: str,
    next_try: datetime,
    attempts: int,
    at: datetime,
) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.id == row.id, delivery.c.state == "sending")
        .values(leased_until=None, next_try=next_try, error=error, attempts=max(0, attempts), at=at)
    )  # fmt: skip
