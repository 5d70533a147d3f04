"""Pursuits: what is waited for, from whom, and until when. Opening, joining, answering, ending.

At most one is open for each (post, wants, measure or alert). A notice that comes while it is open
joins it; one that comes after it was answered opens it anew, since a rise voids acknowledgements.
A cry for help outlives what it was about; where nothing is open each is a matter of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from alerting.alerts import unknown
from alerting.alerts.life import Life
from alerting.audit import entry, record, record_all
from alerting.chase import calls, everyone, moot, words
from alerting.people import posts_held
from alerting.people.policy import answer_by
from alerting.store.many import among
from alerting.store.schema import delivery, delivery_notice, is_open, notice, pursuit
from alerting.vocabulary.answers import CALLED, HANDOVER

_Subject = tuple[str, str, str | None, str | None]

AT_ONCE = 50  # notices taken up or pursuits ended in a transaction: others wait for the writer
# Of a message that dispatch held back because what it is about was over.
_NOT_SENT = "it ended before it was sent"
# Of what is about no measure and no alert, or about two: why it is waited for no more.
_SETTLED = {"conflict": "settled", HANDOVER: "the roster has moved on"}


def open_new(connection: Connection, life: Life, now: datetime) -> int:
    """Take up the notices that want an answer and have no pursuit yet, a batch at most; gives how
    many."""
    return _take_up(connection, life, _unpursued_ones(life.realm), now)


def open_new_of(connection: Connection, life: Life, who: str, now: datetime) -> None:
    """The same for somebody who speaks: what they were told comes before the rest of a crowd's."""
    of_posts = notice.c.post.in_(posts_held(connection, [who])[who])
    of_messages = notice.c.id.in_(
        select(delivery_notice.c.notice)
        .join(delivery, delivery.c.id == delivery_notice.c.delivery)
        .where(delivery.c.person == who, delivery.c.realm == life.realm)
    )
    if open_new(connection, life, now) == AT_ONCE:
        mine = _unpursued_ones(life.realm).where(or_(of_posts, of_messages))
        _take_up(connection, life, mine, now)


def _take_up(connection: Connection, life: Life, these: Select[Any], now: datetime) -> int:
    rows = connection.execute(these, {"most": AT_ONCE}).all()
    if not rows:
        return 0
    rows = [_as_it_stands(connection, row, now) for row in rows]
    # A front's notices are each the first of theirs, a thousand of them: they are written together.
    waited_for, firsts = _waited_for(connection, life.realm, rows), list[Any]()
    for row in rows:
        if not _loose(row) and (key := _subject(row)) not in waited_for:
            waited_for.add(key)
            firsts.append(row)
            continue
        _open_all(connection, life, firsts)
        firsts = []
        held = _same_cry(connection, row) if _loose(row) else open_one(
            connection, life.realm, row.post, row.wants, row.measure, row.alert)  # fmt: skip
        if held is None:
            _open_all(connection, life, [row])
        else:
            _join(connection, life, held, row, now)
    _open_all(connection, life, firsts)
    return len(rows)


def _as_it_stands(connection: Connection, row: Any, now: datetime) -> Any:
    """The notice; of a cry for help that waited until what it was about was over, as one that hangs on
    nothing, see `_cut_loose`, and goes out where it was held back for that."""
    if not calls.is_cry(row):
        return row
    about = row.alert, row.measure
    if calls.not_over(connection, *about) == about:
        return row
    stands: dict[str, Any] = {"alert": None, "measure": None}
    if row.state == "withheld" and row.reason == _NOT_SENT:
        stands |= {"state": "due", "due": now, "reason": ""}
    mine = notice.c.id == row.id
    connection.execute(update(notice).where(mine).values(stands))
    return connection.execute(select(notice).where(mine)).one()


def _subject(row: Any) -> _Subject:
    """Of a notice or pursuit, by what an open pursuit is one; see `same_subject`."""
    return row.post, row.wants, row.measure, None if row.measure is not None else row.alert


