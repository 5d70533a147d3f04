"""What is believed: runs over runs, sources by trust, stations over both, and what is missing."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import numpy as np
import pytest

from alerting.errors import BadInput
from alerting.signals import Forecast, Spot
from alerting.weather import Column, SourceFacts
from tests.weather.weather_sky import (
    FAR,
    HIGH,
    LOW,
    MODEL,
    NAN,
    NO_FACTS,
    OTHER,
    STATION,
    fields,
    hour,
    hours_of,
    look,
    run,
    seen,
)


def test_a_newer_run_replaces_what_is_ahead_and_drops_what_it_no_longer_says() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, 2, 3, 4, 5, 6]}))
    assert look(f, 0).horizon.tolist() == [77, 77, 77]
    f.advance(hour(1))
    assert f.take_forecast(run({"visibility": [20, 30]}, issued=1, start=1)).all()
    sight = look(f, 1)
    assert hours_of(sight, "visibility", first=-1, count=4) == [1, 20, 30, None]
    assert sight.horizon.tolist() == [73, 73, 73]  # now is row 72; the run ends an hour later


def test_a_nan_erases_what_is_ahead_and_keeps_what_is_past() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, 2, 3, 4]}))
    f.advance(hour(1))
    f.take_forecast(run({"visibility": [NAN, NAN, NAN, 40]}, issued=1, start=0))
    assert hours_of(look(f, 1), "visibility", first=-1, count=4) == [1, 2, None, 40]


def test_a_quantity_the_new_run_leaves_out_is_missing_ahead() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, 2, 3], "temperature": [7, 8, 9]}))
    f.take_forecast(run({"visibility": [4, 5, 6]}, issued=0.5))
    assert hours_of(look(f, 0.5), "temperature", count=3) == [7, None, None]


@pytest.mark.parametrize("issued", [0, -1])
def test_a_run_issued_no_later_is_no_new_run(issued: float) -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, 2]}))
    assert not f.take_forecast(run({"visibility": [8, 9]}, issued=issued)).any()
    assert hours_of(look(f, 0), "visibility", count=2) == [1, 2]


def test_the_same_content_issued_again_is_no_new_run() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, NAN, 3]}))
    assert not f.take_forecast(run({"visibility": [1, NAN, 3]}, issued=6)).any()
    (only,) = f.run_sights(hour(0), NO_FACTS, np.arange(3))
    assert only.issued == hour(0)
    assert only.covers.all()
    assert f.take_forecast(run({"visibility": [1, NAN, 4]}, issued=6)).all()


def test_the_same_content_again_confirms_the_run_and_makes_no_new_one() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [300] * 40}))
    for n in (10, 20):
        assert not f.take_forecast(run({"visibility": [300] * 40}, issued=n, accepted=n)).any()
    assert not f.overdue(hour(32))["model"].any()
    assert hours_of(look(f, 32), "visibility", count=3) == [300] * 3
    assert f.last_word("model") == hour(20)
    (only,) = f.run_sights(hour(32), NO_FACTS, np.arange(3))
    assert only.issued == hour(0)
    assert only.covers.all()
    assert f.overdue(hour(32.1))["model"].all()


def test_an_overdue_run_said_again_is_believed_again() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [300] * 40}))
    assert hours_of(look(f, 14), "visibility", count=2) == [None, None]
    assert f.take_forecast(run({"visibility": [300] * 40}, issued=14, accepted=14)).all()
    assert hours_of(look(f, 14), "visibility", count=2) == [300, 300]


def test_what_comes_between_two_words_of_the_same_is_older_than_both() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [300] * 9}))
    f.take_forecast(run({"visibility": [300] * 9}, issued=2))
    assert not f.take_forecast(run({"visibility": [40] * 9}, issued=1)).any()
    assert hours_of(look(f, 0), "visibility", count=2) == [300, 300]


def test_a_run_said_again_over_a_newer_one_of_other_spots_is_news_there_alone() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [300] * 9}))
    f.take_forecast(run({"visibility": [40] * 9}, issued=1, spots=(LOW,)))
    touched = f.take_forecast(run({"visibility": [300] * 9}, issued=2))
    assert touched[0]
    assert hours_of(look(f, 0), "visibility", count=2) == [300, 300]
    runs = f.run_sights(hour(0), NO_FACTS, np.array([0, 1]))
    assert [(r.issued, r.covers.tolist()) for r in runs] == [
        (hour(0), [True, True]), (hour(1), [True, False]), (hour(2), [True, False]),
    ]  # fmt: skip


FETCHED = dataclasses.replace(MODEL, dated=False)


def test_hours_that_moved_on_make_no_run_of_a_source_without_issue_times() -> None:
    f = fields(FETCHED)
    f.take_forecast(run({"visibility": [*range(40)]}, accepted=0))
    moved = run({"visibility": [*range(10, 45)]}, issued=10, start=10, accepted=10)
    assert f.take_forecast(moved).all()  # it reaches further
    sight = look(f, 10)
    assert hours_of(sight, "visibility", first=-2, count=4) == [8, 9, 10, 11]
    assert hours_of(sight, "visibility", first=33, count=3) == [43, 44, None]
    (only,) = f.run_sights(hour(10), NO_FACTS, np.array([0]))
    assert only.issued == hour(0)
    assert hours_of(only.sight, "visibility", first=-2, count=4) == [8, 9, 10, 11]
    assert hours_of(only.sight, "visibility", first=33, count=2) == [43, 44]
    changed = run({"visibility": [*range(11, 43), 7, 7]}, issued=11, start=11, accepted=11)
    f.take_forecast(changed)
    assert len(f.run_sights(hour(11), NO_FACTS, np.array([0]))) == 2


def test_hours_that_moved_on_make_a_run_where_the_source_dates_it() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": [9] * 40}, accepted=0))
    f.take_forecast(run({"visibility": [9] * 40}, issued=6, start=6, accepted=6))
    assert len(f.run_sights(hour(6), NO_FACTS, np.array([0]))) == 2


def test_older_issue_counts_point_by_point() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, 2]}, issued=0.2, spots=(LOW,)))
    touched = f.take_forecast(run({"visibility": [8, 9]}, issued=0.1))
    assert touched.tolist() == [False, True, True]
    sight = look(f, 0.5)
    assert [hours_of(sight, "visibility", c, count=2) for c in range(3)] == [[1, 2], [8, 9], [8, 9]]


def test_sources_merge_by_trust_cell_by_cell() -> None:
    f = fields(OTHER, MODEL)
    f.take_forecast(run({"visibility": [5, 5, 5, 5]}, source="other"))
    f.take_forecast(run({"visibility": [1, NAN]}))
    sight = look(f, 0)
    assert hours_of(sight, "visibility", count=4) == [1, 5, 5, 5]
    assert sight.horizon[0] == 75
    assert f.origin("visibility", 0, 72).source == "model"
    assert f.origin("visibility", 0, 73).source == "other"


def test_a_spot_without_an_id_speaks_for_points_within_five_km() -> None:
    f = fields()
    spots = (Spot("", 26.53, 106.5), Spot("", 27.5, 107.5))
    values = {"visibility": np.array([[3, 4]], np.float32)}
    touched = f.take_forecast(Forecast("model", hour(0), hour(0), spots, values))
    assert touched.tolist() == [True, True, False]


def test_one_point_in_two_places_fills_both_columns() -> None:
    twice = dataclasses.replace(LOW, place="bridge")
    f = fields(columns=(HIGH, LOW, twice))
    f.take_forecast(run({"visibility": [[1, 2]]}, spots=(LOW, HIGH)))
    assert look(f, 0).values["visibility"][72].tolist() == [2, 1, 1]


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(BadInput, match="nobody"):
        fields().take_forecast(run({"visibility": [1]}, source="nobody"))
    with pytest.raises(BadInput, match="station"):
        fields().take_observations(seen({"visibility": 1}, 0))


# Stations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("north_km", "higher", "speaks"),
    [(0, 0, True), (9.99, 0, True), (10.01, 0, False), (0, 200, True), (0, 201, False)],
)
def test_a_station_speaks_within_ten_km_and_two_hundred_metres(
    north_km: float, higher: float, speaks: bool
) -> None:
    f = fields(STATION)
    o = seen({"visibility": 80}, 0, north_km=north_km, height=LOW.elevation + higher)
    assert f.take_observations(o).tolist() == [speaks, False, False]
    assert bool(look(f, 0).can_observe["visibility"][0]) is speaks


def test_an_observation_wins_in_past_hours_and_never_ahead() -> None:
    f = fields(MODEL, STATION)
    f.take_forecast(run({"visibility": [1, 2, 3], "precipitation": [0, 0, 0]}))
    f.advance(hour(1.5))
    f.take_observations(seen({"visibility": 700, "precipitation": 4}, 1.3))
    sight = look(f, 1.5)
    # Instantaneous: the stamp before. The sum belongs to the hour that ends at 2, not yet past.
    assert hours_of(sight, "visibility", first=-1, count=3) == [1, 700, 3]
    assert hours_of(sight, "precipitation", first=-1, count=3) == [0, 0, 0]
    assert hours_of(look(f, 2), "precipitation", first=-1, count=2) == [0, 4]
    assert f.origin("visibility", 0, 71).kind == "observed"
    f.take_forecast(run({"visibility": [9, 9, 9]}, issued=2, start=0))
    assert hours_of(look(f, 2), "visibility", first=-1, count=2) == [700, 9]


def test_the_last_taken_of_an_hour_counts_in_whatever_order_it_comes() -> None:
    f = fields(STATION)
    f.advance(hour(1))
    for at, value in ((0.4, 40), (0.9, 90), (0.1, 10)):
        f.take_observations(seen({"visibility": value}, at))
    assert hours_of(look(f, 1), "visibility", first=-1, count=1) == [90]
    assert look(f, 1).observed["visibility"][0] == 90


def test_an_observation_is_known_for_two_cadences_and_ten_minutes() -> None:
    f = fields(STATION)
    f.take_observations(seen({"visibility": 80}, 0))
    edge = hour(2) + timedelta(minutes=10)
    at_the_edge = f.sight(edge, NO_FACTS)
    alone = f.sensor_sight(edge, NO_FACTS, np.array([0]), np.array([NAN]))
    assert hours_of(alone, "visibility", first=-2, count=4) == [80, None, 80, None]
    assert at_the_edge.observed["visibility"][0] == 80
    assert hours_of(at_the_edge, "visibility", first=-2, count=3) == [80, None, 80]
    after = f.sight(edge + timedelta(seconds=1), NO_FACTS)
    assert np.isnan(after.observed["visibility"][0])
    assert hours_of(after, "visibility", first=-2, count=3) == [80, None, None]
    assert after.can_observe["visibility"].tolist() == [True, False, False]
    never = np.array([NAN])
    alone = f.sensor_sight(after.now, NO_FACTS, np.array([0]), never)
    assert np.isnan(alone.values["visibility"]).all()


def test_a_run_with_a_wrong_clock_mutes_nothing() -> None:
    f = fields()
    assert not f.take_forecast(run({"visibility": [9000] * 9}, issued=8, accepted=0)).any()
    assert f.take_forecast(run({"visibility": [100] * 9}, issued=1, accepted=0)).all()
    assert hours_of(look(f, 0), "visibility", count=2) == [100, 100]


def test_a_station_with_a_wrong_clock_is_not_believed() -> None:
    f = fields(STATION)
    assert not f.take_observations(seen({"visibility": 5}, 30)).any()
    f.take_observations(seen({"visibility": 80}, 0))
    assert look(f, 0).observed["visibility"][0] == 80


def test_impossible_and_missing_values_are_not_laid() -> None:
    f = fields(STATION)
    assert not f.take_observations(seen({"visibility": NAN, "temperature": 900}, 0)).any()


# Hours, horizon and silence -----------------------------------------------------------------------


def test_what_cannot_be_is_missing_in_a_run_as_in_an_observation() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [9000, -9999, 1e20, NAN, 300], "temperature": [5] * 5}))
    sight = look(f, 0)
    assert hours_of(sight, "visibility", count=5) == [9000, None, None, None, 300]
    assert hours_of(sight, "temperature", count=5) == [5] * 5
    (only,) = f.run_sights(hour(0), NO_FACTS, np.array([0]))
    assert hours_of(only.sight, "visibility", count=5) == [9000, None, None, None, 300]


def test_fill_values_to_the_end_are_no_horizon_and_make_no_new_run() -> None:
    f = fields()
    f.take_forecast(run({"visibility": [1, 2, -9999, -9999]}))
    assert look(f, 0).horizon[0] == 73
    assert not f.take_forecast(run({"visibility": [1, 2, NAN, NAN]}, issued=6)).any()


def test_hours_roll_and_the_past_is_kept_for_three_days() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": list(range(100, 220))}))
    for n in (1, 30, 70):
        sight = look(f, n)
        assert sight.values["visibility"][72 - n, 0] == 100
        assert sight.first == hour(n - 72)
    assert look(f, 80).values["visibility"][0, 0] == 108


def test_before_the_first_run_hours_ahead_are_missing_not_left_out() -> None:
    sight = look(fields(MODEL), 0)
    assert sight.horizon.tolist() == [192, 192, 192]
    assert np.isnan(sight.values["visibility"]).all()
    assert sight.can_say["visibility"].all()
    assert not sight.can_say["pressure"].any()


def test_without_any_forecast_source_only_now_counts() -> None:
    f = fields(STATION)
    sight = look(f, 0)
    assert sight.horizon.tolist() == [72, 72, 72]
    assert not sight.can_say["visibility"].any()
    f.take_observations(seen({"visibility": 80}, 0))
    assert look(f, 0).can_say["visibility"].tolist() == [True, False, False]


def test_an_overdue_run_counts_until_two_cadences_after_its_issue() -> None:
    f = fields(MODEL)
    assert f.overdue(hour(0))["model"].all()
    f.take_forecast(run({"visibility": [500] * 48}))
    assert not f.overdue(hour(12))["model"].any()
    assert look(f, 12).horizon[0] == 72 + 35
    assert hours_of(look(f, 12), "visibility", count=3) == [500] * 3
    late = look(f, 13)
    assert f.overdue(hour(13))["model"].all()
    assert hours_of(late, "visibility", first=-2, count=4) == [500, 500, None, None]
    assert late.horizon[0] == 192
    f.take_forecast(run({"visibility": [300] * 3}, issued=13, start=13))
    again = look(f, 13)
    assert hours_of(again, "visibility", first=-1, count=4) == [500, 300, 300, 300]
    assert again.horizon[0] == 74


def test_a_fresh_source_stands_in_for_an_overdue_one_that_is_trusted_more() -> None:
    f = fields(MODEL, OTHER)
    f.take_forecast(run({"visibility": [500] * 48}))
    f.take_forecast(run({"visibility": [200] * 20}, issued=10, start=10, source="other"))
    sight = look(f, 14)
    assert hours_of(sight, "visibility", first=-3, count=4) == [500, 500, 200, 200]
    assert sight.horizon[0] == 72 + 15


WARM = SourceFacts("warm", timedelta(hours=6), frozenset({"temperature"}), "forecast", 2)
SIGHT = SourceFacts("model", timedelta(hours=6), frozenset({"visibility"}), "forecast", 1)


def test_each_quantity_is_forecast_as_far_as_the_sources_that_say_it() -> None:
    f = fields(SIGHT, WARM, STATION)
    f.need({"visibility", "temperature", "precipitation", "surface_temperature"})
    f.take_forecast(run({"visibility": [900] * 24}))
    f.take_forecast(run({"temperature": [5] * 72}, source="warm"))
    f.take_observations(seen({"precipitation": 0}, 0))
    sight = look(f, 0)
    ends = {q: int(sight.horizon_of(q)[0]) - sight.now_row for q in
            ("visibility", "temperature", "surface_temperature", "precipitation")}  # fmt: skip
    assert ends == {
        "visibility": 23, "temperature": 71, "surface_temperature": 71, "precipitation": 0,
    }  # fmt: skip


def test_a_silent_source_is_missed_ahead_though_another_speaks_of_something_else() -> None:
    f = fields(SIGHT, WARM)
    f.need({"visibility", "temperature"})
    f.take_forecast(run({"visibility": [900] * 40}))
    f.take_forecast(run({"temperature": [5] * 20}, source="warm", issued=13, start=13, accepted=13))
    sight = look(f, 13)
    assert sight.horizon_of("visibility")[0] == 192
    assert sight.horizon_of("temperature")[0] == 72 + 19
    assert sight.rows == 193


def test_a_run_that_ended_leaves_now_missing() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": [500, 500]}))
    sight = look(f, 3)
    assert sight.horizon[0] == sight.now_row
    assert hours_of(sight, "visibility", count=1) == [None]


def test_nulls_at_the_end_of_a_run_are_not_its_horizon() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": [1, 2, NAN, NAN], "temperature": [1, 2, 3, NAN]}))
    assert look(f, 0).horizon[0] == 74


def test_nothing_changed_nothing_made() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": [1, 2]}))
    first, second = look(f, 0), look(f, 0)
    assert first.values is second.values


def test_sight_of_is_the_same_for_some_columns() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": [[1, 2, 3]], "temperature": [[4, 5, 6]]}))
    some = f.sight_of(hour(0), NO_FACTS, np.array([2, 0]))
    assert some.columns == 2
    assert some.values["visibility"][72].tolist() == [3, 1]
    assert some.daily["temperature"]["min"].high[
        some.daily["temperature"]["min"].day_of_hour[72]
    ].tolist() == [6, 4]


# Runs for agreement -------------------------------------------------------------------------------


def test_each_recent_run_is_read_with_later_observations_over_it() -> None:
    f = fields(MODEL, STATION)
    f.take_forecast(run({"visibility": [1, 2, 3, 4, 5, 6]}, accepted=0))
    f.take_forecast(run({"visibility": [20, 30, 40]}, issued=1, start=1, accepted=1))
    f.advance(hour(2.2))
    f.take_observations(seen({"visibility": 900}, 2))
    runs = f.run_sights(hour(2.5), NO_FACTS, np.array([0, 2]))
    assert [(r.source, r.issued) for r in runs] == [("model", hour(0)), ("model", hour(1))]
    assert hours_of(runs[0].sight, "visibility", 0, first=-2, count=5) == [1, 2, 900, 4, None]
    assert hours_of(runs[1].sight, "visibility", 0, first=-2, count=5) == [1, 20, 900, 40, None]
    assert hours_of(runs[0].sight, "visibility", 1, first=-2, count=3) == [1, 2, 3]
    assert runs[0].covers.all()


def test_two_runs_are_kept_however_old_and_no_others() -> None:
    f = fields(MODEL)
    for n in range(0, 40, 8):
        f.take_forecast(run({"visibility": [n] * 20}, issued=n, start=n, accepted=n))
    issued = [r.issued for r in f.run_sights(hour(33), NO_FACTS, np.array([0]))]
    assert issued == [hour(24), hour(32)]


def test_a_run_that_does_not_speak_for_a_column_says_so() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"visibility": [1, 2]}, spots=(LOW,)))
    (only,) = f.run_sights(hour(0), NO_FACTS, np.array([0, 2]))
    assert only.covers.tolist() == [True, False]


# What is derived ----------------------------------------------------------------------------------

MOIST = SourceFacts(
    "model", timedelta(hours=6), frozenset({"temperature", "humidity", "precipitation"}), "forecast"
)


def test_what_no_source_says_is_derived_where_it_is_needed() -> None:
    f = fields(MOIST)
    f.need({"snowfall", "wet_bulb", "freezing_rain"})
    f.take_forecast(
        run({"temperature": [0, 5, 1], "humidity": [80, 90, NAN], "precipitation": [2, 2, 2]})
    )
    sight = look(f, 0)
    assert hours_of(sight, "snowfall", count=3) == [2, 0, None]
    assert {"snowfall", "wet_bulb"} <= sight.derived
    assert sight.can_say["snowfall"].all()
    # Freezing rain is not guessed from surface values: nobody here says that it rains.
    assert not sight.can_say["freezing_rain"].any()
    assert f.origin("wet_bulb", 0, 72).kind == "derived"
    f.take_forecast(
        run({"temperature": [9] * 3, "humidity": [90] * 3, "precipitation": [2] * 3}, issued=0.1)
    )
    assert hours_of(look(f, 0.1), "snowfall", count=3) == [0, 0, 0]


def test_a_station_s_own_wet_bulb_goes_before_the_derived_one() -> None:
    station = dataclasses.replace(STATION, quantities=frozenset({"wet_bulb"}))
    f = fields(MOIST, station)
    f.need({"wet_bulb"})
    f.take_forecast(run({"temperature": [0, 0], "humidity": [80, 80]}))
    f.take_observations(seen({"wet_bulb": -3}, 0))
    sight = look(f, 0)
    assert hours_of(sight, "wet_bulb", count=1) == [-3]
    assert -1.4 < (hours_of(sight, "wet_bulb", first=1, count=1)[0] or 0) < -0.9
    assert -1.4 < (hours_of(sight, "wet_bulb", 2, count=1)[0] or 0) < -0.9


def test_the_place_of_columns_is_kept() -> None:
    assert fields(columns=(FAR, LOW)).columns == (FAR, LOW)
    assert isinstance(FAR, Column)
