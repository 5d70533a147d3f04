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
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.errors import BadInput
from alerting.signals import HOUR, Forecast, Observation, wrong_clock
from alerting.weather.daily import Days
from alerting.weather.day_values import DayValues
from alerting.weather.ground import Ground
from alerting.weather.horizon import Horizons
from alerting.weather.lift import Lift
from alerting.weather.merge import Merge
from alerting.weather.observations import Observations, Told
from alerting.weather.origins import Origin, Origins
from alerting.weather.placing import Atlas, Column
from alerting.weather.plausible import plausible
from alerting.weather.readings import Readings, RunSight
from alerting.weather.recipes import RECIPES
from alerting.weather.runs import Runs
from alerting.weather.sight import Bools, Facts, Sight
from alerting.weather.sources import FieldSettings, SourceFacts
from alerting.weather.speaking import Observed, can_say
from alerting.weather.window import Window, hour_of, stamp_of


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
        self._runs = {
            f.name: Runs(f.cadence, len(columns), f.dated)
            for f in self.sources.values()
            if f.kind == "forecast"
        }
        for name, runs in self._runs.items():  # now, so that the first run need not wait for it
            runs.layers = {q: self._window.layer() for q in sorted(self.sources[name].quantities)}
        self._lift = Lift(self._atlas, s.lapse_k_per_km)
        ground = Ground.of(
            columns, zone, snow_wet_bulb=s.snow_wet_bulb, heating_base=s.heating_base,
            fire_start=s.fire_start,
        )  # fmt: skip
        self._merge = Merge(self._window, self._runs, self._observations, ground)
        days = Days(zone, s.day_starts_at, s.daily_days, len(columns))
        self._days = DayValues(days, self._window, self._merge)
        self._observed = Observed(self._merge, self._observations, len(columns))
        self._spread: set[str] = set()  # quantities that a source says it has derived itself
        parts = (self._window, self._runs, self._observations, self._merge)
        self._readings = Readings(*parts, self._days.of)
        self._origins = Origins(*parts, list(self.sources), self._spread, self._lift)
        for f in self.sources.values():
            if f.kind == "forecast":
                self._merge.forecast_said |= f.quantities
            else:
                self._merge.observed_said |= f.quantities
        self._now = datetime.min.replace(tzinfo=UTC)
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
            self._days.need(daily)
            self._merge.needed |= {q for q, _ in self._days.needed}
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
        change = runs.take(*self._lift.move(f, self._atlas.place(f.spots)), self._window)
        back = late & ~runs.overdue(now)
        if not change.columns.any():
            if back.any():
                self._held = None
            return back
        if not f.values.keys() <= self._merge.forecast_said:
            self._merge.forecast_said |= f.values.keys()
            self._replan()
        self._spread |= f.derived
        keep = timedelta(hours=self.settings.agreement_hours)
        runs.forget(self._now - keep, self._now - self.settings.past_hours * HOUR)
        self._merge.mark(change.columns, change.low, change.high)
        self._held = None
        return change.columns | back

    def take_observations(self, *said: Observation) -> Bools:
        """Lay observations on the columns they speak for, none of which two speak for; returns those
        columns.

        Raises BadInput for a source that is not a configured observing source.
        """
        told = []
        for o in said:
            source = self.sources.get(o.source)
            if source is None or source.kind != "observation":
                raise BadInput(f"{o.source!r} is not a configured source of observations")
            self._arrive(o.accepted, o.at)
            told.append(Told(o, self._rank[o.source], source.cadence))
        columns, low, high = self._observations.take(told, self._now.timestamp())
        touched = np.zeros(len(self.columns), np.bool_)
        touched[columns] = True
        if len(columns):
            new = self._observations.latest.keys() - self._merge.observed_said
            if new:
                self._merge.observed_said |= new
                self._replan()
            # Of the current hour, too: the latest observation may stand in for it.
            self._merge.mark(touched, min(low, self._window.now), max(high, self._window.now))
            self._held = None
        return touched

    def reach(self, o: Observation) -> NDArray[np.int64]:
        """The columns that an observation may touch."""
        return self._observations.reach(o)[0]

    def advance(self, now: datetime) -> None:
        """Move to `now` (never back); a new hour rolls the window and keeps the days that leave it."""
        if now <= self._now:
            return
        hour = hour_of(now)
        if self._window.opened and hour > self._window.now:
            self._merge.refresh(self._now.timestamp())
            self._days.keep_leaving(hour - self._window.past)
            self._merge.leave(hour - self._window.past)
        self._window.move(hour)
        self._now = now
        self._held = None

    # What is seen --------------------------------------------------------------------------------

    def sight(self, now: datetime, facts: Facts) -> Sight:
        """All columns at `now`. Costs nothing when nothing changed since the last call."""
        self.advance(now)
        if self._held is not None:
            return replace(self._held, facts=facts)
        changed = self._merge.refresh(self._now.timestamp())
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
        self._observed.renew(self._now.timestamp(), changed)
        self._held = Sight(
            now=self._now,
            zone=self.zone,
            first=stamp_of(self._window.first),
            now_row=self._window.past,
            values=values,
            horizon=horizons.all,
            horizons=own,
            can_say=can_say(self._merge, self._observations),
            observed=self._observed.values,
            can_observe=self._observed.can,
            daily=self._days.now(values, rows, changed),
            facts=facts,
            derived=frozenset(self._merge.order) | self._spread,
        )
        return self._held

    def sight_of(self, now: datetime, facts: Facts, columns: NDArray[np.int64]) -> Sight:
        """The same for some columns (copies); `facts` must be theirs."""
        return self.sight(now, facts).of_columns(columns, facts)

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
        return self._origins.of(quantity, column, row)

    # How it is merged ----------------------------------------------------------------------------

    def _replan(self) -> None:
        self._merge.plan()
        self._days.forget()
        self._observed.forget()
        self._held = None

    def _arrive(self, accepted: datetime | None, said: datetime) -> None:
        if accepted is not None:
            self.advance(accepted)
        elif not self._window.opened:
            self.advance(said)