def _waited_for(connection: Connection, realm: str, rows: Sequence[Any]) -> set[_Subject]:
    """Of the subjects of these notices and their likes, those that are waited for already."""
    asked = {
        "of_realm": realm,
        "posts": {row.post for row in rows},
        "measures": {row.measure for row in rows if row.measure is not None},
        "alerts": {row.alert for row in rows if row.measure is None and row.alert is not None},
    }
    return {_subject(row) for row in connection.execute(_OPEN, asked)}


@lru_cache(maxsize=64)
def _unpursued_ones(realm: str) -> Select[Any]:
    most = bindparam("most", type_=Integer)
    return select(notice).where(unpursued(realm)).order_by(notice.c.id).limit(most)


def unpursued(realm: str) -> ColumnElement[bool]:
    # Written so that SQLite goes by its index of exactly these: the words not bound, the post not
    # offered as the better way in. Who cries for help is waited for though the message was held back.
    return and_(
        notice.c.realm == realm, notice.c.wants != literal_column("''"), notice.c.pursuit.is_(None),
        (notice.c.post + "").is_not(None), or_(notice.c.state != "withheld", calls.cry()),
    )  # fmt: skip


def open_one(
    connection: Connection,
    realm: str,
    post: str,
    wants: str,
    measure_id: str | None,
    alert_id: str | None,
) -> Any | None:
    """The open pursuit of a post for a measure, or for an alert where no measure is meant; for
    neither, of a hand-over alone: of cries there may be several."""
    if measure_id is None and alert_id is None and wants != HANDOVER:
        return None
    given = {"of_realm": realm, "of_post": post, "for": wants}
    if measure_id is not None:
        return connection.execute(_FOR_MEASURE, given | {"about": measure_id}).one_or_none()
    asked = _FOR_ALERT if alert_id is not None else _FOR_NOTHING
    return connection.execute(asked, given | {"about": alert_id}).one_or_none()


_BY_ID = select(pursuit).where(pursuit.c.id == bindparam("number"))
_OPEN_ONE = select(pursuit).where(
    pursuit.c.realm == bindparam("of_realm"), pursuit.c.post == bindparam("of_post"),
    pursuit.c.wants == bindparam("for"), is_open,
)  # fmt: skip
_FOR_MEASURE = _OPEN_ONE.where(pursuit.c.measure == bindparam("about"))
_FOR_ALERT = _OPEN_ONE.where(pursuit.c.measure.is_(None), pursuit.c.alert == bindparam("about"))
_FOR_NOTHING = _OPEN_ONE.where(pursuit.c.measure.is_(None), pursuit.c.alert.is_(None))


def _loose(row: Any) -> bool:
    return row.measure is None and row.alert is None


def _same_cry(connection: Connection, row: Any) -> Any | None:
    """The open pursuit of the same words from the same person, where a cry hangs on nothing: who sends
    them again rings again, and one answer will do."""
    rows = connection.execute(
        select(pursuit, notice.c.facts["reason"].label("said"))
        .join(notice, notice.c.pursuit == pursuit.c.id)
        .where(pursuit.c.realm == row.realm, pursuit.c.post == row.post, pursuit.c.state == "open",
               pursuit.c.measure.is_(None), pursuit.c.alert.is_(None), calls.cry())
        .order_by(pursuit.c.id)
    )  # fmt: skip
    return next((one for one in rows if one.said == row.facts["reason"]), None)


def same_subject(table: Any, measure_id: str | None, alert_id: str | None) -> ColumnElement[bool]:
    """A measure is the same whichever alert its notice hangs on; news is its alert's."""
    if measure_id is not None:
        return and_(table.c.measure == measure_id)
    return and_(table.c.measure.is_(None), table.c.alert == alert_id)


def by_id(connection: Connection, number: int) -> Any:
    return connection.execute(_BY_ID, {"number": number}).one()


