"""One seed, from its plan to what does not hold."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.simulation.laws import broken, differences, end_of
from tests.simulation.plan import Plan, draw
from tests.simulation.world import Stuck, World


@dataclass(frozen=True, slots=True)
class Verdict:
    plan: Plan
    wrong: list[str]
    story: list[str]
    deaths: int
    sends: int
    twice: int  # messages that the provider was given again: the law is that each is counted

    def told(self) -> str:
        wrong = self.wrong or ["all holds"]
        return "\n".join([str(self.plan), "", *self.story, "", *wrong])


def run(seed: int, kinds: tuple[str, ...] = ()) -> Verdict:
    """Of the faults that a seed may draw only `kinds`, where any are given."""
    return play(draw(seed, kinds))


def run_all(seeds: Iterable[int], kinds: tuple[str, ...] = ()) -> Iterator[Verdict]:
    """One after another. A world ends whole: memory is tidied up every few seeds, and what was there
    before them is left alone."""
    gc.freeze()
    gc.disable()
    try:
        for played, seed in enumerate(seeds, 1):
            yield run(seed, kinds)
            if played % 5 == 0:
                gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()


def play(plan: Plan) -> Verdict:
    """The disturbed run, then that of the signals that it took, which nothing disturbs."""
    world = World(plan)
    try:
        world.runs()
        if not world.processes:
            return _verdict(world, ["alive: no process runs at the end"])
        wrong, end, heard = list(broken(world)), end_of(world), world.outside.heard()
        world.ends()  # before another begins in the same memory
        calm = World(plan, heard)
        calm.runs()
        wrong += differences(end_of(calm), end)
        calm.ends()
    except Stuck as stuck:
        wrong = [f"stuck: {stuck}"]
    return _verdict(world, wrong)


def _verdict(world: World, wrong: list[str]) -> Verdict:
    given = [taken.message.delivery for taken in world.provider.record]
    return Verdict(world.plan, wrong, world.story, world.deaths, len(given), len(given) - len(set(given)))
