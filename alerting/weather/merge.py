"""How sources become one field: by trust, cell by cell, with observations over the past.

Only what changed is merged again; a quantity that a single run source says is not copied at all.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats
from alerting.weather.ground import Ground, Index, Setting
from alerting.weather.memory import Memory
from alerting.weather.observations import Observations
from alerting.weather.recipes import RECIPES, plan, reach
from alerting.weather.runs import Runs
from alerting.weather.sight import Bools
from alerting.weather.window import Window

_ALL = slice(None)


class Merge:
    """`fields[q]` is believed, rows as the window's arrays; `order` is what is derived."""

    def __init__(
        self,
        window: Window,
        runs: dict[str, Runs],
        observations: Observations,
        ground: Ground,
    ) -> None:
        self._window, self._runs, self._observations = window, runs, observations
        self._ground = ground
        self._memories: dict[str, Memory] = {}
        self._reach: dict[str, int | None] = {}
        self.needed: frozenset[str] = frozenset()
        self.forecast_said: set[str] = set()
        self.observed_said: set[str] = set()
        self.order: tuple[str, ...] = ()
        self.fields: dict[str, Floats] = {}
        self.stale = {name: np.zeros(window.columns, np.bool_) for name in runs}
        self._own: dict[str, Floats] = {}
        self._dirty = np.zeros(window.columns, np.bool_)
        self._dirty_hours: tuple[int, int] | None = None
        self._all_dirty = False
        self._hour = 0
        self._at = 0.0

    def plan(self) -> None:
        ahead, said = frozenset(self.forecast_said), frozenset(self.observed_said)
        wanted = self.needed - ahead
        self.order = tuple(dict.fromkeys((*plan(wanted, ahead), *plan(wanted, ahead | said))))
        self._reach = reach(self.order)
        for quantity in self.order:
            self._own.setdefault(quantity, self._window.layer())
            memory = RECIPES[quantity].memory
            if memory is not None and quantity not in self._memories:
                self._memories[quantity] = memory(self._ground)
        self._all_dirty = bool(self.fields)

    def mark(self, columns: Bools, low: int, high: int) -> None:
        self._dirty |= columns
        if self._dirty_hours is not None:
            low, high = min(low, self._dirty_hours[0]), max(high, self._dirty_hours[1])
        self._dirty_hours = (low, high)

    def make(
        self, quantity: str, parts: Mapping[str, Floats], columns: Index, hours: NDArray[np.int64]
    ) -> Floats | None:
        """A derived quantity of these columns and hours, (hours, columns), of those of `parts` that
        its recipe names; None where one that it needs is not there. What goes hour upon hour must be
        given all hours from the window's first."""
        recipe, memory = RECIPES[quantity], self._memories.get(quantity)
        if not recipe.of <= parts.keys():
            return None
        taken = {q: parts[q] for q in recipe.of | (recipe.may & parts.keys())}
        before = None if memory is None else memory.before(columns)
        return recipe.make(taken, Setting(self._ground.at(columns), hours, before))

    def of_latest(
        self, quantity: str, values: Mapping[str, Floats], columns: Index
    ) -> Floats | None:
        """A derived quantity of these columns' latest observations, which `values` are; None for what
        hours before would have to say."""
        if self._reach[quantity] is None:
            return None
        now = np.array([self._window.now])
        made = self.make(quantity, {q: v[None] for q, v in values.items()}, columns, now)
        return None if made is None else made[0]

    def leave(self, new_first: int) -> None:
        """Keep what is needed of the hours before `new_first`, at which the window is to begin."""
        window = self._window
        rows = window.span(window.first, window.last)
        for quantity, memory in self._memories.items():
            if quantity in self.order and quantity in self.fields:
                parts = {q: self.fields[q][rows] for q in RECIPES[quantity].of if q in self.fields}
                if len(parts) == len(RECIPES[quantity].of):
                    memory.keep(self._own[quantity][rows], parts, window.first, new_first)

    def refresh(self, now: float) -> Index:
        """Bring the merged and derived arrays up to date, touching only what changed; gives the columns
        in which anything may have."""
        window = self._window
        before, self._at = self._at, now
        for name, runs in self._runs.items():
            late = runs.overdue(now) & np.isfinite(runs.issued)
            turned = late != self.stale[name]
            if turned.any():
                self.stale[name] = late
                self.mark(turned, window.first, window.last)
        everything = window.span(window.first, window.last)
        for quantity in sorted(
            self._observations.layers.keys() | {q for r in self._runs.values() for q in r.layers}
        ):
            alias = self._sole_layer(quantity)
            held = self.fields.get(quantity)
            if alias is not None:
                self.fields[quantity] = alias
            elif held is None or held is not self._own.get(quantity):
                self._merge(quantity, everything, _ALL)
        blocks: list[tuple[slice, Index]] = []
        changed: Index = np.zeros(0, np.int64)
        if self._all_dirty:
            blocks.append((everything, _ALL))
        else:
            # The current hour may be stood in for by the latest observation; a past one not.
            if self._hour != window.now and self._observations.layers:
                blocks.append((window.span(self._hour or window.now, window.now), _ALL))
            elif (lapsed := self._observations.lapsed(before, now)).any():
                self.mark(lapsed, window.now, window.now)
            if self._dirty_hours is not None:
                changed = np.flatnonzero(self._dirty)
                few = len(changed) * 4 < len(self._dirty)
                blocks.append((window.span(*self._dirty_hours), changed if few else _ALL))
        for rows, columns in blocks:
            changed = _ALL if isinstance(columns, slice) else changed
            if rows.stop > rows.start:
                for quantity, held in self.fields.items():
                    if held is self._own.get(quantity) and quantity not in self.order:
                        self._merge(quantity, rows, columns)
                for quantity in self.order:
                    self._derive(quantity, self._changed(quantity, rows), columns)
        self._dirty[:] = False
        self._dirty_hours = None
        self._all_dirty = False
        self._hour = window.now
        return changed

    def _sole_layer(self, quantity: str) -> Floats | None:
        """The one layer that is already the merged field, if it is: then nothing is copied."""
        if quantity in self._observations.layers or quantity in self.order:
            return None
        layers = [
            (name, runs.layers[quantity])
            for name, runs in self._runs.items()
            if quantity in runs.layers
        ]
        if len(layers) != 1 or self.stale[layers[0][0]].any():
            return None
        return layers[0][1]

    def _merge(self, quantity: str, rows: slice, columns: slice | NDArray[np.int64]) -> None:
        if quantity not in self._own:
            self._own[quantity] = self._window.layer()
        self.fields[quantity] = self._own[quantity]
        self._own[quantity][rows, columns] = self._believed(quantity, rows, columns)

    def _believed(self, quantity: str, rows: slice, columns: slice | NDArray[np.int64]) -> Floats:
        hours = self._window.hours(rows)
        width = len(self._dirty[columns])
        out = np.full((len(hours), width), np.nan, np.float32)
        for name, runs in reversed(self._runs.items()):
            if quantity not in runs.layers:
                continue
            said = runs.layers[quantity][rows][:, columns]
            use = ~np.isnan(said)
            if self.stale[name].any():
                until = np.where(self.stale[name], runs.believed_until(), self._window.last)
                use &= hours[:, None] <= until[columns]
            np.copyto(out, said, where=use)
        past = int(np.searchsorted(hours, self._window.now, "right"))
        if quantity in self._observations.layers and past:
            seen = self._observations.layers[quantity][rows][:past, columns]
            np.copyto(out[:past], seen, where=~np.isnan(seen))
            if hours[past - 1] == self._window.now:
                latest = self._observations.latest[quantity]
                fresh = latest.fresh(self._at)[columns]
                stand_in = np.isnan(out[past - 1]) & fresh
                out[past - 1][stand_in] = latest.value[columns][stand_in]
        return out

    def _changed(self, quantity: str, rows: slice) -> slice:
        """The rows in which a derived quantity may change with those rows."""
        far, window = self._reach[quantity], self._window
        everything = window.span(window.first, window.last)
        if far is None:
            return everything
        return slice(rows.start, min(rows.stop + far, everything.stop))

    def _derive(self, quantity: str, rows: slice, columns: Index) -> None:
        if quantity not in self._own:
            self._own[quantity] = self._window.layer()
        self.fields[quantity] = self._own[quantity]
        recipe, window = RECIPES[quantity], self._window
        begin = max(rows.start - recipe.back, window.span(window.first, window.first).start)
        back = slice(min(begin, rows.start), rows.stop)
        given = {
            q: self.fields[q][back][:, columns]
            for q in recipe.of | recipe.may
            if q in self.fields
        }
        made = self.make(quantity, given, columns, window.hours(back))
        if made is None:
            made = np.full((back.stop - back.start, len(self._dirty[columns])), np.nan, np.float32)
        made = made[rows.start - back.start :]
        if quantity in self._observations.layers:
            seen = self._believed(quantity, rows, columns)
            np.copyto(made, seen, where=~np.isnan(seen))
        self._own[quantity][rows, columns] = made
