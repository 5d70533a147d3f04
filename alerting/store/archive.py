"""A portable copy of a database: one file that either kind of database is made from again.

It is a ZIP file. `manifest.json` stands last and says what else is in it, each with its SHA-256:
`tables/NAME.jsonl` a row a line, in the order of the primary key, as the values that are stored (times
and JSON as their text, bytes in base64, so that a table is the same text from either database);
`schema/KIND.json` the statements that make the tables; `files/…` what lies beside the database. An
archive that was cut off has no end that is one, and a byte that was changed is seen by its sum.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy import cast as sql_cast

from alerting.errors import BadInput, SuianError, plainly

FORMAT = 1
MANIFEST = "manifest.json"
AT_ONCE = 1000  # rows
BLOCK = 1 << 20
Told = Callable[[str, int], None]  # what is done of it: a table or file, and how many more of it
Wanted = Callable[[tuple[Any, ...]], bool]
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# Whatever a damaged ZIP file makes its reader say.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, NotImplementedError,
           RuntimeError, OSError, IndexError)  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TablePart(_Part):
    """`columns` is the kind of each: text, integer, real, boolean, bytes or json (its text). `next` is
    the last number that was given, where the table counts its rows."""

    rows: int
    sha256: str
    columns: dict[str, str]
    key: list[str]
    last: int | None = None


class Head(_Part):
    number: int
    hash: str


class Manifest(_Part):
    """`heads` are those of the chains of the log; `broken` is where a chain did not hold already when
    the copy was made; `left_out` names what is not in it, for people."""

    format: int
    suian: str
    revision: str
    made: datetime
    county: str
    url: str
    tables: dict[str, TablePart]
    schemas: dict[str, str]  # by kind of database
    files: dict[str, str]
    config: str  # which of the files
    heads: dict[str, Head]
    broken: list[str]
    left_out: list[str]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.tables.values())


class Packer:
    """Writes an archive; what is written counts once `finish` has returned."""

    def __init__(self, path: Path) -> None:
        self._path, self._fresh = path, path.with_name(f".{path.name}.new")
        # It holds telephone numbers and what proves who somebody is: for its owner alone.
        opened = os.open(self._fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(opened, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=4)

    def table(
        self, connection: Connection, table: Table, told: Told, wanted: Wanted | None = None
    ) -> TablePart:
        """Its rows; where `wanted` is given, those of which it is true."""
        columns = {column.name: _kind(column.type) for column in table.columns}
        rows, digest = 0, hashlib.sha256()
        with self._zip.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as entry:
            for lines in _lines(connection, table, wanted):
                block = b"".join(lines)
                entry.write(block)
                digest.update(block)
                rows += len(lines)
                told(table.name, len(lines))
        key = [column.name for column in table.primary_key]
        return TablePart(rows=rows, sha256=digest.hexdigest(), columns=columns, key=key,
                         last=_last_number(connection, table))  # fmt: skip

    def file(self, name: str, content: bytes) -> str:
        """Its SHA-256."""
        self._zip.writestr(name, content)
        return hashlib.sha256(content).hexdigest()

    def finish(self, manifest: Manifest) -> None:
        self._zip.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._fresh.replace(self._path)

    def give_up(self) -> None:
        with suppress(OSError, ValueError):
            self._zip.close()
        self._file.close()
        self._fresh.unlink(missing_ok=True)


@contextmanager
def packing(path: Path) -> Iterator[Packer]:
    """An archive that is there whole or not at all. Raises BadInput where the file cannot be made."""
    if path.exists():
        raise BadInput("there is such a file already", where=str(path), mend="Name another.")
    try:
        packer = Packer(path)
    except OSError as error:
        raise BadInput(f"the archive cannot be written: {error.strerror}", where=str(path)) from None
    try:
        yield packer
    except BaseException:
        packer.give_up()
        raise


class Archive:
    """An archive that is read. `check` goes before anything is made of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            said = self._zip.read(MANIFEST)
        except FileNotFoundError:
            raise BadInput("there is no such archive", where=str(path)) from None
        except _DAMAGE as error:
            raise self.broken(f"it has no readable end ({error})") from None
        if (newer := _format(said)) > FORMAT:
            raise SuianError(
                f"the archive is of format {newer}, this suian reads {FORMAT}", where=str(path),
                mend="Restore it with the suian that wrote it, or a newer one.",
            )  # fmt: skip
        try:
            self.manifest = Manifest.model_validate_json(said)
        except ValidationError as error:
            raise self.broken(f"its manifest cannot be read: {plainly(error.errors()[:3])}") from None

    def broken(self, what: str) -> SuianError:
        return SuianError(
            f"the archive is cut off or damaged: {what}", where=str(self.path),
            mend="Nothing was restored. Take another copy of it, or an earlier backup.",
        )  # fmt: skip

    def check(self, told: Told) -> None:
        """Read all of it and compare it with the manifest. Raises SuianError."""
        said = self.manifest
        sums = {f"tables/{name}.jsonl": part.sha256 for name, part in said.tables.items()}
        sums |= {f"schema/{kind}.json": sha256 for kind, sha256 in said.schemas.items()}
        sums |= {f"files/{name}": sha256 for name, sha256 in said.files.items()}
        for name, sha256 in sums.items():
            digest = hashlib.sha256()
            with self._open(name) as entry:
                while block := entry.read(BLOCK):
                    digest.update(block)
                    told(name, block.count(b"\n") if name.startswith("tables/") else 0)
            if digest.hexdigest() != sha256:
                raise self.broken(f"{name} is not what was written")

    def statements(self, kind: str) -> list[str]:
        """What makes the tables in an empty database of this kind."""
        made: list[str] = json.loads(self.file(f"schema/{kind}.json"))
        return made

    def file(self, name: str) -> bytes:
        with self._open(name) as entry:
            return entry.read()

    def rows(self, table: str, told: Told) -> Iterator[list[Any]]:
        """The values of each row in the order of its columns."""
        kinds = self.manifest.tables[table].columns.values()
        packed = [at for at, kind in enumerate(kinds) if kind == "bytes"]
        with self._open(f"tables/{table}.jsonl") as entry:
            for number, line in enumerate(entry, 1):
                row: list[Any] = json.loads(line)
                for at in packed:
                    row[at] = None if row[at] is None else base64.b64decode(row[at])
                yield row
                if number % AT_ONCE == 0:
                    told(table, AT_ONCE)

    def close(self) -> None:
        self._zip.close()

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._zip.open(name) as entry:
                yield entry
        except _DAMAGE as error:
            raise self.broken(f"{name}: {error}") from None


