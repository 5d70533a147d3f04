"""The database: SQLite for one process, PostgreSQL for several; one writing transaction at a time."""

from __future__ import annotations

import json
import os
import secrets
import signal as os_signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event
from sqlalchemy.exc import DatabaseError

from alerting.errors import BadInput, SuianError
from alerting.store import postgres, sqlite
from alerting.store.migrations import upgrade
from alerting.variable import Variable

T = TypeVar("T")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # Chinese as it is, no blanks


class Store:
    """One database. `database` is a file, ":memory:" for a replay or a dry run, or the address of a
    PostgreSQL database, which several processes may share.

    Raises SuianError where it cannot be reached or written, or is not ours; BadInput where the address
    is none.
    """

    def __init__(self, database: str | Path) -> None:
        named = str(database)
        self.shared = postgres.is_url(named)
        self.url = named if self.shared else ""
        self.path = postgres.shown(named) if self.shared else named
        make = postgres.make_engine if self.shared else sqlite.make_engine
        if not self.shared and named != sqlite.MEMORY:
            prepare_folder(Path(named).parent)
        self._engine = make(named, json_serializer=_JSON.encode)
        event.listen(self._engine, "before_execute", _note)
        # A reader sees one state, however many statements it needs.
        reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self._engine.execution_options(**reading) if self.shared else self._engine
        self._die = Death.from_environment("commit")
        self.sender = secrets.token_hex(4)  # by which a process knows its own commits from others'
        try:
            self._begin()
        except DatabaseError as error:
            mend = (
                "Check that the server runs and that `database:` in the config names it."
                if self.shared
                else "Check that the disk has room and that the file is suian's own."
            )
            raise SuianError(
                f"the database cannot be opened: {error.orig}", where=self.path, mend=mend
            ) from None

    def _begin(self) -> None:
        writing = self._engine.execution_options(writing=True, patient=True)
        with writing.begin() as connection:
            if self.shared:
                postgres.check_kind(connection, self.path)
            upgrade(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and is not for writing."""
        with self._reading.connect() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T], wrote: set[str] | None = None) -> T:
        """Run `work` in one transaction that is on the disk when this returns; `wrote` gets the tables
        that its statements may have changed."""
        wrote = set() if wrote is None else wrote
        options = {"writing": True, "wrote": wrote}
        with self._engine.connect().execution_options(**options) as connection:
            with connection.begin():
                result = work(connection)
                if self.shared:
                    postgres.make_known(connection, self.sender, wrote)
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


def _note(_connection: Connection, statement: Any, *given: Any) -> None:
    wrote = given[-1].get("wrote")  # the last are the execution's options
    if wrote is not None and statement.is_dml:
        wrote.add(statement.table.name)


class Untouched(Store):
    """A database as it stands: its tables are neither made nor brought up to date."""

    def _begin(self) -> None:
        with self.read() as connection:
            if self.shared:
                postgres.check_kind(connection, self.path)


DIE = Variable("SUIAN_DIE", "for the tests of kills alone: where the process kills itself")


class Death:
    """DIE=commit:N:before|after (or send:N:…, take:N:…, or row:N:before of a restore) kills the process
    there, for the kill tests; with `stop` in place of `before` it is only stopped, until somebody lets
    it go on."""

    def __init__(self, count: int, side: str) -> None:
        self.count, self.side, self.seen = count, side, 0

    @classmethod
    def from_environment(cls, kind: str) -> Death:
        given = DIE.get()
        if not given.startswith(f"{kind}:"):
            return cls(0, "")
        try:
            _, count, side = given.split(":")
            return cls(int(count), side)
        except ValueError:
            raise BadInput(f"{DIE.name}={given!r} is not {kind}:N:before, after or stop") from None

    def at(self, side: str) -> None:
        if side == "before":
            self.seen += 1
        if self.count and self.seen == self.count and side == self.side.replace("stop", "before"):
            stopped = self.side == "stop"
            os.kill(os.getpid(), os_signal.SIGSTOP if stopped else os_signal.SIGKILL)


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
