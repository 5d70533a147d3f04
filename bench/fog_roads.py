"""Three road sections at New York's three stations, the fog rules, and an engine that takes signals.

No process, no chase, no dispatch: the life of alerts alone, committed to a database in memory.
"""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from ruamel.yaml import YAML
from sqlalchemy import select

from alerting.alerts import FactBook, Life
from alerting.alerts.changes import commit
from alerting.alerts.engine import Engine
from alerting.alerts.rule_places import rule_places
from alerting.alerts.standing import load
from alerting.calendar import Calendar
from alerting.people import Policies, import_people, import_posts, read_people, read_posts
from alerting.places import load_places
from alerting.rulebook import Book, load_book
from alerting.service.clock import LIVE, open_live
from alerting.signals import Signal, Tick, accepted_at
from alerting.store import Store
from alerting.store.schema import alert, alert_change
from alerting.weather import Column, Fields, FieldSettings, SourceFacts
from bench.fog_record import STATIONS

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("America/New_York")
# The two ladders of the trial: within 12, 6 and 2 h, clear at 1.5 times the top.
LADDERS = {"fog-1000": (1000, 500, 200), "fog-200": (200, 100, 50)}
WITHIN = {"yellow": 12, "orange": 6, "red": 2}  # h
# Metres under which a rule calls it fog.
TOP = {"road-fog": 200.0} | {name: float(steps[0]) for name, steps in LADDERS.items()}


class Roads:
    """The realm: `takes` one signal after another."""

    def __init__(
        self, book: Book, begins: datetime, cadence: timedelta, *, observing: bool = True
    ) -> None:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            for name, text in _tables().items():
                (folder / name).write_text(text)
            places = load_places(folder / "zones.csv", folder / "sites.csv")
            people = read_people(folder / "people.csv", {"console"}, set())
            posts = read_posts(folder / "posts.csv", places, {p["id"] for p in people})
        self.life = Life(LIVE, True, book, places, Policies(), ZONE)
        self.store = Store(":memory:")

        def found(connection: Any) -> None:
            open_live(connection, begins, True)
            import_people(connection, people, LIVE, begins, "backtest")
            import_posts(connection, posts, LIVE, begins, "backtest")

        self.store.write(found)
        seen = frozenset({"visibility"})
        sources = [SourceFacts("model", cadence, seen, "forecast", 0)]
        if observing:
            sources.append(SourceFacts("stations", timedelta(hours=1), seen, "observation", 1))
        columns = [Column(p.id, q.id, q.lat, q.lon, q.elevation) for p, q in places.columns]
        fields = Fields(columns, ZONE, sources, FieldSettings())
        fields.need(book.quantities)
        facts = FactBook(places, Calendar.load(ROOT / "rules" / "calendar.yaml", ZONE), {})
        ids = {rule: p.ids for rule, p in rule_places(self.life).items()}
        with self.store.read() as connection:
            standings = load(connection, LIVE, ids)
        self._engine = Engine(self.life, fields, facts, {}, standings, cadence)
        self.hours, self.unknown = 0, dict.fromkeys(ids, 0)
        self._believed = {rule: np.zeros(len(at), np.int8) for rule, at in ids.items()}
        self.naive = dict.fromkeys(ids, 0)

    def takes(self, signal: Signal, now: datetime) -> None:
        signal = accepted_at(signal, now)
        touched = self._engine.see(signal, now)
        work = self._engine.work(signal, now, touched, set())
        for number in self._engine.slices(work):
            changes = self._engine.changes(work, number)
            self.store.write(lambda c, d=changes: commit(c, self.life, d))
        for rule, believed in work.believed.items():
            # A naive reading is open while the rule is true and closed while it is not.
            self.naive[rule] += int(((believed > 0) & (self._believed[rule] == 0)).sum())
            self._believed[rule] = believed
        if isinstance(signal, Tick):
            self.hours += len(STATIONS)
            for rule, memory in self._engine.standings.items():
                self.unknown[rule] += int((~np.isnan(memory.unknown_since)).sum())

    def spans(self, rule: str) -> dict[str, list[tuple[datetime, datetime]]]:
        """By station: when an alert of the rule was open, from each opening or reopening to its end."""
        open_since: dict[str, datetime] = {}
        found: dict[str, list[tuple[datetime, datetime]]] = {name: [] for name in STATIONS}
        last = None
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


def fog_book() -> Book:
    """The shipped fog rule, and beside it the same rule with the trial's two ladders."""
    yaml = YAML()
    source = (ROOT / "rules" / "road-traffic.yaml").read_text("utf-8")

    def shipped() -> Any:
        return next(rule for rule in yaml.load(source)["rules"] if rule["id"] == "road-fog")

    rules = [shipped()]
    for name, steps in LADDERS.items():
        rule = shipped()
        rule["id"], rule["clear"] = name, f"visibility >= {1.5 * steps[0]:g} m"
        for (level, within), under in zip(WITHIN.items(), steps, strict=True):
            rule["levels"][level]["when"] = f"(visibility < {under} m) within {within} h"
        dense = {"visibility": [steps[-1] - 1]}
        rule["cases"] = [{"name": "fog", "given": dense, "expect": {"level": "red"}}]
        rules.append(rule)
    pack = yaml.load(source)
    pack["rules"] = rules
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        measures = (ROOT / "rules" / "measures.yaml").read_text("utf-8")
        (folder / "measures.yaml").write_text(measures, "utf-8")
        with (folder / "road-traffic.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(pack, file)
        return load_book(folder)


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
