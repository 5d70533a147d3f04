"""Every captured payload is read as it is, or refused for a reason a person would agree with.

The captures are not part of this repository: they lie in a folder `shared` beside it, or where
SUIAN_SHARED points. Each is read at its own time. A capture that is not listed here fails the test.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerting.connector import Reading
from alerting.errors import BadInput
from alerting.signals import Forecast, Warning
from connectors import find
from tests.connectors.connector_fakes import context

ROOT = Path(os.environ.get("SUIAN_SHARED", Path(__file__).parents[3] / "shared"))
PAYLOADS = ROOT / "data" / "payloads"
FOLDERS = ("openmeteo", "cap", "cap_cn", "meteoalarm", "cma_nmc")
# A table of codes is no payload.
TABLES = {"cap_cn/event_codes_11B.csv"}

pytestmark = pytest.mark.usefixtures("shared")  # skipped without it, red where all is required

READ_AT = datetime(2026, 6, 5, 12, tzinfo=UTC)  # for payloads that do not say when they were made


def read(name: str, file: str) -> Reading:
    source = find(name)({})
    body = (PAYLOADS / file).read_bytes()
    reading: Reading = source.read(body, context(source.payload_time(body) or READ_AT, source=name))
    again: Reading = source.read(body, context(source.payload_time(body) or READ_AT, source=name))
    assert [s.id for s in reading.signals] == [s.id for s in again.signals]
    return reading


# file: source, hours, first hour, issued, quantities of each forecast
FORECASTS: dict[str, tuple[int, str, str | None, list[str]]] = {
    "archive_adelaide_wetbulb.json": (
        72, "2025-01-09T15:00", None,
        ["humidity precipitation temperature wet_bulb wind_speed"]),
    "forecast_adriatic_small.json": (24, "2026-07-07T22:00", None, ["wind_speed"]),
    "melbourne_2025-10-25_null_cloud.json": (
        168, "2025-10-25T00:00", "2025-10-25T11:30",
        ["humidity precipitation snowfall temperature wind_gust wind_speed"]),
    "multimodel_gfs_ecmwf_nbm_imperial_2026-06-05.json": (
        168, "2026-06-05T04:00", None, ["precipitation temperature"] * 3),
    "newjersey_2025-12-28_hourly_daily_null_tail.json": (
        336, "2025-12-28T00:00", "2025-12-28T23:00",
        ["humidity precipitation snowfall temperature wind_gust wind_speed"]),
    "toronto_winter_current_hourly_daily.json": (
        192, "2026-03-04T05:00", "2026-03-06T02:00",
        ["precipitation temperature wind_gust wind_speed"]),
}  # fmt: skip


@pytest.mark.parametrize("file", FORECASTS)
def test_open_meteo(file: str) -> None:
    hours, start, issued, quantities = FORECASTS[file]
    reading = read("open-meteo", f"openmeteo/{file}")
    forecasts = [s for s in reading.signals if isinstance(s, Forecast)]
    assert [" ".join(sorted(f.values)) for f in forecasts] == quantities
    for forecast in forecasts:
        assert forecast.hours == hours
        assert f"{forecast.start:%Y-%m-%dT%H:%M}" == start
        assert issued is None or f"{forecast.issued:%Y-%m-%dT%H:%M}" == issued
        assert all(np.isfinite(column).all() for column in forecast.values.values())
    said = "half an hour" if "adelaide" in file else None
    assert [said in p.what if said else p.what for p in reading.problems] == (
        [True] if said else []
    )


def test_open_meteos_numbers_are_those_of_the_payload() -> None:
    (toronto,) = read("open-meteo", "openmeteo/toronto_winter_current_hourly_daily.json").signals
    assert isinstance(toronto, Forecast)
    raw = json.loads((PAYLOADS / "openmeteo/toronto_winter_current_hourly_daily.json").read_bytes())
    fahrenheit = np.array(raw["hourly"]["temperature_2m"])
    celsius = toronto.values["temperature"][:, 0]
    np.testing.assert_allclose(celsius, (fahrenheit - 32) / 1.8, atol=1e-3)
    miles = np.array(raw["hourly"]["wind_speed_10m"])
    np.testing.assert_allclose(toronto.values["wind_speed"][:, 0], miles * 0.44704, atol=1e-3)


def test_the_models_keep_their_names() -> None:
    reading = read("open-meteo", "openmeteo/multimodel_gfs_ecmwf_nbm_imperial_2026-06-05.json")
    assert [s.source for s in reading.signals] == [
        "open-meteo:gfs_seamless", "open-meteo:ecmwf_ifs025", "open-meteo:ncep_nbm_conus",
    ]  # fmt: skip


# file, source: each warning as (action, hazard, level, issued), and what the problems say
W = tuple[str, str, str, str]
WARNINGS: dict[tuple[str, str], tuple[list[W], list[str]]] = {
    ("cap/454888.cap", "cap"): ([], ["scope is Private"]),
    ("cap/au-bom-en.rss.xml", "cap"): ([], ["only points to its warning"]),
    ("cap/dwd-update.xml", "cap"): (
        [("update", "lightning", "yellow", "2022-08-26T20:03")], ["2 corners"]),
    ("cap/dwd_Z_CAP_C_EDZW_20170223134450_PVW_4.xml", "cap"): (
        [("alert", "gale", "blue", "2017-02-23T13:45")], []),
    ("cap/kz-2.49.0.0.398.0-20250306-133701-0284797-00-EN.xml", "cap"): (
        [("alert", "freezing-rain", "yellow", "2025-03-06T13:37")], []),
    ("cap/mo-cap_monsoon.xml", "cap"): (
        [("cancel", "gale", "yellow", "2025-04-12T21:52")], ["it says that it is over"]),
    ("cap/multi-area.xml", "cap"): ([("alert", "lightning", "yellow", "2022-08-10T14:12")], []),
    ("cap/rs-2.49.0.0.688.0.20250817210003.457535.xml", "cap"): (
        [("update", "lightning", "yellow", "2025-08-17T19:00")], []),
    ("cap/ru-20250301222516-0086037.xml", "cap"): (
        [("alert", "", "yellow", "2025-03-01T22:25")], ["is no kind of warning we know"]),
    ("cap/test_cap_data_expired_alert.xml", "cap"): (
        [("alert", "", "yellow", "2024-04-21T14:51")],
        ["is no kind of warning we know", "an open polygon was closed"]),
    ("cap/test_cap_data_without_polygon_EMMA_ID_AT001.xml", "cap"): (
        [("alert", "", "yellow", "2024-04-21T14:51")], ["is no kind of warning we know"]),
    ("cap/thunderstorm.xml", "cap"): ([("alert", "lightning", "orange", "2003-06-17T21:57")], []),
    ("cap_cn/12379_alarm_list_item_tianjin_roadice_yellow_2018-01-21.json", "alarm-12379"): (
        [("alert", "road-icing", "yellow", "2018-01-21T14:36")], []),
    ("cap_cn/guotu_henan_gale_blue_update_2020-02-05.xml", "national-exchange"): (
        [("update", "gale", "blue", "2020-02-05T02:45")], []),
    ("cap_cn/weathercn_alarminfo_zhaosu_thunder_yellow_2026-10-06.jsonp", "weathercn"): (
        [("alert", "lightning", "yellow", "2026-10-06T13:29")], []),
    ("cap_cn/wmo_cn-cma_penglai_hightemp_red_update_2026-08-01.xml", "cma-hub"): (
        [("update", "heat", "red", "2026-08-01T05:31")], []),
    ("cap_cn/wmo_cn-cma_yuanshi_flashflood_blue_2026-08-26_excerpt.xml", "cma-hub"): (
        [], ["does not say its status"]),
    ("cma_nmc/nmc_findAlarm_2026-03-07_fog_roadice.json", "nmc"): (
        [("alert", "fog", "red", "2026-03-06T22:00"),
         ("alert", "rainstorm", "orange", "2026-03-07T02:00"),
         ("alert", "road-icing", "yellow", "2026-03-07T07:40"),
         ("alert", "fog", "yellow", "2026-03-07T07:58"),
         ("alert", "road-icing", "yellow", "2026-03-07T08:22"),
         ("alert", "road-icing", "yellow", "2026-03-07T09:26"),
         ("alert", "fog", "yellow", "2026-03-07T09:46")], []),
    ("meteoalarm/api_v1_warnings_netherlands.json", "meteoalarm"): ([], ["green"] * 3),
    ("meteoalarm/france_sample.xml", "cap"): (
        [("alert", "avalanche", "yellow", "2022-12-07T15:00")], ["expired"]),
    ("meteoalarm/france_sample_detail.xml", "cap"): (
        [("cancel", "avalanche", "yellow", "2022-12-07T05:01")], ["it says that it is over"]),
    ("meteoalarm/ireland_sample_detail.xml", "cap"): (
        [("alert", "cold-wave", "yellow", "2022-12-06T23:27")], []),
    ("meteoalarm/latvia_cap_gulf_wind.xml", "cap"): (
        [("alert", "gale", "orange", "2026-07-11T22:00")], ["more than a year after"]),
    ("meteoalarm/latvia_cap_smiltene_storm.xml", "cap"): (
        [("alert", "lightning", "yellow", "2026-07-11T22:00")], ["more than a year after"]),
    ("meteoalarm/latvia_feed.xml", "cap"): ([], ["only points to its warning"] * 4),
    ("meteoalarm/legacy-atom-poland.xml", "cap"): ([], ["expired"] * 2),
}  # fmt: skip


@pytest.mark.parametrize(("file", "name"), WARNINGS)
def test_warnings(file: str, name: str) -> None:
    expected, said = WARNINGS[file, name]
    reading = read(name, file)
    found = [
        (s.action, s.hazard, s.level, f"{s.issued:%Y-%m-%dT%H:%M}")
        for s in reading.signals
        if isinstance(s, Warning)
    ]
    assert found == expected
    assert [part in p.what for part, p in zip(said, reading.problems, strict=True)] == [True] * len(
        said
    )


def test_croatias_warnings_at_the_time_of_the_newest() -> None:
    reading = read("meteoalarm", "meteoalarm/api_v1_warnings_feeds-croatia.json")
    found = [s for s in reading.signals if isinstance(s, Warning)]
    alive = [w for w in found if w.action != "cancel"]
    ended = [w for w in found if w.action == "cancel"]
    dropped = [p for p in reading.problems if p.what.endswith("dropped")]
    assert len(alive) + len(ended) + len(dropped) == 63
    assert (len(alive), len(ended), len(dropped)) == CROATIA
    assert {w.hazard for w in alive} <= {"gale", "road-icing", "rainstorm", "lightning"}
    assert all(w.expires and w.expires > max(x.issued for x in found) for w in alive)


# Counted in the payload by hand: 63, of which 28 had expired when the newest was sent; 10 of those
# are updates, which still end what they refer to.
CROATIA = (35, 10, 18)

REFUSED = {
    ("openmeteo/error_400_bad_variable.json", "open-meteo"): "Cannot initialize",
    ("openmeteo/error_429_minutely.json", "open-meteo"): "Minutely API request limit",
    ("cma_nmc/nmc_restWeather_Wqsps_2026-09-20_excerpt.json", "nmc"): "not its warning list",
    ("cap_cn/guotu_henan_gale_blue_update_2020-02-05.xml", "cap"): "national exchange's form",
}


@pytest.mark.parametrize(("file", "name"), REFUSED)
def test_refused(file: str, name: str) -> None:
    with pytest.raises(BadInput, match=REFUSED[file, name]):
        read(name, file)


def test_details_that_are_easily_lost() -> None:
    def only(name: str, file: str) -> Any:
        return next(s for s in read(name, file).signals if isinstance(s, Warning))

    penglai = only("cma-hub", "cap_cn/wmo_cn-cma_penglai_hightemp_red_update_2026-08-01.xml")
    assert penglai.references == ("37061441600000_20260727120039",)
    assert penglai.area.codes == ("370614000000",)
    assert penglai.headline.startswith("蓬莱区气象台")
    henan = only("national-exchange", "cap_cn/guotu_henan_gale_blue_update_2020-02-05.xml")
    assert henan.references == ("41000041600000_20200204121842",)
    assert henan.area.codes == ("410000000000",)
    assert henan.expires is None
    zhaosu = only("weathercn", "cap_cn/weathercn_alarminfo_zhaosu_thunder_yellow_2026-10-06.jsonp")
    assert zhaosu.expires == datetime(2026, 10, 7, 1, 29, 27, tzinfo=UTC)
    assert zhaosu.area.codes == ("654026",)
    dwd = only("cap", "cap/dwd-update.xml")
    assert dwd.area.below == 3000.0
    assert dwd.area.codes == ("WARNCELLID:814626190",)
    serbia = only("cap", "cap/rs-2.49.0.0.688.0.20250817210003.457535.xml")
    assert serbia.event == "Thunderstorm yellow"
    macao = only("cap", "cap/mo-cap_monsoon.xml")
    assert macao.references == ("SMG-Weather_MS_2025_006_03",)


def listed() -> set[str]:
    named = {file for file, _ in (*WARNINGS, *REFUSED)} | {f"openmeteo/{f}" for f in FORECASTS}
    return named | {"meteoalarm/api_v1_warnings_feeds-croatia.json"} | TABLES


def test_every_payload_listed_here_is_there() -> None:
    assert [file for file in sorted(listed()) if not (PAYLOADS / file).is_file()] == []


def test_a_payload_that_is_not_listed_here_is_read_or_refused_by_every_source() -> None:
    there = {
        f"{folder}/{path.name}"
        for folder in FOLDERS
        for path in (PAYLOADS / folder).iterdir()
        if path.is_file()
    }
    sources = ("open-meteo", "cap", "meteoalarm", "national-exchange", "nmc", "weathercn",
               "alarm-12379", "signals")  # fmt: skip
    for file in sorted(there - listed()):
        for name in sources:
            try:
                read(name, file)
            except BadInput:
                continue  # not this source's form
