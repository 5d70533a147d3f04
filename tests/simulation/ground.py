"""The county of the simulation, its one book, and its database as it stands when its service has begun:
made once for all seeds of a process."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast
from unittest import mock

from sqlalchemy import Connection, Engine, event

from alerting.runtime import VirtualRuntime
from alerting.service import (
    book_loop,
    clock_loop,
    done_by,
    lease_loop,
    loop,
    process,
    process_word,
    watch_loop,
    word_loop,
)
from alerting.service import station as station_module
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.store import Store, postgres
from tests.laws.provider import Provider, Taken

HERE = Path(__file__).parent
START = datetime(2026, 1, 20, 6, 10, tzinfo=UTC)  # 14:10 in the county
CONFIG = {
    "county": {"name": "测试县（虚构）", "name_en": "Test County (fictional)",
               "timezone": "Asia/Shanghai", "sender": "测试县应急办", "sender_en": "Test EMO",
               "zones": "county/zones.csv", "sites": "county/sites.csv",
               "people": "county/people.csv", "posts": "county/posts.csv"},
    "sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760},
                "model": {"use": "signals", "brings": "forecast", "cadence_hours": 8760,
                          "quantities": ["temperature"]}},
    "channels": {"sms": {"use": "console"}, "call": {"use": "console"}},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    files: tempfile.TemporaryDirectory[str]  # as long as the process lives
    county: County
    database: sqlite3.Connection
    sent: list[Taken]  # what went out when the service began
    engine: Engine  # in memory, of one connection: each seed fills it anew
    reading: Connection  # of all readers


@cache
def ground() -> Ground:
    files = tempfile.TemporaryDirectory(prefix="simulation-")
    folder = Path(files.name)
    for name, to in (("county", "county"), ("book", "rules")):
        shutil.copytree(HERE / name, folder / to)
    shutil.copy(HERE.parent / "scenarios" / "book" / "calendar.yaml", folder / "rules")
    (folder / "config.yaml").write_text(json.dumps(CONFIG, ensure_ascii=False))
    county = load_county(load_config(folder / "config.yaml"))
    store, provider = Store(":memory:"), Provider()
    with mock.patch.object(station_module, "make_channels", provider.channels):
        station = Station(county, VirtualRuntime(START), store)
        asyncio.run(loops_of(station).settle())
    raw_of(store._engine).execute("VACUUM")  # no room but what is free in its pages
    begun = sqlite3.connect(":memory:")
    raw_of(store._engine).backup(begun)
    engine = _without_reading(store._engine)
    return Ground(files, county, begun, provider.record, engine, engine.connect())


def _without_reading(engine: Engine) -> Engine:
    """Of one thread and one connection: nobody writes beside a reader, whose transaction would be two
    statements more for each that is asked."""
    for begins in list(engine.dispatch.begin):
        event.remove(engine, "begin", begins)
    event.listen(engine, "begin", _begins)
    event.listen(engine, "before_cursor_execute", _before_statement)
    return engine


def _begins(connection: Connection) -> None:
    if _is_writing(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writing"))


def raw_of(engine: Engine) -> sqlite3.Connection:
    return cast(sqlite3.Connection, engine.raw_connection().driver_connection)


class Watched(Protocol):
    def statement(self) -> None:
        """Called before each statement of a writing transaction."""


_watch: list[Watched] = []


def _before_statement(connection: Connection, *_: object) -> None:
    if _watch and _is_writing(connection):
        _watch[0].statement()


def database(watch: Watched) -> Engine:
    """The one database in memory, as it was when the service began."""
    made = ground()
    _watch[:] = [watch]
    raw = raw_of(made.engine)
    raw.rollback()
    made.database.backup(raw)  # `deserialize` takes away what SQLite's json_each holds on to, and it crashes
    raw.execute(f"PRAGMA max_page_count={1 << 30}")
    raw.execute("PRAGMA foreign_keys=ON")
    return made.engine


def _known_otherwise(*_: object) -> None:
    """In memory there is no NOTIFY: whoever commits says so to the others' links itself."""


@contextmanager
def rarely_looking(link: Any, lives: Any) -> Iterator[None]:
    """What a service looks after every few seconds, for the sake of what it cannot be told, it looks
    after every few minutes: three hours pass in a third of a second. A wake-up that is lost is seen the
    better."""
    often = (
        (loop, "LONGEST_REST", 1800.0), (watch_loop, "EVERY", timedelta(minutes=15)),
        (clock_loop, "EVERY", timedelta(minutes=2)), (book_loop, "EVERY", timedelta(days=1)),
        (lease_loop, "EVERY", timedelta(minutes=1)), (word_loop, "EVERY", timedelta(minutes=1)),
        (process, "Link", link),
        *((module, "lives", lives) for module in (lease_loop, process_word, done_by, station_module)),
        (postgres, "make_known", _known_otherwise),
    )  # fmt: skip
    with ExitStack() as stack:
        for module, name, value in often:
            stack.enter_context(mock.patch.object(module, name, value))
        yield
