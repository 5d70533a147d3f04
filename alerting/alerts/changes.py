"""What one slice of a signal changes, and how it is written: all of it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerting.alerts import episodes, named_days, standing
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.places import Place
from alerting.rulebook import Rule


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one alert: "rise", "fall" (to `level` 0: it clears; `begun` where what it
    falls from had begun), "refresh", or "put": what is for a named day is put anew."""

    kind: str
    rule: Rule
    place: Place
    level: int
    finding: Finding
    begun: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.rule.id, self.place.id


@dataclass(slots=True)
class Changes:
    """All that a slice's transaction will write."""

    by: str
    at: datetime
    all: list[Change] = field(default_factory=list)
    unknown: list[tuple[str, str, bool]] = field(default_factory=list)  # rule, place, for long
    remembered: list[dict[str, Any]] = field(default_factory=list)  # rows of the standings


def commit(connection: Connection, life: Life, changes: Changes) -> None:
    """Write what a slice changed, in the caller's transaction."""
    by, at = changes.by, changes.at
    moves = [c.key for c in changes.all if c.kind != "refresh"]
    still = [c.key for c in changes.all if c.kind == "refresh"]
    with Ledger(connection, life) as ledger:
        ledger.read_ahead(moves, still + [(rule, place) for rule, place, _ in changes.unknown])
        for one in changes.all:
            if one.kind == "rise":
                episodes.rise(ledger, one.rule, one.place, one.level, one.finding, by, at)
            elif one.kind == "fall":
                episodes.fall(
                    ledger, one.rule, one.place, one.level, one.finding, one.begun, by, at
                )
            elif one.kind == "put":
                named_days.put_anew(ledger, one.rule, one.place, one.level, one.finding, at)
            else:
                held = ledger.latest(*one.key)
                if held is not None:
                    episodes.refresh(ledger, held, one.finding, by, at)
        for rule, place, long_ago in changes.unknown:
            held = ledger.latest(rule, place)
            if held is not None:
                episodes.held_by_unknown(ledger, held, at, long_ago)
    standing.save(connection, life.realm, changes.remembered)
