"""What cold does to people and to the demand for heat; float32 of any shape, NaN in, NaN out."""

from __future__ import annotations

import numpy as np
import thermofeel

from alerting.signals import Floats

KELVIN = np.float32(273.15)
FELT_UP_TO = np.float32(10.0)  # degC, the published domain
FELT_FROM_KMH = np.float32(5.0)


def wind_chill(temperature: Floats, wind_speed: Floats) -> Floats:
    """degC from degC and m/s at 10 m.

    The formula of 2001 (Osczevski and Bluestein, Bull. Amer. Meteor. Soc. 86, 2005, 1453-1458), which
    thermofeel has, holds from 5 km/h and up to 10 degC. Under 5 km/h Environment Canada's companion
    T + (-1.59 + 0.1345 T) V / 5 joins it; above 10 degC nothing is felt but the air's temperature.
    """
    kmh = wind_speed * np.float32(3.6)
    slow = temperature + (np.float32(-1.59) + np.float32(0.1345) * temperature) * kmh / 5
    brisk = thermofeel.calculate_wind_chill(temperature + KELVIN, wind_speed) - KELVIN
    felt = np.where(kmh < FELT_FROM_KMH, slow, brisk)
    mild = temperature > FELT_UP_TO
    return np.asarray(np.where(mild & ~np.isnan(kmh), temperature, felt), np.float32)


def heating_degrees(temperature: Floats, base: float) -> Floats:
    """K*h in an hour of that temperature (degC): what it lacks to the base, never less than 0.

    Summed over a day and divided by 24 it is the day's degree days. The base is the district's choice;
    18 degC is the one in common use.
    """
    return np.maximum(np.float32(base) - temperature, np.float32(0))
