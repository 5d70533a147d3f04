"""How far ahead is forecast, by quantity: sources end at different hours and say different things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from alerting.weather.merge import Merge
from alerting.weather.recipes import RECIPES
from alerting.weather.runs import NEVER, Runs
from alerting.weather.sight import Ints
from alerting.weather.window import Window


class Horizons:
    """Rows of a window by column, at one moment: the last hour of the newest runs that count."""

    def __init__(self, window: Window, runs: Mapping[str, Runs], merge: Merge) -> None:
        self._window, self._runs, self._merge = window, runs, merge
        self._known: dict[frozenset[str], Ints] = {}
        self.all = self._of_sources(frozenset(runs))

    def of(self, quantity: str) -> Ints:
        """That of the sources that say it, or of the first to end of what it is derived from; where
        stations alone say it, now. The same array where it is `all`."""
        sources = frozenset(name for name, runs in self._runs.items() if quantity in runs.layers)
        if not sources and quantity in self._merge.order:
            parts = [self.of(q) for q in sorted(RECIPES[quantity].of)]
            same = all(p is parts[0] for p in parts)
            return parts[0] if same else np.minimum.reduce(parts)
        return self._of_sources(sources)

    def own(self, quantities: Iterable[str]) -> dict[str, Ints]:
        """Those of the quantities that have one of their own."""
        each = {q: self.of(q) for q in sorted(quantities)}
        return {q: rows for q, rows in each.items() if rows is not self.all}

    def _of_sources(self, sources: frozenset[str]) -> Ints:
        if sources not in self._known:
            self._known[sources] = self._rows(sources)
        return self._known[sources]

    def _rows(self, sources: frozenset[str]) -> Ints:
        window = self._window
        if not sources:
            return np.full(window.columns, window.past, np.int32)
        last = np.full(window.columns, NEVER, np.int64)
        for name in sources:
            runs = self._runs[name]
            counts = ~self._merge.stale[name] & np.isfinite(runs.issued)
            np.maximum(last, np.where(counts, runs.last, last), out=last)
        rows = np.where(last == NEVER, window.rows - 1, last - window.first)
        return np.clip(rows, window.past, window.rows - 1).astype(np.int32)
