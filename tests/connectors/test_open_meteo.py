from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerting.connector import Answer
from alerting.errors import BadInput, SourceError
from alerting.signals import Forecast, Spot
from connectors.open_meteo import CUSTOMER, PUBLIC, OpenMeteoOptions, Source, weight_of
from tests.connectors.connector_fakes import NOW, FakeFetch, context

DAWN = datetime(2026, 1, 20, tzinfo=UTC)
PLACES = (Spot("ridge", 27.11, 107.92, 1410.0), Spot("valley", 27.06, 107.88, 640.0))


def location(
    columns: dict[str, list[Any]] | None = None,
    units: dict[str, str] | None = None,
    times: list[Any] | None = None,
    offset: int = 0,
    **more: Any,
) -> dict[str, Any]:
    columns = {"temperature_2m": [1.0, -0.5, -2.0]} if columns is None else columns
    hours = len(next(iter(columns.values()), [0, 0, 0]))
    named = {"temperature_2m": "°C", "visibility": "m", "snowfall": "cm", "precipitation": "mm"}
    first = int(DAWN.timestamp())
    return {
        "latitude": 27.125, "longitude": 107.875, "elevation": 900.0,
        "utc_offset_seconds": offset,
        "hourly_units": {"time": "unixtime"} | {k: named.get(k, "") for k in columns} | (units or {}),
        "hourly": {"time": times or [first + 3600 * h for h in range(hours)]} | columns,
    } | more  # fmt: skip


def read(document: Any, **settings: Any) -> tuple[list[Forecast], list[str]]:
    reading = Source(settings).read(json.dumps(document).encode(), context(source="open-meteo"))
    return list(reading.signals), [p.what for p in reading.problems]  # type: ignore[arg-type]


def test_one_location_is_hours_by_spots_in_our_units() -> None:
    (forecast,), problems = read(
        location({"temperature_2m": [32.0, 50.0], "wind_speed_10m": [36.0, 18.0]},
                 {"temperature_2m": "°F", "wind_speed_10m": "km/h"})
    )  # fmt: skip
    assert problems == []
    assert forecast.start == DAWN
    assert forecast.spots == (Spot("", 27.125, 107.875, 900.0),)
    np.testing.assert_allclose(forecast.values["temperature"], [[0.0], [10.0]], atol=1e-4)
    np.testing.assert_allclose(forecast.values["wind_speed"], [[10.0], [5.0]], atol=1e-4)
    assert forecast.values["temperature"].dtype == np.float32


def test_seven_centimetres_of_snow_are_ten_millimetres_of_water() -> None:
    (forecast,), _ = read(location({"snowfall": [7.0, 0.0]}))
    np.testing.assert_allclose(forecast.values["snowfall"][:, 0], [10.0, 0.0], rtol=1e-5)
    (inches,), _ = read(location({"snowfall": [7.0]}, {"snowfall": "inch"}))
    np.testing.assert_allclose(inches.values["snowfall"][:, 0], [25.4], rtol=1e-5)


def test_a_null_tail_and_a_negative_visibility_are_missing() -> None:
    (forecast,), _ = read(location({"visibility": [-20.0, 300, None]}))
    column = forecast.values["visibility"][:, 0]
    assert np.isnan(column[0])
    assert np.isnan(column[2])
    assert column[1] == 300.0


def test_feet_and_inches_are_converted() -> None:
    (forecast,), _ = read(
        location({"visibility": [1000.0], "precipitation": [1.0]},
                 {"visibility": "ft", "precipitation": "inch"})
    )  # fmt: skip
    np.testing.assert_allclose(forecast.values["visibility"], [[304.8]], rtol=1e-5)
    np.testing.assert_allclose(forecast.values["precipitation"], [[25.4]], rtol=1e-5)


