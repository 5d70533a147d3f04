"""Makes a county from a backup: its database in one transaction, and the files beside it.

Killed at any moment it leaves an empty database and the note that it has not ended; it may be begun
again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, func, select

from alerting.errors import Refused, SuianError
from alerting.service import good_book
from alerting.service.address import only_one
from alerting.service.backup import broken_in, heads_of
from alerting.service.config import Config
from alerting.service.county_files import without_secrets
from alerting.service.unfinished import noted
from alerting.store.archive import Archive, Told
from alerting.store.database import Untouched, prepare_folder
from alerting.store.migrations import tables, upgrade
from alerting.store.refill import must_be_empty, refill
from alerting.store.schema import bus_position, delivery, pursuit, realm


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the first start will do. `bound` messages are sent then, and so are `sending` ones unless
    the provider says that it has them; `overdue` answers are called for again; `exercises` end."""

    bound: int
    oldest: datetime | None
    sending: int
    overdue: int
    exercises: list[str]
    topics: dict[tuple[str, int], int]  # by topic and partition, from where it is read on


def restore(archive: Archive, config: Config, now: datetime, told: Told) -> Waiting:
    """Fill the config's database, which must be empty; the archive has been checked.

    Raises Refused where the database has rows, SuianError where the archive does not fit or the chain
    of its log is not as it was.
    """
    with _alone(config), noted(config.data, archive.path, now):
        store = Untouched(config.kept_in)
        try:
            return store.write(lambda connection: _fill(connection, archive, store.path, now, told))
        finally:
            store.close()


def _fill(connection: Connection, archive: Archive, where: str, now: datetime, told: Told) -> Waiting:
    said = archive.manifest
    must_be_empty(connection, list(dict.fromkeys([*(t.name for t in tables()), *said.tables])), where)
    refill(connection, archive, told)
    if heads_of(connection) != said.heads or broken_in(connection) != said.broken:
        raise SuianError(
            "the log does not hold as it did when the backup was made", where=str(archive.path),
            mend="Nothing was restored. Keep the archive as it is, and take an earlier backup.",
        )  # fmt: skip
    upgrade(connection)
    return _waiting(connection, now)


def _alone(config: Config) -> AbstractContextManager[None]:
    """No service may begin on the folder meanwhile; a shared database is guarded by its own locks."""
    if not config.database:
        return only_one(config.data)
    prepare_folder(config.data)
    return nullcontext()


def _waiting(connection: Connection, now: datetime) -> Waiting:
    def number(state: str) -> tuple[int, datetime | None]:
        row = connection.execute(
            select(func.count(), func.min(delivery.c.created)).where(delivery.c.state == state)
        ).one()
        return row[0], row[1]

    overdue = connection.execute(
        select(func.count()).where(pursuit.c.state == "open", pursuit.c.deadline <= now)
    ).scalar_one()
    exercises = connection.execute(
        select(realm.c.id).where(realm.c.kind == "exercise", realm.c.ended.is_(None))
    ).scalars().all()  # fmt: skip
    topics = {(r.topic, r.part): r.next for r in connection.execute(select(bus_position))}
    (bound, oldest), (sending, _) = number("bound"), number("sending")
    return Waiting(bound, oldest, sending, overdue, list(exercises), topics)


def write_files(archive: Archive, folder: Path) -> Path:
    """Write the archive's files below `folder`; gives the path of the config.

    Raises Refused, before anything is written, where another file of that name is there already.
    """
    found = {name: archive.file(f"files/{name}") for name in archive.manifest.files}
    for name in found:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise archive.broken(f"{name!r} is no file below the folder")
    others = [name for name, held in found.items()
              if (folder / name).exists() and (folder / name).read_bytes() != held]  # fmt: skip
    if others:
        raise Refused(
            f"there are other files already: {', '.join(others[:5])}", where=str(folder),
            mend="Name an empty folder; or leave --files out, to restore the database alone.",
            zh=f"该文件夹中已有不同的同名文件：{'、'.join(others[:5])}。请换一个空文件夹。",
        )  # fmt: skip
    for name, held in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(held)
        fresh.replace(path)
    return folder / archive.manifest.config


def differing(archive: Archive, config: Path) -> list[str]:
    """The archive's files that are not the same beside this config."""
    folder, kept = config.resolve().parent, f"/{good_book.KEPT}/"
    found = []
    for name in archive.manifest.files:
        path = config if name == archive.manifest.config else folder / name
        if kept in f"/{name}":  # each machine keeps its own
            continue
        held = path.read_bytes() if path.is_file() else b""
        if path == config:
            held = without_secrets(held.decode(), path)[0].encode()
        if held != archive.file(f"files/{name}"):
            found.append(name)
    return found
