"""A county with the real service in it: its loops, its tables in a file, a clock that is moved. It may
be killed at any commit and any send, and is started again from the file."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from sqlalchemy import select

from alerting.runtime import VirtualRuntime
from alerting.service import station as station_module
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.signals import Report, Signal
from alerting.store import Store
from tests.laws.provider import HANGS, Killed, Provider, Taken

HERE = Path(__file__).parent
START = datetime(2026, 1, 20, 6, tzinfo=UTC)  # 14:00 in the county
CONFIG = {
    "county": {"name": "测试县（虚构）", "name_en": "Test County (fictional)",
               "timezone": "Asia/Shanghai", "sender": "测试县应急办", "sender_en": "Test EMO",
               "zones": "county/zones.csv", "sites": "county/sites.csv",
               "people": "county/people.csv", "posts": "county/posts.csv",
               "rosters": "county/rosters.yaml"},
    "sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760},
                "model": {"use": "signals", "brings": "forecast", "cadence_hours": 8760,
                          "quantities": ["temperature"]}},
    "exercise": {"plans": "drills"},
    "channels": {"sms": {"use": "console"}, "call": {"use": "console"}},
}  # fmt: skip
T = TypeVar("T")


@cache
def ground() -> tuple[County, Path, list[Taken]]:
    """The county as its files give it, a database in which its service has begun, and what went out
    at that: made once."""
    folder = Path(tempfile.mkdtemp(prefix="laws-"))
    for name, to in (("county", "county"), ("book", "rules"), ("drills", "drills")):
        shutil.copytree(HERE / name, folder / to)
    shutil.copy(HERE.parent / "scenarios" / "book" / "calendar.yaml", folder / "rules")
    (folder / "config.yaml").write_text(json.dumps(CONFIG, ensure_ascii=False))
    county = load_county(load_config(folder / "config.yaml"))
    made = folder / "suian.db"
    store, provider = Store(made), Provider()
    with mock.patch.object(station_module, "make_channels", provider.channels):
        station = Station(county, VirtualRuntime(START), store)
        asyncio.run(loops_of(station).settle())
    store.close()
    return county, made, provider.record


class Mortal:
    """In place of a store's `Death`: kills at a commit that is still to come, and goes on counting."""

    def __init__(self) -> None:
        self.kill: tuple[int, str] | None = None
        self.seen, self.dead = 0, False

    def at(self, side: str) -> None:
        if self.dead:
            raise Killed
        if side == "before":
            self.seen += 1
        if self.kill is not None and (self.seen, side) == self.kill:
            self.kill, self.dead = None, True
            raise Killed


class InRealTime:
    """A virtual clock for the dispatcher, which leaves its sends under way as in real time: whatever
    else happens goes on beside them."""

    virtual = False

    def __init__(self, clock: VirtualRuntime) -> None:
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)


