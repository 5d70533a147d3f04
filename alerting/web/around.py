"""What pages show to who decides: what happens meanwhile, and what the neighbours do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.orders import unconfirmed, undecided
from alerting.dispatch import around
from alerting.store.schema import measure
from alerting.web.desk import Station


def around_of(
    connection: Connection, station: Station, keys: Collection[str]
) -> dict[str, Any] | None:
    """For measures that are put as one question, all that a message may have to leave out: `meanwhile`
    and `beside` in words; `stands`: they were ordered ahead. None where nothing is to be decided."""
    rows = connection.execute(
        select(measure).where(measure.c.id.in_(keys)).order_by(measure.c.id)
    ).all()
    rows = [row for row in rows if undecided(row)]
    if not rows:
        return None
    found = around.read(connection, station.book, station.places, rows)
    return {
        "meanwhile": around.in_words(found.meanwhile, station.book, None),
        "beside": found.told + around.in_words(found.beside, station.book, station.places),
        "stands": all(unconfirmed(row) or row.put is not None for row in rows),
    }
