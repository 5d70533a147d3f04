"""Plays many seeds and keeps what came of them, so that it goes on where it was left:

    python -m tests.simulation.campaign SEEDS [--processes 2] [--seconds 400]
    python -m tests.simulation.campaign --again
    python -m tests.simulation.campaign --table | --write

What it knows lies in var/simulation.json, with the revision at which each seed was played; take the file away
and all begins anew. A failing seed plays again exactly: python -m tests.simulation SEED. After a mend
`--again` plays those that failed once more. `--write` puts the table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.kept import revision
from bench.page import put
from tests import statements
from tests.simulation.plan import FAULTS, LATER
from tests.simulation.run import run, run_all

STATE, PAGE = Path("var/simulation.json"), Path("docs/reliability.md")
CHUNK = 25
# What each kind of fault is, for the table.
SAYS = {
    "await": "killed at any await",
    "commit": "killed before or after a commit",
    "send": "killed before or after a send",
    "refuses": "the store refuses a statement or a commit, up to eight transactions in a row",
    "full": "the store is full for a while",
    "sources": "signals lost, late, out of order, said twice, taken without an answer",
    "provider": "the provider refuses, is busy, is silent, hangs, lies, closes the account",
    "callbacks": "its callbacks come late, twice, out of order, or say what is not so",
    "clock": "the machine's clock is set on or back, up to an hour",
    "two": "two processes that both believe to own the same, one stopped or never told",
    "second": "one stopped with a signal in hand that changes nothing, while another takes that and more",
}


def chunk(first: int) -> tuple[int, dict[str, Any]]:
    """So many seeds from `first` on."""
    began, counted, failed = time.process_time(), Counter[str](), {}
    for verdict in run_all(range(first, first + CHUNK)):
        for name in verdict.plan.kinds:
            counted[name] += 1
            counted[f"{name} failed"] += bool(verdict.wrong)
        counted["signals"] += len(verdict.plan.said)
        counted["faults"] += len(verdict.plan.faults) + sum(bool(one.fate) for one in verdict.plan.said)
        counted["deaths"] += verdict.deaths
        counted["sends"] += verdict.sends
        counted["twice"] += verdict.twice
        if verdict.wrong:
            failed[verdict.plan.seed] = verdict.wrong[0]
    seconds = time.process_time() - began
    return first, {"counted": counted, "failed": failed, "seconds": round(seconds, 2)}


def begin() -> None:
    statements.share()
    run(0)  # what is made once for all seeds, and is not counted with the first


def play(seeds: int, processes: int, seconds: float) -> dict[str, Any]:
    known = read()
    todo = [first for first in range(1, seeds + 1, CHUNK) if str(first) not in known]
    until, now = time.monotonic() + seconds, revision()
    # Forked anew now and then, so that nothing that a process gathers makes later seeds slower.
    with multiprocessing.Pool(processes, begin, maxtasksperchild=40) as pool:
        for first, came in pool.imap_unordered(chunk, todo):
            known[str(first)] = came | {"revision": now}
            keep(known)
            for seed, wrong in came["failed"].items():
                print(f"\nseed {seed}: {wrong}", flush=True)
            print(f"\r{len(known) * CHUNK} of {seeds} seeds, {len(failing(known))} failed, "
                  f"{per_seed(known):.2f} s each", end="", flush=True)  # fmt: skip
            if time.monotonic() > until:
                pool.terminate()
                break
    print()
    return known


def again() -> dict[str, Any]:
    """Those that failed, once more."""
    known, now = read(), revision()
    begin()
    for came in known.values():
        for seed in came["failed"]:
            verdict = run(int(seed))
            came.setdefault("again", {})[seed] = {"revision": now, "wrong": verdict.wrong[:1]}
            print(f"seed {seed}: {verdict.wrong[0] if verdict.wrong else 'all holds'}", flush=True)
            keep(known)
    return known


def read() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(STATE.read_text("utf-8")) if STATE.exists() else {}
    return known


def keep(known: dict[str, Any]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    new = STATE.with_suffix(".new")
    new.write_text(json.dumps(known), "utf-8")
    new.replace(STATE)


def mended(known: dict[str, Any]) -> Counter[str]:
    """How many of those that failed hold now, by the revision at which they were played again."""
    return Counter(one["revision"] for came in known.values()
                   for one in came.get("again", {}).values() if not one["wrong"])  # fmt: skip


def failing(known: dict[str, Any]) -> dict[int, str]:
    return {int(seed): wrong for came in known.values() for seed, wrong in came["failed"].items()}


def per_seed(known: dict[str, Any]) -> float:
    """Seconds of the processor."""
    return sum(came["seconds"] for came in known.values()) / max(1, len(known) * CHUNK)


def table(known: dict[str, Any]) -> str:
    counted: Counter[str] = Counter()
    for came in known.values():
        counted.update(came["counted"])
    lines = ["| what breaks | seeds with it | failed |", "| --- | ---: | ---: |"]
    lines += [f"| {SAYS[name]} | {counted[name]:,} | {counted[f'{name} failed']:,} |"
              for name in (*FAULTS, *LATER)]  # fmt: skip
    seeds, played = len(known) * CHUNK, Counter(came["revision"] for came in known.values())
    lines.append(f"| **all seeds** | **{seeds:,}** | **{len(failing(known)):,}** |")
    at = ", ".join(f"{count * CHUNK:,} at `{name}`" for name, count in played.items())
    since = "".join(f" {count} of those that failed hold at `{name}`." for name, count in mended(known).items())
    return "\n".join([
        *lines, "",
        f"{counted['signals']:,} signals, {counted['faults']:,} faults, {counted['deaths']:,} deaths,"
        f" {counted['sends']:,} messages, of which {counted['twice']:,} were given to the provider again;"
        f" {per_seed(known):.2f} s of the processor a seed. Played: {at}.{since}",
    ])  # fmt: skip


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("seeds", type=int, nargs="?", default=0)
    given.add_argument("--processes", type=int, default=2)
    given.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long; go on later")
    given.add_argument("--again", action="store_true", help="those that failed, once more")
    given.add_argument("--table", action="store_true", help="what is known so far")
    given.add_argument("--write", action="store_true", help="that, into docs/reliability.md")
    said = given.parse_args()
    if said.write:
        put(PAGE, "simulation", table(read()))
        return 0
    if said.table:
        print(table(read()))
        return 0
    known = again() if said.again else play(said.seeds, said.processes, said.seconds)
    return 1 if len(failing(known)) > mended(known).total() else 0


if __name__ == "__main__":
    sys.exit(main())
