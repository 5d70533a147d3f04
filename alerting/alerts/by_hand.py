"""What an authorised person may do, with a reason: whatever a rule may.

`open` and `raise` an alert, `order` a measure, `keep` an alert that would fall, `withdraw` an alert or
a measure; `respond` starts, changes or ends an emergency response. The reports come as signals; roles
were checked where the person spoke.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from alerting.alerts import episodes, measures
from alerting.alerts.addressing import addressed
from alerting.alerts.asking import ask
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.notices import Facts, in_both
from alerting.alerts.responses import respond
from alerting.errors import BadInput, Refused
from alerting.rulebook.given import read_given
from alerting.rulebook.measures import Measure
from alerting.signals import Report
from alerting.store.rows import Row
from alerting.vocabulary import NAMES, Level
from alerting.vocabulary.states import ALERT_STATES, MEASURE_STATES

AHEAD = timedelta(days=40)  # a day further off was mistyped


def by_hand(connection: Connection, life: Life, report: Report) -> str:
    """Do what the report says. Gives the id of what changed.

    Raises Refused, with a reason for the person in both languages, when it names what does not exist
    or has ended.
    """
    at = report.accepted or report.issued
    reason = str(report.detail.get("reason", "")).strip()
    if not reason:
        raise Refused("a reason is needed for everything done by hand",
                      zh="人工操作必须写明原因。")  # fmt: skip
    kind, _, key = report.subject.partition(":")
    acts = {
        "open": _open,
        "raise": _raise,
        "order": _order,
        "keep": _keep,
        "respond": respond,
        "withdraw": _withdraw_measure if kind == "measure" else _withdraw_alert,
    }
    if report.act not in acts:
        raise Refused(f"{report.act!r} is nothing that can be done by hand",
                      zh=f"没有“{report.act}”这种人工操作。")  # fmt: skip
    with Ledger(connection, life) as ledger:
        return acts[report.act](ledger, key, report, reason, at)


def _open(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    """subject rule:<id>, detail place, level."""
    life = ledger.life
    rule, place = _rule(life, key), _place(life, str(report.detail.get("place", "")))
    opened = episodes.rise(ledger, rule, place, _level(report), _said(report, reason),
                           f"person:{report.person}", at)  # fmt: skip
    _hold(ledger, opened, report.person)
    return opened


def _raise(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held, life = _alert(ledger, key), ledger.life
    level = _level(report)
    if level <= held.level:
        raise Refused(f"it is {Level(held.level).name} already: name a higher level",
                      zh=f"目前已是{NAMES['zh'][held.level]}，请选更高的级别。")  # fmt: skip
    episodes.rise(ledger, _rule(life, held.rule), _place(life, held.place), level,
                  _said(report, reason), f"person:{report.person}", at)  # fmt: skip
    _hold(ledger, held.id, report.person)
    return str(held.id)


def _order(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    """subject place:<id>, detail measure, arguments, level; day, of a measure for a named one."""
    life, name = ledger.life, str(report.detail.get("measure", ""))
    if name not in life.book.orderable:
        raise Refused(f"there is no measure {name!r}; `suian check --measures` lists them",
                      zh=f"规则包里没有“{name}”这项措施。")  # fmt: skip
    definition = life.book.measures[name]
    # A measure of every sector is that of the place it is ordered for: else no carrier is found.
    sector = definition.sector or getattr(_place(life, key), "sector", "")
    facts = Facts(sector, "", key, _level(report),
                  reason=in_both(reason), by=report.person)  # fmt: skip
    try:
        given = read_given(name, definition, report.detail.get("arguments", {}))
    except BadInput as error:
        raise Refused(error.text(), zh=error.zh) from None
    by = f"person:{report.person}"
    day = _day(life, definition, str(report.detail.get("day") or ""), at)
    changed = ask(ledger, name, _place(life, key), given, facts, by, at, day=day)
    objects = {one for one, _ in addressed(ledger, name, _place(life, key), facts.sector)}
    asked = [row for row in ledger.ever_asked_by(by)
             if (row.measure, row.day) == (name, day) and row.object in objects
             and (row.ended is None or row.state == "superseded")]  # fmt: skip
    if not changed and not asked:
        raise Refused(f"nobody carries out {name} there: no post and no site of its sector",
                      zh=f"该处没有人承办“{definition.title['zh']}”：既无相应岗位，也无该行业的场所。")
    # Already ordered by a rule, or another does its work: it is held by this person too now. Of
    # several it is that of what they ask now.
    if not asked:
        return changed[0]
    rows = [row for row in asked if row.id in changed] or asked
    return str(max(rows, key=lambda r: (ledger.askers(r.id)[by].arguments == given, r.number)).id)


def _day(life: Life, definition: Measure, given: str, at: datetime) -> str | None:
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


def _keep(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held = _alert(ledger, key)
    _hold(ledger, held.id, report.person)
    ledger.record(at, report.person, "keep", held.id, {"reason": reason})
    return str(held.id)


def _withdraw_alert(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held = _alert(ledger, key)
    episodes.close(ledger, held.id, "withdrawn", report.person, at, reason)
    return str(held.id)


def _withdraw_measure(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held = ledger.measure(key)
    if held is None or held.realm != ledger.realm:
        raise Refused(f"there is no measure {key!r}", zh=f"没有编号为 {key} 的措施。")
    if not measures.withdraw(ledger.connection, ledger.life, key, report.person, at, reason):
        raise Refused(f"it has ended already: {held.state}",
                      zh=f"这项措施已经结束：{MEASURE_STATES[held.state][0]}。")  # fmt: skip
    return key


def _hold(ledger: Ledger, alert_key: str, person: str) -> None:
    """What a person opened, raised or keeps, only a person ends."""
    held = ledger.alert(alert_key)
    assert held is not None
    ledger.change(held, kept_by=person)


def _said(report: Report, reason: str) -> Finding:
    words = {"zh": f"人工决定：{reason}", "en": f"By hand: {reason}"}
    return Finding(why={"by_hand": report.person, "reason": reason, "sentence": words},
                   sentence=words)  # fmt: skip


def _level(report: Report) -> int:
    name = str(report.detail.get("level", "yellow"))
    try:
        return int(Level[name])
    except KeyError:
        raise Refused(f"level {name!r} is none of blue, yellow, orange, red",
                      zh=f"级别“{name}”无法识别，应为蓝、黄、橙、红之一。") from None  # fmt: skip


def _rule(life: Life, key: str) -> Any:
    rule = life.book.rules_by_id.get(key)
    if rule is None:
        raise Refused(f"there is no rule {key!r} in the book", zh=f"规则包里没有“{key}”这条规则。")
    return rule


def _place(life: Life, key: str) -> Any:
    place = life.places.by_id.get(key)
    if place is None:
        raise Refused(f"there is no place {key!r}", zh=f"没有编号为 {key} 的地点。")
    return place


def _alert(ledger: Ledger, key: str) -> Row:
    held = ledger.alert(key)
    if held is None or held.realm != ledger.realm:
        raise Refused(f"there is no alert {key!r}", zh=f"没有编号为 {key} 的风险提示。")
    if held.state != "open":
        raise Refused(f"it has ended already: {held.state}",
                      zh=f"这条风险提示{ALERT_STATES[held.state][0]}。")  # fmt: skip
    return held
