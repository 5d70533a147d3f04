"""Runs storms one after another over one PostgreSQL and one Kafka, and keeps what came of each."""

from __future__ import annotations

import json
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.campaign.faults import FAULTS, REFUSING, Fault
from tests.campaign.gate import Gates
from tests.campaign.province import Province, World
from tests.campaign.servers import Kafka, Postgres, disk
from tests.ports import free_port
from tests.scenarios.nursery import ROOT, Nursery
from tests.scenarios.standin import StandIn

FILE = Path("var/campaign.jsonl")
STORM = 5.0  # seconds that its steps take undisturbed, about: within them a fault begins

Run = dict[str, Any]


@contextmanager
def world() -> Iterator[tuple[World, Nursery]]:
    """Servers, doors and the processes' nursery, all ended at the end."""
    with ExitStack() as until:
        folder = Path(tempfile.mkdtemp(prefix="suian-campaign-kafka-"))
        until.callback(shutil.rmtree, folder, ignore_errors=True)
        small = until.enter_context(disk(folder / "data"))
        gates = until.enter_context(Gates())
        door = free_port()
        kafka = Kafka(folder, door)
        kafka.start()
        until.callback(kafka.ends)
        postgres = Postgres()
        until.callback(postgres.end)
        postgres.start()
        nursery = Nursery()
        until.callback(nursery.close)
        yield World(postgres, kafka, gates, gates.to(kafka.port, door), small), nursery


@contextmanager
def version_before() -> Iterator[Path | None]:
    """The code of the newest tag; where there is none, that from before the newest migration. None outside
    a checkout."""
    tag = _git("describe", "--tags", "--abbrev=0")
    revision = tag or _git("log", "-1", "--format=%H^", "--", "alerting/store/migrations.py")
    if not revision:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="suian-before-") as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip()


def told(
    number: int, fault: Fault | None, there: World, nursery: Nursery, before: Path | None = None
) -> tuple[Run, dict[str, Any]]:
    """One storm with this fault, or undisturbed; gives what it came to, and its outcome."""
    draw = random.Random(number)
    began = time.monotonic()
    log: list[str] = []
    say = lambda line: log.append(f"{time.monotonic() - began:5.1f} {line}")  # noqa: E731
    folder = Path(tempfile.mkdtemp(prefix="suian-storm-"))
    mended = [began]
    with StandIn() as provider:
        town = Province(folder, provider, nursery, there, say)
        try:
            town.assembles(before if fault is not None and fault.begins_before else None)
            there.postgres.does(REFUSING, town.database)
            striking = threading.Thread(target=_strike, args=(town, fault, draw, say, mended))
            if fault is not None:
                striking.start()
            try:
                steps = town.tells()
            finally:
                if fault is not None:
                    striking.join()
            outcome, wrong = town.outcome(), town.wrong()
            log += town.notices()
        except AssertionError as error:
            steps, outcome, wrong = [], {}, [str(error)[:2000], *_last(town)]
        finally:
            town.dies()
        run = {
            "number": number, "fault": fault.name if fault else "undisturbed", "wrong": wrong,
            "recovered": _recovered(steps, mended[0]), "twice": town.twice if outcome else 0,
            "resends": town.resends if outcome else 0, "seconds": round(time.monotonic() - began, 1), "log": log,
        }  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    return run, outcome


def _strike(town: Province, fault: Fault, draw: random.Random, say: Callable[[str], None], mended: list[float]) -> None:
    time.sleep(draw.uniform(0, STORM))
    lasts = draw.uniform(*fault.lasts)
    say(f"! {fault.name}, for {lasts:.1f} s")
    mend = fault.strikes(town, draw)
    time.sleep(lasts)
    mend()
    mended[0] = time.monotonic()
    say("! mended")


def _recovered(steps: list[tuple[str, float, float]], mended: float) -> float | None:
    """Seconds from the mend, or from the next step's begin, until that step's message was out; None where
    the storm was over by then."""
    after = [(began, ended) for _, began, ended in steps if ended > mended]
    return round(after[0][1] - max(mended, after[0][0]), 1) if after else None


def recovered(run: Run) -> str:
    return "when the storm was over" if run["recovered"] is None else f"in {run['recovered']:.1f} s"


def _last(town: Province) -> list[str]:
    """The last words of each process, where a storm came to no end."""
    return [f"{one.log.name}: {one.said[-1200:]}" for one in town.crew]


def campaign(runs: int, file: Path, faults: Sequence[Fault] = FAULTS) -> Iterator[Run]:
    """Runs by their numbers, the faults in turn, each kept as soon as it is over; those that are kept are
    not told again."""
    kept = {one["number"] for one in read(file)}
    file.parent.mkdir(parents=True, exist_ok=True)
    with world() as (there, nursery), version_before() as before:
        chosen = [one for one in faults if (there.disk_is_small or not one.needs_disk)
                  and (before is not None or not one.begins_before)]  # fmt: skip
        revision = _git("describe", "--always", "--dirty", "--exclude=*")
        _, calm = told(0, None, there, nursery)
        for number in range(1, runs + 1):
            if number in kept:
                continue
            run, outcome = told(number, chosen[number % len(chosen)], there, nursery, before)
            run["revision"] = revision
            if not run["wrong"]:
                run["wrong"] = _difference(calm, outcome)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(run, ensure_ascii=False) + "\n")
            yield run


def _difference(calm: dict[str, Any], outcome: dict[str, Any]) -> list[str]:
    found = []
    for part, rows in calm.items():
        lost, new = [r for r in rows if r not in outcome[part]], [r for r in outcome[part] if r not in rows]
        if lost or new:
            found.append(f"{part}: lost {lost}, new {new}")
    return found


def read(file: Path) -> list[Run]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def table(runs: list[Run]) -> str:
    """As docs/reliability.md has it, with the revisions at which they were told."""
    lines = ["| fault | runs | as undisturbed | recovered in, median | longest | sent again | twice |",
             "| --- | --: | --: | --: | --: | --: | --: |"]  # fmt: skip
    for name in dict.fromkeys(one["fault"] for one in runs):
        of = [one for one in runs if one["fault"] == name]
        well = [one for one in of if not one["wrong"]]
        took = [one["recovered"] for one in well if one["recovered"] is not None]
        times = f"{statistics.median(took):.1f} s | {max(took):.1f} s" if took else "| "
        lines.append(
            f"| {name} | {len(of)} | {len(well)} | {times}"
            f" | {sum(one['resends'] for one in of)} | {sum(one['twice'] for one in of)} |"
        )
    revisions = Counter(one["revision"] for one in runs)
    lines += ["", f"{len(runs)} storms, told at {', '.join(f'{name} ({n})' for name, n in revisions.items())}."]
    return "\n".join(lines)
