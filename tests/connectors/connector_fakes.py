"""What the connectors' tests share: a fetch that answers what it was given, and a context."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerting.connector import Answer, Context
from alerting.errors import SourceError
from alerting.signals import Spot

NOW = datetime(2026, 1, 20, 8, 25, tzinfo=UTC)


def context(now: datetime = NOW, spots: tuple[Spot, ...] = (), source: str = "ours") -> Context:
    return Context(source, now, ZoneInfo("Asia/Shanghai"), spots)


@dataclass
class FakeFetch:
    """Answers in order, or by address where `pages` has it; keeps what it was asked."""

    answers: list[Answer | SourceError] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], float]] = field(default_factory=list)
    holds: list[tuple[datetime, str]] = field(default_factory=list)

    def get(
        self,
        url: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        self.asked.append((url, dict(params or {}), weight))
        if url in self.pages:
            return Answer(200, self.pages[url], url=url)
        if not self.answers:
            raise SourceError("no such page", where=url, passing=False)
        answer = self.answers.pop(0)
        if isinstance(answer, SourceError):
            raise answer
        return answer

    def hold_until(self, at: datetime, why: str) -> None:
        self.holds.append((at, why))
