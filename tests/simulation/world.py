"""A seed's world: processes of the service, what comes in from outside, and what breaks meanwhile."""

from __future__ import annotations

import asyncio
import random
import sys
import warnings
from collections.abc import Awaitable, Callable, Collection
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select

from alerting.service.station import Station
from alerting.store.link import ANY
from tests.laws.provider import Killed
from tests.laws.seen import Seen
from tests.simulation.carrier import Carrier
from tests.simulation.ground import START, database, ground, rarely_looking, raw_of
from tests.simulation.links import Sessions
from tests.simulation.outside import Heard, Outside
from tests.simulation.plan import END, LAST_FAULT, Fault, Plan
from tests.simulation.processes import CALM, LOOPS, NoAnswer, Process, Refusal
from tests.simulation.virtual_time import NEWS, Clock, VirtualLoop

AGAIN = 5.0  # seconds after which a process that cannot begin is begun again
PATIENCE = 30.0  # seconds that the outside waits for an answer
CALM_FOR = 1.0  # seconds: what was begun at the end, and is gathered for less, is done
SILENT = 4.0  # seconds after which the server ends the session of a process that says nothing
SPINS = 300_000  # callbacks at one moment: then nobody is ever done


class Stuck(AssertionError):
    """Something goes round without end."""


class World:
    """`heard` is, in place of what the plan says, what another run took: for the run that nothing disturbs."""

    def __init__(self, plan: Plan, heard: Heard | None = None) -> None:
        self.plan, self.disturbed = plan, heard is None
        self.clock = Clock(START)
        self.provider = Carrier(self, record=[replace(one) for one in ground().sent])
        self.refusal = Refusal()
        self.engine = database(self.refusal)
        self.sessions, self.several = Sessions(), plan.several and self.disturbed
        self.story: list[str] = []
        self._stirred = 0.0  # when something last happened
        self.begun = self.deaths = 0  # processes so far
        self.processes: list[Process] = []
        self._graves: list[Process] = []  # what is thrown away is not tidied up before the end
        self._order = random.Random(f"order {plan.seed}")
        self._loop = VirtualLoop(self.clock)
        self.outside = Outside(self, heard)

    def runs(self) -> None:
        """All of it, to a moment of rest. Raises Stuck."""
        with rarely_looking(self.sessions.link, self.sessions.lives), self._noted():
            for name in ("A", "B") if self.several else ("A",):
                self._begin(name)
            self.outside.begins()
            if self.disturbed:
                for fault in self.plan.faults:
                    self._loop.call_at(fault.at, self._breaks, fault)
                self._loop.call_at(LAST_FAULT, self._peace)
            self._drive(END)
            while self.clock.seconds - self._stirred < CALM_FOR and self.clock.seconds < END + PATIENCE:
                self._drive(self.clock.seconds + CALM_FOR)

    # One callback after another

    def _drive(self, until: float) -> None:
        spins = 0
        while True:
            awake = [one for one in self.processes if not one.paused]
            loops = [one.loop for one in awake]
            ready = [loop for loop in (self._loop, *loops) if loop.ready]
            if ready:
                loop = ready[0] if len(ready) == 1 else self._order.choice(ready)
                spins += 1
                if spins > SPINS:
                    raise Stuck(f"{SPINS} callbacks at {self.clock.seconds:.0f} s")
                if loop is self._loop:
                    loop.turn()
                else:
                    one = awake[loops.index(loop)]
                    if one.turn() or self.provider.dead:
                        self._dies(one)
                continue
            spins = 0
            due = min((at for loop in (self._loop, *loops) if (at := loop.due()) is not None), default=until)
            if due > until:
                break
            self.clock.seconds = max(self.clock.seconds, due)
            self.provider.lived = self.clock.seconds
            for loop in (self._loop, *loops):
                loop.ripen()
        self._stirred, self.clock.seconds = self.clock.seconds, until
        self.provider.lived = until

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self._loop.call_later(seconds, what)

    def task(self, work: Any) -> None:
        self._loop.create_task(work)

    # Processes

    def _begin(self, name: str) -> None:
        self.begun += 1
        seed = random.Random(f"process {self.plan.seed} {self.begun}")
        try:
            url = f"{name} {self.begun}" if self.several else ""
            made = Process(name, self.clock, self.engine, self.provider, seed, url, self.refusal,
                           partial(self._news, url), LOOPS if self.disturbed else CALM)  # fmt: skip
        except (Killed, Exception) as error:
            self.tells(f"{name} cannot begin: {error}")
            self.after(AGAIN, lambda: self._begin(name))
            return
        self.tells(f"{name} begins")
        self.processes.append(made)

    def _dies(self, one: Process, down: float | None = None) -> None:
        self.deaths += 1
        self.provider.dead = False
        one.dies()
        self.processes.remove(one)
        self._graves.append(one)
        down = self.provider.down if down is None else down
        self.tells(f"{one.name} dies, for {down} s")
        self._session_ends(one)
        self.after(down, lambda: self._begin(one.name))

    def _news(self, but: str = "", wrote: Collection[str] = ANY) -> None:
        """Somebody has committed, or let go of something: the others hear of it."""
        if self.several:
            self.sessions.tell(but, wrote)
            for one in self.processes:
                if self.sessions.has_news(one.url):
                    one.runtime.news.set()

    async def ask(self, work: Callable[[Station], Awaitable[Any]]) -> Any:
        """Have a process do something. Raises NoAnswer where it does not say what became of it, and what
        it refuses."""
        if not self.processes:
            raise NoAnswer
        answer = self._loop.create_future()
        self._order.choice(self.processes).does(work, answer)
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise NoAnswer from None

    # What breaks

    def _breaks(self, fault: Fault) -> None:
        self.tells(f"breaks: {fault}")
        what, _, how = fault.kind.partition(" ")
        if what == "dies":
            self._will_die(how, fault)
        elif fault.kind == "store refuses":
            first, often = fault.side.split("+")
            self.refusal.first, self.refusal.often, self.refusal.number = int(first), int(often), fault.number
        elif fault.kind == "store is full":
            self._may_have(raw_of(self.engine).execute("PRAGMA page_count").fetchone()[0])
            self.after(fault.lasts, self._has_room)
        elif what == "provider":
            for channel in ("sms", "call") if fault.side == "both" else (fault.side,):
                self.provider.moods[channel] = how
                self.after(fault.lasts, partial(self.provider.moods.pop, channel, None))
        elif what == "callbacks":
            self.provider.says = random.Random(fault.number)
            self.after(fault.lasts, self.provider.is_quiet)
        elif what in ("stopped", "believes"):
            if len(self.processes) == 2:
                # Sooner the one that acts, and in the middle of what it does.
                acts = [one for one in self.processes if one.station.acts_for]
                one = self._order.choice([*acts, *self.processes])
                fate = partial(self._stops if what == "stopped" else self._believes, one, fault.lasts)
                one.fates[one.turns + fault.number] = fate
        elif what == "clock":
            self.clock.set_by += timedelta(minutes=fault.number)
            if self.several:  # each looks again within five seconds; here it rests for half an hour
                self.after(NEWS + 5.0, self._look_again)
        else:
            raise ValueError(fault.kind)

    def _look_again(self) -> None:
        for one in self.processes:
            one.loops.wake()

    def _stops(self, one: Process, lasts: float) -> None:
        """SIGSTOP: of what it holds the server knows nothing after four seconds."""
        self.tells(f"{one.name} is stopped")
        one.paused = True
        self.after(SILENT, lambda: self._session_ends(one))
        self.after(lasts, lambda: self._goes_on(one))

    def _session_ends(self, one: Process) -> None:
        if self.several and (one.paused or one not in self.processes):
            self.sessions.end(one.url)
            self._news()

    def _goes_on(self, one: Process) -> None:
        one.paused = False
        one.runtime.news.set()

    def _believes(self, one: Process, lasts: float) -> None:
        """Its session is over, and it does not hear of it: another takes what it goes on doing."""
        self.tells(f"{one.name} is not told that its session is over")
        self.sessions.end(one.url)
        for other in self.processes:
            if other is not one:
                other.runtime.news.set()
        self.after(lasts, one.runtime.news.set)

    def _will_die(self, how: str, fault: Fault) -> None:
        self.provider.down = fault.lasts
        if not self.processes:
            return
        one = self._order.choice(self.processes)
        if how == "at await":
            one.fates[one.turns + fault.number] = one.dies
        elif how == "at commit":
            one.mortal.kill = one.mortal.seen + fault.number, fault.side
        else:
            self.provider.kill = fault.number, fault.side

    def _peace(self) -> None:
        """What has not broken until now does not: the end is looked at in calm."""
        for one in self.processes:
            one.mortal.kill = None
            one.fates.clear()
            self._goes_on(one)
        self.provider.kill, self.refusal.often = None, 0
        self.provider.moods.clear()
        self.provider.is_quiet()
        self._has_room()

    def _has_room(self) -> None:
        self._may_have(1 << 30)

    def _may_have(self, pages: int) -> None:
        """How large the store may become: SQLite itself refuses what is more."""
        raw_of(self.engine).execute(f"PRAGMA max_page_count={pages}")

    # What can be seen

    def tells(self, what: str) -> None:
        self.story.append(f"{self.clock.true():%H:%M:%S}.{int(self.clock.seconds * 1000) % 1000:03} {what}")

    @contextmanager
    def _noted(self) -> Any:
        """What the service writes to its log is part of the story."""
        before = structlog.get_config()

        def notes(_logger: Any, level: str, said: dict[str, Any]) -> Any:
            trouble = said.pop("exc_info", None)
            if trouble is True:
                trouble = sys.exc_info()[1]
            more = f" {type(trouble).__name__}: {str(trouble).splitlines()[0][:200]}" if trouble else ""
            self.tells(f"log {level}: {said}{more}")
            raise structlog.DropEvent

        structlog.configure(processors=[notes], wrapper_class=structlog.make_filtering_bound_logger(30))
        try:
            yield
        finally:
            structlog.configure(**before)

    def ends(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what never came to its turn
            for loop in (self._loop, *(one.loop for one in (*self.processes, *self._graves))):
                loop.ends()
            self._graves.clear()
            self.processes.clear()

    @property
    def store(self) -> Any:
        return self.processes[0].store

    @property
    def station(self) -> Station:
        return self.processes[0].station

    @property
    def now(self) -> datetime:
        return self.clock.true() + self.clock.set_by

    def rows(self, table: Any, *where: Any) -> list[Any]:
        asked = select(table).where(*where).order_by(*table.primary_key)
        return list(ground().reading.execute(asked))

    def seen(self) -> Seen:
        return Seen(self)  # type: ignore[arg-type]

    def ago(self, seconds: float) -> datetime:
        return self.clock.true() - timedelta(seconds=seconds)
