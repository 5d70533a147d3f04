"""How each person can be reached: channels, verified or stopped or neither; what a budget leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.dispatch.budget import WINDOWS, sent_to
from alerting.dispatch.channels import Channel
from alerting.people.duty import on_duty
from alerting.service.listing import utc
from alerting.store.schema import contact, person, post


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
    for one in connection.execute(
        select(contact).order_by(contact.c.verified.is_(None), contact.c.rank)
    ):
        if one.person in found:
            found[one.person]["contacts"].append(_contact(one, channels.get(one.channel)))
    for made in found.values():
        made["loud"] = any(c["loud"] and c["state"] == "verified" for c in made["contacts"])
    return list(found.values())


def budgets(
    connection: Connection, channels: Mapping[str, Channel], person_id: str, machine: datetime
) -> list[dict[str, Any]]:
    """What a person was sent on each channel with a budget, in its windows, and how many they may get;
    `others` is what is left of that to all but the real world's red."""
    found = []
    for name, channel in channels.items():
        times = None
        for window, span in WINDOWS.items():
            most = getattr(channel.per_person, window)
            if most is None:
                continue
            times = sent_to(connection, person_id, name, machine) if times is None else times
            found.append({
                "channel": name, "window": window, "sent": sum(at > machine - span for at in times),
                "most": most, "others": max(1, int(most * (1 - channel.reserve_for_red))),
            })  # fmt: skip
    return found


def has_loud(channels: Mapping[str, Channel]) -> bool:
    return any(channel.loudness > 0 for channel in channels.values())


def _contact(row: Any, channel: Channel | None) -> dict[str, Any]:
    state = "stopped" if row.stopped else "verified" if row.verified else "unverified"
    return {
        "channel": row.channel, "address": f"…{row.address[-4:]}", "rank": row.rank,
        "state": state if channel is not None else "off",
        "since": utc(row.stopped or row.verified),
        "loud": channel is not None and channel.loudness > 0,
    }  # fmt: skip
