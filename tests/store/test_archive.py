"""A database goes into an archive and comes out of it the same, from either kind into either kind."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from alerting.errors import BadInput, Refused, SuianError
from alerting.store import Store
from alerting.store.archive import FORMAT, Archive, Manifest, packing
from alerting.store.database import Untouched
from alerting.store.migrations import newest, tables, todays
from alerting.store.refill import may_be_restored, must_be_empty, refill
from alerting.store.schema import audit
from tests.store.filled import ROWS, fill

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)


def quietly(part: str, more: int) -> None:
    return None


def pack(store: Store, to: Path, **more: str) -> Manifest:
    with packing(to) as packer, store.read() as connection:
        made = Manifest(
            format=FORMAT, suian="0.1.0", revision=newest(), made=NOW, county="雾岭县", url="http://x", config="c",
            tables={one.name: packer.table(connection, one, quietly) for one in tables()},
            schemas={kind: packer.file(f"schema/{kind}.json", json.dumps(todays(kind)).encode())
                     for kind in ("sqlite", "postgresql")},
            files={"c": packer.file("files/c", "县".encode())}, heads={}, broken=[], left_out=[],
        )  # fmt: skip
        packer.finish(made.model_copy(update=more))
    return made


def unpack(archive: Archive, into: Path) -> Untouched:
    archive.check(quietly)
    store = Untouched(into)
    store.write(lambda c: refill(c, archive, quietly))
    return store


def unless_damaged(path: Path) -> Archive | None:
    try:
        archive = Archive(path)
        archive.check(quietly)
    except SuianError:
        return None
    return archive


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    store = Store(tmp_path / "first.db")
    store.write(fill)
    pack(store, tmp_path / "first.zip")
    store.close()
    return tmp_path / "first.zip"


def test_every_table_comes_back_as_it_was(packed: Path, tmp_path: Path) -> None:
    """The archive of what was made from it has the same sum for each table."""
    archive = Archive(packed)
    store = Untouched(tmp_path / "second.db")
    store.write(lambda c: must_be_empty(c, [t.name for t in tables()], ""))  # PostgreSQL's have tables
    store.close()
    store = unpack(archive, tmp_path / "second.db")
    again = pack(store, tmp_path / "second.zip")
    assert again.tables == archive.manifest.tables
    assert {part.rows for part in again.tables.values()} == {ROWS}
    assert store.revision() == newest()
    # It goes on counting where the first left off.
    store.write(lambda c: c.execute(audit.insert().values(
        realm="live", at=NOW, who="x", action="x", subject="x", change={})))  # fmt: skip
    with store.read() as connection:
        assert connection.execute(text("SELECT max(n) FROM audit")).scalar_one() == ROWS + 1
    store.close()


def test_what_is_not_empty_is_refused_and_stays_as_it_is(packed: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "first.db")
    with pytest.raises(Refused, match=r"not empty: \w+ has rows"):
        store.write(lambda c: must_be_empty(c, [t.name for t in tables()], store.path))
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM delivery")).scalar_one() == ROWS
    store.close()


@pytest.mark.sqlite
def test_a_byte_that_was_changed_anywhere_is_seen_or_changes_nothing(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    good = Archive(packed)
    rows = {name: list(good.rows(name, quietly)) for name in good.manifest.tables}
    harmless = 0
    damaged = tmp_path / "damaged.zip"
    for at in range(0, len(whole), 29):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
        archive = unless_damaged(damaged)
        if archive is None:
            continue
        # A date or a right in the list at its end: what is restored is the same.
        harmless += 1
        assert archive.manifest == good.manifest
        assert {name: list(archive.rows(name, quietly)) for name in rows} == rows
    assert harmless < len(whole) / 29 / 3


@pytest.mark.sqlite
def test_what_was_written_anew_is_seen_by_its_sum(packed: Path, tmp_path: Path) -> None:
    """A ZIP file's own sums are right where another program has changed a part of it."""
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "anew.zip", "w") as new:
        for name in old.namelist():
            held = old.read(name)
            new.writestr(name, held.replace(b"carrier 1", b"carrier 7") if "measure" in name else held)
    with pytest.raises(SuianError, match=r"tables/measure\.jsonl is not what was written"):
        Archive(tmp_path / "anew.zip").check(quietly)


@pytest.mark.sqlite
def test_an_archive_that_was_cut_off_is_refused(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        packed.write_bytes(whole[:length])
        with pytest.raises(SuianError, match="cut off or damaged"):
            Archive(packed).check(quietly)
    packed.write_text("no archive at all")
    with pytest.raises(SuianError, match="cut off or damaged"):
        Archive(packed)
    with pytest.raises(BadInput, match="no such archive"):
        Archive(tmp_path / "none.zip")


@pytest.mark.sqlite
def test_what_a_newer_suian_wrote_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "first.db")
    pack(store, tmp_path / "schema.zip", revision="9999")
    with pytest.raises(SuianError, match=r"schema 9999.* newer one"):
        may_be_restored(Archive(tmp_path / "schema.zip"))
    pack(store, tmp_path / "format.zip", format=2)  # type: ignore[arg-type]
    with pytest.raises(SuianError, match="format 2"):
        Archive(tmp_path / "format.zip")
    store.close()


@pytest.mark.sqlite
def test_there_is_an_archive_or_none(tmp_path: Path) -> None:
    store = Store(tmp_path / "first.db")
    with pytest.raises(ZeroDivisionError), packing(tmp_path / "half.zip") as packer:
        packer.file("files/x", b"x" * (1 // 0))
    assert not list(tmp_path.glob("*half*"))
    pack(store, tmp_path / "half.zip")
    assert (tmp_path / "half.zip").stat().st_mode & 0o777 == 0o600, "it has telephone numbers in it"
    with pytest.raises(BadInput, match="such a file already"), packing(tmp_path / "half.zip"):
        pass
    store.close()
