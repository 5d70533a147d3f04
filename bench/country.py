"""Every township of a country in one service: a forecast an hour, from its acceptance to its alerts.

The county's files are written and read as anybody's, the book is the shipped one, and the Station and
the EngineLoop are those that serve; only the clock is told the time. Every township has a point, a post
with somebody in it and one site, of each kind in turn. Each size runs in a process of its own, for its
memory, and lives through four hours: two in which nothing is wrong, a cold front over 30 % of the
townships, and one in which the front stays. An hour is a run of 72 h and the clock's stroke. What was
opened is looked at before a time is printed: places of one kind in the front all have the same alerts,
those outside none of the weather.
"""

from __future__ import annotations

import asyncio
import csv
import gc
import json
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.engine_loop import EngineLoop
from alerting.service.station import Station
from alerting.signals import Floats, Forecast, Spot, Tick
from alerting.store import Store
from alerting.store.schema import alert, measure, notice
from alerting.vocabulary import PLACE_KINDS
from bench.rounds import Target, same

ROOT = Path(__file__).parent.parent
SIZES = (100, 1_000, 10_000, 40_000)
START = datetime(2026, 1, 20, 6, tzinfo=UTC)
HOURS = 72
HOUR = timedelta(hours=1)
COUNTY = "000000000000"
KINDS = tuple(k for k in PLACE_KINDS if k not in ("zone", "county", "source", "channel"))
IN_FRONT = 30  # of each hundred townships
CALM = {"temperature": 6.0, "humidity": 60.0, "precipitation": 0.0, "rain": 0.0, "snowfall": 0.0,
        "snow_depth": 0.0, "visibility": 15000.0, "wind_speed": 2.5, "wind_gust": 5.0,
        "surface_temperature": 7.0, "pressure": 925.0}  # fmt: skip
FRONT = {"temperature": -2.5, "humidity": 93.0, "precipitation": 1.1, "rain": 0.0, "snowfall": 1.2,
         "snow_depth": 5.0, "visibility": 150.0, "wind_speed": 12.0, "wind_gust": 19.0,
         "surface_temperature": -2.0, "pressure": 931.0}  # fmt: skip
GIB = 1024**3


# --- the country ----------------------------------------------------------------------------------
def write(folder: Path, points: int) -> Path:
    """Its files; gives the config's path."""
    towns = [f"1{n:08d}000" for n in range(points)]
    columns = ("code", "name", "name_en", "parent", "point", "lat", "lon", "elevation")
    _csv(folder / "zones.csv", columns,
         [(COUNTY, "全国", "The country", "", "", "", "", ""),
          *((code, f"镇{n}", f"Township {n}", COUNTY, f"p{n:05d}", f"{20 + n // 200 * 0.15:.4f}",
             f"{80 + n % 200 * 0.25:.4f}", 100 + n % 90 * 10)
            for n, code in enumerate(towns))])  # fmt: skip
    _csv(folder / "sites.csv", ("id", "kind", "name", "name_en", "zones", "points"),
         [(f"s{n:05d}", KINDS[n % len(KINDS)], f"处{n}", f"Site {n}", code, f"p{n:05d}")
          for n, code in enumerate(towns)])  # fmt: skip
    _csv(folder / "people.csv", ("id", "name", "name_en", "language", "role", "contacts"),
         [(f"h{n:05d}", f"某{n}", f"No {n}", "zh", "answer" if n else "order", f"console:h{n:05d}")
          for n in range(points + 1)])  # fmt: skip
    _csv(folder / "posts.csv", ("id", "tier", "sector", "place", "title", "title_en", "holders"),
         [("duty-office", "duty-office", "", COUNTY, "值班室", "Duty office", f"h{points:05d}"),
          *((f"town-{n:05d}", "township", "", code, f"镇{n}", f"Township {n}", f"h{n:05d}")
            for n, code in enumerate(towns))])  # fmt: skip
    config = {
        "county": {"name": "全国（虚构）", "name_en": "A country (fictional)", "fictional": True,
                   "zones": "zones.csv", "sites": "sites.csv", "people": "people.csv",
                   "posts": "posts.csv", "rosters": None},
        "rules": str(ROOT / "rules"), "calendar": str(ROOT / "rules" / "calendar.yaml"),
        "sources": {"model": {"use": "signals", "brings": "forecast", "cadence_hours": 1,
                              "quantities": sorted(CALM)}},
        "channels": {"console": {"silent": True}},
    }  # fmt: skip
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, ensure_ascii=False), "utf-8")
    return path


