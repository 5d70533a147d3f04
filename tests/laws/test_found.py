"""What the machine has found once: each a few moves that went wrong, and must never again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from alerting.store.schema import delivery, notice
from alerting.store.schema_duty import duty, handover
from tests.laws.moves import Moves


@pytest.fixture
def moves() -> Iterator[Moves]:
    made = Moves()
    yield made
    made.teardown()


def test_an_order_after_the_clock_was_set_back_goes_out_at_once_and_its_answer_is_heard(
    moves: Moves,
) -> None:
    moves.the_office_warns("fog", "orange", "9902")
    moves.somebody_sets_the_clock(-60)
    before = len(moves.world.provider.record)
    moves.somebody_orders("slow", "S1", "red", 20)
    asked = moves.world.provider.record[before:]
    assert [(t.channel, t.message.person, t.message.band) for t in asked if t.message.band == "red"] == [
        ("sms", "wang", "red")]  # fmt: skip
    moves.world.texts("wang", f"1 {asked[-1].message.code}")
    assert "已记录同意" in moves.world.phone("wang")[-1].message.text
    moves.the_office_warns("road-icing", "yellow", "9901")
    moves.the_laws_hold()  # what was warned of before is in force still


def test_a_call_that_waits_for_its_channel_is_not_made_after_the_answer(moves: Moves) -> None:
    world = moves.world
    moves.a_channel_changes_its_mood("sms", "is busy")
    moves.a_channel_changes_its_mood("call", "is busy")
    moves.the_office_warns("road-icing", "orange", "9902")  # nobody holds that township
    called = [d for d in world.rows(delivery) if d.person in ("zhao", "admin")]
    assert {d.state for d in called} == {"sending"}, "all of the office are called, and it waits"
    world.report("acknowledge", "zhao", "alert:live.icing.S3.1")
    moves.a_channel_changes_its_mood("sms", "works")
    moves.a_channel_changes_its_mood("call", "works")
    world.passes(timedelta(minutes=5))
    assert [t.message.person for t in world.provider.record] != []
    assert not world.phone("admin")
    moves.the_laws_hold()


def test_a_rise_in_the_moment_of_a_call_is_told_to_whom_that_calls_for_something_else(
    moves: Moves,
) -> None:
    world = moves.world
    moves.the_office_warns("road-icing", "orange", "9901")
    world.passes(timedelta(minutes=40))  # the township is called in place of the police
    assert any(n.kind == "escalation" and n.post == "township" and n.created == world.now
               for n in world.rows(notice)), "in this very moment"  # fmt: skip
    moves.the_office_warns("road-icing", "red", "9901")
    raised = {n.post for n in world.rows(notice) if n.kind == "raise" and n.measure is None}
    assert raised == {"township"}
    moves.the_laws_hold()


def test_a_clock_set_back_to_before_a_shift_asks_for_the_hand_over_of_the_one_that_runs(
    moves: Moves,
) -> None:
    for _ in range(3):  # 14:00, then 11:00: the shift of chen begins at noon again
        moves.somebody_sets_the_clock(-60)
    stand = moves.world.rows(handover, handover.c.state == "open")
    assert [(one.incomer, one.outgoer) for one in stand] == [("sun", "chen")]
    assert [one.person for one in moves.world.rows(duty, duty.c.ended.is_(None), duty.c.post == "police")
            ] == ["chen"]  # fmt: skip
    moves.the_laws_hold()
