"""Tests of what is stored run on both databases: the same test, once for each.

A test opens `Store(path)` or `Store(":memory:")` as the service does. For its second run every such store
is a database of its own on the run's PostgreSQL server; the same file is the same database again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerting.store import Store
from tests import postgres_server

# Where a test is of what is stored and of how it is asked for; `make faults` runs all that keep something.
BOTH = (
    "tests/store/", "tests/bus/test_embedded", "tests/people/test_tables", "tests/people/test_duty",
    "tests/people/test_handing", "tests/people/test_roster_changes", "tests/dispatch/test_outbox",
    "tests/dispatch/test_bind", "tests/dispatch/test_rates", "tests/alerts/test_ledger", "tests/alerts/test_rebuild",
    "tests/web/test_nul",
)  # fmt: skip
ALL = (*BOTH, "tests/people/", "tests/dispatch/", "tests/alerts/", "tests/chase/", "tests/service/")


def is_of_both(nodeid: str) -> bool:
    return nodeid.startswith(ALL if os.environ.get("SUIAN_ALL_FAULTS") else BOTH)


def folder(config: pytest.Config) -> Path:
    """Where the processes of one test run find its server."""
    base: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    return (base.parent if hasattr(config, "workerinput") else base) / "postgres"


def server(config: pytest.Config) -> postgres_server.Server:
    owner = os.getppid() if hasattr(config, "workerinput") else os.getpid()
    return postgres_server.of_the_run(folder(config), owner)


@contextmanager
def on(running: postgres_server.Server, nodeid: str) -> Iterator[None]:
    """While this lasts every store is on PostgreSQL."""
    opened, made = Store.__init__, {}

    def open_there(self: Store, database: Any) -> None:
        name = str(database)
        if name.startswith("postgresql://"):
            opened(self, name)
            return
        if name == ":memory:":
            address = running.fresh()
            made[address] = address
        else:
            address = made.setdefault(name, "") or running.fresh()
            made[name] = address
        opened(self, address)

    Store.__init__ = open_there  # type: ignore[method-assign]
    try:
        yield
    finally:
        Store.__init__ = opened  # type: ignore[method-assign]
        for address in made.values():
            # Tests of migrations leave other tables behind.
            (running.drop if nodeid.startswith("tests/store/") else running.give_back)(address)
