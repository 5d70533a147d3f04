"""Open-Meteo's forecasts: many locations a call, columns of numbers straight into arrays.

The service's own documents and source say what is kept to here:
- several locations make the answer a list, one makes it an object; at most 1,000 a call;
- a call weighs, per location, max(1, v/10, days/14 * v/10) for v variables;
- a 400 will never work; a 429 says whether a minute's, an hour's or a day's allowance is used up;
- an answer has no issue time: a forecast is issued at the `current` time it names, else in the hour
  it was fetched;
- snowfall is cm of fresh snow, of which 7 cm are 10 mm of water;
- local times are naive, `utc_offset_seconds` ahead of UTC. The service holds its data on whole UTC
  hours and, in a zone of +9:30, shows the hour of +9:00 under each label (it cuts the offset to whole
  hours, towards zero, before it reads). Such labels are put back on the hours they were read from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import simdjson
from numpy.typing import NDArray
from pydantic import Field

from alerting.connector import Answer, Context, Fetch, Options, Reading, convert
from alerting.errors import BadInput, SourceError
from alerting.signals import HOUR, Floats, Forecast, Spot

PUBLIC = "https://api.open-meteo.com"
CUSTOMER = "https://customer-api.open-meteo.com"

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
# What is asked for: one variable each, for two of them not the first that can be read.
_ASKED = {q: names[0] for q, names in VARIABLES.items()} | {
    "surface_temperature": "soil_temperature_0cm",
    "snowfall": "snowfall",
}
_NAMES = sorted({n for names in VARIABLES.values() for name in names for n in name.split("+")})
# `precipitation_probability` is another variable, not precipitation of a model "probability".
_NO_MODELS = frozenset(
    {"probability", "height", "hours", "water", "member", "spread", "previous", "max", "min",
     "mean", "sum", "anomaly"}
)  # fmt: skip

Quantity = Literal[
    "temperature", "humidity", "dew_point", "wet_bulb", "surface_temperature", "precipitation",
    "rain", "snowfall", "snow_depth", "visibility", "wind_speed", "wind_gust", "pressure",
]  # fmt: skip


class OpenMeteoOptions(Options):
    """`apikey` moves the calls to the host for customers; the free host is for non-commercial use.

    The ten variables of the default `quantities` weigh one call a location. `batch` is kept small
    enough for the addresses that servers on the way accept; the service itself takes 1,000.
    """

    base_url: str = ""
    apikey: str = ""
    model: str = Field(default="", pattern=r"^[a-z0-9_]*$")
    forecast_days: int = Field(default=4, ge=1, le=16)
    past_days: int = Field(default=1, ge=0, le=92)
    batch: int = Field(default=200, ge=1, le=1000)
    quantities: tuple[Quantity, ...] = Field(
        default=(
            "temperature", "humidity", "precipitation", "rain", "snowfall", "snow_depth",
            "visibility", "wind_speed", "wind_gust",
        ),
        min_length=1,
    )  # fmt: skip


class Source:
    name: ClassVar[str] = "open-meteo"
    options: ClassVar[type[Options]] = OpenMeteoOptions
    feeds: ClassVar[frozenset[str]] = frozenset({"forecast"})

    def __init__(self, settings: Any) -> None:
        self._settings = OpenMeteoOptions.model_validate(settings, from_attributes=True)

    @property
    def cadence(self) -> timedelta:
        """An hour: the service takes in new hourly runs all day long."""
        return HOUR

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset(self._settings.quantities)

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """One forecast of all `context.spots`, issued in the hour of `context.now`.

        What came before a failure is kept and the rest named as a problem. Raises SourceError when
        nothing came, and asks the fetch to hold when an allowance is used up.
        """
        blocks: list[_Block] = []
        reading = Reading()
        for batch in _batches(context.spots, self._settings.batch):
            try:
                blocks += self._ask(fetch, batch, context.now, reading)
            except SourceError as error:
                if not blocks:
                    raise
                done = len(blocks)
                reading.refuse(
                    f"{error.what} ({done} of {len(context.spots)} places were read)", error.where
                )
                break
        issued = context.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        reading.signals += _forecasts(blocks, lambda _: issued, reading)
        return reading

    def read(self, body: bytes, context: Context) -> Reading:
        """A stored or pushed answer. A location has no id: the service gives its grid's coordinates.

        `issued` is the answer's `current` time, else the hour of `context.now`. Raises BadInput when
        it is no forecast of Open-Meteo's or an error message of theirs.
        """
        reading = Reading()
        blocks = [
            block
            for at, location in enumerate(_locations(body))
            if (block := _block(location, None, f"location {at + 1}", reading))
        ]
        now = context.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        reading.signals += _forecasts(blocks, lambda block: block.current or now, reading)
        if not reading.signals:
            said = "; ".join(p.what for p in reading.problems)
            raise BadInput(f"no forecast in this answer: {said or 'no location'}")
        return reading

    def payload_time(self, body: bytes) -> datetime | None:
        """The answer's `current` time, else its first hour; None where it has neither."""
        try:
            blocks = [_block(loc, None, "", Reading()) for loc in _locations(body)]
        except BadInput:
            return None
        for block in blocks:
            if block is not None:
                return block.current or block.start
        return None

    def _ask(
        self, fetch: Fetch, spots: Sequence[Spot], now: datetime, reading: Reading
    ) -> list[_Block]:
        settings = self._settings
        variables = [v for q in settings.quantities for v in _ASKED[q].split("+")]
        params = {
            "latitude": ",".join(f"{s.lat:.5g}" for s in spots),
            "longitude": ",".join(f"{s.lon:.6g}" for s in spots),
            "hourly": ",".join(variables),
            "forecast_days": str(settings.forecast_days),
            "past_days": str(settings.past_days),
            "timeformat": "unixtime",
            "timezone": "GMT",
        }
        if spots[0].elevation is not None:
            params["elevation"] = ",".join(f"{s.elevation:.0f}" for s in spots)
        if settings.model:
            params["models"] = settings.model
        if settings.apikey:
            params["apikey"] = settings.apikey
        host = settings.base_url or (CUSTOMER if settings.apikey else PUBLIC)
        days = settings.forecast_days + settings.past_days
        weight = len(spots) * weight_of(len(variables), days)
        try:
            answer = fetch.get(f"{host.rstrip('/')}/v1/forecast", params=params, weight=weight)
        except SourceError as error:
            _hold(fetch, error.what, now)
            raise
        locations = _answered(answer, fetch, now)
        if len(locations) != len(spots):
            raise SourceError(
                f"Open-Meteo answered {len(locations)} locations where {len(spots)} were asked",
                where=answer.url,
            )
        pairs = zip(locations, spots, strict=True)
        found = [_block(location, spot, f"place {spot.id}", reading) for location, spot in pairs]
        return [block for block in found if block is not None]


