"""Open-Meteo's columns of numbers, straight into float32 arrays.

Kept to here, from the service's own documents and source:
- snowfall is cm of fresh snow, of which 7 cm are 10 mm of water;
- `models=a,b` puts the model's name behind each variable's;
- local times are naive, `utc_offset_seconds` ahead of UTC. The service holds its data on whole UTC
  hours and, in a zone of +9:30, shows the hour of +9:00 under each label (it cuts the offset to whole
  hours, towards zero, before it reads). Such labels are put back on the hours they were read from.

An answer repeats hours, units and variables for each location. They are understood once; the next
location is compared with the last one byte by byte and its numbers are copied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import simdjson
from numpy.typing import NDArray

from alerting.connector import Reading, convert
from alerting.signals import Floats, Forecast, Spot

# Our quantity from the service's variables: the first of them that is there; `+` adds two. The
# older spellings are those of payloads from before 2024. Rain is told apart from showers by some
# models; where both are there they are one.
VARIABLES: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature_2m",),
    "humidity": ("relative_humidity_2m", "relativehumidity_2m"),
    "dew_point": ("dew_point_2m", "dewpoint_2m"),
    "wet_bulb": ("wet_bulb_temperature_2m",),
    "surface_temperature": ("surface_temperature", "soil_temperature_0cm"),
    "precipitation": ("precipitation",),
    "rain": ("rain+showers", "rain"),
    "snowfall": ("snowfall_water_equivalent", "snowfall"),
    "snow_depth": ("snow_depth",),
    "visibility": ("visibility",),
    "wind_speed": ("wind_speed_10m", "windspeed_10m"),
    "wind_gust": ("wind_gusts_10m", "windgusts_10m"),
    "pressure": ("pressure_msl",),
}
_NAMES = sorted(
    {n for names in VARIABLES.values() for name in names for n in name.split("+")}, reverse=True
)
# `precipitation_probability` is another variable, not precipitation of a model "probability".
_NO_MODELS = frozenset(
    {"probability", "height", "hours", "water", "member", "spread", "previous", "max", "min",
     "mean", "sum", "anomaly"}
)  # fmt: skip
_FIRST, _LAST = 0, 4_133_980_800  # 1970 and 2101, in unix time
BLOCK = 64  # locations whose columns are put in place together
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class Table:
    """Locations of the same hours, units and variables; `_cells` is (variable, hour, location).

    Locations are put there a block at a time: one cast and one transposition for all of their columns,
    small enough to stay in the processor's cache.
    """

    def __init__(
        self, location: Any, offset: int, start: datetime, hours: int, keys: tuple[str, ...]
    ) -> None:
        hourly = location["hourly"]
        self.start, self.hours, self.keys, self._offset = start, hours, keys, offset
        self.units: bytes = location["hourly_units"].mini
        self.current = _current(location, offset)
        self.spots: list[Spot] = []
        self._times, self._unix = _times(hourly["time"])
        self._width, self._fields = len(hourly), len(location)
        self.whole = len(keys) == sum(variable(key) is not None for key in hourly)
        self._cells = np.empty((len(keys), hours, 4), np.float32)
        self._block: list[Any] = []  # columns of the last locations, not in `_cells` yet

    @property
    def shape(self) -> tuple[object, ...]:
        return (self.start, self.hours, self.units, self.keys, self.current, self._width,
                self._fields)  # fmt: skip

    def reserve(self, count: int) -> None:
        """Room for `count` more locations; at least twice as much when it must grow, so that many
        answers do not each copy all that came before them."""
        needed, room = len(self.spots) + count, self._cells.shape[2]
        if needed <= room:
            return
        grown = np.empty((len(self.keys), self.hours, max(needed, 2 * room)), np.float32)
        grown[:, :, :room] = self._cells
        self._cells = grown

    def fits(self, location: Any) -> bool:
        """Whether `location` says the same hours, units and variables as this table's first."""
        hourly = location["hourly"]
        if len(hourly) != self._width or location["hourly_units"].mini != self.units:
            return False
        if (location["utc_offset_seconds"] or 0) != self._offset:
            return False
        times = hourly["time"]
        said = bytes(times.as_buffer(of_type="i")) if self._unix else times.mini
        if said != self._times or len(location) != self._fields:
            return False
        return self.current is None or _current(location, self._offset) == self.current

    def add(self, location: Any, spot: Spot) -> bool:
        """Take the location's numbers; False, and nothing is added, when one column is not sound."""
        hourly, length = location["hourly"], self.hours * 8
        columns: list[Any] = []
        for key in self.keys:
            column: Any
            try:
                column = hourly[key].as_buffer(of_type="d")
                size = column.size
            except (TypeError, AttributeError):
                column = _numbers(hourly[key])
                size = -1 if column is None else column.nbytes
            if size != length:
                return False
            columns.append(column)
        self._block += columns
        self.spots.append(spot)
        if len(self._block) >= BLOCK * len(self.keys):
            self._settle()
        return True

    def column(self, key: str) -> Floats:
        """(hours, locations) of one variable, in its own unit."""
        self._settle()
        return np.ascontiguousarray(self._cells[self.keys.index(key), :, : len(self.spots)])

    def _settle(self) -> None:
        """Put the block where it belongs."""
        if not self._block:
            return
        count = len(self._block) // len(self.keys)
        first = len(self.spots) - count
        self.reserve(0)
        said = np.frombuffer(b"".join(self._block)).reshape(count, len(self.keys), self.hours)
        # A number too large for float32 becomes infinite, and then missing by its range.
        with np.errstate(over="ignore"):
            self._cells[:, :, first : first + count] = said.transpose(1, 2, 0)
        self._block.clear()


