"""The only place that reads the clock, draws at random, sleeps or starts threads.

Everything else is handed a `Runtime`. Under `VirtualRuntime` time stands still until somebody moves
it, and what would run in a thread runs at once: so tests move time, simulations repeat a seed, and a
replay is the live code.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

T = TypeVar("T")
# Seconds that a thread which computes keeps another waiting. With Python's own 5 ms the event loop and
# the writer, which let go of the interpreter at each word with a socket or a disk, mostly wait.
SWITCH = 0.0005


class Runtime(Protocol):
    virtual: bool

    def now(self) -> datetime:
        """The time, UTC."""
        ...

    def token(self, size: int = 16) -> str:
        """An unguessable URL-safe text of `size` random bytes."""
        ...

    def uniform(self, low: float, high: float) -> float: ...

    async def sleep(self, seconds: float) -> None:
        """Wait in real time, also under a virtual clock: it is for loops that wait for others."""
        ...

    async def in_thread(self, pool: str, work: Callable[[], T]) -> T:
        """Run `work` off the event loop in the named pool, one thread a pool but for `fetch`."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that never goes back, for measuring how long something took."""
        ...

    def drift(self) -> timedelta:
        """How far the machine's clock has been set on (or, below nought, back) under `now`."""
        ...

    def follow(self) -> None:
        """From here on `now` is what the machine's clock says; before, it only went on steadily."""
        ...

    def close(self) -> None: ...


def _uptime() -> float:
    """Seconds on a clock that nobody sets. Where there is one that goes on while the machine sleeps, it
    is that: sleep is an outage, whose deadlines have passed, and no clock that was set."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class RealRuntime:
    virtual = False

    def __init__(self) -> None:
        sys.setswitchinterval(SWITCH)
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self.follow()

    def now(self) -> datetime:
        """Steady: a machine whose clock is set changes nothing until somebody says `follow`."""
        then, up = self._followed
        return then + timedelta(seconds=_uptime() - up)

    def drift(self) -> timedelta:
        return datetime.now(UTC) - self.now()

    def follow(self) -> None:
        self._followed = datetime.now(UTC), _uptime()

    def token(self, size: int = 16) -> str:
        return secrets.token_urlsafe(size)

    def uniform(self, low: float, high: float) -> float:
        return random.uniform(low, high)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def in_thread(self, pool: str, work: Callable[[], T]) -> T:
        if pool not in self._pools:
            workers = 4 if pool == "fetch" else 1
            self._pools[pool] = ThreadPoolExecutor(workers, thread_name_prefix=f"suian-{pool}")
        # What is bound to this task, the id in its log lines, goes with it.
        there = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._pools[pool], there, work)

    def elapsed(self) -> float:
        return time.monotonic()

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)


class Seeded:
    """What a runtime draws, by a seed: the same seed gives the same draws."""

    def __init__(self, drawn: random.Random) -> None:
        self._random = drawn

    def token(self, size: int = 16) -> str:
        return self._random.randbytes(size).hex()

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def close(self) -> None:
        return None


class VirtualRuntime(Seeded):
    """Time as it is told."""

    virtual = True

    def __init__(self, start: datetime, seed: int = 0) -> None:
        super().__init__(random.Random(seed))
        self._now = start
        self._drift = timedelta()

    def now(self) -> datetime:
        return self._now

    def move_to(self, at: datetime) -> None:
        """Set the clock; it never runs backwards."""
        self._now = max(self._now, at)

    def advance(self, by: timedelta) -> None:
        self.move_to(self._now + by)

    def set_clock(self, by: timedelta) -> None:
        """Somebody sets the machine's clock on, or back."""
        self._drift += by

    def drift(self) -> timedelta:
        return self._drift

    def follow(self) -> None:
        self._now, self._drift = self._now + self._drift, timedelta()

    async def in_thread(self, pool: str, work: Callable[[], T]) -> T:
        return work()

    def elapsed(self) -> float:
        return time.monotonic()
