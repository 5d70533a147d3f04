"""Places shared out among several workers of the engine: whoever acts for which, and however far one is
behind another, what comes of the signals is what comes of them with one worker for all."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.engine_loop import EngineLoop
from alerting.service.station import Station
from alerting.signals import Area, Forecast, Observation, Report, Signal, Spot, Tick, Warning
from alerting.store import Store
from alerting.store.schema import (
    alert,
    audit,
    measure,
    notice,
    response,
    slice_done,
    standing,
)

TOWN = Path(__file__).parents[1] / "scenarios"
START = datetime(2027, 1, 20, 8, tzinfo=UTC)
SPOTS = {  # of three counties, of which no two share a worker where there are three
    "990101": (Spot("low", 26.5, 106.5, 900), Spot("high", 26.52, 106.55, 1400)),
    "990122": (Spot("west", 26.5, 105.5, 900),), "990123": (Spot("north", 27.5, 106.5, 900),),
}  # fmt: skip
ROADS = {"990101": "G99-K12", "990122": "G98-K40", "990123": "G97-K80"}
TWO_ZONES = """
  IV:
    - {rules: [fog, icing], level: yellow, zones: 2}
"""


class City:
    """The county of three, in so many partitions."""

    def __init__(self, made: County) -> None:
        self._made = made

    def divided(self, partitions: int) -> County:
        bus = self._made.config.bus.model_copy(update={"partitions": partitions})
        return replace(self._made, config=self._made.config.model_copy(update={"bus": bus}))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city")
    shutil.copytree(TOWN / "city", folder / "county")
    shutil.copytree(TOWN / "book", folder / "rules")
    shutil.copytree(TOWN / "plans", folder / "rules" / "plans")
    plan = folder / "rules" / "plans" / "icing.yaml"
    head, rest = plan.read_text("utf-8").split("\n  IV:", 1)
    plan.write_text(head + TWO_ZONES + "  III:" + rest.split("  III:", 1)[1], "utf-8")
    config = json.loads((TOWN / "config.json").read_text("utf-8"))
    config["channels"] = {"console": {"silent": True}, "sms": {"use": "console", "silent": True}}
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")
    return City(load_county(load_config(folder / "config.yaml")))


class Workers:
    """So many processes' stations over one database, each acting for the shares it is given."""

    def __init__(self, city: City, partitions: int, workers: int = 1) -> None:
        self.clock, self.store = VirtualRuntime(START), Store(":memory:")
        county = city.divided(partitions)
        self.stations = [Station(county, self.clock, self.store) for _ in range(workers)]
        self.has = [set[tuple[int, int]]() for _ in self.stations]
        self._given = 0  # times that a share was
        self.loops = []
        for station, has in zip(self.stations, self.has, strict=True):
            station.acts_for = frozenset()
            self.loops.append(EngineLoop(station, lambda has=has: frozenset(has)))  # type: ignore[misc]
        for share in range(partitions):
            self.has[share % workers].add((share, 0))
        self.bus = self.stations[0].bus

    def publishes(self, *signals: Signal) -> None:
        now = self.clock.now()
        self.store.write(lambda c: self.bus.publish(c, LIVE, signals, now))

    async def works(self, worker: int) -> None:
        await self.loops[worker].step()

    async def settles(self) -> None:
        while self.waiting():
            for worker in range(len(self.loops)):
                await self.works(worker)

    def waiting(self) -> bool:
        with self.store.read() as connection:
            return self.bus.waiting(connection, LIVE)

    def moves(self, share: int, worker: int) -> None:
        self._given += 1
        for has in self.has:
            has -= {one for one in has if one[0] == share}
        self.has[worker].add((share, self._given))

    def rows(self, *columns: Any) -> list[Any]:
        with self.store.read() as connection:
            rows = [tuple(row) for row in connection.execute(select(*columns))]
            return sorted((row for row in rows if "response" not in repr(row)), key=repr)

    def rows_of(self, table: Any) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(table)))

    def end(self) -> dict[str, Any]:
        """All that came of it; of a plan only what is proposed in the end, not when the worker that looks
        at the plans heard of what others had opened."""
        a, m, n, s = alert.c, measure.c, notice.c, standing.c
        return {
            "alerts": self.rows(a.rule, a.place, a.episode, a.state, a.level, a.peak, a.opened, a.closed,
                                a.onset, a.held_by_unknown),
            "measures": self.rows(m.measure, m.object, m.carrier, m.number, m.state, m.level, m.arguments,
                                  m.issued, m.ended),
            "notices": Counter(map(repr, self.rows(n.kind, n.alert, n.measure, n.post, n.level, n.created))),
            "memory": self.rows(s.rule, s.place, s.level, s.believed, s.hold_since, s.unknown_since),
            "log": Counter(r for r in self.rows(audit.c.action, audit.c.subject) if ".icing." not in r[1]),
            "plans": [r for r in self.rows(response.c.plan, response.c.wanted, response.c.ended) if not r[-1]],
            "half done": self.rows(slice_done.c.slice),
        }  # fmt: skip

    def closes(self) -> None:
        for one in self.stations:
            one.runtime.close()
        self.store.close()