class Tables:
    """What the locations of one or several answers said, and what of it could not be read.

    `expected` is how many locations will come in all, where that is known.
    """

    def __init__(self, expected: int = 0) -> None:
        self.reading = Reading()
        self.count = 0
        self._tables: dict[tuple[object, ...], Table] = {}
        self._last: Table | None = None
        self._expected = expected

    @property
    def first(self) -> Table | None:
        return next(iter(self._tables.values()), None)

    def take(self, locations: Sequence[Any], spots: Sequence[Spot] | None = None) -> None:
        """Add locations, each at its spot, or without spots where it says it is itself.

        What cannot be read goes to `reading`, under the spot's id or the location's number.
        """
        self._expected = max(self._expected, len(locations))
        if self._last is not None:
            self._last.reserve(len(locations))
        for at, location in enumerate(locations):
            spot = spots[at] if spots else None
            where = f"place {spot.id}" if spot else f"location {at + 1}"
            try:
                self._take(location, spot, where)
            except _UNREADABLE as error:
                self.reading.refuse(f"this location cannot be read: {plain(error)}", where)

    def _take(self, location: Any, spot: Spot | None, where: str) -> None:
        if not isinstance(location, simdjson.Object):
            raise ValueError("it is no object")
        named, last = spot is not None, self._last
        if spot is None:
            spot = _spot(location)
        if last is None or not _alike(last, location) or not last.add(location, spot):
            last = self._table(location, where, named)
            if not last.add(location, spot):
                raise ValueError("its columns are not sound")
            if last.whole:  # what one location lacks, the next one may have
                self._last = last
        self.count += 1

    def _table(self, location: Any, where: str, named: bool) -> Table:
        """The table for this location's shape, a new one when it is the first of it."""
        hourly = location.get("hourly")
        if not isinstance(hourly, simdjson.Object):
            raise ValueError("it has no hourly values")
        offset = int(location.get("utc_offset_seconds") or 0)
        start, hours = _hours(hourly["time"], offset)
        if offset % 3600 and not named:
            self.reading.refuse(
                f"the zone is {offset / 3600:+g} h: labels stand half an hour beside the UTC hours "
                f"they were read from, and were put back on them (first {start:%Y-%m-%dT%H:%MZ})",
                where,
                "Ask with timezone=GMT.",
            )
        keys: list[str] = []
        for key in hourly:
            if variable(key) is None:
                continue
            column = _numbers(hourly[key])
            if column is None or len(column) != hours:
                self.reading.refuse(f"{key} is no column of {hours} numbers", where)
            else:
                keys.append(key)
        table = Table(location, offset, start, hours, tuple(keys))
        if table.shape not in self._tables:
            if not self._tables:
                table.reserve(self._expected)
            self._tables[table.shape] = table
        return self._tables[table.shape]

    def forecasts(self, source: str, issued: Callable[[datetime | None], datetime]) -> Reading:
        """One forecast a model and table; `issued` is made of the table's `current` time."""
        for table in self._tables.values():
            units: dict[str, str] = json.loads(table.units)
            models: dict[str, dict[str, str]] = {}
            for key in table.keys:
                name, model = variable(key) or ("", "")
                models.setdefault(model, {})[name] = key
            if not models:
                self.reading.refuse("none of its variables is a quantity we know", "hourly")
            for model, names in models.items():
                values = self._values(table, names, units)
                named = f"{source}:{model}" if model else source
                if values:
                    at = issued(table.current)
                    made = Forecast(named, at, table.start, tuple(table.spots), values)
                    self.reading.signals.append(made)
        return self.reading

    def _values(
        self, table: Table, keys: dict[str, str], units: dict[str, str]
    ) -> dict[str, Floats]:
        values: dict[str, Floats] = {}
        for quantity, choices in VARIABLES.items():
            name = next((c for c in choices if set(c.split("+")) <= keys.keys()), None)
            if name is None:
                continue
            try:
                parts = [_converted(table, keys[n], n, units, quantity) for n in name.split("+")]
            except (ValueError, KeyError) as error:
                self.reading.refuse(f"{quantity}: {plain(error)}", f"hourly_units of {name}")
                continue
            values[quantity] = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return values