def test_rain_and_showers_are_one() -> None:
    units = {"rain": "mm", "showers": "mm"}
    (forecast,), _ = read(location({"rain": [1.0, None], "showers": [0.5, 0.5]}, units))
    column = forecast.values["rain"][:, 0]
    assert column[0] == 1.5
    assert np.isnan(column[1])


def test_local_naive_times_are_put_on_utc_hours() -> None:
    times = ["2026-01-20T00:00", "2026-01-20T01:00", "2026-01-20T02:00"]
    (forecast,), _ = read(location(times=times, offset=28800))
    assert forecast.start == datetime(2026, 1, 19, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset", "start"),
    [
        (34200, datetime(2026, 1, 19, 15, tzinfo=UTC)),
        (-12600, datetime(2026, 1, 20, 3, tzinfo=UTC)),
    ],
)
def test_half_hour_labels_go_back_to_the_hour_they_were_read_from(
    offset: int, start: datetime
) -> None:
    times = ["2026-01-20T00:00", "2026-01-20T01:00", "2026-01-20T02:00"]
    (forecast,), problems = read(location(times=times, offset=offset))
    assert forecast.start == start
    assert "half an hour" in problems[0]
    # The same answer with unix times carries labels at half past.
    unix = [
        int(start.timestamp()) - offset + int(offset / 3600) * 3600 + 3600 * h for h in range(3)
    ]
    (same,), _ = read(location(times=unix, offset=offset))
    assert same.start == start


def test_several_models_become_a_forecast_each() -> None:
    columns = {
        "temperature_2m_gfs_seamless": [1.0],
        "temperature_2m_ecmwf_ifs025": [2.0],
        "precipitation_probability_gfs_seamless": [80],
    }
    forecasts, _ = read(location(columns, dict.fromkeys(columns, "°C")))
    assert [(f.source, float(f.values["temperature"][0, 0])) for f in forecasts] == [
        ("open-meteo:gfs_seamless", 1.0),
        ("open-meteo:ecmwf_ifs025", 2.0),
    ]
    assert all(set(f.values) == {"temperature"} for f in forecasts)


def test_issued_is_the_current_time_else_the_hour_it_was_fetched() -> None:
    with_current = location(current={"time": int(DAWN.timestamp()) + 900, "interval": 900})
    (forecast,), _ = read(with_current)
    assert forecast.issued == DAWN + timedelta(minutes=15)
    (forecast,), _ = read(location())
    assert forecast.issued == NOW.replace(minute=0)


