"""What becomes of a message that failed for good, or whose channel refuses us: the person's next
contact, or a dead letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BindParameter, Connection, Row, and_, bindparam, or_, select, tuple_, update

from alerting.audit import record
from alerting.dispatch import digest
from alerting.dispatch.superseding import may_have_arrived
from alerting.dispatch.writing import Bundle, Drafts
from alerting.people import Contact, contacts_of, person_by_id
from alerting.store.faults import of_the_store
from alerting.store.schema import (
    contact,
    delivery,
    delivery_notice,
    is_later,
    is_waiting,
    notice,
)
from alerting.store.schema import realm as realm_table

log = structlog.get_logger()
# How the error of a message begins that its provider could not deliver and may be sent once more.
STOPPED = "its owner has stopped messages to this address"
AGAIN = "again: "
UNDELIVERED_AGAIN = timedelta(minutes=5)  # a handset out of reach, once more
AT_ONCE = 10  # messages a transaction that go on by another way: each is composed in it, 3 ms
Now = Callable[[str], datetime]


# Looked for before every lease. In any order: asked for that of the ids, SQLite goes through all there
# ever were.
_UNDELIVERED = select(delivery).where(
    is_later, delivery.c.state == "accepted", delivery.c.next_try <= bindparam("now")
)
_CLOSED = select(contact).where(contact.c.stopped.is_not(None))


def undelivered(connection: Connection, drafts: Drafts, now: datetime, now_of: Now) -> int:
    """Deal with messages a provider took and then could not deliver (see receipts); gives how many."""
    rows = sorted(connection.execute(_UNDELIVERED, {"now": now}), key=lambda row: row.id)

    def goes_on(row: Row[Any]) -> None:
        # The channel may have left the configuration since.
        again = row.error.startswith(AGAIN) and row.channel in drafts.settings.channels
        reason = row.error.removeprefix(AGAIN)
        at = now_of(row.realm)
        here = person_by_id(connection, row.person) is not None  # who has left is not written to again
        if again and here and not _sent_again_before(connection, row):
            same = Contact(row.channel, row.address)
            carry_on(connection, drafts, row, same, reason, at, now + UNDELIVERED_AGAIN)
        else:
            next_way(connection, drafts, row, reason, at)

    each(connection, rows, goes_on, lambda row, why: dies(connection, row, why, now_of(row.realm)))
    return len(rows)


def each(
    connection: Connection, rows: Sequence[Row[Any]], deal: Callable[[Row[Any]], None],
    fails: Callable[[Row[Any], str], None],
) -> None:  # fmt: skip
    """Deal with deliveries one by one. One that cannot be dealt with, as its text cannot be written
    anew, `fails` by itself, with a reason, and stops no other; the log says why. Raises what is the
    store's fault."""
    for row in rows:
        apart = connection.begin_nested()
        try:
            deal(row)
        except Exception as error:
            if of_the_store(error):
                raise
            apart.rollback()
            log.exception("a message cannot go another way", delivery=row.id)
            reason = f"it cannot go another way: {type(error).__name__}: {error}"
            fails(row, reason)
        else:
            apart.commit()


def ready(now: datetime | BindParameter[datetime]) -> Any:
    """Which rows can be claimed at this time of the machine: due, or left behind by a crash."""
    return or_(
        and_(delivery.c.state == "bound",
             or_(delivery.c.next_try.is_(None), delivery.c.next_try <= now)),
        and_(delivery.c.state == "sending",
             or_(delivery.c.leased_until <= now, delivery.c.next_try <= now)),
    )  # fmt: skip


def pass_on(
    connection: Connection,
    drafts: Drafts,
    refused: Mapping[str, datetime],
    now: datetime,
    now_of: Now,
) -> int:
    """What waits for a channel that refuses us goes to each person's next contact, the most urgent
    first; where there is none it waits until the channel is tried again. Gives how many were looked at.

    `refused` says of each such channel when that is. What may have arrived is not sent elsewhere.
    """
    if not refused:
        return 0
    rows = connection.execute(
        select(delivery)
        .where(delivery.c.channel.in_(list(refused)), ready(now))
        .order_by(delivery.c.band != "red", delivery.c.id)
        .limit(AT_ONCE)
    ).all()

    def goes_elsewhere(row: Row[Any]) -> None:
        unsure = row.leased_until is not None or may_have_arrived(row)
        another = None if unsure else next_contact(connection, drafts, row)
        if another is not None:
            why = f"{row.channel} refuses us"
            carry_on(connection, drafts, row, another, why, now_of(row.realm))
            return
        waits(row)

    def waits(row: Row[Any], _why: str = "") -> None:
        until = refused[row.channel]
        later = {"next_try": until} if row.leased_until is None else {"leased_until": until}
        connection.execute(update(delivery).where(delivery.c.id == row.id).values(later))

    each(connection, rows, goes_elsewhere, waits)
    return len(rows)


