"""Event loops whose time jumps to the next thing due, and the runtime of a process on one of them.

A process is a loop of its own. Whoever drives them runs one callback of one loop at a time, in an order
that a seed draws: so the same seed gives the same interleaving, and a process can end between any two
callbacks, which is at any await.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import random
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from alerting.runtime import Seeded

T = TypeVar("T")
TURNS = (0, 1, 1, 2, 3, 5)  # how often others get their turn before, and after, what a thread does
NEWS = 60.0  # seconds that a process waits for news


class Clock:
    """Seconds since the beginning, and how far the machine's clock is set off them."""

    def __init__(self, start: datetime) -> None:
        self.start, self.seconds, self.set_by = start, 0.0, timedelta()

    def true(self) -> datetime:
        """The time by a clock that nobody sets."""
        return self.start + timedelta(seconds=self.seconds)


class VirtualLoop(asyncio.AbstractEventLoop):
    """What tasks, futures, locks and timeouts need of a loop; no sockets, no threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._number = itertools.count()
        self._tasks: list[asyncio.Task[Any]] = []
        self.troubles: list[dict[str, Any]] = []  # exceptions that nobody was there for

    # For whoever drives it

    def due(self) -> float | None:
        """When the next timer is due."""
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def ripen(self) -> None:
        """Timers that are due get their turn."""
        while (due := self.due()) is not None and due <= self._clock.seconds:
            self.ready.append(heapq.heappop(self._timers)[2])

    def turn(self) -> None:
        """Run one callback."""
        handle = self.ready.popleft()
        if handle.cancelled():
            return
        events._set_running_loop(self)
        try:
            handle._run()
        finally:
            events._set_running_loop(None)

    def ends(self) -> None:
        """Whatever still waits is let go of: now, not when the memory is next tidied up."""
        for task in self._tasks:
            if not task.done():
                with suppress(RuntimeError):
                    cast(Coroutine[Any, Any, Any], task.get_coro()).close()
        self._tasks.clear()
        self.ready.clear()

    # What asyncio asks of it

    def time(self) -> float:
        return self._clock.seconds

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:  # fmt: skip
        return self.call_at(self._clock.seconds + max(0.0, delay), callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:  # fmt: skip
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._number), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        return None  # it is passed over when its time comes

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], *, name: object = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:  # fmt: skip
        task = asyncio.Task(coro, loop=self, name=None if name is None else str(name), context=context)
        self._tasks.append(task)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.troubles.append(context)


class SeedRuntime(Seeded):
    """The runtime of one process: real time as the service knows it, on a virtual loop."""

    virtual = False

    def __init__(self, clock: Clock, seed: random.Random) -> None:
        super().__init__(seed)
        self._clock = clock
        self.news = asyncio.Event()  # for the thread that waits for some
        self._pools: dict[str, asyncio.Lock] = {}
        self.follow()

    def now(self) -> datetime:
        return self._clock.true() + self._followed

    def drift(self) -> timedelta:
        return self._clock.set_by - self._followed

    def follow(self) -> None:
        self._followed = self._clock.set_by

    async def in_thread(self, pool: str, work: Callable[[], T]) -> T:
        """As a pool of one thread: in the order of asking, while the event loop goes on beside it."""
        if pool == "link":
            if had := work():  # it takes what is free, and then waits
                return had
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), NEWS)
            self.news.clear()
        async with self._pools.setdefault(pool, asyncio.Lock()):
            for _ in range(self._random.choice(TURNS)):
                await asyncio.sleep(0)
            done = work()
            for _ in range(self._random.choice(TURNS)):
                await asyncio.sleep(0)
        return done

    def elapsed(self) -> float:
        return self._clock.seconds
