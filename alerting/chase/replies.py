"""Finding which message of theirs a person's text answers, in which realm, and what it says there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from alerting.chase import words
from alerting.chase.reading import Parsed, read, unfinished
from alerting.people import person_by_id
from alerting.signals import Report, content_id
from alerting.store.schema import (
    alert,
    delivery,
    delivery_notice,
    measure,
    notice,
    pursuit,
    realm,
)
from alerting.vocabulary.answers import STOP_WORDS, StopWords, choices

KEPT = timedelta(days=30)  # how old a message may be and still be answered
# A message that is still on its way cannot be the one that is answered.
_REACHED = ("sending", "accepted", "delivered", "read", "answered")


@dataclass(frozen=True, slots=True)
class Routed:
    """The realm an answer belongs to, and the report to publish there."""

    realm: str
    report: Report


def route(
    connection: Connection,
    person_id: str,
    text: str,
    clocks: Mapping[str, datetime],
    *,
    channel: str = "",
    reply_to: str = "",
    message: str = "",
    stops: StopWords = STOP_WORDS,
) -> Routed | None:
    """Which message a person's text answers, over all realms that run; None for a stranger.

    `clocks` show the time in each realm that runs; `message` is the provider's own id of the text, so
    that one delivered twice is one report; `stops` are the channel's words to stop and start. What
    cannot be read becomes a report too (act "not-understood", with the hint to send), so that it is
    recorded and answered in order like everything else.
    """
    if person_by_id(connection, person_id) is None:
        return None
    now = {r: clocks[r] for r in _running(connection) if r in clocks}
    theirs = _theirs(connection, person_id, now)
    parsed = read(text, {d.code for d in theirs}, stops)
    open_ones = _open_ones(connection, theirs)
    # Where nothing waits any more they mean the last message that asked, not our own reply to it.
    home = open_ones or [d for d in theirs if connection.execute(_carried(d.id)).first()] or theirs

    def routed(held: Any | None, act: str, **detail: Any) -> Routed:
        in_realm = held.realm if held is not None else home[-1].realm if home else "live"
        subject = f"delivery:{held.id}" if held is not None else f"person:{person_id}"
        detail = {"text": parsed.rest or ("" if parsed.understood else text)} | detail
        fields: dict[str, Any] = {
            "source": "reply", "issued": now[in_realm], "act": act, "person": person_id,
            "channel": channel, "subject": subject, "detail": detail | {"reply_to": reply_to},
        }  # fmt: skip
        given = content_id("report", channel, person_id, message) if message else ""
        return Routed(in_realm, Report(id=given, **fields))

    if parsed.act in ("stop", "start"):
        # Of the address itself, which is as real in an exercise.
        told = routed(None, parsed.act)
        return Routed("live", told.report.model_copy(update={"issued": now["live"]}))
    if parsed.code:
        held = next((d for d in reversed(theirs) if d.code.upper() == parsed.code), None)
        if held is None:
            return routed(None, "not-understood", hint=_listed(connection, open_ones))
    elif len(open_ones) > 1 and parsed.understood:
        return routed(None, "not-understood", hint=_listed(connection, open_ones))
    else:
        held = home[-1] if home else None
    if held is None or not parsed.understood:
        return routed(held, "not-understood")
    act = _act_for(connection, held, parsed)
    if not act:
        return routed(held, "not-understood")
    return routed(held, act, letter=parsed.letter)


def _act_for(connection: Connection, held: Any, parsed: Parsed) -> str:
    """The act a digit or word stands for in this message; "" where it is not offered there."""
    if not parsed.digit:
        return parsed.act
    asked = [
        (row.id, choices(row.wants, row.measure is not None))
        for row in connection.execute(_carried(held.id))
    ]
    if parsed.letter and held.letters:
        asked = [a for a in asked if a[0] == held.letters.get(parsed.letter)]
    acts = {offers[parsed.digit].act for _, offers in asked if parsed.digit in offers}
    if parsed.act:
        return parsed.act if parsed.act in acts else ""
    if not asked:
        return "acknowledge" if parsed.digit == "1" else ""
    if "acknowledge" in acts:
        return "acknowledge"  # the harmless one; what else the message asks needs its letter
    act = acts.pop() if len(acts) == 1 else ""
    return "" if act in ("in-force", "attest") and unfinished(parsed.rest) else act


def _theirs(connection: Connection, person_id: str, now: dict[str, datetime]) -> list[Any]:
    """Their messages of the last 30 days in realms that run, oldest first.

    One that was given up and sent anew may have reached them all the same: its code counts, once it
    was handed over. One that never left does not.
    """
    rows = connection.execute(
        select(delivery)
        .where(delivery.c.person == person_id, delivery.c.realm.in_(list(now)),
               (delivery.c.state != "superseded") | delivery.c.provider_id.is_not(None))
        .order_by(delivery.c.id)
    ).all()  # fmt: skip
    return [r for r in rows if now[r.realm] - r.created <= KEPT]


def _open_ones(connection: Connection, theirs: list[Any]) -> list[Any]:
    """Messages that still wait for an answer, each subject in the newest that reached them."""
    covered: set[tuple[str, str, str]] = set()
    found = []
    for held in reversed([d for d in theirs if d.state in _REACHED]):
        subjects = {
            (held.realm, row.measure or row.alert or "", "" if row.wants == "in-force" else
             row.wants.replace("acknowledge", ""))
            for row in connection.execute(_carried(held.id))
            if _waits(connection, row)
        }  # fmt: skip
        if subjects - covered:
            found.append(held)
        covered |= subjects
    return list(reversed(found))


def _waits(connection: Connection, row: Any) -> bool:
    """Whether an answer to this notice would still change something."""
    if row.pursuit is not None:
        state = connection.execute(
            select(pursuit.c.state).where(pursuit.c.id == row.pursuit)
        ).scalar_one()
        if state == "open":
            return True
    elif row.measure is None:
        held = connection.execute(select(alert.c.state).where(alert.c.id == row.alert)).scalar()
        return bool(held == "open")
    if row.measure is None:
        return False
    state = connection.execute(
        select(measure.c.state).where(measure.c.id == row.measure)
    ).scalar_one()
    if row.wants == "conflict":
        return False
    wanted = {"decision": ("proposed",), "check": ("lift proposed",), "wait": ("approved",),
              "gate": ("lift proposed",), "signature": ("attested",)}  # fmt: skip
    return state in wanted.get(row.wants, ("issued", "acknowledged"))


def _carried(delivery_id: int) -> Any:
    return (
        select(notice)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == delivery_id, notice.c.wants != "")
        .order_by(notice.c.id)
    )


def _listed(connection: Connection, open_ones: list[Any]) -> words.Words:
    """Each message that waits, by its code and its first words."""
    if not open_ones:
        return words.nothing_waits()
    listed = []
    for held in open_ones:
        about = (held.subject or held.text).strip().splitlines()[:1]
        shown = about[0][:24] if about else ""
        listed.append((held.code, words.both(shown, shown)))
    return words.which(listed)


def _running(connection: Connection) -> list[str]:
    return list(connection.execute(select(realm.c.id).where(realm.c.ended.is_(None))).scalars())
