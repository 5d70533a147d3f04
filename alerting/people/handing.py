"""Hand-overs that must be confirmed (交接班): who was on duty stays until whoever comes has confirmed.

One is open a post at most. It is opened ten minutes before its shift begins, or when the roster has
changed, and decides one thing: who of the two is on duty. Nobody else is, and never nobody because of
it: where whoever should stay has left, the incomer is on duty at once, unconfirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from alerting.audit import record
from alerting.people.rota import Shift
from alerting.store.schema import person
from alerting.store.schema_duty import AT_ONCE, duty, handover, roster

AHEAD = timedelta(minutes=10)  # so long before a shift begins, its hand-over is asked for
STANDING = ("open", "confirmed")


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a post stands at a moment `now`: the shift that runs, the next one, and within how long a
    hand-over is confirmed. `planned` says that somebody was to be on duty now, whether or not they are
    in the register still."""

    post: str
    shift: Shift | None
    coming: Shift | None
    planned: bool
    within: timedelta
    realm: str
    now: datetime


def serves(connection: Connection, turn: Turn) -> tuple[str, ...]:
    """Who is on duty at a post whose hand-over is confirmed, in order. Opens the hand-over that is due,
    ends the one that is no more."""
    on = _on_now(connection, turn.post)
    people = _of_shift(connection, turn, on)
    _look_ahead(connection, turn, people)
    return people


def _of_shift(connection: Connection, turn: Turn, on: tuple[str, ...]) -> tuple[str, ...]:
    shift, held = turn.shift, _running(connection, turn)
    if shift is None or not shift.people:
        if held is not None:
            end(connection, held, "nobody is to come", turn.realm, turn.now)
        # A planned gap is one; where whoever was to come has left the register, the other stays.
        return on if turn.planned else ()
    first = shift.people[0]
    if held is not None and (held.incomer != first or (first in on and held.outgoer is not None)):
        end(connection, held, "the roster has moved on", turn.realm, turn.now)
        held = None
    if first in on:
        if held is not None and list(held.people) != list(shift.people):
            _change(connection, held.n, people=list(shift.people))
        return shift.people
    if held is None and _confirmed_before(connection, turn, shift):
        return shift.people
    if held is None:
        ahead = open_at(connection, turn.post)
        if ahead is not None:  # of a shift that had begun, before the clock was set back
            end(connection, ahead, "the clock was set back", turn.realm, turn.now)
        _open(connection, turn, shift, on)
        return on or shift.people
    _change(connection, held.n, people=list(shift.people))
    if on:
        if held.stage == "ahead":
            _change(connection, held.n, stage="turn", said=held.cannot is not None)
        return on
    _change(connection, held.n, outgoer=None, stage="alone", said=False)
    record(connection, turn.realm, turn.now, "roster", "take over unconfirmed", turn.post,
           {"incomer": first, "outgoer": held.outgoer})  # fmt: skip
    return shift.people


def _running(connection: Connection, turn: Turn) -> Row[Any] | None:
    """The hand-over that is open and whose shift has begun."""
    held = open_at(connection, turn.post)
    return held if held is not None and held.due <= turn.now else None


def _look_ahead(connection: Connection, turn: Turn, people: Sequence[str]) -> None:
    """Ask for the next hand-over, ten minutes before it; take back one whose shift has changed."""
    coming, held = turn.coming, open_at(connection, turn.post)
    if held is not None and held.due <= turn.now:
        return  # the one before is not done with
    there = False
    for one in connection.execute(
        select(handover).where(handover.c.post == turn.post, handover.c.state.in_(STANDING))
    ).all():
        if _is_of(one, coming, people):
            there = True
        else:
            end(connection, one, "the roster has changed", turn.realm, turn.now)
    if not there and coming is not None and turn.now >= coming.begins - AHEAD and (
        coming.people and coming.people[0] not in people
    ):  # fmt: skip
        _open(connection, turn, coming, tuple(people))


def _is_of(held: Row[Any], coming: Shift | None, people: Sequence[str]) -> bool:
    """Whether a hand-over is still that of the next shift."""
    if coming is None or not coming.people or coming.people[0] in people:
        return False
    return bool((held.due, held.incomer) == (coming.begins, coming.people[0]))


def _confirmed_before(connection: Connection, turn: Turn, shift: Shift) -> bool:
    """Whether whoever comes now has confirmed before their shift began; it is taken then."""
    held = connection.execute(
        select(handover).where(handover.c.post == turn.post, handover.c.state == "confirmed",
                               handover.c.due == shift.begins,
                               handover.c.incomer == shift.people[0])
    ).one_or_none()  # fmt: skip
    if held is None:
        return False
    _change(connection, held.n, state="taken")
    return True


