"""Breaks of the product that the simulation must find by itself, each within so many seeds:

    python -m tests.simulation.breaks [WORD] [--again]
    python -m tests.simulation.breaks --table | --write

plays them one after another on a copy, those whose name has the word in it. What was found lies in
var/simulation-breaks.json, so that it goes on where it was left; `--again` plays what is known, too. `--write` puts
the table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.kept import revision
from bench.page import put
from tests.sabotage.table import Break
from tests.sabotage.test_sabotage import copied

SEEDS = 200
STATE, PAGE = Path("var/simulation-breaks.json"), Path("docs/reliability.md")

# `story` is the law that is found broken, as laws.py names it.
BREAKS = (
    Break("whoever comes second moves the position too", "alerting/bus/embedded.py",
          "taken == bindparam(\"before\")", "taken >= bindparam(\"before\")", "end|taken|told"),
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
    # Without the whole of it the chase turns round without end, for such calls are never done with; without the
    # next rung alone a whole list is called again and again.
    Break("nobody there is not passed", "alerting/chase/stepping.py",
          "            elif climb(connection, life, held, reason, now) is not None or (\n",
          "            elif False and (\n",
          "witnessed"),
)  # fmt: skip


# Those that seeds of all faults show too rarely, and of which faults theirs are.
ONLY = {
    "whoever comes second moves the position too": ("second",),
    "resends are not counted": ("send",),
    "a process that takes over goes by what it knew before": ("two",),
    "receipts are taken in any order": ("callbacks",),
    "nobody there is not passed": ("provider",),
}


def found(copy: Path, one: Break, seeds: int = SEEDS) -> str:
    """What the simulation says of a broken copy, up to the first seed that fails; "" for nothing."""
    path = copy / one.file
    whole = path.read_text("utf-8")
    assert whole.count(one.old) == 1, one.name
    path.write_text(whole.replace(one.old, one.new), "utf-8")
    try:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.simulation.first", str(seeds), *ONLY.get(one.name, ())],
            cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, text=True, capture_output=True, check=False,
        )  # fmt: skip
    finally:
        path.write_text(whole, "utf-8")
    assert not ran.stderr, ran.stderr[-3000:]
    assert ran.returncode == bool(ran.stdout), f"it was cut off: {ran.returncode}"
    return ran.stdout.strip()


def named(one: Break, said: str) -> bool:
    return re.match(rf"seed \d+: ({one.story}): ", said) is not None


def read() -> dict[str, dict[str, Any]]:
    """By break what was found, of those that are as they were then."""
    known: dict[str, dict[str, Any]] = json.loads(STATE.read_text("utf-8")) if STATE.exists() else {}
    return {one.name: known[one.name] for one in BREAKS if known.get(one.name, {}).get("break") == asdict(one)}


def play(word: str, anew: bool) -> int:
    """How many nobody noticed, of those that were played."""
    known, blind = read(), 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        for one in BREAKS:
            if word not in one.name or (one.name in known and not anew):
                continue
            said = found(copy, one)
            blind += not named(one, said)
            print(f"{one.name}: {said[:200] or f'{SEEDS} seeds, and nobody noticed'}", flush=True)
            # Read again: others may be played beside this one.
            known = read() | {one.name: {"break": asdict(one), "said": said, "revision": revision()}}
            STATE.parent.mkdir(exist_ok=True)
            STATE.write_text(json.dumps(known, ensure_ascii=False, indent=1), "utf-8")
    return blind


def table(known: dict[str, dict[str, Any]]) -> str:
    lines = ["| what is broken | first seed that fails | what it says | played at |", "| --- | --: | --- | --- |"]
    for one in BREAKS:
        if one.name not in known:
            lines.append(f"| {one.name} | | *not played yet* | |")
            continue
        seed, _, said = known[one.name]["said"].removeprefix("seed ").partition(": ")
        kinds = " ".join(ONLY.get(one.name, ()))
        lines.append(f"| {one.name} | {f'{seed} {kinds}'.strip()} | {_short(said) or f'**nothing in {SEEDS}**'}"
                     f" | `{known[one.name]['revision']}` |")  # fmt: skip
    return "\n".join(lines)


def _short(said: str) -> str:
    """Without the values of a row or an error, which are another's each time."""
    plain = said.partition("{")[0].replace("|", "\\|").strip().rstrip(":")
    return plain if len(plain) <= 160 else plain[:160].rpartition(" ")[0] + " …"


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("word", nargs="?", default="")
    words.add_argument("--again", action="store_true", help="those that are known, too")
    words.add_argument("--table", action="store_true", help="what is known so far")
    words.add_argument("--write", action="store_true", help="that, into docs/reliability.md")
    given = words.parse_args()
    if given.write:
        put(PAGE, "breaks", table(read()))
    elif given.table:
        print(table(read()))
    else:
        return min(1, play(given.word, given.again))
    return 0


if __name__ == "__main__":
    sys.exit(main())
