"""A dry run: what a payload says, and what would open if it came in now. Nothing is kept.

The engine is the live one; only its places (see stage.py), its sources (the one the payload came
from) and its time (the payload's own) are set up for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from alerting.alerts import FactBook, Life
from alerting.alerts.engine import Engine
from alerting.alerts.rule_places import rule_places
from alerting.alerts.standing import Standing
from alerting.calendar import Calendar
from alerting.connector import Connector, Context, Problem
from alerting.people import Policies
from alerting.places import Places
from alerting.rulebook import Book
from alerting.rulebook.measures import strictest_asks
from alerting.service.config import Weather
from alerting.service.payload_time import own_time
from alerting.service.stage import Scout, Stage
from alerting.signals import (
    CLOCK_MEND,
    Forecast,
    Observation,
    Occasion,
    Signal,
    Tick,
    Warning,
    accepted_at,
    wrong_clock,
)
from alerting.vocabulary import Level
from alerting.vocabulary.official import WarningTable, shipped
from alerting.weather import Fields, FieldSettings, SourceFacts


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a dry run takes from a county: its places, book, calendar, zone, settings, and how it names
    official warnings."""

    places: Places
    book: Book
    calendar: Calendar
    zone: ZoneInfo
    weather: Weather = Weather()
    table: WarningTable = field(default_factory=shipped)


@dataclass(slots=True)
class DryRun:
    """`now` is the time at which it was evaluated and `now_is` where that comes from.

    `alerts` are those the payload makes; what the date alone opens stands in `calendar`.
    """

    now: datetime
    now_is: str
    signals: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    calendar: dict[str, list[str]] = field(default_factory=dict)  # by rule, where it is open by date

    @property
    def refused(self) -> bool:
        """Nothing of it could be taken; the problems say why."""
        return not self.signals and bool(self.problems)

    def json(self) -> dict[str, Any]:
        return {"signals": self.signals, "alerts": self.alerts, "problems": self.problems}


def dry_run(
    body: bytes,
    source: str,
    connector: Connector,
    around: Surroundings,
    machine_now: datetime,
    at: datetime | None = None,
) -> DryRun:
    """Read a payload as the source of that name would, and evaluate the book at `at`, else at the
    payload's own time.

    Raises BadInput, with the connector's reason, for what is no payload of this source.
    """
    now, now_is = (
        (at, "--at") if at is not None
        else own_time(body, source, connector, around.zone, machine_now)
    )
    reading = connector.read(body, Context(source, now, around.zone, table=around.table))
    scout = Scout(around.places, around.book, around.weather.observation_km,
                  around.weather.observation_height_m)  # fmt: skip
    stage = scout.stage(reading.signals)
    made = DryRun(now, now_is, [_signal(s, stage) for s in reading.signals])
    made.problems = [asdict(p) for p in reading.problems]
    made.problems += [
        asdict(Problem("an exercise of its office: nothing real opens / 发布单位的演练，不触发真实提示",
                       s.identifier))
        for s in reading.signals if isinstance(s, Warning) and s.status == "exercise"
    ]  # fmt: skip
    made.problems += [
        asdict(Problem(f"no point of ours and no coordinates / 非本县点位且无坐标: {spot or '?'}"))
        for spot in stage.lost
    ]
    made.problems += [
        asdict(Problem(f"not believed / 不予采信: {s.kind} {fault}", s.id, CLOCK_MEND))
        for s in reading.signals
        if (fault := wrong_clock(s, now))
    ]
    if reading.signals and stage.places.columns:
        _evaluate(made, reading.signals, source, connector, around, stage)
    return made


def _evaluate(
    made: DryRun,
    signals: list[Signal],
    source: str,
    connector: Connector,
    around: Surroundings,
    stage: Stage,
) -> None:
    now = made.now
    by_date = _open_by_date(_engine(signals, source, connector, around, stage), now)
    if any(isinstance(s, Occasion) for s in signals):  # the date is what this payload tells of
        by_date = set()
    engine = _engine(signals, source, connector, around, stage)
    for name in engine.facts.feeds:
        engine.facts.heard(name, now)
    for signal in sorted((_apart(s) for s in signals), key=lambda s: s.issued):
        engine.see(accepted_at(signal, now), now)
        if isinstance(signal, Warning) and signal.identifier in stage.areas:
            held = engine.facts.warnings.get((signal.identifier, signal.hazard))
            if held is not None:
                held.columns |= _columns_of(stage, stage.areas[signal.identifier])
    work = engine.work(Tick(source="clock", issued=now), now, None, set(), at_any_hour=True)
    for rule_id, decided in work.decisions.items():
        rule = around.book.rules_by_id[rule_id]
        places = engine.places[rule_id]
        for position, _, level in decided.rises:
            if (rule_id, position, level) in by_date:
                place = places.ids[position]
                made.calendar.setdefault(rule_id, []).append(stage.shown.get(place, place))
                continue
            [finding] = engine.findings(work, rule, [(position, level)])
            asks = [a for n, step in rule.levels.items() if Level[n] <= level for a in step.ask]
            place = places.ids[position]
            made.alerts.append({
                "rule": rule_id,
                "place": stage.shown.get(place, place),
                "level": Level(level).name,
                "onset": _utc(finding.onset or now),
                "measures": [
                    {"measure": name, "arguments": arguments,
                     "form": around.book.measures[name].form,
                     "title": dict(around.book.measures[name].title),
                     "said": {language: around.book.measures[name].say(arguments, language)
                              for language in ("zh", "en")}}
                    for name, arguments in strictest_asks(around.book.measures, asks).items()
                ],
                "why": finding.why,
            })  # fmt: skip
    made.problems += [asdict(p) for p in _open_questions(engine, around, signals)]