def run(at: datetime, counties: tuple[str, ...], visibility: float, degrees: float) -> Forecast:
    spots = tuple(spot for county in counties for spot in SPOTS[county])
    said = {"visibility": visibility, "temperature": degrees, "precipitation": 0.5, "wind_speed": 12.0}
    values = {q: np.full((12, len(spots)), v, np.float32) for q, v in said.items()}
    for held in values.values():
        held[3:] = 5.0
    values["visibility"][3:] = 9000
    return Forecast("model", at, at.replace(minute=0), spots, values)


COUNTIES = st.sampled_from(sorted(SPOTS))
SIGHTS = st.sampled_from((40.0, 150.0, 400.0, 9000.0))
SAID = st.one_of(
    st.tuples(st.just("run"), st.lists(COUNTIES, min_size=1, unique=True).map(sorted).map(tuple), SIGHTS,
              st.sampled_from((-3.0, -1.0, 8.0))),
    st.tuples(st.just("station"), COUNTIES, SIGHTS),
    st.tuples(st.just("warning"), st.sampled_from(("990101", "990122", "9901")),
              st.sampled_from(("yellow", "red"))),
    st.tuples(st.just("icing"), COUNTIES, st.booleans()),
    st.tuples(st.just("hour")),
    st.tuples(st.just("by hand"), COUNTIES, st.sampled_from(("open", "withdraw"))),
)  # fmt: skip
MOVES = st.lists(st.one_of(
    SAID, SAID, st.tuples(st.just("work"), st.integers(0, 2)),
    st.tuples(st.just("move"), st.integers(0, 2), st.integers(0, 2)),
), min_size=4, max_size=24)  # fmt: skip


def signals(move: tuple[Any, ...], number: int, now: datetime, held: list[Any]) -> list[Signal]:
    match move:
        case ("run", counties, sight, degrees):
            return [run(now, counties, sight, degrees)]
        case ("station", county, sight):
            spot = SPOTS[county][0]
            return [Observation(source="stations", issued=now, station=county, lat=spot.lat, lon=spot.lon,
                                elevation=900, at=now, values={"visibility": sight})]  # fmt: skip
        case ("warning", area, level):
            return [Warning(source="office", issued=now, identifier=f"W{number}", sender="office",
                            action="alert", hazard="fog", event="fog", level=level,
                            expires=now + timedelta(hours=5), area=Area(codes=(area,)))]  # fmt: skip
        case ("icing", county, seen):
            return [Report(source="page", issued=now, act="reported" if seen else "report-ended",
                           person="li", subject=f"place:{county}000000", detail={"word": "icing"})]  # fmt: skip
        case ("hour",):
            return [Tick(source="clock", issued=now)]
        case ("by hand", county, "open"):
            return [Report(source="page", issued=now, act="open", person="zhao", subject="rule:fog",
                           detail={"place": ROADS[county], "level": "yellow", "reason": "seen"})]  # fmt: skip
        case ("by hand", county, "withdraw"):
            return [Report(source="page", issued=now, act="withdraw", person="zhao",
                           subject=f"alert:{row[0]}", detail={"reason": "a slip"})
                    for row in held if row[1] == ROADS[county]]  # fmt: skip
    raise AssertionError(move)


async def story(many: Workers, one: Workers, moves: list[tuple[Any, ...]]) -> None:
    for number, move in enumerate(moves):
        if move[0] == "work":
            await many.works(move[1])
            continue
        if move[0] == "move":
            many.moves(*move[1:])
            continue
        for world in (many, one):
            world.clock.advance(timedelta(minutes=60 - number % 2 * 40))
        now = one.clock.now()
        if move[0] == "hour":
            now = now.replace(minute=0)
        if move[0] in ("by hand", "icing"):  # who does something has seen what there was
            await many.settles()
        open_now = [r for r in one.rows(alert.c.id, alert.c.place, alert.c.state) if r[2] == "open"]
        for world in (many, one):
            world.publishes(*signals(move, number, now, open_now))
        await one.settles()
        if move[0] in ("by hand", "icing"):
            await many.settles()
    await many.settles()


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(moves=MOVES)
def test_what_comes_of_it_is_the_same_with_one_share_and_with_three(
    city: City, moves: list[tuple[Any, ...]]
) -> None:
    many, one = Workers(city, 3, 3), Workers(city, 1)
    try:
        asyncio.run(story(many, one, moves))
        wanted, found = one.end(), many.end()
        for what, rows in wanted.items():
            assert found[what] == rows, what
    finally:
        many.closes()
        one.closes()