def plain(error: Exception) -> str:
    """What was wrong, for a person; a missing key by its name."""
    if isinstance(error, KeyError):
        said = str(error.args[0]) if error.args else "a field"
        return "it lacks a field" if "NO_SUCH_FIELD" in said else f"it has no {said}"
    return str(error)


@lru_cache(maxsize=4096)
def variable(key: str) -> tuple[str, str] | None:
    """(variable, model) of a payload's key; model is "" where the key names none, None for others."""
    if key in _NAMES:
        return key, ""
    for name in _NAMES:
        model = key[len(name) + 1 :]
        if key.startswith(f"{name}_") and model.split("_")[0] not in _NO_MODELS:
            return name, model
    return None


def _alike(table: Table, location: Any) -> bool:
    try:
        return table.fits(location)
    except _UNREADABLE:
        return False  # it is read on its own, and said what is wrong with it


def _converted(table: Table, key: str, name: str, units: dict[str, str], quantity: str) -> Floats:
    column = table.column(key)
    if name == "snowfall":
        column = column / np.float32(7)  # 7 cm of fresh snow are 10 mm of water: 70 mm to 10 mm
    with np.errstate(over="ignore"):
        return convert(column, str(units[key]), quantity)


def _spot(location: Any) -> Spot:
    try:
        lat, lon = float(location["latitude"]), float(location["longitude"])
    except TypeError:
        raise ValueError("its latitude or longitude is no number") from None
    height = location.get("elevation")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(f"there is no place at {lat}, {lon}")
    return Spot("", lat, lon, None if height is None else float(height))


def _times(times: Any) -> tuple[bytes, bool]:
    """The column of times as bytes to compare by, and whether they are unix times."""
    try:
        return bytes(times.as_buffer(of_type="i")), True
    except TypeError:
        return bytes(times.mini), False


def _hours(times: Any, offset: int) -> tuple[datetime, int]:
    """The first UTC hour and the number of hours; raises ValueError unless they follow on hourly."""
    column, unix = _times(times)
    whole = int(offset / 3600) * 3600  # as the service cuts it, towards zero
    if unix:
        seconds = np.frombuffer(column, np.int64) + offset - whole
    else:
        stamps = [_local(t) for t in json.loads(column)]
        local = [int(t.replace(tzinfo=UTC).timestamp()) for t in stamps]
        seconds = np.array(local, np.int64) - whole
    if not len(seconds):
        raise ValueError("it has no hours")
    if np.any(np.diff(seconds) != 3600) or seconds[0] % 3600:
        raise ValueError("its times are not one UTC hour after the other")
    if not _FIRST <= seconds[0] <= _LAST:
        raise ValueError("its hours lie before 1970 or after 2100")
    return datetime.fromtimestamp(int(seconds[0]), UTC), len(seconds)


def _local(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is no time") from None
    if at.tzinfo is not None:
        raise ValueError(f"the time {text!r} brings a zone of its own, which the service never does")
    return at


def _current(location: Any, offset: int) -> datetime | None:
    current = location.get("current")
    at = current.get("time") if isinstance(current, simdjson.Object) else None
    if isinstance(at, int):
        return datetime.fromtimestamp(at, UTC)
    if isinstance(at, str):
        return datetime.fromisoformat(at).replace(tzinfo=UTC) - timedelta(seconds=offset)
    return None


def _numbers(column: Any) -> NDArray[np.float64] | None:
    try:
        return np.frombuffer(column.as_buffer(of_type="d"), np.float64)
    except (TypeError, AttributeError):
        pass  # no array, or a null among its numbers: the slow way
    if not isinstance(column, simdjson.Array):
        return None
    values = list(column)
    if any(not (v is None or isinstance(v, (int, float))) or isinstance(v, bool) for v in values):
        return None
    return np.array([np.nan if v is None else v for v in values], np.float64)
