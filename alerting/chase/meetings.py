"""Answers to what measures that meet ask: which of two that conflict, whether to go on without what
should come first; and at the production gate. One function a question, as in acts.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts import gate, measures, settling
from alerting.alerts.life import Life
from alerting.alerts.notices import in_both
from alerting.alerts.orders import NOT_ISSUED, title_of, unconfirmed
from alerting.chase import decision_words, pursuits, reply_words, words
from alerting.chase.outcomes import Outcome, Said, open_for
from alerting.chase.rights import decides, holds
from alerting.people import person_by_id, post_by_id
from alerting.store.schema import measure, meeting

# What the notice must want for each act to answer it.
MEETS = {
    "keep-first": "conflict", "take-second": "conflict", "both": "conflict",
    "go-ahead": "wait", "give-up": "wait",
    "attest-gate": "gate",
    "sign": "signature", "send-back": "signature",
}  # fmt: skip


def held_back(connection: Connection, life: Life, measure_id: str) -> words.Words:
    """For one who ordered it by hand: whom or what it waits for, who is to confirm it, or what
    was signed in place of it; {} where it waits for nothing."""
    row = connection.execute(select(measure).where(measure.c.id == measure_id)).one_or_none()
    if row is None:
        return {}
    if row.issued is not None and unconfirmed(row):
        return decision_words.ordered_ahead(post_by_id(connection, row.decider))
    if row.signed is not None and row.ended is None:
        return _as_signed(connection, life, row)
    if row.state not in NOT_ISSUED:
        return {}
    if row.waits:
        titles = [one["title"] for one in row.waits["for"]]
        if row.waits["why"] == "first":
            return decision_words.waits_for(titles)
        return decision_words.in_conflict(titles, post_by_id(connection, row.waits["post"]))
    decider = post_by_id(connection, row.decider) if row.decider else None
    if decider is None:
        return {}
    interim = life.measure(row.measure).interim_names
    return decision_words.to_be_decided(decider, [title_of(life.book, name, None) for name in interim])


def _as_signed(connection: Connection, life: Life, row: Any) -> words.Words:
    holds = decision_words.said_of(life, row.measure, row.signed["arguments"])
    if row.put is not None:
        return decision_words.to_be_decided_anew(post_by_id(connection, row.decider), holds)
    return decision_words.signed_otherwise(person_by_id(connection, row.signed["by"]), holds)


def gate_or_meeting(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    does: dict[str, Callable[[Connection, Life, Said, Any], Outcome]] = {
        "conflict": _settle, "wait": _wait, "gate": _attest, "signature": _sign,
    }  # fmt: skip
    return does[MEETS[said.act]](connection, life, said, row)


def _settle(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    held = connection.execute(
        select(meeting)
        .where(meeting.c.second == row.id)
        .order_by(meeting.c.state != "open", meeting.c.opened.desc())
        .limit(1)
    ).one()
    if not decides(connection, said.who, row, said.notice, "conflict", held.post):
        return _not_theirs(connection, held.post)
    if held.state != "open":
        return _settled_before(connection, life, said, held)
    # Who decides on the newer one alone is not asked twice.
    signs = row.decider is not None and holds(connection, said.who, row.decider)
    settling.settle(connection, life, row.id, said.act, said.who.id, said.at, said=said.text,
                    signs=signs)  # fmt: skip
    _answered(connection, life, said, row)
    return Outcome("taken", decision_words.settled(said.act))


def _settled_before(connection: Connection, life: Life, said: Said, held: Any) -> Outcome:
    if held.state == "settled":
        who = person_by_id(connection, held.answered_by)
        return Outcome("repeated", reply_words.repeated(life, held.answered, who))
    return Outcome("late", decision_words.no_conflict_any_more(), "nothing to decide any more")


def _wait(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    if not decides(connection, said.who, row, said.notice, "wait", said.notice.post):
        return _not_theirs(connection, said.notice.post)
    if said.act == "go-ahead":
        measures.go_ahead(connection, life, row.id, said.who.id, said.at)
        told = decision_words.approved()
    else:
        reason = said.text or measures.NOT_SAID["zh"]
        measures.withdraw(connection, life, row.id, said.who.id, said.at, reason)
        told = decision_words.called_off()
    _answered(connection, life, said, row)
    return Outcome("taken", told)


def _attest(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Only its carrier knows whether it is so: nobody attests in their place, whoever was called."""
    if not holds(connection, said.who, row.carrier):
        carrier = post_by_id(connection, row.carrier)
        return Outcome("refused", decision_words.attests_itself(carrier), "not the carrier")
    wrong = gate.attest(connection, life, row.id, said.points, said.who.id, said.at, said.text)
    if wrong is None:
        return Outcome("late", reply_words.late(life, row.ended), row.state)
    if wrong:
        return Outcome("refused", decision_words.not_all_four(wrong), "not all four")
    _answered(connection, life, said, row)
    return Outcome("taken", decision_words.four_attested(post_by_id(connection, row.lifter)))


def _sign(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    if not decides(connection, said.who, row, said.notice, "signature", row.lifter):
        return _not_theirs(connection, row.lifter)
    if said.who.id == row.attested_by:
        return Outcome("refused", decision_words.signs_not_own(), "attested by themselves")
    if said.act == "sign":
        gate.sign(connection, life, row.id, said.who.id, said.at)
        told = decision_words.attested()
    else:
        reason = in_both(said.text or measures.NOT_SAID)
        gate.send_back(connection, life, row.id, said.who.id, said.at, reason)
        told = decision_words.sent_back()
    _answered(connection, life, said, row)
    return Outcome("taken", told)


def _answered(connection: Connection, life: Life, said: Said, row: Any) -> None:
    for held in open_for(connection, row, (MEETS[said.act],)):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)


def _not_theirs(connection: Connection, post: str | None) -> Outcome:
    return Outcome("refused", reply_words.not_yours(post_by_id(connection, post) if post else None),
                   "not the decider")  # fmt: skip
