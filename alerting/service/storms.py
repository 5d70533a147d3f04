"""Storms as data: a folder with storm.yaml, observations.csv and runs.csv, made into signals.

Errors name the file and, for a table, the line.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from alerting.errors import BadInput
from alerting.places import Places, Point
from alerting.signals import Area, Forecast, Observation, Signal, Spot, Warning
from alerting.weather import SourceFacts
from alerting.weather.derived import rain, snowfall, station_pressure, wet_bulb

FORECAST, STATIONS, WARNINGS = "storm-forecast", "storm-stations", "storm-warnings"


def _wait(text: Any) -> timedelta:
    found = re.fullmatch(r"(\d+) (min|h)", str(text))
    if not found:
        raise ValueError(f"{text!r} is no time to wait, e.g. 4 min or 2 h")
    size = int(found[1])
    return timedelta(minutes=size) if found[2] == "min" else timedelta(hours=size)


def _utc(text: Any) -> datetime:
    at = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


Wait = Annotated[timedelta, BeforeValidator(_wait)]
Utc = Annotated[datetime, BeforeValidator(_utc)]
Words = dict[Literal["zh", "en"], str]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Behaviour(_Model):
    """What a person does with a message, counted from when it reached them."""

    acknowledge: Wait | None = None
    in_force: Wait | None = None
    cannot: Wait | None = None
    decide: Wait | None = None
    attest: Wait | None = None
    silent: bool = False
    says: str = ""  # words that are no answer, said first
    then: Behaviour | None = None


class _Station(_Model):
    """The points of the county that a record stands for, and those at which it is also observed."""

    points: list[str] = Field(min_length=1)
    observed: list[str] = []

    @model_validator(mode="after")
    def _among_its_points(self) -> _Station:
        strange = sorted(set(self.observed) - set(self.points))
        if strange:
            raise ValueError(f"observed at {', '.join(strange)}, which are not among its points")
        return self


class _Forecast(_Model):
    cadence_hours: float
    missing: list[Utc] = []


class _Warning(_Model):
    identifier: str
    at: Utc
    hazard: str
    level: str
    headline: str
    description: str = ""
    action: Literal["alert", "update", "cancel"] = "alert"
    references: list[str] = []
    zones: list[int] = []
    above: float | None = None
    expires: Utc | None = None


class _Storm(_Model):
    title: Words
    source: str
    begins: Utc
    ends: Utc
    lapse_rate: float
    snow_wet_bulb: float
    stations: dict[str, _Station]
    forecast: _Forecast
    warnings: list[_Warning] = []
    people: dict[str, Behaviour] = {}


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
    warnings: dict[str, timedelta] = field(default_factory=dict)

    def behaviour(self, person: str) -> Behaviour:
        return self.people.get(person) or self.people.get("otherwise") or Behaviour()


def load_storm(folder: Path, places: Places) -> Storm:
    """Raises BadInput."""
    said = _read(folder / "storm.yaml")
    points = places.points()
    unknown = sorted({p for s in said.stations.values() for p in s.points} - set(points))
    if unknown:
        raise BadInput(
            f"this county has no point {', '.join(unknown)}", where=str(folder / "storm.yaml"),
            mend="Name points of the zones file under `stations`.",
        )  # fmt: skip
    signals = [
        *_observations(folder / "observations.csv", said, points),
        *_runs(folder / "runs.csv", said, points),
        *_warnings(said),
    ]
    quantities = frozenset(
        {"temperature", "humidity", "precipitation", "snowfall", "rain", "visibility", "wind_speed"}
    )
    cadence = timedelta(hours=said.forecast.cadence_hours)
    return Storm(
        dict(said.title), said.source, said.begins, said.ends,
        sorted(signals, key=lambda s: (s[0], s[1].kind, s[1].id)), said.forecast.missing,
        said.people,
        (SourceFacts(FORECAST, cadence, quantities, "forecast", 0),
         SourceFacts(STATIONS, timedelta(hours=1), quantities | {"wind_gust"}, "observation", 1)),
        {WARNINGS: said.ends - said.begins + timedelta(days=1)},
    )  # fmt: skip


def _observations(
    path: Path, said: _Storm, points: dict[str, Point]
) -> list[tuple[datetime, Signal]]:
    """One observation an hour for every point at which a station's record is observed."""
    made: list[tuple[datetime, Signal]] = []
    for row, values in _rows(path, 2):
        station, at = row[0], _utc(row[1])
        base = points[said.stations[station].points[0]]
        for name in said.stations[station].observed:
            point = points[name]
            moved = _moved({q: np.array([[v]], np.float32) for q, v in values.items()},
                           [point], base, said)  # fmt: skip
            here = {q: float(v[0, 0]) for q, v in moved.items() if not np.isnan(v[0, 0])}
            made.append((at, Observation(
                source=STATIONS, issued=at, station=f"{station}-{name}", lat=point.lat,
                lon=point.lon, elevation=point.elevation, at=at, values=here,
            )))  # fmt: skip
    return made


