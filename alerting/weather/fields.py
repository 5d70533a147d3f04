"""The fields of one realm: what is believed of every column, hour by hour, held in memory.

Rebuilt at start by taking the stored signals again in the order in which they were accepted.

What counts for a cell: in past hours (stamps up to now) an observation, else the most trusted source's
last run that covered the hour; ahead, the most trusted source's newest run. Where it says nothing, the
next source. A run older than two cadences counts only up to the hour in which it became overdue; what
lies after it is *missing*: an old forecast must not read as good weather. So it is before a source's
first run: where a forecast source is configured and no run counts, the horizon is the window's end and
every hour after now is missing (unknown), not "not yet forecast" (left out).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.errors import BadInput
from alerting.signals import HOUR, Floats, Forecast, Observation, wrong_clock
from alerting.vocabulary import QUANTITIES
from alerting.weather.daily import Days
from alerting.weather.derived import RECIPES, station_pressure
from alerting.weather.horizon import Horizons
from alerting.weather.merge import Merge
from alerting.weather.observations import Observations
from alerting.weather.placing import Atlas, Column
from alerting.weather.plausible import plausible
from alerting.weather.readings import Readings, RunSight
from alerting.weather.runs import Runs
from alerting.weather.sight import Bools, Daily, Facts, Sight
from alerting.weather.window import Window, hour_of, stamp_of

DAILY = frozenset({("temperature", "min"), ("temperature", "max"), ("temperature", "mean")})


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A configured source; `trust` 0 is trusted most. `dated`: its runs carry an issue time of their
    own, and not only the hour in which they were fetched."""

    name: str
    cadence: timedelta
    quantities: frozenset[str]
    kind: Literal["forecast", "observation"]
    trust: int = 0
    dated: bool = True


