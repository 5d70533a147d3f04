"""Observations of one moment are taken together, and what comes of them is what comes of each alone: the
same rows, in the same order, each with the same cause."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select

from alerting.service import engine_batch
from alerting.service.clock import LIVE
from alerting.signals import Observation, Signal, Tick
from alerting.store.schema import alert, alert_change, audit, measure, notice, slice_done, standing
from alerting.store.schema import signal as kept
from alerting.weather import Fields
from tests.service.test_shared_out import City, Workers, run
from tests.service.test_shared_out import city as _city

city = _city  # the county of three
STATIONS = {  # the first three speak for points in common
    "valley": (26.5, 106.5, 900), "seat": (26.45, 106.45, 880), "pass": (26.51, 106.54, 1250),
    "west": (26.5, 105.5, 900), "north": (27.5, 106.5, 900), "nowhere": (0, 0, 0),
}  # fmt: skip
TABLES = (alert, alert_change, measure, notice, standing, audit)

SAID = st.tuples(
    st.sampled_from(sorted(STATIONS)), st.sampled_from((0, 20, 600, 5400)),
    st.sampled_from((None, 40.0, 150.0, 400.0, 9000.0)), st.sampled_from((None, -3.0, -1.0, 8.0)),
)  # fmt: skip
MOMENT = st.tuples(st.just("said"), st.lists(SAID, min_size=2, max_size=14))
STEPS = st.lists(st.one_of(
    MOMENT, MOMENT, MOMENT, st.tuples(st.just("hour")),
    st.tuples(st.just("run"), st.sampled_from((40.0, 400.0, 9000.0)), st.sampled_from((-3.0, 8.0))),
), min_size=3, max_size=14)  # fmt: skip


def signals(step: tuple[Any, ...], now: datetime) -> list[Signal]:
    match step:
        case ("hour",):
            return [Tick(source="clock", issued=now)]
        case ("run", sight, degrees):
            return [run(now, ("990101", "990122", "990123"), sight, degrees)]
        case ("said", said):
            return [observation(now, *one) for one in said]
    raise AssertionError(step)


def observation(
    now: datetime, station: str, ago: int, sight: float | None, degrees: float | None
) -> Observation:
    lat, lon, elevation = STATIONS[station]
    said = {"visibility": sight, "temperature": degrees}
    return Observation(source="stations", issued=now, station=station, lat=lat, lon=lon,
                       elevation=elevation, at=now - timedelta(seconds=ago),
                       values={q: v for q, v in said.items() if v is not None})  # fmt: skip


class Alone(Workers):
    """A worker that takes each signal by itself."""

    def __init__(self, city: City) -> None:
        super().__init__(city, 1)
        self.loops[0]._of_one_moment = lambda *_: []  # type: ignore[method-assign]


def rows(world: Workers) -> dict[str, list[Any]]:
    """All that was written, in the order in which it was."""
    found = {}
    with world.store.read() as connection:
        for table in TABLES:
            order = [table.c.n] if "n" in table.c else list(table.primary_key.columns)
            read = connection.execute(select(table).order_by(*order))
            found[table.name] = [tuple(row) for row in read]
    return found


def same(one: Workers, other: Workers) -> None:
    wanted, found = rows(one), rows(other)
    for table, held in wanted.items():
        assert found[table] == held, table


async def live(worlds: list[Workers], steps: list[tuple[Any, ...]]) -> None:
    for number, step in enumerate(steps):
        for world in worlds:
            world.clock.advance(timedelta(minutes=70 if number % 3 else 1))
            world.publishes(*signals(step, world.clock.now()))
            await world.settles()


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=STEPS)
def test_what_comes_of_a_moment_is_what_comes_of_one_after_the_other(
    city: City, steps: list[tuple[Any, ...]]
) -> None:
    alone, together = Alone(city), Workers(city, 1)
    try:
        asyncio.run(live([alone, together], steps))
        same(alone, together)
    finally:
        alone.closes()
        together.closes()


FOG = [("north", 0, 40.0, None), ("valley", 20, 40.0, -1.0), ("west", 0, 40.0, None)]


def test_fog_that_one_report_brings_and_the_next_takes_away_has_been_there(city: City) -> None:
    """Of one station, and of two that speak for one road: the rule saw each when it was alone."""
    steps = [
        ("run", 9000.0, 8.0),
        ("said", [("valley", 20, 40.0, None), ("valley", 0, 9000.0, None),
                  ("north", 20, 40.0, None), ("west", 0, 9000.0, None)]),
    ]  # fmt: skip
    alone, together = Alone(city), Workers(city, 1)
    try:
        asyncio.run(live([alone, together], steps))
        same(alone, together)
        opened = {r.place: r.level for r in together.rows_of(alert) if r.rule == "fog"}
        assert opened == {"G99-K12": 4, "G97-K80": 4}
    finally:
        alone.closes()
        together.closes()


def test_each_alert_names_the_report_that_opened_it_and_all_are_one_transaction(city: City) -> None:
    world = Workers(city, 1)
    try:
        world.clock.advance(timedelta(minutes=10))
        said = [observation(world.clock.now(), *one) for one in FOG]
        world.publishes(*said)
        before = world.store.commits
        asyncio.run(world.settles())
        assert world.store.commits - before == 1
        causes = {r.alert.split(".")[2]: r.by for r in world.rows_of(alert_change) if r.what == "opened"}
        assert causes == {"G97-K80": said[0].id, "G99-K12": said[1].id, "G98-K40": said[2].id}
    finally:
        world.closes()


def test_what_fails_together_is_taken_one_by_one_and_set_aside_alone(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, world = Alone(city), Workers(city, 1)
    for one in (alone, world):
        one.clock.advance(timedelta(minutes=10))
        said = [observation(one.clock.now(), *each) for each in FOG]
        one.publishes(*said)
    bad = said[1].id
    plain = Fields.take_observations

    def take(self: Any, *said: Observation) -> Any:
        if bad in [one.id for one in said]:
            raise ZeroDivisionError
        return plain(self, *said)

    monkeypatch.setattr(Fields, "take_observations", take)
    try:
        asyncio.run(_until_taken(world))
        assert [r.subject for r in world.rows_of(audit) if r.action == "set aside"] == [bad]
        assert _foggy(world) == {"G97-K80", "G98-K40"}
    finally:
        alone.closes()
        world.closes()


def _foggy(world: Workers) -> set[str]:
    return {row.place for row in world.rows_of(alert) if row.rule == "fog"}


async def _until_taken(world: Workers) -> None:
    while world.waiting():
        with suppress(ZeroDivisionError):
            await world.works(0)


def test_a_batch_too_large_for_one_transaction_goes_on_behind_the_last_that_was_committed(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first part is written, the second is not: nothing of the first is done again, and what the
    memory had of the second is forgotten."""
    monkeypatch.setattr(engine_batch, "SLICE", 1)
    alone, world = Alone(city), Workers(city, 1)
    said = ("said", [*FOG, ("valley", 10, 9000.0, 8.0), ("valley", 0, 150.0, -3.0), ("seat", 0, 400.0, None)])
    plain, wrote = world.bus.taken, []

    def taken(connection: Connection, realm: str, was: Any, seq: int) -> None:
        plain(connection, realm, was, seq)
        wrote.append(seq)
        if len(wrote) == 2:
            raise ZeroDivisionError

    monkeypatch.setattr(world.bus, "taken", taken)
    try:
        asyncio.run(live([alone], [said]))
        asyncio.run(_lives(world, said))
        assert len(wrote) > 3
        same(alone, world)
    finally:
        alone.closes()
        world.closes()


async def _lives(world: Workers, step: tuple[Any, ...]) -> None:
    world.clock.advance(timedelta(minutes=1))
    world.publishes(*signals(step, world.clock.now()))
    await _until_taken(world)


def test_one_that_is_half_done_is_ended_by_itself(city: City) -> None:
    """As after a kill between two slices of a signal that was taken alone."""
    world = Workers(city, 1)
    try:
        world.clock.advance(timedelta(minutes=10))
        world.publishes(*(observation(world.clock.now(), *one) for one in FOG))
        with world.store.read() as connection:
            first = connection.execute(select(func.min(kept.c.seq))).scalar_one()
        half = insert(slice_done).values(realm=LIVE, seq=first + 1, slice=0)
        world.store.write(lambda c: c.execute(half))
        asyncio.run(world.settles())
        assert not world.rows_of(slice_done)
        assert _foggy(world) == {"G97-K80", "G98-K40"}
    finally:
        world.closes()
