"""`suian evaluate`: what a payload says and what would open, on payloads of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Folder

HOURS = 24


def forecast(
    lat: float = 26.6, lon: float = 106.7, current: str | None = "2026-07-01T06:00", **hourly: Any
) -> dict[str, Any]:
    times = [f"2026-07-{1 + h // 24:02d}T{h % 24:02d}:00" for h in range(HOURS)]
    body: dict[str, Any] = {
        "latitude": lat, "longitude": lon, "elevation": 800.0, "utc_offset_seconds": 0,
        "hourly_units": {"time": "iso8601", "temperature_2m": "°C", "visibility": "m"},
        "hourly": {"time": times, **hourly},
    }  # fmt: skip
    if current:
        body["current"] = {"time": current, "interval": 900}
    return body


def hot() -> list[float]:
    return [25.0] * 9 + [36.0] * 4 + [25.0] * 11


CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>ours-1</identifier><sender>office@example.org</sender>
  <sent>2026-01-20T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType>
  <scope>Public</scope>
  <info><language>en</language><category>Met</category><event>Heavy fog orange warning</event>
    <urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>
    <expires>2026-01-20T20:00:00+08:00</expires>
    <headline>Orange warning of heavy fog</headline>
    <area><areaDesc>{area}</areaDesc>{code}</area>
  </info>
</alert>
"""


def test_a_run_from_the_future_opens_nothing_and_says_why(county: Folder) -> None:
    county.write("p.json", json.dumps(forecast(temperature_2m=hot())))
    ran = county.run("evaluate", "p.json", "--source", "open-meteo", "--format", "json",
                     "--at", "2026-06-30T22:00:00Z")  # fmt: skip
    assert ran.json["alerts"] == []
    assert "it is 2026-06-30 22:00Z" in ran.json["problems"][0]["what"]


def test_a_configured_place_is_named_and_its_alert_explained(county: Folder) -> None:
    county.write("p.json", json.dumps(forecast(temperature_2m=hot())))
    ran = county.run("evaluate", "p.json", "--source", "open-meteo", "--format", "json")
    said = ran.json
    assert set(said) == {"signals", "alerts", "problems"}
    (signal,) = said["signals"]
    assert signal["kind"] == "forecast"
    assert signal["hours"] == HOURS
    assert signal["quantities"] == ["temperature"]
    assert {"road-1", "990100101"} == set(signal["places"])
    (alert,) = said["alerts"]
    assert (alert["rule"], alert["place"], alert["level"]) == ("heat-test", "road-1", "yellow")
    assert alert["onset"] == "2026-07-01T09:00:00Z"
    assert {m["measure"] for m in alert["measures"]} == {"guide", "speed-limit"}
    assert alert["why"]["sentence"]["zh"]
    ran.says("current time")


def test_what_the_payload_does_not_carry_is_undecidable_once_a_rule(county: Folder) -> None:
    two = [forecast(temperature_2m=hot()), forecast(lat=30.0, lon=110.0, temperature_2m=hot())]
    county.write("p.json", json.dumps(two))
    said = county.run("evaluate", "p.json", "--source", "open-meteo", "--format", "json").json
    about_fog = [p for p in said["problems"] if p["where"] == "fog-test"]
    assert len(about_fog) == 1
    assert "visibility" in about_fog[0]["what"]


def test_a_strange_location_is_a_place_of_every_kind(county: Folder) -> None:
    seen = [100.0] * HOURS
    county.write(
        "p.json", json.dumps(forecast(-34.9, 138.6, temperature_2m=hot(), visibility=seen))
    )
    said = county.run("evaluate", "p.json", "--source", "open-meteo", "--format", "json").json
    found = {(a["rule"], a["place"]) for a in said["alerts"]}
    assert found == {("heat-test", "-34.9000,138.6000"), ("fog-test", "-34.9000,138.6000")}


