"""Taking what a person says: to which notices it applies, what it does, and what they are told.

An answer applies to the notices that its delivery carried. Every answer is a row, every change an
audit entry, and everyone we know is told what happens next; strangers get nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import calls, pursuits, words
from alerting.chase.acts import Outcome, Said, answer_one, fits
from alerting.chase.rights import ON_BEHALF, was_asked
from alerting.people import Person, person_by_id, post_by_id, resolve
from alerting.signals import Report
from alerting.store.schema import (
    alert,
    answer,
    contact,
    delivery,
    delivery_notice,
    measure,
    notice,
)
from alerting.vocabulary.answers import choices

ACTS = ("acknowledge", "in-force", "cannot", "support", "approve", "refuse", "attest", "kept")
HINTS = 3  # to one delivery, so that two machines cannot answer each other for ever
# Where the person sees on the page itself what follows, a message would say it twice.
_SHOWN_AT_ONCE = ("api", "page", "link", "web")


@dataclass(frozen=True, slots=True)
class Targets:
    """The notices an answer is to, and the delivery it came on; or why there are none."""

    notices: list[Any]
    delivery: Any | None = None
    instead: Outcome | None = None


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
    pursuits.open_new(connection, life, at)
    if report.act == "stop":
        return _stop(connection, life, who, report, at)
    targets = _targets(connection, life, who, report)
    if targets.instead is not None:
        return _not_taken(connection, life, who, report, targets, at)
    outcomes = [_apply(connection, life, who, report, targets, n, one, at)
                for n, one in enumerate(targets.notices)]  # fmt: skip
    _close_deliveries(connection, who, targets, at)
    _reply(connection, life, who, report, targets, _joined(life, connection, targets, outcomes), at)
    best = next((o for o in outcomes if o.outcome == "taken"), outcomes[0])
    return best.outcome


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
    made = answer_one(connection, life, Said(who, report.act, text, at, one, given))
    _write(connection, life, who, report, made, at, number=number, one=one, delivery_id=given)
    if made.outcome == "taken" or made.reason == "overtaken by a rise":
        _woken(connection, life, one, at)
    return made


def _targets(connection: Connection, life: Life, who: Person, report: Report) -> Targets:
    if report.act not in ACTS:
        return _no_act(connection, life, report)
    kind, _, key = report.subject.partition(":")
    if kind == "delivery":
        return _of_delivery(connection, life, who, report, key)
    if kind == "notice" and report.detail.get("delivery") is not None:
        return _of_link(connection, life, who, report, key)
    rows = connection.execute(_about(life, kind, key)).all()
    fitting = [r for r in rows if fits(report.act, r.wants, r.measure is not None)]
    mine = [r for r in fitting if was_asked(connection, who, r)]
    if not mine and who.role in ON_BEHALF:
        mine = fitting
    if mine:
        # Of several notices about the same, the newest is the one that counts.
        newest = {r.measure or (r.alert, r.post): r for r in mine}
        if kind == "alert" or report.act == "acknowledge":
            newest = {(r.measure or r.alert, r.pursuit): r for r in mine}
        chosen = sorted(newest.values(), key=lambda r: r.id)
        return Targets(chosen if kind == "alert" else chosen[-1:])
    if fitting:
        if report.act in ("approve", "refuse"):
            row = connection.execute(select(measure).where(measure.c.id == fitting[0].measure)).one()
            decider = post_by_id(connection, row.decider) if row.decider else None
            return Targets([], None, Outcome("refused", words.not_yours(decider),
                                             "not the decider"))  # fmt: skip
        return Targets([], None, Outcome("refused", words.not_asked(), "was not asked"))
    if rows:
        return Targets([], None, Outcome("not-understood", words.nothing_asked(),
                                         "nothing was asked that this answers"))  # fmt: skip
    return Targets([], None, Outcome("refused", words.not_asked(), "nobody was asked"))


def _about(life: Life, kind: str, key: str) -> Any:
    """Notices that wanted an answer and were not withheld, oldest first."""
    column = {"notice": notice.c.id, "measure": notice.c.measure, "alert": notice.c.alert}.get(kind)
    asked = select(notice).where(notice.c.realm == life.realm, notice.c.wants != "",
                                 notice.c.state != "withheld").order_by(notice.c.id)  # fmt: skip
    if column is None or (kind == "notice" and not key.isdecimal()):
        return asked.where(notice.c.id == -1)
    return asked.where(column == (int(key) if kind == "notice" else key))


def _of_delivery(
    connection: Connection, life: Life, who: Person, report: Report, key: str
) -> Targets:
    held = _delivery(connection, life, key)
    if held is None or held.person != who.id:
        # Somebody answers for another by a delivery that is not theirs: forged, or a wrong link.
        return Targets([], None, Outcome("refused", words.not_asked(), "not their delivery"))
    carried = _carried(connection, held.id)
    letter = str(report.detail.get("letter") or "").upper()
    asked = [n for n in carried if n.wants and n.pursuit is not None]
    if not asked:
        return Targets([], held, Outcome("taken", words.nothing_asked(), "nothing was asked"))
    fitting = [n for n in asked if fits(report.act, n.wants, n.measure is not None)]
    if letter and held.letters:
        fitting = [n for n in fitting if n.id == held.letters.get(letter)]
    newest = list({(n.measure or n.alert, n.wants): n for n in fitting}.values())
    if not newest or (len(newest) > 1 and report.act != "acknowledge"):
        return Targets([], held, _hint(asked, held, "no such answer, or a letter is missing"))
    return Targets(newest, held)


def _of_link(
    connection: Connection, life: Life, who: Person, report: Report, key: str
) -> Targets:
    """A button under one notice of a message: it means the newest there about the same."""
    held = _delivery(connection, life, str(report.detail["delivery"]))
    carried = _carried(connection, held.id) if held is not None else []
    pressed = next((n for n in carried if str(n.id) == key), None)
    if held is None or held.person != who.id or pressed is None:
        return Targets([], None, Outcome("refused", words.not_asked(), "not their delivery"))
    same = [n for n in carried if (n.measure, n.wants) == (pressed.measure, pressed.wants)
            and (n.measure or n.alert == pressed.alert)
            and fits(report.act, n.wants, n.measure is not None)]  # fmt: skip
    if not same:
        return Targets([], held, _hint([pressed], held, "nothing was asked that this answers"))
    return Targets(same[-1:], held)


def _delivery(connection: Connection, life: Life, key: str) -> Any | None:
    return connection.execute(
        select(delivery).where(delivery.c.realm == life.realm,
                               delivery.c.id == (int(key) if key.isdecimal() else -1))
    ).one_or_none()  # fmt: skip


def _carried(connection: Connection, delivery_id: int) -> list[Any]:
    return list(
        connection.execute(
            select(notice)
            .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
            .where(delivery_notice.c.delivery == delivery_id)
            .order_by(notice.c.id)
        )
    )


def _no_act(connection: Connection, life: Life, report: Report) -> Targets:
    """What `route` could not read: the hint it made, on the delivery it is nearest to."""
    _, _, key = report.subject.partition(":")
    held = _delivery(connection, life, key) if report.subject.startswith("delivery:") else None
    told = report.detail.get("hint")
    if held is None or told is not None:
        return Targets([], held, Outcome("not-understood", told or words.nothing_waits()))
    asked = [n for n in _carried(connection, held.id) if n.wants]
    return Targets([], held, _hint(asked, held, "not understood"))


def _hint(asked: list[Any], held: Any, reason: str) -> Outcome:
    offers: dict[str, Any] = {}
    for one in asked:
        for digit, choice in choices(one.wants, one.measure is not None).items():
            offers.setdefault(digit, choice)
    return Outcome("not-understood", words.offered(offers, held.code, sorted(held.letters)), reason)


def _not_taken(
    connection: Connection, life: Life, who: Person, report: Report, targets: Targets, at: datetime
) -> str:
    """Refused, or not understood: recorded, and answered with a hint, but not for ever."""
    made, held = targets.instead, targets.delivery
    assert made is not None
    if made.outcome == "not-understood" and not _may_hint(connection, who, held, at):
        record(connection, life.realm, at, who.id, "silence", report.subject,
               {"why": f"{HINTS} hints were sent already",
                "text": str(report.detail.get("text", ""))})  # fmt: skip
        _write(connection, life, who, report, made, at, delivery_id=held.id if held else None)
        return made.outcome
    if made.outcome == "not-understood" and held is not None:
        connection.execute(
            update(delivery).where(delivery.c.id == held.id).values(hints=held.hints + 1)
        )
    _write(connection, life, who, report, made, at, delivery_id=held.id if held else None)
    if made.outcome == "taken" and held is not None:
        _close_deliveries(connection, who, targets, at)
    record(connection, life.realm, at, who.id, made.outcome, report.subject,
           {"act": report.act, "why": made.reason})  # fmt: skip
    _reply(connection, life, who, report, targets, made.words, at)
    return made.outcome


def _may_hint(connection: Connection, who: Person, held: Any | None, at: datetime) -> bool:
    if held is not None:
        return bool(held.hints < HINTS)
    count = connection.execute(
        select(func.count()).select_from(answer).where(
            answer.c.person == who.id, answer.c.outcome == "not-understood",
            answer.c.delivery.is_(None),
        )
    ).scalar_one()  # fmt: skip
    return bool(count < HINTS)


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
            outcome=made.outcome, reason=made.reason,
        )
    )  # fmt: skip
    if one is not None:
        record(connection, life.realm, at, who.id, f"answer {report.act}", f"notice:{one.id}",
               {"outcome": made.outcome, "channel": report.channel, "why": made.reason})  # fmt: skip


def _woken(connection: Connection, life: Life, one: Any, at: datetime) -> None:
    """The lead counts to the first answer of somebody called as the field force."""
    post = post_by_id(connection, one.post) if one.post else None
    if one.alert is None or post is None or post.tier != "field":
        return
    connection.execute(
        update(alert).where(alert.c.id == one.alert, alert.c.woken.is_(None)).values(woken=at)
    )


def _close_deliveries(
    connection: Connection, who: Person, targets: Targets, at: datetime
) -> None:
    """An answer lifts a delivery from any state to `answered`; from the page, all that asked it."""
    ids = [targets.delivery.id] if targets.delivery is not None else list(
        connection.execute(
            select(delivery.c.id)
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .where(delivery.c.person == who.id,
                   delivery_notice.c.notice.in_([n.id for n in targets.notices]))
        ).scalars()
    )  # fmt: skip
    connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state != "answered")
        .values(state="answered", at=at, answered_at=at, leased_until=None, next_try=None)
    )


def _joined(
    life: Life, connection: Connection, targets: Targets, outcomes: list[Outcome]
) -> words.Words:
    """One reply to one message: what is the same is said once, else each measure by its name."""
    if len({o.words["zh"] for o in outcomes}) == 1:
        return outcomes[0].words
    parts: dict[str, list[str]] = {"zh": [], "en": []}
    for one, made in zip(targets.notices, outcomes, strict=True):
        row = one.measure and connection.execute(
            select(measure).where(measure.c.id == one.measure)
        ).one()
        for language, said in parts.items():
            name = words.measure_title(life, row, language) if row else ""
            said.append(f"{name}: {made.words[language]}" if name else made.words[language])
    return words.both("；".join(parts["zh"]), "; ".join(parts["en"]))


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


@dataclass(frozen=True, slots=True)
class _About:
    alert: str | None
    measure: str | None
    level: int


def _about_what(connection: Connection, targets: Targets) -> _About:
    if targets.notices:
        one = targets.notices[0]
        return _About(one.alert, one.measure, max(n.level for n in targets.notices))
    if targets.delivery is not None:
        for row in _carried(connection, targets.delivery.id)[:1]:
            return _About(row.alert, row.measure, row.level)
    return _About(None, None, 1)


def _stop(
    connection: Connection, life: Life, who: Person, report: Report, at: datetime
) -> str:
    """No more messages to this address; the duty office hears that this person is out of reach."""
    address = str(report.detail.get("reply_to", ""))
    connection.execute(
        update(contact)
        .where(contact.c.person == who.id, contact.c.channel == report.channel,
               contact.c.address == address, contact.c.stopped.is_(None))
        .values(stopped=at)
    )  # fmt: skip
    _write(connection, life, who, report, Outcome("taken", {}), at)
    record(connection, life.realm, at, who.id, "stop messages", f"person:{who.id}",
           {"channel": report.channel})  # fmt: skip
    office = resolve(connection, life.places, "duty-office", "", life.places.county)
    if office is not None:
        facts = calls.bare_facts(connection, life, _About(None, None, 2))
        calls.tell(connection, life, "service", facts, words.stopped(who, report.channel), at,
                   post=office.id)  # fmt: skip
    return "taken"
