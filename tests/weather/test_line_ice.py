"""Ice on lines against Jones's simple model worked by hand, and the laws it keeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alerting.weather.line_ice import growth, line_ice

f32 = np.float32
NONE = np.zeros(1, f32)


def grown(rain: float, wind: float) -> float:
    return float(growth(np.array([rain], f32), np.array([wind], f32))[0])


def ice(rain: list[float], temperature: list[float], before: float = 0.0) -> list[float]:
    def column(values: list[float]) -> np.ndarray:
        return np.array(values, f32)[:, None]

    calm = np.zeros((len(rain), 1), f32)
    made = line_ice(column(rain), calm, column(temperature), np.array([before], f32))
    return [round(float(v), 3) for v in made[:, 0]]


def test_without_wind_ice_is_what_falls_on_the_wire_spread_around_it() -> None:
    # A wire of diameter d catches d a unit length, spread over the circle pi d: 1/pi, and ice is lighter.
    assert grown(1, 0) == pytest.approx(1 / (0.9 * math.pi), rel=1e-6)
    assert grown(3, 0) == pytest.approx(3 * grown(1, 0), rel=1e-6)


def test_wind_drives_rain_on_the_wire() -> None:
    # P = 1 mm/h, V = 5 m/s: W = 0.067 g/m3, 3.6 V W = 1.206, sqrt(1 + 1.4544) = 1.5667, / 2.8274.
    assert grown(1, 5) == pytest.approx(0.5541, abs=1e-4)
    # P = 4, V = 10: W = 0.067 * 4^0.846 = 0.2165, 3.6 V W = 7.794, sqrt(16 + 60.75) = 8.761.
    assert grown(4, 10) == pytest.approx(3.098, abs=2e-3)


def test_it_grows_stays_melts_and_falls() -> None:
    got = ice([9 * math.pi, 0, 0, 0, 0], [-1, -5, 0, 2, 3])
    assert got == [10, 10, 10, 9.4, 0]


def test_what_nobody_saw_is_unknown_until_it_is_warm() -> None:
    nan = float("nan")
    got = ice([0, nan, 0, 0, 0], [-1, -1, -1, 2.9, 3])
    assert got[0] == 0
    assert np.isnan(got[1:4]).all()
    assert got[4] == 0
    assert np.isnan(ice([0, 0], [-1, nan])[1])
    assert np.isnan(ice([0], [-1], before=nan)[0])
    assert ice([nan], [5], before=nan) == [0]
    # A dry hour is dry whatever the wind.
    made = line_ice(np.zeros((1, 1), f32), np.full((1, 1), np.nan, f32), np.full((1, 1), -1, f32), NONE)
    assert made.tolist() == [[0]]


hourly = (6, 3)
rains = arrays(f32, hourly, elements=st.floats(0, 20, width=32))
winds = arrays(f32, hourly, elements=st.floats(0, 30, width=32))
temperatures = arrays(f32, hourly, elements=st.floats(-15, 6, width=32))


@settings(max_examples=200, deadline=None)
@given(rains, winds, temperatures, st.floats(0, 5, width=32))
def test_more_rain_more_wind_and_colder_air_are_never_less_ice(
    rain: np.ndarray, wind: np.ndarray, temperature: np.ndarray, more: float
) -> None:
    bare = np.zeros(3, f32)
    base = line_ice(rain, wind, temperature, bare)
    assert base.shape == hourly
    assert base.dtype == f32
    assert (base >= 0).all()
    slack = 1e-4 * (1 + base)
    assert (line_ice(rain + f32(more), wind, temperature, bare) >= base - slack).all()
    assert (line_ice(rain, wind + f32(more), temperature, bare) >= base - slack).all()
    assert (line_ice(rain, wind, temperature - f32(more), bare) >= base - slack).all()


@settings(max_examples=200, deadline=None)
@given(rains, winds, temperatures, st.integers(0, 5), st.integers(0, 2), st.sampled_from([0, 2]))
def test_a_gap_is_never_filled_with_a_number(
    rain: np.ndarray, wind: np.ndarray, temperature: np.ndarray, row: int, column: int, lost: int
) -> None:
    base = line_ice(rain, wind, temperature, np.zeros(3, f32))
    given = [rain.copy(), wind, temperature.copy()]
    given[lost][row, column] = np.nan
    gapped = line_ice(*given, np.zeros(3, f32))
    known = ~np.isnan(gapped)
    # What is known is what was known, or follows an hour that settles it.
    warm = np.maximum.accumulate((given[2] >= 3)[:, column])
    assert (gapped[known] == base[known]).all()
    assert not (known[row, column] and not warm[row])
