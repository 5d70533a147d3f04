"""Payloads that no source should send and some do: each is read, or refused in a plain sentence.

What stands here was not what the connectors were written against.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from alerting.connector import Reading
from alerting.errors import BadInput
from alerting.signals import Forecast, Warning, check_times
from connectors import find
from tests.connectors.connector_fakes import NOW, context

AREA = "<area><areaDesc>X</areaDesc><polygon>27,107 27,108 28,108 27,107</polygon></area>"


def info(area: str = AREA, **said: str) -> str:
    fields = {
        "language": "en", "event": "Road icing", "urgency": "Expected", "severity": "Moderate",
        "expires": "2026-01-21T16:00:00+08:00", "headline": "",
    } | said  # fmt: skip
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    return f"<info>{inner}{area}</info>"


def cap(infos: str | None = None, before: str = "", **said: str) -> str:
    fields = {
        "identifier": "N.1", "sender": "office", "sent": "2026-01-20T16:00:00+08:00",
        "status": "Actual", "msgType": "Alert", "scope": "Public", "references": "",
    } | said  # fmt: skip
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    body = info() if infos is None else infos
    return f'{before}<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">{inner}{body}</alert>'


def read(name: str, body: str | bytes) -> Reading:
    raw = body if isinstance(body, bytes) else body.encode()
    source = find(name)({})
    source.payload_time(raw)  # says when or nothing, and never fails
    reading: Reading = source.read(raw, context(source=name))
    return reading


def one(body: str | bytes, name: str = "cap") -> Warning:
    (warning,) = read(name, body).signals
    assert isinstance(warning, Warning)
    return warning


def said(body: str | bytes, name: str = "cap") -> str:
    """Why nothing of it was taken."""
    try:
        reading = read(name, body)
    except BadInput as error:
        return error.text()
    assert reading.signals == []
    return "; ".join(p.what for p in reading.problems)


# Bytes

GBK = cap(info(language="zh", event="道路结冰"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (cap()[:300], "no well-formed XML"),
        (GBK.encode("gbk"), "no UTF-8 from byte"),
        (GBK.replace("</event>", "</event>\n").encode("gbk"), "look like GBK"),
        (b'<?xml version="1.0" encoding="UTF-8"?>' + GBK.encode("gbk"), "look like GBK"),
        (cap().encode("utf-32"), "encoding we do not read"),
        (b'<?xml version="1.0" encoding="UTF-7"?>' + cap().encode(), "UTF-7"),
        (cap(before='<!DOCTYPE alert SYSTEM "http://127.0.0.1/x.dtd">'), "document type"),
        (cap(before='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', identifier="&x;"),
         "document type"),
        (cap(before='<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>', identifier="&b;"),
         "document type"),
        (cap(identifier="a&x;b"), "Entity 'x' not defined"),
        (cap(identifier="a\x01b"), "no well-formed XML"),
        (cap(identifier="a\x00b"), "encoding we do not read"),
        (cap(info(headline="x" * 50_000_000)), "bytes; more than"),
        ("<alert>" + "<a>" * 5000 + "</a>" * 5000 + "</alert>", "no well-formed XML"),
        ("<!doctype html><html><body>502</body></html>", "web page"),
        ("<html><body>maintenance</body></html>", "no CAP message"),
        ("", "no well-formed XML"),
        ('{"a": 1}', "no well-formed XML"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_message(body: str | bytes, words: str) -> None:
    text = said(body)
    assert words in text
    assert "<string>" not in text


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + GBK.encode(),
        GBK.encode("utf-16"),
        ('<?xml version="1.0" encoding="gb2312"?>' + GBK).encode("gbk"),
        ('<?xml version="1.0" encoding="UTF-8"?>' + GBK).encode(),
    ],
)
def test_encodings_that_say_what_they_are(body: bytes) -> None:
    assert one(body).event == "道路结冰"


@pytest.mark.parametrize("name", ["nmc", "alarm-12379", "weathercn", "meteoalarm", "signals",
                                  "open-meteo"])  # fmt: skip
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"标题": "道路结冰"}'.encode("gbk"), "no UTF-8 from byte"),
        (b"[" * 100_000, "recursion"),
        (b'{"a": ', "EOF"),
        (b"", "EOF"),
    ],
)
def test_json_that_is_none(name: str, body: bytes, words: str) -> None:
    assert words in said(body, name)


# Times


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("1969-12-31T00:00:00+00:00", "cannot be right"),
        ("2569-01-20T16:00:00+07:00", "cannot be right"),
        ("2026-01-20T16:00:00", "has no zone"),
        ("2026-01-20T16:00:00+99:99", "is no time"),
        ("2026-01-20T25:00:00+08:00", "is no time"),
        ("2026-02-30T16:00:00+08:00", "is no time"),
        ("2026-01-20T16:00:61+08:00", "is no time"),
        ("16:00", "is no time"),
        ("", "lacks its time sent"),
    ],
)
def test_a_time_sent_that_cannot_be(sent: str, words: str) -> None:
    assert words in said(cap(sent=sent))


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ("2026-01-19T24:00:00+08:00", datetime(2026, 1, 19, 16, tzinfo=UTC)),
        ("2026-01-20T07:59:60Z", datetime(2026, 1, 20, 7, 59, 59, tzinfo=UTC)),
        ("2026-01-20T13:45:00+05:45", datetime(2026, 1, 20, 8, tzinfo=UTC)),
        ("2026-01-20T08:00:00.250-00:00", datetime(2026, 1, 20, 8, tzinfo=UTC)),
    ],
)
def test_times_that_look_odd_and_are_not(sent: str, read_as: datetime) -> None:
    assert one(cap(sent=sent)).issued == read_as


def test_ends() -> None:
    assert one(cap(info(expires=""))).expires is None  # then it holds 24 h
    late = "2026-01-20T07:00:00Z"
    assert "before it was sent" in said(cap(info(expires=late)))
    unread = read("cap", cap(info(expires="2569-01-20T16:00:00+07:00")))
    assert len(unread.signals) == 1
    assert "a time was left out" in unread.problems[0].what
    century = read("cap", cap(info(expires="2126-01-20T16:00:00+08:00")))
    assert one(cap(info(expires="2126-01-20T16:00:00+08:00"))).expires is None
    assert "more than a year after it was sent" in century.problems[0].what


def test_what_is_stamped_far_ahead_is_refused_before_it_is_kept() -> None:
    check_times(one(cap(sent="2026-01-20T16:00:00-00:00")), NOW)  # the zone was wrong: it stays
    with pytest.raises(BadInput, match="still to come"):
        check_times(one(cap(sent="2027-01-20T16:00:00+08:00", infos=info(expires=""))), NOW)


# What it is, and for whom


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "Test"}, "status is test"), ({"status": "System"}, "status is system"),
        ({"status": "Draft"}, "status is draft"), ({"status": ""}, "does not say its status"),
        ({"msgType": "Error"}, "between systems"), ({"msgType": ""}, "message type ''"),
        ({"scope": "Private"}, "scope is Private"), ({"sender": ""}, "lacks its sender"),
        ({"identifier": ""}, "lacks its identifier"), ({"infos": ""}, "no info block"),
        ({"infos": "<info/>"}, "neither a colour nor a severity"),
        ({"infos": info(severity="Unknown")}, "neither a colour nor a severity"),
    ],
)  # fmt: skip
def test_messages_that_warn_nobody(fields: dict[str, str], words: str) -> None:
    assert words in said(cap(**fields))


def test_an_update_and_a_cancel_of_what_nobody_knows_are_read() -> None:
    refers = "office,N.0,2026-01-20T15:00:00+08:00\n  office,N.00,2026-01-20T14:00:00+08:00"
    assert one(cap(msgType="Update", references=refers)).references == ("N.0", "N.00")
    cancel = one(cap("", msgType="Cancel", references=refers))
    assert (cancel.action, cancel.references) == ("cancel", ("N.0", "N.00"))
    assert one(cap(msgType="Update", references="office,N.1,2026-01-20T16:00:00+08:00")).references == ()  # fmt: skip


def test_languages_and_groups_of_areas_are_told_apart() -> None:
    west, east = (
        f"<area><areaDesc>X</areaDesc><circle>{lat},1 5</circle></area>" for lat in (1, 2)
    )
    french = {"language": "fr", "event": "Verglas"}
    infos = info(west, **french) + info(west) + info(east, **french) + info(east)
    warning = one(cap(infos))
    assert (warning.event, warning.area.circles) == ("Road icing", ((1, 1, 5), (2, 1, 5)))


# Areas


def area(inner: str) -> str:
    return cap(info(f"<area><areaDesc>X</areaDesc>{inner}</area>"))


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("<polygon>107,27 108,27 108,28 107,27</polygon>", "no point lat,lon"),
        ("<polygon>27,107 27,108 27,107</polygon>", "2 corners"),
        ("<polygon>nan,nan nan,nan nan,nan nan,nan</polygon>", "no point lat,lon"),
        ("<polygon>27,107,5 27,108,5 28,108,5 27,107,5</polygon>", "no point lat,lon"),
        ("<circle>27,107 -5</circle>", "not lat,lon km"),
        ("<circle>nan,nan nan</circle>", "not lat,lon km"),
        ("<circle>27,107 1e309</circle>", "not lat,lon km"),
        ("<altitude>nan</altitude>", "no number of feet"),
    ],
)
def test_what_is_no_area_is_left_out_and_named(inner: str, words: str) -> None:
    reading = read("cap", area(inner))
    (warning,) = reading.signals
    assert isinstance(warning, Warning)
    assert (warning.area.polygons, warning.area.circles) == ((), ())
    assert warning.area.names == ("X",)
    assert words in reading.problems[0].what


@pytest.mark.parametrize(
    "inner",
    [
        "<polygon>0,0 1,1 1,0 0,1 0,0</polygon>",
        "<polygon>27,107 27,108 28,108</polygon>",
        "<circle>27.1,107.9 0</circle>",
        "<circle>27,107 30000</circle>",
    ],
)
def test_odd_areas_are_areas(inner: str) -> None:
    warning = one(area(inner))
    assert len(warning.area.polygons + warning.area.circles) == 1


def test_a_warning_without_any_area_says_that_it_holds_nowhere() -> None:
    reading = read("cap", cap(info("")))
    assert len(reading.signals) == 1
    assert "holds nowhere" in reading.problems[0].what


# Forecasts

T0 = 1_768_896_000


def answer(**hourly: Any) -> dict[str, Any]:
    return {
        "latitude": 27.1, "longitude": 107.9, "elevation": 1400.0, "utc_offset_seconds": 0,
        "hourly_units": {"time": "unixtime", "temperature_2m": "°C", "visibility": "m"},
        "hourly": {"time": [T0, T0 + 3600], "temperature_2m": [-1.5, -2.0],
                   "visibility": [120.0, 80.0]} | hourly,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (answer(time=[T0 + 1800, T0 + 5400]), "one UTC hour after the other"),
        (answer(time=[T0, T0 + 900]), "one UTC hour after the other"),
        (answer(time=[T0, T0]), "one UTC hour after the other"),
        (answer(time=[-7200, -3600]), "before 1970"),
        (answer(time=["2569-01-20T00:00", "2569-01-20T01:00"]), "after 2100"),
        (answer(time=[None, None]), "is no time"),
        (answer(time=["2026-01-20T00:00+08:00", "2026-01-20T01:00+08:00"]), "zone of its own"),
        (answer(temperature_2m=[float("nan")] * 2), "NaN or larger"),
        (answer() | {"latitude": None}, "no number"),
        (answer() | {"latitude": 91}, "no place at 91"),
        (answer() | {"hourly_units": {}}, "it has no temperature_2m"),
    ],
)
def test_answers_that_are_no_forecast(body: dict[str, Any], words: str) -> None:
    assert words in said(json.dumps(body), "open-meteo")


def test_numbers_that_cannot_be_are_missing() -> None:
    body = json.dumps(answer(visibility=[-20.0, 1e30], temperature_2m=[None, 500]))
    (run,) = read("open-meteo", body).signals
    assert isinstance(run, Forecast)
    assert all(np.isnan(column).all() for column in run.values.values())


def test_a_unit_that_changed_is_followed_and_one_that_cannot_be_is_named() -> None:
    body = answer(temperature_2m=[271.15, 273.15])
    body["hourly_units"]["temperature_2m"] = "K"
    (run,) = read("open-meteo", json.dumps(body)).signals
    assert isinstance(run, Forecast)
    np.testing.assert_allclose(run.values["temperature"][:, 0], [-2, 0], atol=1e-3)
    body["hourly_units"]["temperature_2m"] = "furlong"
    reading = read("open-meteo", json.dumps(body))
    assert [set(s.values) for s in reading.signals if isinstance(s, Forecast)] == [{"visibility"}]
    assert "furlong" in reading.problems[0].what


# Our envelope


def envelope(**more: Any) -> str:
    return json.dumps({
        "kind": "observation", "source": "s", "issued": "2026-01-20T08:00:00Z", "station": "S",
        "lat": 27, "lon": 107, "at": "2026-01-20T08:00:00Z", "values": {"visibility": 80},
    } | more)  # fmt: skip


def run(**more: Any) -> str:
    return json.dumps({
        "kind": "forecast", "source": "s", "issued": "2026-01-20T08:00:00Z",
        "start": "2026-01-20T08:00:00Z", "spots": [{"id": "a"}],
        "values": {"visibility": [[80], [None]]},
    } | more)  # fmt: skip


def warning(**more: Any) -> str:
    return json.dumps({
        "kind": "warning", "source": "s", "issued": "2026-01-20T08:00:00Z", "identifier": "i",
        "sender": "s", "action": "alert", "hazard": "fog", "event": "", "level": "red",
    } | more)  # fmt: skip


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (envelope(values={"visibility": -5}), "must lie between 0 and 200000 m"),
        (envelope(values={"visibility": float("inf")}), "must lie between"),
        (envelope(values={"visibility": None}), "no value of this observation"),
        (envelope(values={"visiblity": 80}), "unknown quantities visiblity"),
        (envelope(lat=91), "lat"), (envelope(at="2026-01-20T08:00:00"), "timezone"),
        (run(values={"visiblity": [[1]]}), "unknown quantities"),
        (run(values={"visibility": [[80], [1, 2]]}), "one row an hour with 1 values each"),
        (run(values={"visibility": []}), "one row an hour"),
        (run(spots=[{"id": "a"}] * 2, values={"visibility": [[1, 2]]}), "'a' is there twice"),
        (run(start="2026-01-20T08:30:00Z"), "full UTC hour"), (run(source=None), "source is no text"),
        (warning(hazard="fogg"), "Did you mean 'fog'"),
        (warning(area={"polygons": [[[26, 106], [27, 107]]]}), "three corners"),
        (warning(area={"polygons": [[[106, 26], [107, 27], [107, 26]]]}), "latitude comes first"),
        (warning(area={"circles": [[26, 106, -1]]}), "radius"),
        ('{"kind": "report", "detail": ' + '{"a":' * 300 + "1" + "}" * 301, "recursion"),
    ],
)  # fmt: skip
def test_envelopes_that_cannot_be_meant(body: str, words: str) -> None:
    assert words in said(body, "signals")


def test_one_number_that_cannot_be_takes_no_other_with_it() -> None:
    reading = read(
        "signals", envelope(values={"visibility": -5, "temperature": -1, "humidity": None})
    )
    (seen,) = reading.signals
    assert seen.values == {"temperature": -1}  # type: ignore[union-attr]
    assert "visibility -5" in reading.problems[0].what
    reading = read("signals", run(values={"visibility": [[1e308], [80]]}))
    (forecast,) = reading.signals
    assert isinstance(forecast, Forecast)
    assert np.isnan(forecast.values["visibility"][0, 0])
    assert "1 such values" in reading.problems[0].what


# Chinese titles


def test_a_title_that_moves_a_warning_names_its_office_and_chains() -> None:
    rows = [
        {"alertid": "52012241600000_20260120140000", "issuetime": "2026/01/20 14:00",
         "title": "某县气象台发布道路结冰黄色预警信号"},
        {"alertid": "52012241600000_20260120150000", "issuetime": "2026/01/20 15:00",
         "title": "某县气象台将道路结冰黄色预警升级为橙色预警"},
    ]  # fmt: skip
    first, second = read("nmc", json.dumps({"data": {"page": {"list": rows}}})).signals
    assert isinstance(first, Warning)
    assert isinstance(second, Warning)
    assert (second.sender, second.level, second.area.names) == ("某县气象台", "orange", ("某县",))
    assert second.references == (first.identifier,)


@pytest.mark.parametrize(
    ("title", "office"),
    [
        ("将乐县气象台发布大雾橙色预警", "将乐县气象台"),
        ("某市气象台于1月20日解除大雾橙色预警信号", "某市气象台"),
    ],
)
def test_offices_of_odd_titles(title: str, office: str) -> None:
    item = {"identifier": "52012241600000_20260120140000", "headline": title,
            "sendTime": "2026-01-20 14:00:00"}  # fmt: skip
    assert (one(json.dumps(item), "alarm-12379").sender, one(json.dumps(item), "alarm-12379").hazard) == (office, "fog")  # fmt: skip
