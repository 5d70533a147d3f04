"""Glaze on lines: grows in freezing rain, stays while it freezes, and goes when it is warmer."""

from __future__ import annotations

import numpy as np

from alerting.signals import Floats
from alerting.weather.memory import known_rows, stirring

ICE = np.float32(0.9)  # g/cm3, glaze; water is 1
# Ours, a proxy: a melting cylinder takes some 25 W/(m2 K) from moving air, and ice needs 334 kJ/kg.
MELTS = np.float32(0.3)  # mm of thickness in an hour and K
FALLS_AT = np.float32(3.0)  # degC, ours: what still hangs drops off


def growth(freezing_rain: Floats, wind_speed: Floats) -> Floats:
    """mm of uniform radial thickness in an hour, from mm in the hour and m/s.

    The simple model of K. F. Jones (A simple model for freezing rain ice loads, 1998, DTIC ADA633270;
    also CRREL Report 96-2): what falls and what the wind drives on a cylinder, all of which freezes,
    spread evenly: sqrt((P w)^2 + (3.6 V W)^2) / (pi i), with w = 1 and i = 0.9 g/cm3 and Best's (1949)
    liquid water content W = 0.067 P^0.846 g/m3. It errs to the heavy side, as its abstract says, and
    does not depend on the wire's diameter. Unconfirmed, from memory: the formula as written here, its
    two coefficients, and the journal (Atmospheric Research 46, 87-97).
    """
    made = freezing_rain * np.float32(0)  # no rain: none, whatever the wind
    raining = freezing_rain > 0
    rain, wind = freezing_rain[raining], wind_speed[raining]
    driven = np.float32(3.6 * 0.067) * wind * np.power(rain, np.float32(0.846))
    made[raining] = np.sqrt(rain * rain + driven * driven) / (np.float32(np.pi) * ICE)
    return made


def line_ice(
    freezing_rain: Floats, wind_speed: Floats, temperature: Floats, before: Floats
) -> Floats:
    """mm of radial thickness, (hours, columns), from mm in the hour, m/s and degC of the same shape
    and `before` (columns), the thickness an hour before the first row.

    Missing in an hour is missing from then on: ice that nobody saw grow may hang there. An hour at or
    above 3 degC settles it, whatever was before.
    """
    made = np.full_like(temperature, np.nan)
    rows = known_rows(temperature)
    out, warmth, rain = made[rows], temperature[rows], freezing_rain[rows]
    held = before if rows.start == 0 else np.full_like(before, np.nan)
    some = stirring(held, rain, warmth)
    out[:] = 0
    warmth, held = warmth[:, some], held[some]
    grown = growth(rain[:, some], wind_speed[rows][:, some])
    grown -= np.maximum(warmth, np.float32(0)) * MELTS
    bare = warmth >= FALLS_AT
    for hour in range(len(grown)):
        held = np.maximum(held + grown[hour], 0)
        held[bare[hour]] = 0
        out[hour, some] = held
    return made