def weight_of(variables: int, days: int) -> float:
    """What one location weighs against the allowance, as the service counts it."""
    return max(1.0, variables / 10, days / 14 * variables / 10)


@dataclass(slots=True)
class _Block:
    """One location's columns, hours first; `units` and the names of `columns` are the payload's."""

    start: datetime
    hours: int
    spot: Spot
    units: bytes
    columns: dict[str, NDArray[np.float64]]
    current: datetime | None


def _batches(spots: Sequence[Spot], size: int) -> Iterator[Sequence[Spot]]:
    # The service takes an elevation for all locations of a call or for none.
    for group in (
        [s for s in spots if s.elevation is not None],
        [s for s in spots if s.elevation is None],
    ):
        for at in range(0, len(group), size):
            yield group[at : at + size]


def _answered(answer: Answer, fetch: Fetch, now: datetime) -> list[Any]:
    try:
        locations = _locations(answer.body)
    except BadInput as error:
        if answer.status == 429:
            _hold(fetch, error.what, now)
        raise SourceError(
            error.what, where=answer.url, passing=answer.status == 429 or answer.status >= 500
        ) from None
    if answer.status >= 400:
        raise SourceError(
            f"Open-Meteo answered {answer.status}", where=answer.url, passing=answer.status != 400
        )
    return locations


