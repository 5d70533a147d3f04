"""Storms as data: a folder with storm.yaml, observations.csv and runs.csv, made into signals.

storm.yaml is read by the models of storm_text.py. observations.csv has a row a station and hour
(station, at, quantities), runs.csv a row a station, run and hour (station, issued, at, quantities);
both are in the vocabulary's units, an empty cell is missing, lines that begin with # are remarks.
Errors name the file and the line.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from alerting.errors import BadInput
from alerting.places import Places, Point
from alerting.rulebook.yamltext import Document
from alerting.service.storm_text import Behaviour, StormText, utc
from alerting.signals import HOUR, Area, Forecast, Observation, Signal, Spot, Warning
from alerting.vocabulary import HAZARDS, QUANTITIES
from alerting.weather import SourceFacts
from alerting.weather.derived import rain, snowfall, station_pressure, wet_bulb

FORECAST, STATIONS, WARNINGS = "storm-forecast", "storm-stations", "storm-warnings"
NEEDED = ("temperature", "humidity", "precipitation")  # what heights and kinds of rain are made of


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm ready to be played: `signals` with the time at which each comes in, in order."""

    title: dict[str, str]
    source: str
    begins: datetime
    ends: datetime
    signals: list[tuple[datetime, Signal]]
    missing: list[datetime]
    people: dict[str, Behaviour] = field(default_factory=dict)
    weather: tuple[SourceFacts, ...] = ()
    warnings: dict[str, timedelta | None] = field(default_factory=dict)

    def from_now(self, now: datetime) -> Storm:
        """The same storm, in whole hours, as if it began now: people act by the clock on the wall."""
        by = now.replace(minute=0, second=0, microsecond=0) - self.begins
        by -= timedelta(seconds=by.total_seconds() % 3600)
        return replace(
            self, begins=now, ends=self.ends + by, missing=[at + by for at in self.missing],
            signals=[(at + by, _later(one, by)) for at, one in self.signals],
        )  # fmt: skip

    def behaviour(self, person: str) -> Behaviour:
        return self.people.get(person) or self.people.get("otherwise") or Behaviour()


def _later(signal: Signal, by: timedelta) -> Signal:
    if isinstance(signal, Forecast):
        return replace(signal, issued=signal.issued + by, start=signal.start + by, id="")
    moved = {
        name: at + by for name in ("issued", "at", "onset", "expires")
        if (at := getattr(signal, name, None)) is not None
    }  # fmt: skip
    return type(signal).model_validate(signal.model_dump(exclude={"id"}) | moved)


def load_storm(folder: Path, places: Places) -> Storm:
    """Raises BadInput that lists what is wrong, with file and line."""
    said = read_storm(folder, places)
    points = places.points()
    observed, measured = _observations(folder / "observations.csv", said, points)
    runs, forecast = _runs(folder / "runs.csv", said, points)
    signals = [*observed, *runs, *_warnings(said)]
    cadence = timedelta(hours=said.forecast.cadence_hours)
    return Storm(
        {"zh": said.title["zh"], "en": said.title["en"]}, said.source, said.begins, said.ends,
        sorted(signals, key=lambda s: (s[0], s[1].kind, s[1].id)), said.forecast.missing,
        said.people,
        (SourceFacts(FORECAST, cadence, forecast, "forecast", 0),
         SourceFacts(STATIONS, timedelta(hours=1), measured, "observation", 1)),
        {WARNINGS: said.ends - said.begins + timedelta(days=1)},
    )  # fmt: skip


