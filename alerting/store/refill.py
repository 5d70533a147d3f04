"""Makes a database from an archive, in one transaction of its caller: all of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError

from alerting.errors import Refused, SuianError
from alerting.store.archive import Archive, Told, count
from alerting.store.database import Death
from alerting.store.migrations import MIGRATIONS, newest, stamp

CACHE = 65_536  # KiB that SQLite may hold of what is not committed yet
_IS_INDEX = re.compile(r"\s*CREATE (UNIQUE )?INDEX").match


def must_be_empty(connection: Connection, names: list[str], where: str) -> None:
    """Raises Refused where one of the tables has rows; takes away those that have none."""
    there = set(inspect(connection).get_table_names())
    for name in names:
        if name in there and count(connection, name):
            raise Refused(
                f"the database is not empty: {name} has rows", where=where,
                mend="A backup is restored into an empty database: move this one away, or name another"
                " with `database:` or `data:` in the config.",
                zh=f"数据库不是空的：{name} 已有记录。备份只能恢复到空数据库。",
            )  # fmt: skip
    for name in reversed(names):
        if name in there:
            connection.exec_driver_sql(f'DROP TABLE "{name}"')
    if "alembic_version" in there:
        connection.exec_driver_sql("DROP TABLE alembic_version")


def may_be_restored(archive: Archive) -> None:
    """Raises SuianError for what a newer suian has written."""
    revision = archive.manifest.revision
    if revision not in MIGRATIONS:
        raise SuianError(
            f"the archive is of schema {revision}, this suian knows them up to {newest()}",
            where=str(archive.path), mend="Restore it with the suian that wrote it, or a newer one.",
        )  # fmt: skip


def refill(connection: Connection, archive: Archive, told: Told) -> None:
    """Make the archive's tables as they were and fill them; of an empty database.

    Raises SuianError where a row does not fit.
    """
    kind = connection.dialect.name
    if kind == "postgresql":  # between two tables the server waits for us
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    else:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE}")
    statements, die = archive.statements(kind), Death.from_environment("row")
    for statement in statements:
        if not _IS_INDEX(statement):
            connection.exec_driver_sql(statement)
    for name, part in archive.manifest.tables.items():
        fill = _copy if kind == "postgresql" else _insert
        with _fitting(connection, archive, f"what the archive has of {name}"):
            fill(connection, archive, name, _dying(die, archive.rows(name, told)))
            if part.last is not None:
                _go_on_counting(connection, name, part.key[0], part.last)
        if (rows := count(connection, name)) != part.rows:
            raise archive.broken(f"{name} has {rows} rows, not {part.rows}")
    # Of rows that are all there an index is sorted once. One that grows with them, each at another spot
    # of it, is written to the disk many times over.
    for statement in statements:
        if _IS_INDEX(statement):
            with _fitting(connection, archive, "rows of the archive that are twice there"):
                connection.exec_driver_sql(statement)
    stamp(connection, archive.manifest.revision)


def _dying(die: Death, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    for row in rows:
        die.at("before")
        yield row


@contextmanager
def _fitting(connection: Connection, archive: Archive, what: str) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, _driver_error(connection)) as error:
        raise SuianError(
            f"the database refuses {what}: {str(error).splitlines()[0]}",
            where=str(archive.path), mend="Nothing was restored.",
        ) from None  # fmt: skip


def _driver_error(connection: Connection) -> type[Exception]:
    module = connection.dialect.dbapi
    assert module is not None
    return module.Error  # type: ignore[no-any-return]


def _insert(
    connection: Connection, archive: Archive, name: str, rows: Iterator[list[Any]]
) -> None:
    columns = archive.manifest.tables[name].columns
    named, marks = ", ".join(f'"{one}"' for one in columns), ", ".join("?" for _ in columns)

    cursor = connection.connection.cursor()
    statement = f'INSERT INTO "{name}" ({named}) VALUES ({marks})'
    cursor.executemany(statement, rows)  # type: ignore[arg-type]
    cursor.close()


def _copy(
    connection: Connection, archive: Archive, name: str, rows: Iterator[list[Any]]
) -> None:
    named = ", ".join(f'"{one}"' for one in archive.manifest.tables[name].columns)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({named}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _go_on_counting(connection: Connection, name: str, column: str, last: int) -> None:
    """The next row gets a number that none has had."""
    if connection.dialect.name == "postgresql":
        if last:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:t, :c), :last)"),
                {"t": f'"{name}"', "c": column, "last": last},
            )
        return
    counts = text("SELECT 1 FROM sqlite_master WHERE name = :t AND sql LIKE '%AUTOINCREMENT%'")
    if connection.execute(counts, {"t": name}).first():
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :t"), {"t": name})
        keeps = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:t, :last)")
        connection.execute(keeps, {"t": name, "last": last})
