"""Laws that hold for any signals: order where nothing is shared, repetition, issue time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.signals import Forecast, Observation
from alerting.weather import Fields, Sight
from tests.weather.weather_sky import (
    FAR,
    LOW,
    MODEL,
    NAN,
    OTHER,
    STATION,
    fields,
    hour,
    look,
    run,
    seen,
)

number = st.one_of(st.just(NAN), st.integers(0, 50).map(float))
hours = st.lists(number, min_size=1, max_size=8).filter(lambda v: not all(np.isnan(v)))


def runs_for(column: object, source: str = "model") -> st.SearchStrategy[Forecast]:
    return st.builds(
        lambda v, t, i, s: run({"visibility": v, "temperature": t[: len(v)] + [NAN] * (len(v) - len(t))},
                               issued=i, start=s, spots=(column,), source=source),  # type: ignore[arg-type]
        hours, hours, st.integers(-8, 3), st.integers(-3, 3),
    )  # fmt: skip


def seen_at(column: object) -> st.SearchStrategy[Observation]:
    return st.builds(
        lambda v, at: seen({"visibility": v}, at / 4, near=column),  # type: ignore[arg-type]
        st.integers(0, 900).map(float), st.integers(-20, 12),
    )  # fmt: skip


def take(f: Fields, *signals: Forecast | Observation) -> Fields:
    for s in signals:
        if isinstance(s, Forecast):
            f.take_forecast(s)
        else:
            f.take_observations(s)
    return f


def fresh() -> Fields:
    f = fields(MODEL, OTHER, STATION)
    f.advance(hour(3))
    return f


def same(a: Sight, b: Sight) -> None:
    assert a.first == b.first
    np.testing.assert_array_equal(a.horizon, b.horizon)
    for mine, theirs in ((a.values, b.values), (a.observed, b.observed), (a.can_say, b.can_say)):
        assert mine.keys() == theirs.keys()
        for q in mine:
            np.testing.assert_array_equal(mine[q], theirs[q], err_msg=q)
    for q, kinds in a.daily.items():
        for kind, d in kinds.items():
            np.testing.assert_array_equal(d.low, b.daily[q][kind].low)
            np.testing.assert_array_equal(d.high, b.daily[q][kind].high)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(runs_for(LOW), seen_at(LOW)), max_size=4),
    st.lists(st.one_of(runs_for(FAR), seen_at(FAR)), max_size=4),
    st.data(),
)
def test_signals_without_a_common_column_may_come_in_any_order(
    here: list[Forecast | Observation], there: list[Forecast | Observation], data: st.DataObject
) -> None:
    turns = data.draw(st.permutations([0] * len(here) + [1] * len(there)))
    left = [list(here), list(there)]
    mixed = [left[turn].pop(0) for turn in turns]
    same(look(take(fresh(), *mixed), 3), look(take(fresh(), *here, *there), 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(runs_for(LOW), runs_for(LOW, "other"), seen_at(LOW)), max_size=5))
def test_a_signal_taken_twice_changes_nothing(signals: list[Forecast | Observation]) -> None:
    twice = [s for s in signals for _ in range(2)]
    same(look(take(fresh(), *twice), 3), look(take(fresh(), *signals), 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(seen_at(LOW), max_size=6, unique_by=lambda o: o.at), st.data())
def test_observations_may_come_in_any_order(
    signals: list[Observation], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(signals))
    same(look(take(fresh(), *shuffled), 3), look(take(fresh(), *signals), 3))


@settings(max_examples=60, deadline=None)
@given(runs_for(LOW), runs_for(LOW))
def test_the_run_issued_last_is_believed_ahead(a: Forecast, b: Forecast) -> None:
    f = take(fresh(), a, b)
    newest = b if b.issued > a.issued else a
    sight = look(f, 3)
    ahead = sight.now_row + 1
    alone = look(take(fresh(), newest), 3)
    if not np.array_equal(a.values["visibility"], b.values["visibility"], equal_nan=True):
        rows = min(sight.rows, alone.rows)
        np.testing.assert_array_equal(
            sight.values["visibility"][ahead:rows, 0], alone.values["visibility"][ahead:rows, 0]
        )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(runs_for(LOW), seen_at(LOW), runs_for(FAR, "other")), max_size=5),
    st.integers(4, 40),
)
def test_looking_in_between_makes_no_difference(
    signals: list[Forecast | Observation], later: int
) -> None:
    often, once = fresh(), fresh()
    often.need({"wet_bulb", "surface_temperature"})
    once.need({"wet_bulb", "surface_temperature"})
    for s in signals:
        look(take(often, s), 3)
    take(once, *signals)
    for n in range(4, later):
        look(often, n)
    same(look(often, later), look(once, later))
