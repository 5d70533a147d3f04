"""What the life of alerts needs to know besides the database: the realm, the book, the county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerting.people import Policy
from alerting.places import Places

if TYPE_CHECKING:
    from alerting.rulebook import Book

GAP = timedelta(hours=6)  # up to it after clearing, the same alert reopens
NIGHT = (22, 6)  # local hours between which a fall before onset is held back


@dataclass(frozen=True, slots=True)
class Life:
    """One realm's surroundings, handed to everything that changes alerts, measures and pursuits."""

    realm: str
    exercise: bool
    book: Book
    places: Places
    policy: Policy
    zone: ZoneInfo

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
