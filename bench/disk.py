"""What a service writes: the database's growth by quiet forecast runs, and by the alerts of a front.

The weather is drawn at random and packs badly: what a real county keeps is smaller. Of an alert all
that the engine writes is counted (measures, history, notices, the log's entries), and not the messages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from alerting.store.schema import alert, measure, notice
from bench import county
from bench.ingest import Run

POINTS = 4 * county.BATCH  # so many are drawn; more would say the same again, which packs to nothing
RUNS = 6
QUANTITIES = len(county.QUANTITIES)


def main(_words: Sequence[str] = ()) -> int:
    """Prints bytes; the results are looked at before: no quiet run opens an alert, and a front does."""
    with tempfile.TemporaryDirectory() as folder:
        run, now = Run(POINTS, Path(folder)), county.START
        sizes = [_size(run, folder)]
        for turn in range(RUNS):
            now += timedelta(hours=1)
            run.take(county.answers(POINTS, now, front=False, seed=turn * 10), now)
            sizes.append(_size(run, folder))
        assert run.count(alert) == 0, "a quiet run opened alerts"
        a_run = (sizes[-1] - sizes[1]) / (RUNS - 1)
        now += timedelta(hours=1)
        run.take(county.answers(POINTS, now, front=True, seed=999), now)
        opened = run.count(alert)
        assert opened, "a front opened no alert"
        of_alerts = _size(run, folder) - sizes[-1] - a_run
        print(
            f"{POINTS} points: {a_run / 1e3:.0f} kB a run of {county.HOURS} h x {QUANTITIES}"
            f" quantities, {a_run / POINTS:.0f} bytes a point; {opened} alerts with"
            f" {run.count(measure)} measures and {run.count(notice)} notices,"
            f" {of_alerts / opened / 1e3:.1f} kB an alert"
        )
        run.store.close()
    return 0


def _size(run: Run, folder: str) -> int:
    run.store.write(lambda c: None)
    with run.store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return (Path(folder) / "bench.db").stat().st_size
