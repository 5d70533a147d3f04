"""A backup: the county's database as it stood at one moment, and the files beside it, in one archive.

It is taken from a running service: one reading transaction sees one state, however long it takes.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from alerting import __version__, audit
from alerting.errors import SuianError
from alerting.service.config import Config
from alerting.service.county_files import files_of
from alerting.store import archive as store_archive
from alerting.store.archive import FORMAT, Head, Manifest, Told
from alerting.store.database import Untouched
from alerting.store.migrations import newest, tables, todays
from alerting.store.schema import audit as audit_table
from alerting.store.schema import setting

# Made anew by the service at its next start: whoever finds an archive must not log in with it.
SECRETS = ("web.secret", "dispatch:link-secret")
_SAID = "the keys that sign logins and new links (made anew at the first start: people log in again)"


def total(store: Untouched) -> int:
    """How many rows there are, for a progress bar."""
    with store.read() as connection:
        return sum(store_archive.count(connection, one.name) for one in tables())


def open_for_backup(config: Config) -> Untouched:
    """The county's database, which is not changed. Raises SuianError."""
    where = config.kept_in
    if isinstance(where, Path) and not where.exists():
        raise SuianError("there is no database yet", where=str(where),
                         mend="`suian serve` begins it; --config names another county.")  # fmt: skip
    store = Untouched(where)
    if (revision := store.revision()) != newest():
        store.close()
        raise SuianError(
            f"the database is of schema {revision or 'none'}, this suian's is {newest()}",
            where=store.path, mend="Make the backup with the suian that runs on it, then upgrade.",
        )  # fmt: skip
    return store


def back_up(
    config: Config, path: Path, store: Untouched, to: Path, now: datetime, told: Told
) -> Manifest:
    """Write the archive `to` of the county whose config is at `path`. Raises SuianError, and then
    there is no archive."""
    files, left_out = files_of(config, path)
    with store_archive.packing(to) as packer, store.read() as connection:
        if store.shared:  # the server waits for us while we compress
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        packed = {
            one.name: packer.table(connection, one, told, _without_keys if one is setting else None)
            for one in tables()
        }
        made = Manifest(
            format=FORMAT, suian=__version__, revision=newest(), made=now, county=config.county.name,
            url=config.url, tables=packed, config=path.name, left_out=[_SAID, *left_out],
            schemas={
                kind: packer.file(f"schema/{kind}.json", json.dumps(todays(kind), indent=1).encode())
                for kind in ("sqlite", "postgresql")
            },
            files={name: packer.file(f"files/{name}", held) for name, held in files.items()},
            heads=heads_of(connection), broken=broken_in(connection),
        )  # fmt: skip
        packer.finish(made)
    return made


def heads_of(connection: Connection) -> dict[str, Head]:
    """The newest sealed entry of each chain."""
    realms = connection.execute(select(audit_table.c.realm).distinct().order_by(audit_table.c.realm))
    heads = {realm: audit.head(connection, realm) for realm in realms.scalars().all()}
    return {realm: Head(number=n, hash=digest) for realm, (n, digest) in heads.items() if n}


def broken_in(connection: Connection) -> list[str]:
    return [f"{one.realm}: {one.what}" for one in audit.verify(connection)]


def _without_keys(row: tuple[object, ...]) -> bool:
    return row[0] not in SECRETS
