"""Who is on duty and out of reach: no channel of the county's carries anything to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.people import on_duty
from alerting.store.schema import contact, person, post
from alerting.web.desk import Station


def unreachable(connection: Connection, station: Station) -> list[dict[str, Any]]:
    """Active people who hold a post and have no contact left on a channel that is on.

    Each with `person` and `posts` in both languages, and `stopped`: (channel, since when) of what
    they have stopped themselves, the latest last.
    """
    held = connection.execute(
        select(person.c.id, person.c.name, person.c.name_en, post.c.title, post.c.title_en)
        .join(on_duty, on_duty.c.person == person.c.id)
        .join(post, post.c.id == on_duty.c.post)
        .where(person.c.active, post.c.active)
        .order_by(person.c.id, post.c.id)
    ).all()
    on = {name for name, channel in station.config.channels.items() if channel.on}
    contacts = connection.execute(select(contact).where(contact.c.channel.in_(on))).all()
    reached = {one.person for one in contacts if one.stopped is None}
    found: dict[str, dict[str, Any]] = {}
    for row in held:
        if row.id in reached:
            continue
        one = found.setdefault(row.id, {
            "person": {"zh": row.name, "en": row.name_en or row.name}, "posts": [],
            "stopped": sorted(((c.channel, c.stopped) for c in contacts if c.person == row.id),
                              key=lambda stop: stop[1]),
        })  # fmt: skip
        one["posts"].append({"zh": row.title, "en": row.title_en})
    return list(found.values())
