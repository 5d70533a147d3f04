"""What one process at a time does for all of them, and whether any does it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from alerting.store.link import lives
from alerting.store.schema import realm

if TYPE_CHECKING:
    from alerting.service.station import Station

# The role whose process is missing where none does it.
DONE_BY = {"schedule": "ingest", "engine": "engine", "chase": "engine", "seal": "engine"}


def nobody_does(station: Station, connection: Connection) -> dict[str, str]:
    """What no process does now; with the role that would."""
    connection.execute(select(realm.c.id).limit(1))  # a database of one's own must answer too
    if not station.store.shared:
        return {}
    return {what: role for what, role in DONE_BY.items() if not lives(connection, what)}
