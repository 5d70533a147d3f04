"""Whose fault it is when the database refuses, asked of the real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import DBAPIError

from alerting.store import Store
from alerting.store.faults import of_the_store
from alerting.store.schema import realm
from tests.postgres_server import Server


def refused(store: Store, work: Any) -> DBAPIError:
    with pytest.raises(DBAPIError) as said:
        store.write(work)
    return said.value


def twice_the_same(connection: Connection) -> None:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    one = {"id": "x", "kind": "live", "title": {}, "exercise": True, "started": at, "begins": at, "speed": 1.0}
    connection.execute(insert(realm), [one, one])


def too_much_at_once(connection: Connection) -> None:
    mark, most = ("?", 250_000) if connection.dialect.name == "sqlite" else ("%s", 65_535)
    given = (1,) * (most + 1)
    connection.exec_driver_sql(f"SELECT 1 WHERE 1 IN ({', '.join([mark] * len(given))})", given)


@pytest.mark.parametrize("work", [
    lambda c: c.exec_driver_sql("SELECT * FROM nowhere"),
    too_much_at_once,  # both call it "operational"
    twice_the_same,
])  # fmt: skip
def test_what_will_be_refused_again_is_the_fault_of_what_was_written(work: Any) -> None:
    assert not of_the_store(refused(Store(":memory:"), work))


def test_a_database_that_takes_nothing_at_all_is_the_stores_fault() -> None:
    store = Store(":memory:")
    closes = "SET TRANSACTION READ ONLY" if store.shared else "PRAGMA query_only = ON"

    def write(connection: Connection) -> None:
        connection.exec_driver_sql(closes)
        twice_the_same(connection)

    assert of_the_store(refused(store, write))


@pytest.mark.sqlite  # not twice: it is of the other database
def test_a_session_that_the_server_ends_is_the_stores_fault(postgres: Server) -> None:
    store = Store(postgres.fresh())
    ended = refused(store, lambda c: c.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())"))
    store.close()
    assert of_the_store(ended)
