"""Fog that is forecast for half a day ahead, seen by one run and not by the next: one alert, not five.

Beside each story stands what a naive reading of the rule would have made of it: open exactly while the
condition is true of the newest run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.alerts.county import County

FOG, FINE = 300.0, 9000.0


def sees_fog(county: County) -> bool:
    """Whether the fog rule's condition is true on the road as things stand."""
    facts = county.engine.facts.at(county.now)
    sight = facts.beside(county.engine.fields.sight(county.now, facts))
    verdicts = {v.rule.id: v for v in county.engine.bound.evaluate(sight)}
    return bool(verdicts["fog"].true.any())


def runs_about(county: County, saying: Sequence[bool], ahead: int) -> int:
    """A run an hour, each of which does or does not see a fog of two hours that begins `ahead` hours
    from the first; the station sees none. Gives how often a naive reading opens."""
    truth = []
    for hour, seen in enumerate(saying):
        what = FOG if seen else FINE
        county.forecast(visibility=[FINE] * (ahead - hour) + [what, what])
        truth.append(sees_fog(county))
        county.passes(1)
        county.observes(visibility=FINE)
        truth.append(sees_fog(county))
    return int(np.count_nonzero(np.diff([False, *truth]) & truth))


def test_fog_forecast_eleven_hours_ahead_does_not_open_and_close_and_open_again() -> None:
    county = County(cadence=1)
    naive = runs_about(county, [True, False] * 5, ahead=11)
    assert naive == 5
    assert county.changes() == [("opened", 2)]


def test_it_closes_once_when_all_runs_of_six_hours_have_dropped_it() -> None:
    county = County(cadence=1)
    naive = runs_about(county, [True, False, True, False, True] + [False] * 14, ahead=11)
    assert naive == 3
    assert county.changes() == [("opened", 2), ("cleared", 0)]


def test_of_runs_each_six_hours_one_that_drops_it_does_not_close_it() -> None:
    """The second run has lost the fog, the third has it again, and then it comes."""
    county = County(cadence=6)
    opened = 0
    for ahead, seen in ((11, True), (5, False)):
        what = FOG if seen else FINE
        county.forecast(visibility=[FINE] * ahead + [what] * 3)
        opened += sees_fog(county)
        for _ in range(6):
            county.passes(1)
            if county.now.hour % 6:
                county.observes(visibility=FINE)
    county.observes(visibility=FOG)
    opened += sees_fog(county)
    assert opened == 2
    assert county.changes() == [("opened", 2)]
