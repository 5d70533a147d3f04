"""A register of four people and two posts, whose clock a test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from alerting.people import holders_of, import_rosters
from alerting.people.duty import hand_over, next_hand_over
from alerting.store import Store
from alerting.store.schema import holder, person, post

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """A moment of January 2026, local."""
    return datetime(2026, 1, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


DAILY = {"post": "office", "layers": [
    {"people": ["a", "b", "c"], "every": "1 day", "hand-over": "08:00", "from": "2026-01-05"},
]}  # fmt: skip


class Register:
    """People a to d; the office is held by d, the police by c and d."""

    def __init__(self) -> None:
        self.store = Store(":memory:")
        self.now = at(1)
        self.does(self._found)

    def _found(self, connection: Any) -> None:
        for one in "abcd":
            connection.execute(insert(person).values(id=one, name=one, language="zh", role="answer"))
        for one in ("office", "police"):
            connection.execute(insert(post).values(id=one, tier="field", place="x", title=one, title_en=""))
        connection.execute(insert(holder).values(post="office", rank=0, person="d"))
        for rank, one in enumerate("cd"):
            connection.execute(insert(holder).values(post="police", rank=rank, person=one))

    def does(self, work: Callable[[Any], Any]) -> Any:
        return self.store.write(work)

    def rosters(self, *rules: dict[str, Any]) -> int:
        found = {one["post"]: one for one in rules}
        changed: int = self.does(lambda c: import_rosters(c, found, SHANGHAI, "live", self.now, "config"))
        return changed

    def passes(self, to: datetime) -> None:
        """As the service does it: at every hand-over on the way."""
        while (due := self.does(next_hand_over)) is not None and due <= to:
            self.now = max(self.now, due)
            self.does(lambda c: hand_over(c, SHANGHAI, "live", self.now))
        self.now = to

    def on(self, post_id: str) -> list[str]:
        return [p.id for p in self.does(lambda c: holders_of(c, post_id))]

    def rows(self, statement: Any) -> list[Any]:
        return list(self.does(lambda c: c.execute(statement).all()))