def _runs(path: Path, said: _Storm, points: dict[str, Point]) -> list[tuple[datetime, Signal]]:
    """One forecast a run, for all points."""
    by_run: dict[datetime, dict[str, dict[str, list[float]]]] = defaultdict(dict)
    first: dict[datetime, datetime] = {}
    for row, values in _rows(path, 3):
        first.setdefault(_utc(row[1]), _utc(row[2]))
        columns = by_run[_utc(row[1])].setdefault(row[0], defaultdict(list))
        for quantity, value in values.items():
            columns[quantity].append(value)
    made: list[tuple[datetime, Signal]] = []
    for issued, stations in sorted(by_run.items()):
        spots: list[Spot] = []
        parts: list[dict[str, np.ndarray[Any, np.dtype[np.float32]]]] = []
        for station, columns in sorted(stations.items()):
            here = [points[p] for p in said.stations[station].points]
            spots += [Spot(p.id, p.lat, p.lon, p.elevation) for p in here]
            base = points[said.stations[station].points[0]]
            wide = {
                q: np.repeat(np.array(v, np.float32)[:, None], len(here), axis=1)
                for q, v in columns.items()
            }
            parts.append(_moved(wide, here, base, said))
        values = {q: np.concatenate([p[q] for p in parts], axis=1) for q in parts[0]}
        run = Forecast(FORECAST, issued, first[issued], tuple(spots), values)
        made.append((max(issued, said.begins - timedelta(hours=1)), run))
    return made


def _moved(values: dict[str, Any], here: list[Point], base: Point, said: _Storm) -> dict[str, Any]:
    """Temperature moved to each point's height, and precipitation parted by the wet bulb."""
    heights = np.array([p.elevation for p in here], np.float32)
    out = dict(values)
    out["temperature"] = values["temperature"] - said.lapse_rate / 1000 * (heights - base.elevation)
    cold = wet_bulb(out["temperature"], values["humidity"], station_pressure(heights))
    out["snowfall"] = snowfall(values["precipitation"], cold, said.snow_wet_bulb)
    out["rain"] = rain(values["precipitation"], cold, said.snow_wet_bulb)
    return {q: np.asarray(v, np.float32) for q, v in out.items()}


def _warnings(said: _Storm) -> list[tuple[datetime, Signal]]:
    return [
        (one.at, Warning(
            source=WARNINGS, issued=one.at, identifier=one.identifier, sender="雾岭县气象台（虚构）",
            action=one.action, references=tuple(one.references), hazard=one.hazard,
            event=one.hazard, level=one.level,  # type: ignore[arg-type]
            headline=one.headline, description=one.description, expires=one.expires,
            area=Area(codes=tuple(str(z) for z in one.zones), above=one.above),
        ))
        for one in said.warnings
    ]  # fmt: skip


def _read(path: Path) -> _Storm:
    try:
        data = YAML(typ="safe").load(path.read_text("utf-8"))
        return _Storm.model_validate(data)
    except OSError as error:
        raise BadInput(f"the storm cannot be read: {error.strerror}", where=str(path)) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadInput(f"line {line}: {error.problem}", where=str(path)) from None
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadInput(said, where=str(path)) from None


def _rows(path: Path, labels: int) -> list[tuple[list[str], dict[str, float]]]:
    """Rows as their labels and their values; an empty cell is missing."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    start = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    names = lines[start].split(",")[labels:]
    made = []
    for number, cells in enumerate(csv.reader(lines[start + 1 :]), start + 2):
        try:
            values = [float(c) if c else float("nan") for c in cells[labels:]]
        except ValueError as error:
            raise BadInput(str(error), where=f"{path}, line {number}") from None
        made.append((cells[:labels], dict(zip(names, values, strict=True))))
    return made
