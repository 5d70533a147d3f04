"""Open-Meteo's forecasts: many locations a call, columns of numbers straight into arrays.

The service's own documents and source say what is kept to here:
- several locations make the answer a list, one makes it an object; at most 1,000 a call;
- a call weighs, per location, max(1, v/10, days/14 * v/10) for v variables;
- a 400 will never work; a 429 says whether a minute's, an hour's or a day's allowance is used up;
- an answer has no issue time: a forecast is issued at the `current` time it names, else in the hour
  it was fetched;
- what its columns hold, and under which times, stands in formats/columns.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Literal

import simdjson
from pydantic import Field

from alerting.connector import Answer, Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.secret import needed
from alerting.signals import HOUR, Spot
from connectors.formats.columns import VARIABLES, Tables
from connectors.formats.fields import load

PUBLIC = "https://api.open-meteo.com"
CUSTOMER = "https://customer-api.open-meteo.com"
# Calls that the free host allows in a minute, an hour, a day; see its terms.
FREE = {timedelta(minutes=1): 600.0, HOUR: 5_000.0, timedelta(days=1): 10_000.0}

# What is asked for: one variable each, for two of them not the first that can be read.
_ASKED = {q: names[0] for q, names in VARIABLES.items()} | {
    "surface_temperature": "soil_temperature_0cm",
    "snowfall": "snowfall",
}
Quantity = Literal[
    "temperature", "humidity", "dew_point", "wet_bulb", "surface_temperature", "precipitation",
    "rain", "snowfall", "snow_depth", "visibility", "wind_speed", "wind_gust", "pressure",
]  # fmt: skip


class OpenMeteoOptions(Options):
    """The free host is for non-commercial use.

    The ten variables of the default `quantities` weigh one call a location, at up to 14 days in all.
    Three `past_days` are what the longest windows of the shipped rules look back on (72 h): with fewer
    a new county is blind to a thaw for as long as is missing. `batch` is kept small
    enough for the addresses that servers on the way accept; the service itself takes 1,000.
    """

    base_url: str = Field("", description="of a server of your own")
    apikey: str = Field("", description="moves the calls to the host for customers")
    apikey_env: str = Field("", description="variable of the environment that holds it instead")
    model: str = Field(
        default="", pattern=r"^[a-z0-9_]*$", description="one model; empty: the best of each place"
    )
    forecast_days: int = Field(default=4, ge=1, le=16, description="days ahead")
    past_days: int = Field(
        default=3, ge=0, le=92, description="days back; as far as the rules' windows look"
    )
    batch: int = Field(default=200, ge=1, le=1000, description="points a call")
    quantities: tuple[Quantity, ...] = Field(
        default=(
            "temperature", "humidity", "precipitation", "rain", "snowfall", "snow_depth",
            "visibility", "wind_speed", "wind_gust",
        ),
        min_length=1, description="what is asked for",
    )  # fmt: skip


class Source:
    name: ClassVar[str] = "open-meteo"
    options: ClassVar[type[Options]] = OpenMeteoOptions
    feeds: ClassVar[frozenset[str]] = frozenset({"forecast"})
    dated: ClassVar[bool] = False

    def __init__(self, settings: Any) -> None:
        given = OpenMeteoOptions.model_validate(settings, from_attributes=True)
        if given.apikey_env:
            key = needed(given.apikey_env, "Open-Meteo's key", "or leave out `apikey_env`.")
            given = given.model_copy(update={"apikey": key})
        self._settings = given

    @property
    def cadence(self) -> timedelta:
        """An hour: the service takes in new hourly runs all day long."""
        return HOUR

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset(self._settings.quantities)

    @property
    def quota(self) -> Mapping[timedelta, float]:
        """What the free host allows; a customer's or one's own host has its own terms."""
        return {} if self._settings.apikey or self._settings.base_url else FREE

    def weighs(self, places: int) -> float:
        """What one poll costs of the quota, in the service's own count."""
        settings = self._settings
        days = settings.forecast_days + settings.past_days
        return places * weight_of(len(_variables(settings)), days)

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """One forecast of all `context.spots`, issued in the hour of `context.now`.

        What came before a failure is kept and the rest named as a problem. Raises SourceError when
        nothing came, and asks the fetch to hold when an allowance is used up.
        """
        tables = Tables(expected=len(context.spots))
        for batch in _batches(context.spots, self._settings.batch):
            try:
                self._ask(fetch, batch, context.now, tables)
            except SourceError as error:
                if not tables.count:
                    raise
                done = f"{tables.count} of {len(context.spots)} places were read"
                tables.reading.refuse(f"{error.what} ({done})", error.where)
                break
        issued = _hour(context.now)
        return tables.forecasts(context.source, lambda _: issued)

    def read(self, body: bytes, context: Context) -> Reading:
        """A stored or pushed answer. A location has no id: the service gives its grid's coordinates.

        `issued` is the answer's `current` time, else the hour of `context.now`. Raises BadInput when
        it is no forecast of Open-Meteo's or an error message of theirs.
        """
        tables = Tables()
        tables.take(_locations(body))
        now = _hour(context.now)
        reading = tables.forecasts(context.source, lambda current: current or now)
        if not reading.signals:
            said = "; ".join(p.what for p in reading.problems)
            raise BadInput(f"no forecast in this answer: {said or 'no location'}")
        return reading

    def payload_time(self, body: bytes) -> datetime | None:
        """The answer's `current` time, else its first hour; None where it has neither."""
        tables = Tables()
        try:
            for location in _locations(body):
                tables.take([location])
                if tables.first is not None:
                    return tables.first.current or tables.first.start
        except BadInput:
            return None  # `read` says why
        return None

    def _ask(self, fetch: Fetch, spots: Sequence[Spot], now: datetime, tables: Tables) -> None:
        settings = self._settings
        variables = _variables(settings)
        params = _places(tuple(spots)) | {
            "hourly": ",".join(variables),
            "forecast_days": str(settings.forecast_days),
            "past_days": str(settings.past_days),
            "timeformat": "unixtime",
            "timezone": "GMT",
        }
        if settings.model:
            params["models"] = settings.model
        if settings.apikey:
            params["apikey"] = settings.apikey
        host = settings.base_url or (CUSTOMER if settings.apikey else PUBLIC)
        weight = self.weighs(len(spots))
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
        tables.take(locations, spots)


