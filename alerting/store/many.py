"""Many keys in one parameter: the same statement for two and for a hundred, prepared once.

An `IN` with a parameter a key is another statement for each length, and writing out, splitting and
planning it takes longer than finding the rows. PostgreSQL is given an array, SQLite a list in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    String,
    TableValuedAlias,
    bindparam,
    cast,
    column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from alerting.store.schema import Number


class _Keys(TypeDecorator[Iterable[Any]]):
    impl = String
    cache_ok = True

    def __init__(self, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(String())
        return dialect.type_descriptor(ARRAY(Number if self.numbers else String))

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        keys = list(value or ())
        return keys if dialect.name == "postgresql" else json.dumps(keys)


class among(FunctionElement[bool]):
    """Whether a column of text or whole numbers is among the keys that the parameter `name` holds."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, of: ColumnElement[Any], name: str) -> None:
        super().__init__(of, bindparam(name, type_=_Keys(isinstance(of.type, Integer))))

    def self_group(self, against: Any = None) -> Any:
        # It is a condition already: SQLite would look at every row for "… = 1".
        return self


@compiles(among, "postgresql")
def _in_array(element: among, compiler: Any, **more: Any) -> str:
    of, keys = (compiler.process(part, **more) for part in element.clauses)
    return f"{of} = ANY ({keys})"


@compiles(among, "sqlite")
def _in_list(element: among, compiler: Any, **more: Any) -> str:
    of, keys = (compiler.process(part, **more) for part in element.clauses)
    return f"{of} IN (SELECT value FROM json_each({keys}))"


class _Pairs(FunctionElement[Any]):
    inherit_cache = True
    name = "pairs"


@compiles(_Pairs, "postgresql")
def _pairs_of_text(element: _Pairs, compiler: Any, **more: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **more)} AS JSON))"


@compiles(_Pairs, "sqlite")
def _pairs(element: _Pairs, compiler: Any, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


class _Texts(TypeDecorator[dict[int, str | None]]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value: dict[int, str | None] | None, dialect: Dialect) -> str:
        return json.dumps(value or {})


def pairs(name: str) -> tuple[TableValuedAlias, ColumnElement[int], ColumnElement[str]]:
    """A table of the numbers and texts (or None) that the parameter `name`, a dict, holds; and its two
    columns: for an UPDATE that sets another text in each row."""
    table = _Pairs(bindparam(name, type_=_Texts())).table_valued(
        column("key", String), column("value", String), name=name
    )
    return table, cast(table.c.key, Number), table.c.value
