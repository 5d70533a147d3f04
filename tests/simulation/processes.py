"""A process of the service: its own event loop, its own station over the store that all have, and the
ways in which it ends or stands still."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest import mock

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerting.service import station as station_module
from alerting.service.loop import Loops
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.store import Store
from tests.laws.provider import Provider
from tests.laws.world import Mortal
from tests.simulation.ground import ground
from tests.simulation.virtual_time import Clock, SeedRuntime, VirtualLoop

T = TypeVar("T")
# Those that signals, answers and messages go through; what brings rosters, books and drills stands still.
LOOPS = ("clock", "tick", "engine", "chase", "leases", "dispatch", "watch", "seal", "link", "word", "follow")
# In the undisturbed run, of which only the end of alerts, measures and answers counts.
CALM = ("tick", "engine", "chase", "dispatch")


@dataclass(slots=True)
class Refusal:
    """After the first few, so many transactions are refused, each at a statement of this number or, where
    it has fewer, at its commit."""

    first: int = 0
    often: int = 0
    number: int = 0
    seen: int = 0  # statements of the transaction under way

    def begins(self) -> None:
        self.seen = 0

    def statement(self) -> None:
        self.seen += 1
        if self.seen == self.number:
            self._refuse()

    def commit(self) -> None:
        if self.seen < self.number:
            self._refuse()
        self.first = max(0, self.first - 1)

    def _refuse(self) -> None:
        if self.first or not self.often:
            return
        self.often -= 1
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode, full.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
        raise OperationalError("", {}, full)


class Face(Store):
    """The store as one process has it: the tables are those of all, the death is its own. `url` is "" for
    the only process; `told` is called after each commit."""

    def __init__(
        self, engine: Engine, mortal: Mortal, url: str, refusal: Refusal,
        told: Callable[[Collection[str]], None],
    ) -> None:  # fmt: skip
        self._engine = self._reading = engine
        self.shared, self.url, self.path = bool(url), url, ":memory:"
        self.sender = url
        self._die = mortal  # type: ignore[assignment]
        self._refusal, self._told = refusal, told

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield ground().reading

    def write(self, work: Callable[[Connection], T], wrote: set[str] | None = None) -> T:
        def refusing(connection: Connection) -> T:
            self._refusal.begins()
            done = work(connection)
            self._refusal.commit()
            return done

        wrote = set() if wrote is None else wrote
        done = super().write(refusing, wrote)
        self._told(wrote)
        return done

    def close(self) -> None:
        return None  # the others' too


class NoAnswer(Exception):
    """Whoever asked the process for something will never know what became of it."""


class Process:
    """Raises what the service raises that cannot begin."""

    def __init__(
        self, name: str, clock: Clock, engine: Engine, provider: Provider, seed: random.Random,
        url: str, refusal: Refusal, told: Callable[[Collection[str]], None],
        loops: Collection[str] = LOOPS,
    ) -> None:  # fmt: skip
        self.name, self.url, self.mortal = name, url, Mortal()
        self.loop = VirtualLoop(clock)
        self.paused = False
        self.turns = 0
        self.fates: dict[int, Callable[[], None]] = {}  # after which of its turns what happens to it
        self.runtime = SeedRuntime(clock, seed)
        self.store = Face(engine, self.mortal, url, refusal, told)
        with mock.patch.object(station_module, "make_channels", provider.channels):
            self.station = Station(ground().county, self.runtime, self.store)
        made = [one for one in loops_of(self.station)._loops if one.name in loops]
        self.loops = Loops(self.runtime, made, self.station.loops)
        self.station.writer.on_commit(self.loops.wake)
        self.running = self.loop.create_task(self.loops.run())

    def turn(self) -> bool:
        """One callback. True where it was the last."""
        self.loop.turn()
        self.turns += 1
        if self.fates and (fate := self.fates.pop(self.turns, None)):
            fate()
        return self.mortal.dead

    def dies(self) -> None:
        """Nothing of it may write any more."""
        self.mortal.dead = True

    def does(self, work: Callable[[Station], Awaitable[Any]], answer: Any) -> None:
        """Have it do something beside its loops; `answer`, a future of another loop, is told."""

        async def asked() -> None:
            try:
                result = await work(self.station)
            except Exception as error:
                if not answer.done():
                    answer.set_exception(error)
                return
            if not answer.done():
                answer.set_result(result)

        self.loop.create_task(asked())
