"""Persons, contacts and posts as the database has them, and the post that a duty falls to. Who holds
a post now is in `duty`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, bindparam, select

from alerting.places import Places
from alerting.store.many import among
from alerting.store.schema import contact, person, post


@dataclass(frozen=True, slots=True)
class Contact:
    channel: str
    address: str


# Made once: they are asked for every batch, slice and call.
_PERSON = select(person).where(person.c.id == bindparam("person"), person.c.active)
_CONTACTS = select(contact).where(
    among(contact.c.person, "people"), contact.c.stopped.is_(None)
)
_POST = select(post).where(post.c.id == bindparam("post"))
_POSTS_AT = (
    select(post).where(post.c.place.in_(bindparam("places", expanding=True)), post.c.active)
    .order_by(post.c.id)
)  # fmt: skip
SILENT: Mapping[str, int] = MappingProxyType({})  # where nobody asks how loud channels are


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
    deputy: str | None = None  # the post that is called where this one does not answer

    def called(self, language: str) -> str:
        return self.title if language == "zh" or not self.title_en else self.title_en


def person_by_id(connection: Connection, person_id: str) -> Person | None:
    row = connection.execute(_PERSON, {"person": person_id}).one_or_none()
    return Person(row.id, row.name, row.name_en, row.language, row.role) if row else None


def people_by_id(connection: Connection, people: Collection[str]) -> dict[str, Person]:
    """`person_by_id` for many at once; who is not in the register is left out."""
    rows = connection.execute(_PEOPLE, {"people": list(people)})
    return {r.id: Person(r.id, r.name, r.name_en, r.language, r.role) for r in rows}


_PEOPLE = select(person).where(among(person.c.id, "people"), person.c.active)


def everybody(connection: Connection) -> list[Person]:
    """All who are in the register, by name."""
    rows = connection.execute(select(person).where(person.c.active).order_by(person.c.name))
    return [Person(r.id, r.name, r.name_en, r.language, r.role) for r in rows]


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


def contacts_of(
    connection: Connection, person_id: str, loudness: Mapping[str, int] = SILENT
) -> list[Contact]:
    """In the order in which they are tried, see `in_order`; `loudness` is by channel."""
    return contacts_of_all(connection, [person_id], loudness)[person_id]


def contacts_of_all(
    connection: Connection, people: Collection[str], loudness: Mapping[str, int] = SILENT
) -> dict[str, list[Contact]]:
    """`contacts_of` for many at once."""
    found: dict[str, list[Any]] = {one: [] for one in people}
    for row in connection.execute(_CONTACTS, {"people": list(found)}):
        found[row.person].append(row)
    return {
        one: [Contact(row.channel, row.address) for row in in_order(rows, loudness)]
        for one, rows in found.items()
    }


def in_order(rows: Sequence[Any], loudness: Mapping[str, int]) -> list[Any]:
    """One person's rows of `contact` in the order in which they are tried: that of people.csv, but what
    is not verified comes after all that is and is as loud. A telephone whose number has changed stays
    before a page that rings nowhere."""

    def place(row: Any) -> tuple[int, bool, int]:
        loud = loudness.get(row.channel, 0)
        surer = [one.rank for one in rows if one.verified and loudness.get(one.channel, 0) >= loud]
        return row.rank if row.verified else max([row.rank, *surer]), not row.verified, row.rank

    return sorted(rows, key=place)


def post_by_id(connection: Connection, post_id: str) -> Post | None:
    """A post, active or not: what hangs on one that was given up is still told to its holders."""
    held = _seen(connection).by_id
    if post_id not in held:
        row = connection.execute(_POST, {"post": post_id}).one_or_none()
        held[post_id] = _post(row) if row else None
    return held[post_id]


def resolve(
    connection: Connection, places: Places, tier: str, sector: str, place: str
) -> Post | None:
    """tier(sector) nearest up from a place: at the place, its zones, their parents, the county.

    At each step a post of the sector itself goes before one that answers for all sectors, and a post
    before its own deputy.
    """
    found = _seen(connection).found
    key = (tier, sector, place)
    if key not in found:
        steps = list(places.upward(place))
        at = _read_at(connection, steps)
        fitting = (
            one for step in steps for wanted in (sector, "") for one in _deputies_last(at[step])
            if one.tier == tier and one.sector == wanted
        )  # fmt: skip
        found[key] = next(fitting, None)
    return found[key]


def _deputies_last(posts: list[Post]) -> list[Post]:
    deputies = {one.deputy for one in posts}
    return sorted(posts, key=lambda one: one.id in deputies) if len(deputies) > 1 else posts


def read_posts_near(connection: Connection, places: Places, near: Iterable[str]) -> None:
    """Read at once all posts that `resolve` may come upon from any of these places."""
    _read_at(connection, {step for place in near for step in places.upward(place)})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The posts as one transaction sees them: they are asked for hundreds of times in a front, and
    change only by an import, in a transaction of its own."""

    by_id: dict[str, Post | None] = field(default_factory=dict)
    at: dict[str, list[Post]] = field(default_factory=dict)  # active ones, by place
    found: dict[tuple[str, str, str], Post | None] = field(default_factory=dict)  # by `resolve`


_SEEN: WeakKeyDictionary[Connection, _Seen] = WeakKeyDictionary()


def _seen(connection: Connection) -> _Seen:
    return _SEEN.setdefault(connection, _Seen())


def _read_at(connection: Connection, steps: Collection[str]) -> dict[str, list[Post]]:
    held = _seen(connection)
    missing = [step for step in steps if step not in held.at]
    if missing:
        held.at.update({step: [] for step in missing})
        for row in connection.execute(_POSTS_AT, {"places": missing}):
            held.by_id[row.id] = _post(row)
            held.at[row.place].append(_post(row))
    return held.at


def _post(row: Any) -> Post:
    return Post(row.id, row.tier, row.sector, row.place, row.title, row.title_en, row.deputy)
