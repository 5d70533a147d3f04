"""What comes in besides the weather while the rows are lived: warnings, reports, bulletins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.scenarios.office import cap_message
from tests.scenarios.rows import BEGINS, CHINA, NEW_YEAR, QINGMING
from tests.scenarios.town import Town

COUNTY = "990100000000"
WULING, GAOPING = "990100103000", "990100106000"
GLAZED = {"990100108000": "白岩乡", "990100104000": "龙潭镇"}
WOODED = {WULING: "雾岭镇", "990100108000": "白岩乡"}
BULLETIN_LASTS = timedelta(days=15)  # an accident elsewhere is looked into for so long
ELSEWHERE = ("邻县某酱菜厂", "2人死亡")  # in a bulletin's own words
Comes = Callable[[Town], object]


@dataclass(frozen=True, slots=True)
class Payload:
    """What is handed in at a time."""

    at: datetime
    comes: Comes


def _pushed(source: str, body: bytes) -> Comes:
    """A source's own message, as it pushes it to us."""

    def comes(town: Town) -> None:
        answer = town.api("POST", "/signals", params={"source": source}, data=body)
        assert answer.status_code == 202, answer.text
        assert not answer.json()["problems"], answer.json()
        town.settles()

    return comes


def _snow_warning(identifier: str, at: datetime, code: str, refers: str = "") -> Comes:
    """Red, as CAP; `refers` cancels that one."""
    kind = "Cancel" if refers else "Alert"
    return _pushed("cap", cap_message(identifier, at, "红色", kind=kind, event="暴雪", code=code,
                                      references=refers, hours=20))  # fmt: skip


def _exchange(
    identifier: str, at: datetime, colour: tuple[str, str], event: tuple[str, str],
    areas: Mapping[str, str], refers: str = "",
) -> Comes:  # fmt: skip
    """A warning in the national exchange's form; `refers` cancels that one."""
    kind, said = ("Cancel", "解除") if refers else ("Alert", "发布")
    sent, ends = at.astimezone(CHINA), (at + timedelta(hours=20)).astimezone(CHINA)
    return _pushed("national-exchange", f"""<?xml version="1.0" encoding="UTF-8"?>
<alert><identifier>{identifier}</identifier><sender>雾岭县气象台</sender>
 <senderCode>990100</senderCode><sendTime>{sent:%Y-%m-%d %H:%M:%S}+08:00</sendTime>
 <status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>
 <secClassification>None</secClassification><references>{refers}</references>
 <info><language>zh-CN</language><eventType>{event[1]}</eventType><severity>{colour[0]}</severity>
  <headline>雾岭县气象台{said}{event[0]}{colour[1]}预警信号</headline>
  <expires>{ends:%Y-%m-%d %H:%M:%S}+08:00</expires>
  <area><areaDesc>{",".join(areas.values())}</areaDesc><geocode>{",".join(areas)}</geocode></area>
 </info></alert>""".encode())


def _reported(word: str, *places: str) -> Comes:
    return _said_of(places, "reported", word)


def _report_ended(word: str, *places: str) -> Comes:
    return _said_of(places, "report-ended", word)


def _said_of(places: tuple[str, ...], act: str, word: str) -> Comes:
    def comes(town: Town) -> None:
        for place in places:
            answer = town.api("POST", f"/places/{place}/{act}", json={"word": word})
            assert answer.status_code == 202, answer.text
        town.settles()

    return comes


def _bulletin(happened: datetime) -> Comes:
    place, casualties = ELSEWHERE
    return lambda town: town.posts({
        "kind": "incident", "source": "bulletins", "issued": town.now.isoformat(),
        "incident": "confined-space", "place": place, "at": happened.isoformat(),
        "casualties": casualties, "text": "清理腌制池时中毒窒息",
    })  # fmt: skip


def _epidemic(ends: datetime) -> Comes:
    return lambda town: town.posts({
        "kind": "warning", "source": "health", "issued": town.now.isoformat(), "identifier": "H1",
        "sender": "县疾控中心", "action": "alert", "hazard": "epidemic", "event": "流感流行",
        "level": "yellow", "expires": ends.isoformat(), "area": {"codes": [COUNTY]},
    })  # fmt: skip


def _winter(hours: float) -> datetime:
    return BEGINS[NEW_YEAR] + timedelta(hours=hours)


def _spring(hours: float) -> datetime:
    return BEGINS[QINGMING] + timedelta(hours=hours)


_ORANGE, _RED = ("Orange", "橙色"), ("Red", "红色")
_GLAZE, _FIRE = ("低温凝冻", "11B27"), ("森林火险", "11B25")

# In the order in which they come, by chapter.
PAYLOADS = {
    NEW_YEAR: (
        Payload(_winter(0), _snow_warning("S1", _winter(0), WULING)),
        Payload(_winter(0), _snow_warning("S2", _winter(0), GAOPING)),
        Payload(_winter(1), _reported("heating-failed", "care-donghu", "care-gaoping")),
        Payload(_winter(5), _report_ended("heating-failed", "care-donghu", "care-gaoping")),
        Payload(_winter(17), _exchange("G1", _winter(17), _ORANGE, _GLAZE, GLAZED)),
        Payload(_winter(18), _snow_warning("S3", _winter(18), WULING, refers="S1")),
        Payload(_winter(18), _snow_warning("S4", _winter(18), GAOPING, refers="S2")),
        Payload(_winter(20), _exchange("G2", _winter(20), _ORANGE, _GLAZE, GLAZED, refers="G1")),
    ),
    QINGMING: (
        Payload(_spring(0), _bulletin(_spring(10) - BULLETIN_LASTS)),
        Payload(_spring(0), _epidemic(_spring(8))),
        Payload(_spring(1), _exchange("F1", _spring(1), _RED, _FIRE, WOODED)),
        Payload(_spring(1), _reported("cracks", "slope-qingxi", "slope-meiping")),
        Payload(_spring(4), _report_ended("cracks", "slope-qingxi", "slope-meiping")),
        Payload(_spring(7), _exchange("F2", _spring(7), _RED, _FIRE, WOODED, refers="F1")),
    ),
}  # fmt: skip
