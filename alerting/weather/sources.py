"""What is configured of the fields: their sources, and how far they reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from alerting.weather.ground import FIRE_START


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A configured source; `trust` 0 is trusted most. `dated`: its runs carry an issue time of their
    own, and not only the hour in which they were fetched."""

    name: str
    cadence: timedelta
    quantities: frozenset[str]
    kind: Literal["forecast", "observation"]
    trust: int = 0
    dated: bool = True


@dataclass(frozen=True, slots=True)
class FieldSettings:
    past_hours: int = 72
    horizon_hours: int = 120
    day_starts_at: int = 20  # local hour
    observation_km: float = 10.0
    observation_height_m: float = 200.0
    agreement_hours: int = 6
    daily_days: int = 60
    snow_wet_bulb: float = 0.5  # degC, precipitation at or below it is snow
    heating_base: float = 18.0  # degC
    lapse_k_per_km: float = 6.5
    fire_start: tuple[float, float, float] = FIRE_START