def open_in_force(
    connection: Connection, life: Life, after: Any, row: Any, at_post: str, rung: int, at: datetime
) -> Any:
    """After an acknowledgement by `at_post`: the chase for the measure being in force by its due."""
    held = open_one(connection, life.realm, after.post, "in-force", row.id, None)
    if held is not None:
        return held
    due = row.due or at + timedelta(minutes=life.policies.in_force_minutes)
    # Who answers after the time is up has just been reached: they get a rung's time, no more.
    deadline = due if due > at else at + life.policies.wait(after.level, "in-force")
    if ahead := life.measure(row.measure).remind_minutes:
        # A long time: who said they would do it is told once more before it is up.
        deadline = max(at, due - timedelta(minutes=ahead)) if due > at else deadline
    result = connection.execute(
        insert(pursuit).values(
            realm=life.realm, wants="in-force", alert=after.alert, measure=row.id,
            post=after.post, level=after.level, state="open", rung=rung, round=0,
            at_post=at_post, opened=at, deadline=deadline, must_by=due,
        )
    )  # fmt: skip
    return by_id(connection, int(_key(result)))


def answered(connection: Connection, life: Life, number: int, by: str, at: datetime) -> bool:
    """What was waited for has come. Of two at once only the first gets True."""
    result = connection.execute(
        update(pursuit)
        .where(pursuit.c.id == number, pursuit.c.state == "open")
        .values(state="answered", answered=at, answered_by=by, deadline=None)
    )
    if result.rowcount:
        calls.take_back(connection, number, "answered before it was sent")
        record(connection, life.realm, at, by, "answer", f"pursuit:{number}", {})
    return bool(result.rowcount)


def ended(connection: Connection, life: Life, number: int, why: str, at: datetime) -> bool:
    """Nothing is waited for any more, though nobody answered."""
    result = connection.execute(
        update(pursuit)
        .where(pursuit.c.id == number, pursuit.c.state == "open")
        .values(state="ended", end_reason=why, deadline=None)
    )
    if result.rowcount:
        calls.take_back(connection, number, why)
        record(connection, life.realm, at, "service", "end chase", f"pursuit:{number}",
               {"reason": why})  # fmt: skip
    return bool(result.rowcount)


def end_moot(connection: Connection, life: Life, now: datetime) -> int:
    """End the pursuits of alerts that closed and of measures that have moved on, a batch at most; a cry
    for help goes on by itself. Gives how many."""
    rows = connection.execute(moot.ones(life.realm), {"most": AT_ONCE}).all()
    for row in rows:
        if row.wants == "decision" and row.measure_state is None and row.alert_state == "open":
            unknown.data_are_back(connection, life, row.alert)
            ended(connection, life, row.id, "the data are back", now)
            continue
        if row.wants == "acknowledge" and calls.cried(connection, row):
            _cut_loose(connection, life, row, now)
            continue
        why = _SETTLED.get(row.wants) or row.measure_state or row.alert_state
        why = "the call-out went on without it" if row.wants in CALLED else why
        ended(connection, life, row.id, why, now)
    return len(rows)


def _cut_loose(connection: Connection, life: Life, row: Any, now: datetime) -> None:
    """What a cry for help was about is over, and nobody has answered it: it hangs on nothing from now
    on, with all that calls for it; what was held back because of that end goes out."""
    connection.execute(
        update(pursuit).where(pursuit.c.id == row.id).values(alert=None, measure=None)
    )
    mine = and_(notice.c.pursuit == row.id, notice.c.kind.in_({*calls.CALLS, *calls.CRIES}))
    connection.execute(update(notice).where(mine).values(alert=None, measure=None))
    connection.execute(
        update(notice)
        .where(mine, notice.c.state == "withheld", notice.c.reason == _NOT_SENT)
        .values(state="due", due=now, reason="")
    )
    record(connection, life.realm, now, "service", "chase on", f"pursuit:{row.id}",
           {"alert": row.alert, "measure": row.measure})  # fmt: skip


