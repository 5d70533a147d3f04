"""What those answer who are called out (叫应): awake, reported, passed on; or ticked off by somebody.

Any answer says that its post is awake, and starts the wait for the report. A report that lacks
something is kept and asked back; only a whole one, or a tick by hand, ends the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from alerting.alerts import callouts
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import called, calls, pursuits, reply_words, report_words
from alerting.chase.filling import fill
from alerting.chase.outcomes import Outcome, Said, last_answer, no_more
from alerting.chase.rights import ON_BEHALF, posts_of
from alerting.people import Person, person_by_id, post_by_id, resolve
from alerting.rulebook.calling import as_question
from alerting.rulebook.given import read_answer, read_answers
from alerting.rulebook.measures import Question
from alerting.store.schema import post, pursuit
from alerting.store.schema_callout import callee, callout_report

HOWS = ("phone", "radio", "in person")


def answered(connection: Connection, life: Life, said: Said) -> Outcome:
    """Do what an answer to a call-out says."""
    held = pursuits.by_id(connection, said.notice.pursuit)
    held = pursuits.open_one(connection, life.realm, held.post, held.wants, None, held.alert) or held
    sheet = called.callout_of(connection, said.notice.facts)
    one = called.callee_of(connection, said.notice.facts, held.post)
    if said.act != "tick" and _is_theirs(connection, said, held.post):
        called.awake(connection, said.who, said.notice.facts, held.post, said.at)
    if sheet.state != {"report": "open", "closing": "closing"}[held.wants]:
        told = reply_words.late(life, sheet.closed or sheet.ended)
        return Outcome("late", told, "the call-out is over")
    does = {"acknowledge": _heard, "report": _report, "pass-on": _pass_on, "tick": _tick}
    return does[said.act](connection, life, said, held, sheet, one)


def may_speak_for(connection: Connection, who: Person) -> bool:
    """Whether they may report for others or tick them off: by role, or on duty at the office."""
    if who.role in ON_BEHALF:
        return True
    mine = select(post.c.id).where(post.c.id.in_(posts_of(connection, who)),
                                   post.c.tier == "duty-office")  # fmt: skip
    return connection.execute(mine).first() is not None


def _is_theirs(connection: Connection, said: Said, called_post: str) -> bool:
    """Whether they speak for themselves: they hold the post, or its own message reached them."""
    if called_post in posts_of(connection, said.who):
        return True
    return said.delivery is not None and bool(said.notice.post == called_post)


def _heard(
    connection: Connection, life: Life, said: Said, held: Any, sheet: Any, one: Any
) -> Outcome:
    """Awake; the report has its own time. Only the first time gives more of it."""
    if held.state != "open":
        return no_more(connection, life, said, held)
    before = last_answer(connection, said, ("acknowledge",), pursuit_id=held.id)
    if before is not None:
        return Outcome("repeated", reply_words.repeated(life, before.at, said.who))
    by = _wait(connection, life, held, one, said.at)
    asked = called.still_asked(connection, said.notice.facts, held.post, held.wants)
    return Outcome("taken", report_words.awake(life, by, asked))


def _report(
    connection: Connection, life: Life, said: Said, held: Any, sheet: Any, one: Any
) -> Outcome:
    questions = [as_question(asked) for asked in one.asked]
    kept = called.kept(connection, one, held.wants)
    given = {**kept, **_given(questions, kept, said)}
    made, wrong = read_answers(questions, given)
    lacks = [q for q in questions if q.needed and q.id not in made]
    connection.execute(
        insert(callout_report).values(
            realm=life.realm, callout=sheet.id, post=held.post, wants=held.wants, at=said.at,
            by=said.who.id, via=said.channel, asked=one.asked, said=made,
            lacks=[q.id for q in lacks] + ([] if lacks or not wrong else ["?"]),
        )
    )  # fmt: skip
    record(connection, life.realm, said.at, said.who.id, f"report {held.wants}", sheet.id,
           {"post": held.post, "said": made, "lacks": [q.id for q in lacks]})  # fmt: skip
    _ask_for_help(connection, life, said, held, one, kept, made)
    if lacks:
        by = _wait(connection, life, held, one, said.at)
        return Outcome("taken", report_words.short(life, one.asked, made, lacks, by),
                       "falls short")  # fmt: skip
    fresh = pursuits.answered(connection, life, held.id, said.who.id, said.at)
    _is_in(connection, life, held, sheet, one, said)
    return Outcome("taken", report_words.whole(life, one.asked, made, said.at, again=not fresh))


def _given(
    questions: Sequence[Question], kept: dict[str, Any], said: Said
) -> dict[str, Any]:
    """The answers of a form, or those read in a text: of what was asked back where it fits that alone,
    else of all that is asked."""
    if said.form:
        return {key: value for key, value in said.form.items() if str(value).strip()}
    left = [q for q in questions if q.id not in kept]
    if 0 < len(left) < len(questions):
        filled = fill(left, said.text)
        if len(filled) == len(left):
            return dict(filled)
    return {key: value for q in questions
            if (value := fill(questions, said.text).get(key := q.id)) is not None
            and read_answer(q, value) is not None}  # fmt: skip


def _is_in(
    connection: Connection, life: Life, held: Any, sheet: Any, one: Any, said: Said
) -> None:
    """All that was asked is answered."""
    # Who reports in the place of another wakes nobody, and is named.
    values: dict[str, Any] = {"woken_by": one.woken_by or said.who.id}
    if held.wants == "report":
        values |= {"reported": said.at, "first_report": one.first_report or said.at}
    else:
        values |= {"closed": said.at}
    _write(connection, one, **values)
    _close_if_over(connection, life, sheet.id, said.at)


def _ask_for_help(
    connection: Connection, life: Life, said: Said, held: Any, one: Any, before: dict[str, Any],
    now: dict[str, Any],
) -> None:  # fmt: skip
    """A yes to "is help needed" calls the duty office, once."""
    wanted = [q["id"] for q in one.asked if q.get("help")]
    if not any(now.get(key) == "yes" and before.get(key) != "yes" for key in wanted):
        return
    facts = calls.facts_of(connection, life, held)
    office = resolve(connection, life.places, "duty-office", "", facts["place"])
    if office is None or office.id == held.post:
        return
    bare = {key: value for key, value in facts.items()
            if key not in ("callout", "questions", "passes_on", "due")}  # fmt: skip
    what = report_words.needs_help(post_by_id(connection, held.post), one.asked, now)
    calls.tell(connection, life, "escalation", bare | {"due": None}, what, said.at, post=office.id,
               alert_id=held.alert, wants="acknowledge", by=said.who.called("zh"))  # fmt: skip


def _pass_on(
    connection: Connection, life: Life, said: Said, held: Any, sheet: Any, one: Any
) -> Outcome:
    if one.passed_on is not None:
        who = person_by_id(connection, one.passed_by)
        return Outcome("repeated", reply_words.repeated(life, one.passed_on, who))
    if not said.notice.facts.get("passes_on"):
        return Outcome("refused", report_words.no_list(), "there is nobody to pass it on to")
    with Ledger(connection, life) as ledger:
        row = ledger.callouts.by_id(sheet.id)
        assert row is not None
        fresh = callouts.pass_on(ledger, row, held.post, said.who.id, said.at)
    if held.state == "open":
        _wait(connection, life, held, one, said.at)
    return Outcome("taken", report_words.passed_on(len(fresh), open_=held.state == "open"))


def _tick(
    connection: Connection, life: Life, said: Said, held: Any, sheet: Any, one: Any
) -> Outcome:
    """Reached by other means: the calls end, in the name of who says so."""
    how = str(said.arguments.get("how") or "")
    if not may_speak_for(connection, said.who):
        return Outcome("refused", report_words.may_not_tick(), "not theirs to tick off")
    if how not in HOWS or not said.text:
        return Outcome("refused", report_words.how_and_why(), "without how or why")
    if not pursuits.answered(connection, life, held.id, said.who.id, said.at):
        return no_more(connection, life, said, held)
    more = {"closed": said.at} if held.wants == "closing" else {}
    _write(connection, one, woken=one.woken or said.at, woken_by=one.woken_by or said.who.id,
           ticked=said.at, ticked_by=said.who.id, ticked_how=how, ticked_why=said.text,
           **more)  # fmt: skip
    record(connection, life.realm, said.at, said.who.id, "tick off", sheet.id,
           {"post": held.post, "how": how, "reason": said.text})  # fmt: skip
    _close_if_over(connection, life, sheet.id, said.at)
    return Outcome("taken", report_words.ticked(post_by_id(connection, held.post), how))


def _wait(connection: Connection, life: Life, held: Any, one: Any, at: datetime) -> datetime:
    """Until when the report is waited for, by one who is awake; calls that are not out yet are not
    needed."""
    by = held.deadline or at
    if held.state == "open":
        due = one.report_by if held.wants == "report" else one.closing_by
        by = max(due or at, at + life.policies.wait(held.level, held.wants))
        connection.execute(
            update(pursuit).where(pursuit.c.id == held.id, pursuit.c.state == "open")
            .values(deadline=by)
        )  # fmt: skip
        calls.take_back(connection, held.id, "answered before it was sent")
    return by


def _close_if_over(connection: Connection, life: Life, key: str, at: datetime) -> None:
    with Ledger(connection, life) as ledger:
        row = ledger.callouts.by_id(key)
        if row is not None:
            callouts.close_if_all_is_in(ledger, row, at)


def _write(connection: Connection, one: Any, **values: Any) -> None:
    connection.execute(
        update(callee)
        .where(callee.c.callout == one.callout, callee.c.post == one.post)
        .values(**values)
    )


