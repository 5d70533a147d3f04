"""A transaction says which tables it wrote, and whoever waits is told after its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, delete, select, update

from alerting.runtime import VirtualRuntime
from alerting.store import Store, Writer
from alerting.store.schema import position, realm, setting
from alerting.store.upserts import insert

START = datetime(2026, 1, 20, tzinfo=UTC)


def test_listeners_are_told_which_tables_were_written() -> None:
    store = Store(":memory:")
    writer = Writer(store, VirtualRuntime(START))
    told: list[Collection[str] | None] = []
    writer.on_commit(told.append)

    def look(connection: Connection) -> None:
        connection.execute(select(realm)).all()

    def change(connection: Connection) -> None:
        made = insert(connection, setting).values(key="a", value="b")
        connection.execute(made.on_conflict_do_nothing())
        connection.execute(update(realm).values(clock=START))
        connection.execute(select(position)).all()

    def take_out(connection: Connection) -> None:
        connection.execute(delete(position).where(position.c.realm == "nowhere"))

    def fail(connection: Connection) -> None:
        connection.execute(update(realm).values(clock=START))
        raise ValueError("no")

    async def story() -> None:
        for work in (look, change, take_out):
            await writer.write(work)
        with pytest.raises(ValueError, match="no"):
            await writer.write(fail)

    asyncio.run(story())
    assert told == [set(), {"setting", "realm"}, {"position"}, None]
    store.close()
