"""Taking what a person says: to which notices it applies, what it does, and what they are told.

An answer applies to the notices that its delivery carried. Every answer is a row, every change an
audit entry, and everyone we know is told what happens next; strangers get nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import (
    called,
    calls,
    commands,
    consent,
    distress,
    everything,
    gathered,
    hints,
    pursuits,
    reasons,
    reply_words,
    shift_exercise,
    words,
)
from alerting.chase.acts import answer_one
from alerting.chase.closing import close_deliveries, woken
from alerting.chase.joined import joined
from alerting.chase.outcomes import Outcome, Said
from alerting.chase.targets import NOTHING_ASKED, Targets, targets_of
from alerting.chase.told import carried
from alerting.people import Person, contacts_of, person_by_id, resolve
from alerting.signals import Report
from alerting.store.schema import answer, contact, delivery
from alerting.vocabulary import Level

HINTS = 3  # an hour to one delivery, so that two machines cannot answer each other for ever
ALIKE = 3  # so many answers an hour to one delivery are told that they change nothing any more
_ALIKE = ("repeated", "late", "refused")
HINTS_IN = timedelta(hours=1)
_SILENCE = "no hint: enough were sent within the hour"
_ENOUGH = "no reply: the same was answered often enough within the hour"
# Where the person sees on the page itself what follows, a message would say it twice.
_SHOWN_AT_ONCE = ("api", "page", "link", "web")


def take(connection: Connection, life: Life, report: Report) -> str:
    """Take one report of a person's answer, at the time it was accepted. Gives the outcome:

    taken | late | repeated | refused | not-understood, or "" where nobody we know spoke. A report
    taken before gives the same outcome again and changes nothing.
    """
    at = report.accepted or report.issued
    known = connection.execute(
        select(answer.c.outcome).where(answer.c.id == report.id)
    ).scalar_one_or_none()
    if known is not None:
        return str(known)
    who = person_by_id(connection, report.person)
    if who is None:
        record(connection, life.realm, at, report.person, "answer of a stranger", report.subject,
               {"act": report.act})  # fmt: skip
        return ""
    pursuits.open_new_of(connection, life, who.id, at)
    if report.act in ("stop", "start"):
        return _stop_or_start(connection, life, who, report, at)
    if report.act == consent.VERIFY:
        made = consent.verify(connection, life, who, report, at)
        _write(connection, life, who, report, made, at)
        _reply(connection, life, who, report, Targets([]), made.words, at)
        return made.outcome
    if report.act == shift_exercise.ACT:
        made = shift_exercise.take(connection, life, who, at)
        _write(connection, life, who, report, made, at)
        _reply(connection, life, who, report, Targets([]), made.words, at)
        return made.outcome
    if report.act in (commands.ACT, commands.DROP):
        return _commanded(connection, life, who, report, at)
    if report.act == "reason":
        made, refused = reasons.give(connection, life, who, report, at)
        _write(connection, life, who, report, made, at, one=refused, number=0,
               delivery_id=refused.delivery if refused is not None else None)  # fmt: skip
        _reply(connection, life, who, report, Targets([]), made.words, at)
        return made.outcome
    targets = targets_of(connection, life, who, report)
    if targets.instead is not None:
        return _not_taken(connection, life, who, report, targets, at)
    if targets.unnamed:
        made = gathered.call_back(connection, life, who, report, targets.delivery, targets.notices, at)
        assert targets.delivery is not None
        _write(connection, life, who, report, made, at, delivery_id=targets.delivery.id)
        _reply(connection, life, who, report, targets, made.words, at)
        return made.outcome
    outcomes = [_apply(connection, life, who, report, targets, n, one, at)
                for n, one in enumerate(targets.notices)]  # fmt: skip
    close_deliveries(connection, who, targets, at)
    if report.detail.get("all"):
        taken = [n for n, o in zip(targets.notices, outcomes, strict=True) if o.outcome == "taken"]
        told = everything.told(connection, life, who, report, taken)
    else:
        sent = targets.delivery
        told = joined(connection, life, targets.notices, outcomes,
                      summary=sent is not None and sent.summary)  # fmt: skip
    for subject, why in targets.untaken:
        record(connection, life.realm, at, who.id, f"answer {report.act}", subject,
               {"outcome": "not taken", "channel": report.channel, "why": why})  # fmt: skip
    if targets.untaken:
        told = reply_words.and_untaken(told, len(targets.untaken))
    best = next((o for o in outcomes if o.outcome == "taken"), outcomes[0])
    if distress.unheard(report, best.outcome):
        distress.tell_office(connection, life, who, report, targets, at)
        told = reply_words.and_office_told(told)
    connection.execute(update(answer).where(answer.c.id == report.id).values(told=told))
    if best.outcome not in _ALIKE or _may_tell(connection, life, who, report, targets.delivery, at):
        _reply(connection, life, who, report, targets, told, at)
    return best.outcome


def note(connection: Connection, life: Life, report: Report, made: Outcome) -> None:
    """Keep what became of something that was done by hand or seen, beside what became of answers. Who
    texted it and confirmed it is told."""
    who, at = person_by_id(connection, report.person), report.accepted or report.issued
    if who is None:
        return
    confirms = report.detail.get("confirms")
    if confirms is not None:
        made = commands.done(made, report)
    _write(connection, life, who, report, made, at)
    if confirms is not None:
        _close_said_back(connection, who, int(confirms), at)
        _reply(connection, life, who, report, Targets([]), made.words, at)


def heard(connection: Connection, report_id: str, person: str) -> tuple[str, Outcome] | None:
    """The act and outcome of a report of a person's; None while nobody has taken it."""
    rows = connection.execute(
        select(answer).where(answer.c.person == person)
        .where((answer.c.id == report_id) | answer.c.id.startswith(f"{report_id}#", autoescape=True))
        .order_by(answer.c.id)
    ).all()  # fmt: skip
    if not rows:
        return None
    best = next((r for r in rows if r.outcome == "taken"), rows[0])
    return str(best.act), Outcome(best.outcome, rows[0].told, best.reason)


