"""What the simulation has found: each a plan that went wrong, and must never again, in several orders of
what happens at one moment."""

from __future__ import annotations

import asyncio

import pytest

from alerting.service.link_loop import Alone
from tests.simulation.links import Sessions
from tests.simulation.plan import Fault, Plan, Said
from tests.simulation.run import play


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


class Acts:
    name = "engine"

    def next_due(self) -> None:
        return None

    async def step(self) -> bool:
        return False


def test_who_has_again_what_another_had_between_two_rounds_takes_it_up_anew() -> None:
    async def story() -> None:
        sessions, taken_up = Sessions(), []
        mine, theirs = sessions.link("A", ("engine",)), sessions.link("B", ("engine",))

        async def take_up() -> None:
            taken_up.append(mine.held)

        acts = Alone(Acts(), mine, "engine", take_up)  # type: ignore[arg-type]
        mine.turn(0)
        await acts.step()
        await acts.step()
        assert len(taken_up) == 1
        sessions.end("A")
        theirs.turn(0)
        assert "engine" in theirs.held
        sessions.end("B")
        with pytest.raises(Exception, match="the session is over"):
            mine.turn(0)
        mine.turn(0)  # before its loop has had a round
        await acts.step()
        assert len(taken_up) == 2

    asyncio.run(story())
