"""Derived weather against values from tables and from a thermodynamic solution."""

from __future__ import annotations

import numpy as np
import pytest

from alerting.vocabulary import DERIVABLE
from alerting.weather import derived, recipes

f32 = np.float32


def one(function: object, *values: float) -> float:
    return float(function(*(np.array([v], f32) for v in values))[0])  # type: ignore[operator]


@pytest.mark.parametrize(
    ("temperature", "humidity", "expected"),
    [(20, 50, 9.27), (0, 80, -3.04), (30, 70, 23.93), (-10, 90, -11.3), (5, 100, 5.0)],
)
def test_dew_point_agrees_with_psychrometric_tables(
    temperature: float, humidity: float, expected: float
) -> None:
    assert one(derived.dew_point, temperature, humidity) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("temperature", "humidity", "expected"),
    [(2, 60, -0.56), (1, 95, 0.70), (0, 80, -1.15), (3, 40, -1.12), (-2, 100, -2.0),
     (5, 30, -0.33), (1.5, 70, -0.36), (20, 50, 13.66)],
)  # fmt: skip
def test_wet_bulb_agrees_with_the_thermodynamic_one(
    temperature: float, humidity: float, expected: float
) -> None:
    # A ventilated psychrometer reads up to 0.13 K above the thermodynamic wet bulb in dry air.
    got = one(derived.wet_bulb, temperature, humidity, 1000)
    assert got == pytest.approx(expected, abs=0.13)


def test_three_steps_solve_the_equation(monkeypatch: pytest.MonkeyPatch) -> None:
    t, rh = np.meshgrid(np.linspace(-40, 30, 71, dtype=f32), np.linspace(5, 100, 20, dtype=f32))
    p = np.full_like(t, 850)
    quick = derived.wet_bulb(t, rh, p)
    monkeypatch.setattr(derived, "NEWTON_STEPS", 15)
    assert np.abs(quick - derived.wet_bulb(t, rh, p)).max() < 0.01
    assert (quick <= t + 1e-4).all()


def test_thinner_air_cools_a_wet_bulb_more() -> None:
    assert one(derived.wet_bulb, 3, 50, 800) < one(derived.wet_bulb, 3, 50, 1000)
    assert float(derived.station_pressure(np.array([1500], f32))[0]) == pytest.approx(
        845.6, abs=0.2
    )


def test_precipitation_parts_at_the_threshold() -> None:
    assert one(derived.snowfall, 3, 0.5) == 3
    assert one(derived.rain, 3, 0.5) == 0
    assert one(derived.snowfall, 3, 0.6) == 0
    assert one(derived.rain, 3, 0.6) == 3


def test_dry_is_dry_even_where_the_wet_bulb_is_missing() -> None:
    assert one(derived.snowfall, 0, np.nan) == 0
    assert np.isnan(one(derived.snowfall, 1, np.nan))
    assert np.isnan(one(derived.rain, np.nan, 2))
    assert one(derived.freezing_rain, 0, np.nan, 1) == 0


@pytest.mark.parametrize(
    ("rain", "temperature", "wet_bulb", "freezes"),
    [(2, 0, 0, 2), (2, -0.1, -0.3, 2), (2, 0.1, -0.2, 0), (2, -1, 0.1, 0), (2, np.nan, -1, np.nan)],
)
def test_freezing_rain_is_rain_at_or_below_zero(
    rain: float, temperature: float, wet_bulb: float, freezes: float
) -> None:
    got = one(derived.freezing_rain, rain, temperature, wet_bulb)
    assert got == pytest.approx(freezes, nan_ok=True)


def test_the_plan_orders_and_leaves_out_what_cannot_be_had() -> None:
    assert recipes.plan(
        frozenset({"snowfall"}), frozenset({"temperature", "humidity", "precipitation"})
    ) == ("wet_bulb", "snowfall")
    assert recipes.plan(frozenset({"snowfall"}), frozenset({"temperature", "precipitation"})) == ()
    assert (
        recipes.plan(
            frozenset({"freezing_rain"}), frozenset({"temperature", "humidity", "precipitation"})
        )
        == ()
    )
    assert recipes.plan(
        frozenset({"freezing_rain"}), frozenset({"temperature", "humidity", "rain"})
    ) == ("wet_bulb", "freezing_rain")


def test_every_derivable_word_has_a_recipe() -> None:
    assert recipes.RECIPES.keys() == DERIVABLE.keys()