def _apply(
    connection: Connection,
    life: Life,
    who: Person,
    report: Report,
    targets: Targets,
    number: int,
    one: Any,
    at: datetime,
) -> Outcome:
    text = str(report.detail.get("reason") or report.detail.get("text") or "").strip()
    given = targets.delivery.id if targets.delivery is not None else None
    made = answer_one(connection, life, Said(
        who, report.act, text, at, one, given, channel=report.channel,
        form=report.detail.get("form") or {},
        current=report.subject.startswith(("measure:", "alert:")),
        arguments=dict(report.detail.get("arguments") or {}),
        points=dict(report.detail.get("points") or {}),
    ))  # fmt: skip
    _write(connection, life, who, report, made, at, number=number, one=one, delivery_id=given)
    if made.outcome == "taken" or made.reason == "overtaken by a rise":
        woken(connection, life, one, at)
    return made


def _not_taken(
    connection: Connection, life: Life, who: Person, report: Report, targets: Targets, at: datetime
) -> str:
    """Refused, or not understood: recorded, and answered with a hint, but not for ever."""
    made, held = targets.instead, targets.delivery
    assert made is not None
    if distress.unheard(report, made.outcome):
        distress.tell_office(connection, life, who, report, targets, at)
        made = replace(made, words=reply_words.and_office_told(made.words))
    elif made.outcome == "not-understood" and not _may_hint(connection, life, who, held, at):
        record(connection, life.realm, at, who.id, "silence", report.subject,
               {"why": _SILENCE, "text": str(report.detail.get("text", ""))})  # fmt: skip
        _write(connection, life, who, report, replace(made, reason=_SILENCE), at,
               delivery_id=held.id if held else None)  # fmt: skip
        return made.outcome
    _write(connection, life, who, report, made, at, delivery_id=held.id if held else None)
    idle = made.outcome in _ALIKE or made.reason == NOTHING_ASKED
    if held is not None and held.person == who.id:
        called.spoke(connection, who, held.id, at)
    if made.outcome == "taken" and held is not None:
        close_deliveries(connection, who, targets, at)
    record(connection, life.realm, at, who.id, made.outcome, report.subject,
           {"act": report.act, "why": made.reason})  # fmt: skip
    if not idle or _may_tell(connection, life, who, report, held, at):
        _reply(connection, life, who, report, targets, made.words, at)
    return made.outcome


