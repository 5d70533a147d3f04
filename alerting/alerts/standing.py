"""What the engine remembers of every (rule, place): the level held and how a fall is getting on.

Arrays in memory, one row in the table for each pair that is not simply at rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from alerting.store.schema import standing

Times = NDArray[np.float64]  # seconds since the epoch, NaN for never
_KEPT = ("level", "believed", "hold_since", "hold_level", "unknown_since", "cleared")


@dataclass(slots=True)
class Standing:
    """One rule's memory; arrays over the rule's places, in the order of `places`."""

    rule: str
    places: list[str]
    level: NDArray[np.int8]
    believed: Times  # the last hour the held level was believed true
    hold_since: Times
    hold_level: NDArray[np.int8]
    unknown_since: Times
    cleared: Times

    @classmethod
    def at_rest(cls, rule: str, places: list[str]) -> Standing:
        n = len(places)

        def never() -> Times:
            return np.full(n, np.nan)

        return cls(rule, places, np.zeros(n, np.int8), never(), never(),
                   np.zeros(n, np.int8), never(), never())  # fmt: skip

    def at(self, positions: NDArray[np.intp]) -> Standing:
        """The memory of some of its places, as a copy; itself for all."""
        if len(positions) == len(self.places):
            return self
        each = (getattr(self, name)[positions] for name in _KEPT)
        return Standing(self.rule, [self.places[p] for p in positions.tolist()], *each)

    def put(self, positions: NDArray[np.intp], some: Standing) -> None:
        """Take over what became of such a copy."""
        if some is self:
            return
        for name in _KEPT:
            getattr(self, name)[positions] = getattr(some, name)

    def row(self, realm: str, at: int) -> dict[str, Any]:
        return {
            "realm": realm, "rule": self.rule, "place": self.places[at],
            "level": int(self.level[at]), "believed": _time(self.believed[at]),
            "hold_since": _time(self.hold_since[at]), "hold_level": int(self.hold_level[at]),
            "unknown_since": _time(self.unknown_since[at]), "cleared": _time(self.cleared[at]),
        }  # fmt: skip


def save(connection: Connection, realm: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of the memory, in the caller's transaction."""
    if rows:
        connection.execute(_OLD, [
            {"of_realm": realm, "was_rule": r["rule"], "was_place": r["place"]} for r in rows
        ])  # fmt: skip
        connection.execute(insert(standing), rows)


_OLD = delete(standing).where(
    standing.c.realm == bindparam("of_realm"), standing.c.rule == bindparam("was_rule"),
    standing.c.place == bindparam("was_place"),
)  # fmt: skip


def load(connection: Connection, realm: str, rules: dict[str, list[str]]) -> dict[str, Standing]:
    """The memory of every rule of the book, as last committed. `rules` gives each rule's places."""
    made = {rule: Standing.at_rest(rule, places) for rule, places in rules.items()}
    index = {rule: {p: i for i, p in enumerate(places)} for rule, places in rules.items()}
    for row in connection.execute(select(standing).where(standing.c.realm == realm)):
        at = index.get(row.rule, {}).get(row.place)
        if at is None:  # the rule or the place has left the book; its alert is closed at start
            continue
        one = made[row.rule]
        one.level[at], one.hold_level[at] = row.level, row.hold_level or 0
        one.believed[at], one.hold_since[at] = _seconds(row.believed), _seconds(row.hold_since)
        one.unknown_since[at], one.cleared[at] = _seconds(row.unknown_since), _seconds(row.cleared)
    return made


def unknown_since(connection: Connection, realm: str, since: datetime) -> list[dict[str, Any]]:
    """What has been unknown since then or longer, by rule and place, as last committed."""
    rows = connection.execute(
        select(standing.c.rule, standing.c.place, standing.c.unknown_since)
        .where(standing.c.realm == realm, standing.c.unknown_since <= since)
        .order_by(standing.c.rule, standing.c.place)
    )
    return [{"rule": r.rule, "place": r.place, "since": r.unknown_since} for r in rows]


def unknown_counts(connection: Connection, realm: str, since: datetime) -> dict[str, int]:
    """By rule, at how many places."""
    rows = connection.execute(
        select(standing.c.rule, func.count().label("n"))
        .where(standing.c.realm == realm, standing.c.unknown_since <= since)
        .group_by(standing.c.rule)
    )
    return {row.rule: row.n for row in rows}


def forget(connection: Connection, realm: str, rule: str, place: str) -> None:
    """An alert ended without the engine: nothing is held there, and what is true opens anew."""
    connection.execute(
        delete(standing).where(standing.c.realm == realm, standing.c.rule == rule,
                               standing.c.place == place)
    )  # fmt: skip


def _time(seconds: float) -> datetime | None:
    return None if np.isnan(seconds) else datetime.fromtimestamp(float(seconds), UTC)


def _seconds(at: datetime | None) -> float:
    return np.nan if at is None else at.timestamp()
