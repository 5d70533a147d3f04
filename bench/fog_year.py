"""A year of fog: what the fog rules make of New York's record of 2013, three stations as three road
sections. `make backtest`, or

    python -m bench.fog_year PATH/nyc_2013_hourly.parquet

Each drive hands the engine what a service would have been handed, signal by signal, with the clock's
tick at every hour: the observations as recorded, and a run of 48 h every six hours, either perfect or
with an error. No process, no chase, no dispatch: the life of alerts alone, committed to a database in
memory. It prints one line of figures a rule and drive (docs/backtest-fog.md says what they mean).

The error of a run, drawn by a seed: it shifts the whole run in time (sigma 1.5 h), adds a noise to
log10(visibility) that wanders along the run (AR(1), 0.8 an hour) and grows with the lead (sigma 0.15 at
once, 0.35 at 24 h), and now and then makes up a fog of three to eight hours at night (one run in
twelve) or leaves out all of its fog (one run in seven).
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from ruamel.yaml import YAML
from sqlalchemy import select

from alerting.alerts import FactBook, Life
from alerting.alerts.engine import Engine, rule_places
from alerting.alerts.standing import load
from alerting.calendar import Calendar
from alerting.people import Policy, import_people, import_posts, read_people, read_posts
from alerting.places import load_places
from alerting.rulebook import Book, load_book
from alerting.service.clock import LIVE, open_live
from alerting.signals import Forecast, Observation, Signal, Spot, Tick, accepted_at
from alerting.store import Store
from alerting.store.schema import alert, alert_change
from alerting.weather import Column, Fields, FieldSettings, SourceFacts

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
STATIONS = {"EWR": (40.69, -74.17), "JFK": (40.64, -73.78), "LGA": (40.78, -73.87)}
SPOTS = tuple(Spot(name, lat, lon, 5.0) for name, (lat, lon) in STATIONS.items())
RUN_EVERY, RUN_HOURS = 6, 48
METRES_A_MILE = 1609.344
# The ladder of an earlier trial of the semantics: within 12, 6 and 2 h, clear at 1.5 times the top.
LADDER = {"yellow": ("1000 m", "12 h"), "orange": ("500 m", "6 h"), "red": ("200 m", "2 h")}
TOP = {"road-fog": 200.0, "fog-ladder": 1000.0}  # metres under which a rule calls it fog

Series = Mapping[datetime, float]  # visibility in metres by UTC hour; a missing hour is not in it
Record = Mapping[str, Series]  # by station


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


# Forecasts


def perfect(series: Series, start: datetime, _: random.Random | None = None) -> list[float]:
    """The record itself; an hour that was not recorded is as the one before it."""
    values, last = [], 16093.0
    for n in range(RUN_HOURS):
        last = series.get(start + n * HOUR, last)
        values.append(last)
    return values


def with_error(series: Series, start: datetime, draws: random.Random | None) -> list[float]:
    """See the module's text."""
    assert draws is not None
    shift = round(draws.gauss(0, 1.5)) * HOUR
    truth = np.log10(np.maximum(perfect(series, start + shift), 20.0))
    if draws.random() < 1 / 7:
        truth = np.maximum(truth, 3.6)
    if draws.random() < 1 / 12:
        first = draws.randrange(2, RUN_HOURS - 8)
        truth[first : first + draws.randrange(3, 9)] = draws.choice([1.7, 2.1, 2.6, 2.9])
    noise, wander = np.zeros(RUN_HOURS), draws.gauss(0, 1)
    for n in range(RUN_HOURS):
        noise[n] = wander * (0.15 + 0.2 * min(n, 24) / 24)
        wander = 0.8 * wander + 0.6 * draws.gauss(0, 1)
    return list(np.minimum(10 ** (truth + noise), 16093.0))


# The realm