def _open(connection: Connection, turn: Turn, shift: Shift, on: tuple[str, ...]) -> None:
    begins = max(shift.begins, turn.now)
    outgoer = on[0] if on else None
    stage = "ahead" if shift.begins > turn.now else "turn" if on else "alone"
    connection.execute(
        insert(handover).values(
            post=turn.post, outgoer=outgoer, incomer=shift.people[0], people=list(shift.people),
            due=shift.begins, asked=turn.now, must_by=begins + turn.within, state="open",
            stage=stage, items=[],
        )
    )
    told = {"incomer": shift.people[0], "outgoer": outgoer, "due": shift.begins.isoformat()}
    record(connection, turn.realm, turn.now, "roster", "ask to take over", turn.post, told)


# What is asked of one, and what becomes of it


def open_at(connection: Connection, post: str) -> Row[Any] | None:
    """The hand-over of a post that nobody has confirmed."""
    return connection.execute(
        select(handover).where(handover.c.post == post, handover.c.state == "open")
    ).one_or_none()


def of_pursuit(connection: Connection, pursuit: int) -> Row[Any] | None:
    """The newest hand-over that a pursuit calls for."""
    return connection.execute(
        select(handover).where(handover.c.pursuit == pursuit).order_by(handover.c.n.desc()).limit(1)
    ).one_or_none()


def standing(connection: Connection) -> list[Row[Any]]:
    """All that are open, and those confirmed before their shift begins."""
    return list(connection.execute(
        select(handover).where(handover.c.state.in_(STANDING)).order_by(handover.c.due, handover.c.n)
    ))  # fmt: skip


def take_over(
    connection: Connection, held: Row[Any], by: str, realm: str, at: datetime, *,
    reason: str = "", items: Sequence[dict[str, Any]] = (),
) -> bool:  # fmt: skip
    """The incomer takes over, from now on or from the beginning of their shift. `by` is themselves, or
    whoever does it for them with a reason; `items` is what is open and handed over. False where it was
    no longer open."""
    begun = held.due <= at
    result = connection.execute(
        update(handover).where(handover.c.n == held.n, handover.c.state == "open").values(
            state="taken" if begun else "confirmed", confirmed=at, by=by, items=list(items),
            reason=reason or held.reason,
        )
    )  # fmt: skip
    if not result.rowcount:
        return False
    record(connection, realm, at, by, "take over", held.post,
           {"incomer": held.incomer, "outgoer": held.outgoer, "due": held.due.isoformat(),
            "reason": reason, "items": list(items)})  # fmt: skip
    if begun:
        relieve(connection, held.post, held.people, realm, at)
    connection.execute(update(roster).where(roster.c.post == held.post).values(next=AT_ONCE))
    return True


def cannot(connection: Connection, held: Row[Any], by: str, reason: str, realm: str,
           at: datetime) -> bool:  # fmt: skip
    """The incomer says that they cannot: whoever is on duty stays. False where it is over."""
    result = connection.execute(
        update(handover).where(handover.c.n == held.n, handover.c.state.in_(STANDING))
        .values(state="open", said=True, cannot=at, reason=reason, confirmed=None, by=None)
    )  # fmt: skip
    if result.rowcount:
        record(connection, realm, at, by, "cannot take over", held.post,
               {"incomer": held.incomer, "outgoer": held.outgoer, "reason": reason})  # fmt: skip
    return bool(result.rowcount)


def end(connection: Connection, held: Row[Any], why: str, realm: str, at: datetime) -> None:
    """It is asked for no more: the roster has moved on."""
    _change(connection, held.n, state="ended")
    record(connection, realm, at, "roster", "end hand-over", held.post,
           {"incomer": held.incomer, "outgoer": held.outgoer, "reason": why})  # fmt: skip


def end_all(connection: Connection, post: str, why: str, realm: str, at: datetime) -> None:
    """Nobody is asked to confirm at this post any more."""
    for held in connection.execute(
        select(handover).where(handover.c.post == post, handover.c.state.in_(STANDING))
    ).all():
        end(connection, held, why, realm, at)


def relieve(
    connection: Connection, post: str, people: Sequence[str], realm: str, now: datetime
) -> None:
    """These are on duty from now on, in this order; nothing where they are already."""
    on = _rows_now(connection, post)
    if on == list(people):
        return
    connection.execute(
        update(duty).where(duty.c.post == post, duty.c.ended.is_(None)).values(ended=now)
    )
    for rank, one in enumerate(people):
        connection.execute(insert(duty).values(post=post, rank=rank, person=one, began=now))
    record(connection, realm, now, "roster", "hand over", post, {"from": on, "to": list(people)})


def _rows_now(connection: Connection, post: str) -> list[str]:
    return list(connection.execute(
        select(duty.c.person).where(duty.c.post == post, duty.c.ended.is_(None))
        .order_by(duty.c.rank)
    ).scalars())  # fmt: skip


def _on_now(connection: Connection, post: str) -> tuple[str, ...]:
    """Who is written down as on duty and is in the register still."""
    known = set(connection.execute(select(person.c.id).where(person.c.active)).scalars())
    return tuple(one for one in _rows_now(connection, post) if one in known)


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(handover).where(handover.c.n == number).values(**values))
