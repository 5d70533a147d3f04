"""What a calendar file holds: seasons and public holidays, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from alerting.calendar.spans import FromFirstWorkingDay, Part, Span


@dataclass(frozen=True, slots=True)
class Season:
    """A named season: one or more spans a year. `district` marks dates the district decides."""

    name: str
    title: Mapping[str, str]
    basis: tuple[str, ...]
    parts: tuple[Part, ...]
    district: bool = False

    @property
    def on_working_days(self) -> bool:
        """Whether it cannot be told in a year whose work days nobody has published."""
        return any(isinstance(part, FromFirstWorkingDay) for part in self.parts)

    def beginning_in(self, year: int) -> list[Span]:
        return sorted(span for part in self.parts for span in part.beginning_in(year))

    def around(self, day: date) -> list[Span]:
        """The spans that may hold `day`: none is longer than a year."""
        return self.beginning_in(day.year - 1) + self.beginning_in(day.year)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday: the days off that the published tables list under the text `public`."""

    name: str
    title: Mapping[str, str]
    basis: tuple[str, ...]
    public: str


Entry = Season | Holiday
