"""Breaks of the product that the simulation must find by itself, each within so many seeds:

    python -m tests.simulation.breaks [WORD]

plays them one after another on a copy, those whose name has the word in it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.sabotage.table import Break
from tests.sabotage.test_sabotage import copied

SEEDS = 200

# `story` is the law that is found broken, as laws.py names it.
BREAKS = (
    Break("whoever comes second moves the position too", "alerting/bus/embedded.py",
          "                .where(position.c.taken == before)\n", "", "end|taken|told"),
    Break("a store that refuses is the signal's fault", "alerting/service/engine_loop.py",
          "if isinstance(error, Overtaken) or of_the_store(error):", "if isinstance(error, Overtaken):", "taken"),
    Break("what was decided and not committed is remembered", "alerting/service/engine_loop.py",
          "        self._unsure.add(realm)\n        await self._forget(realm)\n", "", "end|foretold"),
    Break("nobody asks whether it came", "alerting/dispatch/outbox.py",
          "ask = unsure and known is not None and known.can_ask", "ask = False", "witnessed"),
    Break("resends are not counted", "alerting/dispatch/outbox.py",
          "leases[begins, int(unsure and not ask)]", "leases[begins, 0]", "witnessed"),
    Break("a process that takes over goes by what it knew before", "alerting/service/engine_loop.py",
          "        if terms - had:", "        if False:", "end|foretold"),
    Break("the answer of a send undoes a receipt that was quicker", "alerting/dispatch/outbox.py",
          "if one.sent is not None and RANK[one.sent.state] > RANK[row.state]:", "if one.sent is not None:", "called_back"),
    Break("receipts are taken in any order", "alerting/dispatch/receipts.py",
          "if RANK[change.state] <= RANK[row.state]:", "if False:", "called_back"),
    Break("nobody there is not passed", "alerting/chase/stepping.py",
          "    changed += _unreached(connection, life, now)\n", "", "witnessed"),
)  # fmt: skip


def found(copy: Path, one: Break, seeds: int = SEEDS) -> str:
    """What the simulation says of a broken copy, up to the first seed that fails; "" for nothing."""
    path = copy / one.file
    whole = path.read_text("utf-8")
    assert whole.count(one.old) == 1, one.name
    path.write_text(whole.replace(one.old, one.new), "utf-8")
    try:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.simulation.first", str(seeds)],
            cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, text=True, capture_output=True, check=False,
        )  # fmt: skip
    finally:
        path.write_text(whole, "utf-8")
    assert not ran.stderr, ran.stderr[-3000:]
    return ran.stdout.strip()


def named(one: Break, said: str) -> bool:
    return re.match(rf"seed \d+: ({one.story}): ", said) is not None


if __name__ == "__main__":
    word = " ".join(sys.argv[1:])
    blind = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        for one in BREAKS:
            if word in one.name:
                said = found(copy, one)
                blind += not named(one, said)
                print(f"{one.name}: {said[:200] or f'{SEEDS} seeds, and nobody noticed'}", flush=True)
    sys.exit(1 if blind else 0)
