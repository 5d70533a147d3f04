"""The posts of a zone: its township's own, and those whom that one calls in its turn."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from alerting.people.register import Post, post_by_id
from alerting.places import Places
from alerting.store.schema import post

NAMED = 500  # places in one question; of more all posts are read


def posts_in(
    connection: Connection, places: Places, zone: str, tiers: Collection[str]
) -> list[Post]:
    """The posts of these tiers in a zone: at the zone itself, at those below it, and at the sites whose
    own zone one of them is; by id."""
    inside = places.inside(zone)
    zones = {zone, *(p.id for p in inside if p.kind == "zone")}
    there = zones | {p.id for p in inside if not zones.isdisjoint(p.zones[:1])}
    asked = select(post.c.id, post.c.place).where(post.c.tier.in_(tiers), post.c.active)
    if len(there) <= NAMED:
        asked = asked.where(post.c.place.in_(sorted(there)))
    rows = connection.execute(asked.order_by(post.c.id)).all()
    found = (post_by_id(connection, row.id) for row in rows if row.place in there)
    return [one for one in found if one is not None]
