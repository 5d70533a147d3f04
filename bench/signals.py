"""A thousand signals a second: station reports through POST /signals into a service of a whole country.

A service as anybody starts it (`suian serve`, real time, its own process) over 40,000 townships with a
site each (80,000 columns) and the shipped book, with a forecast run in its fields. 2,000 stations
report in turn, each at a road section, in bodies of 100 at the pace that is asked for; three are on
their way at once, and where they are not accepted in time the sender falls behind. Of each station's
reports one in 200 tells of dense fog: its road's alerts open. Once a second it is looked at how
many signals are kept and how many are taken.

A `mixed` stream has besides, each second, a warning for a township, a run for five points, and three
people who report ice: each is taken by itself, and parts the observations around it.

On PostgreSQL the service is three processes: one that accepts (`--role web`), one that takes
(`engine`) and one that sends (`dispatch`). Before a rate is printed: each signal is kept once, all are
taken, none was set aside, each road in fog has its alert.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import requests
from sqlalchemy import func, select

from alerting.bus import EmbeddedBus
from alerting.service.clock import LIVE
from alerting.signals import Spot
from alerting.store import Store
from alerting.store.schema import alert, audit, position, signal
from alerting.web.tokens import create_token
from bench.country import KINDS, ROOT, said, write
from bench.rounds import Target, same
from tests import postgres_server

POINTS, STATIONS = 40_000, 2_000
BATCH = 100  # observations a body
SENDERS = 3  # bodies that are on their way at once
PACE = 1_000  # a second
SECONDS = 60
SOURCE, SENDER = "stations", "h00000"
FOGGY = 200  # of so many reports of a station one
START_WITHIN, TAKEN_WITHIN = 600, 300  # seconds


@dataclass(slots=True)
class Stream:
    """What was seen of it, by second: signals accepted, and taken."""

    accepted: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    ended: float = 0.0  # seconds from the first post until all were taken
    alerts: int = 0

    def rate(self, of: list[int]) -> float:
        return of[-1] / len(of)

    def behind(self, since: int, until: int) -> int:
        """How many waited, at most, between two seconds."""
        pairs = list(zip(self.accepted, self.taken, strict=True))[since:until]
        return max(kept - done for kept, done in pairs)


def reports(stations: int) -> Iterator[tuple[list[dict[str, Any]], list[int]]]:
    """Batches of reports without end, and the townships in each at whose road there is fog."""
    number = 0
    while True:
        made, fog = [], []
        now = datetime.now(UTC)
        for _ in range(BATCH):
            station, turn = number % stations, number // stations
            town = station * len(KINDS) + KINDS.index("road-section")
            foggy = (turn + station) % FOGGY == FOGGY - 1
            fog += [town] * foggy
            made.append({
                "kind": "observation", "source": SOURCE,
                "issued": now.isoformat(), "at": now.isoformat(),
                "station": f"st{station:05d}", "lat": 20 + town // 200 * 0.15,
                "lon": 80 + town % 200 * 0.25, "elevation": 100 + town % 90 * 10,
                "values": {"temperature": 5 + number % 1000 / 100, "humidity": 60 + number % 20,
                           "wind_speed": 2 + number % 7 / 10, "visibility": 40 if foggy else 9000},
            })  # fmt: skip
            number += 1
        yield made, fog


def others(number: int) -> list[dict[str, Any]]:
    """What else is said in a second."""
    now = datetime.now(UTC)
    at, towns = now.isoformat(), [number * 7 % 1000 + n for n in range(5)]
    start = now.replace(minute=0, second=0, microsecond=0).isoformat()
    warning = {
        "kind": "warning", "source": "typed:bench", "issued": at, "identifier": f"W{number}",
        "sender": "office", "action": "alert", "hazard": "fog", "event": "fog", "level": "yellow",
        "expires": (now + timedelta(minutes=10)).isoformat(),
        "area": {"codes": [f"1{towns[0]:08d}000"]},
    }  # fmt: skip
    run = {
        "kind": "forecast", "source": "model", "issued": at, "start": start,
        "spots": [{"id": f"p{n:05d}"} for n in towns],
        "values": {"temperature": [[6.0] * 5] * 72, "visibility": [[9000.0] * 5] * 72},
    }
    ice = [{"kind": "report", "source": "bench", "issued": at, "act": "reported", "person": SENDER,
            "subject": f"place:s{n:05d}", "detail": {"word": "icing"}} for n in towns[:3]]  # fmt: skip
    return [warning, run, *ice]


def measure(
    folder: Path, database: str, points: int, stations: int, pace: int, seconds: int, mixed: bool
) -> Stream:
    """One run on SQLite in the folder (`database` empty) or on a PostgreSQL that is empty."""
    with _service(folder, database, points) as (urls, store):
        now = datetime.now(UTC)
        spots = tuple(Spot(f"p{n:05d}", np.nan, np.nan) for n in range(points))
        run = said(spots, now.replace(minute=0, second=0, microsecond=0), False, 1)
        store.write(lambda c: EmbeddedBus().publish(c, LIVE, [run], now))
        session = requests.Session()
        token = store.write(lambda c: create_token(c, SENDER, "order", None, "bench", now))
        session.headers["Authorization"] = f"Bearer {token}"
        posted = reports(stations)
        for _ in range(-(-stations // BATCH)):  # each station's first word
            _post(session, urls[0], next(posted)[0])
        _wait(lambda: _kept(store) == _taken(store), TAKEN_WITHIN, "the start is not taken")
        with ThreadPoolExecutor(SENDERS) as senders:
            return _stream(senders, session, urls[0], store, posted, pace, seconds, mixed)


def _stream(
    senders: Executor, session: requests.Session, url: str, store: Store, posted: Any, pace: int,
    seconds: int, mixed: bool,
) -> Stream:  # fmt: skip
    made, fog, sent, posting = Stream(), set[int](), 0, set[Future[None]]()
    before, began = _kept(store), time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        for done in [one for one in posting if one.done()]:
            done.result()
            posting.discard(done)
        if len(made.accepted) < int(elapsed):
            kept, taken = _kept(store), _taken(store)
            more = int(elapsed) - len(made.accepted)  # one post took longer than a second
            made.accepted += [kept - before] * more
            made.taken += [taken - before] * more
            if mixed:
                posting.add(senders.submit(_post, session, url, others(len(made.taken))))
        if sent >= pace * elapsed or len(posting) >= SENDERS:
            time.sleep(0.002)
            continue
        body, in_fog = next(posted)
        posting.add(senders.submit(_post, session, url, body))
        sent += BATCH
        fog |= set(in_fog)
    for one in posting:
        one.result()
    made.accepted.append(_kept(store) - before)
    made.taken.append(_taken(store) - before)
    _wait(lambda: _kept(store) == _taken(store), TAKEN_WITHIN, "not all is taken")
    made.ended = time.perf_counter() - began
    made.alerts = _check(store, before + sent, fog)
    return made


def _post(session: requests.Session, url: str, body: list[dict[str, Any]]) -> None:
    answer = session.post(f"{url}/api/v1/signals", json=body, timeout=60)
    same(answer.status_code == 202 and len(answer.json()["ids"]) == len(body), answer.text[:300])


@contextmanager
def _service(folder: Path, database: str, points: int) -> Iterator[tuple[list[str], Store]]:
    path = write(folder, points)
    config = json.loads(path.read_text("utf-8"))
    config["sources"][SOURCE] = {"use": "signals", "brings": "observation", "cadence_hours": 1,
                                 "quantities": ["temperature", "humidity", "wind_speed", "visibility"]}
    config |= {"database": database} if database else {}
    path.write_text(json.dumps(config, ensure_ascii=False), "utf-8")
    roles = ("web", "engine", "dispatch") if database else ("all",)  # bodies go to the first
    with ExitStack() as running:
        # One after the other: the first makes the tables.
        urls = [running.enter_context(_process(folder, path, role)) for role in roles]
        store = Store(database or folder / "var" / "suian.db")
        running.callback(store.close)
        yield urls, store


@contextmanager
def _process(folder: Path, config: Path, role: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / f"{role}.log").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "alerting.cli", "serve", "--config", str(config), "--role", role],
            cwd=folder, stdout=out, stderr=out,
            env=os.environ | {"PYTHONPATH": str(ROOT), "SUIAN_PORT": str(port)},
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: process.poll() is not None or _answers(url), START_WITHIN, "it does not start")
        said = (folder / f"{role}.log").read_text("utf-8")[-500:]
        same(process.poll() is None, f"the process of {role} has ended: {said}")
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).status_code < 500
    except requests.RequestException:
        return False


def _wait(ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not ready():
        same(time.monotonic() < until, otherwise)
        time.sleep(0.05)


def _kept(store: Store) -> int:
    """Signals of stations that are kept."""
    return _count(store, None)


def _taken(store: Store) -> int:
    with store.read() as connection:
        upto = connection.execute(
            select(func.min(position.c.taken)).where(position.c.realm == LIVE)
        ).scalar()
    return _count(store, int(upto or 0))


def _count(store: Store, upto: int | None) -> int:
    found = select(func.count()).where(signal.c.realm == LIVE, signal.c.kind == "observation")
    if upto is not None:
        found = found.where(signal.c.seq <= upto)
    with store.read() as connection:
        return int(connection.execute(found).scalar_one())


def _check(store: Store, sent: int, fog: set[int]) -> int:
    """Gives how many alerts there are."""
    with store.read() as connection:
        aside = connection.execute(
            select(func.count()).select_from(audit).where(audit.c.action == "set aside")
        ).scalar_one()
        places = set(connection.execute(select(alert.c.place).where(alert.c.hazard == "fog")).scalars())
        alerts = int(connection.execute(select(func.count()).select_from(alert)).scalar_one())
    same(_kept(store) == sent, f"{sent} were accepted and {_kept(store)} are kept")
    same(aside == 0, f"{aside} were set aside")
    lacking = [n for n in sorted(fog) if f"s{n:05d}" not in places]
    same(not lacking, f"no alert of the roads {lacking[:5]}, of {len(fog)} in fog")
    return alerts


def run(
    seconds: int = SECONDS, points: int = POINTS,
    databases: tuple[str, ...] = ("SQLite", "PostgreSQL"), pace: int = PACE, mixed: bool = False,
) -> list[Target]:  # fmt: skip
    """Print every figure; gives the targets with what was measured."""
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in databases:
            own = Path(folder) / name
            own.mkdir()
            database = ""
            if name == "PostgreSQL":
                database = postgres_server.of_the_run(
                    Path(folder) / "server", os.getpid(), durable=True
                ).fresh()
            stations = min(STATIONS, points // len(KINDS))
            made = measure(own, database, points, stations, pace, seconds, mixed)
            half = len(made.taken) // 2
            taken = made.accepted[-1] / made.ended
            first, second = made.behind(0, half), made.behind(half, len(made.taken))
            print(
                f"{name}: {made.accepted[-1]} observations of {stations} stations in"
                f" bodies of {BATCH}, {points} points: accepted {made.rate(made.accepted):.0f}/s over"
                f" {len(made.accepted)} s, taken {made.rate(made.taken):.0f}/s meanwhile; the last was"
                f" taken {made.ended:.1f} s after the first post; waiting at most {first} in the first"
                f" half and {second} in the second; {made.alerts} alerts", flush=True,
            )  # fmt: skip
            targets.append(Target(f"{name}: taken a second, to the last", taken, 0.97 * pace))
    for target in targets:
        print(target.line())
    return targets


def main(asked: list[str]) -> list[Target]:
    """`python -m bench signals [seconds [points [sqlite | postgresql [pace [mixed]]]]]`."""
    seconds = int(asked[0]) if asked else SECONDS
    points = int(asked[1]) if asked[1:] else POINTS
    names = {"sqlite": ("SQLite",), "postgresql": ("PostgreSQL",)}
    which = names[asked[2]] if asked[2:] else ("SQLite", "PostgreSQL")
    return run(seconds, points, which, int(asked[3]) if asked[3:] else PACE, asked[4:] == ["mixed"])
