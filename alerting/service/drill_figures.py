"""Who answered in a drill, how fast, and who did not, by tier and by channel.

Made of the realm's own deliveries, answers and pursuits alone, so that it says the same of any realm:
- woken is somebody's first answer, whatever it says, counted from when their first message that asks
  something was handed over; the tier is that of the post they were first called at in it;
- a channel's figures are its messages: handed over, given up, answered. One answer to everything
  ("ALL") names no message: it answers of each thing received the newest message that said it.
Times are seconds, moments the realm's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from alerting.store.schema import answer, delivery, delivery_notice, notice, post, pursuit
from alerting.vocabulary import POST_TIERS

Row = dict[str, Any]
_ORDER = {tier: at for at, tier in enumerate(reversed(POST_TIERS))}  # the field force first
# No answers to a message.
_BY_HAND = ("open", "raise", "order", "keep", "withdraw", "correct", "respond")
_SENT = ("accepted", "delivered", "read", "answered")


@dataclass(slots=True)
class Called:
    """One person in one tier. `at` None: no message to them was handed over; `seconds` None: they never
    answered."""

    tier: str
    person: str
    post: str
    at: datetime | None
    messages: int
    channels: list[str]
    seconds: int | None = None
    via: str = ""


def people(connection: Connection, realm: str) -> list[Called]:
    """Everybody who was called, by tier, whoever never answered first, then the slowest."""
    found: dict[tuple[str, str], Called] = {}
    for row in _messages(connection, realm):
        one = found.setdefault(
            (row.tier, row.person), Called(row.tier, row.person, row.post, None, 0, [])
        )
        one.messages += 1
        if row.channel not in one.channels:
            one.channels.append(row.channel)
        if row.state in _SENT and one.at is None:
            one.at = row.accepted_at or row.created
    said = _answers(connection, realm)
    for one in found.values():
        later = [a for a in said if a.person == one.person and one.at is not None and a.at >= one.at]
        if later and one.at is not None:
            one.seconds = round((later[0].at - one.at).total_seconds())
            one.via = later[0].channel
    return sorted(found.values(), key=lambda c: (_rank(c.tier), c.seconds is not None,
                                                 -(c.seconds or 0), c.person))  # fmt: skip


def by_tier(called: Sequence[Called]) -> list[Row]:
    """One row a tier, the field force first: how many were called, woken, never answered, how fast."""
    tiers = sorted({one.tier for one in called}, key=_rank)
    return [{"tier": tier, **_counted([c for c in called if c.tier == tier])} for tier in tiers]


def by_channel(connection: Connection, realm: str) -> list[Row]:
    """One row a channel: what was sent that asks something, given up, answered there, how fast."""
    sent = {row.id: row for row in _messages(connection, realm)}
    carried = _carried(connection, realm)
    first: dict[int, Any] = {}
    for one in _answers(connection, realm):
        message = one.delivery
        if message is None:
            carriers = carried.get((one.person, one.notice), [])
            message = max((n for n in carriers if sent[n].created <= one.at), default=None)
        if message is not None:
            first.setdefault(message, one)
    rows = []
    for channel in sorted({row.channel for row in sent.values()}):
        mine = [row for row in sent.values() if row.channel == channel]
        answered = [(row, first[row.id]) for row in mine if row.id in first]
        took = [(said.at - (row.accepted_at or row.created)).total_seconds()
                for row, said in answered]  # fmt: skip
        rows.append({
            "channel": channel, "messages": len(mine), "people": len({row.person for row in mine}),
            "sent": sum(row.state in _SENT for row in mine),
            "dead": sum(row.state == "dead" for row in mine),
            "answered": len(answered), **_times(took),
        })  # fmt: skip
    return rows


def by_want(connection: Connection, realm: str) -> list[Row]:
    """One row a kind of answer that was waited for: how often, had, passed on to another rung."""
    rows = connection.execute(select(pursuit).where(pursuit.c.realm == realm)).all()
    found = []
    for want in dict.fromkeys(row.wants for row in rows):
        mine = [row for row in rows if row.wants == want]
        had = [row for row in mine if row.answered is not None]
        found.append({
            "wants": want, "asked": len(mine), "answered": len(had),
            "passed_on": sum(row.rung > 0 for row in mine),
            **_times([(row.answered - row.opened).total_seconds() for row in had]),
        })  # fmt: skip
    return found


def _counted(called: Iterable[Called]) -> Row:
    mine = list(called)
    took = [one.seconds for one in mine if one.seconds is not None]
    return {"called": len(mine), "woken": len(took), "never": len(mine) - len(took), **_times(took)}


def _times(seconds: Sequence[float]) -> Row:
    return {"median": round(median(seconds)) if seconds else None,
            "slowest": round(max(seconds)) if seconds else None}  # fmt: skip


def _rank(tier: str) -> int:
    return _ORDER.get(tier, len(_ORDER))


def _messages(connection: Connection, realm: str) -> list[Any]:
    """The deliveries that asked something of a post, oldest first; one of several posts is several."""
    return list(connection.execute(
        select(delivery.c.id, delivery.c.person, delivery.c.channel, delivery.c.state,
               delivery.c.created, delivery.c.accepted_at, post.c.tier, post.c.id.label("post"))
        .distinct()
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .join(post, post.c.id == notice.c.post)
        .where(delivery.c.realm == realm, notice.c.wants != "", delivery.c.state != "superseded")
        .order_by(delivery.c.id, post.c.id)
    ))  # fmt: skip


def _carried(connection: Connection, realm: str) -> dict[tuple[str, int], list[int]]:
    """By person and notice the messages that carried it to them and went out."""
    found: dict[tuple[str, int], list[int]] = {}
    for row in connection.execute(
        select(delivery.c.id, delivery.c.person, notice.c.id.label("notice"))
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .join(post, post.c.id == notice.c.post)
        .where(delivery.c.realm == realm, notice.c.wants != "", delivery.c.state.in_(_SENT))
    ):
        found.setdefault((row.person, row.notice), []).append(row.id)
    return found


def _answers(connection: Connection, realm: str) -> list[Any]:
    return list(connection.execute(
        select(answer.c.person, answer.c.channel, answer.c.delivery, answer.c.notice, answer.c.at)
        .where(answer.c.realm == realm, answer.c.act.not_in(_BY_HAND))
        .order_by(answer.c.at, answer.c.id)
    ))  # fmt: skip
