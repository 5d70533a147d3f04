"""What the simulation has found: each a plan that went wrong, and must never again, in several orders of
what happens at one moment."""

from __future__ import annotations

import pytest

from alerting.errors import SuianError
from tests.simulation.links import Sessions
from tests.simulation.plan import Fault, Plan, Said
from tests.simulation.run import play, run


@pytest.mark.parametrize("order", range(8))
def test_a_signal_that_is_judged_while_the_clock_is_set_back_clears_nothing(order: int) -> None:
    """By the new time a warning that the engine remembers by the old one is not in force yet."""
    warned: dict[str, object] = {"zone": "9901", "level": "orange", "action": "alert", "of": ""}
    said = [Said(1, 60.0, "warning", warned), Said(2, 200.0, "forecast", {"cold": {}})]
    verdict = play(Plan(order, said=said, faults=[Fault(200.0, "clock is set", -60)]))
    assert not verdict.wrong, verdict.told()


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("by", [-2, -1])
def test_a_clock_that_goes_back_a_little_takes_nothing_out_of_force(several: bool, by: int) -> None:
    """Of several machines none moves the others' timers: what was heard a moment ago is still to come."""
    warned: dict[str, object] = {"zone": "9901", "level": "red", "action": "alert", "of": ""}
    said = [Said(1, 60.0, "warning", warned), Said(2, 75.0, "forecast", {"cold": {}})]
    verdict = play(Plan(1, several=several, said=said, faults=[Fault(70.0, "clock is set", by)]))
    assert not verdict.wrong, verdict.told()


@pytest.mark.parametrize("turns", [35, 45, 55])
def test_who_is_stopped_with_a_message_in_hand_does_not_send_what_another_has_sent(turns: int) -> None:
    warned: dict[str, object] = {"zone": "9902", "level": "yellow", "action": "alert", "of": ""}
    said = [Said(1, 220.0, "warning", warned)]
    stopped = Fault(220.0, "stopped", turns, lasts=300.0)
    for order in range(8):
        verdict = play(Plan(order, several=True, said=said, faults=[stopped]))
        assert not verdict.wrong, verdict.told()


def test_what_another_had_between_two_rounds_is_had_anew() -> None:
    sessions = Sessions()
    mine, theirs = sessions.link("A", (), shares=1), sessions.link("B", (), shares=1)
    mine.turn(0)
    before = mine.shares
    assert [share for share, _ in before] == [0]
    mine.turn(0)
    assert mine.shares == before
    sessions.end("A")
    theirs.turn(0)
    assert theirs.shares
    sessions.end("B")
    with pytest.raises(SuianError, match="the session is over"):
        mine.turn(0)
    mine.turn(0)  # before its loop has had a round
    assert [share for share, _ in mine.shares] == [0]
    assert mine.shares - before, "the engine makes its memory anew"


def test_what_was_said_before_the_clock_was_set_back_is_known_after_a_start() -> None:
    """Of the signals of a kind the first by its time is not the first that came, then."""
    verdict = run(619)
    assert not verdict.wrong, verdict.told()


def test_who_was_stopped_with_a_signal_that_changes_nothing_moves_no_position() -> None:
    """Nothing but the position says that another has taken it, and the one after it, meanwhile."""
    verdict = run(3, ("second",))
    assert any(" is stopped" in line for line in verdict.story)
    assert not verdict.wrong, verdict.told()


def test_what_is_heard_while_the_clock_stands_an_hour_back_ends_nothing() -> None:
    """The disk is full meanwhile: what was remembered by then is remembered anew, as of a later minute than
    that in which the next signal was accepted."""
    warned: dict[str, object] = {"zone": "9901", "level": "yellow", "action": "alert", "of": ""}
    graver: dict[str, object] = {"zone": "9903", "level": "red", "action": "alert", "of": ""}
    said = [Said(1, 138.0, "warning", warned), Said(2, 141.0, "warning", graver),
            Said(3, 180.0, "forecast", {"cold": {"9905": -6.0}})]  # fmt: skip
    faults = [Fault(138.0, "store is full", lasts=200.0), Fault(139.0, "clock is set", -60)]
    verdict = play(Plan(1, said=said, faults=faults))
    assert not verdict.wrong, verdict.told()
