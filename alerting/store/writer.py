"""The one writer: short transactions from a queue, people's answers first."""

from __future__ import annotations

import contextvars
import heapq
import itertools
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection

from alerting.runtime import Runtime
from alerting.store.database import Store
from alerting.telemetry import Tally

T = TypeVar("T")
Listener = Callable[[Collection[str] | None], None]


class Writer:
    """Runs each piece of work in its own transaction, on the single thread of the pool `writer`.

    After a commit every listener is called on the event loop, with the tables that were written: loops
    wait for one another's rows, not for one another.
    """

    def __init__(self, store: Store, runtime: Runtime, tally: Tally | None = None) -> None:
        self.store, self._runtime = store, runtime
        self._tally = tally or Tally()
        self._queue: list[tuple[int, int, Callable[[Connection], Any], set[str], Future[Any]]] = []
        self._number = itertools.count()
        self._listeners: list[Listener] = []

    def on_commit(self, listener: Listener) -> None:
        self._listeners.append(listener)

    @property
    def waiting(self) -> int:
        return len(self._queue)

    async def write(self, work: Callable[[Connection], T], *, first: bool = False) -> T:
        """Run `work` in a transaction; `first` puts it ahead of all that is not."""
        done: Future[T] = Future()
        wrote = set[str]()
        # It may be done in another's turn, and is logged as its own all the same.
        context = contextvars.copy_context()

        def own(connection: Connection) -> T:
            return context.run(work, connection)

        heapq.heappush(self._queue, (0 if first else 1, next(self._number), own, wrote, done))
        await self._runtime.in_thread("writer", self._one)
        while not done.done():  # another's turn came first; ours is still queued
            await self._runtime.in_thread("writer", self._one)
        # What has failed says nothing of whoever must look again.
        self.tell(wrote if done.exception() is None else None)
        return done.result()

    def tell(self, wrote: Collection[str] | None = None) -> None:
        """Something was committed to these tables, or to any: by another process; or what loops go by
        besides tables has changed."""
        for listener in self._listeners:
            listener(wrote)

    def _one(self) -> None:
        if not self._queue:
            return
        _, _, work, wrote, done = heapq.heappop(self._queue)
        began = self._runtime.elapsed()
        try:
            done.set_result(self.store.write(work, wrote))
        except BaseException as error:
            done.set_exception(error)
        self._tally.committed(self._runtime.elapsed() - began)
