"""The connection: SQLite in WAL with synchronous=FULL, one writing transaction at a time."""

from __future__ import annotations

import json
import os
import signal as os_signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from alerting.errors import BadInput, SuianError
from alerting.store.migrations import upgrade

T = TypeVar("T")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # Chinese as it is, no blanks


class Store:
    """One database. `path` is a file, or ":memory:" for a replay or a dry run.

    Raises SuianError where the folder cannot be written or the file is not ours.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        memory = self.path == ":memory:"
        if not memory:
            prepare_folder(Path(self.path).parent)
        url = "sqlite://" if memory else f"sqlite:///{self.path}"
        # An in-memory database lives in one connection, which every reader must share.
        pool: dict[str, Any] = {}
        if memory:
            from sqlalchemy.pool import StaticPool

            pool = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        self._engine = create_engine(url, json_serializer=_JSON.encode, **pool)
        _set_pragmas(self._engine, memory)
        self._die = Death.from_environment("commit")
        try:
            with self._engine.begin() as connection:
                upgrade(connection)
        except (DatabaseError, OperationalError) as error:
            raise SuianError(
                f"the database cannot be opened: {error.orig}",
                where=self.path,
                mend="Check that the disk has room and that the file is suian's own.",
            ) from None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and is not for writing."""
        with self._engine.connect() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction that is on the disk when this returns."""
        with self._engine.connect().execution_options(writing=True) as connection:
            with connection.begin():
                result = work(connection)
                self._die.at("before")
            self._die.at("after")
        return result

    @property
    def commits(self) -> int:
        """Transactions begun by `write` so far."""
        return self._die.seen

    def revision(self) -> str | None:
        with self._engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        self._engine.dispose()


class Death:
    """SUIAN_DIE=commit:N:before|after (or send:N:…) kills the process there, for the kill tests."""

    def __init__(self, count: int, side: str) -> None:
        self.count, self.side, self.seen = count, side, 0

    @classmethod
    def from_environment(cls, kind: str) -> Death:
        given = os.environ.get("SUIAN_DIE", "")
        if not given.startswith(f"{kind}:"):
            return cls(0, "")
        try:
            _, count, side = given.split(":")
            return cls(int(count), side)
        except ValueError:
            raise BadInput(f"SUIAN_DIE={given!r} is not {kind}:N:before or {kind}:N:after") from None

    def at(self, side: str) -> None:
        if side == "before":
            self.seen += 1
        if self.count and self.seen == self.count and side == self.side:
            os.kill(os.getpid(), os_signal.SIGKILL)


def prepare_folder(folder: Path) -> None:
    """Make the data folder where it is missing. Raises SuianError where it cannot be written."""
    mend = "Give another folder with `data:` in the config, or make this one writable."
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SuianError(
            f"the data folder cannot be made: {error.strerror}", where=str(folder), mend=mend
        ) from None
    if not os.access(folder, os.W_OK):
        raise SuianError("the data folder cannot be written", where=str(folder), mend=mend)


def _set_pragmas(engine: Engine, memory: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # SQLAlchemy, not the driver, decides where a transaction begins.
        connection.isolation_level = None
        cursor = connection.cursor()
        if not memory:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once, so that it never fails half way for another's.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
