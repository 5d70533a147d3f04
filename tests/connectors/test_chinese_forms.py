"""China's own forms, in short messages of our own making."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerting.connector import Answer, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Warning
from connectors import find
from connectors.formats import chinese
from connectors.formats.stamps import CHINA, stamp
from tests.connectors.connector_fakes import FakeFetch, context

NOW = datetime(2026, 1, 20, 8, 25, tzinfo=UTC)
ICE = "某市某县气象台发布道路结冰黄色预警信号"


def read(name: str, body: Any, **settings: Any) -> Reading:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    reading: Reading = find(name)(settings).read(raw, context(NOW, source=name))
    return reading


def warnings(name: str, body: Any, **settings: Any) -> list[Warning]:
    return [s for s in read(name, body, **settings).signals if isinstance(s, Warning)]


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "issuer", "action", "hazard", "level"),
    [
        (ICE, "某市某县气象台", "alert", "道路结冰", "yellow"),
        ("某省气象局发布大风蓝色预警[IV级/一般]", "某省气象局", "alert", "大风", "blue"),
        ("某县气象台继续发布低温凝冻橙色预警信号", "某县气象台", "update", "低温凝冻", "orange"),
        ("某区气象台变更发布高温红色预警信号[Ⅰ级/特别严重]", "某区气象台", "update", "高温", "red"),
        ("某县气象台解除大雾红色预警信号", "某县气象台", "cancel", "大雾", "red"),
        ("某县气象台解除大雾橙色预警，发布大雾黄色预警", "某县气象台", "update", "大雾", "yellow"),
    ],
)
def test_a_title_says_office_verb_hazard_and_colour(
    title: str, issuer: str, action: str, hazard: str, level: str
) -> None:
    found = chinese.title(title)
    assert (found.issuer, found.action, found.hazard) == (issuer, action, hazard)
    assert found.level is not None
    assert found.level.name == level


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("52012241600000_20260120140000", "520122"),
        ("520122416000_20260120140000", "520122"),
        ("52012241600000_20260120140000_1", "520122"),
        ("CN-2026-1", ""),
    ],
)
def test_an_identifier_begins_with_its_area(identifier: str, code: str) -> None:
    assert chinese.adcode(identifier) == code


@pytest.mark.parametrize(
    "text", ["2026-01-20 14:00:00", "2026/01/20 14:00", "2026-01-20 14:00:00+08:00",
             "2026-01-20T06:00:00Z", "Tue, 20 Jan 2026 06:00:00 +0000"],
)  # fmt: skip
def test_times_without_a_zone_are_chinas(text: str) -> None:
    assert stamp(text, CHINA) == datetime(2026, 1, 20, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2569-01-20 14:00", "2026-02-30 10:00", "昨天", "0000-00-00 00:00"]
)
def test_times_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        stamp(text, CHINA)


# --- NMC's list -------------------------------------------------------------------------------


def row(
    title: str = ICE, at: str = "2026/01/20 14:00", alertid: str = "520122416000_20260120140000"
) -> dict[str, str]:
    return {"alertid": alertid, "issuetime": at, "title": title, "pic": "x/p0011003.png"}


def page(*rows: Any, province: list[Any] | None = None) -> dict[str, Any]:
    return {"code": 0, "data": {"page": {"list": list(rows)}, "provinceAlarms": province}}


def test_a_row_of_the_list_is_a_warning_of_the_area_in_its_id() -> None:
    (warning,) = warnings("nmc", page(row()))
    assert (warning.hazard, warning.level, warning.action) == ("road-icing", "yellow", "alert")
    assert warning.issued == datetime(2026, 1, 20, 6, tzinfo=UTC)
    assert warning.expires is None
    assert warning.sender == "某市某县气象台"
    assert warning.area.codes == ("520122",)
    assert warning.area.names == ("某市某县",)


def test_the_provinces_list_is_read_too_and_a_row_in_both_once() -> None:
    provincial = row("某省气象台发布大雾橙色预警", alertid="52000041600000_20260120150000")
    found = warnings("nmc", page(row(), provincial, province=[provincial]))
    assert sorted(w.area.codes for w in found) == [("520000",), ("520122",)]


def test_a_lift_refers_to_the_same_offices_earlier_warning_of_that_hazard() -> None:
    lift = row(
        "某市某县气象台解除道路结冰黄色预警信号", "2026/01/20 16:00", "520122416000_20260120160000"
    )
    fog = row(
        "某市某县气象台发布大雾黄色预警信号", "2026/01/20 13:00", "520122416000_20260120130000"
    )
    other = row("某市别县气象台发布道路结冰黄色预警信号", alertid="520123416000_20260120140000")
    found = warnings("nmc", page(lift, row(), fog, other))
    (cancel,) = [w for w in found if w.action == "cancel"]
    assert cancel.references == ("520122416000_20260120140000",)
    assert found[-1] is cancel


def test_the_picture_and_the_grade_say_the_level_where_the_title_names_no_colour() -> None:
    (pictured,) = warnings("nmc", page(row("某县气象台发布道路结冰预警")))
    assert pictured.level == "yellow"
    bare = row("某县气象台发布道路结冰预警") | {"pic": ""}
    assert "level is not known" in read("nmc", page(bare)).problems[0].what
    (graded,) = warnings("alarm-12379", item(headline="某县气象局发布道路结冰预警/II/严重"))
    assert graded.level == "orange"


def test_rows_that_are_none_are_named_and_the_rest_read() -> None:
    reading = read("nmc", page({"alertid": "x"}, row(), 7))
    assert len(reading.signals) == 1
    assert [p.where for p in reading.problems] == ["row 1", "row 3"]


def test_the_weather_of_a_station_is_refused_for_what_it_lacks() -> None:
    with pytest.raises(BadInput, match="not its warning list"):
        read("nmc", {"code": 0, "data": {"real": {}, "predict": {}}})
    with pytest.raises(BadInput, match=r"data\.page\.list"):
        read("nmc", {"code": -1, "data": ""})


def test_pages_are_asked_for_until_one_is_short() -> None:
    second = row("某省气象台发布大雾橙色预警", alertid="52000041600000_20260120150000")
    fetch = FakeFetch([Answer(200, json.dumps(page(r)).encode()) for r in (row(), second)])
    fetch.answers.append(Answer(200, json.dumps(page()).encode()))
    reading = find("nmc")({"page_size": 1}).poll(fetch, context(NOW))
    assert len(reading.signals) == 2
    assert [params["pageNo"] for _, params, _ in fetch.asked] == ["1", "2", "3"]


def test_a_page_that_is_no_list_is_the_sources_fault() -> None:
    with pytest.raises(SourceError, match="no JSON"):
        find("nmc")({}).poll(FakeFetch([Answer(200, b"<html>busy</html>")]), context(NOW))


def test_only_our_areas_are_kept() -> None:
    body = page(row(), row(alertid="530122416000_20260120140000"))
    assert [w.area.codes for w in warnings("nmc", body, areas=["520122"])] == [("520122",)]


@pytest.mark.parametrize(("word", "said"), [("演练", "exercise"), ("测试", "")])
def test_a_title_that_calls_itself_a_drill_or_a_test_is_one(word: str, said: str) -> None:
    found = warnings("nmc", page(row(f"【{word}】{ICE}")))
    assert [w.status for w in found] == ([said] if said else [])


# --- the national exchange --------------------------------------------------------------------


def exchange(**more: str) -> bytes:
    said = {
        "identifier": "52012241600000_20260120140000", "sender": "某县气象台",
        "sendTime": "2026-01-20 14:00:00+08:00", "status": "Actual", "msgType": "Alert",
        "scope": "Public", "secClassification": "None", "references": "",
        "eventType": "11B21", "severity": "Yellow", "effective": "2026-01-20 14:05:00+08:00",
        "headline": "某县气象台发布道路结冰黄色预警[III级/较重]",
    } | more  # fmt: skip
    head = "".join(
        f"<{k}>{said[k]}</{k}>"
        for k in ("identifier", "sender", "sendTime", "status", "msgType", "scope",
                  "secClassification", "references")
    )  # fmt: skip
    body = "".join(
        f"<{k}>{said[k]}</{k}>" for k in ("eventType", "severity", "effective", "headline")
    )
    return (
        f"<alert>{head}<code><method><methodName>SMS</methodName></method></code><info>"
        f"<language>zh-CN</language>{body}<onset/><expires/>"
        "<area><areaDesc>某县,某县,某市</areaDesc><polygon/><circle/>"
        "<geocode>520122000000,520100000000,520122000000</geocode></area></info></alert>"
    ).encode()


def test_the_exchange_is_read_with_its_commas_blanks_and_empty_elements() -> None:
    (warning,) = warnings("national-exchange", exchange())
    assert (warning.hazard, warning.level, warning.event) == ("road-icing", "yellow", "道路结冰")
    assert warning.issued == datetime(2026, 1, 20, 6, tzinfo=UTC)
    assert (warning.onset, warning.expires) == (None, None)
    assert warning.area.codes == ("520122000000", "520100000000")
    assert warning.area.names == ("某县", "某市")


def test_the_name_decides_over_the_code_and_the_code_where_there_is_no_name() -> None:
    (named,) = warnings("national-exchange", exchange(eventType="11B06"))
    assert named.hazard == "road-icing"
    (coded,) = warnings("national-exchange", exchange(headline="某县通知", eventType="11B17"))
    assert (coded.hazard, coded.level) == ("fog", "yellow")


def test_a_bare_reference_and_a_changed_message() -> None:
    first = "52012241600000_20260119140000"
    (warning,) = warnings("national-exchange", exchange(msgType="Update", references=first))
    assert (warning.action, warning.references) == ("update", (first,))
    (cancel,) = warnings("national-exchange", exchange(msgType="Cancel", references=first))
    assert (cancel.action, cancel.references) == ("cancel", (first,))


def test_what_is_secret_test_or_cap_is_refused() -> None:
    assert (
        "classified"
        in read("national-exchange", exchange(secClassification="Secret")).problems[0].what
    )
    assert read("national-exchange", exchange(status="Test")).signals == []
    with pytest.raises(BadInput, match="not the national exchange"):
        read("national-exchange", b"<alert><sent>2026-01-20T14:00:00+08:00</sent></alert>")
    with pytest.raises(BadInput, match="national exchange's form"):
        read("cap", exchange())
    with pytest.raises(BadInput, match="document type"):
        read("national-exchange", b"<!DOCTYPE alert><alert><sendTime/></alert>")


# --- weather.com.cn and 12379 ------------------------------------------------------------------


def script(**more: str) -> bytes:
    said = {
        "head": "某省某县发布道路结冰橙色预警信号", "SIGNALTYPE": "道路结冰", "SIGNALLEVEL": "橙色",
        "STATIONNAME": "某县", "ISSUETIME": "2026-01-20 14:00:27", "EFFECT": "101260111",
        "ISSUECONTENT": "某县气象台2026年1月20日14时发布道路结冰橙色预警信号：海拔1200米以上路段有结冰。",
        "RELIEVETIME": "2026-01-21 14:00:27", "msgType": "Alert",
        "identifier": "52012241600000_20260120140027",
        "references": "52012241600000_20260120140027",
    } | more  # fmt: skip
    return f"var alarminfo={json.dumps(said, ensure_ascii=False)};".encode()


def test_a_script_of_weather_com_cn_is_a_warning_with_its_end() -> None:
    (warning,) = warnings("weathercn", script())
    assert (warning.hazard, warning.level, warning.sender) == ("road-icing", "orange", "某县气象台")
    assert warning.issued == datetime(2026, 1, 20, 6, 0, 27, tzinfo=UTC)
    assert warning.expires == datetime(2026, 1, 21, 6, 0, 27, tzinfo=UTC)
    assert warning.references == ()
    assert warning.area.codes == ("520122",)
    assert warning.area.above == 1200.0


def test_an_old_script_is_dropped_and_another_script_refused() -> None:
    old = read("weathercn", script(RELIEVETIME="2026-01-20 15:00:00"))
    assert old.signals == []
    assert "expired" in old.problems[0].what
    with pytest.raises(BadInput, match="no warning of weather"):
        read("weathercn", b"var x={};")


def item(**more: str) -> dict[str, str]:
    return {
        "headline": "某县气象局发布道路结冰黄色预警/III/较重", "sendTime": "2026-01-20 14:00:00",
        "identifier": "52012241600000_20260120135500", "description": "某县……道路结冰。",
    } | more  # fmt: skip


@pytest.mark.parametrize("shape", [lambda i: i, lambda i: [i], lambda i: {"code": 0, "rows": [i]}])
def test_an_item_of_12379_in_each_of_its_shapes(shape: Any) -> None:
    (warning,) = warnings("alarm-12379", shape(item()))
    assert (warning.hazard, warning.level, warning.sender) == ("road-icing", "yellow", "某县气象局")
    assert warning.issued == datetime(2026, 1, 20, 6, tzinfo=UTC)
    assert warning.area.codes == ("520122",)


def test_items_without_an_identifier_are_named() -> None:
    reading = read("alarm-12379", [item(), item(identifier="")])
    assert len(reading.signals) == 1
    assert reading.problems[0].where == "item 2"
    with pytest.raises(BadInput, match="no item of 12379"):
        read("alarm-12379", {"rows": []})


# --- CMA through the WMO hub --------------------------------------------------------------------


def hub_index(*guids: str) -> bytes:
    items = "".join(
        f"<item><guid>{g}</guid><link>https://hub.example/{at}.xml</link></item>"
        for at, g in enumerate(guids)
    )
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


def test_only_our_areas_guids_are_fetched_and_those_that_say_nothing() -> None:
    source = find("cma-hub")({"url": "https://hub.example/rss.xml", "areas": ["520122"]})
    guids = ("52012241600000_20260120140000", "52000041600000_20260120140000",
             "37061441600000_20260120140000", "something-else")  # fmt: skip
    fetch = FakeFetch(pages={"https://hub.example/rss.xml": hub_index(*guids)})
    source.poll(fetch, context(NOW))
    asked = [url.rsplit("/", 1)[1] for url, _, _ in fetch.asked]
    assert asked == ["rss.xml", "0.xml", "1.xml", "3.xml"]


def test_the_hubs_references_repeat_the_new_time_and_are_matched_by_identifier() -> None:
    sent = "2026-01-20T14:00:00+08:00"
    body = (
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        "<identifier>52012241600000_20260120140000</identifier><sender>Some_County_Office</sender>"
        f"<sent>{sent}</sent><status>Actual</status><msgType>Update</msgType><scope>Public</scope>"
        f"<references>Some_County_Office,52012241600000_20260119140000,{sent}</references>"
        "<info><language>en-US</language><event>road icing</event><severity>Severe</severity></info>"
        "</alert>"
    )
    (warning,) = warnings("cma-hub", body.encode())
    assert warning.references == ("52012241600000_20260119140000",)
    assert warning.source == "cma-hub"


# --- Meteoalarm ---------------------------------------------------------------------------------


def country(
    level: str = "3; orange; Severe", kind: str = "2; snow-ice", **more: Any
) -> dict[str, Any]:
    def info(language: str, event: str) -> dict[str, Any]:
        return {
            "language": language, "event": event, "severity": "Minor",
            "onset": "2026-01-20T12:00:00+01:00", "expires": "2026-01-21T12:00:00+01:00",
            "parameter": [{"valueName": "awareness_level", "value": level},
                          {"valueName": "awareness_type", "value": kind}],
            "area": [{"areaDesc": "Coast", "geocode": [{"valueName": "EMMA_ID", "value": "XX001"}]}],
        }  # fmt: skip

    alert = {
        "identifier": "XX-1", "sender": "office.example", "sent": "2026-01-20T08:00:00+01:00",
        "status": "Actual", "msgType": "Alert", "scope": "Public",
        "info": [info("xx", "Upozorenje"), info("en-GB", "A warning")],
    } | more  # fmt: skip
    return {"warnings": [{"alert": alert, "uuid": "u"}]}


def test_the_awareness_outranks_severity_and_names_the_hazard() -> None:
    (warning,) = warnings("meteoalarm", country())
    assert (warning.level, warning.hazard, warning.event) == ("orange", "road-icing", "A warning")
    assert warning.area.codes == ("XX001",)


def test_green_and_rows_without_an_alert_are_named() -> None:
    green = read("meteoalarm", country("1; green; Minor"))
    assert green.signals == []
    assert "green" in green.problems[0].what
    assert "no alert" in read("meteoalarm", {"warnings": [{"uuid": "u"}]}).problems[0].what


def test_a_countrys_address_is_made_of_its_name_and_xml_is_read_as_cap() -> None:
    fetch = FakeFetch([Answer(200, json.dumps(country()).encode())])
    find("meteoalarm")({"country": "austria"}).poll(fetch, context(NOW))
    assert fetch.asked[0][0].endswith("/feeds-austria")
    cap = b"<alert><identifier>a</identifier><sender>b</sender></alert>"
    assert "lacks" in read("meteoalarm", cap).problems[0].what


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("nmc", json.dumps(page(row())).encode(), datetime(2026, 1, 20, 6, tzinfo=UTC)),
        ("weathercn", script(), datetime(2026, 1, 20, 6, 0, 27, tzinfo=UTC)),
        ("alarm-12379", json.dumps(item()).encode(), datetime(2026, 1, 20, 6, tzinfo=UTC)),
        ("national-exchange", exchange(), datetime(2026, 1, 20, 6, tzinfo=UTC)),
        ("meteoalarm", json.dumps(country()).encode(), datetime(2026, 1, 20, 7, tzinfo=UTC)),
    ],
)
def test_the_payloads_own_time(name: str, body: bytes, said: datetime) -> None:
    assert find(name)({}).payload_time(body) == said
