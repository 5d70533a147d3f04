"""To which notices an answer is: those its delivery carried, or those about what it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.chase import everything, gathered, hints, reply_words
from alerting.chase.acts import fits
from alerting.chase.outcomes import Outcome
from alerting.chase.reporting import may_speak_for
from alerting.chase.rights import ON_BEHALF, may_answer, was_asked
from alerting.chase.together import were_put_together
from alerting.chase.told import carried, subject_of, told_by
from alerting.people import Person, post_by_id
from alerting.signals import Report
from alerting.store.schema import delivery, measure, notice, pursuit
from alerting.store.schema_callout import callout
from alerting.vocabulary.answers import CALLED, choices
from alerting.vocabulary.questions import grouped, question_of

ACTS = ("acknowledge", "in-force", "return", "cannot", "support", "approve", "approve-changed",
        "refuse", "attest",
        "kept", "stand", "call-off", "keep-first", "take-second", "both", "go-ahead", "give-up",
        "attest-gate", "sign", "send-back", "take-over", "cannot-take-over",
        "report", "pass-on", "tick")  # fmt: skip


NOTHING_ASKED = "nothing was asked"


@dataclass(frozen=True, slots=True)
class Targets:
    """The notices an answer is to, and the delivery it came on; or why there are none. `untaken` are
    the subjects it named besides and is no answer to, each with the reason; `unnamed`: it is about one
    of these, of a digest, and does not say which."""

    notices: list[Any]
    delivery: Any | None = None
    instead: Outcome | None = None
    untaken: tuple[tuple[str, str], ...] = ()
    unnamed: bool = False


def targets_of(connection: Connection, life: Life, who: Person, report: Report) -> Targets:
    if report.act not in ACTS:
        return _no_act(connection, life, report)
    if not may_answer(who):
        return Targets([], None, Outcome("refused", reply_words.only_looks(), "the role view"))
    if report.detail.get("all"):
        return _of_all(connection, life, who, report)
    kind, _, key = report.subject.partition(":")
    if kind == "delivery":
        return _of_delivery(connection, life, who, report, key)
    if kind == "callout":
        return _of_callout(connection, life, who, report, key)
    if report.detail.get("with"):
        return _of_several(connection, life, who, report)
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
        if report.act in ("approve", "approve-changed", "refuse"):
            row = connection.execute(select(measure).where(measure.c.id == fitting[0].measure)).one()
            decider = post_by_id(connection, row.decider) if row.decider else None
            return Targets([], None, Outcome("refused", reply_words.not_yours(decider),
                                             "not the decider"))  # fmt: skip
        return Targets([], None, Outcome("refused", reply_words.not_asked(), "was not asked"))
    if rows:
        return Targets([], None, Outcome("not-understood", reply_words.nothing_asked(),
                                         "nothing was asked that this answers"))  # fmt: skip
    return Targets([], None, Outcome("refused", reply_words.not_asked(), "nobody was asked"))


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
        return Targets([], None, Outcome("refused", reply_words.not_asked(), "not their delivery"))
    sent = told_by(connection, held)
    letter = str(report.detail.get("letter") or "").upper()
    asked = [n for n in sent if n.wants and n.pursuit is not None]
    if not asked:
        return Targets([], held, Outcome("taken", reply_words.nothing_asked(), NOTHING_ASKED))
    fitting = [n for n in asked if fits(report.act, n.wants, n.measure is not None)]
    if held.summary and fitting and report.act in gathered.HEARD:
        return Targets(fitting, held, unnamed=True)
    if held.summary and (not fitting or report.act != "acknowledge"):
        return Targets([], held, gathered.hint(asked, held))
    if letter and held.letters:
        named = next((n for n in fitting if n.id == held.letters.get(letter)), None)
        fitting = next((g for g in grouped(fitting) if named in g), [])
    newest = list({subject_of(n): n for n in fitting}.values())
    if not newest or (len(grouped(newest)) > 1 and report.act != "acknowledge"):
        return Targets([], held, _hint(asked, held, "no such answer, or a letter is missing"))
    return Targets(newest, held)


def _of_callout(
    connection: Connection, life: Life, who: Person, report: Report, key: str
) -> Targets:
    """Said on the page of a call-out of one post that it calls: the newest message that asks it."""
    mine = select(pursuit.c.id).where(pursuit.c.post == str(report.detail.get("post")))
    rows = connection.execute(
        select(notice)
        .join(callout, callout.c.alert == notice.c.alert)
        .where(callout.c.id == key, notice.c.realm == life.realm, notice.c.wants.in_(CALLED),
               notice.c.pursuit.in_(mine), notice.c.state != "withheld")
        .order_by(notice.c.id)
    ).all()  # fmt: skip
    asked = [r for r in rows if r.facts.get("callout") == key and fits(report.act, r.wants, False)]
    if not asked:
        return Targets([], None, Outcome("refused", reply_words.not_asked(), "nobody was asked"))
    # Whoever was called in their place since, they answer for themselves.
    own = [r for r in asked if was_asked(connection, who, r)]
    if not own and not may_speak_for(connection, who):
        return Targets([], None, Outcome("refused", reply_words.not_asked(), "was not asked"))
    return Targets((own or asked)[-1:])


def _of_link(
    connection: Connection, life: Life, who: Person, report: Report, key: str
) -> Targets:
    """A button under one notice of a message: it means the newest there about the same."""
    held = _delivery(connection, life, str(report.detail["delivery"]))
    sent = told_by(connection, held) if held is not None else []  # a digest's page lists all of it
    pressed = next((n for n in sent if str(n.id) == key), None)
    if held is None or held.person != who.id or pressed is None:
        return Targets([], None, Outcome("refused", reply_words.not_asked(), "not their delivery"))
    same = [n for n in sent if subject_of(n) == subject_of(pressed)
            and fits(report.act, n.wants, n.measure is not None)]  # fmt: skip
    if not same:
        return Targets([], held, _hint([pressed], held, "nothing was asked that this answers"))
    return Targets(same[-1:], held)


def _of_several(
    connection: Connection, life: Life, who: Person, report: Report
) -> Targets:
    """A page's answer to one question about several: the subject, and those ticked beside it. What was
    not put together with them, or what this does not answer, is left as it was and counted."""
    kind, _, key = report.subject.partition(":")
    detail = {name: value for name, value in report.detail.items() if name != "with"}
    subjects = [f"{kind}:{one}" for one in dict.fromkeys([key, *map(str, report.detail["with"])])]
    notices: dict[int, Any] = {}
    untaken: list[tuple[str, str]] = []
    held, instead = None, None
    for subject in subjects:
        alone = report.model_copy(update={"subject": subject, "detail": detail})
        found = targets_of(connection, life, who, alone)
        held = held or found.delivery
        if found.instead is not None:
            instead = instead or found.instead
            untaken.append((subject, found.instead.reason))
            continue
        first = next(iter(notices.values()), None)
        fitting = [n for n in found.notices if first is None or _one_question(connection, first, n)]
        notices |= {n.id: n for n in fitting}
        if not fitting:
            untaken.append((subject, "was not put together with the others"))
    if not notices:
        return Targets([], held, instead)
    return Targets([notices[n] for n in sorted(notices)], held, untaken=tuple(untaken))


def _one_question(connection: Connection, one: Any, other: Any) -> bool:
    """Put as one question in a message, or in the first place."""
    mine = question_of(one)
    if mine is not None and mine == question_of(other):
        return True
    if one.measure is None or other.measure is None:
        return False
    return were_put_together(connection, one.measure, other.measure)


def _of_all(connection: Connection, life: Life, who: Person, report: Report) -> Targets:
    """All that waits for them in this realm and can be acknowledged, whatever message brought it."""
    at = report.accepted or report.issued
    found = everything.receipts(connection, life.realm, who.id, at)
    if found and report.act == "acknowledge":
        return Targets(found)
    return Targets([], None, Outcome("not-understood", everything.told(
        connection, life, who, report, []), "nothing waits that can be acknowledged"))  # fmt: skip


def _delivery(connection: Connection, life: Life, key: str) -> Any | None:
    return connection.execute(
        select(delivery).where(delivery.c.realm == life.realm,
                               delivery.c.id == (int(key) if key.isdecimal() else -1))
    ).one_or_none()  # fmt: skip


def _no_act(connection: Connection, life: Life, report: Report) -> Targets:
    """What `route` could not read: the hint it made, on the delivery it is nearest to."""
    _, _, key = report.subject.partition(":")
    held = _delivery(connection, life, key) if report.subject.startswith("delivery:") else None
    told = report.detail.get("hint")
    if held is None or told is not None:
        return Targets([], held, Outcome("not-understood", told or hints.nothing_waits()))
    asked = [n for n in carried(connection, held.id) if n.wants]
    several = bool(report.detail.get("several"))
    return Targets([], held, _hint(asked, held, "not understood", several=several))


def _hint(asked: list[Any], held: Any, reason: str, *, several: bool = False) -> Outcome:
    if held.summary:
        return gathered.hint(asked, held)
    offers: dict[str, Any] = {}
    for one in asked:
        for digit, choice in choices(one.wants, one.measure is not None).items():
            offers.setdefault(digit, choice)
    if not offers:
        told = hints.by_form(held.code) if asked else hints.nothing_waits()
        return Outcome("not-understood", told, reason)
    told = hints.offered(offers, held.code, sorted(held.letters), several)
    return Outcome("not-understood", told, reason)
