"""The road's surface: how cold it is, the water on it, what of that is ice, and hoar frost.

Float32, hours first; NaN in, NaN out, but for what a function says it does without. The surface and
its water are proxies whose numbers are ours (decision 0048): a road sensor is better, and wins.
"""

from __future__ import annotations

import numpy as np

from alerting.signals import Floats
from alerting.weather.derived import frost_point
from alerting.weather.memory import known_rows, stirring
from alerting.weather.sight import Bools

COOLER = np.float32(1.0)  # K under the air's temperature at any time
CLEAR_NIGHT = np.float32(2.0)  # K more
BRIDGE = np.float32(1.0)  # K more at night, from below as well
LOW_SUN = np.float32(np.sin(np.radians(5.0)))  # under it a surface loses more than it gains
WET_FOR = 3  # hours with and after precipitation in which cloud is taken for granted
SATURATED = np.float32(1.0)  # K between temperature and dew point: fog or low cloud

FILM = np.float32(0.5)  # mm of water a road holds; the rest runs off
DRIES = np.float32(0.1)  # mm in an hour without precipitation
SUBLIMES = np.float32(0.02)  # mm in an hour without precipitation, frozen
# mm in an hour and K: 4.8 mm in a day and K. Degree-day factors of snow and ice are mostly 3 to 8
# (R. Hock, Temperature index melt modelling in mountain areas, J. Hydrology 282, 2003, 104-115; her
# table was not read: unconfirmed).
MELTS = np.float32(0.2)
BARE_AT = np.float32(3.0)  # degC: no ice is left on a road this warm


def surface_temperature(
    temperature: Floats,
    sun: Floats,
    bridge: Bools,
    precipitation: Floats | None = None,
    dew_point: Floats | None = None,
) -> Floats:
    """A stand-in for the temperature of roads and decks, degC, (hours, columns).

    The air's less 1 K; on a clear night 2 K less again, and a bridge 1 K less in any night. `sun` is
    the sine of its height, `bridge` (columns). A night counts as clear unless it precipitates, did so
    in the two hours before (mm, rows above the first do not count), or the dew point (degC) is within
    1 K of the air: what is not known is taken as clear, which is the cold side. Where it is 3 K under
    the air a surface loses what Brunt's sky (emissivity 0.52 + 0.065 sqrt(e hPa), 1932; coefficients
    from memory, unconfirmed) takes from it at 0 degC, about 100 W/m2, at some 35 W/(m2 K). Sun, salt
    and the ground's heat are not in it: it says nothing about warm surfaces.
    """
    night = sun < LOW_SUN
    covered = np.zeros(temperature.shape, np.bool_)
    if dew_point is not None:
        covered |= temperature - dew_point <= SATURATED
    if precipitation is not None:
        wet = precipitation > 0
        for before in range(WET_FOR):
            covered[before:] |= wet[: len(wet) - before]
    cooler = np.where(night & ~covered, COOLER + CLEAR_NIGHT, COOLER)
    cooler += np.where(night & bridge, BRIDGE, np.float32(0))
    return np.asarray(temperature - cooler, np.float32)


def road_water(surface_temperature: Floats, precipitation: Floats, before: Floats) -> Floats:
    """mm of water on the road in any form, (hours, columns), from degC and mm in the hour of the same
    shape and `before` (columns), what was on it an hour before the first row.

    On a frozen surface all that falls stays. Above 0 degC a film stays and dries, and what lay frozen
    melts into it. Missing in an hour is missing from then on, until the surface is at 3 degC: then
    there is no ice, and at most the film, which counts where nothing else is known.
    """
    whole = np.full_like(surface_temperature, np.nan)
    rows = known_rows(surface_temperature)
    out, surface, rain = whole[rows], surface_temperature[rows], precipitation[rows]
    held = before if rows.start == 0 else np.full_like(before, np.nan)
    some = stirring(held, rain, surface)
    out[:] = 0
    surface, rain, held = surface[:, some], rain[:, some], held[some]
    frozen, warm, dry = surface <= 0, surface >= BARE_AT, rain == 0
    melted = np.maximum(surface, np.float32(0)) * MELTS
    sublimed, dried = dry * SUBLIMES, dry * DRIES
    for hour in range(len(rain)):
        fell, ice = rain[hour], np.maximum(held - FILM, 0)
        left = np.maximum(ice - melted[hour], 0)
        left[warm[hour]] = 0
        film = np.minimum(held + fell - left, FILM) - dried[hour] * (left == 0)
        made = np.where(frozen[hour], held + fell - sublimed[hour], left + film)
        held = np.maximum(made, 0)
        held[warm[hour] & np.isnan(held)] = FILM
        out[hour, some] = held
    return whole


def road_ice(road_water: Floats, surface_temperature: Floats) -> Floats:
    """mm of water frozen on the road: all of it where the surface is at or below 0 degC, above that
    what is more than the film and still melts. So rain that freezes, snow that stays and a thaw that
    freezes again are told alike."""
    made = np.maximum(road_water - FILM, 0)
    np.copyto(made, road_water, where=surface_temperature <= 0)
    made[np.isnan(surface_temperature)] = np.nan
    return made


def frost(surface_temperature: Floats, dew_point: Floats) -> Floats:
    """1 where hoar frost forms, else 0, from degC: the surface is below 0 and below the frost point.

    M. Karlsson (Prediction of hoar-frost by use of a Road Weather Information System, Meteorological
    Applications 8, 2001, 95-105) found it to grow while the road is colder than the dew point; that the
    frost point, which lies a little higher, is taken here, and 0 degC as well, is ours. A surface at or
    above 0 degC has none, whatever the moisture."""
    forms = (surface_temperature < 0) & (surface_temperature < frost_point(dew_point))
    missing = np.isnan(surface_temperature) | (np.isnan(dew_point) & (surface_temperature < 0))
    return np.where(missing, np.float32(np.nan), forms.astype(np.float32))
