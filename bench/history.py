"""Pages, listings and the loops' own questions over a long history, on both databases.

A county with sixty open alerts is asked for its pages; then the same county with a history behind it. A
history is made by the database itself: of each thing that once was an alert with its changes, a measure
with its asker, notices, pursuits, an escalation, messages, answers, entries of a sealed log, and three
signals: `EACH` rows. What each page says of what is open is compared before a time is printed; a ratio
is of its time with history to that without. `python -m bench history 10` takes ten million rows.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import requests
import uvicorn
from sqlalchemy import Connection, text

from alerting import audit
from alerting.alerts.rule_places import rule_places
from alerting.runtime import RealRuntime, VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.station import Station
from alerting.store import Store
from alerting.store.archive import count
from alerting.store.migrations import tables
from alerting.web.app import make_app
from alerting.web.tokens import create_token
from bench.rounds import Target, same
from tests import postgres_server

ROOT = Path(__file__).parent.parent
SQL = Path(__file__).with_suffix(".sql")
SIGNALS_BEFORE = 100_000  # minutes that signals are older: a start reads back 62 days of them
NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
EVERY = 13  # minutes between two of them, back from now: 400,000 reach back ten years
OPEN = 60
EACH = 25
ROUNDS = 7
SLOWER = 3.0  # times, at most
SHORT = 0.002  # seconds: below that nobody waits
OF_ITS_MONTH = "/bulletin/2025-12"  # has more to say where there was more: without a target
PAGES = ("/", "/callouts", "/roads", "/warnings", "/responses", "/waiting", "/messages",
         OF_ITS_MONTH, "/alerts/{alert}", "/measures/{measure}", "/metrics", "/readyz",
         "/api/v1/alerts", "/api/v1/measures", "/api/v1/held")  # fmt: skip


def times(kind: str, minutes: str) -> str:
    """SQL of a time so many minutes before now, as it is stored."""
    now = f"{NOW:%Y-%m-%d %H:%M:%S}"
    if kind == "postgresql":
        return (f"to_char(timestamp '{now}' - ({minutes}) * interval '1 minute',"
                " 'YYYY-MM-DD\"T\"HH24:MI:SS\".000000Z\"')")  # fmt: skip
    return f"strftime('%Y-%m-%dT%H:%M:%S.000000Z', '{now}', '-' || ({minutes}) || ' minutes')"


def made(kind: str, pairs: list[tuple[str, str, str, str]], posts: list[str]) -> list[str]:
    """The statements of history.sql; the last `OPEN` of all things are open, the others are over."""
    rule, place, sector, hazard = (_pick(column, "i % 60") for column in zip(*pairs, strict=True))
    post, age = _pick(posts, f"i % {len(posts)}"), f"(:all - i) * {EVERY}"
    opened = f"i > :all - {OPEN}"
    words = {
        "rule": rule, "place": place, "sector": sector, "hazard": hazard, "post": post, "open": opened,
        "alert": f"'live.' || {rule} || '.' || {place} || '.' || i",
        "measure": f"'live.guide.' || {place} || '.' || {post} || '.' || i",
        "at": times(kind, age), "earlier": times(kind, f"{age} + {SIGNALS_BEFORE}"),
        "end": f"CASE WHEN {opened} THEN NULL ELSE {times(kind, f'{age} - 10')} END",
        "twice": _times(2), "thrice": _times(3), "bytes": "BYTEA" if kind == "postgresql" else "BLOB",
    }  # fmt: skip
    numbers = ("WITH RECURSIVE n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL"
               " SELECT i + 1 FROM n WHERE i < :last) INSERT INTO ")  # fmt: skip
    _, _, statements = SQL.read_text("utf-8").partition("\n\n")
    return [numbers + one.strip().format(**words) for one in statements.split(";") if one.strip()]


def _times(number: int) -> str:
    return f"JOIN (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2) AS k ON k < {number}"


def _pick(words: tuple[str, ...] | list[str], number: str) -> str:
    given = " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(words))
    return f"(CASE {number} {given} END)"


def fill(station: Station, things: int) -> None:
    """So many things that once were, besides the `OPEN` that are."""
    life, places = station.life(LIVE), station.places
    pairs = [(rule, place, station.book.rules_by_id[rule].sector, station.book.rules_by_id[rule].hazard)
             for rule, found in rule_places(life).items() for place in found.ids][:60]  # fmt: skip
    posts = [post["id"] for post in station.county.posts][:10]
    same(len(pairs) == 60 and bool(places), "sixty places with a rule")
    everything = things + OPEN
    kind = "postgresql" if station.store.shared else "sqlite"
    for first in range(1, everything + 1, 20_000):
        given = {"first": first, "last": min(first + 19_999, everything), "all": everything}
        for statement in made(kind, pairs, posts):
            station.store.write(lambda c, s=statement, g=given: c.execute(text(s), g))
    station.store.write(lambda c: _counted(c, kind))


def _counted(connection: Connection, kind: str) -> None:
    """As after years of its own work: the position, the numbers, and what PostgreSQL's planner knows
    from its autovacuum. SQLite's is never told: the service does not ask for it."""
    connection.execute(text("DELETE FROM position"))
    connection.execute(text("INSERT INTO position SELECT 'live', 0, max(seq) FROM signal"))
    if kind == "postgresql":
        for name, column in (("pursuit", "id"), ("notice", "id"), ("delivery", "id")):
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'),"
                                    f" (SELECT max({column}) FROM {name}))"))  # fmt: skip
        connection.execute(text("ANALYZE"))


