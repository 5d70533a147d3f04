"""A realm of the test county without a process: signals in, rows out, time by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import insert, select

from alerting.alerts import FactBook, Life
from alerting.alerts.changes import commit
from alerting.alerts.engine import Engine
from alerting.alerts.rule_places import rule_places
from alerting.alerts.standing import load
from alerting.bus import EmbeddedBus
from alerting.calendar import Calendar
from alerting.people import Policies, import_people, import_posts, read_people, read_posts
from alerting.places import Places, load_places
from alerting.rulebook import load_book
from alerting.service.clock import LIVE, open_live
from alerting.signals import (
    Area,
    Forecast,
    Observation,
    Signal,
    Spot,
    Tick,
    Warning,
    accepted_at,
)
from alerting.store import Store
from alerting.store.schema import alert, alert_change, measure, notice, slice_done
from alerting.weather import Column, Fields, FieldSettings, SourceFacts

ROOT = Path(__file__).parent.parent
STORY = ROOT / "scenarios"
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 20, 6, tzinfo=UTC)  # 14:00 in the county
QUANTITIES = frozenset({"temperature", "precipitation", "visibility", "wind_speed"})
CALM = {"visibility": 9000.0, "temperature": 5.0, "precipitation": 0.0, "wind_speed": 2.0}


class County:
    """`observing=False` leaves the stations out of the config."""

    def __init__(
        self, *, observing: bool = True, cadence: float = 6, path: str = ":memory:",
        exercise: bool = True, book: Path | None = None, places: Places | None = None,
        feeds: dict[str, timedelta | None] | None = None,
    ) -> None:  # fmt: skip
        places = places or load_places(STORY / "county" / "zones.csv", STORY / "county" / "sites.csv")
        self.store = Store(path)
        self.now = START
        self.life = Life(LIVE, exercise, load_book(book or STORY / "book"), places, Policies(), ZONE)
        people = read_people(STORY / "county" / "people.csv", {"console", "sms"}, {"sms"})
        posts = read_posts(STORY / "county" / "posts.csv", places, {p["id"] for p in people})
        self.store.write(lambda c: self._found(c, people, posts))
        self.sources = [SourceFacts("model", timedelta(hours=cadence), QUANTITIES, "forecast", 0)]
        if observing:
            self.sources.append(
                SourceFacts("stations", timedelta(hours=1), QUANTITIES, "observation", 1)
            )
        self.cadence = timedelta(hours=cadence)
        self.feeds = {"office": timedelta(days=400)} if feeds is None else feeds
        self.taken: list[Signal] = []
        self.engine = self._engine()

    def _found(self, connection: Any, people: Any, posts: Any) -> None:
        open_live(connection, START, True)
        import_people(connection, people, LIVE, START, "test")
        import_posts(connection, posts, LIVE, START, "test")

    def _engine(self) -> Engine:
        places = self.life.places
        columns = [Column(p.id, q.id, q.lat, q.lon, q.elevation) for p, q in places.columns]
        fields = Fields(columns, ZONE, self.sources, FieldSettings())
        fields.need(self.life.book.quantities)
        calendar = Calendar.load(ROOT.parent / "rules" / "calendar.yaml", ZONE)
        facts = FactBook(places, calendar, self.feeds)
        for name in self.feeds:
            facts.heard(name, START)
        ids = {rule: p.ids for rule, p in rule_places(self.life).items()}
        with self.store.read() as connection:
            standings = load(connection, LIVE, ids)
        tags = {"expressway": ["expressway" in p.tags for p, _ in places.columns]}
        return Engine(self.life, fields, facts, tags, standings, self.cadence)

    def restarts(self) -> None:
        """Memory is made anew from what is committed, as after a kill."""
        self.engine = self._engine()
        for signal in self.taken:
            self.engine.see(signal, signal.accepted or signal.issued)

    def takes(self, signal: Signal, *, die_after_slices: int | None = None) -> None:
        signal = accepted_at(signal, self.now)
        touched = self.engine.see(signal, self.now)
        with self.store.read() as connection:
            done = set(connection.execute(select(slice_done.c.slice)).scalars())
        work = self.engine.work(signal, self.now, touched, done)
        for count, number in enumerate(self.engine.slices(work)):
            if die_after_slices is not None and count >= die_after_slices:
                return
            self.store.write(lambda c, n=number: self._commit(c, work, n))
        self.store.write(lambda c: c.execute(slice_done.delete()))
        self.taken.append(signal)

    def _commit(self, connection: Any, work: Any, number: int) -> None:
        commit(connection, self.life, self.engine.changes(work, number))
        connection.execute(insert(slice_done).values(realm=LIVE, seq=1, slice=number))

    def passes(self, hours: int) -> None:
        """Hour by hour, with the clock's tick."""
        for _ in range(hours):
            self.now = (self.now + timedelta(hours=1)).replace(minute=0, second=0)
            self.takes(Tick(source="clock", issued=self.now))

    def run(self, *, issued: datetime | None = None, points: Sequence[str] = ("low", "high"),
            **given: Sequence[float | None]) -> Forecast:  # fmt: skip
        """A run from the current hour on; what is not given is calm, and calm follows."""
        values = {}
        for quantity, calm in CALM.items():
            hours = list(given.get(quantity, []))
            column = hours + [calm] * (48 - len(hours))
            values[quantity] = np.array(
                [[np.nan if v is None else v] * len(points) for v in column], np.float32
            )
        where = {"low": Spot("low", 26.5, 106.5, 900), "high": Spot("high", 26.52, 106.55, 1400)}
        start = self.now.replace(minute=0, second=0, microsecond=0)
        return Forecast("model", issued or self.now, start, tuple(where[p] for p in points), values)

    def forecast(self, **given: Any) -> None:
        self.takes(self.run(**given))

    def observes(self, **values: float) -> None:
        self.takes(Observation(
            source="stations", issued=self.now, station="s", lat=26.5, lon=106.5, elevation=900,
            at=self.now, values={**CALM, **values},
        ))  # fmt: skip

    def warns(self, level: Any, action: Any = "alert", identifier: str = "W1", **more: Any) -> None:
        self.takes(Warning(
            source="office", issued=self.now, identifier=identifier, sender="990101", action=action,
            hazard=more.pop("hazard", "road-icing"), event="", level=level,
            area=Area(codes=("990101",)), **more,
        ))  # fmt: skip

    def changes(self, rule: str = "fog") -> list[tuple[str, int]]:
        """What happened to the rule's alerts, with the level after each change."""
        with self.store.read() as connection:
            rows = connection.execute(select(alert_change).order_by(alert_change.c.n))
            return [(r.what, r.level) for r in rows if f".{rule}." in r.alert]

    def alerts(self) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(alert).order_by(alert.c.id)))

    def measures(self) -> dict[str, Any]:
        with self.store.read() as connection:
            rows = connection.execute(select(measure).order_by(measure.c.number))
            return {r.measure: r for r in rows}

    def notices(self) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(notice).order_by(notice.c.id)))

    def publish(self, signals: list[Signal]) -> list[str]:
        return self.store.write(lambda c: EmbeddedBus().publish(c, LIVE, signals, self.now))
