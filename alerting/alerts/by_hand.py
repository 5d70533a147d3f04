"""What an authorised person may do, with a reason: whatever a rule may.

`open` and `raise` an alert, `order` a measure, `keep` an alert that would fall, `withdraw` or `correct`
an alert or a measure; `respond` starts, changes or ends an emergency response. The reports come as
signals; roles were checked where the person spoke.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from alerting.alerts import episodes, measures
from alerting.alerts.addressing import addressed
from alerting.alerts.asking import ask
from alerting.alerts.correcting import correct_measure
from alerting.alerts.correcting_alerts import correct_alert
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.named_by_hand import (
    alert_of,
    day_of,
    level_of,
    measure_of,
    place_of,
    rule_of,
    said_by,
)
from alerting.alerts.notices import Facts, in_both
from alerting.alerts.responses import respond
from alerting.errors import BadInput, Refused
from alerting.rulebook.given import read_given
from alerting.signals import Report
from alerting.vocabulary import NAMES, Level
from alerting.vocabulary.states import MEASURE_STATES


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
        "correct": correct_measure if kind == "measure" else correct_alert,
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
    rule, place = rule_of(life, key), place_of(life, str(report.detail.get("place", "")))
    opened = episodes.rise(ledger, rule, place, level_of(report), said_by(report, reason),
                           f"person:{report.person}", at)  # fmt: skip
    _hold(ledger, opened, report.person)
    return opened


def _raise(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held, life = alert_of(ledger, key), ledger.life
    level = level_of(report)
    if level <= held.level:
        raise Refused(f"it is {Level(held.level).name} already: name a higher level",
                      zh=f"目前已是{NAMES['zh'][held.level]}，请选更高的级别。")  # fmt: skip
    episodes.rise(ledger, rule_of(life, held.rule), place_of(life, held.place), level,
                  said_by(report, reason), f"person:{report.person}", at)  # fmt: skip
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
    sector = definition.sector or getattr(place_of(life, key), "sector", "")
    facts = Facts(sector, "", key, level_of(report),
                  reason=in_both(reason), by=report.person)  # fmt: skip
    try:
        given = read_given(name, definition, report.detail.get("arguments", {}))
    except BadInput as error:
        raise Refused(error.text(), zh=error.zh) from None
    by = f"person:{report.person}"
    day = day_of(life, definition, str(report.detail.get("day") or ""), at)
    changed = ask(ledger, name, place_of(life, key), given, facts, by, at, day=day)
    objects = {one for one, _ in addressed(ledger, name, place_of(life, key), facts.sector)}
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


def _keep(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held = alert_of(ledger, key)
    _hold(ledger, held.id, report.person)
    ledger.record(at, report.person, "keep", held.id, {"reason": reason})
    return str(held.id)


def _withdraw_alert(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held = alert_of(ledger, key)
    episodes.close(ledger, held.id, "withdrawn", report.person, at, reason)
    return str(held.id)


def _withdraw_measure(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    held = measure_of(ledger, key)
    if not measures.withdraw(ledger.connection, ledger.life, key, report.person, at, reason):
        raise Refused(f"it has ended already: {held.state}",
                      zh=f"这项措施已经结束：{MEASURE_STATES[held.state][0]}。")  # fmt: skip
    return key


def _hold(ledger: Ledger, alert_key: str, person: str) -> None:
    """What a person opened, raised or keeps, only a person ends."""
    held = ledger.alert(alert_key)
    assert held is not None
    ledger.change(held, kept_by=person)
