"""Which channels refuse a dispatcher as such (a revoked token, a closed account), for the processes
that do not send: its word stands in the database, and counts for as long as its process lives."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select

from alerting.service.county import remember
from alerting.store.link import lives
from alerting.store.schema import setting

if TYPE_CHECKING:
    from alerting.service.station import Station

_KEY = "refused:"  # and the name of the process whose dispatcher it is


def refusing(station: Station, connection: Connection) -> set[str]:
    """Channels that refuse this process, or another that lives."""
    others = (channels for owner, channels in _said(connection) if lives(connection, owner))
    return station.dispatcher.unusable.union(*others)


def note(connection: Connection, owner: str, channels: Collection[str]) -> None:
    """What refuses this process now, for the others; what those said that are gone is forgotten."""
    gone = [one for one, _ in _said(connection) if one == owner or not lives(connection, one)]
    connection.execute(delete(setting).where(setting.c.key.in_([_KEY + one for one in gone])))
    if channels:
        remember(connection, _KEY + owner, json.dumps(sorted(channels)))


def _said(connection: Connection) -> Iterator[tuple[str, list[str]]]:
    rows = connection.execute(
        select(setting.c.key, setting.c.value).where(setting.c.key.startswith(_KEY))
    ).all()
    for row in rows:
        yield row.key.removeprefix(_KEY), json.loads(row.value)
