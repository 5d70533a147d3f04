"""What a graver message mutes: lower-level news that is still to be sent when it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from alerting.dispatch.withholding import Verdict
from alerting.store.schema import alert, notice
from alerting.vocabulary import Level

# News of a level; the end of one is told whatever else is there.
_OF_A_LEVEL = ("open", "raise", "reopen", "update")
BY_RED = "red about the same hazard and place is told, and mutes what is lower"
BY_A_RISE = "its rise is told"


class Muting:
    """Of one realm, for a batch of its due notices."""

    def __init__(self, connection: Connection, realm: str, due: Sequence[Row[Any]]) -> None:
        lower = [row for row in due if _may_be_muted(row)]
        self._red: set[tuple[str, str, str]] = set()
        self._told: dict[tuple[str, str], list[tuple[int, int]]] = {}
        if not lower:
            return
        told = notice.c.state.in_(["due", "carried"])
        # An alert may be a crowd's: of its notices those to others are not read.
        to_them = (notice.c.realm == realm, notice.c.post.in_({row.post for row in lower}))
        for red in connection.execute(
            select(alert.c.hazard, alert.c.place, notice.c.post)
            .join(notice, notice.c.alert == alert.c.id)
            .where(alert.c.realm == realm, alert.c.state == "open", alert.c.level == Level.red,
                   alert.c.place.in_({row.facts.get("place") for row in lower}), *to_them,
                   notice.c.level == Level.red, notice.c.measure.is_(None), told)
            .distinct()
        ):  # fmt: skip
            self._red.add((red.hazard, red.place, red.post))
        for said in connection.execute(
            select(notice.c.alert, notice.c.post, notice.c.id, notice.c.level)
            .where(notice.c.alert.in_({row.alert for row in lower}), notice.c.measure.is_(None),
                   notice.c.kind.in_(_OF_A_LEVEL), told, *to_them)
        ):  # fmt: skip
            self._told.setdefault((said.alert, said.post), []).append((said.id, said.level))

    def of(self, row: Row[Any]) -> Verdict | None:
        """Why this notice is withheld; None where it is not muted."""
        if not _may_be_muted(row):
            return None
        if (row.facts.get("hazard"), row.facts.get("place"), row.post) in self._red:
            return Verdict(BY_RED)
        later = self._told.get((row.alert, row.post), ())
        rises = any(n > row.id and level > row.level for n, level in later)
        return Verdict(BY_A_RISE) if rises else None


def _may_be_muted(row: Row[Any]) -> bool:
    return bool(row.kind in _OF_A_LEVEL and row.measure is None and row.alert is not None
                and row.post is not None and row.level < Level.red)  # fmt: skip
