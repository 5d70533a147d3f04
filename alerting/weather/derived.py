"""Weather that follows from other weather, on float32 arrays of any shape; NaN in, NaN out.

thermofeel's wet bulb is Stull's fit, 0.15 to 0.6 K too cold around 0 degC, just where snow and rain
part, and for sea level only; so the psychrometric equation is solved here instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from alerting.signals import Floats

# Magnus coefficients over water, WMO-No. 8, part I, annex 4.B.
MAGNUS_E0, MAGNUS_A, MAGNUS_B = np.float32(6.112), np.float32(17.62), np.float32(243.12)
# Psychrometer coefficient for an Assmann instrument, WMO-No. 8, annex 4.B, 1/K.
PSYCHROMETER = np.float32(6.53e-4)
NEWTON_STEPS = 3
SURFACE_COOLER_BY = np.float32(1.0)


def dew_point(temperature: Floats, humidity: Floats) -> Floats:
    """degC from degC and percent, over water: the Magnus formula of WMO-No. 8 annex 4.B, inverted."""
    x = np.log(np.clip(humidity, 1, 100) * np.float32(0.01))
    x += MAGNUS_A * temperature / (MAGNUS_B + temperature)
    return np.asarray(MAGNUS_B * x / (MAGNUS_A - x), np.float32)


def station_pressure(elevation: Floats) -> Floats:
    """hPa at a height in metres in the ICAO standard atmosphere."""
    return np.asarray(
        1013.25 * (1 - 2.25577e-5 * np.asarray(elevation, np.float64)) ** 5.25588, np.float32
    )


def wet_bulb(temperature: Floats, humidity: Floats, pressure: Floats) -> Floats:
    """degC from degC, percent and hPa at the place (broadcast over hours).

    Solves e_w(Tw) - 6.53e-4 p (T - Tw) = e, the psychrometric equation of WMO-No. 8 annex 4.B over
    water, by Newton's method. The left side is convex and rising in Tw, so the steps from T come down
    on the root from one side; three are within 0.01 K from -40 to 30 degC (a test holds it).
    """
    gamma = PSYCHROMETER * pressure
    tw = np.array(temperature, np.float32)
    base = MAGNUS_B + tw
    held = MAGNUS_E0 * np.exp(MAGNUS_A * tw / base)
    vapour = held * np.clip(humidity, 1, 100) * np.float32(0.01)
    for step in range(NEWTON_STEPS):
        if step:
            base = MAGNUS_B + tw
            held = MAGNUS_E0 * np.exp(MAGNUS_A * tw / base)
        slope = held * (MAGNUS_A * MAGNUS_B) / (base * base) + gamma
        tw -= (held - gamma * (temperature - tw) - vapour) / slope
    return tw


def snowfall(precipitation: Floats, wet_bulb: Floats, threshold: float = 0.5) -> Floats:
    """Precipitation (mm of water) that falls as snow: all of it where the wet bulb is at most the
    threshold. 0.5 degC was the best single threshold on a year of Montreal's records."""
    split = np.where(wet_bulb <= np.float32(threshold), precipitation, np.float32(0))
    return _none_stays_none(split, precipitation, wet_bulb)


def rain(precipitation: Floats, wet_bulb: Floats, threshold: float = 0.5) -> Floats:
    """The part of precipitation (mm) that is not snow by `snowfall`'s threshold."""
    split = np.where(wet_bulb <= np.float32(threshold), np.float32(0), precipitation)
    return _none_stays_none(split, precipitation, wet_bulb)


def freezing_rain(rain: Floats, temperature: Floats, wet_bulb: Floats) -> Floats:
    """Liquid that falls (mm) with temperature and wet bulb at or below 0 degC.

    The liquid must be said by a source (a type of precipitation, not a threshold on the wet bulb):
    freezing rain comes from a warm layer aloft that surface values do not show.
    """
    split = np.where((temperature <= 0) & (wet_bulb <= 0), rain, np.float32(0))
    known = np.where(rain == 0, np.float32(0), split)  # no rain: none freezes, whatever the rest
    return np.asarray(
        np.where(np.isnan(rain), np.nan, np.where(rain == 0, known, _none_stays_none(
            split, temperature, wet_bulb))), np.float32)  # fmt: skip


def surface_temperature(temperature: Floats) -> Floats:
    """A stand-in for the temperature of roads and decks, degC: the air's less 1 K.

    Radiation, salt and what lies under the surface are not in it. It errs to the cold side, as a rule
    for ice should (air at up to 1 degC with ice on the ground is the common case), and says nothing
    about hot surfaces.
    """
    return np.asarray(temperature - SURFACE_COOLER_BY, np.float32)


def _none_stays_none(value: Floats, *ingredients: Floats) -> Floats:
    """Missing ingredients make a missing answer, but no precipitation is none of either kind."""
    dry = value == 0
    dry &= ingredients[0] == 0
    missing = np.isnan(ingredients[0])
    for other in ingredients[1:]:
        missing |= np.isnan(other) & ~dry
    return np.asarray(np.where(missing, np.float32(np.nan), value), np.float32)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a quantity is made: `of` names arguments, `make(values, pressure, threshold)` makes it."""

    of: frozenset[str]
    make: Callable[[Mapping[str, Floats], Floats, float], Floats]


# In the order in which they may use one another.
RECIPES: dict[str, Recipe] = {
    "dew_point": Recipe(
        frozenset({"temperature", "humidity"}),
        lambda v, _p, _t: dew_point(v["temperature"], v["humidity"]),
    ),
    "wet_bulb": Recipe(
        frozenset({"temperature", "humidity"}),
        lambda v, p, _t: wet_bulb(v["temperature"], v["humidity"], p),
    ),
    "surface_temperature": Recipe(
        frozenset({"temperature"}), lambda v, _p, _t: surface_temperature(v["temperature"])
    ),
    "freezing_rain": Recipe(
        frozenset({"rain", "temperature", "wet_bulb"}),
        lambda v, _p, _t: freezing_rain(v["rain"], v["temperature"], v["wet_bulb"]),
    ),
    "snowfall": Recipe(
        frozenset({"precipitation", "wet_bulb"}),
        lambda v, _p, t: snowfall(v["precipitation"], v["wet_bulb"], t),
    ),
    "rain": Recipe(
        frozenset({"precipitation", "wet_bulb"}),
        lambda v, _p, t: rain(v["precipitation"], v["wet_bulb"], t),
    ),
}


def plan(needed: frozenset[str], said: frozenset[str]) -> tuple[str, ...]:
    """What must be derived, and in which order, so that all `needed` can be had beyond what is said.

    Freezing rain is only made of rain that a source said (see `freezing_rain`). What cannot be had is
    left out.
    """
    order: list[str] = []

    def can(quantity: str) -> bool:
        if quantity in said or quantity in order:
            return True
        if quantity not in RECIPES or (quantity == "freezing_rain" and "rain" not in said):
            return False
        before = len(order)
        if all(can(i) for i in sorted(RECIPES[quantity].of)):
            order.append(quantity)
            return True
        del order[before:]
        return False

    for quantity in sorted(needed):
        can(quantity)
    return tuple(order)