def stopped(connection: Connection, drafts: Drafts, now_of: Now) -> int:
    """What waits for an address whose owner has stopped it goes to their next contact at once, where
    there is none it is dead; nothing is sent there again. Gives how many."""
    # They are few, and the queue may be long: it is not walked for their sake.
    closed = connection.execute(_CLOSED).all()
    if not closed:
        return 0
    rows = connection.execute(
        select(delivery)
        .where(tuple_(delivery.c.person, delivery.c.channel, delivery.c.address)
               .in_([(one.person, one.channel, one.address) for one in closed]),
               delivery.c.person.in_({one.person for one in closed}),
               is_waiting, delivery.c.leased_until.is_(None))
        .order_by(delivery.c.band != "red", delivery.c.id)
        .limit(AT_ONCE)
    ).all()  # fmt: skip

    def goes_on(row: Row[Any]) -> None:
        next_way(connection, drafts, row, STOPPED, now_of(row.realm))

    each(connection, rows, goes_on, lambda row, why: dies(connection, row, why, now_of(row.realm)))
    return len(rows)


def next_way(
    connection: Connection, drafts: Drafts, row: Row[Any], reason: str, at: datetime
) -> None:
    """The person's next contact, or the end."""
    another = next_contact(connection, drafts, row)
    if another is not None:
        carry_on(connection, drafts, row, another, reason, at)
    else:
        dies(connection, row, reason, at)


def dies(connection: Connection, row: Row[Any], reason: str, at: datetime) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.id == row.id)
        .values(state="dead", final=True, error=reason, at=at, leased_until=None, next_try=None)
    )
    record(connection, row.realm, at, "dispatch", "dead letter", f"delivery:{row.id}",
           {"person": row.person, "channel": row.channel, "reason": reason,
            "attempts": row.attempts})  # fmt: skip


def carry_on(
    connection: Connection,
    drafts: Drafts,
    row: Row[Any],
    to: Contact,
    reason: str,
    at: datetime,
    next_try: datetime | None = None,
) -> None:
    """The same notices to the same person in a new delivery, which names the one it stands in for."""
    reader = person_by_id(connection, row.person)
    carried = connection.execute(
        select(notice)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == row.id)
        .order_by(notice.c.id)
    ).all()
    realm = connection.execute(select(realm_table).where(realm_table.c.id == row.realm)).one()
    assert reader is not None
    again = Bundle(reader, to, row.band, row.round, list(carried), row.id, next_try,
                   digest=digest.read(connection, row.digest) if row.summary else None,
                   joins=row.digest)  # fmt: skip
    made = drafts.write(connection, realm, again, at)
    sent_as = ", ".join(f"#{number}" for number in made)
    connection.execute(
        update(delivery)
        .where(delivery.c.id == row.id)
        .values(state="superseded", final=True, at=at, leased_until=None, next_try=None,
                error=f"{reason}; sent as {sent_as} on {to.channel}")
    )  # fmt: skip


def next_contact(connection: Connection, drafts: Drafts, row: Row[Any]) -> Contact | None:
    """The person's next contact in order that this message has not been tried on; none for what is
    meant for one address alone."""
    if person_by_id(connection, row.person) is None or _for_one_address(connection, row):
        return None
    tried = {(row.channel, row.address)}
    before = row.fallback_of
    while before is not None:
        earlier = connection.execute(select(delivery).where(delivery.c.id == before)).one()
        tried.add((earlier.channel, earlier.address))
        before = earlier.fallback_of
    contacts = contacts_of(connection, row.person, drafts.settings.loudness)
    here = next((i for i, c in enumerate(contacts)
                 if (c.channel, c.address) == (row.channel, row.address)), -1)  # fmt: skip
    for one in contacts[here + 1 :] + contacts[: here + 1]:
        known = one.channel in drafts.settings.channels
        works = known and one.channel not in drafts.settings.unusable
        if works and (one.channel, one.address) not in tried:
            return one
    return None


def _for_one_address(connection: Connection, row: Row[Any]) -> bool:
    carried = connection.execute(
        select(notice.c.facts)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == row.id, notice.c.kind == "reply")
    ).scalars()
    return any(facts.get("nowhere_else") for facts in carried)


def _sent_again_before(connection: Connection, row: Row[Any]) -> bool:
    if row.fallback_of is None:
        return False
    earlier = connection.execute(select(delivery).where(delivery.c.id == row.fallback_of)).one()
    return (earlier.channel, earlier.address) == (row.channel, row.address)
