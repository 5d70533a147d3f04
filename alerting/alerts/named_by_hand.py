"""What a report by hand names: a rule, a place, an alert, a level, a day; or a refusal in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.errors import Refused
from alerting.rulebook.measures import Measure
from alerting.signals import Report
from alerting.store.rows import Row
from alerting.vocabulary import Level
from alerting.vocabulary.states import ALERT_STATES

AHEAD = timedelta(days=40)  # a day further off was mistyped


def level_of(report: Report) -> int:
    name = str(report.detail.get("level", "yellow"))
    try:
        return int(Level[name])
    except KeyError:
        raise Refused(f"level {name!r} is none of blue, yellow, orange, red",
                      zh=f"级别“{name}”无法识别，应为蓝、黄、橙、红之一。") from None  # fmt: skip


def rule_of(life: Life, key: str) -> Any:
    rule = life.book.rules_by_id.get(key)
    if rule is None:
        raise Refused(f"there is no rule {key!r} in the book", zh=f"规则包里没有“{key}”这条规则。")
    return rule


def place_of(life: Life, key: str) -> Any:
    place = life.places.by_id.get(key)
    if place is None:
        raise Refused(f"there is no place {key!r}", zh=f"没有编号为 {key} 的地点。")
    return place


def alert_of(ledger: Ledger, key: str) -> Row:
    """An open alert of the realm."""
    held = ledger.alert(key)
    if held is None or held.realm != ledger.realm:
        raise Refused(f"there is no alert {key!r}", zh=f"没有编号为 {key} 的风险提示。")
    if held.state != "open":
        raise Refused(f"it has ended already: {held.state}",
                      zh=f"这条风险提示{ALERT_STATES[held.state][0]}。")  # fmt: skip
    return held


def measure_of(ledger: Ledger, key: str) -> Row:
    """A measure of the realm, ended or not."""
    held = ledger.measure(key)
    if held is None or held.realm != ledger.realm:
        raise Refused(f"there is no measure {key!r}", zh=f"没有编号为 {key} 的措施。")
    return held


def day_of(life: Life, definition: Measure, given: str, at: datetime) -> str | None:
    """The day it is ordered for: the next morning's where none is named, none where it needs none."""
    if not definition.named_day:
        if given:
            raise Refused(f"{definition.title['en']} is not for a named day: leave out the day",
                          zh=f"“{definition.title['zh']}”不按日期下达，请不要填日期。")  # fmt: skip
        return None
    if not given:
        return life.day_ahead(at)
    first = date.fromisoformat(life.day_not_over(at))
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Refused(f"{given!r} is no day: write it like {first}",
                      zh=f"日期“{given}”无法识别，请写成{first}这样。") from None  # fmt: skip
    if day < first:
        raise Refused(f"the day {day} is over: the first that may be named is {first}",
                      zh=f"{day}已经过去，最早可定{first}。")  # fmt: skip
    if day > first + AHEAD:
        raise Refused(f"the day {day} is too far ahead: {first + AHEAD} is the last that may be named",
                      zh=f"{day}太远，最晚可定{first + AHEAD}。")  # fmt: skip
    return day.isoformat()


def said_by(report: Report, reason: str) -> Finding:
    """What holds an alert that a person opened, raised or put right."""
    words = {"zh": f"人工决定：{reason}", "en": f"By hand: {reason}"}
    return Finding(why={"by_hand": report.person, "reason": reason, "sentence": words},
                   sentence=words)  # fmt: skip
