"""`python -m bench` runs every bench; `python -m bench engine` (or another name in BENCHES)
that one; `python -m bench history 10 FOLDER` takes ten million rows in place of one and keeps the
databases in FOLDER, and so do the others that are over a history (OF_A_SIZE); `python -m bench signals
20 1000 sqlite 500` is a stream of 20 s over 1,000 points on one database at 500 a second.

`python -m bench backtest FOLDER …` lives through recorded winters (docs/backtest.md), `python -m bench
night [SEED]` through a night of a storm (docs/night.md), `python -m bench disk` counts what is written
(docs/deploy.md), all without targets; `python -m bench recipients [PEOPLE …]` tells a crowd of one
alert, for minutes.

What every target was seen to be is kept in var/bench.jsonl; `python -m bench table` prints the newest
of each, with `--write` into docs/benchmarks.md.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import kept
from bench.rounds import Target

OF_A_SIZE = ("history", "keeping", "saved")
BENCHES = ("engine", "ingest", "country", "signals", "binding", "outbox", "dispatch", "alertmanager",
           "kafka", *OF_A_SIZE)  # fmt: skip
# Modules whose `main` takes the words after their name.
WITHOUT_TARGETS = {"backtest": "bench.backtest.command", "night": "bench.night.run",
                   "disk": "bench.disk", "table": "bench.kept"}  # fmt: skip
BY_THEIR_WORDS = ("signals", "recipients")  # which give their targets


def main(asked: list[str]) -> int:
    name, words = (asked[0], asked[1:]) if asked else ("", [])
    if name in WITHOUT_TARGETS:
        return int(importlib.import_module(WITHOUT_TARGETS[name]).main(words))
    if name == "recipients" or (name in BY_THEIR_WORDS and words):
        run = kept.Run(" ".join(asked))
        return _told(run, importlib.import_module(f"bench.{name}").main(words))
    given: list[object] = []
    if name in OF_A_SIZE:
        asked, given = [name], [float(words[0]), *map(Path, words[1:])] if words else []
    unknown = [name for name in asked if name not in BENCHES]
    if unknown:
        print(f"no bench is called {unknown[0]!r}; there are: {', '.join(BENCHES)}")
        return 2
    missed = 0
    for name in asked or BENCHES:
        print(f"=== {name}")
        run = kept.Run(" ".join([name, *(f"{one:g}" for one in given if isinstance(one, float))]))
        missed += _told(run, importlib.import_module(f"bench.{name}").run(*given))
    print(
        f"{missed} target(s) missed; docs/benchmarks.md says why" if missed else "all targets met"
    )
    return 0


def _told(run: kept.Run, targets: Sequence[Target]) -> int:
    """Keep what was seen; how many were missed."""
    run.ended(targets)
    return sum(not target.met for target in targets)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
