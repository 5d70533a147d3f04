"""Who is on duty, now or by a roster, and out of reach: no channel of ours carries anything to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.people import on_duty
from alerting.people.rosters import members
from alerting.store.many import among
from alerting.store.schema import contact, person, post
from alerting.web.desk import Station


def unreachable(connection: Connection, station: Station) -> list[dict[str, Any]]:
    """Active people who hold a post, or stand on its roster, without a contact on a channel that is on.

    Each with `person` and `posts` in both languages, and `stopped`: (channel, since when) of what
    they have stopped themselves, the latest last.
    """
    on = [name for name, channel in station.config.channels.items() if channel.on]
    ours = contact.c.channel.in_(on)
    # Read once: asked for each person, SQLite would go by the channel.
    reached = select(contact.c.person).where(ours, contact.c.stopped.is_(None))
    lacking = select(person).where(person.c.active, person.c.id.not_in(reached))
    people = {row.id: row for row in connection.execute(lacking)}  # few, of however many there are
    these = {"these": list(people)}
    holding = select(on_duty.c.person, on_duty.c.post).where(among(on_duty.c.person, "these"))
    pairs = {(row.person, row.post) for row in connection.execute(holding, these)}
    # Whoever's turn comes must be reached then.
    pairs |= {(one, post_id) for post_id, named in members(connection).items()
              for one in named if one in people}  # fmt: skip
    posts = {row.id: row for row in connection.execute(select(post).where(post.c.active))}
    stopped = select(contact).where(ours, among(contact.c.person, "these"))
    contacts = connection.execute(stopped, these).all()
    found: dict[str, dict[str, Any]] = {}
    for person_id, post_id in sorted(pairs):
        if post_id not in posts:
            continue
        row, at = people[person_id], posts[post_id]
        one = found.setdefault(row.id, {
            "person": {"zh": row.name, "en": row.name_en or row.name}, "posts": [],
            "stopped": sorted(((c.channel, c.stopped) for c in contacts if c.person == row.id),
                              key=lambda stop: stop[1]),
        })  # fmt: skip
        one["posts"].append({"zh": at.title, "en": at.title_en})
    return list(found.values())
