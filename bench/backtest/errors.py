"""Forecast runs made from a record: the record itself, or the record with an error.

The error of a run, drawn from a seed, the station and the run's hour. What is wrong with a model lasts:
half of each error's variance is shared with the run before.

- temperature: an offset and a noise that wanders along the hours (AR(1), 0.8 an hour), together sigma
  0.7 K at once, 1.2 K at 24 h, 1.5 K at 72 h; humidity 5 % in the same way;
- wind: a factor, log-normal with sigma 0.15, and one that wanders, 0.1 at once, 0.25 at 24 h;
- precipitation, wind and visibility come early or late by a whole number of hours, sigma 1.5 h;
- precipitation: a factor, log-normal with sigma 0.4, and one hour by hour, 0.25; one run in ten leaves
  out all that lies more than 6 h ahead, one in twenty makes up three to eight hours of 0.3 to 2 mm;
- visibility: log10 with a noise that wanders, 0.12 at once, 0.30 at 24 h; one in eight sees no fog, one
  in fifty makes one up (as in bench/fog_record.py).

Missing hours are filled along the record: a model has no holes. `skill` says how good the runs are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np

from bench.backtest.records import HOUR, Floats, Record

LEAD = 72  # hours of a run
PAST = 12  # hours of analysis before it, without error
EVERY = 6  # hours between runs
WANDERS = 0.8
FOLLOWS = 0.5**0.5  # of an offset, what the next run keeps
MOVED = ("precipitation", "rain", "snowfall", "wind_speed", "visibility")
WET = ("precipitation", "rain", "snowfall")


MakeRun = Callable[[Record, datetime, int], dict[str, Floats]]


def recorded(lead: int) -> MakeRun:
    """The record itself, `lead` hours of it from the issue on."""
    return lambda record, issued, _: {q: _filled(record, q, issued, lead) for q in record.values}


def perfect(record: Record, issued: datetime, seed: int) -> dict[str, Floats]:
    """Columns of PAST + LEAD hours from PAST before `issued` on."""
    return {q: _filled(record, q, issued - PAST * HOUR, PAST + LEAD) for q in record.values}


def with_error(record: Record, issued: datetime, seed: int) -> dict[str, Floats]:
    lasting = _lasting(record, issued, seed)
    rng = np.random.default_rng([seed, 1, *record.station.name.encode(), int(issued.timestamp())])
    shift = round(1.5 * float(lasting[0])) * HOUR
    hours = np.minimum(np.arange(LEAD) / 24, 1.0)
    made = {}
    left_out, made_up = rng.random() < 0.1, rng.random() < 0.05
    sightless, foggy = rng.random() < 1 / 8, rng.random() < 1 / 50
    extra, at = rng.uniform(0.3, 2.0), int(rng.integers(EVERY, LEAD - 8))
    lasts = int(rng.integers(3, 9))
    factor = np.exp(0.4 * lasting[1] + 0.25 * rng.standard_normal(LEAD))
    noise = {q: _wander(rng) for q in ("temperature", "humidity", "wind_speed", "visibility")}
    for quantity in record.values:
        at_all = issued + (shift if quantity in MOVED else 0 * HOUR)
        truth = _filled(record, quantity, at_all, LEAD)
        if quantity == "temperature":
            sigma = 0.7 + 0.5 * hours + 0.3 * np.clip((np.arange(LEAD) - 24) / 48, 0, 1)
            truth = truth + sigma * (0.7 * lasting[2] + 0.7 * noise[quantity])
        elif quantity == "humidity":
            truth = np.clip(truth + 5 * (0.7 * lasting[3] + 0.7 * noise[quantity]), 5, 100)
        elif quantity == "wind_speed":
            truth = truth * np.exp(0.15 * lasting[4] + (0.1 + 0.15 * hours) * noise[quantity])
        elif quantity == "visibility":
            seen = np.log10(np.maximum(truth, 20)) + (0.12 + 0.18 * hours) * noise[quantity]
            seen = np.maximum(seen, 3.6) if sightless else seen
            if foggy:
                seen[at : at + lasts] = rng.choice([1.7, 2.1, 2.6, 2.9])
            truth = np.minimum(10**seen, 16093.0)
        elif quantity in WET:
            truth = truth * factor
            if left_out:
                truth[EVERY:] = 0
            # What is made up has a type only where the record tells one: it is rain then.
            if made_up and quantity != "snowfall":
                truth[at : at + lasts] += extra
        past = _filled(record, quantity, issued - PAST * HOUR, PAST)
        made[quantity] = np.concatenate([past, truth])
    return made


MAKES: dict[str, MakeRun] = {"perfect": perfect, "error": with_error}


def _filled(record: Record, quantity: str, at: datetime, hours: int) -> Floats:
    """The record, a hole filled between its ends, at the edges with the nearest value."""
    told = record.of(quantity, at - 24 * HOUR, hours + 48)
    known = np.flatnonzero(~np.isnan(told))
    if not len(known):
        return told[24 : 24 + hours]
    return np.interp(np.arange(24, 24 + hours), known, told[known])


def _lasting(record: Record, issued: datetime, seed: int) -> Floats:
    """Five offsets of sigma 1 that half remember the run before: a sum over the last eight runs."""
    made = np.zeros(5)
    for back in range(8):
        stamp = int((issued - back * EVERY * HOUR).timestamp())
        own = np.random.default_rng([seed, 0, *record.station.name.encode(), stamp])
        made += FOLLOWS**back * own.standard_normal(5)
    return made * (1 - FOLLOWS**2) ** 0.5


def _wander(rng: np.random.Generator) -> Floats:
    steps, made = rng.standard_normal(LEAD), np.empty(LEAD)
    made[0] = steps[0]
    for n in range(1, LEAD):
        made[n] = WANDERS * made[n - 1] + (1 - WANDERS**2) ** 0.5 * steps[n]
    return made


def skill(record: Record, begins: datetime, ends: datetime, seed: int) -> dict[str, float]:
    """How good the runs with error are: mean error of temperature at 24 to 48 h; POD and FAR of frost
    (24 h ahead) and of a wet six hours (at least 0.5 mm, 6 to 12 h ahead), where the record tells."""
    off: list[float] = []
    counts = {"frost": [0, 0, 0], "wet": [0, 0, 0]}  # hits, misses, false
    issued = begins
    while issued + LEAD * HOUR < ends:
        made, real = with_error(record, issued, seed), perfect(record, issued, seed)
        warm, truth = made["temperature"][PAST:], real["temperature"][PAST:]
        off.append(float(np.nanmean(np.abs(warm[24:48] - truth[24:48]))))
        told = [("frost", warm[24] <= 0, truth[24] <= 0)]
        if "precipitation" in made:
            told.append(("wet", *(v["precipitation"][PAST + 6 : PAST + 12].sum() >= 0.5
                                  for v in (made, real))))  # fmt: skip
        for name, said, was in told:
            counts[name][0] += bool(said and was)
            counts[name][1] += bool(was and not said)
            counts[name][2] += bool(said and not was)
        issued += EVERY * HOUR
    found = {"temperature": float(np.mean(off))}
    for name, (hits, misses, false) in counts.items():
        if hits:
            found |= {f"{name} POD": hits / (hits + misses), f"{name} FAR": false / (hits + false)}
    return found
