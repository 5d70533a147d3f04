"""The roles, each of which may all that those before it may, and the person who has one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from alerting.people import posts_held

ROLES = ("view", "answer", "decide", "order", "admin")


@dataclass(frozen=True, slots=True)
class Who:
    """The person asking. `by` is session, token or "" for nobody; `csrf` belongs to their forms."""

    person: str
    name: str
    role: str
    posts: frozenset[str]
    by: str
    csrf: str = ""
    name_en: str = ""

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


NOBODY = Who("", "", "view", frozenset(), "")


def posts_of(connection: Connection, person_id: str) -> frozenset[str]:
    """The posts a person holds now."""
    return frozenset(posts_held(connection, [person_id])[person_id])
