"""A close look at few columns: what the conditions of one rule are there, at every row of the sight.

Each condition, series and fact is made once for all columns, whoever of them is told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.answers import Reader
from alerting.rulebook.evaluate import need_all
from alerting.rulebook.nodes import Compare, Condition, Fact, Series, Term, is_daily
from alerting.rulebook.plan import Plan
from alerting.rulebook.planes import Bits, Bools, unpacked
from alerting.rulebook.tile import Tile
from alerting.signals import Floats
from alerting.weather.sight import Sight, held_level

Ints = NDArray[np.int32]


class CloseUp:
    """All columns of a small sight; what is given has one row a column. `masks` are the rule's."""

    def __init__(self, sight: Sight, masks: list[Bools]) -> None:
        self.sight, self._masks = sight, masks
        self._tile = Tile(sight, slice(0, sight.columns), masks)
        self._reader = Reader(self._tile)
        self._plan = Plan()
        self._hourly: dict[Term, tuple[Bools, Bools]] = {}
        self._answers: dict[Condition, Bools] = {}
        self._days: dict[Condition, Bools] = {}
        self._series: dict[Series, Floats] = {}
        self._warned: dict[str, NDArray[np.int8]] = {}

    def says(self, mask: int) -> Bools:
        """[columns]: where a masked part says anything."""
        return ~self._masks[mask]

    def answer(self, node: Condition) -> Bools:
        """(columns, 2 or 3) of a fact or a term of days: true, possible, and of a term begun."""
        if node not in self._answers:
            made = (
                self._reader.answer(Plan().step(node))
                if isinstance(node, Term)
                else self._reader.facts.planes(cast(Fact, node))
            )
            self._answers[node] = self._by_column(made)
        return self._answers[node]

    def hourly(self, term: Term) -> tuple[Bools, Bools]:
        """Where the term's condition is true, and possible, (columns, rows)."""
        if term not in self._hourly:
            step = Plan().step(term.condition)
            need_all(step, self.sight)
            # Read alone: the tile keeps what an earlier, narrower need has computed.
            tile = Tile(self.sight, slice(0, self.sight.columns), self._masks)
            planes = tile.planes(step)[:, -tile.rows(step)[0] :]
            limit = self._reader.last_rows(step.daily, term.condition)
            inside = np.arange(self.sight.rows) <= limit[:, None]
            true, possible = self._by_column(planes[0]), self._by_column(planes[-1])
            self._hourly[term] = true & inside, possible & inside
        return self._hourly[term]

    def days(self, condition: Condition) -> Bools:
        """Where a condition on days' values is true, (columns, days)."""
        if condition not in self._days:
            self._days[condition] = self._by_column(self._tile.days.planes(condition)[0])
        return self._days[condition]

    def calendar(self) -> tuple[Ints, Ints]:
        """Which day each row lies in, and the row of each day's last stamp."""
        return self._tile.days.calendar()

    def series(self, series: Series) -> Floats:
        """A series at every row, (columns, rows); a day's value where the day is complete."""
        if series not in self._series:
            made = self._of_days(series) if is_daily(series) else self._of_hours(series)
            self._series[series] = np.ascontiguousarray(made[:, : self.sight.columns].T)
        return self._series[series]

    def last_rows(self, leaf: Compare) -> Ints:
        """[columns]: the last row that counts, see Reader.last_rows."""
        return self._reader.last_rows(is_daily(leaf.series), leaf)

    def warned(self, hazard: str) -> NDArray[np.int8]:
        """[columns]: the official level in force."""
        if hazard not in self._warned:
            self._warned[hazard] = held_level(self.sight.facts.warning(hazard))
        return self._warned[hazard]

    def _of_days(self, series: Series) -> Floats:
        low, high = self._tile.days.bounds(series)
        exact = np.where(low == high, low, np.nan)
        day = self.calendar()[0]
        if not len(exact):
            return np.full((self.sight.rows, self.sight.columns), np.nan, np.float32)
        known = (day >= 0)[:, None]
        return np.where(known, exact[np.maximum(day, 0)], np.nan).astype(np.float32)

    def _of_hours(self, series: Series) -> Floats:
        step = self._plan.step(series)
        need_all(step, self.sight)
        # Read alone: the tile keeps what an earlier, narrower need has computed.
        tile = Tile(self.sight, slice(0, self.sight.columns), [])
        return tile.series(step)[-tile.rows(step)[0] :]

    def _by_column(self, bits: Bits) -> Bools:
        return np.ascontiguousarray(unpacked(bits, self.sight.columns).T)


def few_columns(sight: Sight, quantities: frozenset[str], columns: Sequence[int]) -> Sight:
    """The same sight of these columns and quantities alone."""
    at = np.asarray(columns, np.intp)
    return sight.of_columns(at, _FactsAt(sight, at), quantities)


class _FactsAt:
    def __init__(self, sight: Sight, at: NDArray[np.intp]) -> None:
        self._facts, self._at = sight.facts, at
        self.can_warn = sight.facts.can_warn
        self.season, self.holiday = sight.facts.season, sight.facts.holiday
        self.on_day, self.incident = sight.facts.on_day, sight.facts.incident

    def warning(self, hazard: str) -> NDArray[np.int8]:
        return self._facts.warning(hazard)[self._at]

    def reported(self, word: str) -> NDArray[np.int8]:
        return self._facts.reported(word)[self._at]
