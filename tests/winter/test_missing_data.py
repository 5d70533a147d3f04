"""Missing data neither opens nor lifts, held over days of snow and fog with parts of them missing.

What was not said may have been anything. So every change that was decided while hours were missing must
stand whatever they are: an opening or rise is true with all of them fine, a fall or clearing with all of
them foul. And where nobody says anything any more, nothing changes at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerting.alerts.engine import Engine
from alerting.rulebook import load_book
from alerting.vocabulary import Level
from alerting.weather import Sight
from tests.winter.conftest import WHOLE
from tests.winter.feed import (
    EVERY,
    HOUR,
    SNOW_AND_END,
    TEN_DAYS,
    feed,
    silent,
    with_holes,
    without,
)
from tests.winter.realm import RISES, Change, changes

pytestmark = pytest.mark.timeout(3600 if WHOLE else 900)
RULES = Path(__file__).parents[2] / "rules"
FINE = {
    "temperature": 12.0, "humidity": 50.0, "precipitation": 0.0, "visibility": 16093.0,
    "wind_speed": 1.0, "snowfall": 0.0, "freezing_rain": 0.0, "surface_temperature": 11.0,
}  # fmt: skip
FOUL = {
    "temperature": -25.0, "humidity": 95.0, "precipitation": 15.0, "visibility": 20.0,
    "wind_speed": 30.0, "snowfall": 15.0, "freezing_rain": 15.0, "surface_temperature": -26.0,
}  # fmt: skip


def filled(sight: Sight, with_: dict[str, float]) -> Sight:
    """The sight with all that is missing in it said; what lies beyond the horizon stays unsaid."""
    rows = np.arange(sight.rows)[:, None]
    values = {
        q: np.where(np.isnan(v) & (rows <= sight.horizon), np.float32(with_.get(q, np.nan)), v)
        for q, v in sight.values.items()
    }
    observed = {
        q: np.where(np.isnan(v) & sight.can_observe[q], np.float32(with_.get(q, np.nan)), v)
        for q, v in sight.observed.items()
    }
    return replace(sight, values=values, observed=observed)


class Judged:
    """Looks at every change in the moment it is made, with what was missing said to be anything."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.among_holes = {"rises": 0, "falls": 0}
        self._held: dict[tuple[str, str], int] = defaultdict(int)

    def __call__(self, engine: Engine, now: datetime, made: list[Change]) -> None:
        facts = engine.facts.at(now)
        sight = facts.beside(engine.fields.sight(now, facts))
        for change in made:
            was = self._held[change.rule, change.place]
            self._held[change.rule, change.place] = change.level
            rises = change.what in RISES
            if self._misses(engine, sight, change):
                self.among_holes["rises" if rises else "falls"] += 1
            for name, values in (("fine", FINE), ("foul", FOUL)):
                true, clear = self._true(engine, filled(sight, values), change)
                if rises and max(true, default=0) < change.level:
                    self.wrong.append(f"{change}: not if what is missing is {name}")
                if not rises and (not clear or any(change.level < n <= was for n in true)):
                    self.wrong.append(f"{change} from {was}: not if what is missing is {name}")

    @staticmethod
    def _true(engine: Engine, sight: Sight, change: Change) -> tuple[list[int], bool]:
        """The levels of the change's rule that are true at its place, and whether `clear` is."""
        verdict = next(v for v in engine.bound.evaluate(sight) if v.rule.id == change.rule)
        places = engine.places[change.rule]
        columns = places.columns_of(places.ids.index(change.place)) - verdict.lo
        levels = [int(Level[name]) for name in verdict.rule.levels]
        held = verdict.true[:, columns].any(axis=1)
        true = [level for level, is_true in zip(levels, held, strict=True) if is_true]
        return true, bool(verdict.clear_true[columns].all())

    @staticmethod
    def _misses(engine: Engine, sight: Sight, change: Change) -> bool:
        """Whether anything is missing of what the rule reads there, up to the horizon."""
        places = engine.places[change.rule]
        columns = places.columns_of(places.ids.index(change.place))
        quantities = engine.life.book.rules_by_id[change.rule].quantities & sight.values.keys()
        last = sight.now_row - 12, int(sight.horizon[columns].min()) + 1
        return any(
            np.isnan(sight.values[q][slice(*last)][:, columns]).any() for q in quantities
        )


# Parts of the cells, of the runs and of the observations that are missing, and the seed.
LOSSES = [(0.03, 0.1, 0.2, 3), (0.03, 0.0, 0.0, 1), (0.15, 0.0, 0.0, 2), (0.01, 0.4, 0.6, 4)]


@pytest.mark.parametrize(
    ("holes", "runs", "observations", "seed"), LOSSES if WHOLE else LOSSES[:1]
)
def test_what_is_missing_decides_nothing(
    tmp_path: Path, holes: float, runs: float, observations: float, seed: int
) -> None:
    begins, ends = TEN_DAYS if WHOLE else SNOW_AND_END
    moments = with_holes(without(feed(begins, ends), runs, observations, seed), holes, seed)
    judged = Judged()
    made = changes(tmp_path, moments, begins, ends, judged)
    assert not judged.wrong, "\n".join(judged.wrong)
    assert judged.among_holes["rises"] > 5, judged.among_holes
    assert len(made) > 10


@pytest.mark.parametrize("hour", range(6, 200, 13) if WHOLE else [14])
def test_where_nobody_speaks_nothing_changes(tmp_path: Path, hour: int) -> None:
    """For 30 h from that hour on: once the newest run is two cadences old and ten minutes more, nothing
    that the weather decides opens, rises, falls or clears until somebody speaks again."""
    begins, ends = TEN_DAYS if WHOLE else SNOW_AND_END
    quiet = begins + hour * HOUR, begins + (hour + 30) * HOUR
    made = changes(tmp_path, silent(feed(begins, ends), *quiet), begins, ends)
    last_run = max(m.at for m in feed(begins, quiet[0]) if m.at.minute == 10)
    overdue = last_run + timedelta(hours=2 * EVERY, minutes=10)
    calendar = {rule.id for rule in load_book(RULES).rules if rule.facts_only}
    by_weather = [c for c in made if c.rule not in calendar]
    assert by_weather
    assert [c for c in by_weather if overdue < c.at < quiet[1]] == []
    assert made
