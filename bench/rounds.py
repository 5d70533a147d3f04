"""Timing in interleaved rounds, so that a machine that slows down slows every contestant down."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter


def rounds(contestants: Mapping[str, Callable[[], object]], count: int) -> dict[str, float]:
    """Median seconds of each contestant over `count` rounds, each running all of them once, in turn
    from the front and from the back. One run of each before the first warms it up."""
    for run in contestants.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(count):
        order = list(contestants)
        for name in order if turn % 2 == 0 else reversed(order):
            gc.collect()
            began = perf_counter()
            contestants[name]()
            taken[name].append(perf_counter() - began)
    return {name: statistics.median(times) for name, times in taken.items()}


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio, what it must be, and whether it is. `at_least` False means at most."""

    name: str
    ratio: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    def line(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.met else "MISSED"
        return f"  {self.name:<58} {self.ratio:>9.2f}   {sign} {self.bound:<6g} {verdict}"


def same(found: bool, what: str) -> None:
    """Stop before a time is printed for results that differ. Raises AssertionError."""
    if not found:
        raise AssertionError(f"results differ: {what}; no time is printed for a wrong answer")
