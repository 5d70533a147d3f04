"""What each target was seen to be, a line each time in var/bench.jsonl, and a table of the newest:

    python -m bench table [--write]

`--write` puts it into docs/benchmarks.md.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.page import put
from bench.rounds import Target

FILE, PAGE = Path("var/bench.jsonl"), Path("docs/benchmarks.md")


@dataclass(frozen=True, slots=True)
class Seen:
    """`bench` is what stood after `python -m bench`; `load` the load average when it began."""

    bench: str
    name: str
    figure: float
    target: float
    at_least: bool
    met: bool
    at: str
    load: float
    revision: str


class Run:
    """One bench, from its beginning: what else the machine did then is part of what it shows."""

    def __init__(self, bench: str) -> None:
        self._bench, self._at, self._load = bench, datetime.now(UTC), os.getloadavg()[0]

    def ended(self, targets: Iterable[Target], file: Path = FILE) -> None:
        said, at = revision(), f"{self._at:%Y-%m-%d %H:%M}"
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            for one in targets:
                seen = Seen(self._bench, one.name, round(one.ratio, 4), one.bound, one.at_least,
                            one.met, at, round(self._load, 1), said)  # fmt: skip
                lines.write(json.dumps(asdict(seen), ensure_ascii=False) + "\n")


def revision() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=7"], check=False,
                          text=True, capture_output=True)  # fmt: skip
    return told.stdout.strip() or "unknown"


def read(file: Path = FILE) -> list[Seen]:
    """The newest of each target, in the order in which they were first seen."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    found = [Seen(**json.loads(line)) for line in lines]
    return list({(one.bench, one.name): one for one in found}.values())


def table(seen: Sequence[Seen]) -> str:
    lines = ["| bench | what is asked | at | what was seen | | when (UTC) | load | revision |",
             "| --- | --- | --: | --: | --- | --- | --: | --- |"]  # fmt: skip
    for one in seen:
        sign = "≥" if one.at_least else "≤"
        lines.append(f"| {one.bench} | {one.name} | {sign} {one.target:g} | {one.figure:.3g}"
                     f" | {'met' if one.met else '**missed**'} | {one.at} | {one.load:g}"
                     f" | `{one.revision}` |")  # fmt: skip
    met = sum(one.met for one in seen)
    return "\n".join([*lines, "", f"{met} of {len(seen)} are met."])


def main(asked: Sequence[str]) -> int:
    said = table(read())
    if list(asked) == ["--write"]:
        put(PAGE, "targets", said)
    else:
        print(said)
    return 0
