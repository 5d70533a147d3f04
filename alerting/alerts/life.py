"""What the life of alerts needs to know besides the database: the realm, the book, the county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerting.people import Policies
from alerting.places import Places
from alerting.rulebook.measures import Ask, Measure, read_ask

if TYPE_CHECKING:
    from alerting.rulebook import Book

GAP = timedelta(hours=6)  # up to it after clearing, the same alert reopens
DAY_OVER = time(20)  # local: from then on a measure for that day has nothing left to do
NIGHT = (22, 6)  # local hours between which a fall before onset is held back


def everywhere(_place: str) -> bool:
    """For whoever acts for all places."""
    return True


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
    policies: Policies
    zone: ZoneInfo
    cause: str = ""  # the signal that is being taken; see chase/cause.py
    duties: bool = True  # whether the calendar's own duties arise: in a drill of people they do not

    def measure(self, name: str) -> Measure:
        """What the book says of a measure; of one that has left it, that it is still to be ended."""
        return self.book.measures.get(name) or _left(name)

    def asks(self, texts: list[str]) -> list[Ask]:
        """What a measure of the book names beside itself, with the arguments it states."""
        return [read_ask(text, self.book.measures) for text in texts]

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def day_ahead(self, at: datetime) -> str:
        """The local date whose morning a decision is for: from noon on the next day's. 2026-12-06."""
        local = self.local(at)
        return (local.date() + timedelta(days=local.hour >= 12)).isoformat()

    def day_not_over(self, at: datetime) -> str:
        """The first local date for which a measure still has something to do."""
        local = self.local(at)
        return (local.date() + timedelta(days=local.time() >= DAY_OVER)).isoformat()

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