class Roads:
    """Three sections, the fog rules, and an engine that takes signals one after another."""

    def __init__(self, book: Book, begins: datetime, *, observing: bool = True) -> None:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            for name, text in _tables().items():
                (folder / name).write_text(text)
            places = load_places(folder / "zones.csv", folder / "sites.csv")
            people = read_people(folder / "people.csv", {"console"}, set())
            posts = read_posts(folder / "posts.csv", places, {p["id"] for p in people})
        self.life = Life(LIVE, True, book, places, Policy(), ZONE)
        self.store = Store(":memory:")

        def found(connection: Any) -> None:
            open_live(connection, begins, True)
            import_people(connection, people, LIVE, begins, "backtest")
            import_posts(connection, posts, LIVE, begins, "backtest")

        self.store.write(found)
        seen = frozenset({"visibility"})
        sources = [SourceFacts("model", RUN_EVERY * HOUR, seen, "forecast", 0)]
        if observing:
            sources.append(SourceFacts("stations", HOUR, seen, "observation", 1))
        columns = [Column(p.id, q.id, q.lat, q.lon, q.elevation) for p, q in places.columns]
        fields = Fields(columns, ZONE, sources, FieldSettings())
        fields.need(book.quantities)
        calendar = Calendar.load(ROOT / "rules" / "calendar.yaml", ZONE)
        facts = FactBook(places, calendar, {})
        ids = {rule: p.ids for rule, p in rule_places(self.life).items()}
        with self.store.read() as connection:
            standings = load(connection, LIVE, ids)
        self._engine = Engine(self.life, fields, facts, {}, standings, RUN_EVERY * HOUR)

    def takes(self, signal: Signal, now: datetime) -> None:
        signal = accepted_at(signal, now)
        touched = self._engine.see(signal, now)
        work = self._engine.work(signal, now, touched, set())
        for number in self._engine.slices(work):
            changes = self._engine.changes(work, number)
            self.store.write(lambda c, d=changes: self._engine.commit(c, d))

    def spans(self, rule: str) -> dict[str, list[tuple[datetime, datetime]]]:
        """By station: when an alert of the rule was open, from each opening or reopening to its end."""
        open_since: dict[str, datetime] = {}
        found: dict[str, list[tuple[datetime, datetime]]] = {name: [] for name in STATIONS}
        last = datetime.min.replace(tzinfo=UTC)
        with self.store.read() as connection:
            rows = connection.execute(
                select(alert_change, alert.c.place)
                .join(alert, alert.c.id == alert_change.c.alert)
                .where(alert.c.rule == rule)
                .order_by(alert_change.c.n)
            ).all()
        for row in rows:
            last = row.at
            if row.what in ("opened", "reopened"):
                open_since[row.place] = row.at
            elif row.what == "cleared":
                found[row.place].append((open_since.pop(row.place), row.at))
        for place, since in open_since.items():
            found[place].append((since, last))
        return found

    def alerts(self, rule: str) -> int:
        with self.store.read() as connection:
            return len(connection.execute(select(alert.c.id).where(alert.c.rule == rule)).all())


def _tables() -> dict[str, str]:
    """The county: made up, but for the three stations' places."""
    zones = (
        "code,name,name_en,parent,point,lat,lon,elevation\n990201000000,试验路网,Trial roads,,,,,\n"
    )
    sites = ("id,kind,name,name_en,zones,points,lat,lon,elevation,sector,tags,road,from_km,to_km,"
             "direction,entries,exits\n")  # fmt: skip
    for number, (name, (lat, lon)) in enumerate(STATIONS.items(), 1):
        code = f"9902010{number:02d}000"
        zones += f"{code},{name},{name},990201000000,{name}-p,{lat},{lon},5\n"
        sites += (f"{name},road-section,{name}段,{name} section,{code},{name}-p,,,,road-traffic,,"
                  f"T{number},0,5,,,\n")  # fmt: skip
    posts = (
        "id,tier,sector,place,title,title_en,holders\n"
        "police,field,road-traffic,990201000000,交警,Police,duty\n"
        "transport,regulator,road-traffic,990201000000,交通,Transport,duty\n"
        "office,duty-office,,990201000000,值班室,Duty office,duty\n"
    )
    people = "id,name,name_en,language,role,contacts\nduty,值班员,Duty,zh,decide,console:duty\n"
    return {"zones.csv": zones, "sites.csv": sites, "posts.csv": posts, "people.csv": people}


def fog_book() -> Book:
    """The shipped fog rule, and beside it the same rule with the ladder 1000/500/200 m."""
    yaml = YAML()
    pack = yaml.load((ROOT / "rules" / "road-traffic.yaml").read_text())
    shipped = next(rule for rule in pack["rules"] if rule["id"] == "road-fog")
    ladder = yaml.load((ROOT / "rules" / "road-traffic.yaml").read_text())["rules"]
    ladder = next(rule for rule in ladder if rule["id"] == "road-fog")
    ladder["id"], ladder["clear"] = "fog-ladder", "visibility >= 1500 m"
    for level, (under, within) in LADDER.items():
        ladder["levels"][level]["when"] = f"(visibility < {under}) within {within}"
    case = {"name": "fog", "given": {"visibility": [150.0]}, "expect": {"level": "red"}}
    ladder["cases"] = [case]
    pack["rules"] = [shipped, ladder]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "measures.yaml").write_text((ROOT / "rules" / "measures.yaml").read_text())
        with (folder / "road-traffic.yaml").open("w") as file:
            yaml.dump(pack, file)
        return load_book(folder)


# A drive


