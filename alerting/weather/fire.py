"""The Canadian Forest Fire Weather Index from its six equations, on arrays of any shape.

C. E. Van Wagner and T. L. Pickett, Equations and FORTRAN program for the Canadian Forest Fire Weather
Index System, Forestry Technical Report 33 (1985); the numbers of equations are theirs. Two things are
as in the Canadian Forest Service's own later code (Wang, Anderson and Suddaby, Information Report
NOR-X-424, 2015, and its package cffdrs): 147.27723 for the rounded 147.2 of equation 1, and day lengths
by latitude. Those of 46 degrees north are Van Wagner's; that the others come from Lawson and Armitage,
Weather guide for the Canadian Forest Fire Danger Rating System (2008), was not looked up: unconfirmed.

Noon local standard time: temperature degC, relative humidity percent, wind at 10 m in km/h (here in
m/s), and the precipitation of the 24 h before in mm. The codes are those of the day before. A NaN in
any of them makes NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from alerting.signals import Floats
from alerting.weather.sight import Bools

FINE = 147.27723  # 250 * 59.5 / 101, eq. 1

# Day lengths for the duff by month: north of 30, of 10, of -10, of -30 degrees, and south of that.
DUFF = np.array([
    (6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0),
    (7.9, 8.4, 8.9, 9.5, 9.9, 10.2, 10.1, 9.7, 9.1, 8.6, 8.1, 7.8),
    (9.0,) * 12,
    (10.1, 9.6, 9.1, 8.5, 8.1, 7.8, 7.9, 8.3, 8.9, 9.4, 9.9, 10.2),
    (11.5, 10.5, 9.2, 7.9, 6.8, 6.2, 6.5, 7.4, 8.7, 10.0, 11.2, 11.8),
], np.float32)  # fmt: skip
# For the drought code: north of 20 degrees, between, from -20 on south.
DROUGHT = np.array([
    (-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6),
    (1.4,) * 12,
    (6.4, 5.0, 2.4, 0.4, -1.6, -1.6, -1.6, -1.6, -1.6, 0.9, 3.8, 5.8),
], np.float32)  # fmt: skip


class Noon(NamedTuple):
    """One day's weather: degC, percent, m/s, mm in 24 h."""

    temperature: Floats
    humidity: Floats
    wind_speed: Floats
    precipitation: Floats

    @property
    def known(self) -> Bools:
        """Where all four are."""
        return ~np.isnan(self.temperature + self.humidity + self.wind_speed + self.precipitation)


class Codes(NamedTuple):
    """The three moisture codes: fine fuel, duff, drought."""

    ffmc: Floats
    dmc: Floats
    dc: Floats


def codes(before: Codes, noon: Noon, month: int, lat: Floats) -> Codes:
    """The day's codes from yesterday's; `month` 1 to 12, `lat` in degrees."""
    return Codes(
        fine_fuel(before.ffmc, *noon),
        duff(before.dmc, noon.temperature, noon.humidity, noon.precipitation, month, lat),
        drought(before.dc, noon.temperature, noon.precipitation, month, lat),
    )


def danger(of: Codes, wind_speed: Floats) -> Floats:
    """The Fire Weather Index of a day's codes."""
    return fire_weather(initial_spread(of.ffmc, wind_speed), build_up(of.dmc, of.dc))


