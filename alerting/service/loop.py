"""How the loops run: by themselves in real time, or step by step under a virtual clock.

A loop does one round of work at a time and says when it next wants to be called; loops meet in tables,
never in each other's functions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

import structlog

from alerting.runtime import Runtime, VirtualRuntime

log = structlog.get_logger()
LONGEST_REST = 5.0  # seconds a loop sleeps at most in real time: a lost wake-up costs no more
SHORTEST_REST = 0.02  # what is due by a clock that is held back must not be asked for in a spin
AFTER_FAILURE = 2.0
KEEPS_FAILING = 3  # rounds in a row, or
FAILING_LONG = 60.0  # seconds since the first of them: then it will not pass by itself


class Loop(Protocol):
    """One that says `heeds` is woken by what is written to these tables alone: what it goes by besides
    is the clock, or is told with `Writer.tell`. It must name all that it looks at to find nothing."""

    name: str

    async def step(self) -> bool:
        """One round; True when something was done and another round may find more."""
        ...

    def next_due(self) -> datetime | None:
        """By the machine's clock, when it must be called even if nothing happens before."""
        ...


def heeded(loop: Loop) -> frozenset[str] | None:
    """The tables that a loop waits for; None for all."""
    heeds: frozenset[str] | None = getattr(loop, "heeds", None)
    return heeds


@dataclass(slots=True)
class Rounds:
    """How the last rounds of a loop went: failures in a row, since when, and the last error. `began`
    (the first of them) and `ended` (the last round, well or not; in real time alone) are by
    `Runtime.elapsed`: a clock that is set makes no loop fail for long."""

    failures: int = 0
    since: datetime | None = None
    began: float = 0.0
    error: str = ""
    ended: float | None = None

    def failed(self, error: Exception, now: datetime, elapsed: float) -> None:
        if self.since is None:
            self.since, self.began = now, elapsed
        self.failures += 1
        # Only its first line: a database's error goes on with the values it was given.
        said = (str(error).splitlines() or [""])[0][:200]
        self.error = f"{type(error).__name__}: {said}"

    def succeeded(self) -> None:
        self.failures, self.since, self.error = 0, None, ""

    def standing(self, elapsed: float) -> float:
        """Seconds for which it has done no good round: they fail, or one hangs."""
        failing = elapsed - self.began if self.since is not None else 0.0
        return max(failing, elapsed - self.ended if self.ended is not None else 0.0)

    def keeps_failing(self, elapsed: float) -> bool:
        if self.since is None:
            return False
        return self.failures >= KEEPS_FAILING or elapsed - self.began >= FAILING_LONG


class Loops:
    """All loops of a process; `rounds` gets one entry a loop, for whoever asks how they go."""

    def __init__(
        self, runtime: Runtime, loops: Sequence[Loop], rounds: dict[str, Rounds] | None = None
    ) -> None:
        self._runtime, self._loops = runtime, loops
        self.rounds = rounds if rounds is not None else {}
        self.rounds.update({loop.name: Rounds() for loop in loops})
        self._changed = {loop.name: asyncio.Event() for loop in loops}
        self._settling = asyncio.Lock()
        for event in self._changed.values():
            event.set()
        self._dues: dict[str, datetime | None] = {}  # of loops that were not woken since

    def wake(self, wrote: Collection[str] | None = None) -> None:
        """Something was committed, to these tables or to any: whoever waits for it may have work."""
        for loop in self._loops:
            heeds = heeded(loop)
            if wrote is None or heeds is None or not heeds.isdisjoint(wrote):
                self._dues.pop(loop.name, None)
                self._changed[loop.name].set()

    async def run(self) -> None:
        """Run all loops until cancelled. Under a virtual clock there is nothing to run: see settle."""
        if self._runtime.virtual:
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(self._run_one(loop), name=loop.name)

    async def _run_one(self, loop: Loop) -> None:
        event, rounds = self._changed[loop.name], self.rounds[loop.name]
        rounds.ended = self._runtime.elapsed()  # or one that hangs in its first round never stood still
        while True:
            event.clear()
            try:
                busy = await loop.step()
                # Part of the round: it may ask the database, which may have gone since.
                due = None if busy else loop.next_due()
                rounds.succeeded()
            except Exception as error:
                # A loop that dies would be silence; it says so, rests, and tries again.
                before = rounds.error
                rounds.failed(error, self._runtime.now(), self._runtime.elapsed())
                # In full once: what fails every two seconds must not push its own cause out of the log.
                say = log.error if rounds.error == before else log.exception
                say("loop failed", loop=loop.name, error=rounds.error, times=rounds.failures)
                await self._runtime.sleep(AFTER_FAILURE)
                busy = True
            rounds.ended = self._runtime.elapsed()
            if not busy:
                await self._rest(due, event)

    async def _rest(self, due: datetime | None, event: asyncio.Event) -> None:
        wait = LONGEST_REST
        if due is not None:
            wait = min(wait, max(0.0, (due - self._runtime.now()).total_seconds()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait + SHORTEST_REST):
                await event.wait()

    async def settle(self) -> int:
        """Step all loops, in order, until none has work at this moment; gives the rounds that did."""
        async with self._settling:
            rounds = 0
            while True:
                worked = [await self._round(loop) for loop in self._loops]
                if not any(worked):
                    return rounds
                rounds += 1

    async def _round(self, loop: Loop) -> bool:
        """One round of a loop that was woken or is due, as it would have in real time."""
        event = self._changed[loop.name]
        due = self._due(loop)
        if not event.is_set() and (due is None or due > self._runtime.now()):
            return False
        event.clear()
        worked = await loop.step()
        self._dues.pop(loop.name, None)
        if worked:
            event.set()
        return worked

    def _due(self, loop: Loop) -> datetime | None:
        if loop.name not in self._dues:
            self._dues[loop.name] = loop.next_due()
        return self._dues[loop.name]

    async def advance(self, by: timedelta, pause: bool = False) -> None:
        """Move a virtual clock on, firing every deadline on the way in its order.

        With `pause` it stops at the first moment at which something was done, so that the outside
        world can answer at that moment and not later.
        """
        clock = cast(VirtualRuntime, self._runtime)
        target = clock.now() + by
        await self.settle()
        while (due := self.next_due()) is not None and due <= target:
            # A deadline already passed is due now, yet time must not stand still for it.
            clock.move_to(max(due, clock.now() + timedelta(milliseconds=1)))
            if await self.settle() and pause:
                return
        if clock.now() < target:
            clock.move_to(target)
            await self.settle()

    def next_due(self) -> datetime | None:
        return min((d for loop in self._loops if (d := self._due(loop)) is not None), default=None)