def _csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        out.writerows(rows)


def said(spots: tuple[Spot, ...], at: datetime, front: bool, seed: int) -> Forecast:
    """A run of the model: each point a little different in each hour; of a front the first 30 of each
    hundred are in it from the third hour to the thirtieth."""
    random = np.random.default_rng(seed)
    inside = np.array([front and int(s.id[1:]) % 100 < IN_FRONT for s in spots])
    values: dict[str, Floats] = {}
    for quantity, calm in CALM.items():
        made = np.full((HOURS, len(spots)), calm, np.float32)
        made[3:30, inside] = FRONT[quantity]
        made += (random.integers(0, 5, made.shape) / 10 * (made != 0)).astype(np.float32)
        values[quantity] = made
    return Forecast(source="model", issued=at, start=at, spots=spots, values=values)


# --- one size -------------------------------------------------------------------------------------
class Country:
    """The service over a country of so many points; the hours are lived by the caller."""

    def __init__(self, points: int, folder: Path) -> None:
        began = perf_counter()
        county = load_county(load_config(write(folder, points)))
        self.runtime = VirtualRuntime(START)
        self.station = Station(county, self.runtime, Store(folder / "country.db"))
        self.started = perf_counter() - began
        self.spots = tuple(sorted(self.station.spots, key=lambda s: s.id))
        self.engine = EngineLoop(self.station)
        self.transactions: list[float] = []  # seconds of each, by the clock
        self.worked: list[float] = []  # and of the processor, which other work does not lengthen
        self._watch(self.station.store)
        gc.freeze()  # as cli/serve.py does

    def _watch(self, store: Store) -> None:
        plain = store.write

        def timed(work: Callable[[Connection], Any], wrote: set[str] | None = None) -> Any:
            began, worked = perf_counter(), thread_time()
            try:
                return plain(work, wrote)
            finally:
                self.transactions.append(perf_counter() - began)
                self.worked.append(thread_time() - worked)

        store.write = timed  # type: ignore[method-assign]

    async def hour(self, front: bool, seed: int) -> dict[str, float]:
        """A run and the clock's stroke; seconds by part."""
        self.runtime.advance(HOUR)
        now, before = self.runtime.now(), self._count(alert)
        run = said(self.spots, now, front, seed)
        self.transactions.clear()
        kept = await self._timed(self.station.publish(LIVE, [run]))
        keeping = max(self.transactions)
        self.transactions.clear()
        self.worked.clear()
        del run
        forecast = await self._timed(self._taken())
        await self.station.publish(LIVE, [Tick(source="clock", issued=now)])
        stroke = await self._timed(self._taken())
        return {"kept": kept, "forecast": forecast, "stroke": stroke, "keeping": keeping,
                "longest": max(self.transactions), "longest worked": max(self.worked),
                "median": float(np.median(self.transactions)),
                "transactions": len(self.transactions),
                "opened": self._count(alert) - before}  # fmt: skip

    async def _taken(self) -> None:
        while await self.engine.step():
            pass

    async def _timed(self, work: Any) -> float:
        began = perf_counter()
        await work
        return perf_counter() - began

    def _count(self, table: Any) -> int:
        with self.station.store.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def check(self) -> dict[str, int]:
        """That the front opened what it must; gives what there is of alerts, measures and notices."""
        with self.station.store.read() as connection:
            rows = connection.execute(select(alert.c.place, alert.c.rule)).all()
        of_weather: dict[str, set[str]] = defaultdict(set)
        for place, rule in rows:
            if not self.station.book.rules_by_id[rule].facts_only:
                of_weather[place].add(rule)
        by_kind: dict[str, set[frozenset[str]]] = defaultdict(set)
        for place in self.station.places.by_id.values():
            if not place.points or place.id == COUNTY:
                continue
            rules = of_weather.get(place.id, set())
            inside = int(place.points[0].id[1:]) % 100 < IN_FRONT
            same(inside or not rules, f"{place.id} lies outside and has {sorted(rules)}")
            if inside:
                by_kind[place.kind].add(frozenset(rules))
        same(bool(by_kind["zone"]) and all(len(one) == 1 for one in by_kind.values()),
             "places of one kind in the front have different alerts")  # fmt: skip
        same(all(by_kind["zone"]) and all(by_kind["road-section"]), "the front opened nothing")
        return {"alerts": len(rows), "measures": self._count(measure), "notices": self._count(notice)}


