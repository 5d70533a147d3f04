"""What posts, people and responses are called, by their id, in both languages."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alerting.alerts.responses import asker_of
from alerting.people import Post
from alerting.store.schema import person, post, response

Names = dict[str, dict[str, str]]


def post_titles(connection: Connection) -> Names:
    rows = connection.execute(select(post))
    made = (Post(r.id, r.tier, r.sector, r.place, r.title, r.title_en) for r in rows)
    return {one.id: {"zh": one.called("zh"), "en": one.called("en")} for one in made}


def people_named(connection: Connection) -> Names:
    rows = connection.execute(select(person.c.id, person.c.name, person.c.name_en))
    return {r.id: {"zh": r.name, "en": r.name_en or r.name} for r in rows}


def responses_named(connection: Connection) -> Names:
    """By the key under which a response asks for measures."""
    rows = connection.execute(select(response.c.id, response.c.title))
    return {asker_of(r.id): dict(r.title) for r in rows}