def _variables(settings: OpenMeteoOptions) -> list[str]:
    return [v for q in settings.quantities for v in _ASKED[q].split("+")]


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=1024)  # the same places are asked for every hour
def _places(spots: tuple[Spot, ...]) -> dict[str, str]:
    """Where, as the service takes it: an elevation for all locations or, after `_batches`, for none."""
    where = {
        "latitude": ",".join(str(round(s.lat, 4)) for s in spots),
        "longitude": ",".join(str(round(s.lon, 4)) for s in spots),
    }
    if spots[0].elevation is not None:
        where["elevation"] = ",".join(f"{s.elevation:.0f}" for s in spots)
    return where


def weight_of(variables: int, days: int) -> float:
    """What one location weighs against the allowance, as the service counts it."""
    return max(1.0, variables / 10, days / 14 * variables / 10)


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
    except (ValueError, RuntimeError):
        load(body)  # which says where it stops to be JSON
        raise BadInput(
            "this is no JSON: one of its numbers is NaN or larger than any number can be"
        ) from None
    if isinstance(document, simdjson.Array):
        return list(document)
    if not isinstance(document, simdjson.Object):
        raise BadInput("this JSON is no answer of Open-Meteo's")
    if document.get("error") is True:
        raise BadInput(f"Open-Meteo says: {document.get('reason') or 'error, without a reason'}")
    return [document]
