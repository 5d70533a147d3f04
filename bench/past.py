"""What once was, made by the database itself: of each thing that once was an alert with its changes, a
measure with its asker, notices, pursuits, an escalation, messages, answers, entries of the log (with
the head that goes out each day), and three signals: `EACH` rows. The last `OPEN` of all are open.

A past of millions takes minutes to make. Shelf keeps it in a folder, so that it can be asked again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from sqlalchemy import Connection, text

from alerting import audit
from alerting.alerts.rule_places import rule_places
from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.config import Config, load_config
from alerting.service.county import load_county
from alerting.service.station import Station
from alerting.store import Store, postgres
from alerting.store.archive import count
from alerting.store.migrations import tables
from bench.rounds import Target, same
from tests import postgres_server
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
SQL = Path(__file__).with_name("history.sql")
KINDS = ("sqlite", "postgresql")
NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
EVERY = 13  # minutes between two of them, back from now: 400,000 reach back ten years
SIGNALS_BEFORE = 100_000  # minutes that signals are older: a start reads back 62 days of them
OPEN = 60
EACH = 25
AT_ONCE = 20_000  # things a transaction


def things_of(millions: float) -> int:
    """How many things so many millions of rows are, so that the same places are open."""
    return int(millions * 1e6 / EACH) // OPEN * OPEN


def config_of(folder: Path, database: str) -> Config:
    return load_config(ROOT / "config.yaml").model_copy(update={"data": folder, "database": database})


def begun(folder: Path, database: str) -> Station:
    config = config_of(folder, database)
    return Station(load_county(config), VirtualRuntime(NOW), Store(config.kept_in))


def rows_of(store: Store) -> int:
    with store.read() as connection:
        return sum(count(connection, one.name) for one in tables())


def fill(station: Station, things: int) -> None:
    """So many things that once were, besides the `OPEN` that are."""
    life, places = station.life(LIVE), station.places
    pairs = [(rule, place, station.book.rules_by_id[rule].sector, station.book.rules_by_id[rule].hazard)
             for rule, found in rule_places(life).items() for place in found.ids][:60]  # fmt: skip
    posts = [post["id"] for post in station.county.posts][:10]
    same(len(pairs) == 60 and bool(places), "sixty places with a rule")
    everything = things + OPEN
    kind = "postgresql" if station.store.shared else "sqlite"
    for first in range(1, everything + 1, AT_ONCE):
        given = {"first": first, "last": min(first + AT_ONCE - 1, everything), "all": everything}
        station.store.write(lambda c, g=given: _written(c, made(kind, pairs, posts), g))  # type: ignore[misc]
    while station.store.write(lambda c: audit.seal(c, AT_ONCE)):
        pass
    station.store.write(lambda c: _counted(c, kind))
    if station.store.shared:  # as autovacuum does in the hours after
        with postgres.session(station.store.url) as session:
            session.execute("VACUUM (ANALYZE)")


def _written(connection: Connection, statements: list[str], given: dict[str, int]) -> None:
    # What refers to what is known: looking each up again would take the longest.
    quickly = {"postgresql": "SET LOCAL session_replication_role = replica",
               "sqlite": "PRAGMA cache_size = -500000"}  # fmt: skip
    connection.execute(text(quickly[connection.dialect.name]))
    for statement in statements:
        connection.execute(text(statement), given)


def _counted(connection: Connection, kind: str) -> None:
    """As after years of its own work: the position and the numbers."""
    connection.execute(text("DELETE FROM position"))
    connection.execute(text("INSERT INTO position SELECT 'live', 0, max(seq) FROM signal"))
    if kind == "postgresql":
        for name in ("pursuit", "notice", "delivery"):
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"
                                    f" (SELECT max(id) FROM {name}))"))  # fmt: skip


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
    opened, daily = f"i > :all - {OPEN}", f"k = 0 AND i % {24 * 60 // EVERY} = 1"
    kept_as = "JSON" if kind == "postgresql" else "TEXT"
    number = f"CASE WHEN {daily} THEN '{{\"number\": ' || (3 * i) || '}}' ELSE '{{}}' END"
    words = {
        "rule": rule, "place": place, "sector": sector, "hazard": hazard, "post": post, "open": opened,
        "alert": f"'live.' || {rule} || '.' || {place} || '.' || i",
        "measure": f"'live.guide.' || {place} || '.' || {post} || '.' || i",
        "at": times(kind, age), "earlier": times(kind, f"{age} + {SIGNALS_BEFORE}"),
        "end": f"CASE WHEN {opened} THEN NULL ELSE {times(kind, f'{age} - 10')} END",
        "daily": daily, "head": f"CAST({number} AS {kept_as})",
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


class Shelf:
    """A folder with filled databases of both kinds, each made when it is first asked for."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self._server = folder, server

    def filled(self, kind: str, things: int) -> tuple[Path, str]:
        """The data folder and the `database:` of one with so many things."""
        folder, database = self.place(kind, f"{kind}-{things}")
        kept = folder / "filled.json"
        if not kept.exists():
            self.empty(kind, folder.name)
            began = perf_counter()
            station = begun(folder, database)
            fill(station, things)
            rows = rows_of(station.store)
            station.store.close()
            took = perf_counter() - began
            kept.write_text(json.dumps({"rows": rows, "seconds": round(took)}))
            print(f"{kind}: {rows:,} rows written in {took:.0f} s", flush=True)
        Store(config_of(folder, database).kept_in).close()  # one that was kept is brought up to date
        return folder, database

    def copied(self, kind: str, things: int, name: str) -> tuple[Path, str]:
        """A copy of that, under another name, to be changed."""
        source, _ = self.filled(kind, things)
        folder, database = self.empty(kind, name, source.name)
        if kind == "sqlite":
            for one in source.glob("suian.db*"):
                shutil.copy(one, folder)
        return folder, database

    def empty(self, kind: str, name: str, template: str = "template0") -> tuple[Path, str]:
        """Where nothing is; what was there of this name is thrown away."""
        folder, database = self.place(kind, name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if kind == "postgresql":
            with postgres.session(self._server) as session:
                session.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                session.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return folder, database

    def place(self, kind: str, name: str) -> tuple[Path, str]:
        server = self._server.rpartition("/")[0]
        return self.folder / name, f"{server}/{name}" if kind == "postgresql" else ""


@contextmanager
def shelf(folder: Path) -> Iterator[Shelf]:
    """With a PostgreSQL of its own over folder/postgres, as a county would run it: on the disk at each
    commit, and vacuumed."""
    programs, account = postgres_server.programs(), postgres_server.account()
    assert programs is not None, "there is no PostgreSQL"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the server's account passes through it
    home = folder / "postgres"
    if not home.exists():
        home.mkdir()
        if account:
            os.chown(home, account["user"], account["group"])
        postgres_server.init(programs, home / "data", account)
    port = free_port()
    server = postgres_server.run(programs, home, port, account, folder / "postgres.log", durable=True)
    try:
        while not postgres_server.answers(postgres_server.address_at(port)):
            assert server.poll() is None, (folder / "postgres.log").read_text()[-2000:]
            time.sleep(0.1)
        yield Shelf(folder, postgres_server.address_at(port))
    finally:
        server.send_signal(signal.SIGINT)  # at once, whoever is still connected
        server.wait(300)


def on_both(
    measured: Callable[[Shelf, str, int], list[Target]], millions: float, folder: Path | None
) -> list[Target]:
    """What is measured over a history of so many million rows in each kind of database; it is kept in
    `folder`, where one is named."""
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as thrown_away, shelf(folder or Path(thrown_away)) as on:
        for kind in KINDS:
            targets += measured(on, kind, things_of(millions))
    for target in targets:
        print(target.line())
    return targets