def test_now_is_the_first_hour_where_nothing_else_is_said(county: Folder) -> None:
    county.write("p.json", json.dumps(forecast(current=None, temperature_2m=hot())))
    ran = county.run("evaluate", "p.json", "--source", "open-meteo")
    ran.says("first hour", "2026-07-01 08:00")
    assert "heat-test" in ran.out


def test_at_is_taken_as_now(county: Folder) -> None:
    county.write("p.json", json.dumps(forecast(temperature_2m=hot())))
    words = ("evaluate", "p.json", "--source", "open-meteo", "--format", "json", "--at")
    assert county.run(*words, "2026-07-01T16:00+08:00").json["alerts"]
    assert not county.run(*words, "2026-07-01T23:00+00:00").json["alerts"]
    county.run(*words, "yesterday", code=2).says("--at 'yesterday' is no time")


def test_a_missing_value_opens_nothing_and_is_told(county: Folder) -> None:
    county.write("p.json", json.dumps(forecast(temperature_2m=[None] * HOURS)))
    said = county.run("evaluate", "p.json", "--source", "open-meteo", "--format", "json").json
    assert said["alerts"] == []
    assert any(p["where"] == "heat-test" and "unknown" in p["what"] for p in said["problems"])


def test_a_warning_is_the_floor_where_it_holds(county: Folder) -> None:
    code = "<geocode><valueName>CPEAS Geographic Code</valueName><value>990100</value></geocode>"
    county.write("w.xml", CAP.format(area="Trial county", code=code))
    said = county.run("evaluate", "w.xml", "--source", "cap", "--format", "json").json
    (alert,) = said["alerts"]
    assert (alert["rule"], alert["place"], alert["level"]) == ("fog-test", "990100101", "orange")
    assert alert["why"]["official"]["level"] == "orange"
    (signal,) = said["signals"]
    assert signal["kind"] == "warning"
    assert signal["areas"]
    assert signal["hours"] == 12


def test_an_unknown_area_stands_by_its_name(county: Folder) -> None:
    county.write("w.xml", CAP.format(area="Far valley", code=""))
    said = county.run("evaluate", "w.xml", "--source", "cap", "--format", "json").json
    assert [s["areas"] for s in said["signals"]] == [["Far valley"]]
    assert [(a["rule"], a["place"]) for a in said["alerts"]] == [("fog-test", "Far valley")]


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"error": true, "reason": "Daily limit"}'])
def test_a_refused_payload_ends_with_2_and_says_why(county: Folder, text: str) -> None:
    county.write("p.json", text)
    ran = county.run("evaluate", "p.json", "--source", "open-meteo", code=2)
    ran.says("refuses this payload")
    said = county.run(
        "evaluate", "p.json", "--source", "open-meteo", "--format", "json", code=2
    ).json
    assert said["signals"] == said["alerts"] == []
    assert said["problems"][0]["what"]


def test_an_unknown_source_and_a_missing_file(county: Folder) -> None:
    county.run("evaluate", "p.json", "--source", "open-metoe", code=2).says(
        "Did you mean 'open-meteo'"
    )
    county.run("evaluate", "gone.json", "--source", "cap", code=2).says(
        "gone.json", "cannot be read"
    )


CAPTURED = {"openmeteo": "open-meteo", "cap": "cap", "cap_cn": "cap"}


def test_captured_payloads_are_read_or_refused_with_a_reason(county: Folder, shared: Path) -> None:
    """A few of each kind: the connectors' own tests walk all of them."""
    for name, source in CAPTURED.items():
        files = [f for f in sorted((shared / "data/payloads" / name).iterdir()) if f.is_file()]
        for file in files[:3]:
            words = ("evaluate", str(file), "--source", source, "--format", "json")
            try:
                said = county.run(*words).json
            except AssertionError:
                said = county.run(*words, code=2).json
                assert said["problems"], file
            assert set(said) == {"signals", "alerts", "problems"}