def count(connection: Connection, name: str) -> int:
    return cast(int, connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())


def _lines(
    connection: Connection, table: Table, wanted: Wanted | None
) -> Iterator[list[bytes]]:
    """The rows of a table as lines, some at a time."""
    kinds = [_kind(column.type) for column in table.columns]
    packed = [at for at, kind in enumerate(kinds) if kind == "bytes"]
    chosen = [_as_stored(column, kind) for column, kind in zip(table.columns, kinds, strict=True)]
    ordered = select(*chosen).order_by(*table.primary_key.columns)
    result = connection.execute(ordered.execution_options(stream_results=True))
    for rows in result.partitions(AT_ONCE):
        lines = []
        for row in rows:
            if wanted is not None and not wanted(tuple(row)):
                continue
            values = list(row)
            for at in packed:
                held = values[at]
                values[at] = None if held is None else base64.b64encode(held).decode()
            lines.append(f"{_JSON.encode(values)}\n".encode())
        yield lines


def _as_stored(column: Any, kind: str) -> Any:
    if kind == "json":
        return sql_cast(column, Text).label(column.name)
    return type_coerce(column, Text) if kind == "text" else column


def _kind(of: Any) -> str:
    for kind, types in (("json", JSON), ("boolean", Boolean), ("bytes", LargeBinary),
                        ("real", Float), ("integer", Integer)):  # fmt: skip
        if isinstance(of, types):
            return kind
    return "text"


def _counted(table: Table) -> str | None:
    """The column by which a table numbers its rows by itself."""
    column = table.autoincrement_column
    return None if column is None else column.name


def _last_number(connection: Connection, table: Table) -> int | None:
    """The last number given, which may be of a row that is no longer there."""
    column = _counted(table)
    if column is None:
        return None
    highest = connection.execute(select(func.max(table.c[column]))).scalar() or 0
    if connection.dialect.name == "postgresql":
        sequence = connection.execute(
            text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column}
        ).scalar()
        given = connection.execute(
            text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
        ).scalar_one() if sequence else 0  # fmt: skip
    else:
        given = connection.execute(
            text("SELECT seq FROM sqlite_sequence WHERE name = :t"), {"t": table.name}
        ).scalar() or 0  # fmt: skip
    return max(int(highest), int(given))


def _format(said: bytes) -> int:
    try:
        return int(json.loads(said)["format"])
    except (ValueError, KeyError, TypeError):
        return 0
