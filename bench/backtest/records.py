"""Recorded winters, hour by hour in UTC and in our units.

The files are public records (docs/backtest.md says whose); nothing of them is in this repository. An
hour that was not recorded, and a value that cannot be, is NaN. Positions and heights of the stations
are approximate: what is asked of them is which station is near which place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HOUR = timedelta(hours=1)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Station:
    name: str
    lat: float
    lon: float
    elevation: float


@dataclass(frozen=True, slots=True)
class Record:
    """One station's: `values[quantity][n]` is of the hour `first` + n."""

    station: Station
    first: datetime
    values: Mapping[str, Floats]

    def of(self, quantity: str, at: datetime, hours: int) -> Floats:
        """`hours` values from the hour `at` on; what lies outside the record is NaN."""
        whole = self.values[quantity]
        begin = int((at - self.first) / HOUR)
        made = np.full(hours, np.nan)
        lo, hi = max(begin, 0), min(begin + hours, len(whole))
        if lo < hi:
            made[lo - begin : hi - begin] = whole[lo:hi]
        return made


@dataclass(frozen=True, slots=True)
class Place:
    """A county of recorded weather: its stations, and winters by the year in which they begin."""

    name: str
    file: str
    zone: str
    stations: tuple[Station, ...]
    winters: tuple[int, ...]
    read: Callable[[pd.DataFrame, str, ZoneInfo], pd.DataFrame]

    def records(self, folder: Path) -> list[Record]:
        table, zone = pd.read_parquet(folder / self.file), ZoneInfo(self.zone)
        return [_record(s, self.read(table, s.name, zone)) for s in self.stations]

    def winter(self, year: int, records: Sequence[Record]) -> tuple[datetime, datetime]:
        """From the first of November to the end of March, or as much of it as was recorded."""
        zone = ZoneInfo(self.zone)
        begins = datetime(year, 11, 1, tzinfo=zone).astimezone(UTC)
        ends = datetime(year + 1, 4, 1, tzinfo=zone).astimezone(UTC)
        lasts = min(r.first + len(next(iter(r.values.values()))) * HOUR for r in records)
        return max(begins, max(r.first for r in records)), min(ends, lasts - 72 * HOUR)


def _record(station: Station, rows: pd.DataFrame) -> Record:
    rows = rows[~rows.index.duplicated()].sort_index()
    first, last = rows.index[0], rows.index[-1]
    rows = rows.reindex(pd.date_range(first, last, freq="h"))
    values = {str(q): rows[q].to_numpy(np.float64) for q in rows}
    return Record(station, first.to_pydatetime(), values)


def _utc(stamps: pd.Series[Any], zone: ZoneInfo) -> pd.DatetimeIndex:
    """A clock that is put forward skips an hour, one that is put back says an hour twice: neither is
    known then."""
    local = pd.DatetimeIndex(stamps).tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return local.tz_convert("UTC")


def _within(values: pd.Series[Any], low: float, high: float) -> pd.Series[Any]:
    return values.where((values >= low) & (values <= high))


def humidity(temperature: pd.Series[Any], dew_point: pd.Series[Any]) -> pd.Series[Any]:
    """Percent from degC, over water, by the Magnus formula of WMO-No. 8: these records tell the dew
    point, and rules are made for sources that tell humidity."""
    made = 100 * np.exp(17.62 * dew_point / (243.12 + dew_point)
                        - 17.62 * temperature / (243.12 + temperature))  # fmt: skip
    return made.clip(1, 100)


def _each_hour(summed: pd.Series[Any], direction: pd.Series[Any]) -> pd.Series[Any]:
    """Wind of each hour from a sum that begins anew when the wind turns."""
    same = direction == direction.shift()
    return _within((summed - summed.shift()).where(same, summed), 0, 60)


def _beijing_sites(table: pd.DataFrame, station: str, zone: ZoneInfo) -> pd.DataFrame:
    rows = table[table["station"] == station]
    return pd.DataFrame({
        "temperature": rows["TEMP"], "humidity": humidity(rows["TEMP"], rows["DEWP"]),
        "precipitation": rows["RAIN"], "wind_speed": rows["WSPM"],
    }).set_index(_utc(rows["time"], zone))  # fmt: skip


def _beijing_airport(table: pd.DataFrame, _: str, zone: ZoneInfo) -> pd.DataFrame:
    return pd.DataFrame({
        "temperature": table["TEMP"], "humidity": humidity(table["TEMP"], table["DEWP"]),
        "wind_speed": _each_hour(table["Iws"], table["cbwd"]),
    }).set_index(_utc(table["time"], zone))  # fmt: skip


