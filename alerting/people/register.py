"""Persons, contacts and posts as the database has them, and the post that a duty falls to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select

from alerting.places import Places
from alerting.store.schema import contact, holder, person, post


@dataclass(frozen=True, slots=True)
class Contact:
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    name_en: str
    language: str
    role: str

    def called(self, language: str) -> str:
        return self.name if language == "zh" or not self.name_en else self.name_en


@dataclass(frozen=True, slots=True)
class Post:
    """A duty. `sector` is "" for one that answers for all sectors; `place` a zone or a site."""

    id: str
    tier: str
    sector: str
    place: str
    title: str
    title_en: str

    def called(self, language: str) -> str:
        return self.title if language == "zh" or not self.title_en else self.title_en


def person_by_id(connection: Connection, person_id: str) -> Person | None:
    row = connection.execute(
        select(person).where(person.c.id == person_id, person.c.active)
    ).one_or_none()
    return Person(row.id, row.name, row.name_en, row.language, row.role) if row else None


def person_at(connection: Connection, channel: str, address: str) -> Person | None:
    """The person who owns an address on a channel; strangers are nobody."""
    owner = (
        connection.execute(
            select(contact.c.person).where(
                contact.c.channel == channel, contact.c.address == address
            )
        )
        .scalars()
        .first()
    )
    return person_by_id(connection, owner) if owner else None


def contacts_of(connection: Connection, person_id: str) -> list[Contact]:
    """In the order in which they are tried."""
    rows = connection.execute(
        select(contact.c.channel, contact.c.address)
        .where(contact.c.person == person_id, contact.c.stopped.is_(None))
        .order_by(contact.c.rank)
    )
    return [Contact(r.channel, r.address) for r in rows]


def post_by_id(connection: Connection, post_id: str) -> Post | None:
    row = connection.execute(select(post).where(post.c.id == post_id)).one_or_none()
    return Post(row.id, row.tier, row.sector, row.place, row.title, row.title_en) if row else None


def holders_of(connection: Connection, post_id: str) -> list[Person]:
    """Who holds a post now, in the order of the roster; nobody is an empty list."""
    rows = connection.execute(
        select(person)
        .join(holder, holder.c.person == person.c.id)
        .where(holder.c.post == post_id, person.c.active)
        .order_by(holder.c.rank)
    )
    return [Person(r.id, r.name, r.name_en, r.language, r.role) for r in rows]


def resolve(
    connection: Connection, places: Places, tier: str, sector: str, place: str
) -> Post | None:
    """tier(sector) nearest up from a place: at the place, its zones, their parents, the county.

    At each step a post of the sector itself goes before one that answers for all sectors.
    """
    by_place = _posts(connection)
    for step in places.upward(place):
        for wanted in (sector, ""):
            for one in by_place.get(step, ()):
                if one.tier == tier and one.sector == wanted:
                    return one
    return None


# The posts as one transaction sees them: they are asked for hundreds of times in a front, and change
# only by an import, in a transaction of its own.
_SEEN: WeakKeyDictionary[Connection, dict[str, list[Post]]] = WeakKeyDictionary()


def _posts(connection: Connection) -> dict[str, list[Post]]:
    held = _SEEN.get(connection)
    if held is None:
        held = _SEEN[connection] = defaultdict(list)
        for row in connection.execute(select(post).where(post.c.active).order_by(post.c.id)):
            held[row.place].append(
                Post(row.id, row.tier, row.sector, row.place, row.title, row.title_en)
            )
    return held
