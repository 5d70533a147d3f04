"""`python -m bench` runs every bench; `python -m bench engine` (or another name in BENCHES)
that one; `python -m bench history 10` takes ten million rows in place of one, `python -m bench signals
20 1000 sqlite 500` a stream of 20 s over 1,000 points on one database at 500 a second.

`python -m bench backtest FOLDER …` lives through recorded winters (docs/backtest.md), `python -m bench
night [SEED]` through a night of a storm (docs/night.md), `python -m bench disk` counts what is written
(docs/deploy.md), all without targets.
"""

from __future__ import annotations

import importlib
import sys

BENCHES = ("engine", "ingest", "country", "binding", "outbox", "dispatch", "alertmanager",
           "history")  # fmt: skip
BENCHES = ("engine", "ingest", "country", "signals", "binding", "outbox", "dispatch", "history")


def main(asked: list[str]) -> int:
    if asked[:1] == ["backtest"]:
        return int(importlib.import_module("bench.backtest.command").main(asked[1:]))
    if asked[:1] == ["night"]:
        return int(importlib.import_module("bench.night.run").main(asked[1:]))
    if asked[:1] == ["disk"]:
        return int(importlib.import_module("bench.disk").main())
    if asked[:1] == ["history"] and len(asked) > 1:
        return int(importlib.import_module("bench.history").main(asked[1:]))
    unknown = [name for name in asked if name not in BENCHES]
    if unknown:
        print(f"no bench is called {unknown[0]!r}; there are: {', '.join(BENCHES)}")
        return 2
    if asked[:1] == ["signals"] and len(asked) > 1:
        return int(importlib.import_module("bench.signals").main(asked[1:]))
    missed = 0
    for name in asked or BENCHES:
        print(f"=== {name}")
        targets = importlib.import_module(f"bench.{name}").run()
        missed += sum(not target.met for target in targets)
    print(
        f"{missed} target(s) missed; docs/benchmarks.md says why" if missed else "all targets met"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
