"""How each person can be reached: channels, verified or stopped or neither; what a budget leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select

from alerting.chase.consent import LASTS
from alerting.dispatch.budget import WINDOWS, limits, sent_to
from alerting.dispatch.channels import Channel
from alerting.people.duty import on_duty
from alerting.people.register import in_order
from alerting.service.listing import utc
from alerting.store.schema import contact, person, post
from alerting.store.schema_reach import verification


def people(
    connection: Connection, channels: Mapping[str, Channel], person_id: str | None = None
) -> list[dict[str, Any]]:
    """Active people, each with `posts` and `contacts` in the order in which these are tried. `loud`
    says whether a loud channel that is on, verified and not stopped reaches them. Of an address the
    end is shown."""
    wanted = [person.c.active] + ([person.c.id == person_id] if person_id is not None else [])
    rows = connection.execute(select(person).where(*wanted).order_by(person.c.id)).all()
    found = {
        row.id: {"id": row.id, "name": {"zh": row.name, "en": row.name_en or row.name},
                 "posts": [], "contacts": [], "loud": False}
        for row in rows
    }  # fmt: skip
    for one in connection.execute(
        select(on_duty.c.person, post.c.title, post.c.title_en)
        .join(post, post.c.id == on_duty.c.post).where(post.c.active).order_by(post.c.id)
    ):  # fmt: skip
        if one.person in found:
            found[one.person]["posts"].append({"zh": one.title, "en": one.title_en or one.title})
    held: dict[str, list[Any]] = {key: [] for key in found}
    for one in connection.execute(select(contact)):
        if one.person in held:
            held[one.person].append(one)
    loudness = {name: channel.loudness for name, channel in channels.items()}
    for key, made in found.items():
        made["contacts"] = [
            _contact(one, channels.get(one.channel)) for one in in_order(held[key], loudness)
        ]
        made["loud"] = any(c["loud"] and c["state"] == "verified" for c in made["contacts"])
    return list(found.values())


def to_verify(
    connection: Connection, channels: Collection[str], now: datetime
) -> list[str]:
    """Who has an address on one of these channels that is neither verified nor stopped, and was sent no
    code for it within the day."""
    asked = exists().where(
        verification.c.person == contact.c.person, verification.c.channel == contact.c.channel,
        verification.c.address == contact.c.address, verification.c.asked > now - LASTS,
    )  # fmt: skip
    return list(connection.execute(
        select(contact.c.person).distinct()
        .join(person, person.c.id == contact.c.person)
        .where(person.c.active, contact.c.channel.in_(list(channels)), contact.c.stopped.is_(None),
               contact.c.verified.is_(None), ~asked)
        .order_by(contact.c.person)
    ).scalars())  # fmt: skip


def budgets(
    connection: Connection, channels: Mapping[str, Channel], person_id: str, machine: datetime
) -> list[dict[str, Any]]:
    """What a person was sent on each channel with a budget, in its windows, and how many they may get;
    `others` is what is left of that to all but the real world's red."""
    found, windows = [], {span: window for window, span in WINDOWS.items()}
    for name, channel in channels.items():
        urgent, others = limits(channel, urgent=True), limits(channel, urgent=False)
        times = sent_to(connection, person_id, name, machine) if urgent else []
        for (span, most), (_, left) in zip(urgent, others, strict=True):
            found.append({"channel": name, "window": windows[span], "most": most, "others": left,
                          "sent": sum(at > machine - span for at in times)})  # fmt: skip
    return found


def has_loud(channels: Mapping[str, Channel]) -> bool:
    return any(channel.loudness > 0 for channel in channels.values())


def without_loud(connection: Connection, channels: Mapping[str, Channel]) -> int:
    """How many who hold a post now no loud channel reaches; 0 where the county has none at all."""
    loud = [name for name, channel in channels.items() if channel.loudness > 0]
    if not loud:
        return 0
    # Both read once: asked for each person, SQLite would go by the channel.
    rings = select(contact.c.person).where(
        contact.c.channel.in_(loud), contact.c.verified.is_not(None), contact.c.stopped.is_(None)
    )
    holding = (
        select(on_duty.c.person).join(post, post.c.id == on_duty.c.post).where(post.c.active)
    )
    return connection.execute(
        select(func.count()).where(person.c.active, person.c.id.in_(holding), person.c.id.not_in(rings))
    ).scalar_one()


def _contact(row: Any, channel: Channel | None) -> dict[str, Any]:
    state = "stopped" if row.stopped else "verified" if row.verified else "unverified"
    return {
        "channel": row.channel, "address": f"…{row.address[-4:]}", "rank": row.rank,
        "state": state if channel is not None else "off",
        "since": utc(row.stopped or row.verified),
        "loud": channel is not None and channel.loudness > 0,
    }  # fmt: skip
