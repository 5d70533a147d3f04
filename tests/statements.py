"""The stores of one test process share the statements that SQLAlchemy has compiled.

The service opens one store; tests open hundreds, and compiling the same statements for each of them took
half of their time. SQLAlchemy keeps compiled statements by engine and dialect: here every engine is given
one cache, and dialects of one kind count as one, since every store makes its dialect alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(2000)


def share() -> None:
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign,assignment]
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]
    if not event.contains(Engine, "engine_connect", _given):
        event.listen(Engine, "engine_connect", _given)


def _given(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)
