"""Finding which message of theirs a person's text answers, in which realm, and what it says there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.chase import hints, reasons, words
from alerting.chase.acts import SIGNED
from alerting.chase.changing import NUMBER, UNIT
from alerting.chase.commanding import Command, read_command
from alerting.chase.filling import read_report
from alerting.chase.reading import Parsed, read, read_changed, unfinished
from alerting.chase.rights import ON_BEHALF
from alerting.chase.waiting import (
    asked_by,
    messages_of,
    not_replies,
    open_ones,
    to_be_confirmed,
)
from alerting.people import Person, person_by_id
from alerting.signals import Report, content_id
from alerting.store.schema import realm, signal
from alerting.vocabulary.answers import CALLED, COMMAND, STOP_WORDS, StopWords, choices

# What is true only once it is done: "1 马上到" takes nothing over.
_DONE = ("in-force", "attest", "take-over")


@dataclass(frozen=True, slots=True)
class Routed:
    """The realm an answer belongs to, and the report to publish there."""

    realm: str
    report: Report


def heard_before(
    connection: Connection, person_id: str, channel: str, message: str
) -> bool:
    """Whether this text of theirs has been taken up already, in whatever realm: a provider that
    delivers it again must not have it answer what waits by then."""
    if not message:
        return False
    known = select(signal.c.seq).where(
        signal.c.realm.in_(select(realm.c.id)), signal.c.id == id_of(person_id, channel, message))
    return connection.execute(known.limit(1)).first() is not None


def id_of(person_id: str, channel: str, message: str) -> str:
    """Of the report that a text of theirs becomes: its own, where the provider has one for the text."""
    return content_id("report", channel, person_id, message) if message else ""


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
    loud: Collection[str] = (),
) -> Routed | None:
    """Which message a person's text answers, over all realms that run; None for a stranger.

    `clocks` show the time in each realm that runs; `message` is the provider's own id of the text, so
    that one delivered twice is one report; `stops` are the channel's words to stop and start, `loud`
    the channels that ring. What cannot be read becomes a report too (act "not-understood", with the
    hint to send), so that it is recorded and answered in order like everything else.
    """
    who = person_by_id(connection, person_id)
    if who is None:
        return None
    now = {r: clocks[r] for r in _running(connection) if r in clocks}
    theirs = messages_of(connection, person_id, now)
    parsed = read(text, {d.code for d in theirs}, stops)
    waiting = open_ones(connection, theirs, now)
    # Where nothing waits any more they mean the last message that asked, not our own reply to it.
    home = waiting or [d for d in theirs if connection.execute(asked_by(d.id)).first()]
    home = home or not_replies(connection, theirs)

    def routed(held: Any | None, act: str, **detail: Any) -> Routed:
        in_realm = held.realm if held is not None else home[-1].realm if home else "live"
        subject = f"delivery:{held.id}" if held is not None else f"person:{person_id}"
        own = parsed.rest if parsed.understood and act != "not-understood" else text
        detail = {"text": own} | detail
        fields: dict[str, Any] = {
            "source": "reply", "issued": now[in_realm], "act": act, "person": person_id,
            "channel": channel, "subject": subject, "detail": detail | {"reply_to": reply_to},
        }  # fmt: skip
        return Routed(in_realm, Report(id=id_of(person_id, channel, message), **fields))

    command = read_command(text, {d.code for d in theirs})
    if command is not None:
        spoken_of = next((d for d in reversed(theirs) if d.code.upper() == command.code), None)
        if _is_command(connection, command, spoken_of, waiting, who):
            return routed(spoken_of, "command", text=text)
    filled = read_report(text, {d.code for d in theirs})
    if filled is not None:
        named = [d for d in theirs if d.code.upper() == filled.code] if filled.code else waiting
        asking = [d for d in named if _wants(connection, d, *CALLED)]
        if len(asking) == 1:
            return routed(asking[0], "report", text=filled.rest)
        if asking:
            return routed(None, "not-understood", hint=_listed(asking))
    changed = read_changed(text, {d.code for d in theirs})
    if changed is not None:
        named = [d for d in theirs if d.code.upper() == changed.code] if changed.code else waiting
        if len(named) == 1 and _decides(connection, named[0]):
            return routed(named[0], "approve-changed", text="", letter=changed.letter,
                          arguments={NUMBER: changed.number, UNIT: changed.unit})  # fmt: skip
    owed = reasons.owed(connection, person_id, now)
    if owed is not None and not parsed.code and any(d.id != owed.id for d in waiting):
        owed = None  # they may mean what waits: the reason comes with its code, or not at all
    if owed is not None and parsed.code in ("", owed.code.upper()) and not parsed.every and (
        not _answers(connection, parsed, waiting, owed)
    ):
        return routed(owed, "reason", text=parsed.rest or text)

    if parsed.act in ("stop", "start"):
        # Of the address itself, which is as real in an exercise.
        told = routed(None, parsed.act, loud=sorted(loud))
        return Routed("live", told.report.model_copy(update={"issued": now["live"]}))
    if parsed.every:
        return _all_of_them(parsed, waiting, routed)
    if parsed.code:
        held = next((d for d in reversed(theirs) if d.code.upper() == parsed.code), None)
        if held is None:
            return routed(None, "not-understood", hint=_listed(waiting))
    elif len(waiting) > 1 and parsed.understood:
        # A call for help must not wait for the code of a message.
        asks_help = any(_act_for(connection, d, parsed) == "support" for d in waiting)
        live = [d for d in waiting if d.realm == "live"]
        held = (live or waiting)[-1] if asks_help else None
        return routed(held, "not-understood", hint=_listed(waiting), support=asks_help)
    else:
        held = home[-1] if home else None
    act = _act_for(connection, held, parsed) if held is not None and parsed.understood else ""
    if not act:
        return routed(held, "not-understood", several=len(waiting) > 1,
                      support=parsed.act == "support")  # fmt: skip
    if act == "confirm":
        return _confirmed(connection, held, now, who, routed)
    return routed(held, act, letter=parsed.letter)


# The words of a command that are an answer where the message offers it.
_ANSWERS_ALIKE = {"withdraw": {"call-off", "give-up"}, "keep": {"stand", "kept"}}


def _is_command(
    connection: Connection, command: Command, held: Any | None, waiting: list[Any], who: Person
) -> bool:
    """Whether words of command are one: what a message offers as an answer to it is that answer, and
    without a code of theirs only who may command is taken to."""
    asked = [held] if held is not None else waiting
    offered = {c.act for one in asked for row in connection.execute(asked_by(one.id))
               for c in choices(row.wants, row.measure is not None).values()}  # fmt: skip
    if not offered.isdisjoint(_ANSWERS_ALIKE.get(command.act, ())):
        return False
    if held is not None or (command.act == "order" and not command.word.isascii()):
        return True
    return who.role in ON_BEHALF and (command.act not in _ANSWERS_ALIKE or command.rest != "")


def _confirmed(
    connection: Connection, held: Any, now: Mapping[str, datetime], who: Person,
    routed: Callable[..., Routed],
) -> Routed:  # fmt: skip
    """What was said back to them is done now: the report that a page would have made of it."""
    said_back = next(r for r in connection.execute(asked_by(held.id)) if r.wants == COMMAND)
    if not to_be_confirmed(held, said_back, dict(now)):
        return routed(held, "not-understood", hint=hints.not_confirmed(held.state == "answered"))
    if who.role not in ON_BEHALF:
        return routed(held, "not-understood", hint=hints.no_command(("", "")))
    what, made = said_back.facts["command"], routed(held, "confirm")
    fields: dict[str, Any] = {
        "source": "reply", "issued": made.report.issued, "act": what["act"], "person": who.id,
        "channel": made.report.channel, "subject": what["subject"],
        "detail": what["detail"] | {"reply_to": made.report.detail["reply_to"], "confirms": held.id},
    }  # fmt: skip
    return Routed(made.realm, Report(id=made.report.id, **fields))


def _wants(connection: Connection, held: Any, *wants: str) -> bool:
    """Whether a message asks for one of these."""
    return any(row.wants in wants for row in connection.execute(asked_by(held.id)))


def _decides(connection: Connection, held: Any) -> bool:
    """Whether a message asks for a decision about a measure."""
    return any(row.wants in SIGNED and row.measure is not None
               for row in connection.execute(asked_by(held.id)))  # fmt: skip


def _answers(connection: Connection, parsed: Parsed, waiting: list[Any], owed: Any) -> bool:
    """Whether words that may be the reason for a refusal are an answer to something else."""
    if parsed.act in ("stop", "start"):
        return True
    if not parsed.understood:
        return False
    for held in [d for d in waiting if d.id != owed.id] or [owed]:
        offered = {c.act for row in connection.execute(asked_by(held.id))
                   for c in choices(row.wants, row.measure is not None).values()}  # fmt: skip
        if parsed.act in {*offered, "acknowledge"}:
            return True
        if parsed.digit and _act_for(connection, held, parsed):
            return True
    return False


def _all_of_them(
    parsed: Parsed, waiting: list[Any], routed: Callable[..., Routed]
) -> Routed:
    """An acknowledgement of all that waits, in one realm: the live one where anything waits there."""
    if not parsed.act:
        return routed(None, "not-understood", hint=hints.receipt_alone(len(waiting)))
    live = [d for d in waiting if d.realm == "live"]
    here = live or [d for d in waiting if d.realm == waiting[-1].realm]
    return routed(here[-1] if here else None, parsed.act, all=True,
                  elsewhere=len(waiting) - len(here))  # fmt: skip


def _act_for(connection: Connection, held: Any, parsed: Parsed) -> str:
    """The act a digit or word stands for in this message; "" where it is not offered there."""
    if not parsed.digit:
        return parsed.act
    asked = [
        (row.id, choices(row.wants, row.measure is not None))
        for row in connection.execute(asked_by(held.id))
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
    return "" if act in _DONE and unfinished(parsed.rest) else act


def _listed(waiting: list[Any]) -> words.Words:
    """The messages that wait, red first and then the newest, by code and first words: as many as an
    SMS has room for, of the rest how many."""
    if not waiting:
        return hints.nothing_waits()
    listed = []
    for held in sorted(waiting, key=lambda d: (d.band != "red", -d.id))[:hints.LISTED]:
        about = (held.subject or held.text).strip().splitlines()[:1]
        shown = about[0][:24] if about else ""
        listed.append((held.code, words.both(shown, shown)))
    return hints.which(listed, len(waiting))


def _running(connection: Connection) -> list[str]:
    return list(connection.execute(select(realm.c.id).where(realm.c.ended.is_(None))).scalars())
