"""What posts and people are called, by their id, in both languages."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alerting.people import Post
from alerting.store.schema import person, post

Names = dict[str, dict[str, str]]


def post_titles(connection: Connection) -> Names:
    rows = connection.execute(select(post))
    made = (Post(r.id, r.tier, r.sector, r.place, r.title, r.title_en) for r in rows)
    return {one.id: {"zh": one.called("zh"), "en": one.called("en")} for one in made}


def people_named(connection: Connection) -> Names:
    rows = connection.execute(select(person.c.id, person.c.name, person.c.name_en))
    return {r.id: {"zh": r.name, "en": r.name_en or r.name} for r in rows}
