"""Winters through the engine alone: alerts and their life, and what is written to whom at first.

No chase, no dispatch, nobody answers: a measure that needs a decision stays proposed. What the
stations of an hour say comes just before its tick and is evaluated with it. Updates of an alert
whose level stays are left out. `live.py` has all of it, for fewer hours.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import select

from alerting.alerts.changes import commit
from alerting.alerts.engine import Engine
from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.county import County
from alerting.service.station import Station
from alerting.signals import Signal, Tick, accepted_at
from alerting.store import Store
from alerting.store.schema import alert, alert_change, notice
from bench.backtest.county import tier_of
from bench.backtest.errors import EVERY
from bench.backtest.live import observed, run_of
from bench.backtest.records import HOUR, Record


def weather_rules(county: County, only: Sequence[str] = ()) -> County:
    """The county without the rules of clock and facts alone: their alerts say nothing of weather.
    With `only`, no others than rules and hazards of these names."""
    rules = tuple(
        rule for rule in county.book.rules
        if not rule.facts_only and (not only or rule.id in only or rule.hazard in only)
    )  # fmt: skip
    return replace(county, book=replace(county.book, rules=rules))


def run_through(
    county: County,
    records: Sequence[Record],
    begins: datetime,
    ends: datetime,
    makes: str,
    seed: int,
) -> dict[str, Any]:
    """`changes` of alerts and first `notices`, rows as JSON takes them."""
    station = Station(county, VirtualRuntime(begins), Store(":memory:"))
    engine = station.engines[LIVE]
    month, hour = 0, begins
    while hour < ends:
        if hour.month != month:
            month = hour.month
            print(f"  {makes} {hour:%Y-%m}", file=sys.stderr, flush=True)
        tick = Tick(source="clock", issued=hour)
        _takes(station, engine, [*observed(records, hour), tick], hour)
        if hour.hour % EVERY == 0:
            run = run_of(records, hour, makes, seed)
            _takes(station, engine, [run], hour + timedelta(minutes=10))
        hour += HOUR
    return _found(station)


def _takes(station: Station, engine: Engine, signals: Sequence[Signal], now: datetime) -> None:
    touched, last = np.zeros(len(station.places.columns), np.bool_), None
    for signal in signals:
        last = accepted_at(signal, now)
        seen = engine.see(last, now)
        touched = np.ones_like(touched) if seen is None else touched | seen
    if last is None:
        return
    work = engine.work(last, now, touched, set())
    for number in engine.slices(work):
        for share in work.shares[number].values():
            share.moves[:] = [move for move in share.moves if move.kind != "refresh"]
        changes = engine.changes(work, number)
        station.store.write(partial(commit, life=engine.life, changes=changes))


def _found(station: Station) -> dict[str, Any]:
    with station.store.read() as connection:
        changes = connection.execute(
            select(alert_change.c.at, alert_change.c.what, alert_change.c.level, alert.c.rule,
                   alert.c.place, alert.c.id)
            .join(alert, alert.c.id == alert_change.c.alert)
            .order_by(alert_change.c.n)
        ).all()  # fmt: skip
        told = connection.execute(
            select(notice.c.kind, notice.c.post, alert.c.rule, alert.c.place)
            .join(alert, alert.c.id == notice.c.alert)
            .where(notice.c.post.is_not(None))
        ).all()
    return {
        "changes": [[f"{r.at:%Y-%m-%dT%H:%MZ}", r.what, r.level, r.rule, r.place, r.id]
                    for r in changes],
        "notices": [[r.kind, tier_of(r.post), r.rule, r.place] for r in told],
    }  # fmt: skip
