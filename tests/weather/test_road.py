"""The road's surface, its water and ice, and hoar frost."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alerting.weather import Column, road
from alerting.weather.derived import frost_point
from alerting.weather.ground import Ground
from alerting.weather.window import hour_of

f32 = np.float32
NAN = float("nan")
NIGHT, DAY = f32(-0.5), f32(0.5)


def column(*values: float) -> np.ndarray:
    return np.array(values, f32)[:, None]


def surface(sun: float, rain: list[float], dew: float, *, bridge: bool = False) -> list[float]:
    shape = (len(rain), 1)
    made = road.surface_temperature(
        np.zeros(shape, f32), np.full(shape, sun, f32), np.array([bridge]),
        column(*rain), np.full(shape, dew, f32),
    )  # fmt: skip
    return [float(v) for v in made[:, 0]]


# The surface's temperature ------------------------------------------------------------------------


def test_a_clear_night_cools_a_road_and_a_bridge_more() -> None:
    assert surface(NIGHT, [0], -5) == [-3]
    assert surface(NIGHT, [0], -5, bridge=True) == [-4]
    assert surface(DAY, [0], -5) == [-1]
    assert surface(DAY, [0], -5, bridge=True) == [-1]


def test_cloud_that_shows_keeps_it_near_the_air() -> None:
    assert surface(NIGHT, [0], -0.9) == [-1]
    assert surface(NIGHT, [0, 0.2, 0, 0, 0], -5) == [-3, -1, -1, -1, -3]


def test_what_is_not_known_is_taken_as_clear() -> None:
    assert surface(NIGHT, [NAN], NAN) == [-3]
    made = road.surface_temperature(column(0), np.full((1, 1), NIGHT), np.array([False]))
    assert made.tolist() == [[-3]]


def test_the_sun_stands_where_it_should() -> None:
    here = Ground.of(
        [Column("a", "p", 26.5, 106.5, 900), Column("b", "q", -26.5, 106.5, 900)],
        ZoneInfo("Asia/Shanghai"),
    )

    def height(*when: int) -> list[float]:
        hours = np.array([hour_of(datetime(2026, *when, tzinfo=UTC))])
        return [round(float(np.degrees(np.arcsin(s)))) for s in here.sun(hours)[0]]

    # Solar noon at 106.5 E is 12:54 in Beijing's time: at 05 UTC the sun is within 2 deg of its top.
    assert height(6, 21, 5) == pytest.approx([87, 40], abs=2)
    assert height(12, 21, 5) == pytest.approx([40, 87], abs=2)
    assert height(12, 21, 17)[0] < -80
    # Sunrise on 1 January at Guiyang is 07:42 in Beijing's time.
    assert height(1, 1, 0)[0] == pytest.approx(3, abs=2)
    assert height(1, 1, 23)[0] < 0


# Water and ice ------------------------------------------------------------------------------------


def water(surface: list[float], rain: list[float], before: float = 0.0) -> list[float]:
    made = road.road_water(column(*surface), column(*rain), np.array([before], f32))
    return [round(float(v), 3) for v in made[:, 0]]


def ice(surface: list[float], rain: list[float], before: float = 0.0) -> list[float]:
    cold = column(*surface)
    made = road.road_ice(road.road_water(cold, column(*rain), np.array([before], f32)), cold)
    return [round(float(v), 3) for v in made[:, 0]]


def test_rain_on_a_frozen_road_stays_as_ice() -> None:
    assert ice([-1, -1, -1], [2, 3, 0]) == [2, 5, 4.98]


def test_a_wet_road_that_freezes_is_iced_and_a_dry_one_not() -> None:
    assert ice([2, 1, -1, -1], [4, 0, 0, 0]) == [0, 0, 0.38, 0.36]
    assert ice([2, 2, 2, 2, 2, 2, -1], [4, 0, 0, 0, 0, 0, 0])[-1] == 0


def test_what_thaws_and_freezes_again_is_ice_again() -> None:
    got = ice([-2, 1, 1, -1], [1, 0, 0, 0])
    assert got == [1, 0.3, 0.1, 0.58]


def test_runoff_leaves_a_film_that_dries() -> None:
    assert water([5] * 7, [20, 0, 0, 0, 0, 0, 0]) == [0.5, 0.4, 0.3, 0.2, 0.1, 0, 0]


def test_what_nobody_saw_is_unknown_until_the_road_is_warm() -> None:
    assert np.isnan(water([-1, -1, 2.9], [NAN, 0, 0])).all()
    assert water([-1, 3, 3], [NAN, 0, 0])[1:] == [0.5, 0.4]
    assert water([4], [NAN]) == [0.5]
    assert np.isnan(water([NAN], [0])).all()
    assert np.isnan(ice([-1], [0], before=NAN)).all()
    assert ice([4], [0], before=NAN) == [0]


shape = (6, 3)
colds = arrays(f32, shape, elements=st.floats(-10, 8, width=32))
rains = arrays(f32, shape, elements=st.sampled_from([0, 0, 0.2, 1, 5]).map(float))


@settings(max_examples=200, deadline=None)
@given(colds, rains, rains)
def test_more_precipitation_is_never_less_ice(
    cold: np.ndarray, rain: np.ndarray, more: np.ndarray
) -> None:
    dry = np.zeros(3, f32)
    base = road.road_ice(road.road_water(cold, rain, dry), cold)
    wetter = road.road_ice(road.road_water(cold, rain + more, dry), cold)
    assert base.shape == shape
    assert base.dtype == f32
    assert (base >= 0).all()
    assert (wetter >= base - 1e-5).all()


@settings(max_examples=200, deadline=None)
@given(colds, rains, st.integers(0, 5), st.integers(0, 2), st.booleans())
def test_a_gap_makes_ice_unknown_and_never_less(
    cold: np.ndarray, rain: np.ndarray, row: int, at: int, of_rain: bool
) -> None:
    dry = np.zeros(3, f32)
    base = road.road_ice(road.road_water(cold, rain, dry), cold)
    lost = rain.copy() if of_rain else cold.copy()
    lost[row, at] = NAN
    rained, cooled = (lost, cold) if of_rain else (rain, lost)
    gapped = road.road_ice(road.road_water(cooled, rained, dry), cooled)
    known = ~np.isnan(gapped)
    assert (gapped[known] >= base[known] - 1e-5).all()
    assert np.isnan(gapped[row, at]) or cold[row, at] >= road.BARE_AT


# Hoar frost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dew", "expected"), [(-5, -4.42), (-10, -8.88), (-20, -17.91), (0, 0)])
def test_the_frost_point_lies_above_the_dew_point(dew: float, expected: float) -> None:
    assert float(frost_point(np.array([dew], f32))[0]) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("surface", "dew", "expected"),
    [(-4.5, -5, 1), (-4.3, -5, 0), (-0.1, 2, 1), (0, 2, 0), (3, NAN, 0), (-1, NAN, NAN), (NAN, -5, NAN)],
)  # fmt: skip
def test_frost_forms_below_the_frost_point_and_below_zero(
    surface: float, dew: float, expected: float
) -> None:
    got = float(road.frost(column(surface), column(dew))[0, 0])
    assert got == pytest.approx(expected, nan_ok=True)
