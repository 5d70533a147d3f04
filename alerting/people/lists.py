"""The posts of a zone: its township's own, and those whom that one calls in its turn."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from alerting.people.register import Post, post_by_id
from alerting.places import Places
from alerting.store.schema import post


def posts_in(
    connection: Connection, places: Places, zone: str, tiers: Collection[str]
) -> list[Post]:
    """The posts of these tiers in a zone: at the zone itself, at those below it, and at the sites whose
    own zone one of them is; by id."""
    zones = {zone, *(p.id for p in places.of_kind("zone") if zone in set(places.upward(p.id)))}

    def lies_there(place: str) -> bool:
        known = places.by_id.get(place)
        return place in zones or (known is not None and bool(zones.intersection(known.zones[:1])))

    rows = connection.execute(
        select(post.c.id, post.c.place).where(post.c.tier.in_(tiers), post.c.active)
        .order_by(post.c.id)
    ).all()  # fmt: skip
    found = (post_by_id(connection, row.id) for row in rows if lies_there(row.place))
    return [one for one in found if one is not None]