def _observations(
    path: Path, said: StormText, points: dict[str, Point]
) -> tuple[list[tuple[datetime, Signal]], frozenset[str]]:
    """One observation an hour for every point at which a station's record is observed, and the
    quantities they speak of."""
    made: list[tuple[datetime, Signal]] = []
    quantities: set[str] = set()
    for row in _rows(path, ("station", "at"), said):
        station, at = said.stations[row.station], row.times[0]
        base = points[station.points[0]]
        for name in station.observed:
            point = points[name]
            moved = _moved({q: np.array([[v]], np.float32) for q, v in row.values.items()},
                           [point], base, said)  # fmt: skip
            quantities |= set(moved)
            here = {q: float(v[0, 0]) for q, v in moved.items() if not np.isnan(v[0, 0])}
            made.append((at, Observation(
                source=STATIONS, issued=at, station=f"{row.station}-{name}", lat=point.lat,
                lon=point.lon, elevation=point.elevation, at=at, values=here,
            )))  # fmt: skip
    return made, frozenset(quantities)


def _runs(
    path: Path, said: StormText, points: dict[str, Point]
) -> tuple[list[tuple[datetime, Signal]], frozenset[str]]:
    """One forecast a run, for all points, and the quantities it speaks of. A run that was issued
    before the exercise begins is there an hour before it."""
    by_run: dict[datetime, dict[str, list[_Row]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows(path, ("station", "issued", "at"), said):
        by_run[row.times[0]][row.station].append(row)
    made: list[tuple[datetime, Signal]] = []
    quantities: frozenset[str] = frozenset()
    for issued, stations in sorted(by_run.items()):
        start = _start(path, stations)
        spots: list[Spot] = []
        parts: list[dict[str, np.ndarray[Any, np.dtype[np.float32]]]] = []
        for station, rows in sorted(stations.items()):
            here = [points[p] for p in said.stations[station].points]
            spots += [Spot(p.id, p.lat, p.lon, p.elevation) for p in here]
            wide = {
                q: np.repeat(np.array([r.values[q] for r in rows], np.float32)[:, None],
                             len(here), axis=1)
                for q in rows[0].values
            }  # fmt: skip
            parts.append(_moved(wide, here, points[said.stations[station].points[0]], said))
        values = {q: np.concatenate([p[q] for p in parts], axis=1) for q in parts[0]}
        quantities |= frozenset(values)
        run = Forecast(FORECAST, issued, start, tuple(spots), values)
        made.append((max(issued, said.begins - timedelta(hours=1)), run))
    return made, quantities


def _start(path: Path, stations: dict[str, list[_Row]]) -> datetime:
    """When a run starts; its hours are the same for all its stations, without a gap, or BadInput."""
    first = next(iter(stations.values()))
    start, hours = first[0].times[1], len(first)
    for rows in stations.values():
        for n, row in enumerate(rows):
            if row.times[1] != start + n * HOUR:
                raise BadInput(
                    f"the run of {row.times[0]:%Y-%m-%dT%H:%MZ} goes on at {row.station} with "
                    f"{row.times[1]:%Y-%m-%dT%H:%MZ} instead of {start + n * HOUR:%Y-%m-%dT%H:%MZ}",
                    where=f"{path}, line {row.line}",
                    mend="A run has every hour once, in order, the same at all stations.",
                )
        if len(rows) != hours:
            raise BadInput(
                f"the run of {rows[0].times[0]:%Y-%m-%dT%H:%MZ} has {len(rows)} hours at "
                f"{rows[0].station} and {hours} at {first[0].station}",
                where=f"{path}, line {rows[-1].line}",
            )
    return start


def _moved(
    values: dict[str, Any], here: list[Point], base: Point, said: StormText
) -> dict[str, Any]:
    """Temperature moved to each point's height, and precipitation parted by the wet bulb."""
    heights = np.array([p.elevation for p in here], np.float32)
    out = dict(values)
    out["temperature"] = values["temperature"] - said.lapse_rate / 1000 * (heights - base.elevation)
    cold = wet_bulb(out["temperature"], values["humidity"], station_pressure(heights))
    out["snowfall"] = snowfall(values["precipitation"], cold, said.snow_wet_bulb)
    out["rain"] = rain(values["precipitation"], cold, said.snow_wet_bulb)
    return {q: np.asarray(v, np.float32) for q, v in out.items()}


def _warnings(said: StormText) -> list[tuple[datetime, Signal]]:
    return [
        (one.at, Warning(
            source=WARNINGS, issued=one.at, identifier=one.identifier, sender=said.issuer,
            action=one.action, references=tuple(one.references), hazard=one.hazard,
            event=HAZARDS[one.hazard].zh, level=one.level, headline=one.headline,
            description=one.description, expires=one.expires,
            area=Area(codes=tuple(str(z) for z in one.zones), above=one.above),
        ))
        for one in said.warnings
    ]  # fmt: skip


def read_storm(folder: Path, places: Places) -> StormText:
    """What storm.yaml says, without its tables. Raises BadInput with file and line."""
    path = folder / "storm.yaml"
    try:
        document = Document(path, path.read_bytes())
    except OSError as error:
        raise BadInput(f"the storm cannot be read: {error.strerror}", where=str(path)) from None
    problems = document.problems
    if not problems:
        try:
            said = StormText.model_validate(document.data or {})
        except ValidationError as error:
            for found in error.errors():
                key = tuple(p for p in found["loc"] if p != "[key]")
                name = ".".join(str(p) for p in key) or "the storm"
                document.problem(key, f"{name}: {found['msg'].removeprefix('Value error, ')}.", "")
        else:
            for key, what in _strange_places(said, places):
                document.problem(key, f"{what}.", "Name one of the zones file.")
            if not problems:
                return said
    raise BadInput("the storm cannot be played:\n" + "\n".join(problems))


def _strange_places(said: StormText, places: Places) -> Iterator[tuple[tuple[str | int, ...], str]]:
    points = places.points()
    for station, one in said.stations.items():
        for n, name in enumerate(one.points):
            if name not in points:
                yield ("stations", station, "points", n), f"this county has no point {name}"
        for n, name in enumerate(one.observed):
            if name not in one.points:
                key = ("stations", station, "observed", n)
                yield key, f"{name} is not among the points of {station}"
    for k, warning in enumerate(said.warnings):
        for n, zone in enumerate(warning.zones):
            if str(zone) not in places.by_id:
                yield ("warnings", k, "zones", n), f"this county has no zone {zone}"


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    station: str
    times: tuple[datetime, ...]
    values: dict[str, float]


def _rows(path: Path, labels: tuple[str, ...], said: StormText) -> list[_Row]:
    """The rows of a table: its station, its times, and quantities, NaN where a cell is empty."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    numbered = [(n, line) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if len(numbered) < 2:
        raise BadInput("there is no row in it", where=str(path))
    head, *rest = csv.reader(line for _, line in numbered)
    names = head[len(labels) :]
    strange = [q for q in names if q not in QUANTITIES] + [q for q in NEEDED if q not in names]
    if tuple(head[: len(labels)]) != labels or strange:
        raise BadInput(
            f"the first line is {','.join(head)}", where=f"{path}, line {numbered[0][0]}",
            mend=f"It is {','.join(labels)}, then quantities, {', '.join(NEEDED)} among them.",
        )  # fmt: skip
    made = []
    for (number, _), cells in zip(numbered[1:], rest, strict=True):
        where = f"{path}, line {number}"
        if len(cells) != len(head):
            raise BadInput(f"{len(cells)} cells instead of {len(head)}", where=where)
        if cells[0] not in said.stations:
            raise BadInput(f"the station {cells[0]!r} is not in storm.yaml", where=where)
        try:
            times = tuple(utc(c) for c in cells[1 : len(labels)])
            values = [float(c) if c else float("nan") for c in cells[len(labels) :]]
        except ValueError as error:
            raise BadInput(f"this row cannot be read: {error}", where=where) from None
        made.append(_Row(number, cells[0], times, dict(zip(names, values, strict=True))))
    return made
