"""A year of fog: what the fog rules make of New York's record of 2013, three stations as three road
sections (docs/verification.md has the figures and says what they mean).

    python -m bench.fog_year PATH/nyc_2013_hourly.parquet [DRIVE …]

Each drive hands the engine what a service would have been handed, signal by signal, with the clock's
tick at every hour. It prints a row of figures a rule and drive, the mean of its seeds.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

import numpy as np

from alerting.signals import Forecast, Observation, Signal, Tick
from bench.fog_record import (
    HOUR,
    SPOTS,
    MakeRun,
    Record,
    perfect,
    read_record,
    skill,
    stretches,
    with_error,
)
from bench.fog_roads import TOP, Roads, fog_book

BEGINS, ENDS = datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Drive:
    """What comes in: a run every `every` hours, and hourly observations or none; parts of both lost."""

    make_run: MakeRun
    every: int = 6
    observing: bool = True
    runs_lost: float = 0.0
    observations_lost: float = 0.0
    seeds: tuple[int, ...] = (1, 2)


DRIVES = {
    "perfect, each 6 h + observations": Drive(perfect, seeds=(0,)),
    "with error, each 6 h + observations": Drive(with_error),
    "with error, each hour, 10 % of runs and 20 % of observations lost": Drive(
        with_error, every=1, runs_lost=0.1, observations_lost=0.2
    ),
    "with error, each 6 h, no station": Drive(with_error, observing=False),
}


def signals(
    record: Record, begins: datetime, ends: datetime, drive: Drive, seed: int
) -> Iterator[tuple[datetime, Signal]]:
    """What comes in, hour by hour: the tick, what the stations measured on the hour five minutes in,
    the run of that hour ten minutes in."""
    losses, hour = random.Random(seed), begins
    while hour < ends:
        yield hour, Tick(source="clock", issued=hour)
        for spot in SPOTS:
            value = record[spot.id].get(hour)
            lost = losses.random() < drive.observations_lost
            if value is not None and drive.observing and not lost:
                yield hour + timedelta(minutes=5), Observation(
                    source="stations", issued=hour, station=spot.id, lat=spot.lat, lon=spot.lon,
                    elevation=spot.elevation, at=hour, values={"visibility": value},
                )  # fmt: skip
        if hour.hour % drive.every == 0:
            columns = [drive.make_run(record[s.id], hour, f"{seed} {s.id}") for s in SPOTS]
            values = np.array(columns, np.float32).T
            if losses.random() >= drive.runs_lost:
                yield (
                    hour + timedelta(minutes=10),
                    Forecast("model", hour, hour, SPOTS, {"visibility": values}),
                )
        hour += HOUR


@dataclass
class Figures:
    """What a rule made of a drive. Hours are hours; an alert that reopened counts as one alert."""

    alerts: int = 0
    naive: int = 0  # openings, were it open exactly while the rule is true
    stretches: int = 0
    reopened: int = 0  # opened or reopened within 12 h of the end before, at the same place
    late: int = 0  # stretches already an hour old or more when the alert opened
    missed: int = 0  # stretches with no alert at any time
    false: int = 0  # openings with no fog between opening and end
    hours_open: float = 0.0
    unknown: float = 0.0  # percent of the hours in which a level above the believed one is unknown
    longest: float = 0.0  # hours of the longest opening
    after: list[float] = field(default_factory=list)  # from the last foggy hour to the end

    @property
    def after_median(self) -> float:
        return median(self.after) if self.after else 0.0

    @property
    def after_p90(self) -> float:
        return float(np.quantile(self.after, 0.9)) if self.after else 0.0


def figures(roads: Roads, rule: str, record: Record, begins: datetime, ends: datetime) -> Figures:
    found = Figures(roads.alerts(rule), roads.naive[rule])
    found.unknown = 100 * roads.unknown[rule] / roads.hours
    for station, spans in roads.spans(rule).items():
        inside = {at: v for at, v in record[station].items() if begins <= at < ends}
        fogs = stretches(inside, TOP[rule])
        lasted = [(b - a).total_seconds() / 3600 for a, b in spans]
        found.stretches += len(fogs)
        found.reopened += sum(b[0] - a[1] < 12 * HOUR for a, b in pairwise(spans))
        found.hours_open += sum(lasted)
        found.longest = max([found.longest, *lasted])
        for first, last in fogs:
            over = [s for s in spans if s[0] < last + HOUR and s[1] > first]
            found.missed += not over
            found.late += bool(over) and over[0][0] >= first + HOUR
        for since, until in spans:
            lasts = [last for first, last in fogs if first < until and last + HOUR > since]
            if lasts:
                found.after.append((until - max(lasts)).total_seconds() / 3600)
            else:
                found.false += 1
    return found


def drive(
    record: Record, begins: datetime, ends: datetime, how: Drive, seed: int, progress: bool = False
) -> dict[str, Figures]:
    """Figures by rule."""
    roads = Roads(fog_book(), begins, how.every * HOUR, observing=how.observing)
    shown = None
    for now, signal in signals(record, begins, ends, how, seed):
        if progress and now.month != shown:
            shown = now.month
            print(f"  {now:%Y-%m}", file=sys.stderr, flush=True)
        roads.takes(signal, now)
    return {rule: figures(roads, rule, record, begins, ends) for rule in TOP}


SHOWN = {
    "stretches": "stretches", "alerts": "alerts", "naive": "naive", "reopened": "reopened < 12 h",
    "missed": "missed", "false": "false", "late": "late", "after_median": "open after, median",
    "after_p90": "p90", "hours_open": "hours open", "longest": "longest", "unknown": "unknown %",
}  # fmt: skip


def _row(name: str, rule: str, made: Sequence[Figures]) -> str:
    cells = [f"{mean(float(getattr(m, of)) for m in made):.1f}" for of in SHOWN]
    return f"| {name} | {rule} | " + " | ".join(c.removesuffix(".0") for c in cells) + " |"


def main(path: Path, asked: Sequence[str]) -> None:
    record = read_record(path)
    for under in (1000.0, 500.0, 200.0):
        skills = [skill(record, BEGINS, ENDS, seed, under) for seed in (1, 2)]
        pod, far = (mean(x) for x in zip(*skills, strict=True))
        print(f"runs with error, 6 to 12 h ahead, under {under:g} m: POD {pod:.2f}, FAR {far:.2f}")
    print("\n| drive | rule | " + " | ".join(SHOWN.values()) + " |")
    print("|" + "---|" * (len(SHOWN) + 2), flush=True)
    for name, how in DRIVES.items():
        if asked and not any(word in name for word in asked):
            continue
        made = [drive(record, BEGINS, ENDS, how, seed, progress=True) for seed in how.seeds]
        for rule in TOP:
            print(_row(name, rule, [m[rule] for m in made]), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m bench.fog_year PATH/nyc_2013_hourly.parquet [DRIVE …]")
    main(Path(sys.argv[1]), sys.argv[2:])
