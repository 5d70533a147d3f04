"""Wind chill against the published charts, and degree hours."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.weather.cold import heating_degrees, wind_chill
from alerting.weather.derived import dew_point, frost_point, wet_bulb

ROOT = Path(os.environ.get("SUIAN_SHARED", Path(__file__).parents[3] / "shared"))
VALUES = ROOT / "data" / "tables" / "derived_reference_values.csv"
f32 = np.float32
NAN = float("nan")


def felt(temperature: float, wind: float) -> float:
    return float(wind_chill(np.array([temperature], f32), np.array([wind], f32))[0])


def celsius(fahrenheit: float) -> float:
    return (fahrenheit - 32) / 1.8


@pytest.mark.parametrize(
    ("temperature", "kmh", "chart"),
    [(-10, 20, -18), (-20, 30, -33), (-25, 30, -39), (0, 40, -7), (-5, 60, -16), (-40, 50, -63)],
)
def test_environment_canada_s_table(temperature: float, kmh: float, chart: int) -> None:
    assert round(felt(temperature, kmh / 3.6)) == chart


@pytest.mark.usefixtures("shared")
def test_every_reference_value_of_a_quantity_of_ours() -> None:
    """Heat index and Beaufort stand in the table too, and are no quantities here."""
    met = 0
    for row in csv.DictReader(VALUES.open(encoding="utf-8")):
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", row["inputs"])]
        what, published = row["quantity"], row["published_value"]
        if what == "wind chill":
            if "degF" in row["inputs"]:
                got = felt(celsius(numbers[0]), numbers[1] * 0.44704) * 1.8 + 32
            else:
                got = felt(numbers[0], numbers[1] / 3.6)
            assert got == pytest.approx(float(published), abs=0.61), row
            assert got == pytest.approx(float(row["library_value"]), abs=0.02), row
        elif what == "wind chill domain":
            assert felt(numbers[0], numbers[1] / 3.6) == numbers[0], row
        elif what == "dew point over water":
            air, humidity = (np.array([n], f32) for n in numbers)
            assert float(dew_point(air, humidity)[0]) == pytest.approx(float(published), abs=0.05), row
        elif what == "frost point from dew point":
            got = float(frost_point(np.array(numbers[:1], f32))[0])
            assert got == pytest.approx(float(row["library_value"]), abs=0.01), row
        elif what.startswith("wet bulb"):
            air, humidity = (np.array([n], f32) for n in numbers[:2])
            pressure = np.array([numbers[2] if len(numbers) > 2 else 1013.25], f32)
            value = float(row["library_value"].split("|")[0])
            # Stull's fit is off by up to 0.6 K about 0 degC; the thermodynamic one is the measure, and a
            # ventilated psychrometer reads up to 0.16 K above it.
            got = float(wet_bulb(air, humidity, pressure)[0])
            assert got == pytest.approx(value, abs=0.16), row
        else:
            assert what in ("heat index", "Beaufort"), row
            continue
        met += 1
    assert met == 31


def test_a_light_wind_joins_the_formula_without_a_step() -> None:
    for temperature in (-30, -10, 0, 9):
        assert felt(temperature, 0) == temperature
        assert felt(temperature, 4.99 / 3.6) == pytest.approx(felt(temperature, 5.01 / 3.6), abs=0.1)


def test_mild_air_is_felt_as_it_is() -> None:
    assert felt(10.1, 15) == pytest.approx(10.1)
    assert felt(10, 15) < 7


@settings(max_examples=300, deadline=None)
@given(st.floats(-50, 10, width=32), st.floats(0, 40, width=32), st.floats(0, 5, width=32))
def test_wind_and_cold_are_never_felt_less(temperature: float, wind: float, more: float) -> None:
    assert felt(temperature, wind) <= temperature + 1e-3
    assert felt(temperature, wind + more) <= felt(temperature, wind) + 0.05
    assert felt(temperature - more, wind) <= felt(temperature, wind) + 1e-3


def test_nothing_is_felt_of_what_is_missing() -> None:
    for temperature, wind in ((NAN, 5), (-5, NAN), (20, NAN), (NAN, NAN)):
        assert np.isnan(felt(temperature, wind))
    assert np.isnan(heating_degrees(np.array([NAN], f32), 18)[0])


def test_degree_hours_count_what_is_lacking() -> None:
    got = heating_degrees(np.array([[18.0, 17.5], [-2.0, 25.0]], f32), 18.0)
    assert got.tolist() == [[0, 0.5], [20, 0]]
    assert got.dtype == f32
