"""SQLite in WAL with synchronous=FULL: the database of one process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

MEMORY = ":memory:"
PREPARED = 1000  # statements that the driver keeps: the loops have hundreds, its own limit is 128


def make_engine(path: str, **settings: Any) -> Engine:
    """`path` is a file, or ":memory:" for what is thrown away."""
    memory = path == MEMORY
    arguments: dict[str, Any] = {"cached_statements": PREPARED}
    if memory:
        # An in-memory database lives in one connection, which every reader must share.
        settings["poolclass"] = StaticPool
        arguments["check_same_thread"] = False
    address = "sqlite://" if memory else f"sqlite:///{path}"
    engine = create_engine(address, hide_parameters=True, connect_args=arguments, **settings)

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

    return engine
