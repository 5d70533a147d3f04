"""What a bulletin looks through: one realm, one stretch of time, and what things are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from alerting.places import Places
from alerting.service.listing import Titles, place_name
from alerting.service.service_rules import SERVICE_RULES, loop_words
from alerting.store.schema import person, post

Row = dict[str, Any]
Words = dict[str, str]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Window:
    """`start` to `end`, UTC, the end left out; of a month that is not over `end` is now."""

    connection: Connection
    realm: str
    start: datetime
    end: datetime
    places: Places
    book: Titles
    posts: dict[str, Any]  # rows of `post`, those no longer in use too
    people: dict[str, Words]

    @classmethod
    def through(
        cls, connection: Connection, realm: str, start: datetime, end: datetime, places: Places,
        book: Titles,
    ) -> Window:  # fmt: skip
        posts = {row.id: row for row in connection.execute(select(post))}
        people = {
            row.id: {"zh": row.name, "en": row.name_en or row.name}
            for row in connection.execute(select(person.c.id, person.c.name, person.c.name_en))
        }
        return cls(connection, realm, start, end, places, book, posts, people)

    def falls(self, at: Any) -> ColumnElement[bool]:
        """Condition on a column of times: within the stretch."""
        return (at >= self.start) & (at < self.end)

    def stood(self, table: Table, begun: Any, ended: Any) -> ColumnElement[bool]:
        """Condition on rows that begin and end: of this realm, and some of it within the stretch."""
        here = and_(table.c.realm == self.realm, begun < self.end)
        # Each half has its own way through the index (realm, ended).
        return or_(and_(here, ended.is_(None)), and_(here, ended >= self.start))

    def place(self, place_id: str) -> Words:
        kind, colon, name = place_id.partition(":")  # what the watch speaks of: source:model
        return loop_words(name) if colon and kind in ("source", "channel") else place_name(
            self.places, place_id)  # fmt: skip

    def rule(self, rule_id: str) -> Words:
        named = self.book.rules_by_id.get(rule_id) or SERVICE_RULES.get(rule_id)
        title = getattr(named, "title", None)
        return dict(title) if title else {"zh": rule_id, "en": rule_id}

    def post(self, post_id: str) -> Words:
        row = self.posts.get(post_id)
        if row is None:
            return {"zh": post_id, "en": post_id}
        return {"zh": row.title, "en": row.title_en or row.title}

    def tier(self, post_id: str) -> str:
        row = self.posts.get(post_id)
        return str(row.tier) if row is not None else ""

    def who(self, person_id: str | None) -> Words:
        known = person_id or ""
        return self.people.get(known, {"zh": known, "en": known})


def hours(spans: Iterable[Span]) -> float:
    """How long at least one of these lasted, to a tenth of an hour."""
    total, reached = 0.0, None
    for first, last in sorted(spans):
        begins = first if reached is None else max(first, reached)
        if last > begins:
            total += (last - begins).total_seconds()
        reached = last if reached is None else max(reached, last)
    return round(total / 3600, 1)


def minutes(first: datetime, last: datetime) -> int:
    return round((last - first).total_seconds() / 60)


def middle(numbers: list[int]) -> float | None:
    """The median, a whole number where it is one; None of nothing."""
    if not numbers:
        return None
    found = float(median(numbers))
    return int(found) if found.is_integer() else found
