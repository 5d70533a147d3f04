"""A restore that was cut off is told to whoever comes next. It leaves an empty database, and a service
that began on it would take it for that of a new county, and call nobody about what was open.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect

from alerting.errors import SuianError
from alerting.service.config import Config
from alerting.store.archive import count
from alerting.store.database import Untouched
from alerting.store.schema import realm

FILE = "restore-begun.json"


@contextmanager
def noted(data: Path, archive: Path, now: datetime) -> Iterator[None]:
    """While this lasts, and after it was killed, it stands in the data folder that it has begun."""
    note = data / FILE
    fresh = note.with_name(f".{FILE}.new")
    fresh.write_text(json.dumps({"archive": str(archive.resolve()), "begun": f"{now:%Y-%m-%dT%H:%MZ}"}))
    fresh.replace(note)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def refuse_unfinished(config: Config) -> None:
    """Raises SuianError where a restore was begun and the database is still as it was before."""
    note = config.data / FILE
    if not note.exists():
        return
    if _filled(config):  # killed when all was in it already
        note.unlink(missing_ok=True)
        return
    try:
        said = json.loads(note.read_text())
        archive, begun = said["archive"], said["begun"]
    except (OSError, ValueError, KeyError):  # the disk was full, or somebody wrote into it
        archive, begun = "FILE", "?"
    raise SuianError(
        f"a restore of {archive} was begun at {begun} and has not ended: the database is as it was"
        " before, empty", where=str(config.data),
        mend=f"Where it was cut off, begin it again: suian restore {archive}. For a new county in its"
        f" place delete {note}. 恢复未完成，数据库仍为空：请重新执行 suian restore。",
    )  # fmt: skip


def _filled(config: Config) -> bool:
    store = Untouched(config.kept_in)
    try:
        with store.read() as connection:
            return inspect(connection).has_table(realm.name) and count(connection, realm.name) > 0
    finally:
        store.close()
