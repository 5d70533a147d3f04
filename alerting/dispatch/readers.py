"""Who is told of a notice, and where it reaches them: read once for a batch of notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from alerting.dispatch.superseding import LISTS, REACHES
from alerting.dispatch.writing import PROMPT, Settings
from alerting.people import (
    Contact,
    Person,
    contacts_of_all,
    holders_of_all,
    list_of,
    lists_of,
    people_by_id,
    person_by_id,
    together_at,
)
from alerting.people.policy import DECISIONS, SIGNS
from alerting.people.reached import INCOMER, REACHED, handed_over
from alerting.store.many import among
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.store.schema_reach import heard

# Made once: every batch that is bound asks them.
_HAD = (
    select(delivery_notice.c.notice, delivery.c.person)
    .join(delivery, delivery.c.id == delivery_notice.c.delivery)
    .where(delivery_notice.c.notice.in_(bindparam("notices", expanding=True)),
           delivery.c.state != "superseded")
)  # fmt: skip
_LAST_WRITTEN = (
    select(delivery.c.person, func.max(delivery.c.created).label("last"))
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .join(notice, notice.c.id == delivery_notice.c.notice)
    .where(delivery.c.realm == bindparam("realm"), among(delivery.c.person, "people"),
           notice.c.kind.not_in(PROMPT), delivery.c.state != "superseded")
    .group_by(delivery.c.person)
)  # fmt: skip


@dataclass(slots=True)
class Reader:
    """A person a notice is for, and where it reaches them."""

    person: Person
    contact: Contact


class Readers:
    """Whoever holds the posts of `due`, notices of `realm`, at the moment of its making."""

    def __init__(
        self, connection: Connection, settings: Settings, realm: str, due: Sequence[Row[Any]]
    ) -> None:
        self._connection, self._settings, self._realm = connection, settings, realm
        posts = {row.post for row in due if row.post is not None}
        self._holders = holders_of_all(connection, posts)
        # Whom a roster puts on duty together are both called.
        self._together = together_at(connection, posts)
        # Everybody named for a post, where all of them are called.
        whole = {row.post for row in due if row.post is not None and row.who in LISTS}
        self._lists = lists_of(connection, whole)
        called = [*self._holders.values(), *self._lists.values()]
        people = {one.id for held in called for one in held}
        self._contacts: dict[str, list[Contact]] = {}
        self._know(people)
        self._written = self._last_written(people)
        rows = connection.execute(_HAD, {"notices": [row.id for row in due]})
        self._had = {(row.notice, row.person) for row in rows}
        self._begun = {number for number, _ in self._had}

    def of(self, row: Row[Any]) -> tuple[list[Reader], str]:
        """Who is told, and why nobody is where that is so: "" where nobody is left to be told."""
        people = self._people(row)
        if not people and row.who == REACHED:
            return [], ""
        if not people:
            return [], "nobody holds the post" if row.post else "there is no such person"
        found: list[Reader] = []
        told_before = self._reached(row)
        on_duty = {p.id for p in self._holders.get(row.post or "", [])}
        if row.who in LISTS or row.post in self._together:  # all of them are called
            on_duty = set()
        for person in people:
            # Of the holders of posts.csv the next is called only where no channel reaches the first.
            second = person.id in on_duty and any(r.person.id in on_duty for r in found)
            if second and person.id not in told_before:
                continue
            contact = self._contact(row, person)
            if contact is not None:
                found.append(Reader(person, contact))
        names = ", ".join(p.id for p in people)
        return found, f"no channel that works reaches {names}"

    def had(self, row: Row[Any], reader: Reader) -> bool:
        """Whether this notice has its message to them already, on whatever channel: it is due again
        because another of its readers still waits."""
        return (row.id, reader.person.id) in self._had

    @property
    def people(self) -> Collection[str]:
        """All whom the posts of the batch call."""
        return self._contacts.keys()

    def began(self, row: Row[Any]) -> bool:
        """Whether somebody has their message of this notice already."""
        return row.id in self._begun

    def contacts_of(self, person: str) -> list[Contact]:
        """In the order in which they are tried."""
        if person not in self._contacts:
            self._know([person])
        return self._contacts[person]

    def last_written(self, person: str) -> datetime | None:
        """When a person was last sent what nobody had prompted."""
        if person not in self._written:
            self._written |= self._last_written([person])
        return self._written[person]

    def _people(self, row: Row[Any]) -> list[Person]:
        if row.post is None or row.who == INCOMER:
            one = person_by_id(self._connection, row.person) if row.person else None
            return [one] if one is not None else []
        people = list(self._holders[row.post])
        if row.who in LISTS:
            people = list(self._lists[row.post])
            if row.wants in DECISIONS:  # who may not decide is not woken to be turned away
                people = [p for p in people if p.role in SIGNS] or people
        if row.who == "everyone":
            known = set(self._connection.execute(
                select(heard.c.person).where(heard.c.pursuit == row.pursuit)).scalars())
            people = [p for p in people if p.id not in known]
        # A withdrawal reaches everyone the wrong message reached, on duty still or not; so do a
        # correction and the news that a road is open.
        told = self._told_by_its_twin(row, people) if row.who == REACHED else {p.id for p in people}
        if row.who == REACHED:
            people = []
        reached = [one for one in self._reached(row) if one not in told]
        if not reached:
            return people
        found = people_by_id(self._connection, reached)
        self._know([one for one in found if one not in self._contacts])
        return [*people, *(found[one] for one in reached if one in found)]

    def _know(self, people: Collection[str]) -> None:
        """Read the contacts of so many at once."""
        loudness = self._settings.loudness
        self._contacts |= contacts_of_all(self._connection, people, loudness)

    def _told_by_its_twin(self, row: Row[Any], holders: Sequence[Person]) -> set[str]:
        """Who has a notice of their own, which waits for an answer, of what this one says to the
        others."""
        called = self._connection.execute(
            select(notice.c.who)
            .where(notice.c.realm == self._realm, notice.c.post == row.post,
                   notice.c.kind == row.kind, notice.c.created == row.created, notice.c.wants != "")
        ).scalars()  # fmt: skip
        if not set(LISTS).isdisjoint(called):
            return {p.id for p in list_of(self._connection, row.post)}
        on_duty = next((p for p in holders if self._contact(row, p) is not None), None)
        return {on_duty.id} if on_duty is not None else set()

    def _reached(self, row: Row[Any]) -> list[str]:
        if row.kind not in REACHES or row.wants:
            return []
        about = notice.c.measure == row.measure if row.measure else notice.c.alert == row.alert
        return list(
            self._connection.execute(
                select(delivery.c.person)
                .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
                .join(notice, notice.c.id == delivery_notice.c.notice)
                .where(notice.c.realm == self._realm, about, notice.c.post == row.post)
                .where(handed_over())
                .distinct()
                .order_by(delivery.c.person)
            ).scalars()
        )  # fmt: skip

    def _contact(self, row: Row[Any], person: Person) -> Contact | None:
        """A round later is a contact later, never a quieter one, and once all were tried the loudest; a
        reply goes back where the answer came from."""
        settings = self._settings
        usable = [c for c in self.contacts_of(person.id) if c.channel in settings.channels]
        to = (row.facts or {}).get("to") or {}
        for one in usable:
            if (one.channel, one.address) == (to.get("channel"), to.get("address")):
                return one
        # A channel that refuses us is a last resort.
        working = [c for c in usable if c.channel not in settings.unusable] or usable
        if row.loudness and working:
            return self._loud(working, row)
        if row.round == 0 or not working:
            return working[0] if working else None
        loud = {c: settings.channels[c.channel].loudness for c in working}
        again = [c for c in working if loud[c] >= loud[working[0]]]  # no later call is a quieter one
        loudest = [c for c in again if loud[c] == max(loud.values())]
        return again[row.round] if row.round < len(again) else loudest[-1]

    def _loud(self, working: Sequence[Contact], row: Row[Any]) -> Contact:
        """The quietest that is as loud as is asked, else the loudest there is; of several as loud each
        in its turn."""
        loud = {c: self._settings.channels[c.channel].loudness for c in working}
        enough = [how for how in loud.values() if how >= row.loudness]
        chosen = min(enough) if enough else max(loud.values())
        such = [c for c in working if loud[c] == chosen]
        return such[row.round % len(such)]

    def _last_written(self, people: Collection[str]) -> dict[str, datetime | None]:
        given = {"realm": self._realm, "people": list(people)}
        rows = self._connection.execute(_LAST_WRITTEN, given)
        return dict.fromkeys(people) | {row.person: row.last for row in rows}