def test_a_configured_source_goes_by_its_own_name(county: Folder) -> None:
    config = (county.path / "config.yaml").read_text("utf-8").replace(
        "  cap: {on: true}", "  cap-city: {use: cap, senders: [nobody]}\n  cap-province: {use: cap}"
    )
    county.write("config.yaml", config)
    county.write("w.xml", CAP.format(area="Hekou", code=""))
    words = ("evaluate", "w.xml", "--format", "json", "--source")
    (signal,) = county.run(*words, "cap-province").json["signals"]
    assert signal["source"] == "cap-province"
    assert "none of ours" in county.run(*words, "cap-city", code=2).json["problems"][0]["what"]
    # Two are configured of this kind: neither is meant, so that it is read with the kind's defaults.
    assert county.run(*words, "cap").json["signals"][0]["source"] == "cap"
    county.run(*words, "cap-town", code=2).says("Configured:", "cap-province")


def test_an_exercise_of_an_office_is_shown_as_one_and_opens_nothing(county: Folder) -> None:
    drill = CAP.format(area="Hekou", code="").replace("Actual", "Exercise")
    county.write("w.xml", drill)
    ran = county.run("evaluate", "w.xml", "--source", "cap")
    ran.says("演练 exercise", "Alerts that would open 将触发: none", "nothing real opens")
    county.write("w.xml", CAP.format(area="Hekou", code=""))
    county.run("evaluate", "w.xml", "--source", "cap").says("orange", "fog-test")


def test_the_table_is_for_a_duty_officer(county: Folder) -> None:
    """Local times, one line for what differs in its place alone, arguments in words, full stops."""
    places = [forecast(30.0 + n, 110.0, temperature_2m=hot()) for n in range(3)]
    county.write("p.json", json.dumps(places))
    ran = county.run("evaluate", "p.json", "--source", "open-meteo")
    ran.says("issued 发布 2026-07-01 14:00", "onset 起始 2026-07-01 17:00",
             "30.0000,110.0000, 31.0000,110.0000, 32.0000,110.0000", "限速 60公里/小时",
             "Speed limit 60 km/h", "visibility. Another source must say it.")  # fmt: skip
    assert ran.out.count("heat-test @") == 1
    assert "Z" not in ran.out.split("Problems")[0]
    assert "[" not in ran.out
    office = CAP.format(area="Hekou", code="")
    county.write("w.xml", office)
    county.run("evaluate", "w.xml", "--source", "cap").says("until 至 2026-01-20 20:00")
    county.write("w.xml", office.replace("2026-01-20T20:00:00+08:00", ""))
    county.run("evaluate", "w.xml", "--source", "cap").says("no end said: 24 h")


def test_what_the_date_alone_opens_stands_apart(county: Folder) -> None:
    county.write("rules/season.yaml", """\
sector: city-operation
title: {zh: 城市运行, en: City operation}
rules:
  - id: new-year
    hazard: season
    place: zone
    basis: [M-01]
    levels:
      yellow: {when: season year-end, ask: [guide]}
    cases:
      - {name: in, given: {season: [year-end]}, expect: {level: yellow}}
""")
    code = "<geocode><valueName>GB2260</valueName><value>990100</value></geocode>"
    county.write("w.xml", CAP.format(area="Trial county", code=code))
    ran = county.run("evaluate", "w.xml", "--source", "cap")
    opened, apart, by_date = ran.out.partition("By the calendar")
    assert "fog-test" in opened
    assert "new-year" not in opened
    assert apart
    assert "new-year @ 990100101" in by_date
    rules = {a["rule"] for a in county.run("evaluate", "w.xml", "--source", "cap", "--format", "json").json["alerts"]}
    assert "fog-test" in rules
    assert "new-year" not in rules


def test_what_is_no_json_is_said_so(county: Folder) -> None:
    county.write("README.md", "# No forecast\n")
    ran = county.run("evaluate", "README.md", "--source", "open-meteo", code=2)
    ran.says("README.md: open-meteo refuses this payload: this is no JSON", "line 1 column 1")
    assert "TAPE" not in ran.err
