"""The hours in which people are let sleep: what can wait then goes out in the morning."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Quiet(BaseModel):
    """The hours in which people are let sleep: local times of day, from the evening to the morning;
    none where the two are equal."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    begins: time = Field(time(22, 0), alias="from", description="the evening's")
    ends: time = Field(time(6, 30), alias="to", description="the morning's")

    @field_validator("begins", "ends", mode="before")
    @classmethod
    def _of_the_day(cls, value: object) -> object:
        # YAML 1.1 reads a bare 22:00 as a number of base 60.
        if not isinstance(value, str | time):
            raise ValueError(f'{value!r} is no time of day in quotes, e.g. "22:00"')
        return value

    def until(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours end that `at` lies in, in its own zone; None where it lies in none."""
        local = at.astimezone(zone)
        now = local.timetz().replace(tzinfo=None)
        overnight = self.begins > self.ends
        inside = now >= self.begins or now < self.ends if overnight else self.begins <= now < self.ends
        if not inside:
            return None
        day = local.date() + timedelta(days=overnight and now >= self.begins)
        return datetime.combine(day, self.ends, zone).astimezone(at.tzinfo)
