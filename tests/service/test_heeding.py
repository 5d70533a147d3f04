"""A commit wakes those loops alone that wait for what it wrote; and a loop names all that it looks at, or it
would sleep over its work."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from alerting.runtime import VirtualRuntime
from alerting.service.loop import Loop, Loops, heeded
from alerting.service.process import loops_of
from alerting.signals import Tick
from alerting.store.schema import metadata
from tests.service.small import START, small_station
from tests.service.test_failing_loops import Beside

# Their changes are told to everybody: how realms stand is kept in memory.
TOLD = {"realm"}


def test_a_loop_heeds_every_table_that_it_looks_at(tmp_path: Path) -> None:
    station, clock = small_station(tmp_path)
    loops = loops_of(station)
    asked: list[str] = []

    async def story() -> None:
        await station.publish("live", [Tick(source="clock", issued=START)])
        await loops.settle()
        clock.advance(timedelta(seconds=1))
        event.listen(station.store._engine, "before_cursor_execute",
                     lambda _c, _cursor, statement, *_: asked.append(statement))  # fmt: skip
        for loop in loops._loops:
            if (heeds := heeded(loop)) is None:
                continue
            asked.clear()
            assert not await loop.step(), loop.name
            loop.next_due()
            looked_at = {name for one in asked for name in re.findall(r"(?:FROM|JOIN) (\w+)", one)}
            missed = looked_at & metadata.tables.keys() - heeds - TOLD
            assert not missed, f"{loop.name} looks at {missed} and is not woken by them"
            if loop.name in ("chase", "dispatch", "engine", "seal", "drill", "duty"):
                assert looked_at & heeds, f"{loop.name} looked at nothing"
        await station.close()

    asyncio.run(story())


class Waiting:
    def __init__(self, name: str, *heeds: str) -> None:
        self.name, self.heeds, self.rounds = name, frozenset(heeds), 0

    async def step(self) -> bool:
        self.rounds += 1
        return False

    def next_due(self) -> datetime | None:
        return None


def test_a_commit_wakes_who_waits_for_what_it_wrote_and_who_waits_for_all() -> None:
    signals, messages, everything = Waiting("s", "signal"), Waiting("m", "notice", "delivery"), Beside()
    parts: list[Loop] = [signals, messages, everything]
    loops = Loops(VirtualRuntime(START), parts)

    def rounds(wrote: Any) -> tuple[int, int, int]:
        had = [one.rounds for one in (signals, messages, everything)]
        loops.wake(wrote)
        asyncio.run(loops.settle())
        now = [one.rounds for one in (signals, messages, everything)]
        return now[0] - had[0], now[1] - had[1], now[2] - had[2]

    assert rounds(None) == (1, 1, 1)
    assert rounds({"signal", "audit"}) == (1, 0, 1)
    assert rounds({"delivery"}) == (0, 1, 1)
    assert rounds({"realm"}) == (0, 0, 1)
    assert rounds(set()) == (0, 0, 1)
    assert rounds(None) == (1, 1, 1), "what has failed, or is not in tables, may be anybody's"
