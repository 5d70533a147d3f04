"""A winter lived by the service itself, in memory and under a virtual clock: engine, chase, dispatch.

Each hour ticks; five minutes past it come the stations' observations, and ten past every sixth hour
a run. Two minutes after the tick and after the run whoever was asked anything does it, one thing
each: so next to nothing is chased, and what is counted is the least that the book says to people.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select

from alerting.runtime import VirtualRuntime
from alerting.service.chase_loop import ChaseLoop
from alerting.service.clock import LIVE
from alerting.service.county import County
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.engine_loop import EngineLoop
from alerting.service.loop import Loop, Loops
from alerting.service.station import Station
from alerting.service.tick_loop import TickLoop
from alerting.signals import Forecast, Observation, Report, Signal, Spot
from alerting.store import Store
from alerting.store.schema import (
    alert,
    alert_change,
    delivery,
    delivery_notice,
    notice,
    pursuit,
)
from alerting.vocabulary.gate import GATE
from bench.backtest.county import tier_of
from bench.backtest.errors import EVERY, MAKES, PAST, MakeRun
from bench.backtest.records import HOUR, Record

# What whoever is asked does, by what is wanted of them.
DOES = {"acknowledge": "acknowledge", "in-force": "in-force", "decision": "approve", "check": "attest",
        "conflict": "both", "wait": "go-ahead", "gate": "attest-gate", "signature": "sign"}  # fmt: skip


def spot_of(record: Record) -> Spot:
    at = record.station
    return Spot(at.name, at.lat, at.lon, at.elevation)


def sent(
    records: Sequence[Record], issued: datetime, makes: MakeRun, seed: int = 0, past: int = 0
) -> Forecast:
    """A run of all stations, from `past` hours before its issue; what a record lacks is open."""
    made = [makes(record, issued, seed) for record in records]
    none = np.full_like(next(iter(made[0].values())), np.nan)
    columns = {
        q: np.array([one.get(q, none) for one in made], np.float32).T.copy()
        for q in sorted(set().union(*made))
    }
    return Forecast("model", issued, issued - past * HOUR, tuple(map(spot_of, records)), columns)


def run_of(records: Sequence[Record], issued: datetime, makes: str, seed: int) -> Forecast:
    return sent(records, issued, MAKES[makes], seed, PAST)


def observed(records: Sequence[Record], at: datetime) -> list[Signal]:
    found: list[Signal] = []
    for record in records:
        told = {q: float(record.of(q, at, 1)[0]) for q in record.values}
        values = {q: v for q, v in told.items() if not np.isnan(v)}
        if values:
            s = record.station
            found.append(Observation(
                source="stations", issued=at, station=s.name, lat=s.lat, lon=s.lon,
                elevation=s.elevation, at=at, values=values,
            ))  # fmt: skip
    return found


def live(
    county: County,
    records: Sequence[Record],
    begins: datetime,
    ends: datetime,
    makes: str,
    seed: int,
) -> dict[str, Any]:
    """What became of alerts and messages: `changes` and `deliveries`, rows as JSON takes them."""
    return asyncio.run(_live(county, records, begins, ends, makes, seed))


async def _live(
    county: County,
    records: Sequence[Record],
    begins: datetime,
    ends: datetime,
    makes: str,
    seed: int,
) -> dict[str, Any]:
    runtime = VirtualRuntime(begins)
    station = Station(county, runtime, Store(":memory:"))
    station.connectors = {}  # nobody asks them
    parts: list[Loop] = [TickLoop(station), EngineLoop(station), ChaseLoop(station),
                         DispatchLoop(station)]  # fmt: skip
    loops = Loops(runtime, parts)
    station.writer.on_commit(loops.wake)

    async def takes(at: datetime, signals: Sequence[Signal]) -> None:
        await loops.advance(at - runtime.now())
        if signals:
            await station.publish(LIVE, list(signals))
            await loops.settle()

    try:
        await loops.settle()
        month, hour = 0, begins
        while hour < ends:
            if hour.month != month:
                month = hour.month
                print(f"  {hour:%Y-%m}", file=sys.stderr, flush=True)
            await takes(hour + timedelta(minutes=2), _answers(station, runtime.now()))
            await takes(hour + timedelta(minutes=5), observed(records, hour))
            if hour.hour % EVERY == 0:
                await takes(hour + timedelta(minutes=10), [run_of(records, hour, makes, seed)])
            await takes(hour + timedelta(minutes=12), _answers(station, runtime.now()))
            hour += HOUR
            await loops.advance(hour - runtime.now())
        return _found(station)
    finally:
        await station.close()


def _answers(station: Station, now: datetime) -> list[Signal]:
    """One answer to each thing that is asked, by who holds the post that is called."""
    with station.store.read() as connection:
        asked = connection.execute(
            select(pursuit).where(pursuit.c.realm == LIVE, pursuit.c.state == "open")
        ).all()
    made: dict[tuple[str, str, str], Signal] = {}
    for one in asked:
        act = "stand" if one.wants == "decision" and one.measure is None else DOES[one.wants]
        subject = f"measure:{one.measure}" if one.measure else f"alert:{one.alert}"
        detail: dict[str, Any] = {}
        if act == "attest-gate":
            detail = {"points": dict.fromkeys(GATE, True)}
        elif act == "approve":
            detail = {"text": "agreed"}
        who = f"of-{one.at_post}"
        made[who, act, subject] = Report(
            source="web",
            issued=now,
            act=act,
            person=who,
            channel="api",
            subject=subject,
            detail=detail,
        )
    return list(made.values())


def _found(station: Station) -> dict[str, Any]:
    with station.store.read() as connection:
        changes = connection.execute(
            select(alert_change.c.at, alert_change.c.what, alert_change.c.level, alert.c.rule,
                   alert.c.place, alert.c.id)
            .join(alert, alert.c.id == alert_change.c.alert)
            .order_by(alert_change.c.n)
        ).all()  # fmt: skip
        sent = connection.execute(
            select(
                delivery.c.id, delivery.c.person, delivery.c.created, notice.c.kind, alert.c.rule
            )
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .join(alert, alert.c.id == notice.c.alert, isouter=True)
            .order_by(delivery.c.id, notice.c.id)
        ).all()
        open_still = connection.execute(
            select(pursuit.c.wants, pursuit.c.measure, pursuit.c.opened, pursuit.c.deadline)
            .where(pursuit.c.state == "open")
        ).all()  # fmt: skip
    return {
        "changes": [[f"{r.at:%Y-%m-%dT%H:%MZ}", r.what, r.level, r.rule, r.place, r.id]
                    for r in changes],
        "notices": [[r.id, tier_of(r.person.removeprefix("of-")), f"{r.created:%Y-%m-%dT%H:%MZ}",
                     r.kind, r.rule or ""] for r in sent],
        "open": [[r.wants, r.measure or "", str(r.opened), str(r.deadline)] for r in open_still],
    }  # fmt: skip
