"""A forecast run on its whole way: from the service's bytes to committed state, beside pysimdjson.

Each size runs in a process of its own, for its peak memory. A run is told apart into parse (bytes to a
signal), merge (into the fields), derive (what the shipped book asks for beyond what is said), evaluate
(the shipped book, and what is decided), explain (why each alert moves) and write (the transactions of
its effects); the bus's own write and reading it back are shown apart, and so, in runs of their own, is
the derivation of every quantity that can be derived. Measured against: pysimdjson reading the same
bytes into float32, in the same rounds; ratios are of processor time. What was read is compared before
a time is printed.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import simdjson
from numpy.typing import NDArray
from sqlalchemy import func, select

from alerting.alerts.changes import commit
from alerting.alerts.engine import Engine
from alerting.bus import EmbeddedBus
from alerting.connector import Context
from alerting.service.clock import LIVE
from alerting.signals import Forecast, Spot, accepted_at
from alerting.store import Store
from alerting.store.schema import alert, measure, notice, slice_done
from alerting.weather.merge import Merge
from alerting.weather.recipes import RECIPES
from bench import county
from bench.rounds import Target, same
from connectors.open_meteo import OpenMeteoOptions, Source

SIZES = (1_000, 10_000, 40_000)
FRONTS = (1_000, 10_000)
ROUNDS = {1_000: 9, 10_000: 5, 40_000: 3}
GIB = 1024**3
WAY = ("parse", "merge", "derive", "evaluate", "explain", "write")


class Parts:
    """Seconds by part of one run: `took` by the clock, `worked` by the processor, which other work on
    the machine does not lengthen."""

    def __init__(self) -> None:
        self.took: dict[str, float] = defaultdict(float)
        self.worked: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        began, worked = perf_counter(), process_time()
        yield
        self.took[name] += perf_counter() - began
        self.worked[name] += process_time() - worked

    def less(self, name: str, part: str) -> None:
        """Take a part out of another in which it happened."""
        self.took[name] -= self.took[part]
        self.worked[name] -= self.worked[part]

    def way(self, derived: bool = True) -> float:
        return sum(self.worked[p] for p in WAY if derived or p != "derive")


@contextmanager
def derivation(parts: Parts) -> Iterator[None]:
    """Take the time of the derivation, which happens in the middle of the merge."""
    inner = Merge._derive

    def timed(self: Merge, *given: Any) -> None:
        with parts.of("derive"):
            inner(self, *given)

    Merge._derive = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        Merge._derive = inner  # type: ignore[method-assign]


class Run:
    """A county with its engine, fed as the service's loops feed it, step by step under a watch."""

    def __init__(self, points: int, folder: Path) -> None:
        self.store: Store
        self.engine: Engine
        self.store, self.engine, places = county.open_county(points, folder / "bench.db")
        self.spots = county.spots_of(places)
        self.places = sum(1 for p in places.by_id.values() if p.points)
        self.points = points
        self._source = Source(OpenMeteoOptions(quantities=county.QUANTITIES, forecast_days=3,
                                               past_days=0, batch=county.BATCH))  # fmt: skip
        self._bus = EmbeddedBus()
        self.longest = self.longest_cpu = 0.0  # seconds of the longest transaction so far
        gc.freeze()  # as cli/serve.py does

    def take(self, said: county.Answers, now: datetime) -> tuple[Parts, Forecast]:
        parts, bus = Parts(), self._bus
        said.asked.clear()
        with parts.of("parse"):
            reading = self._source.poll(said, Context("open-meteo", now, county.ZONE, self.spots))
            (signal,) = reading.signals
            stamped = accepted_at(signal, now)
        assert isinstance(signal, Forecast)
        with parts.of("bus write"):
            self.store.write(lambda c: bus.publish(c, LIVE, [stamped], now))
        with parts.of("bus read"), self.store.read() as connection:
            was = bus.positions(connection, LIVE)
            (record,) = bus.read(connection, LIVE, max(was.values()))
            one = record.signal()
        engine = self.engine
        with derivation(parts):
            with parts.of("merge"):
                touched = engine.see(one, now)
                engine.fields.sight(now, engine.facts.at(now))
            parts.less("merge", "derive")
        with parts.of("evaluate"):
            work = engine.work(one, now, touched, set())
        self._write(parts, work, was, record.seq)
        return parts, signal

    def _write(self, parts: Parts, work: Any, was: dict[int, int], seq: int) -> None:
        """As service/engine_loop.py commits: a transaction a slice, the last marks the signal."""
        engine, slices = self.engine, self.engine.slices(work)
        for number in slices or [None]:
            with parts.of("explain"):
                changes = None if number is None else engine.changes(work, number)

            def write(connection: Any, number: Any = number, changes: Any = changes) -> None:
                if changes is not None:
                    commit(connection, engine.life, changes)
                if slices and number != slices[-1]:
                    connection.execute(slice_done.insert().values(realm=LIVE, seq=seq, slice=number))
                else:
                    connection.execute(slice_done.delete())
                    self._bus.taken(connection, LIVE, was, seq)

            before, worked = parts.took["write"], parts.worked["write"]
            with parts.of("write"):
                self.store.write(write)
            self.longest = max(self.longest, parts.took["write"] - before)
            self.longest_cpu = max(self.longest_cpu, parts.worked["write"] - worked)

    def count(self, table: Any) -> int:
        with self.store.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def read_plainly(said: county.Answers, spots: tuple[Spot, ...]) -> NDArray[np.float32]:
    """The same bytes with pysimdjson alone: (variable, location, hour), nothing checked."""
    names = list(county.UNITS)
    made = np.empty((len(names), len(spots), county.HOURS), np.float32)
    parser = simdjson.Parser()
    at = turn = 0
    while at < len(spots):
        count = min(county.BATCH, len(spots) - at)
        kind = said.bodies[0 if count == county.BATCH or len(said.bodies[1]) == 0 else 1]
        locations = parser.parse(kind[turn % len(kind)])
        for location in locations:
            hourly = location["hourly"]
            for n, name in enumerate(names):
                made[n, at] = np.frombuffer(hourly[name].as_buffer(of_type="d"))
            at += 1
        turn += 1
        del locations, location, hourly  # the parser is used again
    return made


