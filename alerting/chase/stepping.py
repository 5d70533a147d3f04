"""One step of the chase, at a moment: whoever has been silent for too long is called again or passed.

    1. pursuits whose alert or measure has moved on end;
    2. notices that want an answer get a pursuit; whoever is to come on duty is called;
    3. a post with nobody on it, or whom no message reached: the next rung at once;
    4. measures that should be in force by now are overdue;
    5. measures whose hours begin take over from others; those whose end has come end, or are looked at;
    6. deadlines that have passed: the same rung again, louder, or the next one; the last rung at a
       slow pace for ever.

A pursuit moves at most once a step and its next deadline counts from now: after an outage of any
length each is caught up with by one message.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from alerting.alerts import measures, settling, timed
from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import calls, everyone, handing_over, moot, pursuits, words
from alerting.chase.called import is_awake, stands_at
from alerting.chase.ladder import next_rung, policy_of, step_of
from alerting.people import Person, Post, post_by_id, resolve
from alerting.people.policy import Step, answer_by
from alerting.store.schema import (
    UtcText,
    delivery,
    delivery_notice,
    escalation,
    is_nobody,
    is_open,
    measure,
    notice,
    pursuit,
)
from alerting.store.schema_duty import handover
from alerting.vocabulary.answers import HANDOVER

AT_ONCE = 20  # deadlines a transaction, of 3 ms each: others wait for the writer
EXHAUSTED = "exhausted"  # of an open pursuit: every rung was called as often as the policy says
# Measures that have a time: to be in force, or, approved, to have waited for what comes first.
_DUE = ("approved", "issued", "acknowledged")
# Statements are made once a realm: to build one takes as long as to ask it, and they are asked again
# after every commit.
_NOW: Any = bindparam("now", type_=UtcText)


def step(connection: Connection, life: Life, now: datetime) -> int:
    """Do what is due by `now`, the realm's own time, of each kind a batch at most. Gives how many
    things changed; where it was any, there may be more."""
    changed = pursuits.end_moot(connection, life, now)
    changed += pursuits.open_new(connection, life, now)
    changed += handing_over.ask(connection, life, now)
    changed += _unreached(connection, life, now)
    changed += _mark_overdue(connection, life, now)
    changed += timed.do_what_is_due(connection, life, now)
    for held in connection.execute(_lapsed(life.realm), {"now": now}).all():
        _lapse(connection, life, held, now)
        changed += 1
    return changed


def has_work(connection: Connection, life: Life, now: datetime) -> bool:
    """Whether `step` would change anything now; reads only."""
    return look(connection, life, now)[0]


def look(connection: Connection, life: Life, now: datetime) -> tuple[bool, datetime | None]:
    """Whether `step` would change anything now, and the realm's own time at which the next deadline
    passes or hours begin or end, None where nothing is waited for; reads only."""
    question = _question(life.realm, life.book.successors)
    work, first, late, *hours = connection.execute(question, {"now": now}).one()
    due = min((at for at in hours if at is not None), default=None)
    known = [at for at in (first, late, due) if at is not None]
    return bool(work) or (due is not None and due <= now), min(known, default=None)


@lru_cache(maxsize=64)
def _question(realm: str, successors: timed.Successors) -> Select[Any]:
    """Whether there is anything to do, and when: one statement, made once a realm and book, for it is
    asked after every commit."""
    asked = (
        select(pursuit.c.id).where(_expired(realm, _NOW)),
        select(notice.c.id).where(pursuits.unpursued(realm)),
        select(notice.c.id).where(_nobody(realm)),
        select(notice.c.id).where(_dead(realm)),
        select(measure.c.id).where(_late(realm, _NOW)),
        select(pursuit.c.id).where(moot.are_moot(realm)),
        select(handover.c.n).where(handing_over.unsaid(realm)),
    )
    first = select(func.min(pursuit.c.deadline)).where(pursuit.c.realm == realm, is_open)
    late = select(func.min(measure.c.due)).where(
        measure.c.realm == realm, measure.c.ended.is_(None), measure.c.state.in_(_DUE),
        measure.c.overdue.is_(None),
    )  # fmt: skip
    moments = (first, late, *timed.moments(realm, successors))
    return select(or_(*(one.exists() for one in asked)), *(one.scalar_subquery() for one in moments))


def climb(
    connection: Connection,
    life: Life,
    held: Any,
    reason: str,
    now: datetime,
    *,
    said: str = "",
    by: Person | None = None,
) -> Post | None:
    """Call the next rung at once; None where there is none above.

    `reason` is silent | nobody | cannot | overdue | undelivered; `said` are the words of `by`.
    """
    facts = calls.facts_of(connection, life, held)
    after = next_rung(connection, life, held, facts["sector"], facts["place"])
    if after is None:
        return None
    guarded = connection.execute(
        update(pursuit)
        .where(pursuit.c.id == held.id, pursuit.c.state == "open", pursuit.c.rung == held.rung)
        .values(rung=held.rung + 1, round=0, at_post=after.id, end_reason="",
                deadline=_answer_by(connection, life, held, now, after.id, 0))
    )  # fmt: skip
    if not guarded.rowcount:
        return None
    connection.execute(
        insert(escalation).values(
            realm=life.realm, pursuit=held.id, alert=held.alert, measure=held.measure,
            from_post=held.at_post, to_post=after.id, at=now, reason=reason,
        )
    )  # fmt: skip
    record(connection, life.realm, now, by.id if by else "service", "escalate",
           f"pursuit:{held.id}", {"from": held.at_post, "to": after.id, "reason": reason})  # fmt: skip
    if held.wants == "conflict":
        settling.meanwhile(connection, life, held.measure, now)
    calls.take_back(connection, held.id, "the next rung is called")
    before = post_by_id(connection, held.at_post)
    calls.call(connection, life, held, after.id, "escalation",
               words.climbed(reason, before, said), now, rung=held.rung + 1, round_=0,
               by=by.called("zh") if by else "")  # fmt: skip
    return after


def _lapse(connection: Connection, life: Life, held: Any, now: datetime) -> None:
    """A deadline has passed: wait for what was carried late, else call again, else climb."""
    if held.wants == HANDOVER:
        handing_over.lapse(connection, life, held, now)
        return
    held = _at_its_level(connection, life, held, now)
    called = calls.latest_call(connection, held)
    if (last := everyone.all_heard(connection, held, called)) is not None:
        pursuits.answered(connection, life, held.id, last, now)
        return
    ahead = held.wants == "in-force" and held.rung == 0 and held.must_by is not None
    if ahead and called is None and now < held.must_by:
        _remind_ahead(connection, life, held, now)
        return
    reminded = ahead and called is not None and called.created < held.must_by <= now
    if called is None and held.wants == "acknowledge" and held.measure is None:
        if calls.cried(connection, held):  # held back, whatever for: somebody needs help all the same
            _call_again(connection, life, held, called, now)
        else:
            pursuits.ended(connection, life, held.id, "nothing was sent that could be answered", now)
        return
    if called is None or (reminded and called.kind == "reminder"):
        _not_in_force(connection, life, held, now)
        return
    if called.state == "due" and called.due > now:
        # It is held back (blue at night, a digest, a budget): who has not been told is not silent.
        _wait_until(connection, held, _answer_by_now(connection, life, held, called.due))
        return
    carried = calls.carried_at(connection, called.id)
    if carried is not None:
        read = calls.was_read(connection, called.id)
        if (by := _answer_by_now(connection, life, held, carried, read=read)) > now:
            _wait_until(connection, held, by)
            return
    facts = calls.facts_of(connection, life, held)
    if next_rung(connection, life, held, facts["sector"], facts["place"]) is not None:
        if held.round + 1 < _step_now(connection, life, held).times:
            _call_again(connection, life, held, called, now)
        else:
            climb(connection, life, held, "silent", now)
        return
    if held.end_reason != EXHAUSTED and held.round + 1 < policy_of(life, held).last.times:
        _call_again(connection, life, held, called, now)
    elif held.end_reason != EXHAUSTED:
        _despair(connection, life, held, facts, now)
    else:
        _call_again(connection, life, held, called, now, by=_slowly(life, held, now))


def _at_its_level(connection: Connection, life: Life, held: Any, now: datetime) -> Any:
    """A call-out whose alerts have fallen goes on at the pace and in the colour of where they stand."""
    level = stands_at(connection, held) if held.wants == "report" else 0
    if not 0 < level < held.level:
        return held
    connection.execute(update(pursuit).where(pursuit.c.id == held.id).values(level=level))
    record(connection, life.realm, now, "service", "ease chase", f"pursuit:{held.id}",
           {"level": level, "was": held.level})  # fmt: skip
    return pursuits.by_id(connection, held.id)


def _call_again(
    connection: Connection, life: Life, held: Any, called: Any, now: datetime,
    by: datetime | None = None, round_: int | None = None,
) -> None:  # fmt: skip
    """The same rung, one round louder. One message, if the one before has not even gone out."""
    round_ = held.round + 1 if round_ is None else round_
    by = by or _answer_by(connection, life, held, now, held.at_post, round_)
    connection.execute(
        update(pursuit)
        .where(pursuit.c.id == held.id, pursuit.c.state == "open")
        .values(round=round_, deadline=by)
    )
    if called is not None and called.state == "due":
        return
    said = words.reminded(life, held.wants, round_ + 1, by)
    calls.call(connection, life, held, held.at_post, "reminder", said, now, rung=held.rung,
               round_=round_)  # fmt: skip
    if held.wants == "report" and held.at_post != held.post and is_awake(connection, held):
        # Others are called in their place, and they owe the report still.
        calls.call(connection, life, held, held.post, "reminder", said, now, rung=0, round_=round_)


def _remind_ahead(connection: Connection, life: Life, held: Any, now: datetime) -> None:
    """Its time is nearly up: who said they would do it is told once more, and has until then."""
    calls.call(connection, life, held, held.at_post, "reminder", words.due_soon(life, held.must_by),
               now, rung=0, round_=max(0, held.round))  # fmt: skip
    _wait_until(connection, held, held.must_by)


def _not_in_force(connection: Connection, life: Life, held: Any, now: datetime) -> None:
    """Acknowledged and not reported in force in time: who acknowledged hears it, the next rung too."""
    due = held.must_by or held.deadline
    after = climb(connection, life, held, "overdue", now)
    calls.call(connection, life, held, held.at_post, "reminder", words.overdue(life, due), now,
               rung=held.rung, round_=0)  # fmt: skip
    if after is None:
        _wait_until(connection, held, _answer_by_now(connection, life, held, now))


def _despair(
    connection: Connection, life: Life, held: Any, facts: dict[str, Any], now: datetime
) -> None:
    """Nobody on any rung did it: it is said aloud, and the last rung is called on, at a slow pace."""
    connection.execute(
        update(pursuit)
        .where(pursuit.c.id == held.id, pursuit.c.state == "open")
        .values(deadline=_slowly(life, held, now), end_reason=EXHAUSTED)
    )
    if held.wants == "conflict":
        settling.meanwhile(connection, life, held.measure, now)
    record(connection, life.realm, now, "service", "nobody reached", f"pursuit:{held.id}",
           {"post": held.at_post, "calls": held.round + 1, "wants": held.wants})  # fmt: skip
    office = resolve(connection, life.places, "duty-office", "", facts["place"])
    if office is not None:
        calls.tell(connection, life, "service", facts,
                   words.exhausted(post_by_id(connection, held.at_post), held.round + 1,
                                   held.wants), now,
                   post=office.id, alert_id=held.alert, measure_id=held.measure)  # fmt: skip


def _unreached(connection: Connection, life: Life, now: datetime) -> int:
    """Calls that ended with nobody, or of which every delivery is dead: the next rung at once, above
    whoever is on duty at the duty office its whole list.

    At the top there is no next rung: the deadline calls it again.
    """
    changed, moved = 0, set[int]()
    for reason, question in _in_vain(life.realm).items():
        for row in connection.execute(question).all():
            connection.execute(update(notice).where(notice.c.id == row.id).values(noted=True))
            changed += 1
            if row.pursuit is None or row.pursuit in moved:
                continue
            held = pursuits.by_id(connection, row.pursuit)
            called = calls.latest_call(connection, held)
            if held.state != "open" or called is None or called.id != row.id:
                continue
            if (last := everyone.all_heard(connection, held, called)) is not None:
                pursuits.answered(connection, life, held.id, last, now)
                continue
            if held.wants == HANDOVER:
                handing_over.unreached(connection, life, held, now)
            elif climb(connection, life, held, reason, now) is not None or (
                _call_whole_list(connection, life, held, called, now)
            ):
                moved.add(held.id)
    return changed


def _call_whole_list(
    connection: Connection, life: Life, held: Any, called: Any, now: datetime
) -> bool:
    """What the duty office itself is asked goes to all of it once whoever is on duty was called in
    vain; False where that is so already, or another post is called."""
    step = _step_now(connection, life, held)
    times = step.times
    if held.at_post != held.post or step_of(connection, life, held, held.post, times) == step:
        return False
    _call_again(connection, life, held, called, now, round_=times)
    return True


def _mark_overdue(connection: Connection, life: Life, now: datetime) -> int:
    rows = connection.execute(_too_late(life.realm), {"now": now}).scalars().all()
    return sum(measures.overdue(connection, life, one, now) for one in rows)


def _step_now(connection: Connection, life: Life, held: Any) -> Step:
    return step_of(connection, life, held, held.at_post, held.round)


def _answer_by_now(
    connection: Connection, life: Life, held: Any, at: datetime, *, read: bool = False
) -> datetime:
    """Until when the call it stands at is waited for, had it reached its reader at `at`."""
    if held.end_reason == EXHAUSTED:
        return _slowly(life, held, at)
    return _answer_by(connection, life, held, at, held.at_post, held.round, read=read)


def _answer_by(
    connection: Connection, life: Life, held: Any, at: datetime, post: str, round_: int, *,
    read: bool = False,
) -> datetime:  # fmt: skip
    step = step_of(connection, life, held, post, round_)
    return answer_by(policy_of(life, held), step, held.level, held.wants, at, held.must_by, read=read,
                     louder=round_ + 1 < step.times)  # fmt: skip


def _slowly(life: Life, held: Any, at: datetime) -> datetime:
    return at + policy_of(life, held).then_every.at(held.level)


def _wait_until(connection: Connection, held: Any, at: datetime) -> None:
    connection.execute(
        update(pursuit)
        .where(pursuit.c.id == held.id, pursuit.c.state == "open")
        .values(deadline=at)
    )


def _expired(realm: str, now: datetime) -> ColumnElement[bool]:
    return and_(pursuit.c.realm == realm, is_open, pursuit.c.deadline <= now)


@lru_cache(maxsize=64)
def _lapsed(realm: str) -> Select[Any]:
    return (
        select(pursuit).where(_expired(realm, _NOW)).order_by(pursuit.c.deadline, pursuit.c.id)
        .limit(AT_ONCE)
    )  # fmt: skip


@lru_cache(maxsize=64)
def _too_late(realm: str) -> Select[Any]:
    return select(measure.c.id).where(_late(realm, _NOW)).order_by(measure.c.id)


@lru_cache(maxsize=64)
def _in_vain(realm: str) -> dict[str, Select[Any]]:
    """By the reason, the calls that reached nobody."""
    found = {"nobody": _nobody(realm), "undelivered": _dead(realm)}
    return {why: select(notice).where(those).order_by(notice.c.id).limit(AT_ONCE)
            for why, those in found.items()}  # fmt: skip


def _of(realm: str) -> ColumnElement[bool]:
    """Of this realm, but not found by it: SQLite would go through all its notices. What stands as a sum
    in these questions is no way in, so that it takes the one through the few."""
    return notice.c.realm + "" == realm


def _nobody(realm: str) -> ColumnElement[bool]:
    return and_(_of(realm), is_nobody, notice.c.noted.is_(False))


def _dead(realm: str) -> ColumnElement[bool]:
    """Notices of a pursuit that were carried, and of which no delivery is left that may arrive."""
    carried_by = delivery_notice.join(delivery, delivery.c.id == delivery_notice.c.delivery)
    died = select(delivery_notice.c.notice).select_from(carried_by).where(
        delivery.c.realm + "" == realm, delivery.c.state == "dead"
    )  # fmt: skip
    lives = select(delivery.c.id).select_from(carried_by).where(
        delivery_notice.c.notice == notice.c.id, delivery.c.state.not_in(["dead", "superseded"])
    )  # fmt: skip
    return and_(
        _of(realm), notice.c.state + "" == "carried", notice.c.noted.is_(False),
        notice.c.pursuit.is_not(None),
        notice.c.id.in_(died), ~exists(lives.correlate(notice)),
    )  # fmt: skip


def _late(realm: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        measure.c.realm == realm, measure.c.ended.is_(None), measure.c.state.in_(_DUE),
        measure.c.overdue.is_(None), measure.c.due <= now,
    )  # fmt: skip
