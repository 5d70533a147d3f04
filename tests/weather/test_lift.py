"""Temperatures moved to our points' heights, where the source says for which height it speaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alerting.signals import Forecast, Spot
from tests.weather.weather_sky import (
    FAR,
    HIGH,
    LOW,
    NAN,
    NO_FACTS,
    fields,
    hour,
    hours_of,
    look,
    run,
)


def grid(elevation: float | None, values: dict[str, list[float]], issued: float = 0) -> Forecast:
    """A model's cell at the low point, 3 km from the high one; it knows nothing of our points."""
    made = run(values, spots=(LOW,), issued=issued)
    return replace(made, spots=(Spot("", LOW.lat, LOW.lon, elevation),), id="")


def test_a_grid_s_temperature_is_moved_to_each_point() -> None:
    f = fields()
    f.take_forecast(grid(1100, {"temperature": [2, NAN, 3], "precipitation": [1, 1, 1]}))
    sight = look(f, 0)
    assert hours_of(sight, "temperature", 0, count=3) == pytest.approx([3.3, None, 4.3])
    assert hours_of(sight, "temperature", 1, count=3) == pytest.approx([-1.25, None, -0.25])
    assert hours_of(sight, "precipitation", 1, count=3) == [1, 1, 1]
    assert hours_of(sight, "temperature", 2, count=1) == [None]
    assert f.origin("temperature", 0, 72).kind == "derived"
    assert f.origin("temperature", 0, 72).source == "model"
    assert f.origin("precipitation", 0, 72).kind == "forecast"


def test_one_run_read_alone_is_moved_too() -> None:
    f = fields()
    f.take_forecast(grid(1100, {"temperature": [2, 2]}))
    (only,) = f.run_sights(hour(0), NO_FACTS, np.array([1]))
    assert hours_of(only.sight, "temperature", 0, count=2) == pytest.approx([-1.25, -1.25])


def test_a_run_said_again_confirms_itself_though_it_was_moved() -> None:
    f = fields()
    f.take_forecast(grid(1100, {"temperature": [2, 2, 2]}))
    f.take_forecast(grid(1100, {"temperature": [2, 2, 2]}, issued=1))
    assert len(f.run_sights(hour(1), NO_FACTS, np.array([0]))) == 1


def test_a_source_that_states_no_elevation_is_believed_as_it_is() -> None:
    f = fields()
    f.take_forecast(grid(None, {"temperature": [2]}))
    assert hours_of(look(f, 0), "temperature", 1, count=1) == [2]
    assert f.origin("temperature", 1, 72).kind == "forecast"


def test_what_is_said_for_the_points_themselves_stays() -> None:
    f = fields()
    f.take_forecast(run({"temperature": [[2, -2, 5]]}))
    sight = look(f, 0)
    assert [hours_of(sight, "temperature", n, count=1) for n in range(3)] == [[2], [-2], [5]]
    assert f.origin("temperature", 1, 72).kind == "forecast"


def test_only_the_columns_that_were_moved_are_marked() -> None:
    f = fields()
    spots = (Spot("low", LOW.lat, LOW.lon, LOW.elevation), Spot("far", FAR.lat, FAR.lon, 1500.0))
    made = run({"temperature": [[2, 2]]}, spots=(LOW, FAR))
    f.take_forecast(replace(made, spots=spots, id=""))
    assert hours_of(look(f, 0), "temperature", 2, count=1) == pytest.approx([5.9])
    assert f.origin("temperature", 2, 72).kind == "derived"
    assert f.origin("temperature", 0, 72).kind == "forecast"


def test_the_district_chooses_the_rate() -> None:
    f = fields(lapse_k_per_km=5.0)
    f.take_forecast(grid(1600, {"temperature": [0], "wet_bulb": [-1]}))
    assert hours_of(look(f, 0), "temperature", 0, count=1) == pytest.approx([3.5])
    assert hours_of(look(f, 0), "wet_bulb", 0, count=1) == pytest.approx([2.5])
    assert hours_of(look(f, 0), "temperature", 1, count=1) == [0]
    assert HIGH.elevation == 1600
