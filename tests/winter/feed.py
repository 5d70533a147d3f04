"""What comes in over a New York winter, moment by moment: observations each hour, runs each six.

The observations are the record (observations.csv); the runs are made from it by the demo storm's error
(exercises/winter-storm/build.py), drawn anew for each run from a seed and the run's hour, so that any
stretch of the winter has the same runs. One envelope a station, as three services would push them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.winter.build import read, storm_builder

HOUR = timedelta(hours=1)
EVERY = 6  # h between runs
SEED = 20130208
STATIONS = {"EWR": (40.69, -74.17), "JFK": (40.64, -73.78), "LGA": (40.78, -73.87)}
OBSERVED = ("temperature", "humidity", "precipitation", "visibility", "wind_speed")
# What the record has of the winter: it begins and ends with the year.
WINTER = (
    (datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 4, 1, tzinfo=UTC)),
    (datetime(2013, 12, 2, tzinfo=UTC), datetime(2013, 12, 30, tzinfo=UTC)),
)
# From the end of the great snow of 8 and 9 February to that of the fog of the 11th and 12th.
SNOW_TO_FOG = (datetime(2013, 2, 9, 9, tzinfo=UTC), datetime(2013, 2, 12, 8, tzinfo=UTC))
TEN_DAYS = (datetime(2013, 2, 5, tzinfo=UTC), datetime(2013, 2, 15, tzinfo=UTC))
SNOW = (datetime(2013, 2, 8, 15, tzinfo=UTC), datetime(2013, 2, 9, tzinfo=UTC))  # while it comes
SNOW_AND_END = (datetime(2013, 2, 8, 12, tzinfo=UTC), datetime(2013, 2, 10, 10, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Moment:
    """What comes in at one time; the envelopes touch no common place."""

    at: datetime
    envelopes: tuple[dict[str, Any], ...]


@cache
def feed(begins: datetime, ends: datetime) -> tuple[Moment, ...]:
    """All of it, in order: five past the hour what was observed on it, ten past the run."""
    return tuple(_moments(begins, ends))


def _moments(begins: datetime, ends: datetime) -> Iterator[Moment]:
    for hour in pd.date_range(begins, ends, freq="h", inclusive="left").to_pydatetime():
        seen = [e for station in STATIONS if (e := _observation(station, hour))]
        if seen:
            yield Moment(hour + timedelta(minutes=5), tuple(seen))
        if hour.hour % EVERY == 0:
            runs = tuple(_run(station, hour) for station in STATIONS)
            yield Moment(hour + timedelta(minutes=10), runs)


def _observation(station: str, hour: datetime) -> dict[str, Any] | None:
    record = read()[station]
    if hour not in record.index:
        return None
    row = record.loc[hour]
    lat, lon = STATIONS[station]
    return {
        "kind": "observation", "source": "stations", "issued": hour.isoformat(),
        "station": station, "lat": lat, "lon": lon, "elevation": 5, "at": hour.isoformat(),
        "values": {q: float(row[q]) for q in OBSERVED if not np.isnan(row[q])},
    }  # fmt: skip


def _run(station: str, issued: datetime) -> dict[str, Any]:
    seed = [SEED, list(STATIONS).index(station), int(issued.timestamp())]
    made = storm_builder().run(
        read()[station], pd.Timestamp(issued), np.random.default_rng(seed)
    )
    return {
        "kind": "forecast", "source": "model", "issued": issued.isoformat(),
        "start": made.index[0].isoformat(), "spots": [{"id": station}],
        "values": {q: [[_said(v)] for v in made[q]] for q in made.columns},
    }  # fmt: skip


def _said(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def without(moments: Sequence[Moment], runs: float, observations: float, seed: int) -> list[Moment]:
    """The same with this part of the runs and of the observations lost, each station's by itself."""
    draws = random.Random(seed)
    part = {"forecast": runs, "observation": observations}
    return [
        replace(moment, envelopes=kept)
        for moment in moments
        if (kept := tuple(e for e in moment.envelopes if draws.random() >= part[e["kind"]]))
    ]


def with_holes(moments: Sequence[Moment], part: float, seed: int) -> list[Moment]:
    """The same with this part of the quantities of each envelope missing, and of the hours of a run."""
    draws = random.Random(seed)
    return [
        replace(moment, envelopes=tuple(_holed(e, part, draws) for e in moment.envelopes))
        for moment in moments
    ]


def _holed(envelope: dict[str, Any], part: float, draws: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for quantity, said in sorted(envelope["values"].items()):
        gone = draws.random() < part
        if isinstance(said, list):
            values[quantity] = [[None] if gone or draws.random() < part else row for row in said]
        elif not gone:
            values[quantity] = said
    return envelope | {"values": values}


def silent(moments: Sequence[Moment], begins: datetime, ends: datetime) -> list[Moment]:
    """The same with nothing at all from one time to another."""
    return [m for m in moments if not begins <= m.at < ends]
