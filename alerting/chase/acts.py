"""What each answer does to the notice it answers: the pursuit, the measure, whoever is called next.

One function an act; each gives an Outcome and changes nothing where the outcome is not `taken`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from alerting.alerts import measures, responses, unknown
from alerting.alerts.life import Life
from alerting.alerts.orders import OPEN_WORK, unconfirmed, undecided
from alerting.alerts.signing import is_theirs, put_arguments
from alerting.audit import record
from alerting.chase import calls, decision_words, handing_over, pursuits, reply_words, reporting
from alerting.chase.carrying import CARRIED_OUT, acknowledge, cannot, in_force, support
from alerting.chase.changing import changed_arguments
from alerting.chase.meetings import MEETS, gate_or_meeting
from alerting.chase.outcomes import Outcome, Said, last_answer, measure_of, no_more, open_for
from alerting.chase.returning import returned
from alerting.chase.rights import decides, posts_of, was_asked
from alerting.errors import BadInput
from alerting.people import person_by_id, post_by_id
from alerting.people.policy import SIGNS
from alerting.store.schema import alert, delivery_notice, notice, pursuit
from alerting.vocabulary.answers import CALLED, HANDOVER

DECIDED = ("approve", "approve-changed", "refuse")
SIGNED = ("decision", "confirm")  # what these answer: a proposal, an order that went ahead
CHECKED = ("attest", "kept")
STANDS = ("stand", "call-off")
ASKED_AGAIN = timedelta(hours=4)  # whether an alert stands that nothing but missing data holds


def answer_one(connection: Connection, life: Life, said: Said) -> Outcome:
    """Do what the answer says to what its notice is about."""
    if said.act in handing_over.ACTS:
        return handing_over.answer(connection, life, said)
    if said.notice.wants in CALLED:
        return reporting.answered(connection, life, said)
    row = measure_of(connection, said.notice.measure)
    over = _over(connection, life, said, row)
    if over is not None:
        return over
    # "Cannot" and a call for support are news whatever has been asked since.
    news = said.current or said.act in ("cannot", "support")
    if not news and _overtaken(connection, said):
        return Outcome("late", reply_words.overtaken(), "overtaken by a rise")
    if said.act in MEETS:
        return gate_or_meeting(connection, life, said, row)
    does = {
        "acknowledge": acknowledge,
        "in-force": in_force,
        "return": returned,
        "cannot": cannot,
        "support": support,
        "approve": _decide,
        "approve-changed": _decide,
        "refuse": _decide,
        "attest": _attest,
        "kept": _kept,
        "stand": _stand,
        "call-off": _stand,
    }
    return does[said.act](connection, life, said, row)


def fits(act: str, wants: str, ordered: bool) -> bool:
    """Whether an act answers a notice that wants this."""
    if wants in CALLED:
        return act in ("acknowledge", "report", "tick") or (act == "pass-on" and wants == "report")
    if act in DECIDED:
        return wants in SIGNED and ordered
    if act in STANDS:
        return wants == "decision" and not ordered
    if act in CHECKED:
        return wants == "check"
    if act in MEETS:
        return wants == MEETS[act]
    if act in handing_over.ACTS:
        return wants == HANDOVER
    if act in ("in-force", "return", "cannot") and not ordered:
        return False
    return act in CARRIED_OUT and wants in ("acknowledge", "in-force")


def _decide(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    own = said.act == "approve-changed" and is_theirs(row, said.who.id) and not undecided(row)
    if not own and not decides(connection, said.who, row, said.notice, said.notice.wants):
        decider = post_by_id(connection, row.decider) if row.decider else None
        return Outcome("refused", reply_words.not_yours(decider), "not the decider")
    who, at = said.who.id, said.at
    if responses.put_by(connection, row.id) is not None:
        return _consulted(connection, life, said, row)
    if said.act == "refuse":
        measures.refuse(connection, life, row.id, who, at, said.text)
        told = decision_words.refused(life) if said.text else decision_words.refused_without_a_reason()
        if row.put is not None:
            told = decision_words.stays_as_signed()
        elif unconfirmed(row):
            told = decision_words.taken_back(bool(said.text))
    elif said.act == "approve":
        measures.approve(connection, life, row.id, who, at)
        told = decision_words.confirmed() if unconfirmed(row) else decision_words.approved()
    else:
        try:
            changed = changed_arguments(life, row, said.arguments)
            done = measures.approve(connection, life, row.id, who, at, changed, said.text)
        except BadInput as error:
            return Outcome("not-understood", decision_words.change_not_read(error), "not to be read")
        if not done:  # what they change it to is what they signed before
            return _decided_before(connection, life, said, row)
        as_signed = decision_words.said_of(life, row.measure, changed or put_arguments(row))
        told = decision_words.approved_changed(as_signed)
    for held in open_for(connection, row, SIGNED):
        pursuits.answered(connection, life, held.id, who, at)
    return Outcome("taken", told)


def _consulted(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """About an emergency response: for its post alone, whoever else was called, and with a note."""
    if row.decider not in posts_of(connection, said.who):
        return Outcome("refused", reply_words.not_yours(post_by_id(connection, row.decider)),
                       "not the decider")  # fmt: skip
    if said.act == "approve-changed":
        return Outcome("refused", decision_words.response_not_changed(), "a response is not changed")
    if not said.text:
        return Outcome("refused", responses.NOTE_NEEDED, "no note of the consultation")
    yes = said.act == "approve"
    responses.decide_on(connection, life, row.id, said.who.id, said.text, yes, said.at)
    for held in open_for(connection, row, ("decision",)):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    return Outcome("taken", decision_words.responded(yes))


def _attest(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    measures.attest(connection, life, row.id, said.who.id, said.at)
    for held in open_for(connection, row, ("check",)):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    return Outcome("taken", decision_words.attested())


def _kept(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Looked at, and not to be lifted yet: nobody else is called, and it is asked again later."""
    again = said.at + timedelta(minutes=life.policies.in_force_minutes)
    for held in open_for(connection, row, ("check",)):
        connection.execute(
            update(pursuit).where(pursuit.c.id == held.id).values(deadline=again, round=-1)
        )
        calls.take_back(connection, held.id, "answered before it was sent")
    record(connection, life.realm, said.at, said.who.id, "keep", row.id, {"reason": said.text})
    return Outcome("taken", decision_words.kept(life, again))


