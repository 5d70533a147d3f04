"""`python -m bench` runs every bench; `python -m bench engine` (or another name in BENCHES)
that one; `python -m bench history 10 FOLDER` takes ten million rows in place of one and keeps the
databases in FOLDER, and so do the others that are over a history (OF_A_SIZE); `python -m bench signals
20 1000 sqlite 500` is a stream of 20 s over 1,000 points on one database at 500 a second.

`python -m bench backtest FOLDER …` lives through recorded winters (docs/backtest.md), `python -m bench
night [SEED]` through a night of a storm (docs/night.md), `python -m bench disk` counts what is written
(docs/deploy.md), all without targets; `python -m bench recipients [PEOPLE …]` tells a crowd of one
alert, for minutes.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

OF_A_SIZE = ("history", "keeping", "saved")
BENCHES = ("engine", "ingest", "country", "signals", "binding", "outbox", "dispatch", "alertmanager",
           "kafka", *OF_A_SIZE)  # fmt: skip


def main(asked: list[str]) -> int:
    if asked[:1] == ["backtest"]:
        return int(importlib.import_module("bench.backtest.command").main(asked[1:]))
    if asked[:1] == ["night"]:
        return int(importlib.import_module("bench.night.run").main(asked[1:]))
    if asked[:1] == ["disk"]:
        return int(importlib.import_module("bench.disk").main())
    if asked[:1] == ["signals"] and len(asked) > 1:
        return int(importlib.import_module("bench.signals").main(asked[1:]))
    if asked[:1] == ["recipients"]:
        return int(importlib.import_module("bench.recipients").main(asked[1:]))
    given: list[object] = []
    if asked and asked[0] in OF_A_SIZE:
        asked, given = asked[:1], [float(asked[1]), *map(Path, asked[2:])] if asked[1:] else []
    unknown = [name for name in asked if name not in BENCHES]
    if unknown:
        print(f"no bench is called {unknown[0]!r}; there are: {', '.join(BENCHES)}")
        return 2
    missed = 0
    for name in asked or BENCHES:
        print(f"=== {name}")
        targets = importlib.import_module(f"bench.{name}").run(*given)
        missed += sum(not target.met for target in targets)
    print(
        f"{missed} target(s) missed; docs/benchmarks.md says why" if missed else "all targets met"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
