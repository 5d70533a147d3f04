"""A county of any size, and what Open-Meteo would answer about it; the same for the same size.

Its points belong to road sections of two points, building sites and mines, as the shipped rules ask
for, in townships of fifty. Nothing in it is somebody's: names are numbers, people have a console.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from alerting.alerts import FactBook, Life
from alerting.alerts.engine import Engine
from alerting.alerts.rule_places import rule_places
from alerting.alerts.standing import load
from alerting.calendar import Calendar
from alerting.connector import Answer
from alerting.people import Policies, import_people, import_posts
from alerting.places import Place, Places, Point
from alerting.rulebook import load_book
from alerting.service.clock import LIVE, open_live
from alerting.signals import Spot
from alerting.store import Store
from alerting.vocabulary import SITE_SECTOR
from alerting.weather import Column, Fields, FieldSettings, SourceFacts
from connectors.open_meteo import Source

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 20, 6, tzinfo=UTC)
COUNTY = "990900000000"
HOURS = 72
BATCH = 200  # locations a call
IN_FRONT = 0.3  # of places
# Of each ten points four are of road sections, three of building sites, three of mines.
KINDS = ("road-section", "road-section", "road-section", "road-section", "building-site",
         "building-site", "building-site", "mine", "mine", "mine")  # fmt: skip
QUANTITIES = ("temperature", "humidity", "precipitation", "rain", "snow_depth", "visibility",
              "wind_speed", "wind_gust")  # fmt: skip
UNITS = {
    "temperature_2m": "°C", "relative_humidity_2m": "%", "precipitation": "mm", "rain": "mm",
    "showers": "mm", "snow_depth": "m", "visibility": "m", "wind_speed_10m": "km/h",
    "wind_gusts_10m": "km/h",
}  # fmt: skip
CALM = {"temperature_2m": 6.0, "relative_humidity_2m": 60.0, "precipitation": 0.0, "rain": 0.0,
        "snow_depth": 0.0, "visibility": 15000.0, "wind_speed_10m": 9.0,
        "wind_gusts_10m": 16.0}  # fmt: skip
FRONT = {"temperature_2m": -2.5, "relative_humidity_2m": 93.0, "precipitation": 1.1, "rain": 0.0,
         "snow_depth": 0.05, "visibility": 150.0, "wind_speed_10m": 44.0,
         "wind_gusts_10m": 68.0}  # fmt: skip


def places_of(points: int) -> Places:
    made = [Place(COUNTY, "zone", "县", "County", ())]
    made += [
        Place(_township(n), "zone", f"镇{n}", f"Township {n}", (), parent=COUNTY)
        for n in range(-(-points // 50))
    ]
    every = [
        Point(f"p{n:05d}", 26 + n // 200 * 0.004, 106 + n % 200 * 0.01, 700.0 + n % 90 * 10)
        for n in range(points)
    ]
    at = 0
    while at < points:
        kind = KINDS[at % 10]
        own = every[at : at + (2 if kind == "road-section" else 1)]
        made.append(
            Place(f"s{at:05d}", kind, f"处{at}", f"Site {at}", tuple(own),
                  zones=(_township(at // 50),), sector=SITE_SECTOR.get(kind, ""))
        )  # fmt: skip
        at += len(own)
    return Places.of(COUNTY, made)


def _township(number: int) -> str:
    return f"990900{number + 100:03d}000"


def _posts(places: Places) -> list[dict[str, Any]]:
    def post(tier: str, sector: str, place: str) -> dict[str, Any]:
        name = f"{tier}-{sector}-{place}"
        return {"id": name, "tier": tier, "sector": sector, "place": place, "title": name,
                "title_en": name, "holders": [f"of-{name}"], "deputy": None}  # fmt: skip

    sectors = ("road-traffic", "construction", "coal-mines")
    made = [post("duty-office", "", COUNTY), *(post("regulator", s, COUNTY) for s in sectors)]
    for place in places.of_kind("zone"):
        if place.parent:
            made.append(post("township", "", place.id))
            made += [post(t, s, place.id) for s in sectors for t in ("field", "enterprise")]
    return made


def open_county(points: int, database: Path | str) -> tuple[Store, Engine, Places]:
    """A store with the county in it, and the engine of its live realm with the shipped book."""
    places = places_of(points)
    store = Store(database)

    def found(connection: Connection) -> None:
        open_live(connection, START, True)
        posts = _posts(places)
        people = [
            {"id": one, "name": f"某{n}", "name_en": f"No {n}", "language": "zh", "role": "answer",
             "contacts": [("console", one)]}
            for n, one in enumerate(holder for post in posts for holder in post["holders"])
        ]  # fmt: skip
        import_people(connection, people, LIVE, START, "bench")
        import_posts(connection, posts, LIVE, START, "bench")

    store.write(found)
    calendar = Calendar.load(ROOT / "rules" / "calendar.yaml", ZONE)
    book = load_book(ROOT / "rules", set(calendar.names()))
    life = Life(LIVE, True, book, places, Policies(), ZONE)
    columns = [Column(p.id, q.id, q.lat, q.lon, q.elevation) for p, q in places.columns]
    source = SourceFacts(Source.name, timedelta(hours=1), frozenset(QUANTITIES), "forecast", 0)
    fields = Fields(columns, ZONE, [source], FieldSettings())
    fields.need(book.quantities)
    facts = FactBook(places, calendar, {})
    ids = {rule: p.ids for rule, p in rule_places(life).items()}
    with store.read() as connection:
        standings = load(connection, LIVE, ids)
    engine = Engine(life, fields, facts, {}, standings, timedelta(hours=1))
    return store, engine, places


def spots_of(places: Places) -> tuple[Spot, ...]:
    return tuple(Spot(p.id, p.lat, p.lon, p.elevation) for p in places.points().values())


@dataclass(frozen=True, slots=True)
class Answers:
    """Stands where the service's fetch stands: answers from memory, a batch of locations a call.

    A few bodies are made and answer in turn, so that the largest county's bytes need no memory of
    their own; both sides read the same ones.
    """

    bodies: Sequence[tuple[bytes, ...]]  # by number of locations asked for, the full batch first
    asked: list[int]

    def get(self, url: str, *, params: dict[str, str] | None = None,
            headers: dict[str, str] | None = None, weight: float = 1.0) -> Answer:  # fmt: skip
        turn = len(self.asked)
        count = (params or {})["latitude"].count(",") + 1
        self.asked.append(count)
        kind = self.bodies[0 if count == BATCH else 1]
        return Answer(200, kind[turn % len(kind)], url=url)

    def hold_until(self, at: datetime, why: str) -> None:
        raise AssertionError(why)


def answers(points: int, start: datetime, front: bool, seed: int) -> Answers:
    """What the service says of `points` locations from `start` on; of a front, 30 % are in it."""
    some = tuple(_body(min(points, BATCH), start, front, seed + n) for n in range(4))
    rest = points % BATCH
    return Answers((some, (_body(rest, start, front, seed),) if rest else ()), [])


def _body(locations: int, start: datetime, front: bool, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    times = [int((start + timedelta(hours=h)).timestamp()) for h in range(HOURS)]
    return json.dumps(
        [_location(n, times, front and n % 100 < 100 * IN_FRONT, random) for n in range(locations)],
        separators=(",", ":"), ensure_ascii=False,
    ).encode()  # fmt: skip


def _location(
    number: int, times: list[int], front: bool, random: np.random.Generator
) -> dict[str, Any]:
    hourly: dict[str, Any] = {"time": times}
    for name, unit in UNITS.items():
        if name == "showers":
            hourly[name] = [0.0] * HOURS
            continue
        calm = CALM[name]
        values = np.full(HOURS, calm) + random.integers(0, 9, HOURS) / 10 * (calm > 0)
        if front:
            values[3:30] = FRONT[name] + random.integers(0, 5, 27) / 100 * (FRONT[name] > 0)
        hourly[name] = [round(float(v), 2) for v in values]
        if unit in ("m", "%") and calm > 1:
            hourly[name] = [float(round(v)) for v in values]
    return {
        "latitude": 26.0 + number / 1000, "longitude": 106.0, "generationtime_ms": 0.4,
        "utc_offset_seconds": 0, "timezone": "GMT", "timezone_abbreviation": "GMT",
        "elevation": 900.0, "hourly_units": {"time": "unixtime"} | UNITS, "hourly": hourly,
    }  # fmt: skip