def _hold(fetch: Fetch, reason: str, now: datetime) -> None:
    """Wait as long as the used-up allowance lasts: to the next minute, hour, or 00 UTC."""
    lowered = reason.lower()
    if "limit exceeded" not in lowered:
        return
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    until = minute + timedelta(minutes=1)
    if "hourly" in lowered:
        until = minute.replace(minute=0) + HOUR
    elif "daily" in lowered:
        until = minute.replace(hour=0, minute=0) + timedelta(days=1)
    fetch.hold_until(until, reason)


def _locations(body: bytes) -> list[Any]:
    """The locations of an answer; raises BadInput for an error body and for what is no JSON."""
    try:
        document: Any = simdjson.Parser().parse(body)
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"this is no JSON: {error}") from None
    if isinstance(document, simdjson.Array):
        return list(document)
    if not isinstance(document, simdjson.Object):
        raise BadInput("this JSON is no answer of Open-Meteo's")
    if document.get("error") is True:
        raise BadInput(f"Open-Meteo says: {document.get('reason') or 'error, without a reason'}")
    return [document]


def _block(location: Any, spot: Spot | None, where: str, reading: Reading) -> _Block | None:
    try:
        return _columns(location, spot, where, reading)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reading.refuse(f"this location cannot be read: {_plain(error)}", where)
        return None


def _plain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0] if error.args else 'hourly'!r}".replace(
            "'No such key", "'"
        )
    return str(error)


def _columns(location: Any, spot: Spot | None, where: str, reading: Reading) -> _Block:
    if not isinstance(location, simdjson.Object):
        raise ValueError("it is no object")
    hourly: Any = location.get("hourly")
    if not isinstance(hourly, simdjson.Object):
        raise ValueError("it has no hourly values")
    said: Any = location.get("utc_offset_seconds")
    offset = int(said or 0)
    start, hours = _hours(hourly["time"], offset)
    if offset % 3600 and spot is None:
        reading.refuse(
            f"the zone is {offset / 3600:+g} h: labels stand half an hour beside the UTC hours they "
            f"were read from, and were put back on them (first {start:%Y-%m-%dT%H:%MZ})",
            where,
            "Ask with timezone=GMT.",
        )
    units: Any = location["hourly_units"]
    columns: dict[str, NDArray[np.float64]] = {}
    for key in hourly:
        if _variable(key) is None:
            continue
        column = _numbers(hourly[key])
        if column is None or len(column) != hours:
            reading.refuse(f"{key} is no column of {hours} numbers", where)
            continue
        columns[key] = column
    if spot is None:
        place: dict[str, Any] = {k: location.get(k) for k in ("latitude", "longitude", "elevation")}
        lat, lon, height = float(place["latitude"]), float(place["longitude"]), place["elevation"]
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValueError(f"there is no place at {lat}, {lon}")
        spot = Spot("", lat, lon, None if height is None else float(height))
    return _Block(start, hours, spot, units.mini, columns, _current(location, offset))


def _hours(times: Any, offset: int) -> tuple[datetime, int]:
    """The first UTC hour and the number of hours; raises ValueError unless they follow on hourly."""
    try:
        return _unix_hours(bytes(times.as_buffer(of_type="i")), offset)
    except TypeError:
        return _named_hours(times.mini, offset)


# An answer repeats its column of times for each location: it is read once.
@lru_cache(maxsize=8)
def _unix_hours(column: bytes, offset: int) -> tuple[datetime, int]:
    return _checked(np.frombuffer(column, np.int64) + offset - _whole(offset))


@lru_cache(maxsize=8)
def _named_hours(column: bytes, offset: int) -> tuple[datetime, int]:
    stamps = [datetime.fromisoformat(str(t)) for t in json.loads(column)]
    seconds = [int(t.replace(tzinfo=UTC).timestamp()) for t in stamps]
    return _checked(np.array(seconds, np.int64) - _whole(offset))


