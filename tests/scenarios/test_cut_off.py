"""A restore that is killed in the middle leaves nothing, and says so to whoever comes next."""

from __future__ import annotations

import signal as os_signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect

from alerting.store.archive import Archive
from alerting.store.database import Untouched
from alerting.store.schema import delivery, setting
from tests.postgres_server import Server
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import Town
from tests.scenarios.weather import YELLOW_FOG


def tables_of(town: Town, database: str) -> list[str]:
    """As the restore found them: the database is neither made nor brought up to date."""
    store = Untouched(database or town.folder / "var" / "suian.db")
    with store.read() as connection:
        there = inspect(connection).get_table_names()
    store.close()
    return there


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restore_killed_between_two_rows_leaves_nothing_and_no_service_begins_on_that(
    kind: str, make_town: Callable[..., Town], tmp_path: Path, provider: StandIn, nursery: Nursery,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    town = make_town().begin()
    town.forecast(YELLOW_FOG)
    town.phone("chen").gets("收到回1")
    town.dies()
    saved, store = town.folder / "saved.zip", Untouched(town.folder / "var" / "suian.db")
    store.write(lambda c: c.execute(insert(setting), [{"key": f"{n}", "value": "x" * 99} for n in range(20_000)]))
    store.close()
    assert town.runs_besides("backup", str(saved)) == 0

    server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    database = server.empty() if server else ""
    new = Town(tmp_path / "new", provider, nursery, changes={"database": database})
    half = Archive(saved).manifest.rows // 2  # in the middle of a table
    assert new.runs_besides("restore", str(saved), SUIAN_DIE=f"row:{half}:before") == -os_signal.SIGKILL
    assert tables_of(new, database) == []

    # An empty county would begin on it, and nobody would be called about what was open.
    assert new.runs_besides("serve") == 1
    assert new.runs_besides("token list") == 1
    assert new.log().count("has not ended: the database is as it was before, empty") == 2
    assert f"begin it again: suian restore {saved}" in new.log()
    assert tables_of(new, database) == []

    # Begun again as it says it is whole, and to be killed after the commit is no matter.
    told = len(provider.messages)
    assert new.runs_besides("restore", str(saved), SUIAN_DIE="commit:1:after") == -os_signal.SIGKILL
    new.begin(at=town.now)
    assert new.asks(delivery.c.id) == town.asks(delivery.c.id)
    assert len(provider.messages) == told
    new.phone("chen").replies("1")
    new.seals()
    new.dies()
    new.keeps_its_books()