def _open_all(connection: Connection, life: Life, rows: list[Any]) -> None:
    """Rung 0: the post each notice went to. An order issued again ends the wait for the one before."""
    if not rows:
        return
    numbers = connection.execute(_BEGUN, [_begun(life, row) for row in rows]).scalars().all()
    record_all(connection, [
        entry(life.realm, row.created, "service", "begin chase", f"pursuit:{number}",
              {"wants": row.wants, "post": row.post, "measure": row.measure, "alert": row.alert,
               "level": row.level})
        for row, number in zip(rows, numbers, strict=True)
    ])  # fmt: skip
    connection.execute(_TAKEN_UP, [
        {"number": row.id, "by": number} for row, number in zip(rows, numbers, strict=True)
    ])  # fmt: skip
    for row in rows:
        if row.wants == "acknowledge" and row.measure is not None:
            stale = open_one(connection, life.realm, row.post, "in-force", row.measure, None)
            if stale is not None:
                ended(connection, life, stale.id, "issued again", row.created)


def _begun(life: Life, row: Any) -> dict[str, Any]:
    must_by = datetime.fromisoformat(row.facts["due"]) if row.facts.get("due") else None
    begins = max(row.created, row.due)
    return {
        "realm": life.realm, "wants": row.wants, "alert": row.alert, "measure": row.measure,
        "post": row.post, "level": row.level, "state": "open", "rung": 0, "round": 0,
        "at_post": row.post, "opened": row.created, "must_by": must_by,
        "deadline": _first_look(life, row.level, row.wants, begins, must_by),
    }  # fmt: skip


# Statements that are made once.
_BEGUN = insert(pursuit).returning(pursuit.c.id, sort_by_parameter_order=True)
_TAKEN_UP = update(notice).where(notice.c.id == bindparam("number")).values(pursuit=bindparam("by"))
# By the posts, and no other way in: of one alert a crowd may be waited for, of a post are few.
_OPEN = select(pursuit.c.post, pursuit.c.wants, pursuit.c.measure, pursuit.c.alert).where(
    pursuit.c.realm + "" == bindparam("of_realm"), among(pursuit.c.post, "posts"), is_open,
    or_(among(pursuit.c.measure + "", "measures"),
        and_(pursuit.c.measure.is_(None), among(pursuit.c.alert + "", "alerts"))),
)  # fmt: skip


def _first_look(
    life: Life, level: int, wants: str, at: datetime, must_by: datetime | None
) -> datetime:
    """When it is looked whether the post itself has answered what was written to it at `at`."""
    if wants == "closing" and must_by is not None:  # what is over has the time it was given
        return max(at, must_by)
    policy = life.policies.of(level, wants)
    step = policy.steps[0]
    return answer_by(policy, step, level, wants, at, must_by, read=False, louder=step.times > 1)


def _key(result: Any) -> Any:
    return result.inserted_primary_key[0]


def _join(connection: Connection, life: Life, held: Any, row: Any, now: datetime) -> None:
    """A later notice while the answer to an earlier one is out: one pursuit, at the higher level.

    Its own time begins with the new message; how far it has climbed is kept, and the rung it stands
    on hears of the change too.
    """
    level = max(held.level, row.level)
    must_by = datetime.fromisoformat(row.facts["due"]) if row.facts.get("due") else held.must_by
    begins = max(row.created, row.due)
    connection.execute(
        update(pursuit)
        .where(pursuit.c.id == held.id, pursuit.c.state == "open")
        .values(level=level, must_by=must_by, end_reason="",
                round=0 if level > held.level else held.round,  # a rise begins anew on its rung
                deadline=_first_look(life, level, held.wants, begins, must_by))
    )  # fmt: skip
    everyone.forget(connection, held.id)
    record(connection, life.realm, row.created, "service", "join chase", f"pursuit:{held.id}",
           {"notice": row.id, "level": level, "was": held.level})  # fmt: skip
    connection.execute(_TAKEN_UP, [{"number": row.id, "by": held.id}])
    if held.at_post != row.post:
        calls.take_back(connection, held.id, "overtaken by a change")
        said = words.corrected() if row.kind == "correction" else words.risen()
        calls.call(connection, life, by_id(connection, held.id), held.at_post, "escalation", said,
                   now, rung=held.rung, round_=max(0, held.round))  # fmt: skip