def test_the_payload_time_is_its_current_time_else_its_first_hour() -> None:
    source = Source({})
    local = location(current={"time": "2026-01-20T09:15"}, offset=28800)
    assert source.payload_time(json.dumps(local).encode()) == datetime(
        2026, 1, 20, 1, 15, tzinfo=UTC
    )
    assert source.payload_time(json.dumps(location()).encode()) == DAWN
    assert source.payload_time(b"{}") is None
    assert source.payload_time(b"nothing") is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": true, "reason": "Cannot initialize that variable"}', "Cannot initialize"),
        (b'{"latitude": 1, "longitude": 2, "daily": {}}', "no hourly"),
        (b"<html>", "no JSON"),
        (b"17", "no answer of Open-Meteo"),
        (b"[]", "no location"),
        (b"[" * 3000 + b"]" * 3000, "no JSON"),
    ],
)
def test_what_is_no_forecast_is_refused_by_name(body: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        Source({}).read(body, context())


def test_times_that_are_not_hourly_are_refused() -> None:
    first = int(DAWN.timestamp())
    with pytest.raises(BadInput, match="not one UTC hour after the other"):
        read(location(times=[first, first + 3 * 3600, first + 6 * 3600]))


def test_one_bad_location_does_not_lose_the_others() -> None:
    forecasts, problems = read([location(), {"latitude": 1.0, "longitude": 2.0}, location()])
    assert len(forecasts[0].spots) == 2
    assert problems == ["this location cannot be read: it has no hourly values"]


def test_every_number_of_many_locations_stands_at_its_own_place() -> None:
    """Columns are put in place a block at a time; odd locations in between must not move them."""
    given = []
    for n in range(200):
        column = [n / 10, None if n % 7 == 3 else -n / 10, 0.25]
        odd = {"current": {"time": 1768867200}} if n % 50 == 49 else {}
        given.append(location({"temperature_2m": column}, latitude=20 + n / 100, **odd))
    given[70]["hourly"]["temperature_2m"] = [[1.0, 2.0], 3.0, 4.0]  # four numbers in three
    forecasts, problems = read(given)
    assert problems == ["temperature_2m is no column of 3 numbers",
                        "none of its variables is a quantity we know"]  # fmt: skip
    seen = {}
    for one in forecasts:
        assert one.values["temperature"].shape == (3, len(one.spots))
        for spot, column in zip(one.spots, one.values["temperature"].T, strict=True):
            seen[round((spot.lat - 20) * 100)] = column
    assert sorted(seen) == [n for n in range(200) if n != 70]
    for n, column in seen.items():
        wanted = [n / 10, np.nan if n % 7 == 3 else -n / 10, 0.25]
        np.testing.assert_array_equal(column, np.array(wanted, np.float32))


def test_a_column_of_words_or_of_another_length_is_a_problem() -> None:
    forecasts, problems = read(
        location({"temperature_2m": [1.0, 2.0], "visibility": ["fog", "fog"], "snowfall": [0.0]})
    )
    assert set(forecasts[0].values) == {"temperature"}
    assert problems == [
        "visibility is no column of 2 numbers",
        "snowfall is no column of 2 numbers",
    ]


def test_a_unit_that_does_not_fit_is_a_problem() -> None:
    forecasts, problems = read(
        location({"temperature_2m": [1.0], "visibility": [5.0]}, {"visibility": "hPa"})
    )
    assert set(forecasts[0].values) == {"temperature"}
    assert "visibility" in problems[0]


# --- asking ---------------------------------------------------------------------------------


def answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), url=f"{PUBLIC}/v1/forecast")


def test_a_poll_asks_in_gmt_with_heights_and_keeps_our_spots() -> None:
    fetch = FakeFetch([answer([location(), location({"temperature_2m": [3.0, 4.0, 5.0]})])])
    reading = Source({}).poll(fetch, context(spots=PLACES))
    (forecast,) = reading.signals
    assert isinstance(forecast, Forecast)
    assert forecast.spots == PLACES
    assert forecast.issued == NOW.replace(minute=0)
    np.testing.assert_allclose(forecast.values["temperature"], [[1, 3], [-0.5, 4], [-2, 5]])
    url, params, weight = fetch.asked[0]
    assert url == f"{PUBLIC}/v1/forecast"
    assert params["timezone"] == "GMT"
    assert params["timeformat"] == "unixtime"
    assert params["latitude"] == "27.11,27.06"
    assert params["elevation"] == "1410,640"
    assert weight == 2.0


def test_places_are_asked_in_batches_and_make_one_forecast() -> None:
    spots = tuple(Spot(f"p{i}", 27 + i / 100, 107.5, 900.0) for i in range(5))
    fetch = FakeFetch([answer([location()] * 2), answer([location()] * 2), answer(location())])
    reading = Source({"batch": 2}).poll(fetch, context(spots=spots))
    (forecast,) = reading.signals
    assert isinstance(forecast, Forecast)
    assert forecast.spots == spots
    assert len(fetch.asked) == 3


def test_places_without_a_height_are_asked_apart() -> None:
    spots = (Spot("a", 27.0, 107.0, 800.0), Spot("b", 27.1, 107.1))
    fetch = FakeFetch([answer(location()), answer(location())])
    Source({}).poll(fetch, context(spots=spots))
    assert [("elevation" in params) for _, params, _ in fetch.asked] == [True, False]