def _chinese_city(table: pd.DataFrame, city: str, zone: ZoneInfo) -> pd.DataFrame:
    rows = table[table["city"] == city]
    return pd.DataFrame({
        "temperature": _within(rows["TEMP"], -50, 50), "humidity": _within(rows["HUMI"], 1, 100),
        "precipitation": _within(rows["precipitation"], 0, 150),
        "wind_speed": _each_hour(rows["Iws"], rows["cbwd"]),
    }).set_index(_utc(rows["time"], zone))  # fmt: skip


def _new_york(table: pd.DataFrame, station: str, _: ZoneInfo) -> pd.DataFrame:
    rows = table[table["origin"] == station]
    return pd.DataFrame({
        "temperature": (rows["temp"] - 32) / 1.8, "humidity": rows["humid"],
        "precipitation": rows["precip"] * 25.4, "visibility": rows["visib"] * 1609.344,
        "wind_speed": _within(rows["wind_speed"] * 0.44704, 0, 60),
    }).set_index(pd.DatetimeIndex(pd.to_datetime(rows["time_hour"], utc=True)))  # fmt: skip


# Montreal tells what fell and not how much: mm in an hour for each word, within WMO's light, moderate
# and heavy. They fix when and what, not how much.
LIQUID = {"Freezing Rain": 1.0, "Freezing Drizzle": 0.2, "Drizzle": 0.2, "Rain": 1.0,
          "Rain Showers": 1.0, "Moderate Rain": 4.0, "Moderate Rain Showers": 4.0,
          "Heavy Rain Showers": 10.0, "Thunderstorms": 0.0}  # fmt: skip
FROZEN = {"Snow": 0.7, "Snow Showers": 0.7, "Moderate Snow": 2.0, "Ice Pellets": 0.5,
          "Snow Grains": 0.1, "Snow Pellets": 0.3}  # fmt: skip


def _montreal(table: pd.DataFrame, _: str, zone: ZoneInfo) -> pd.DataFrame:
    words = table["Weather"].str.split(",")
    rain = words.map(lambda said: sum(LIQUID.get(w, 0.0) for w in said))
    snow = words.map(lambda said: sum(FROZEN.get(w, 0.0) for w in said))
    # Local standard time all year.
    stamps = pd.DatetimeIndex(table["Date/Time"]) + pd.Timedelta(hours=5)
    return pd.DataFrame({
        "temperature": table["Temp (C)"], "humidity": table["Rel Hum (%)"].astype(float),
        "precipitation": rain + snow, "rain": rain, "snowfall": snow,
        "visibility": table["Visibility (km)"] * 1000, "wind_speed": table["Wind Spd (km/h)"] / 3.6,
    }).set_index(stamps.tz_localize("UTC"))  # fmt: skip


def _minneapolis(table: pd.DataFrame, _: str, zone: ZoneInfo) -> pd.DataFrame:
    stamps = _utc(table["date_time"], zone)
    rows = pd.DataFrame({"temperature": _within(table["temp"] - 273.15, -60, 60)}).set_index(stamps)
    return rows[rows.index.notna()]


PLACES = {
    place.name: place
    for place in (
        Place("beijing-sites", "beijing_5sites_2013_2017_hourly.parquet", "Asia/Shanghai", (
            Station("Huairou", 40.37, 116.63, 60), Station("Dingling", 40.29, 116.22, 75),
            Station("Changping", 40.22, 116.23, 75), Station("Aotizhongxin", 39.98, 116.40, 50),
            Station("Shunyi", 40.13, 116.66, 35),
        ), (2013, 2014, 2015), _beijing_sites),
        Place("beijing-airport", "beijing_airport_2010_2014_hourly.parquet", "Asia/Shanghai",
              (Station("Airport", 40.08, 116.58, 35),), (2010, 2011, 2012, 2013), _beijing_airport),
        Place("five-cities", "china_5cities_2010_2015_hourly.parquet", "Asia/Shanghai", (
            Station("Shenyang", 41.80, 123.43, 45), Station("Beijing", 39.95, 116.47, 45),
            Station("Shanghai", 31.21, 121.44, 5), Station("Chengdu", 30.63, 104.07, 500),
            Station("Guangzhou", 23.12, 113.32, 10),
        ), (2012, 2013, 2014), _chinese_city),
        Place("montreal", "montreal_2012_hourly.parquet", "America/Montreal",
              (Station("Montreal", 45.47, -73.74, 35),), (2011, 2012), _montreal),
        Place("new-york", "nyc_2013_hourly.parquet", "America/New_York", (
            Station("EWR", 40.69, -74.17, 5), Station("JFK", 40.64, -73.78, 5),
            Station("LGA", 40.78, -73.87, 5),
        ), (2012, 2013), _new_york),
        Place("minneapolis", "minneapolis_i94_2012_2018_hourly.parquet", "America/Chicago",
              (Station("Minneapolis", 44.97, -93.26, 255),), (2013, 2016), _minneapolis),
    )
}  # fmt: skip
