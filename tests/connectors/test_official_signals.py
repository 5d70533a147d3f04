"""Every signal of the China Meteorological Administration, and Guizhou's glaze, by whatever way it comes:
its kind, its colour, where it holds, and what takes its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerting.connector import Reading
from alerting.signals import Warning
from alerting.vocabulary.official import shipped
from connectors import find
from connectors.formats import limits
from connectors.typed import typed_warning
from tests.connectors.connector_fakes import NOW, context
from tests.connectors.test_hostile import cap, info

# hazard: the signal in Chinese, in the English of the met office's own feed, its code in the exchange
SIGNALS = {
    "snow": ("暴雪", "Snow Storm", "11B04"),
    "road-icing": ("道路结冰", "Road Icing", "11B21"),
    "fog": ("大雾", "Heavy Fog", "11B17"),
    "cold-wave": ("寒潮", "Cold Wave", "11B05"),
    "frost": ("霜冻", "Frost", "11B16"),
    "gale": ("大风", "Gale", "11B06"),
    "rainstorm": ("暴雨", "Rainstorm", "11B03"),
    "heat": ("高温", "High Temperature", "11B09"),
    "haze": ("霾", "Haze", "11B19"),
    "hail": ("冰雹", "Hail", "11B15"),
    "lightning": ("雷电", "Lightning", "11B14"),
    "drought": ("干旱", "Drought", "11B22"),
    "sand": ("沙尘暴", "Sandstorm", "11B07"),
    "typhoon": ("台风", "Typhoon", "11B01"),
    "freezing-rain": ("低温凝冻", "Low Temperature and Freezing", "11B30"),
}
COLOURS = {"blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"}


def read(name: str, body: Any) -> Reading:
    raw = body if isinstance(body, bytes) else body.encode()
    reading: Reading = find(name)({}).read(raw, context(NOW, source=name))
    return reading


def kinds(reading: Reading) -> list[tuple[str, str]]:
    return [(w.hazard, w.level) for w in reading.signals if isinstance(w, Warning)]


def exchange(code: str, colour: str, headline: str = "", action: str = "Alert") -> str:
    return f"""<alert><identifier>52012241600000_20260120140000</identifier><sender>520122</sender>
 <sendTime>2026-01-20 14:00:00+08:00</sendTime><status>Actual</status><msgType>{action}</msgType>
 <scope>Public</scope><secClassification>None</secClassification><references/>
 <info><eventType>{code}</eventType><severity>{colour.capitalize()}</severity>
  <headline>{headline}</headline><description/><expires/>
  <area><areaDesc>某县</areaDesc><geocode>520122000000</geocode></area></info></alert>"""


@pytest.mark.parametrize("hazard", SIGNALS)
def test_a_signal_is_known_by_event_headline_and_code_in_both_languages(hazard: str) -> None:
    zh, en, code = SIGNALS[hazard]
    for level, colour in COLOURS.items():
        title, in_english = f"某县气象台发布{zh}{colour}预警信号", f"County issues {level} {en} warning"
        ways = {
            "event": cap(info(language="zh-CN", event=zh, headline=f"某县{colour}预警信号")),
            "headline": cap(info(language="zh-CN", event="其他", headline=title)),
            "english event": cap(info(event=f"{en} {level.capitalize()}")),
            "english headline": cap(info(event="Meteorological", headline=in_english)),
        }
        for way, body in ways.items():
            assert kinds(read("cap", body)) == [(hazard, level)], (way, body)
        assert kinds(read("national-exchange", exchange(code, level))) == [(hazard, level)]
        # Over a code of another table the name decides.
        assert kinds(read("national-exchange", exchange("11B99", level, title))) == [(hazard, level)]
        envelope = {
            "kind": "warning", "source": "fax", "issued": NOW.isoformat(), "identifier": "1",
            "sender": "某县气象台", "action": "alert", "hazard": zh, "event": "", "level": colour,
        }  # fmt: skip
        assert kinds(read("signals", json.dumps(envelope))) == [(hazard, level)]
        bare = envelope | {"hazard": "", "event": "", "level": "", "headline": title}
        assert kinds(read("signals", json.dumps(bare))) == [(hazard, level)]
        for word, said in ((zh, colour), (en, level), (f"{zh}预警", colour)):
            typed = typed_warning(word, said, "520122", "某县气象台", "", NOW, None, "li", shipped())
            assert (typed.hazard, typed.level) == (hazard, level), word


def test_a_kind_that_stands_nowhere_is_kept_and_said_and_one_listed_as_none_is_kept() -> None:
    strange = read("cap", cap(info(event="Locust swarm", headline="Yellow locust swarm warning")))
    assert kinds(strange) == [("", "yellow")]
    [problem] = strange.problems
    assert "'Locust swarm' is no kind of warning we know" in problem.what
    assert "rules/warnings.yaml" in problem.mend
    listed = read("national-exchange", exchange("11B28", "blue"))
    assert kinds(listed) == [("", "blue")]
    assert listed.problems == []
    nothing = {"kind": "warning", "source": "fax", "issued": NOW.isoformat(), "identifier": "1",
               "sender": "s", "action": "alert", "hazard": "", "event": "蝗灾", "level": "red"}  # fmt: skip
    assert kinds(read("signals", json.dumps(nothing))) == [("", "red")]
    assert "shown without a hazard" in read("signals", json.dumps(nothing)).problems[0].what


@pytest.mark.parametrize(
    ("event", "severity", "hazard", "level"),
    [
        ("Blizzard Warning", "Severe", "snow", "red"),  # the event's own colour, not the severity
        ("BLIZZARD  WARNING", "Minor", "snow", "red"),
        ("Red Flag Warning", "Minor", "fire", "orange"),  # a red flag is no red
        ("Ice Storm Warning", "Unknown", "freezing-rain", "orange"),
        ("Dense Fog Advisory", "Severe", "fog", "yellow"),
        ("Child Abduction Emergency", "Severe", "", "orange"),
    ],
)
def test_an_event_of_the_weather_service_has_its_own_line(
    event: str, severity: str, hazard: str, level: str
) -> None:
    sender = "w-nws.webmaster@noaa.gov"
    reading = read("cap", cap(info(event=event, severity=severity), sender=sender))
    assert kinds(reading) == [(hazard, level)]
    assert reading.problems == []


def test_another_office_s_event_of_that_name_goes_by_its_own_severity() -> None:
    assert kinds(read("cap", cap(info(event="Flood Warning", severity="Minor")))) == [("flood", "blue")]


@pytest.mark.parametrize(
    ("text", "above", "tags"),
    [
        ("预计海拔1200米以上高海拔路段、桥梁、隧道口将出现道路结冰", 1200,
         ("bridge", "high-road", "tunnel-mouth")),
        ("我县高海拔路段、桥梁和隧道进出口可能结冰", None, ("bridge", "high-road", "tunnel-mouth")),
        ("icing above 1,200 m on high roads, bridges and at tunnel mouths", 1200,
         ("bridge", "high-road", "tunnel-mouth")),
        ("桥梁路段将出现结冰", None, ("bridge",)),
        # One place among others limits nothing; nor does a height where people live.
        ("大部路段将结冰，尤其高海拔路段、桥梁、隧道口将结冰", None, ()),
        ("高海拔地区将出现凝冻", None, ()),
        ("全县道路、桥梁、隧道口将结冰", None, ()),
        ("slick roads, especially on bridges and tunnels", None, ()),
        ("ice on bridges and overpasses and side streets", None, ()),
        ("桥" * 4000 + "桥梁、隧道口将结冰", None, ()),
    ],
)  # fmt: skip
def test_a_text_that_names_heights_and_kinds_of_place_limits_itself(
    text: str, above: float | None, tags: tuple[str, ...]
) -> None:
    assert (limits.above(text), limits.tags(text)) == (above, tags)
    typed = typed_warning("道路结冰", "黄色", "520122", "某县气象台", text, NOW, None, "li", shipped())
    assert (typed.area.above, typed.area.tags) == (above, tags)
    envelope = {
        "kind": "warning", "source": "fax", "issued": NOW.isoformat(), "identifier": "1", "sender": "s",
        "action": "alert", "hazard": "road-icing", "event": "", "level": "red", "description": text,
        "area": {"codes": ["520122"]},
    }  # fmt: skip
    [pushed] = read("signals", json.dumps(envelope)).signals
    assert isinstance(pushed, Warning)
    assert (pushed.area.above, pushed.area.tags) == (above, tags)


def test_what_an_envelope_says_of_its_area_is_left_as_it_is() -> None:
    envelope = {
        "kind": "warning", "source": "fax", "issued": NOW.isoformat(), "identifier": "1", "sender": "s",
        "action": "alert", "hazard": "road-icing", "event": "", "level": "red",
        "description": "海拔1200米以上路段将结冰", "area": {"codes": ["520122"], "above": 900},
    }  # fmt: skip
    [pushed] = read("signals", json.dumps(envelope)).signals
    assert isinstance(pushed, Warning)
    assert pushed.area.above == 900
    assert pushed.issued == NOW.astimezone(UTC)


def test_a_lift_and_a_new_colour_are_told_from_an_issue() -> None:
    for verb, action in (("解除", "cancel"), ("变更", "update"), ("继续发布", "update")):
        row = {"alertid": "520122416000_20260120140000", "issuetime": "2026/01/20 14:00", "pic": "",
               "title": f"某县气象台{verb}低温凝冻橙色预警信号"}  # fmt: skip
        body = json.dumps({"data": {"page": {"list": [row]}}})
        [warning] = read("nmc", body).signals
        assert isinstance(warning, Warning)
        assert (warning.action, warning.hazard) == (action, "freezing-rain")
    assert datetime.fromisoformat("2026-01-20T06:00:00+00:00") == warning.issued
