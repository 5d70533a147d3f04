"""Rows in every table of a database, whatever its schema: what it says of itself is asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
)

ROWS = 3


def fill(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Put `ROWS` rows into each table, every column with a value, each referring to rows that are there;
    gives them."""
    held = MetaData()
    held.reflect(connection)
    made = {}
    for table in held.sorted_tables:
        if table.name != "alembic_version":
            made[table.name] = [
                {column.name: _value(table, column, n) for column in table.columns} for n in range(ROWS)
            ]
            connection.execute(insert(table), made[table.name])
    return made


def _value(table: Table, column: Column[Any], n: int) -> Any:
    """The same for the same row, so that a reference is the referred row's own."""
    for key in column.foreign_keys:
        return _value(key.column.table, key.column, n)
    of = column.type
    if isinstance(of, Boolean):
        return n % 2 == 0
    if isinstance(of, Integer):
        return n + 1
    if isinstance(of, Float):
        return n + 0.5
    if isinstance(of, JSON):
        return {"zh": f"“{table.name}” 第{n}行", "n": [n, None, 0.25]}
    if isinstance(of, LargeBinary):
        return bytes([0, n, 255])
    if getattr(of, "length", None) == 27:  # a time
        return f"2026-01-2{n}T06:00:00.000000Z"
    return f"{column.name} {n}\n，\\N\t'"