def _commanded(
    connection: Connection, life: Life, who: Person, report: Report, at: datetime
) -> str:
    """Something that is to be done by hand is said back and not done yet; or it is dropped again."""
    if (again := commands.confirmed_before(connection, report)) is not None:
        made = again
    elif report.act == commands.DROP:
        held = int(report.subject.partition(":")[2])
        _close_said_back(connection, who, held, at)
        made = Outcome("taken", hints.dropped(), "not confirmed")
    else:
        made = commands.take(connection, life, who, report, at)
    _write(connection, life, who, report, made, at)
    said = str(report.detail.get("text", ""))
    record(connection, life.realm, at, who.id, report.act, report.subject,
           {"outcome": made.outcome, "text": said, "why": made.reason})  # fmt: skip
    if report.act == commands.DROP or made.outcome != "taken":
        _reply(connection, life, who, report, Targets([]), made.words, at)
    return made.outcome


def _close_said_back(
    connection: Connection, who: Person, delivery_id: int, at: datetime
) -> None:
    """It is confirmed or dropped, and can be neither once more."""
    held = connection.execute(
        select(delivery).where(delivery.c.id == delivery_id, delivery.c.person == who.id)
    ).one_or_none()
    if held is not None:
        close_deliveries(connection, who, Targets([], held), at)


def _may_hint(
    connection: Connection, life: Life, who: Person, held: Any | None, at: datetime
) -> bool:
    """A person who errs again tomorrow is helped again; a machine that echoes us is not."""
    count = connection.execute(
        select(func.count()).select_from(answer).where(
            answer.c.realm == life.realm, answer.c.person == who.id, answer.c.at > at - HINTS_IN,
            answer.c.outcome == "not-understood", answer.c.reason != _SILENCE,
            answer.c.delivery == held.id if held is not None else answer.c.delivery.is_(None),
        )
    ).scalar_one()  # fmt: skip
    return bool(count < HINTS)


def _may_tell(
    connection: Connection, life: Life, who: Person, report: Report, held: Any | None, at: datetime
) -> bool:
    """Whether one whose answer changes nothing is told so once more: a machine that sends "received"
    to whatever comes, our reply included, would be answered for ever."""
    of = answer.c.delivery == held.id if held is not None else answer.c.delivery.is_(None)
    ids = connection.execute(
        select(answer.c.id).where(
            answer.c.realm == life.realm, answer.c.person == who.id, answer.c.at > at - HINTS_IN,
            answer.c.act == report.act, of,
            answer.c.outcome.in_(_ALIKE) | (answer.c.reason == NOTHING_ASKED),
        )
    ).scalars()  # fmt: skip
    if len({one.partition("#")[0] for one in ids}) <= ALIKE:  # to several notices it is several rows
        return True
    record(connection, life.realm, at, who.id, "silence", report.subject, {"why": _ENOUGH})
    return False


def _write(
    connection: Connection,
    life: Life,
    who: Person,
    report: Report,
    made: Outcome,
    at: datetime,
    *,
    number: int = 0,
    one: Any | None = None,
    delivery_id: int | None = None,
) -> None:
    connection.execute(
        insert(answer).values(
            id=report.id if number == 0 else f"{report.id}#{number + 1}", realm=life.realm,
            person=who.id, channel=report.channel, delivery=delivery_id,
            notice=one.id if one is not None else None,
            alert=one.alert if one is not None else None,
            measure=one.measure if one is not None else None, act=report.act,
            text=str(report.detail.get("text") or report.detail.get("reason") or ""), at=at,
            outcome=made.outcome, reason=made.reason, told=made.words,
        )
    )  # fmt: skip
    if one is not None:
        record(connection, life.realm, at, who.id, f"answer {report.act}", f"notice:{one.id}",
               {"outcome": made.outcome, "channel": report.channel, "why": made.reason})  # fmt: skip