def _open_by_date(engine: Engine, now: datetime) -> set[tuple[str, int, int]]:
    """(rule, position, level) of what opens where no signal at all was seen."""
    work = engine.work(Tick(source="clock", issued=now), now, None, set())
    return {
        (rule_id, position, level)
        for rule_id, decided in work.decisions.items()
        for position, _, level in decided.rises
    }


def _engine(
    signals: list[Signal],
    source: str,
    connector: Connector,
    around: Surroundings,
    stage: Stage,
) -> Engine:
    settings, book, places = around.weather, around.book, stage.places
    sources = _sources([_apart(s) for s in signals], connector)
    feeds = {s.source: connector.cadence for s in signals if isinstance(s, Warning)}
    if "warning" in connector.feeds:
        feeds[source] = connector.cadence
    fields = Fields(stage.columns(), around.zone, sources, FieldSettings(
        horizon_hours=settings.horizon_hours, day_starts_at=settings.day_starts_at,
        observation_km=settings.observation_km,
        observation_height_m=settings.observation_height_m, heating_base=settings.heating_base,
        lapse_k_per_km=settings.lapse_k_per_km, fire_start=settings.fire_start,
    ))  # fmt: skip
    fields.need(book.quantities)
    life = Life("dry-run", False, book, places, Policies(), around.zone)
    standings = {
        rule: Standing.at_rest(rule, on.ids) for rule, on in rule_places(life).items()
    }  # fmt: skip
    facts = FactBook(places, around.calendar, feeds)
    tags = {
        t: [t in place.tags for place, _ in places.columns]
        for t in {t for rule in book.rules for t in rule.tags}
    }
    return Engine(life, fields, facts, tags, standings, connector.cadence)


def _apart(signal: Signal) -> Signal:
    """A source of runs and of observations is two sources to the fields, which judge them apart."""
    if isinstance(signal, Observation):
        return signal.model_copy(update={"source": f"{signal.source} (observed)"})
    return signal


def _sources(signals: list[Signal], connector: Connector) -> list[SourceFacts]:
    """The sources as this payload shows them: what it does not carry, they cannot say."""
    found: dict[str, SourceFacts] = {}
    for signal in signals:
        if not isinstance(signal, Forecast | Observation):
            continue
        held = found.get(signal.source) or SourceFacts(
            signal.source, connector.cadence, frozenset(), signal.kind, len(found)
        )
        said = held.quantities | signal.values.keys()
        found[signal.source] = replace(held, quantities=said)
    return list(found.values())


def _columns_of(stage: Stage, areas: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    shown = stage.shown
    return np.array([shown.get(p.id) in areas for p, _ in stage.places.columns], np.bool_)


def _open_questions(
    engine: Engine, around: Surroundings, signals: list[Signal]
) -> Iterable[Problem]:
    """Once a rule: what the payload cannot decide, and what it should have said and did not."""
    # A feed of warnings is not expected to bring weather: its floors are all it decides.
    weather = any(isinstance(s, Forecast | Observation) for s in signals)
    for rule in around.book.rules if weather else ():
        missing: dict[str, set[str]] = {}
        for place in engine.places[rule.id].ids:
            lo, hi = engine.life.places.place_range[place]
            for level, words in engine.bound.undecidable_at(rule.id, lo, hi).items():
                missing.setdefault(level, set()).update(words)
        if missing:
            levels = ", ".join(missing)
            absent = ", ".join(sorted({w for words in missing.values() for w in words}))
            yield Problem(f"undecidable 无法判定 ({levels}): this payload does not carry {absent}",
                          rule.id, "Another source must say it.")  # fmt: skip
            continue
        memory = engine.standings[rule.id]
        unknown = int(np.isfinite(memory.unknown_since).sum())
        if unknown:
            yield Problem(f"unknown 未知 at {unknown} of {len(memory.places)} places: hours or values"
                          " that it needs are missing", rule.id)  # fmt: skip


def _signal(signal: Signal, stage: Stage) -> dict[str, Any]:
    shown = stage.of_signal.get(signal.id, [])
    said: dict[str, Any] = {
        "kind": signal.kind, "id": signal.id, "source": signal.source, "issued": _utc(signal.issued),
    }  # fmt: skip
    if isinstance(signal, Warning):
        # One without an end holds for 24 h; what ends others holds for none.
        end = signal.expires or signal.issued + timedelta(hours=24)
        span = end - (signal.onset or signal.issued)
        if signal.action == "cancel":
            span = timedelta(0)
        return said | {
            "areas": shown, "hours": round(span.total_seconds() / 3600, 1), "quantities": [],
            "hazard": signal.hazard, "event": signal.event, "level": signal.level,
            "action": signal.action, "status": signal.status, "onset": _utc(signal.onset),
            "expires": _utc(signal.expires),
        }  # fmt: skip
    if isinstance(signal, Forecast):
        return said | {"places": shown, "hours": signal.hours, "quantities": sorted(signal.values)}
    if isinstance(signal, Observation):
        return said | {"places": shown, "hours": 1, "quantities": sorted(signal.values)}
    return said | {"places": shown, "hours": 0, "quantities": []}


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
