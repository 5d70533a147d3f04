"""The sources of a realm: an exercise brings its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from alerting.weather import SourceFacts


@dataclass(frozen=True, slots=True)
class Feeds:
    """The sources of a realm: those of weather in order of trust, and warning feeds by cadence, None
    for one that promises none."""

    weather: tuple[SourceFacts, ...]
    warnings: Mapping[str, timedelta | None]

    @property
    def cadence(self) -> timedelta:
        """By which blindness is judged: that of the most trusted forecast, else of what there is."""
        forecasts = [s.cadence for s in self.weather if s.kind == "forecast"]
        return (forecasts or [s.cadence for s in self.weather] or [timedelta(hours=1)])[0]