def rows_of(store: Store) -> int:
    with store.read() as connection:
        return sum(count(connection, one.name) for one in tables())


@contextmanager
def serving(station: Station) -> Iterator[requests.Session]:
    server = uvicorn.Server(uvicorn.Config(make_app(station), log_level="error", lifespan="off"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    session = requests.Session()
    session.base = f"http://127.0.0.1:{listener.getsockname()[1]}"  # type: ignore[attr-defined]
    reader = station.county.people[0]["id"]
    bearer = station.store.write(
        lambda c: create_token(c, reader, "view", None, "bench", NOW, RealRuntime())
    )
    session.headers["Authorization"] = f"Bearer {bearer}"
    yield session
    server.should_exit = True
    thread.join(10)


def asked(station: Station) -> tuple[dict[str, float], dict[str, str]]:
    """Median seconds of each page, and its words without what differs by a number."""
    took, said = {}, {}
    with station.store.read() as connection:
        newest = "SELECT max(id) FROM alert WHERE state = 'open'", "SELECT max(id) FROM measure"
        alert, measure = (connection.execute(text(one)).scalar_one() for one in newest)
    with serving(station) as session:
        for page in PAGES:
            path = page.format(alert=alert, measure=measure)
            measured = []
            for _ in range(ROUNDS):
                began = perf_counter()
                answer = session.get(session.base + path, timeout=600)  # type: ignore[attr-defined]
                measured.append(perf_counter() - began)
                same(answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}")
            took[page], said[page] = statistics.median(measured[1:]), re.sub(r"\d+", "#", answer.text)
    took |= {name: _once(station, work) for name, work in LOOPS.items()}
    return took, said


def _once(station: Station, work: Any) -> float:
    measured = []
    for _ in range(ROUNDS):
        with station.store.read() as connection:
            began = perf_counter()
            work(station, connection)
            measured.append(perf_counter() - began)
    return statistics.median(measured[1:])


def _unsealed(station: Station, connection: Connection) -> None:
    audit.unsealed_since(connection, LIVE)


def _head(station: Station, connection: Connection) -> None:
    audit.head(connection, LIVE)


LOOPS = {
    "loop: what waits to be sealed": _unsealed,
    "loop: the head of the log": _head,
    "loop: has dispatch work": lambda station, connection: station.dispatcher.has_work(),
    "loop: what is idle": lambda station, connection: station.idle(LIVE),
    "loop: sources": lambda station, connection: station.sources(),
}


def begun(folder: Path, database: str) -> Station:
    config = load_config(ROOT / "config.yaml").model_copy(update={"data": folder, "database": database})
    return Station(load_county(config), VirtualRuntime(NOW), Store(config.kept_in))


def run(millions: float = 1.0) -> list[Target]:
    targets: list[Target] = []
    things = int(millions * 1e6 / EACH) // OPEN * OPEN  # so that the same places are open
    with tempfile.TemporaryDirectory() as folder:
        server = postgres_server.of_the_run(_made(Path(folder) / "postgres"), os.getpid())
        for kind in ("sqlite", "postgresql"):
            found: dict[int, tuple[dict[str, float], dict[str, str]]] = {}
            for number in (0, things):
                database = server.fresh() if kind == "postgresql" else ""
                station = begun(_made(Path(folder) / f"{kind}-{number}"), database)
                began = perf_counter()
                fill(station, number)
                rows, filled = rows_of(station.store), perf_counter() - began
                began = perf_counter()
                restarted = begun(Path(folder) / f"{kind}-{number}", database)
                started = perf_counter() - began
                took, said = asked(restarted)
                found[number] = took | {"a process begins": started}, said
                print(f"{kind}, {rows:,} rows (written in {filled:.0f} s)")
                for one in (station, restarted):
                    one.store.close()
            (empty, before), (full, after) = found[0], found[things]
            for page in ("/api/v1/alerts", "/api/v1/measures", "/waiting"):
                same(before[page] == after[page], f"{page} of what is open")
            for page, took in full.items():
                print(f"  {page:<36} {empty[page] * 1e3:>8.1f} ms  {took * 1e3:>9.1f} ms")
                if page == OF_ITS_MONTH:
                    continue
                ratio = max(took, SHORT) / max(empty[page], SHORT)
                targets.append(Target(f"{kind} {page}", ratio, SLOWER, at_least=False))
        postgres_server.end(Path(folder) / "postgres")
    for target in targets:
        print(target.line())
    return targets


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def main(asked_for: list[str]) -> int:
    missed = sum(not one.met for one in run(float(asked_for[0]) if asked_for else 1.0))
    print(f"{missed} target(s) missed" if missed else "all targets met")
    return 0
