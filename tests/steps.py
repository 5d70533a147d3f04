"""What a piece of reading costs, in the database's own steps: no slow machine lengthens them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from alerting.store import Store

STEP = 10  # of SQLite's instructions


@contextmanager
def counted(store: Store) -> Iterator[Callable[[], int]]:
    """The steps of the database, in tens."""
    steps = [0]

    def one_more() -> int:
        steps[0] += 1
        return 0

    def on(dbapi: Any, *_: Any) -> None:
        dbapi.set_progress_handler(one_more, STEP)

    event.listen(store._engine, "checkout", on)
    yield lambda: steps[0]
    event.remove(store._engine, "checkout", on)


def steps(store: Store, work: Callable[[Connection], object]) -> int:
    """Those of what is read in one go."""
    with counted(store) as taken, store.read() as connection:
        work(connection)
        return taken()