def _stand(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Whether an alert stands that missing data alone hold: the office on duty says, with the role."""
    held, who, at = pursuits.by_id(connection, said.notice.pursuit), said.who.id, said.at
    if said.who.role not in SIGNS or not was_asked(connection, said.who, said.notice):
        return Outcome("refused", reply_words.not_yours(post_by_id(connection, held.post)),
                       "not theirs to decide")  # fmt: skip
    if said.act == "call-off":
        unknown.call_off(connection, life, said.notice.alert, who, at, said.text)
        pursuits.answered(connection, life, held.id, who, at)
        return Outcome("taken", decision_words.called_off())
    if held.state != "open":
        return no_more(connection, life, said, held)
    again = at + ASKED_AGAIN
    connection.execute(
        update(pursuit).where(pursuit.c.id == held.id)
        .values(deadline=again, round=-1, rung=0, at_post=held.post, end_reason="")
    )  # fmt: skip
    calls.take_back(connection, held.id, "answered before it was sent")
    unknown.stands(connection, life, said.notice.alert, who, at)
    return Outcome("taken", decision_words.stands(life, again))


def _over(connection: Connection, life: Life, said: Said, row: Any) -> Outcome | None:
    """Late: the alert has closed, the measure ended or moved past what was asked."""
    if row is None:
        held = connection.execute(
            select(alert).where(alert.c.id == said.notice.alert)
        ).one_or_none()
        if held is not None and held.state != "open":
            return Outcome("late", reply_words.late(life, held.closed), held.state)
        return None
    if said.act == "approve-changed" and is_theirs(row, said.who.id):
        return None  # who signed corrects themselves
    if said.act in DECIDED and not undecided(row):
        return _decided_before(connection, life, said, row)
    if said.act in CHECKED and row.state == "lifted":
        return _done_by(connection, life, said, CHECKED, row)
    means = {"attest": ("lift proposed",), "kept": ("lift proposed",),
             "go-ahead": ("approved",), "give-up": ("approved",),
             "attest-gate": ("lift proposed",),
             "sign": ("attested",), "send-back": ("attested",),
             # What comes in late is what its lifter looks for.
             "return": (*OPEN_WORK, "lift proposed")}  # fmt: skip
    if MEETS.get(said.act) == "conflict":  # it may be settled in any state
        return None
    if said.act in DECIDED:
        return None
    states = means.get(said.act, OPEN_WORK)
    if row.state == "approved" and said.act in CARRIED_OUT:
        return Outcome("late", decision_words.suspended(), row.state)
    if row.ended is not None or row.state not in states:
        return Outcome("late", reply_words.late(life, row.ended), row.state)
    return None


def _decided_before(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Somebody decided first: who, when and what, which holds."""
    before = last_answer(connection, said, DECIDED, anybody=True)
    if before is None:
        return Outcome("late", reply_words.late(life, row.ended), row.state)
    who = person_by_id(connection, before.person)
    if before.act == said.act == "approve" or before.act == said.act == "refuse":
        return Outcome("repeated", reply_words.repeated(life, before.at, who))
    holds = decision_words.said_of(life, row.measure, row.arguments)
    if is_theirs(row, said.who.id) and before.person == said.who.id:
        return Outcome("repeated", decision_words.yours_holds(holds), "decided otherwise before")
    outcome = "late" if row.ended is not None else "repeated"
    kept = before.act == "refuse" and row.decided_by is not None  # asked anew, they stayed with it
    told = decision_words.decided_otherwise(life, before.at, who, "keep" if kept else before.act, holds)
    return Outcome(outcome, told, "decided otherwise before")


def _done_by(
    connection: Connection, life: Life, said: Said, acts: tuple[str, ...], row: Any
) -> Outcome:
    before = last_answer(connection, said, acts, anybody=True)
    if before is None:
        return Outcome("late", reply_words.late(life, row.ended), row.state)
    who = person_by_id(connection, before.person)
    return Outcome("repeated", reply_words.repeated(life, before.at, who))


def _overtaken(connection: Connection, said: Said) -> bool:
    """A fresh notice about the same has gone to the same post since, and is not what they answer."""
    one = said.notice
    if one.measure is None and one.alert is None:  # each is a matter of its own
        return False
    first = connection.execute(
        select(pursuit.c.post).where(pursuit.c.id == one.pursuit)
    ).scalar_one()
    alike = {"in-force": ("acknowledge",), "decision": SIGNED, "confirm": SIGNED}
    wants = alike.get(one.wants, (one.wants,))
    fresh = connection.execute(
        select(notice.c.id).where(
            notice.c.realm == one.realm, notice.c.post == first, notice.c.id > one.id,
            notice.c.wants.in_(wants), notice.c.kind.not_in(calls.CALLS),
            notice.c.state != "withheld",
            pursuits.same_subject(notice, one.measure, one.alert),
        )
    ).scalars().all()  # fmt: skip
    if not fresh:
        return False
    carried: set[int] = set()
    if said.delivery is not None:
        carried = set(
            connection.execute(
                select(delivery_notice.c.notice).where(delivery_notice.c.delivery == said.delivery)
            ).scalars()
        )
    return not set(fresh) <= carried


