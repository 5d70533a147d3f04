"""The winter's county without a process: the same station and engine, in memory, with the hour's tick.

Nobody is told and nobody answers, so that many winters can be compared: what happens to alerts is all.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from alerting.alerts.engine import Engine
from alerting.bus import Record
from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.engine_loop import EngineLoop
from alerting.service.loop import Loops
from alerting.service.station import Station
from alerting.service.tick_loop import TickLoop
from alerting.signals import from_envelope
from alerting.store import Store
from alerting.store.schema import alert, alert_change
from tests.winter.feed import Moment
from tests.winter.town import CHANGES, HERE, RULES

RISES, FALLS = ("opened", "reopened", "raised"), ("fell", "cleared")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an alert, and the level after it (0: cleared)."""

    at: datetime
    rule: str
    place: str
    what: str
    level: int


Watch = Callable[[Engine, datetime, list[Change]], None]


def changes(
    folder: Path,
    moments: Sequence[Moment],
    begins: datetime,
    ends: datetime,
    watch: Watch | None = None,
) -> list[Change]:
    """All that happens to alerts from `begins` to `ends` if this comes in, in order. `watch` is shown
    the engine, the time and what happened to alerts at it, while memory is as it was decided on."""
    shutil.copytree(HERE / "county", folder / "county", dirs_exist_ok=True)
    calendar = str(RULES / "calendar.yaml")
    text = json.dumps(CHANGES | {"rules": str(RULES), "calendar": calendar})
    (folder / "config.yaml").write_text(text, "utf-8")
    return asyncio.run(_live(folder, moments, begins, ends, watch))


class _Watched(EngineLoop):
    """The engine's loop, which shows what each of its signals changed."""

    def __init__(self, station: Station, watch: Watch | None) -> None:
        super().__init__(station)
        self._held, self._watch, self._seen = station, watch, 0
        self.changes: list[Change] = []

    async def _take(self, realm: str, one: Record, was: int) -> None:
        await super()._take(realm, one, was)
        made = self._new()
        self.changes += made
        if self._watch is not None and made:
            self._watch(self._held.engines[realm], made[0].at, made)

    def _new(self) -> list[Change]:
        with self._held.store.read() as connection:
            rows = connection.execute(
                select(alert_change, alert.c.rule, alert.c.place)
                .join(alert, alert.c.id == alert_change.c.alert)
                .where(alert_change.c.n > self._seen, alert_change.c.what.in_(RISES + FALLS))
                .order_by(alert_change.c.n)
            ).all()
        self._seen = max([self._seen, *(r.n for r in rows)])
        return [
            Change(r.at, r.rule, r.place, r.what, 0 if r.what == "cleared" else r.level)
            for r in rows
        ]


async def _live(
    folder: Path,
    moments: Sequence[Moment],
    begins: datetime,
    ends: datetime,
    watch: Watch | None,
) -> list[Change]:
    runtime = VirtualRuntime(begins)
    station = Station(load_county(load_config(folder / "config.yaml")), runtime, Store(":memory:"))
    engine = _Watched(station, watch)
    loops = Loops(runtime, [TickLoop(station), engine])
    station.writer.on_commit(loops.wake)
    try:
        await loops.settle()
        for moment in moments:
            await loops.advance(moment.at - runtime.now())
            await station.publish(LIVE, [from_envelope(e) for e in moment.envelopes])
            await loops.settle()
        await loops.advance(ends - runtime.now())
        return engine.changes
    finally:
        await station.close()
