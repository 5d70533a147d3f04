"""Whether the official warning an alert tells of still stands: an old one is not shown as in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from alerting.alerts import FactBook
from alerting.signals import Warning, decode
from alerting.store.schema import signal
from alerting.web.desk import Station

Ended = Literal["expired", "lifted", "replaced"]


def ended_officials(
    connection: Connection, station: Station, realm: str, rows: Iterable[dict[str, Any]]
) -> dict[str, Ended]:
    """How the warnings in the `why` of these alerts have ended, by identifier; not those in force.

    Read from the warnings that came in since, as the engine reads them: by the realm's clock.
    """
    given = [(r["why"]["official"], r["hazard"]) for r in rows if r["why"].get("official")]
    if not given:
        return {}
    since = min(datetime.fromisoformat(one["issued"]) for one, _ in given)
    book = FactBook(station.places, station.county.calendar, {})
    bodies = connection.execute(
        select(signal.c.body)
        .where(signal.c.realm == realm, signal.c.kind == "warning", signal.c.issued >= since)
        .order_by(signal.c.seq)
    ).scalars()
    hazards = {"", *(hazard for _, hazard in given)}
    for body in bodies:
        try:
            one = decode(body)
        except ValueError:  # the engine has set it aside and the watch says so
            continue
        if isinstance(one, Warning) and one.hazard in hazards:
            book.take_warning(one)
    now = station.now(realm)
    found: dict[str, Ended] = {}
    for official, hazard in given:
        identifier = official["identifier"]
        held = book.warnings.get((identifier, hazard))
        if held is None or held.holds(now):
            continue
        by = {one.warning.action for one in book.ends.get(identifier.partition("#")[0], [])}
        found[identifier] = (
            "expired" if held.ended is None else "replaced" if by == {"update"} else "lifted"
        )
    return found
