"""When each source last spoke, when it is due, and whether it is silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.engine import Engine
from alerting.connector import Connector
from alerting.service.clock import LIVE
from alerting.service.feeds import promises
from alerting.store.schema import source_health


def source_states(
    connection: Connection,
    connectors: Mapping[str, Connector],
    engine: Engine,
    started: datetime,
    now: datetime,
) -> list[dict[str, Any]]:
    """Of each: name, state (fresh, silent, or waiting for its first word), when it spoke and is due,
    what it waits for, its last error. What has not spoken yet is due a cadence from `started`."""
    health = {
        row.source: row
        for row in connection.execute(select(source_health).where(source_health.c.realm == LIVE))
    }
    found = []
    for name, connector in connectors.items():
        row = health.get(name)
        spoke = row.spoke if row is not None else engine.spoke.get(name)
        if connector.feeds == {"forecast"}:
            # As the rules see it: an answer without a run, or with an old one, is no word.
            spoke = engine.fields.last_word(name)
        since = spoke or started
        silent = bool(connector.feeds & {"forecast", "observation", "warning"})
        silent &= promises(connector) and now - since > 2 * connector.cadence
        found.append({
            "name": name, "state": "silent" if silent else "waiting" if spoke is None else "fresh",
            "spoke": spoke, "due": since + connector.cadence,
            "waits_for": "" if spoke else "first message",
            "error": row.error if row is not None else "",
        })  # fmt: skip
    return found
