"""Facts, one answer a column: observations, warnings, the calendar, incidents, reports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerting.errors import BadInput
from alerting.rulebook.book import Rule
from alerting.rulebook.compare import COMPARE, compare
from alerting.rulebook.nodes import (
    Fact,
    Happened,
    Holiday,
    Observed,
    Official,
    Reported,
    Season,
    text_of,
)
from alerting.rulebook.planes import Bits, Columns, both, width
from alerting.vocabulary import Level
from alerting.weather.sight import Sight, held_level


class FactsAt:
    """The facts of a sight at the columns `at`."""

    def __init__(self, sight: Sight, at: Columns) -> None:
        self._sight, self._facts, self._at = sight, sight.facts, at
        self._width = width(at)

    def planes(self, node: Fact) -> Bits:
        """(2, bytes)."""
        match node:
            case Observed(quantity, operator, threshold):
                held = self._sight.observed.get(quantity)
                if held is None:
                    return self._everywhere(1)
                values = held[self._at]
                true = compare(values, operator, threshold, 0.0)
                return both(true, true | np.isnan(values))
            case Official(hazard, operator, level):
                said = self._facts.warning(hazard)[self._at]
                ufunc = np.equal if operator == "=" else COMPARE[operator]
                meets = ufunc(np.arange(len(Level) + 1), int(level))
                least, unsure = held_level(said), said < 0
                # With a feed silent it may be this level or any above it.
                all_above = np.logical_and.accumulate(meets[::-1])[::-1]
                any_above = np.logical_or.accumulate(meets[::-1])[::-1]
                return both(
                    np.where(unsure, all_above[least], meets[least]),
                    np.where(unsure, any_above[least], meets[least]),
                )
            case Reported(word):
                said = self._facts.reported(word)[self._at]
                return both(said == 2, said >= 1)
            case Season(name) | Holiday(name):
                return self._everywhere(self._of_calendar(node, name))
            case Happened(incident, hours):
                return self._everywhere(self._facts.incident(incident, float(hours)))

    def _everywhere(self, said: int) -> Bits:
        return both(np.full(self._width, said == 2), np.full(self._width, said >= 1))

    def _of_calendar(self, node: Season | Holiday, name: str) -> int:
        facts = self._facts
        try:
            return facts.season(name) if isinstance(node, Season) else facts.holiday(name)
        except KeyError:
            raise BadInput(
                f"the calendar has no {text_of(node)!r}, which a rule asks for.",
                mend="Add it to the calendar's file, or change the rule; suian check names both.",
            ) from None

    def floor(self, rule: Rule) -> NDArray[np.int8]:
        """The official level on the rule's ladder; where the ladder lacks it, the next lower one."""
        # A warning that somebody typed in from a fax counts where no feed is configured, too.
        official = held_level(self._facts.warning(rule.hazard)[self._at])
        return on_ladder(rule.ladder)[official]


def on_ladder(ladder: Sequence[Level]) -> NDArray[np.int8]:
    """For each official level 0 to 4, the highest of the ladder that is not above it, else 0."""
    return np.array(
        [max((level for level in ladder if level <= said), default=0) for said in range(5)], np.int8
    )
