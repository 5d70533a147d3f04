"""What rules look at: the fields as they stand at one moment, and the facts beside them.

`weather.fields` makes it, the rule book reads it. Columns are (place, point) pairs, so that the points
of one kind of place lie side by side; rows are UTC hours, hours first.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Daily:
    """One value a local day as bounds: a complete day has low == high, an incomplete minimum has
    low = -inf (it is *at most* what is known), an incomplete maximum high = +inf, an incomplete mean
    both. A day without any value is (-inf, +inf).

    `low` and `high` are float32 (days, columns); `day_of_hour[row]` is the day each hour row lies in,
    -1 before the first; `complete_row[day]` is the row of the day's last hour stamp (it may lie beyond
    the last row, and is negative for days that ended before the first). Days run from 20:00 to 20:00
    local by default; the stamp at 20:00 ends the day.
    """

    low: Floats
    high: Floats
    day_of_hour: Ints
    complete_row: Ints


class Facts(Protocol):
    """What is not weather: warnings, the calendar, incidents, what people reported.

    Three values throughout: arrays of int8 with 0 false, 1 unknown, 2 true, unless said otherwise.
    """

    def warning(self, hazard: str) -> NDArray[np.int8]:
        """Level (0 to 4) of the official warning in force at each column. Where a feed is silent,
        -1 less that level: what is held stays in force, and whether there is more is unknown."""
        ...

    def can_warn(self) -> bool:
        """Whether any configured source brings warnings; else a warning is absent."""
        ...

    def season(self, name: str) -> int:
        """0, 1 or 2 for now. KeyError for a season or holiday the calendar does not have."""
        ...

    def holiday(self, name: str) -> int: ...

    def on_day(self, kind: str) -> NDArray[np.int8]:
        """For every hour row, whether its local day is of that kind (school-day, working-day)."""
        ...

    def incident(self, kind: str, hours: float) -> int:
        """Whether a bulletin of that kind came within the last `hours`."""
        ...

    def reported(self, word: str) -> NDArray[np.int8]:
        """For every column, whether a person reported it there and nobody ended it."""
        ...


def held_level(said: NDArray[np.int8]) -> NDArray[np.int8]:
    """The level that is in force in what `Facts.warning` says, whether or not there may be more."""
    return np.where(said < 0, -1 - said, said).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Sight:
    """The fields at one moment, for `columns` columns.

    `values[q]` is float32 (hours, columns), NaN where missing. Row `now_row` is the current hour (the
    stamp at or before `now`). Rows above `horizon[column]` are *not yet forecast*: neither true nor
    missing; `horizons` has the quantities that end at other rows. `can_say[q]` is False where no
    configured source can say q (*absent*). `observed[q]` is the latest observation that speaks for the
    column (NaN where unknown, after two cadences and 10 min); `can_observe[q]` is False where no sensor
    speaks for the column.

    Arrays are views of the fields: they hold until the next signal is taken. Where a forecast source is
    configured and no run of it counts (none came yet, all are overdue) the horizon is the last row and
    what lies ahead is NaN: missing, not left out.
    """

    now: datetime
    zone: ZoneInfo
    first: datetime
    now_row: int
    values: Mapping[str, Floats]
    horizon: Ints
    can_say: Mapping[str, Bools]
    observed: Mapping[str, Floats]
    can_observe: Mapping[str, Bools]
    daily: Mapping[str, Mapping[str, Daily]]  # quantity -> "min" | "max" | "mean" -> Daily
    facts: Facts
    derived: frozenset[str] = field(default=frozenset())
    horizons: Mapping[str, Ints] = field(default_factory=dict)

    def horizon_of(self, quantity: str) -> Ints:
        return self.horizons.get(quantity, self.horizon)

    def of_columns(
        self, columns: NDArray[np.intp], facts: Facts, quantities: Set[str] | None = None
    ) -> Sight:
        """The same of some columns (copies), with `facts` of theirs; and of some quantities alone."""

        def each(held: Mapping[str, Any]) -> dict[str, Any]:
            wanted = held if quantities is None else held.keys() & quantities
            return {q: held[q][..., columns] for q in held if q in wanted}

        values = each(self.values)
        if not values:  # where no quantity is wanted there are hours still
            values = {"": np.full((self.rows, len(columns)), np.nan, np.float32)}
        daily = {
            q: {k: replace(d, low=d.low[:, columns], high=d.high[:, columns])
                for k, d in kinds.items()}
            for q, kinds in self.daily.items() if quantities is None or q in quantities
        }  # fmt: skip
        return replace(
            self,
            values=values,
            horizon=self.horizon[columns],
            horizons={q: h[columns] for q, h in self.horizons.items()},
            can_say=each(self.can_say),
            observed=each(self.observed),
            can_observe=each(self.can_observe),
            daily=daily,
            facts=facts,
        )

    @property
    def rows(self) -> int:
        return next(len(v) for v in self.values.values())

    @property
    def columns(self) -> int:
        return len(self.horizon)