def signals(
    record: Record, begins: datetime, ends: datetime, make_run: Any, seed: int
) -> Iterator[tuple[datetime, Signal]]:
    """What comes in, hour by hour: the tick, the run of that hour ten minutes in, what the stations
    measured on the hour five minutes in."""
    draws, hour = random.Random(seed), begins
    while hour < ends:
        yield hour, Tick(source="clock", issued=hour)
        for spot in SPOTS:
            value = record[spot.id].get(hour)
            if value is not None:
                yield hour + timedelta(minutes=5), Observation(
                    source="stations", issued=hour, station=spot.id, lat=spot.lat, lon=spot.lon,
                    elevation=spot.elevation, at=hour, values={"visibility": value},
                )  # fmt: skip
        if hour.hour % RUN_EVERY == 0:
            columns = [make_run(record[spot.id], hour, draws) for spot in SPOTS]
            values = np.array(columns, np.float32).T
            yield (
                hour + timedelta(minutes=10),
                Forecast("model", hour, hour, SPOTS, {"visibility": values}),
            )
        hour += HOUR


@dataclass
class Figures:
    """What a rule made of a drive. Hours are hours; an alert that reopened counts as one alert."""

    alerts: int = 0
    stretches: int = 0
    reopened: int = 0  # opened or reopened within 12 h of the end before, at the same place
    late: int = 0  # stretches already an hour old or more when the alert opened
    missed: int = 0  # stretches with no alert at any time
    false: int = 0  # openings with no fog between opening and end
    hours_open: float = 0.0
    after: list[float] = field(default_factory=list)  # from the last foggy hour to the end

    @property
    def after_median(self) -> float:
        return median(self.after) if self.after else 0.0

    @property
    def after_p90(self) -> float:
        return float(np.quantile(self.after, 0.9)) if self.after else 0.0


def figures(roads: Roads, rule: str, record: Record, begins: datetime, ends: datetime) -> Figures:
    found = Figures(alerts=roads.alerts(rule))
    for station, spans in roads.spans(rule).items():
        inside = {at: v for at, v in record[station].items() if begins <= at < ends}
        fogs = stretches(inside, TOP[rule])
        found.stretches += len(fogs)
        found.reopened += sum(b[0] - a[1] < 12 * HOUR for a, b in pairwise(spans))
        found.hours_open += sum((b - a).total_seconds() / 3600 for a, b in spans)
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
    record: Record, begins: datetime, ends: datetime, make_run: Any = perfect, seed: int = 0,
    progress: bool = False,
) -> dict[str, Figures]:  # fmt: skip
    """Figures by rule."""
    roads = Roads(fog_book(), begins)
    shown = None
    for now, signal in signals(record, begins, ends, make_run, seed):
        if progress and now.month != shown:
            shown = now.month
            print(f"  {now:%Y-%m}", file=sys.stderr, flush=True)
        roads.takes(signal, now)
    return {rule: figures(roads, rule, record, begins, ends) for rule in TOP}


def skill(record: Record, begins: datetime, ends: datetime, seed: int) -> tuple[float, float]:
    """POD and FAR of the runs with error for fog under 1000 m, 6 to 12 h ahead."""
    hits = misses = false = 0
    draws, hour = random.Random(seed), begins
    while hour < ends:
        for spot in SPOTS:
            values = with_error(record[spot.id], hour, draws)
            for n in range(6, 13):
                truth = record[spot.id].get(hour + n * HOUR)
                if truth is None:
                    continue
                said, was = values[n] < 1000, truth < 1000
                hits, misses = hits + (said and was), misses + (was and not said)
                false += said and not was
        hour += RUN_EVERY * HOUR
    return hits / (hits + misses), false / (hits + false)


def _row(rule: str, name: str, made: Sequence[Figures]) -> str:
    def mean(of: str) -> str:
        value = sum(getattr(m, of) for m in made) / len(made)
        return f"{value:.1f}".removesuffix(".0")

    parts = [mean(k) for k in ("stretches", "alerts", "reopened", "late", "missed", "false")]
    parts += [f"{mean('after_median')} / {mean('after_p90')}", mean("hours_open")]
    return f"| {rule} | {name} | " + " | ".join(parts) + " |"


def main(path: Path) -> None:
    record = read_record(path)
    day = date(2013, 1, 2), date(2013, 12, 31)
    begins, ends = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in day)
    pod, far = (
        sum(x) / 2 for x in zip(*(skill(record, begins, ends, s) for s in (1, 2)), strict=True)
    )
    print(f"runs with error, 6 to 12 h ahead, under 1000 m: POD {pod:.2f}, FAR {far:.2f}\n")
    print("| rule | drive | stretches | alerts | reopened < 12 h | late | missed | false |"
          " hours open after the end, median / p90 | hours open |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for name, make_run, seeds in (("perfect", perfect, (0,)), ("with error", with_error, (1, 2))):
        made = [drive(record, begins, ends, make_run, seed, progress=True) for seed in seeds]
        for rule in TOP:
            print(_row(rule, name, [m[rule] for m in made]), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bench.fog_year PATH/nyc_2013_hourly.parquet")
    main(Path(sys.argv[1]))