@dataclass(frozen=True, slots=True)
class FieldSettings:
    past_hours: int = 72
    horizon_hours: int = 120
    day_starts_at: int = 20  # local hour
    observation_km: float = 10.0
    observation_height_m: float = 200.0
    agreement_hours: int = 6
    daily_days: int = 60
    snow_wet_bulb: float = 0.5  # degC, precipitation at or below it is snow


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value comes from. `issued` is a run's issue or an observation's hour."""

    source: str
    issued: datetime | None
    kind: Literal["observed", "forecast", "derived", "missing"]


class Fields:
    """Columns in the order given. A `Sight`'s arrays are views: they hold until the next signal."""

    def __init__(
        self,
        columns: Sequence[Column],
        zone: ZoneInfo,
        sources: Sequence[SourceFacts],
        settings: FieldSettings | None = None,
    ) -> None:
        self.settings = s = settings or FieldSettings()
        self.zone = zone
        self.sources = {f.name: f for f in sorted(sources, key=lambda f: f.trust)}
        self._rank = {name: n for n, name in enumerate(self.sources)}
        self._atlas = Atlas(columns)
        self._window = Window(s.past_hours, s.horizon_hours, len(columns))
        self._observations = Observations(
            self._atlas, self._window, s.observation_km, s.observation_height_m
        )
        self._days = Days(zone, s.day_starts_at, s.daily_days, len(columns))
        self._runs = {
            f.name: Runs(f.cadence, len(columns), f.dated)
            for f in self.sources.values()
            if f.kind == "forecast"
        }
        for name, runs in self._runs.items():  # now, so that the first run need not wait for it
            runs.layers = {q: self._window.layer() for q in sorted(self.sources[name].quantities)}
        pressure = station_pressure(self._atlas.elevation.astype(np.float32))
        self._merge = Merge(self._window, self._runs, self._observations, pressure, s.snow_wet_bulb)
        self._readings = Readings(
            self._window, self._runs, self._observations, self._merge, self._daily
        )
        for f in self.sources.values():
            if f.kind == "forecast":
                self._merge.forecast_said |= f.quantities
            else:
                self._merge.observed_said |= f.quantities
        self._spread: frozenset[str] = frozenset()
        self._needed_daily: frozenset[tuple[str, str]] = DAILY
        self._now = datetime.min.replace(tzinfo=UTC)
        self._daily_held: tuple[tuple[int, int, int], dict[str, dict[str, Daily]]] | None = None
        self._held: Sight | None = None
        self._replan()

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._atlas.columns

    def knows(self, source: str, kind: str) -> bool:
        """Whether a source of that name is configured and brings that kind of weather."""
        return source in self.sources and self.sources[source].kind == kind

    def need(
        self, quantities: Iterable[str], daily: Iterable[tuple[str, str]] | None = None
    ) -> None:
        """Say which quantities a rule book reads, and which (quantity, min | max | mean) by day."""
        self._merge.needed = frozenset(quantities)
        if daily is not None:
            self._needed_daily = frozenset(daily)
            self._merge.needed |= {q for q, _ in self._needed_daily}
        self._replan()

    # What comes in -------------------------------------------------------------------------------

    def take_forecast(self, f: Forecast) -> Bools:
        """Merge a run; returns the columns whose belief it may have changed. One that says again what
        is held changes nothing but where its source was overdue.

        Raises BadInput for a source that is not a configured forecast source.
        """
        if f.source not in self._runs:
            raise BadInput(
                f"{f.source!r} is not a configured forecast source",
                mend=f"Configured are: {', '.join(self._runs) or 'none'}.",
            )
        self._arrive(f.accepted, f.issued)
        if f.accepted is not None and wrong_clock(f, f.accepted):
            return np.zeros(len(self.columns), np.bool_)
        f = replace(f, values=plausible(f.values))
        runs = self._runs[f.source]
        now = self._now.timestamp()
        late = runs.overdue(now) & np.isfinite(runs.issued)
        change = runs.take(f, self._atlas.place(f.spots), self._window)
        back = late & ~runs.overdue(now)
        if not change.columns.any():
            if back.any():
                self._held = None
            return back
        if not f.values.keys() <= self._merge.forecast_said:
            self._merge.forecast_said |= f.values.keys()
            self._replan()
        if f.derived:
            self._spread |= f.derived
        keep = timedelta(hours=self.settings.agreement_hours)
        runs.forget(self._now - keep, self._now - self.settings.past_hours * HOUR)
        self._merge.mark(change.columns, change.low, change.high)
        self._held = None
        return change.columns | back

    def take_observation(self, o: Observation) -> Bools:
        """Lay an observation on the columns it speaks for; returns them.

        Raises BadInput for a source that is not a configured observing source.
        """
        source = self.sources.get(o.source)
        if source is None or source.kind != "observation":
            raise BadInput(f"{o.source!r} is not a configured source of observations")
        self._arrive(o.accepted, o.at)
        columns, low, high = self._observations.take(
            o, self._rank[o.source], source.cadence, self._now.timestamp()
        )
        touched = np.zeros(len(self.columns), np.bool_)
        touched[columns] = True
        if len(columns):
            new = self._observations.latest.keys() - self._merge.observed_said
            if new:
                self._merge.observed_said |= new
                self._replan()
            self._merge.mark(touched, low, high)
            self._held = None
        return touched

    def advance(self, now: datetime) -> None:
        """Move to `now` (never back); a new hour rolls the window and keeps the days that leave it."""
        if now <= self._now:
            return
        hour = hour_of(now)
        if self._window.opened and hour > self._window.now:
            self._merge.refresh(self._now.timestamp())
            self._keep_days(hour - self._window.past)
        self._window.move(hour)
        self._now = now
        self._held = None

    # What is seen --------------------------------------------------------------------------------

    def sight(self, now: datetime, facts: Facts) -> Sight:
        """All columns at `now`. Costs nothing when nothing changed since the last call."""
        self.advance(now)
        if self._held is not None:
            return replace(self._held, facts=facts)
        self._merge.refresh(self._now.timestamp())
        horizons = Horizons(self._window, self._runs, self._merge)
        own = horizons.own(self._merge.needed)
        farthest = [int(h.max(initial=self._window.past)) for h in (horizons.all, *own.values())]
        rows = max(farthest) + 1
        start = self._window.first - self._window.base
        empty = np.broadcast_to(np.float32(np.nan), (rows, len(self.columns)))
        names = (
            self._merge.forecast_said
            | self._merge.observed_said
            | self._merge.needed
            | {"temperature"}
        )
        values = {
            q: self._merge.fields[q][start : start + rows] if q in self._merge.fields else empty
            for q in sorted(names)
        }
        observed, can_observe = self._observed()
        self._held = Sight(
            now=self._now,
            zone=self.zone,
            first=stamp_of(self._window.first),
            now_row=self._window.past,
            values=values,
            horizon=horizons.all,
            horizons=own,
            can_say=self._can_say(),
            observed=observed,
            can_observe=can_observe,
            daily=self._daily_now(values, rows),
            facts=facts,
            derived=frozenset(self._merge.order) | self._spread,
        )
        return self._held

    def sight_of(self, now: datetime, facts: Facts, columns: NDArray[np.int64]) -> Sight:
        """The same for some columns (copies); `facts` must be theirs."""
        whole = self.sight(now, facts)
        return replace(
            whole,
            values={q: v[:, columns] for q, v in whole.values.items()},
            horizon=whole.horizon[columns],
            horizons={q: h[columns] for q, h in whole.horizons.items()},
            can_say={q: v[columns] for q, v in whole.can_say.items()},
            observed={q: v[columns] for q, v in whole.observed.items()},
            can_observe={q: v[columns] for q, v in whole.can_observe.items()},
            daily={
                q: {k: replace(d, low=d.low[:, columns], high=d.high[:, columns])
                    for k, d in kinds.items()}
                for q, kinds in whole.daily.items()
            },
        )  # fmt: skip

    def run_sights(self, now: datetime, facts: Facts, columns: NDArray[np.int64]) -> list[RunSight]:
        """Every run issued in the last 6 h (config), and of each source at least its newest two, each
        read at now; see Readings.of_runs."""
        since = now - timedelta(hours=self.settings.agreement_hours)
        return self._readings.of_runs(self.sight_of(now, facts, columns), columns, since)

    def sensor_sight(
        self,
        now: datetime,
        facts: Facts,
        columns: NDArray[np.int64],
        since: NDArray[np.float64],
    ) -> Sight:
        """What stations alone have seen, with what is fresh and taken after `since`; see
        Readings.of_sensors."""
        return self._readings.of_sensors(self.sight_of(now, facts, columns), columns, since)

    def last_word(self, source: str) -> datetime | None:
        """When a forecast source last spoke anywhere, with a run or the same one again, by the time
        that its being overdue goes by; None before it has, and for what is no such source."""
        runs = self._runs.get(source)
        said = -np.inf if runs is None else float(runs.confirmed.max(initial=-np.inf))
        return datetime.fromtimestamp(said, UTC) if np.isfinite(said) else None

    def overdue(
        self, now: datetime, quantities: Iterable[str] | None = None
    ) -> Mapping[str, Bools]:
        """For each forecast source, the columns whose newest run is older than two cadences; with
        `quantities` only for the sources that should say any of them."""
        wanted = None if quantities is None else self.said_of(quantities)
        return {
            name: runs.overdue(now.timestamp())
            for name, runs in self._runs.items()
            if wanted is None or wanted & runs.layers.keys()
        }

    def said_of(self, quantities: Iterable[str]) -> frozenset[str]:
        """What forecasts say of these quantities: themselves, else what they are derived from; what
        only stations can say is left out."""
        said: set[str] = set()
        for quantity in quantities:
            if quantity in self._merge.forecast_said:
                said.add(quantity)
            elif quantity in RECIPES:
                said |= self.said_of(RECIPES[quantity].of)
        return frozenset(said)

    def origin(self, quantity: str, column: int, row: int) -> Origin:
        """Where the value of one cell of the last sight comes from (`row` as in the sight)."""
        window, hour = self._window, self._window.first + row
        at = hour - window.base
        merged = self._merge.fields.get(quantity)
        if merged is None or np.isnan(merged[at, column]):
            return Origin("", None, "missing")
        names = list(self.sources)
        layer = self._observations.layers.get(quantity)
        if hour <= window.now and layer is not None and not np.isnan(layer[at, column]):
            latest = self._observations.latest[quantity]
            return Origin(names[latest.source[column]], stamp_of(hour), "observed")
        for name, runs in self._runs.items():
            held = runs.layers.get(quantity)
            late = self._merge.stale[name][column] and hour > runs.believed_until()[column]
            if held is None or late or np.isnan(held[at, column]):
                continue
            said = [r for r in runs.recent if r.taken[column] and r.start <= hour <= r.last]
            kind: Literal["derived", "forecast"] = (
                "derived" if quantity in self._spread else "forecast"
            )
            return Origin(name, said[-1].issued if said else None, kind)
        if quantity in self._merge.order:
            return Origin("", None, "derived")
        latest = self._observations.latest[quantity]
        taken = datetime.fromtimestamp(float(latest.taken[column]), UTC)
        return Origin(names[latest.source[column]], taken, "observed")

    # How it is merged ----------------------------------------------------------------------------

    def _replan(self) -> None:
        self._merge.plan()
        self._daily_held = None
        self._held = None

    def _arrive(self, accepted: datetime | None, said: datetime) -> None:
        if accepted is not None:
            self.advance(accepted)
        elif not self._window.opened:
            self.advance(said)

    def _can_say(self) -> dict[str, Bools]:
        can = {}
        for quantity in QUANTITIES:
            everywhere = quantity in self._merge.forecast_said
            can[quantity] = self._observations.heard(quantity) | everywhere
        for quantity in self._merge.order:
            can[quantity] |= np.logical_and.reduce([can[q] for q in RECIPES[quantity].of])
        return can

    def _observed(self) -> tuple[dict[str, Floats], dict[str, Bools]]:
        now = self._now.timestamp()
        values: dict[str, Floats] = {}
        can: dict[str, Bools] = {}
        nothing = np.full(len(self.columns), np.nan, np.float32)
        for quantity in QUANTITIES:
            latest = self._observations.latest.get(quantity)
            values[quantity] = nothing
            if latest is not None:
                values[quantity] = np.where(latest.fresh(now), latest.value, np.float32(np.nan))
            can[quantity] = self._observations.heard(quantity)
        for quantity in self._merge.order:
            parts = RECIPES[quantity].of
            made = self._merge.make(quantity, {q: values[q] for q in parts}, slice(None))
            values[quantity] = np.where(np.isnan(values[quantity]), made, values[quantity])
            can[quantity] = can[quantity] | np.logical_and.reduce([can[q] for q in parts])
        return values, can

    def _daily_now(self, values: Mapping[str, Floats], rows: int) -> dict[str, dict[str, Daily]]:
        key = (self._merge.version, self._window.first, rows)
        if self._daily_held is None or self._daily_held[0] != key:
            self._daily_held = (key, self._daily(values))
        return self._daily_held[1]

    def _daily(
        self, values: Mapping[str, Floats], columns: NDArray[np.int64] | None = None
    ) -> dict[str, dict[str, Daily]]:
        first = self._window.first
        made: dict[str, dict[str, Daily]] = {}
        for quantity, kind in sorted(self._needed_daily):
            if quantity in values:
                made.setdefault(quantity, {})[kind] = self._days.read(
                    values[quantity], first, quantity, kind, columns
                )
        return made

    def _keep_days(self, new_first: int) -> None:
        window = self._window
        leaving = self._days.leaving(window.first, new_first, window.rows)
        if not leaving:
            return
        start = window.first - window.base
        for quantity, kind in sorted(self._needed_daily):
            if quantity not in self._merge.fields:
                continue
            values = self._merge.fields[quantity][start : start + window.rows]
            daily = self._days.read(values, window.first, quantity, kind)
            oldest = self._days.of_hours(window.first, 1)[0] - daily.day_of_hour[0]
            for day in leaving:
                row = day - int(oldest)
                self._days.keep(quantity, kind, day, daily.low[row].copy(), daily.high[row].copy())
