"""A small sky for these tests: two points 3 km apart, one 700 m higher, and one far away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from alerting.signals import Forecast, Observation, Spot
from alerting.weather import Column, Facts, Fields, FieldSettings, Sight, SourceFacts

START = datetime(2026, 1, 20, 0, tzinfo=UTC)
LOW = Column("gaoping", "low", 26.50, 106.50, 900.0)
HIGH = Column("gaoping", "high", 26.52, 106.52, 1600.0)
FAR = Column("shuitou", "far", 26.50, 107.50, 900.0)
SAID = frozenset({"temperature", "visibility", "precipitation"})
MODEL = SourceFacts("model", timedelta(hours=6), SAID, "forecast", 1)
OTHER = SourceFacts("other", timedelta(hours=6), SAID, "forecast", 2)
STATION = SourceFacts("station", timedelta(hours=1), SAID, "observation", 0)
NO_FACTS = cast(Facts, None)
NAN = float("nan")


def hour(n: float) -> datetime:
    return START + timedelta(hours=n)


def fields(
    *sources: SourceFacts,
    columns: Sequence[Column] = (LOW, HIGH, FAR),
    zone: str = "Asia/Shanghai",
    **settings: Any,
) -> Fields:
    made = Fields(columns, ZoneInfo(zone), sources or (MODEL,), FieldSettings(**settings))
    made.advance(START)
    return made


def run(
    values: Mapping[str, Sequence[Any]],
    *,
    issued: float = 0,
    start: float = 0,
    source: str = "model",
    spots: Sequence[Column] = (LOW, HIGH, FAR),
    accepted: float | None = None,
) -> Forecast:
    """A run; a plain list of hours is said of every spot alike."""
    arrays = {}
    for name, said in values.items():
        rows = [row if isinstance(row, (list, tuple)) else [row] * len(spots) for row in said]
        arrays[name] = np.array(rows, np.float32)
    return Forecast(
        source,
        hour(issued),
        hour(start),
        tuple(Spot(c.point_id, c.lat, c.lon, c.elevation) for c in spots),
        arrays,
        accepted=None if accepted is None else hour(accepted),
    )


def seen(
    values: Mapping[str, float],
    at: float,
    *,
    station: str = "s1",
    near: Column = LOW,
    north_km: float = 0,
    height: float | None = None,
    source: str = "station",
) -> Observation:
    return Observation(
        source=source,
        issued=hour(at),
        station=station,
        lat=near.lat + north_km / 111.195,
        lon=near.lon,
        elevation=near.elevation if height is None else height,
        at=hour(at),
        values=dict(values),
    )


def look(f: Fields, n: float) -> Sight:
    return f.sight(hour(n), NO_FACTS)


def hours_of(
    sight: Sight, quantity: str, column: int = 0, first: int = 0, count: int = 6
) -> list[float | None]:
    """Values from `first` hours after now on, None where missing or not there."""
    values = sight.values[quantity][:, column]
    rows = range(sight.now_row + first, sight.now_row + first + count)
    return [
        None if r >= len(values) or np.isnan(values[r]) else round(float(values[r]), 3)
        for r in rows
    ]