def fine_fuel(
    before: Floats, temperature: Floats, humidity: Floats, wind_speed: Floats, rain: Floats
) -> Floats:
    """FFMC, 0 to 101: eq. 1 to 10."""
    humidity, wind = np.minimum(humidity, 99.9999), np.sqrt(wind_speed * 3.6)
    m = _moisture(before)
    fell = np.maximum(rain - 0.5, 0)
    with np.errstate(divide="ignore"):  # no rain: exp(-inf) is 0, and nothing is added
        wetted = m + 42.5 * fell * np.exp(-100 / (251 - m)) * (1 - np.exp(-6.93 / fell))
    wetted += np.where(m > 150, 0.0015 * (m - 150) ** 2 * np.sqrt(fell), 0)
    m = np.minimum(wetted, 250)
    common = 0.18 * (21.1 - temperature) * (1 - np.exp(-0.115 * humidity))
    damp = np.exp((humidity - 100) / 10)
    dried = 0.942 * humidity**0.679 + 11 * damp + common
    soaked = 0.618 * humidity**0.753 + 10 * damp + common
    pace = 0.581 * np.exp(0.0365 * temperature)
    share = humidity / 100
    drying = (0.424 * (1 - share**1.7) + 0.0694 * wind * (1 - share**8)) * pace
    lack = 1 - share
    wetting = (0.424 * (1 - lack**1.7) + 0.0694 * wind * (1 - lack**8)) * pace
    down = dried + (m - dried) * 10**-drying
    up = soaked - (soaked - m) * 10**-wetting
    m = np.where(m > dried, down, np.where((m < dried) & (m < soaked), up, m + 0 * down))
    return np.clip(59.5 * (250 - m) / (FINE + m), 0, 101)


def duff(
    before: Floats, temperature: Floats, humidity: Floats, rain: Floats, month: int, lat: Floats
) -> Floats:
    """DMC: eq. 11 to 17."""
    length = DUFF[4 - np.searchsorted([-30.0, -10.0, 10.0, 30.0], lat), month - 1]
    lack = 100 - np.minimum(humidity, 99.9999)
    dry = 1.894e-4 * np.maximum(temperature + 1.1, 0) * lack * length
    effective = np.maximum(0.92 * rain - 1.27, 0)
    held = 20 + 280 / np.exp(0.023 * before)
    some = np.log(np.maximum(before, 1e-6))
    slope = np.where(
        before <= 33, 100 / (0.5 + 0.3 * before),
        np.where(before <= 65, 14 - 1.3 * some, 6.2 * some - 17.2),
    )  # fmt: skip
    wetted = held + 1000 * effective / (48.77 + slope * effective)
    after = np.maximum(43.43 * (5.6348 - np.log(np.maximum(wetted - 20, 1e-6))), 0)
    return np.where(rain > 1.5, after, before + 0 * rain) + dry


def drought(before: Floats, temperature: Floats, rain: Floats, month: int, lat: Floats) -> Floats:
    """DC: eq. 18 to 23."""
    length = DROUGHT[2 - np.searchsorted([-20.0, 20.0], lat), month - 1]
    dry = np.maximum(0.36 * np.maximum(temperature + 2.8, 0) + length, 0) / 2
    effective = np.maximum(0.83 * rain - 1.27, 0)
    held = 800 * np.exp(-before / 400)
    after = np.maximum(before - 400 * np.log(1 + 3.937 * effective / held), 0)
    return np.where(rain > 2.8, after, before + 0 * rain) + dry


def initial_spread(ffmc: Floats, wind_speed: Floats) -> Floats:
    """ISI: eq. 24 to 26."""
    m = _moisture(ffmc)
    fuel = 91.9 * np.exp(-0.1386 * m) * (1 + m**5.31 / 4.93e7)
    return 0.208 * np.exp(0.05039 * 3.6 * wind_speed) * fuel


def build_up(dmc: Floats, dc: Floats) -> Floats:
    """BUI: eq. 27."""
    both = dmc + 0.4 * dc
    share = 0.8 * dc / np.where(both == 0, 1, both)
    less = dmc - (1 - share) * (0.92 + (0.0114 * dmc) ** 1.7)
    return np.where(dmc <= 0.4 * dc, share * dmc, np.maximum(less, 0))


def fire_weather(isi: Floats, bui: Floats) -> Floats:
    """FWI: eq. 28 to 30."""
    fuel = np.where(
        bui <= 80, 0.626 * bui**0.809 + 2, 1000 / (25 + 108.64 * np.exp(-0.023 * bui))
    )
    raw = 0.1 * isi * fuel
    scaled = np.exp(2.72 * (0.434 * np.log(np.maximum(raw, 1))) ** 0.647)
    return np.where(raw <= 1, raw, scaled)


def _moisture(ffmc: Floats) -> Floats:
    return FINE * (101 - ffmc) / (59.5 + ffmc)
