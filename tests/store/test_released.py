"""Every schema there ever was is brought up to date with its rows in it, on both databases.

`released.json` has what made the tables of each, as its own code wrote it: for each revision the numbers
of its statements. PostgreSQL came with the last of them; what stands for it at the others is what their
code would have made there. 0026 is here as it was before 0025 came, late.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from alerting.store import Store
from alerting.store.database import Untouched
from alerting.store.migrations import newest, stamp, tables
from tests.store.filled import ROWS, fill

RELEASED: dict[str, Any] = json.loads((Path(__file__).parent / "released.json").read_text("utf-8"))
# What a change gives another value to, whatever stood there.
GIVEN = {("asker", "begins"), ("asker", "ends"), ("measure", "successor")}


def statements(revision: str, kind: str) -> list[str]:
    of = RELEASED[kind]
    return [of["statements"][number] for number in of["of"][revision]]


def rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """All there is, with the values as they are stored."""
    found = {}
    for name in inspect(connection).get_table_names():
        held = connection.execute(text(f'SELECT * FROM "{name}"')).mappings().all()
        found[name] = sorted((dict(one) for one in held), key=repr)
    return found


@pytest.fixture
def empty(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where there is no table yet, on either database."""
    if database == "sqlite":
        yield str(tmp_path / "suian.db")
        return
    server = request.getfixturevalue("postgres")
    address = server.empty()
    yield address
    server.drop(address)


def begun(where: str, revision: str) -> Untouched:
    """A database as the code of that revision made it."""
    store = Untouched(where)

    def make(connection: Connection) -> None:
        for statement in statements(revision, connection.dialect.name):
            connection.exec_driver_sql(statement)
        stamp(connection, revision)

    store.write(make)
    return store


@pytest.mark.parametrize("revision", RELEASED["revisions"])
def test_what_was_written_then_is_there_now(empty: str, revision: str) -> None:
    old = begun(empty, revision)
    old.write(fill)
    with old.read() as connection:
        before = rows(connection)
    old.close()
    store = Store(empty)
    assert store.revision() == newest()
    with store.read() as connection:
        after, there = rows(connection), inspect(connection)
        # Asked of the database itself: what is on an expression SQLAlchemy does not reflect.
        listed = {"sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
                  "postgresql": "SELECT indexname FROM pg_indexes"}[connection.dialect.name]  # fmt: skip
        indexes = set(connection.exec_driver_sql(listed).scalars())
        for table in tables():
            assert {c["name"] for c in there.get_columns(table.name)} == set(table.c.keys()), table.name
            assert {one.name for one in table.indexes} - {"measure_one_open"} <= indexes, table.name
    for name, held in before.items():
        if name == "alembic_version":
            continue
        assert len(held) == len(after[name]) == ROWS
        for was, now in zip(held, after[name], strict=True):
            same = {key for key in was if key in now and (name, key) not in GIVEN}
            assert {key: was[key] for key in same} == {key: now[key] for key in same}, name
    store.close()


def test_what_was_given_up_in_silence_is_called_again(empty: str) -> None:
    old = begun(empty, "0015")

    def given_up(connection: Connection) -> None:
        connection.execute(text(
            "INSERT INTO realm (id, kind, title, exercise, started, begins, speed)"
            " VALUES ('live', 'live', '{}', '0', '2026-01-20T00:00:00.000000Z', '2026-01-20T00:00:00.000000Z', 1)"))
        for number, (state, reason) in enumerate((("open", "exhausted"), ("open", ""), ("ended", "exhausted"))):
            connection.execute(text(
                "INSERT INTO pursuit (id, realm, wants, post, level, state, rung, round, at_post, opened, end_reason)"
                f" VALUES ({number}, 'live', 'acknowledge', 'p', 1, '{state}', 1, 1, 'p',"
                f" '2026-01-20T0{number}:00:00.000000Z', '{reason}')"))

    old.write(given_up)
    old.close()
    store = Store(empty)
    with store.read() as connection:
        found = connection.execute(text("SELECT deadline FROM pursuit ORDER BY id")).scalars().all()
    assert found == ["2026-01-20T00:00:00.000000Z", None, None]
    store.close()
