"""One storm for all kills: a fog and an icing warning, orders, answers, an approval, a closure that
somebody asks for until an hour, a call-out with its report and its closing report, and the end of it.

Every step happens at a fixed time and says the same words, so that it can be done again after a death.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tests.faults.mortal import MortalTown
from tests.scenarios.town import START

CHEN, WANG, LI, QIAN = "+447700900101", "+447700900102", "+447700900103", "+447700900106"
END = 190.0
CLEAR = [9000.0] * 24


def _at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).isoformat()


def forecast(minute: float, visibility: Sequence[float]) -> dict[str, Any]:
    """A run for both points: this visibility hour by hour, and else a mild dry calm day."""
    start = (START + timedelta(minutes=minute)).replace(minute=0)
    column = [*visibility, *CLEAR[len(visibility) :]]
    mild = {"temperature": 5.0, "precipitation": 0.0, "wind_speed": 2.0}
    values = {q: [[v, v]] * len(column) for q, v in mild.items()}
    values["visibility"] = [[v, v] for v in column]
    return {
        "kind": "forecast", "source": "model", "issued": _at(minute), "start": start.isoformat(),
        "spots": [{"id": "low"}, {"id": "high"}], "values": values,
    }  # fmt: skip


def observed(minute: float, visibility: float) -> dict[str, Any]:
    return {
        "kind": "observation", "source": "stations", "issued": _at(minute), "station": "station",
        "lat": 26.5, "lon": 106.5, "elevation": 900, "at": _at(minute),
        "values": {"visibility": visibility, "temperature": 5.0, "precipitation": 0.0,
                   "wind_speed": 2.0},
    }  # fmt: skip


def warning(minute: float, action: str) -> dict[str, Any]:
    return {
        "kind": "warning", "source": "office", "issued": _at(minute), "sender": "虚构县气象台",
        "identifier": f"W-{action}", "action": action, "hazard": "road-icing", "event": "道路结冰",
        "references": ["W-alert"] if action != "alert" else [], "level": "yellow",
        "area": {"codes": ["990101000000"]},
    }  # fmt: skip


def ordered(minute: float, measure: str, until: str) -> dict[str, Any]:
    return {
        "kind": "report", "source": "desk", "issued": _at(minute), "act": "order", "person": "admin",
        "subject": "place:G99-K12", "detail": {"measure": measure, "level": "red", "reason": "大雾",
                                               "arguments": {"until": until}},
    }  # fmt: skip


Step = tuple[float, Callable[[MortalTown], Any]]


def _hands_in(minute: float, envelope: dict[str, Any]) -> Step:
    return minute, lambda town: town.hands_in(envelope)


def _answers(minute: float, number: str, digit: str, rest: str = "") -> Step:
    sid = f"SM{int(minute * 10):032d}"
    return minute, lambda town: town.answers(number, digit, sid, rest)


STORY: list[Step] = [
    _hands_in(1, forecast(1, [800, 300, 150, 150, 800])),
    _answers(2, CHEN, "1"),
    _hands_in(4, warning(4, "alert")),
    _answers(6, QIAN, "3"),
    _hands_in(10, observed(10, 40)),
    _answers(11, LI, "1"),
    _answers(12, WANG, "1"),
    _answers(13, CHEN, "2"),
    _answers(14, LI, "5", "张三 否"),
    _hands_in(16, ordered(16, "close", "16:40")),
    _hands_in(20, warning(20, "cancel")),
    _hands_in(30, forecast(30, CLEAR)),
    _hands_in(59, observed(59, 9000)),
    _hands_in(119, observed(119, 9000)),
    _hands_in(150, forecast(150, CLEAR)),
    _hands_in(179, observed(179, 9000)),
    _answers(182, WANG, "1"),
    _answers(183, LI, "5", "0"),
]


def tell(town: MortalTown) -> None:
    """The whole story, whatever dies in it."""
    town.live(town.begin)
    for minute, act in STORY:
        town.live(lambda minute=minute: town.reaches(minute))
        town.live(lambda act=act: act(town))
    town.live(lambda: town.reaches(END))