def test_a_key_moves_the_calls_to_the_customers_host() -> None:
    fetch = FakeFetch([answer(location())])
    Source({"apikey": "k", "model": "gfs_seamless"}).poll(fetch, context(spots=PLACES[:1]))
    url, params, _ = fetch.asked[0]
    assert url.startswith(CUSTOMER)
    assert params["apikey"] == "k"
    assert params["models"] == "gfs_seamless"


def test_the_key_may_stand_in_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("k\n")
    monkeypatch.setenv("OPEN_METEO_KEY_FILE", str(tmp_path / "key"))
    fetch = FakeFetch([answer(location())])
    source = Source({"apikey_env": "OPEN_METEO_KEY"})
    source.poll(fetch, context(spots=PLACES[:1]))
    url, params, _ = fetch.asked[0]
    assert (url.startswith(CUSTOMER), params["apikey"], source.quota) == (True, "k", {})
    monkeypatch.delenv("OPEN_METEO_KEY_FILE")
    with pytest.raises(BadInput, match="OPEN_METEO_KEY"):
        Source({"apikey_env": "OPEN_METEO_KEY"})


def test_a_first_run_reaches_back_as_far_as_any_shipped_rule_looks() -> None:
    rules = (Path(__file__).parents[2] / "rules").glob("*.yaml")
    windows = [int(h) for file in rules
               for h in re.findall(r"(?:sum|min|max|mean)\(\w+, (\d+) h\)", file.read_text("utf-8"))]  # fmt: skip
    settings = OpenMeteoOptions()
    assert max(windows) == 72 == 24 * settings.past_days
    assert Source(settings).weighs(1) == 1.0  # and it costs no more calls


@pytest.mark.parametrize(
    ("variables", "days", "weight"), [(10, 7, 1.0), (3, 7, 1.0), (15, 7, 1.5), (10, 21, 1.5)]
)
def test_a_call_weighs_what_the_service_counts(variables: int, days: int, weight: float) -> None:
    assert weight_of(variables, days) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("span", "until"),
    [
        ("Minutely", datetime(2026, 1, 20, 8, 26, tzinfo=UTC)),
        ("Hourly", datetime(2026, 1, 20, 9, tzinfo=UTC)),
        ("Daily", datetime(2026, 1, 21, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("raised", [False, True])
def test_a_used_up_allowance_holds_as_long_as_it_lasts(
    span: str, until: datetime, raised: bool
) -> None:
    reason = f"{span} API request limit exceeded. Please try again later."
    said: Answer | SourceError = answer({"error": True, "reason": reason}, 429)
    fetch = FakeFetch([SourceError(reason) if raised else said])
    with pytest.raises(SourceError) as error:
        Source({}).poll(fetch, context(spots=PLACES))
    assert error.value.passing
    assert [at for at, _ in fetch.holds] == [until]


def test_a_400_will_never_work_and_a_502_may() -> None:
    for status, passing in ((400, False), (502, True)):
        fetch = FakeFetch([answer({"error": True, "reason": "no"}, status)])
        with pytest.raises(SourceError) as error:
            Source({}).poll(fetch, context(spots=PLACES))
        assert error.value.passing is passing
        assert fetch.holds == []


def test_what_came_before_a_failure_is_kept_and_the_rest_named() -> None:
    spots = tuple(Spot(f"p{i}", 27.0, 107.5 + i, 900.0) for i in range(3))
    fetch = FakeFetch([answer([location()] * 2), SourceError("the service does not answer")])
    reading = Source({"batch": 2}).poll(fetch, context(spots=spots))
    (forecast,) = reading.signals
    assert isinstance(forecast, Forecast)
    assert [s.id for s in forecast.spots] == ["p0", "p1"]
    assert "2 of 3 places" in reading.problems[0].what


def test_an_answer_with_another_count_is_not_laid_on_our_places() -> None:
    with pytest.raises(SourceError, match="1 locations where 2"):
        Source({}).poll(FakeFetch([answer(location())]), context(spots=PLACES))
