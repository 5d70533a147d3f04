"""What the life of alerts needs to know besides the database: the realm, the book, the county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerting.people import Policy
from alerting.places import Places
from alerting.rulebook.measures import Measure

if TYPE_CHECKING:
    from alerting.rulebook import Book

GAP = timedelta(hours=6)  # up to it after clearing, the same alert reopens
NIGHT = (22, 6)  # local hours between which a fall before onset is held back


@lru_cache
def _left(name: str) -> Measure:
    """A measure that was ordered under an older book. What it needed is not known any more, so that
    somebody must look before it is lifted."""
    words = {"zh": name, "en": name}
    return Measure.model_validate({
        "title": words, "form": "order", "carrier": "field", "lifter": "field", "do": words,
        "sms": words, "check": True,
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """One realm's surroundings, handed to everything that changes alerts, measures and pursuits."""

    realm: str
    exercise: bool
    book: Book
    places: Places
    policy: Policy
    zone: ZoneInfo

    def measure(self, name: str) -> Measure:
        """What the book says of a measure; of one that has left it, that it is still to be ended."""
        return self.book.measures.get(name) or _left(name)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def morning_after(self, at: datetime) -> datetime:
        """`at` itself by day; in the night the morning at which held news goes out."""
        local = self.local(at)
        evening, morning = NIGHT
        if morning <= local.hour < evening:
            return at
        day = local.date() if local.hour < morning else local.date() + timedelta(days=1)
        return datetime(day.year, day.month, day.day, morning, tzinfo=self.zone).astimezone(
            at.tzinfo
        )