def measure_size(points: int, counted: int, folder: Path) -> dict[str, Any]:
    """Quiet runs beside the plain reading, in turn; then, at sizes that say so, a front."""
    run = Run(points, folder)
    now = county.START
    kept: list[Parts] = []
    plain: list[float] = []
    for turn in range(counted + 2):  # the first two find everything unknown, and warm up
        now += timedelta(hours=1)
        said = county.answers(points, now, front=False, seed=turn * 10)
        began = process_time()
        read = read_plainly(said, run.spots)
        plainly = process_time() - began
        parts, signal = run.take(said, now)
        if turn == 0:
            _compare(read, signal)
        del read, signal
        if turn >= 2:
            kept.append(parts)
            plain.append(plainly)
    same(run.count(alert) == 0, "a quiet run opened alerts")
    quiet_peak = _peak()
    now, everything = _derive_everything(run, now, counted)
    made: dict[str, Any] = {
        "points": points,
        "places": run.places,
        "parts": {p: [statistics.median(k.worked[p] for k in kept),
                      statistics.median(k.took[p] for k in kept)]
                  for p in (*WAY, "bus write", "bus read")},
        "plain": statistics.median(plain),
        "without": statistics.median(k.way(False) / p for k, p in zip(kept, plain, strict=True)),
        "with": statistics.median(k.way() / p for k, p in zip(kept, plain, strict=True)),
        "everything": everything,
        "quiet_peak": quiet_peak,
    }  # fmt: skip
    if points in FRONTS:
        made["front"] = _front(run, now + timedelta(hours=1))
    made["peak"] = _peak()
    return made


def _derive_everything(run: Run, now: datetime, counted: int) -> tuple[datetime, float]:
    """Seconds of processor a run takes to derive all that can be, as if a book asked for it; the book
    asks for its own again afterwards."""
    fields, book = run.engine.fields, run.engine.life.book
    fields.need(book.quantities | RECIPES.keys())
    took = []
    for turn in range(counted + 1):  # the first makes the arrays
        now += timedelta(hours=1)
        said = county.answers(run.points, now, front=False, seed=777 + turn)
        parts, _ = run.take(said, now)
        took.append(parts.worked["derive"])
    fields.need(book.quantities)
    return now, statistics.median(took[1:])


