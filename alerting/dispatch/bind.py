"""Binding: due notices go to whoever holds the posts now, as deliveries.

In one transaction, for each realm:
    1. a due notice that should not go out is withheld or waits (see withholding);
    2. the post's holders, or the one person it is for, are found: nobody is an end of its own;
    3. a person who was written to less than 30 s ago waits, unless it is red or an answer to them;
    4. what goes to one person on one channel in one band, and is answered alike, is one delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select, true
from sqlalchemy.exc import SQLAlchemyError

from alerting.dispatch.compose import Composer
from alerting.dispatch.superseding import ended_of
from alerting.dispatch.withholding import LOOK_BACK, Verdict, judge
from alerting.dispatch.wording import Book
from alerting.dispatch.writing import Bundle, Drafts, Settings
from alerting.people import (
    Contact,
    Person,
    contacts_of,
    contacts_of_all,
    holders_of_all,
    person_by_id,
)
from alerting.places import Places
from alerting.runtime import Runtime
from alerting.store.rows import Row as Held
from alerting.store.rows import Rows
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.store.schema import realm as realm_table
from alerting.vocabulary import Level

log = structlog.get_logger()
BUNDLE = timedelta(seconds=30)
AT_ONCE = 25  # notices a transaction: composing their texts takes most of its 50 ms
# What is said to one person because they spoke, or because their exercise stops: it never waits.
PROMPT = ("reply", "stopped")


def bind(
    connection: Connection,
    settings: Settings,
    book: Book,
    places: Places,
    runtime: Runtime,
    now_of: Callable[[str], datetime],
) -> int:
    """Bind what is due in every realm, in the caller's transaction. Gives how many notices moved on,
    those included that now wait."""
    drafts = Drafts(settings, Composer(book, places, settings.zone, settings.sender), runtime)
    return bind_due(connection, drafts, now_of)


def bind_due(connection: Connection, drafts: Drafts, now_of: Callable[[str], datetime]) -> int:
    """`bind`, with the texts compiled already."""
    moved = 0
    for realm in connection.execute(select(realm_table).order_by(realm_table.c.id)).all():
        now = now_of(realm.id)
        moved += _Binding(connection, drafts, realm, now).run()
    return moved


@dataclass(slots=True)
class _Reader:
    """A person a notice is for, and where it reaches them."""

    person: Person
    contact: Contact


@dataclass(slots=True)
class _Binding:
    """One realm's turn."""

    connection: Connection
    drafts: Drafts
    realm: Row[Any]
    now: datetime
    _holders: dict[str, list[Person]] = field(default_factory=dict)
    _contacts: dict[str, list[Contact]] = field(default_factory=dict)
    _written: dict[str, datetime | None] = field(default_factory=dict)
    _had: set[tuple[int, str, str]] = field(default_factory=set)  # notice, person, channel
    _ended: set[tuple[str, str]] = field(default_factory=set)
    _unwritten: set[int] = field(default_factory=set)  # notices of which a message failed
    _rows: Rows = field(init=False)

    def __post_init__(self) -> None:
        self._rows = Rows(self.connection, [notice])

    def run(self) -> int:
        # The clock of a realm that has ended stands still: what was due later is dealt with now.
        at = notice.c.due <= self.now if self.realm.ended is None else true()
        due = self.connection.execute(
            select(notice)
            .where(notice.c.realm == self.realm.id, notice.c.state == "due", at)
            .order_by((notice.c.level < Level.red), notice.c.post, notice.c.id)
            .limit(AT_ONCE)
        ).all()
        if not due:
            return 0
        self._look_up(due)
        bundles: dict[tuple[Any, ...], Bundle] = {}
        for row in due:
            if row.kind in LOOK_BACK:
                self._rows.write()  # what goes out with it has gone out before it
            verdict = judge(self.connection, self.realm, row, self._ended, self.now)
            if verdict is not None:
                self._obey(row, verdict)
                continue
            self._place(row, bundles)
        self._rows.write()
        self._deliver(list(bundles.values()))
        self._rows.write()
        return len(due)

    def _obey(self, row: Row[Any], verdict: Verdict) -> None:
        if verdict.until is not None:
            self._end(row, "due", verdict.reason, due=verdict.until)
        else:
            self._end(row, "withheld", verdict.reason)

    def _place(self, row: Row[Any], bundles: dict[tuple[Any, ...], Bundle]) -> None:
        """Put a notice into the bundles of its readers; or it waits, or ends with nobody."""
        readers, missing = self._readers(row)
        if not readers:
            self._end(row, "nobody", missing)
            return
        waits: datetime | None = None
        for reader in readers:
            if self._already(row, reader):
                continue
            free = self._free_from(row, reader.person.id)
            if free > self.now:
                waits = free if waits is None else min(waits, free)
                continue
            band = Level(max(1, row.level)).band
            key = (reader.person.id, reader.contact.channel, reader.contact.address, band, row.round,
                   _answered_as(row))  # fmt: skip
            made = Bundle(reader.person, reader.contact, band, row.round)
            bundles.setdefault(key, made).rows.append(row)
        if waits is not None:
            self._end(row, "due", "bundled: written to less than 30 s ago", due=waits)
        else:
            self._end(row, "carried", "", person=readers[0].person.id)

    def _readers(self, row: Row[Any]) -> tuple[list[_Reader], str]:
        """Who is told, and why nobody is where that is so."""
        people = self._people(row)
        if not people:
            return [], "nobody holds the post" if row.post else "there is no such person"
        found: list[_Reader] = []
        on_duty = {p.id for p in self._holders.get(row.post or "", [])}
        for person in people:
            # The first on the roster is on duty; the next is called only where no channel reaches them.
            if person.id in on_duty and any(r.person.id in on_duty for r in found):
                continue
            contact = self._contact(row, person)
            if contact is not None:
                found.append(_Reader(person, contact))
        names = ", ".join(p.id for p in people)
        return found, f"no channel that works reaches {names}"

    def _people(self, row: Row[Any]) -> list[Person]:
        if row.post is None:
            one = person_by_id(self.connection, row.person) if row.person else None
            return [one] if one is not None else []
        people = list(self._holders[row.post])
        if row.kind == "withdrawn":
            # A withdrawal reaches everyone the wrong message reached, on duty still or not.
            known = {p.id for p in people}
            for person_id in self._reached(row):
                one = person_by_id(self.connection, person_id)
                if one is not None and one.id not in known:
                    people.append(one)
        return people

    def _reached(self, row: Row[Any]) -> list[str]:
        about = notice.c.measure == row.measure if row.measure else notice.c.alert == row.alert
        return list(
            self.connection.execute(
                select(delivery.c.person)
                .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
                .join(notice, notice.c.id == delivery_notice.c.notice)
                .where(notice.c.realm == self.realm.id, about, notice.c.post == row.post)
                .where(delivery.c.state.not_in(["bound", "superseded", "dead"]))
                .distinct()
                .order_by(delivery.c.person)
            ).scalars()
        )

    def _contact(self, row: Row[Any], person: Person) -> Contact | None:
        """A round later is a contact later; a reply goes back where the answer came from."""
        if person.id not in self._contacts:
            self._contacts[person.id] = contacts_of(self.connection, person.id)
        usable = [
            c for c in self._contacts[person.id] if c.channel in self.drafts.settings.channels
        ]
        to = (row.facts or {}).get("to") or {}
        for one in usable:
            if (one.channel, one.address) == (to.get("channel"), to.get("address")):
                return one
        # A channel that refuses us is a last resort.
        working = [c for c in usable if c.channel not in self.drafts.settings.unusable] or usable
        return working[min(row.round, len(working) - 1)] if working else None

    def _already(self, row: Row[Any], reader: _Reader) -> bool:
        return (row.id, reader.person.id, reader.contact.channel) in self._had

    def _look_up(self, due: Sequence[Row[Any]]) -> None:
        """Read once for all of them: whether they have ended, who holds their posts, where those
        people are reached and when they were written to, and who was sent which of these before."""
        self._ended = ended_of(self.connection, due)
        self._holders = holders_of_all(self.connection, {r.post for r in due if r.post is not None})
        people = {one.id for held in self._holders.values() for one in held}
        self._contacts = contacts_of_all(self.connection, people)
        self._written = self._last_written(people)
        rows = self.connection.execute(
            select(delivery_notice.c.notice, delivery.c.person, delivery.c.channel)
            .join(delivery, delivery.c.id == delivery_notice.c.delivery)
            .where(delivery_notice.c.notice.in_([r.id for r in due]),
                   delivery.c.state != "superseded")
        )  # fmt: skip
        self._had = {(r.notice, r.person, r.channel) for r in rows}

    def _free_from(self, row: Row[Any], person: str) -> datetime:
        """From when on this person may be written to: red and replies wait for nothing."""
        if row.level >= Level.red or row.kind in PROMPT:
            return self.now
        if person not in self._written:
            self._written |= self._last_written([person])
        last = self._written[person]
        # What was written in between, red for one, must not put it off for ever.
        free = self.now if last is None else min(last, row.created) + BUNDLE
        return max(self.now, free)

    def _deliver(self, bundles: Sequence[Bundle]) -> None:
        """Write the deliveries. A text that cannot be written must not hold up everybody's: then each
        is written by itself, and its own notices end with nobody, which calls the next rung; the log
        says why."""
        try:
            with self.connection.begin_nested():
                self.drafts.write(self.connection, self.realm, bundles, self.now)
        except SQLAlchemyError:
            raise  # the database's own trouble is not the message's
        except Exception as error:
            if len(bundles) > 1:
                for one in bundles:
                    self._deliver([one])
                return
            numbers = [row.id for row in bundles[0].rows]
            log.exception("a message cannot be written", notices=numbers)
            why = f"the message cannot be written: {type(error).__name__}: {error}"
            for row in bundles[0].rows:
                if row.id not in self._unwritten:  # another of its readers' may have failed before
                    self._unwritten.add(row.id)
                    self._end(row, "nobody", why, was="carried")

    def _last_written(self, people: Collection[str]) -> dict[str, datetime | None]:
        rows = self.connection.execute(
            select(delivery.c.person, func.max(delivery.c.created).label("last"))
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .where(delivery.c.realm == self.realm.id, delivery.c.person.in_(people),
                   notice.c.kind.not_in(PROMPT), delivery.c.state != "superseded")
            .group_by(delivery.c.person)
        )  # fmt: skip
        return dict.fromkeys(people) | {row.person: row.last for row in rows}

    def _end(self, row: Row[Any], state: str, reason: str, was: str = "due", **more: Any) -> None:
        held = Held(notice, {"id": row.id, "state": was}, stored=True)
        self._rows.change(held, state=state, reason=reason, **more)


def _answered_as(row: Row[Any]) -> str:
    """A digit must mean one thing in a message: what is answered otherwise goes in another."""
    if row.kind in PROMPT:
        return f"{row.kind}:{row.id}"
    return row.wants if row.wants in ("decision", "check") else ""