class World:
    """`does` runs a step and all that follows from it; where the process dies in it, it is started
    again and the step is done once more, as whoever did it would do it."""

    def __init__(self) -> None:
        county, made, sent = ground()
        self._folder = tempfile.TemporaryDirectory(prefix="laws-")
        here = Path(self._folder.name)
        self._file, self.rules = here / "suian.db", here / "rules"
        shutil.copy(made, self._file)
        shutil.copytree(county.config.rules, self.rules)  # of its own: they are changed
        config = county.config.model_copy(update={"rules": self.rules, "data": here / "var"})
        self.county = replace(county, config=config)
        self._loop = asyncio.new_event_loop()
        self.provider = Provider(record=[replace(one) for one in sent])
        self.starts, self.said = 0, 0
        self.unknown = 0  # deaths of which nobody can know how long they were
        self.begin(START)
        self.settles()

    # The process

    def begin(self, at: datetime) -> None:
        self.starts += 1
        self.runtime = VirtualRuntime(at, seed=self.starts)
        self.store = Store(self._file)
        self.mortal = Mortal()
        self.store._die = self.mortal  # type: ignore[assignment]
        self.provider.dead, self.provider.kill = False, None
        with mock.patch.object(station_module, "make_channels", self.provider.channels):
            self.station = Station(self.county, self.runtime, self.store)
        self.station.dispatcher._runtime = InRealTime(self.runtime)  # type: ignore[assignment]
        self.loops = loops_of(self.station)

    def dies(self, down: timedelta = timedelta(), clock: timedelta = timedelta()) -> None:
        """Killed, and started again after so long a time, by a clock that was set meanwhile."""
        self.provider.dead = self.mortal.dead = True
        self._loop.run_until_complete(self._its_sends_die())
        self.store.close()
        self.provider.lived += down.total_seconds()
        self.unknown += bool(clock)
        self.begin(self.runtime.now() + down + clock)

    def kill_at(self, what: str, number: int, side: str) -> None:
        """From now on: at so manieth commit, or send, to come."""
        if what == "send":
            self.provider.kill = number, side
        else:
            self.mortal.kill = self.mortal.seen + number, side

    def does(self, step: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return self._loop.run_until_complete(self._and_settles(step))
            except Killed:
                self.dies()

    async def _and_settles(self, step: Callable[[], Awaitable[T]]) -> T:
        done = await step()
        self.loops.wake()
        await self._comes_to_rest()
        return done

    async def _comes_to_rest(self) -> None:
        """Until nothing is left to do at this moment but what hangs at the provider's."""
        dispatcher = self.station.dispatcher
        while True:
            await self.loops.settle()
            if self.provider.dead or self.mortal.dead:
                raise Killed
            settling = dispatcher._settling
            if len(dispatcher._tasks) == len(self.provider.hanging) and (
                settling is None or settling.done()
            ):
                return
            await asyncio.sleep(0)

    async def _its_sends_die(self) -> None:
        dispatcher = self.station.dispatcher
        under_way = [*dispatcher._tasks, *([dispatcher._settling] if dispatcher._settling else [])]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self.provider.hanging = []

    def settles(self) -> None:
        async def nothing() -> None:
            return None

        self.does(nothing)

    def ends(self) -> None:
        self._loop.run_until_complete(self._its_sends_die())
        self.store.close()
        self._loop.close()
        self._folder.cleanup()

    # Time

    @property
    def now(self) -> datetime:
        return self.runtime.now()

    def passes(self, by: timedelta) -> None:
        """Time goes on, every deadline in its turn; the dead process is started where it died."""
        target = self.now + by

        async def on() -> None:
            while self.now < target:
                before = self.now
                await self._comes_to_rest()
                due = self.loops.next_due()
                to = target if due is None else min(target, max(due, before + timedelta(milliseconds=1)))
                if self.provider.hanging:
                    to = min(to, before + timedelta(seconds=HANGS + self.provider.hanging[0][1]
                                                    - self.provider.lived))  # fmt: skip
                self.runtime.move_to(to)
                self.provider.lived += (to - before).total_seconds()
                self.provider.lets_go()

        self.does(on)

    def next_due(self) -> datetime | None:
        return self.loops.next_due()

    def clock_is_set(self, by: timedelta) -> None:
        async def sets() -> None:
            if self.runtime.drift() != by:
                self.runtime.set_clock(by)

        self.does(sets)

    # What comes in

    def publishes(self, *signals: Signal) -> None:
        self.does(lambda: self.station.publish(LIVE, list(signals)))

    def report(self, act: str, person: str, subject: str, *, realm: str = LIVE, **detail: Any) -> None:
        """Somebody says so on a page; whoever checks their role there is not what is tried here."""
        self.said += 1
        said = Report(id=f"report:{self.said}", source="page", issued=self.station.now(realm), act=act,
                      person=person, channel="page", subject=subject, detail=detail)  # fmt: skip
        self.does(lambda: self.station.publish(realm, [said]))

    def texts(self, person: str, words: str, channel: str = "sms") -> bool:
        """A person's own words; the provider brings a message again that was not taken from it."""
        self.said += 1
        message = f"text-{self.said}"
        return self.does(lambda: self.station.hear(person, channel, words, reply_to=person,
                                                   message=message))  # fmt: skip

    def writes(self, work: Callable[[Any], T]) -> T:
        return self.does(lambda: self.station.writer.write(work))

    # What can be seen

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.store.read() as c:
            return list(c.execute(select(table).where(*where).order_by(*table.primary_key)))

    def running(self) -> list[str]:
        return [one.id for one in self.station.running()]

    def phone(self, person: str) -> list[Taken]:
        return [t for t in self.provider.record if t.message.person == person and not t.lost]
