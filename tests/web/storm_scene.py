"""A night of ice, put into the tables by hand: what the pages are looked at with."""

from __future__ import annotations

from datetime import timedelta

from alerting.places import Place, Point
from alerting.store import schema as s
from tests.web.web_desk import NOW, Desk

WARNING = {
    "level": "orange", "issuer": "青岚县气象台", "issued": "2026-01-20T18:40:00+00:00",
    "onset": "2026-01-20T18:40:00+00:00", "headline": "青岚县气象台发布道路结冰橙色预警",
    "identifier": "w1",
}  # fmt: skip
REASON = {
    "text": "surface_temperature <= -2 degC", "state": "true", "quantity": "surface_temperature",
    "series": "surface_temperature", "operator": "<=", "threshold": -2.0, "unit": "degC",
    "value": -2.1, "at": "2026-01-20T22:00:00+00:00", "first": "2026-01-20T21:00:00+00:00",
    "last": "2026-01-21T01:00:00+00:00", "derived": True, "source": "open-meteo",
    "issued": "2026-01-20T18:00:00+00:00",
}  # fmt: skip


def storm(desk: Desk, realm: str = "exercise-1", ended: bool = False) -> str:
    """Fill the desk; gives the id of the gravest alert."""
    desk.put(s.realm, id=realm, kind="exercise", exercise=True, speed=600.0, started=NOW,
             title={"zh": "2013 年冬季冰雪", "en": "The ice of winter 2013"},
             begins=NOW, ended=NOW if ended else None)
    desk.engines[realm] = None
    desk.exercise = {"state": "ended" if ended else "playing", "realm": realm}
    desk.person("wang", "answer", "field-road", name="王伟")
    desk.person("zhao", "decide", "police", name="赵敏")
    desk.person("office", "order", name="陈晓")
    desk.put(s.post, id="town", tier="township", sector="", place="990101", title="石门镇政府",
             title_en="Shimen township")
    why = {"sentence": {
        "zh": "05:00 至 09:00 路面温度 -2.1 ℃、降水 0.6 毫米/小时，达红色阈值（观测站 02:50）。",
        "en": "05:00 to 09:00 surface temperature -2.1 °C with 0.6 mm/h, past the red threshold.",
    }, "official": WARNING, "point": "g70.high", "details": {
        "orange": {"state": "true", "text": "surface_temperature <= 0 degC within 6 h",
                   "onset": "2026-01-20T20:00:00+00:00", "until": "2026-01-21T01:00:00+00:00",
                   "missing": [], "reasons": [REASON]},
        "red": {"state": "true", "text": "surface_temperature <= -2 degC within 2 h",
                "onset": "2026-01-20T21:00:00+00:00", "until": None, "missing": [],
                "reasons": [REASON, REASON | {"value": None, "source": "", "issued": None}]},
    }}
    red = desk.open_alert(level=4, realm=realm, official=3, why=why)
    desk.open_alert(place="wuling-pass", level=3, realm=realm)
    desk.open_alert("fog", "wuling-pass", 2, realm=realm, hazard="fog", held_by_unknown=NOW)
    closing = desk.ask(red, "close", "proposed", realm=realm, decider="police", level=4, due=None)
    limit = desk.ask(red, "speed-limit", "acknowledged", realm=realm, level=4)
    desk.ask(red, "salt", "in force", realm=realm, level=4, in_force=NOW)
    desk.ask(f"{realm}.icing.wuling-pass.1", "salt", "issued", "town", realm=realm,
             overdue=NOW - timedelta(minutes=5))
    for wants, measure, post, at_post, level in (
        ("decision", closing, "police", "police", 4),
        ("acknowledge", None, "town", "office", 3),
    ):
        desk.put(s.pursuit, realm=realm, wants=wants, alert=red, measure=measure, post=post,
                 level=level, state="open", rung=0, round=1, at_post=at_post,
                 opened=NOW - timedelta(minutes=12), deadline=NOW + timedelta(minutes=3))
    text = ("【青岚县防灾】演练 EXERCISE 道路结冰 红色风险提示：G70 12–19 公里 05:00 起路面结冰。"
            "请限速 40 公里/小时，04:00 前落实。回复 4821 1 收到，4821 2 已落实，4821 3 无法执行。")
    desk.notify("wang", text, alert=red, measure=limit, realm=realm, state="answered")
    desk.notify("zhao", text.replace("请限速 40 公里/小时", "建议封闭路段，请决定"), alert=red,
                measure=closing, wants="decision", realm=realm, link="decide")
    desk.notify("office", "石门镇政府无人值守，已转值班室。", alert=red, realm=realm, state="dead")
    desk.put(s.answer, id="report:1", realm=realm, person="wang", channel="console", alert=red,
             measure=limit, act="acknowledge", text="4821 1", at=NOW, outcome="taken")
    desk.put(s.escalation, realm=realm, pursuit=2, alert=red, from_post="town", to_post="office",
             at=NOW, reason="nobody")
    desk.put(s.signal, realm=realm, id="run:1", kind="forecast", source="storm-model", issued=NOW,
             accepted=NOW - timedelta(minutes=40), body=b"")
    desk.unseen = [
        {"rule": "fog", "place": p, "since": NOW - timedelta(hours=3)} for p in ("990101", "g70-12")
    ]
    desk.lacking = [{"rule": "fog", "place": "g70-12", "level": "red",
                     "missing": ["observed visibility"]}]
    return red


def many(desk: Desk, orange: int, yellow: int) -> None:
    """A county in which one rule holds on many sections, each with a measure out and a post silent."""
    for n in range(orange + yellow):
        place = f"road-{n}"
        desk.places.by_id[place] = Place(place, "road-section", f"G{n}国道第{n}镇段", f"G{n} part {n}",
                                         (Point(f"{place}.low", 27.0, 107.0, 900),))  # fmt: skip
        level = 3 if n < orange else 2
        key = desk.open_alert(place=place, level=level, onset=NOW + timedelta(hours=1))
        state = {0: {"overdue": NOW}, 1: {"state": "in force"}, 2: {"cannot": NOW}}.get(n % 40, {})
        measure = f"live.speed-limit.{place}.field-road.1"
        desk.put(s.measure, **{
            "id": measure, "realm": "live", "measure": "speed-limit", "object": place, "number": 1,
            "carrier": "field-road", "state": "issued", "level": level, "arguments": {"speed": 40.0},
            "proposed": NOW, "issued": NOW, "due": NOW + timedelta(minutes=20), **state,
        })  # fmt: skip
        desk.put(s.asker, measure=measure, asker=key, realm="live", level=level, arguments={}, since=NOW)
        for wants, of in (("acknowledge", None), ("in-force", measure)):
            desk.put(s.pursuit, realm="live", wants=wants, alert=key, measure=of, post="field-road",
                     level=level, state="open", rung=0, round=0, at_post="field-road", opened=NOW,
                     deadline=NOW + timedelta(minutes=n))