HOURS_LIVED = (("calm, the first", False), ("calm", False), ("the front", True), ("it stays", True))


async def measure_size(points: int, folder: Path) -> dict[str, Any]:
    country = Country(points, folder)
    try:
        hours = {name: await country.hour(front, n)
                 for n, (name, front) in enumerate(HOURS_LIVED)}  # fmt: skip
        same(hours["calm"]["opened"] == 0, "a second calm hour opened alerts")
        return {"points": points, "columns": len(country.station.places.columns),
                "started": country.started, "hours": hours, "came": country.check(),
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}  # fmt: skip
    finally:
        await country.station.close()


def _in_own_process(points: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.country", str(points)], capture_output=True, text=True,
        cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(f"the bench of {points} points failed:\n{done.stderr}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def run(sizes: Sequence[int] = SIZES) -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    dearest: dict[int, float] = {}
    made: dict[str, Any] = {}
    for points in sizes:
        made = _in_own_process(points)
        hours, came = made["hours"], made["came"]
        print(
            f"{points} points, {made['columns']} columns x {HOURS} h x {len(CALM)} quantities:"
            f" started in {made['started']:.1f} s, peak memory {made['peak'] / 2**20:.0f} MiB;"
            f" {came['alerts']} alerts, {came['measures']} measures, {came['notices']} notices"
        )
        print("  seconds                kept  forecast   stroke   opened   transactions  median ms"
              "  longest ms  of processor  keeping ms")  # fmt: skip
        for name, one in hours.items():
            print(f"  {name:<16} {one['kept']:>10.2f} {one['forecast']:>9.2f} {one['stroke']:>8.2f}"
                  f" {one['opened']:>8} {one['transactions']:>14} {one['median'] * 1e3:>10.1f}"
                  f" {one['longest'] * 1e3:>11.0f} {one['longest worked'] * 1e3:>13.0f}"
                  f" {one['keeping'] * 1e3:>11.0f}")  # fmt: skip
        dearest[points] = max(h["kept"] + h["forecast"] + h["stroke"] for h in hours.values())
        print(f"  the dearest hour takes {dearest[points]:.1f} s", flush=True)
    most = sizes[-1]
    targets = [
        Target(f"the dearest hour at {most} points, minutes", dearest[most] / 60, 15, False),
        Target("peak memory, GiB", made["peak"] / GIB, 8, False),
    ]
    for small, large in pairwise(sizes[1:]):
        growth = dearest[large] / dearest[small] / (large / small)
        targets.append(Target(f"a point's share, {large} by {small} points", growth, 1.5, False))
    for target in targets:
        print(target.line())
    return targets


def main(points: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure_size(points, Path(folder)))))


if __name__ == "__main__":
    main(int(sys.argv[1]))
