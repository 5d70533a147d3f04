"""The witness is not blind: each law says so where what it forbids has been done to what it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from alerting.store.schema import delivery, notice, pursuit
from tests.laws.moves import Moves
from tests.laws.seen import Seen


@pytest.fixture(scope="module")
def moves() -> Iterator[Moves]:
    """An order of the police that was called for twice, then answered; all laws hold."""
    made = Moves()
    made.the_office_warns("road-icing", "orange", "9901")
    made.world.passes(timedelta(minutes=16))
    called = [t for t in made.world.phone("chen") if "【催办】" in t.message.text]
    assert called, "the police are called again"
    made.the_laws_hold()
    made.world.texts("chen", f"1 {called[-1].message.code}", called[-1].channel)
    made.the_laws_hold()
    yield made
    made.teardown()


def found(moves: Moves, law: str) -> list[str]:
    return list(getattr(moves.witness, f"_{law}")(Seen(moves.world)))


def changed(moves: Moves, table: object, number: int, **values: object) -> None:
    """Done behind the service's back."""
    with moves.world.store._engine.begin() as c:
        c.execute(update(table).where(table.c.id == number).values(**values))  # type: ignore[attr-defined,arg-type]


def test_what_comes_twice_is_seen(moves: Moves) -> None:
    record = moves.world.provider.record
    assert not found(moves, "once")
    record.append(replace(record[-1]))
    said = found(moves, "once")
    record.pop()
    assert said
    assert "came 2 times" in said[0]


def test_a_message_that_nobody_has_is_seen(moves: Moves) -> None:
    record = moves.world.provider.record
    assert not found(moves, "told")
    last = record.pop()
    said = found(moves, "told")
    record.append(last)
    assert said
    assert "and never was" in said[0]


def test_a_notice_and_a_message_that_nobody_deals_with_are_seen(moves: Moves) -> None:
    one = next(n for n in moves.world.rows(notice) if n.state == "carried")
    changed(moves, notice, one.id, state="due")
    assert "nobody deals with it" in found(moves, "told")[0]
    changed(moves, notice, one.id, state="carried")
    sent = moves.world.rows(delivery)[-1]
    changed(moves, delivery, sent.id, state="sending", next_try=moves.world.now)
    assert found(moves, "told")
    changed(moves, delivery, sent.id, state=sent.state, next_try=sent.next_try)
    assert not found(moves, "told")


def test_a_chase_that_stands_still_is_seen(moves: Moves) -> None:
    held = next(p for p in moves.world.rows(pursuit) if p.state == "open" and p.wants != "handover")
    assert not found(moves, "climbs")
    changed(moves, pursuit, held.id, deadline=None)
    assert "nobody will be called" in found(moves, "climbs")[0]
    changed(moves, pursuit, held.id, deadline=held.deadline)
    moves.world.provider.lived += 3600 * 24
    assert "has stood still for" in found(moves, "climbs")[0]
    moves.world.provider.lived -= 3600 * 24


def test_a_call_after_the_answer_is_seen(moves: Moves) -> None:
    world, seen = moves.world, Seen(moves.world)
    assert not found(moves, "over")
    over = {p.id for p in seen.pursuits.values() if p.state == "answered"}
    call = next(n for n in seen.notices.values() if n.pursuit in over and n.kind == "reminder")
    sent = next(t for t in world.provider.record if call.id in t.notices)
    again = replace(sent.message, delivery=10_000)  # a message of its own
    world.provider.record.append(replace(sent, message=again, begun=world.provider.handed))
    said = found(moves, "over")
    world.provider.record.pop()
    assert said
    assert "which is answered" in said[0]


def test_a_cry_for_help_that_ends_unanswered_is_seen(moves: Moves) -> None:
    moves.world.texts("chen", "SOS, bus in the ditch")
    moves.the_laws_hold()
    held = next(p for p in moves.world.rows(pursuit) if p.alert is None and p.wants == "acknowledge")
    changed(moves, pursuit, held.id, state="ended", end_reason="closed")
    said = found(moves, "cries")
    changed(moves, pursuit, held.id, state="open", end_reason=held.end_reason)
    assert "was answered by nobody" in said[0]
    assert not found(moves, "cries")


def test_what_is_played_and_not_marked_is_seen(moves: Moves) -> None:
    record = moves.world.provider.record
    last = record[-1]
    record.append(replace(last, message=replace(last.message, realm="exercise-1")))
    said = found(moves, "drills")
    record.pop()
    assert said
