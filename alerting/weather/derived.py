"""The air's moisture and the kind of precipitation, on float32 arrays of any shape; NaN in, NaN out.

thermofeel's wet bulb is Stull's fit, 0.15 to 0.6 K too cold around 0 degC, just where snow and rain
part, and for sea level only; so the psychrometric equation is solved here instead.
"""

from __future__ import annotations

import numpy as np

from alerting.signals import Floats

# Magnus coefficients over water, WMO-No. 8, part I, annex 4.B.
MAGNUS_E0, MAGNUS_A, MAGNUS_B = np.float32(6.112), np.float32(17.62), np.float32(243.12)
# Psychrometer coefficient for an Assmann instrument, WMO-No. 8, annex 4.B, 1/K.
PSYCHROMETER = np.float32(6.53e-4)
# Magnus coefficients over ice, the same annex (its first factor is that over water).
ICE_A, ICE_B = np.float32(22.46), np.float32(272.62)
NEWTON_STEPS = 3


def dew_point(temperature: Floats, humidity: Floats) -> Floats:
    """degC from degC and percent, over water: the Magnus formula of WMO-No. 8 annex 4.B, inverted."""
    x = np.log(np.clip(humidity, 1, 100) * np.float32(0.01))
    x += MAGNUS_A * temperature / (MAGNUS_B + temperature)
    return np.asarray(MAGNUS_B * x / (MAGNUS_A - x), np.float32)


def frost_point(dew_point: Floats) -> Floats:
    """degC from the dew point in degC: where air as moist as that is saturated over ice. Both Magnus
    formulas of WMO-No. 8 annex 4.B, set equal; at most the dew point's height above 0 degC."""
    x = MAGNUS_A * dew_point / (MAGNUS_B + dew_point)
    return np.asarray(ICE_B * x / (ICE_A - x), np.float32)


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
    if not (rain > 0).any():
        return rain * np.float32(0)
    split = np.where((temperature <= 0) & (wet_bulb <= 0), rain, np.float32(0))
    known = np.where(rain == 0, np.float32(0), split)  # no rain: none freezes, whatever the rest
    return np.asarray(
        np.where(np.isnan(rain), np.nan, np.where(rain == 0, known, _none_stays_none(
            split, temperature, wet_bulb))), np.float32)  # fmt: skip


def _none_stays_none(value: Floats, *ingredients: Floats) -> Floats:
    """Missing ingredients make a missing answer, but no precipitation is none of either kind."""
    dry = value == 0
    dry &= ingredients[0] == 0
    missing = np.isnan(ingredients[0])
    for other in ingredients[1:]:
        missing |= np.isnan(other) & ~dry
    return np.asarray(np.where(missing, np.float32(np.nan), value), np.float32)