def _compare(read: NDArray[np.float32], signal: Forecast) -> None:
    names = list(county.UNITS)
    for quantity, name in (("temperature", "temperature_2m"), ("visibility", "visibility")):
        same(bool((read[names.index(name)] == signal.values[quantity].T).all()), quantity)


def _front(run: Run, now: datetime) -> dict[str, Any]:
    run.longest = run.longest_cpu = 0.0
    parts, _ = run.take(county.answers(run.points, now, front=True, seed=999), now)
    opened = run.count(alert)
    with run.store.read() as connection:
        places = connection.execute(select(func.count(alert.c.place.distinct()))).scalar_one()
    return {"alerts": opened, "places": places, "measures": run.count(measure),
            "notices": run.count(notice),
            "longest": run.longest, "longest_cpu": run.longest_cpu,
            "parts": {p: [parts.worked[p], parts.took[p]]
                      for p in ("evaluate", "explain", "write")}}  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_own_process(points: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.ingest", str(points)], capture_output=True, text=True,
        cwd=county.ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(f"the bench of {points} points failed:\n{done.stderr}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def run() -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    targets: list[Target] = []
    rates: dict[int, float] = {}
    for points in SIZES:
        made = _in_own_process(points)
        print(f"{points} points, {made['places']} places x {county.HOURS} h x 8 quantities, quiet; "
              f"medians of {ROUNDS[points]} runs")  # fmt: skip
        print("  milliseconds    processor     clock")
        for part, (worked, took) in made["parts"].items():
            apart = "  (apart)" if part.startswith("bus") else ""
            print(f"  {part:<12} {worked * 1e3:>12.1f} {took * 1e3:>9.1f}{apart}")
        print(f"  pysimdjson   {made['plain'] * 1e3:>12.1f}")
        print(f"  derive, every quantity {made['everything'] * 1e3:.1f}, "
              f"{made['everything'] / made['plain']:.2f} times pysimdjson")  # fmt: skip
        print(f"  peak memory {made['quiet_peak'] / 2**20:>10.0f} MiB")
        where = f"quiet run, {points} points"
        targets.append(Target(f"{where}, without derivation", made["without"], 1.5, False))
        targets.append(Target(f"{where}, with derivation", made["with"], 3, False))
        all_derived = made["without"] + made["everything"] / made["plain"]
        targets.append(Target(f"{where}, every quantity derived", all_derived, 3, False))
        if points == 10_000:
            used = made["peak"] / GIB
            targets.append(Target("peak memory at 10000 points, front too, GiB", used, 1, False))
        if "front" in made:
            front = made["front"]
            parts = front["parts"]
            rates[points] = front["alerts"] / sum(worked for worked, _ in parts.values())
            print(
                f"  front: {front['places']} places open, {front['alerts']} alerts, "
                f"{front['measures']} measures, {front['notices']} notices in "
                + ", ".join(f"{p} {worked:.2f} s" for p, (worked, _) in parts.items())
                + f" of processor: {rates[points]:.0f} alerts/s, by the clock "
                f"{front['alerts'] / sum(took for _, took in parts.values()):.0f}; the writes alone "
                f"{front['alerts'] / parts['write'][0]:.0f}/s; the longest transaction "
                f"{front['longest'] * 1e3:.0f} ms ({front['longest_cpu'] * 1e3:.0f} of processor); "
                f"peak {made['peak'] / 2**20:.0f} MiB"
            )
    if len(rates) == 2:
        small, large = FRONTS
        growth = rates[small] / rates[large]
        print(f"An alert at {large} points takes {growth:.2f} times one at {small}")
    for target in targets:
        print(target.line())
    return targets


def main(points: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure_size(points, ROUNDS.get(points, 1), Path(folder))))


if __name__ == "__main__":
    main(int(sys.argv[1]))
