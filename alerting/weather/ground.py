"""What a derivation knows of its columns besides their weather: where they lie, and what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.signals import Floats
from alerting.weather.derived import station_pressure
from alerting.weather.placing import Column
from alerting.weather.sight import Bools

Index = slice | NDArray[np.int64]
# FFMC, DMC, DC before the days that are looked back on. The first two are the usual start (Van Wagner
# 1987); its DC of 15 is for ground that snow has just left, and ours begins on any day (decision 0083).
FIRE_START = (85.0, 6.0, 150.0)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """By column: `pressure` hPa, `lat` and `lon` degrees, `bridge`. For all: the county's `zone`;
    `snow_wet_bulb` degC, precipitation at or below it is snow; `heating_base` degC; `fire_start`,
    the moisture codes FFMC, DMC and DC that stand before the first day known."""

    pressure: Floats
    lat: Floats
    lon: Floats
    bridge: Bools
    zone: ZoneInfo
    snow_wet_bulb: float = 0.5
    heating_base: float = 18.0
    fire_start: tuple[float, float, float] = FIRE_START

    @classmethod
    def of(cls, columns: Sequence[Column], zone: ZoneInfo, **chosen: object) -> Ground:
        def each(what: str) -> Floats:
            return np.array([getattr(c, what) for c in columns], np.float32)

        made = cls(
            station_pressure(each("elevation")), each("lat"), each("lon"),
            np.array([c.bridge for c in columns], np.bool_), zone,
        )  # fmt: skip
        return replace(made, **chosen)  # type: ignore[arg-type]

    def at(self, columns: Index) -> Ground:
        return replace(
            self, pressure=self.pressure[columns], lat=self.lat[columns], lon=self.lon[columns],
            bridge=self.bridge[columns],
        )  # fmt: skip

    def sun(self, hours: NDArray[np.int64]) -> Floats:
        """Sine of the sun's height, (hours, columns), at UTC hours counted from 1970.

        Declination and equation of time by the series of J. W. Spencer (Fourier series representation
        of the position of the sun, Search 2(5), 1971, 172), also in Iqbal, An Introduction to Solar
        Radiation (1983; eq. 1.3.1 and 1.4.1, numbers unconfirmed): within 0.01 rad, ample for day and
        night.
        """
        days = hours / 24.0
        year = 2 * np.pi * ((days - 10_957) % 365.2425) / 365.2425  # 10957: 1 January 2000
        declination = (
            0.006918 - 0.399912 * np.cos(year) + 0.070257 * np.sin(year)
            - 0.006758 * np.cos(2 * year) + 0.000907 * np.sin(2 * year)
            - 0.002697 * np.cos(3 * year) + 0.00148 * np.sin(3 * year)
        )  # fmt: skip
        late = (  # the equation of time, rad
            0.000075 + 0.001868 * np.cos(year) - 0.032077 * np.sin(year)
            - 0.014615 * np.cos(2 * year) - 0.04089 * np.sin(2 * year)
        )  # fmt: skip
        turned = 2 * np.pi * (days % 1.0) - np.pi + late  # the hour angle at Greenwich
        lat, lon = np.radians(self.lat), np.radians(self.lon)
        # sin(lat) sin(d) + cos(lat) cos(d) cos(turned + lon), as a product of three columns by three.
        by_hour = np.stack([np.sin(declination), np.cos(declination) * np.cos(turned),
                            -np.cos(declination) * np.sin(turned)], axis=1)  # fmt: skip
        by_column = np.stack([np.sin(lat), np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon)])
        return by_hour.astype(np.float32) @ by_column.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Of one derivation: the ground of its columns, the UTC hour of each row, and, for what is made
    hour upon hour, what stood before the first row (see memory.py)."""

    ground: Ground
    hours: NDArray[np.int64]
    before: object = None
