"""A night in which nine tenths of a long history are too old, on a copy of it, in both databases.

`python -m bench keeping 10 FOLDER`, with the folder of `python -m bench history 10 FOLDER`. The
batches are the service's, one right after the other; the rest that its loop takes between two is added.
Before a time is printed: nothing open has gone, nothing too old is left that may go, and the log holds.
"""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from alerting import audit
from alerting.runtime import RealRuntime
from alerting.service.config import Keep
from alerting.service.keep_loop import REST, Portion
from alerting.service.keeping import night
from alerting.store import Store
from bench.past import EVERY, NOW, OPEN, Shelf, config_of, on_both, rows_of
from bench.rounds import Target, same

YEAR = timedelta(days=365)
KEEP = Keep(signals_days=YEAR.days, alerts_days=YEAR.days, audit_days=YEAR.days)
HELD = 0.1  # seconds that a batch may hold the writer: "some hundredths"


def measured(on: Shelf, kind: str, things: int) -> list[Target]:
    folder, database = on.copied(kind, things, f"{kind}-cut")
    store = Store(config_of(folder, database).kept_in)
    before = rows_of(store)
    tenth = NOW - timedelta(minutes=things * EVERY) / 10  # since then
    began = perf_counter()
    held, found, rows = _passed(store, tenth + YEAR)
    took = perf_counter() - began
    store.write(audit.seal)
    off, _, entries = _passed(store, tenth + YEAR)  # the night after takes off what the first one cut
    _same_as_kept(store, tenth)
    after = rows_of(store)
    store.close()
    held.sort()
    p99 = held[len(held) * 99 // 100]
    rests = took + len(held) * REST.total_seconds()
    print(f"  {kind}: {before:,} rows, {rows:,} gone in {len(held):,} batches: {took:.0f} s, with rests"
          f" {rests:.0f}; the night after {entries:,} of the log in {len(off):,}; {after:,} left\n"
          f"    a batch is found in {_ms(found)}, holds the writer for {_ms(held)}")  # fmt: skip
    return [Target(f"{kind}: a batch holds the writer, p99 (s)", p99, HELD, at_least=False)]


def _ms(took: list[float]) -> str:
    return f"{statistics.median(took) * 1e3:.0f} ms (longest {max(took) * 1e3:.0f})"


def _passed(store: Store, at: datetime) -> tuple[list[float], list[float], int]:
    """A whole night: how long each batch held the writer and took to be found, and the rows gone."""
    portion = Portion(RealRuntime())
    held, found, rows = [], [], 0
    batches = night(store, KEEP, at, lambda: portion.size)
    while True:
        started = perf_counter()
        work = next(batches, None)
        found.append(perf_counter() - started)
        if work is None:
            return held, found, rows
        started = perf_counter()
        rows += store.write(lambda c, w=work: portion.done(c, w))  # type: ignore[misc]
        held.append(perf_counter() - started)


def _same_as_kept(store: Store, since: datetime) -> None:
    with store.read() as connection:
        of = "SELECT count(*) FROM alert WHERE state = 'open'", "SELECT min(closed) FROM alert"
        open_now, oldest = (connection.execute(text(one)).scalar_one() for one in of)
        same(open_now == OPEN, f"{open_now} alerts are open")
        same(oldest >= f"{since:%Y-%m-%d}", f"an alert of {oldest} is still there")
        broken = audit.verify(connection)
        same(not broken, f"the log: {broken}")


def run(millions: float = 1.0, folder: Path | None = None) -> list[Target]:
    return on_both(measured, millions, folder)
