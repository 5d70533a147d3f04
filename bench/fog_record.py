"""New York's visibility of 2013 at three stations, and forecast runs made from it.

The error of a run. What is wrong with a model lasts: an error belongs to a cycle of six hours and to
a station, and the runs of a cycle share it. It shifts the run in time (sigma 1.4 h), adds a noise to
log10(visibility) that wanders along the hours (AR(1), 0.8 an hour) and grows with the lead (sigma 0.12
at once, 0.30 at 24 h), now and then makes up a fog of three to eight hours (one cycle in fifty), or
leaves out all of its fog (one in eight). Each run adds a little of its own: a fifth of the noise's
variance, and 0.5 h of shift. The numbers were chosen so that, for fog under 1000 m six to twelve hours
ahead, the runs are about as good as those of the trial they are compared with, POD .58 and FAR .40;
`skill` measures it, and the bench prints it before anything else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from alerting.signals import Spot

HOUR = timedelta(hours=1)
STATIONS = {"EWR": (40.69, -74.17), "JFK": (40.64, -73.78), "LGA": (40.78, -73.87)}
SPOTS = tuple(Spot(name, lat, lon, 5.0) for name, (lat, lon) in STATIONS.items())
RUN_HOURS = 48
METRES_A_MILE = 1609.344
BEST = 10 * METRES_A_MILE  # the record says no more than ten miles

CYCLE = 6  # h
SHIFT, OWN_SHIFT = 1.4, 0.5  # h, sigma
LEFT_OUT, MADE_UP = 1 / 8, 1 / 50
OWN_NOISE = 0.2  # of the noise's variance
NOISE_AT_ONCE, NOISE_AT_24_H, WANDERS = 0.12, 0.30, 0.8

Series = Mapping[datetime, float]  # visibility in metres by UTC hour; a missing hour is not in it
Record = Mapping[str, Series]  # by station
# Of a station's record, the run issued at a time, by a seed.
MakeRun = Callable[[Series, datetime, str], list[float]]


def read_record(path: Path) -> Record:
    """The year by station. Visibility is recorded in miles, in steps, ten at most."""
    import polars

    table = polars.read_parquet(path, columns=["origin", "time_hour", "visib"]).drop_nulls()
    found: dict[str, dict[datetime, float]] = {name: {} for name in STATIONS}
    for origin, at, miles in table.iter_rows():
        found[origin][at.astimezone(UTC)] = miles * METRES_A_MILE
    return found


def stretches(series: Series, under: float) -> list[tuple[datetime, datetime]]:
    """First and last hour of every unbroken stretch below `under` metres; a missing hour breaks it."""
    foggy = sorted(at for at, value in series.items() if value < under)
    found: list[tuple[datetime, datetime]] = []
    for at in foggy:
        if found and at - found[-1][1] == HOUR:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def perfect(series: Series, issued: datetime, _: str) -> list[float]:
    """The record itself; an hour that was not recorded is as the one before it."""
    values, last = [], BEST
    for n in range(RUN_HOURS):
        last = series.get(issued + n * HOUR, last)
        values.append(last)
    return values


def with_error(series: Series, issued: datetime, seed: str) -> list[float]:
    """See the module's text. The same seed gives the same run."""
    into = issued.hour % CYCLE
    shared = random.Random(f"{seed} {issued - into * HOUR:%Y%m%d%H}")
    own = random.Random(f"{seed} run {issued:%Y%m%d%H}")
    shift = round(shared.gauss(0, SHIFT) + own.gauss(0, OWN_SHIFT)) * HOUR
    truth = np.log10(np.maximum(perfect(series, issued + shift, seed), 20.0))
    if shared.random() < LEFT_OUT:
        truth = np.maximum(truth, 3.6)
    if shared.random() < MADE_UP:
        first = shared.randrange(CYCLE, RUN_HOURS - 8) - into
        truth[first : first + shared.randrange(3, 9)] = shared.choice([1.7, 2.1, 2.6, 2.9])
    lead = np.minimum(np.arange(RUN_HOURS), 24) / 24
    wander = (1 - OWN_NOISE) ** 0.5 * _wander(shared, RUN_HOURS + into)[into:]
    wander += OWN_NOISE**0.5 * _wander(own, RUN_HOURS)
    noise = wander * (NOISE_AT_ONCE + (NOISE_AT_24_H - NOISE_AT_ONCE) * lead)
    return list(np.minimum(10 ** (truth + noise), BEST))


def _wander(draws: random.Random, hours: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A noise of sigma 1 that remembers: AR(1)."""
    made = np.empty(hours)
    now = draws.gauss(0, 1)
    for n in range(hours):
        made[n] = now
        now = WANDERS * now + (1 - WANDERS**2) ** 0.5 * draws.gauss(0, 1)
    return made


def skill(
    record: Record, begins: datetime, ends: datetime, seed: int, under: float = 1000.0
) -> tuple[float, float]:
    """POD and FAR of the runs with error, every six hours, for fog 6 to 12 h ahead."""
    hits = misses = false = 0
    hour = begins
    while hour < ends:
        for station, series in record.items():
            values = with_error(series, hour, f"{seed} {station}")
            for n in range(6, 13):
                truth = series.get(hour + n * HOUR)
                if truth is None:
                    continue
                said, was = values[n] < under, truth < under
                hits, misses = hits + (said and was), misses + (was and not said)
                false += said and not was
        hour += 6 * HOUR
    return hits / (hits + misses), false / (hits + false)
