"""Rows that one transaction changes and adds, written together with one statement a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, Update, bindparam, insert, update

from alerting.errors import SuianError


class Row:
    """A row as it will stand after the transaction: its columns are attributes.

    `stored` is one that was read, with its primary key and those of its columns that are needed.
    """

    def __init__(self, table: Table, values: dict[str, Any], *, stored: bool) -> None:
        self._table, self._stored = table, stored
        self._columns = tuple(values)
        self._changed: set[str] = set()
        self._was = values.get("state")
        vars(self).update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this row of {self._table.name} has no column {name}")

    def values(self) -> dict[str, Any]:
        own = vars(self)
        return {name: own[name] for name in self._columns}


@cache
def _change(table: Table, guards: tuple[str, ...], columns: tuple[str, ...]) -> Update:
    """Made once for each set of columns that change together."""
    return (
        update(table)
        .where(*(table.c[name] == bindparam(f"was_{name}") for name in guards))
        .values({name: bindparam(f"to_{name}") for name in columns})
    )


class Rows:
    """What will be written of `tables`, each table after those it refers to; in the order of making."""

    def __init__(self, connection: Connection, tables: Sequence[Table]) -> None:
        self._connection = connection
        self._new: dict[Table, list[Row]] = {table: [] for table in tables}
        self._changed: dict[Table, list[Row]] = {table: [] for table in tables}

    def add(self, table: Table, **values: Any) -> Row:
        """A new row; every row of a table is added with the same columns."""
        row = Row(table, values, stored=False)
        self._new[table].append(row)
        return row

    def change(self, row: Row, **values: Any) -> None:
        if row._stored and not row._changed:
            self._changed[row._table].append(row)
        row._changed.update(values)
        vars(row).update(values)

    def added(self, table: Table) -> Sequence[Row]:
        return self._new[table]

    def write(self) -> None:
        """Write what there is so far. Raises SuianError where a row was changed by somebody else
        since it was read."""
        for table, added in self._new.items():
            # A measure that ended makes room for its next number: changes go before additions.
            self._update(table, self._changed[table])
            self._changed[table].clear()
            if added:
                self._connection.execute(insert(table), [row.values() for row in added])
                added.clear()

    def _update(self, table: Table, rows: list[Row]) -> None:
        """Rows in which the same columns changed go together, guarded by the state they were in."""
        alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            alike[tuple(sorted(row._changed))].append(row)
        key = [column.name for column in table.primary_key]
        guards = [*key, "state"] if "state" in table.c else key
        for columns, group in alike.items():
            result = self._connection.execute(_change(table, tuple(guards), columns), [
                {f"was_{n}": row._was if n == "state" else getattr(row, n) for n in guards}
                | {f"to_{n}": getattr(row, n) for n in columns}
                for row in group
            ])  # fmt: skip
            if result.rowcount != len(group):
                raise SuianError(
                    f"{len(group) - result.rowcount} of {len(group)} rows of {table.name} were "
                    "changed by somebody else meanwhile",
                    mend="Nothing is lost: the whole transaction was given up and is tried again.",
                )