def _reply(
    connection: Connection,
    life: Life,
    who: Person,
    report: Report,
    targets: Targets,
    told: words.Words,
    at: datetime,
) -> None:
    if report.channel in _SHOWN_AT_ONCE:
        return
    about = _about_what(connection, targets)
    facts = calls.bare_facts(connection, life, about)
    facts["to"] = {"channel": report.channel, "address": report.detail.get("reply_to", "")}
    calls.tell(connection, life, "reply", facts, told, at, person=who.id, alert_id=about.alert,
               measure_id=about.measure)  # fmt: skip


def _about_what(connection: Connection, targets: Targets) -> calls.About:
    if targets.notices:
        one = targets.notices[0]
        return calls.About(one.alert, one.measure, max(n.level for n in targets.notices))
    if targets.delivery is not None:
        for row in carried(connection, targets.delivery.id)[:1]:
            return calls.About(row.alert, row.measure, row.level)
    return calls.NOTHING


def _stop_or_start(
    connection: Connection, life: Life, who: Person, report: Report, at: datetime
) -> str:
    """No more messages to this address, or messages again; the duty office hears of both.

    The person is told too: of a stop on what is left to them, never where they have just stopped us.
    Where nothing is left no word of ours can reach them (the provider confirms a stop itself): then
    the duty office hears that they are out of reach, and the first page shows it.
    """
    stop = report.act == "stop"
    address = str(report.detail.get("reply_to", ""))
    theirs = and_(contact.c.person == who.id, contact.c.channel == report.channel,
                  contact.c.address == address)  # fmt: skip
    known = connection.execute(select(contact.c.rank).where(theirs)).first() is not None
    changed = connection.execute(
        update(contact)
        .where(theirs, contact.c.stopped.is_(None) if stop else contact.c.stopped.is_not(None))
        .values(stopped=at if stop else None)
    ).rowcount
    left = contacts_of(connection, who.id)
    reachable = bool(left)
    if known and not changed and (reachable or not stop):
        return _so_already(connection, life, who, report, at)
    if not stop:
        told, said = reply_words.you_started(report.channel), words.started(who, report.channel)
    elif reachable:
        told, said = reply_words.you_stopped(report.channel), words.stopped(who, report.channel)
        loud = report.detail.get("loud")
        if loud and not any(one.channel in loud for one in left):
            reachable, said = False, words.only_silent(who, report.channel)
    else:
        told, said = reply_words.nothing_left(report.channel), words.unreachable(who, report.channel)
    _write(connection, life, who, report, Outcome("taken", told), at)
    record(connection, life.realm, at, who.id, f"{report.act} messages", f"person:{who.id}",
           {"channel": report.channel, "reachable": reachable})  # fmt: skip
    office = resolve(connection, life.places, "duty-office", "", life.places.county)
    if office is not None:
        level = Level.yellow if reachable else Level.orange
        facts = calls.bare_facts(connection, life, calls.About(None, None, int(level)))
        facts["hazard"] = "service"  # the service itself speaks, not somebody's instruction
        calls.tell(connection, life, "service", facts, said, at, post=office.id)
    if left:
        _reply(connection, life, who, report, Targets([]), told, at)
    return "taken"


def _so_already(
    connection: Connection, life: Life, who: Person, report: Report, at: datetime
) -> str:
    """It is so: the office need not hear of it again, nor they where they have stopped us."""
    stop = report.act == "stop"
    told = (reply_words.you_stopped if stop else reply_words.you_started)(report.channel)
    _write(connection, life, who, report, Outcome("repeated", told), at)
    if not stop and _may_tell(connection, life, who, report, None, at):
        _reply(connection, life, who, report, Targets([]), told, at)
    return "repeated"