def _whole(offset: int) -> int:
    return int(offset / 3600) * 3600  # as the service cuts it, towards zero


def _checked(seconds: NDArray[np.int64]) -> tuple[datetime, int]:
    if not len(seconds):
        raise ValueError("it has no hours")
    if np.any(np.diff(seconds) != 3600) or seconds[0] % 3600:
        raise ValueError("its times are not one UTC hour after the other")
    return datetime.fromtimestamp(int(seconds[0]), UTC), len(seconds)


def _current(location: Any, offset: int) -> datetime | None:
    current = location.get("current")
    at = current.get("time") if isinstance(current, simdjson.Object) else None
    if isinstance(at, int):
        return datetime.fromtimestamp(at, UTC)
    if isinstance(at, str):
        return datetime.fromisoformat(at).replace(tzinfo=UTC) - timedelta(seconds=offset)
    return None


def _numbers(column: Any) -> NDArray[np.float64] | None:
    if not isinstance(column, simdjson.Array):
        return None
    try:
        return np.frombuffer(column.as_buffer(of_type="d"), np.float64)
    except TypeError:
        pass  # a null among the numbers: the slow way
    values = list(column)
    if any(not (v is None or isinstance(v, (int, float))) or isinstance(v, bool) for v in values):
        return None
    return np.array([np.nan if v is None else v for v in values], np.float64)


@cache
def _variable(key: str) -> tuple[str, str] | None:
    """(variable, model) of a payload's key; model is "" where the key names none."""
    if key in _NAMES:
        return key, ""
    for name in reversed(_NAMES):
        model = key[len(name) + 1 :]
        if key.startswith(f"{name}_") and model.split("_")[0] not in _NO_MODELS:
            return name, model
    return None


def _forecasts(
    blocks: Sequence[_Block], issued: Callable[[_Block], datetime], reading: Reading
) -> list[Forecast]:
    """One forecast a model and a shape; blocks of the same hours, units and columns share arrays."""
    groups: dict[Any, list[_Block]] = {}
    for block in blocks:
        shape = (block.start, block.hours, block.units, tuple(block.columns), issued(block))
        groups.setdefault(shape, []).append(block)
    made: list[Forecast] = []
    for (start, *_, at), group in groups.items():
        units: dict[str, str] = json.loads(group[0].units)
        models: dict[str, dict[str, str]] = {}
        for key in group[0].columns:
            variable, model = _variable(key) or ("", "")
            models.setdefault(model, {})[variable] = key
        spots = tuple(block.spot for block in group)
        for model, keys in models.items():
            values = _values(group, keys, units, reading)
            source = f"{Source.name}:{model}" if model else Source.name
            if values:
                made.append(Forecast(source, at, start, spots, values))
        if not models:
            reading.refuse("none of its variables is a quantity we know", "hourly")
    return made


def _values(
    group: Sequence[_Block], keys: dict[str, str], units: dict[str, str], reading: Reading
) -> dict[str, Floats]:
    values: dict[str, Floats] = {}
    for quantity, names in VARIABLES.items():
        name = next((n for n in names if set(n.split("+")) <= keys.keys()), None)
        if name is None:
            continue
        try:
            parts = [_array(group, keys[n], n, units, quantity) for n in name.split("+")]
        except (ValueError, KeyError) as error:
            reading.refuse(f"{quantity}: {_plain(error)}", f"hourly_units of {name}")
            continue
        values[quantity] = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    return values


def _array(
    group: Sequence[_Block], key: str, variable: str, units: dict[str, str], quantity: str
) -> Floats:
    columns = np.empty((group[0].hours, len(group)), np.float32)
    for at, block in enumerate(group):
        columns[:, at] = block.columns[key]
    if variable == "snowfall":
        columns /= np.float32(7)  # 7 cm of fresh snow are 10 mm of water: 70 mm to 10 mm
    return convert(columns, str(units[key]), quantity)
