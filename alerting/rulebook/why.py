"""Why a level holds at a column, or does not, as it is kept with the alert and told to its readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from alerting.vocabulary import Level

State = Literal["true", "unknown", "false", "undecidable"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One comparison or fact, and what speaks for or against it.

    Of a comparison, `value` is the extreme over the hours `first` to `last`, reached `at`; the hours
    are the stretch that meets the term, the missing hours of an unknown one, or all hours looked at
    where it is false (then `value` is the nearest miss). Times are UTC.
    """

    text: str
    state: State
    quantity: str = ""
    series: str = ""
    operator: str = ""
    threshold: float | None = None
    unit: str = ""
    value: float | None = None
    at: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    derived: bool = False
    source: str = ""
    issued: datetime | None = None


@dataclass(frozen=True, slots=True)
class LevelWhy:
    """`onset` and `until` are the first and last stamp of the first stretch that meets the level."""

    state: State
    text: str
    onset: datetime | None
    until: datetime | None
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...] = ()  # what no configured source can say


@dataclass(frozen=True, slots=True)
class Why:
    """The levels of a rule at a column, by name from the lowest up, and its clear."""

    rule: str
    column: int
    now: datetime
    levels: dict[str, State]
    details: dict[str, LevelWhy]
    clear: LevelWhy | None

    @property
    def level(self) -> int:
        """The highest level that is true, 0 for none; the official floor is not looked at."""
        return max((int(Level[n]) for n, s in self.levels.items() if s == "true"), default=0)

    def stretch(self, level: int) -> tuple[datetime | None, datetime | None]:
        """Onset and end of the first stretch that meets `level`, or the highest true level below."""
        for name in reversed(self.details):
            if int(Level[name]) <= level and self.levels[name] == "true":
                return self.details[name].onset, self.details[name].until
        return None, None

    def json(self) -> dict[str, Any]:
        made: dict[str, Any] = _plain(self)
        return made


_PLAIN = frozenset({type(None), str, int, float, bool})  # of the fifty values of an alert nearly all


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (Reason, LevelWhy, Why)):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, Iterator)):
        return [_plain(v) for v in value]
    return value
