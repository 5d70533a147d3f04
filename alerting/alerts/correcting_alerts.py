"""Putting an alert right that a person opened, raised or keeps: another level, or another place.

Whoever the wrong one reached is told what was said and what holds. At another place the wrong one is
withdrawn and the right one opened, and who hears of both hears it in one message.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from alerting.alerts import callouts, episodes
from alerting.alerts.asking import ask, drop, join
from alerting.alerts.corrected import (
    KIND,
    bound_to,
    nothing_to_correct,
    reached,
    take_back_unsent,
    tell_reached,
)
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.named_by_hand import alert_of, level_of, place_of, rule_of, said_by
from alerting.alerts.notices import Facts, in_both, tell
from alerting.alerts.spreading import audience, facts_at
from alerting.errors import Refused
from alerting.people.reached import REACHED
from alerting.places import Place
from alerting.signals import Report
from alerting.store.rows import Row
from alerting.store.schema import standing
from alerting.vocabulary import NAMES, Level


def correct_alert(ledger: Ledger, key: str, report: Report, reason: str, at: datetime) -> str:
    """subject alert:<id>; detail what is put right, the rest stays: level, place.

    Gives the id of the alert as it is right.
    """
    held = alert_of(ledger, key)
    if not held.kept_by:
        raise Refused("a rule holds it: only what a person opened, raised or keeps is corrected; raise"
                      " it or withdraw it",
                      zh="只有人工发布、升级或保持的才能更正；可以升级或撤回。")  # fmt: skip
    rule = rule_of(ledger.life, held.rule)
    place = place_of(ledger.life, str(report.detail.get("place") or held.place))
    level = level_of(report) if report.detail.get("level") else held.level
    finding, by = said_by(report, reason), report.person
    if place.id != held.place:
        return _elsewhere(ledger, held, rule, place, level, finding, by, reason, at)
    if level == held.level:
        raise nothing_to_correct()
    found = _found_by_rule(ledger, held)
    if level < found:
        raise Refused(f"the rule itself finds {Level(found).name} there: no lower; withdraw it if the"
                      " rule is wrong",
                      zh=f"规则判定为{NAMES['zh'][found]}，不能改得更低；规则有误请撤回。")  # fmt: skip
    _here(ledger, held, rule, place, level, finding, by, reason, at)
    return str(held.id)


def _found_by_rule(ledger: Ledger, held: Row) -> int:
    """The level that the rule holds there by itself; 0 for none."""
    found = select(standing.c.level).where(
        standing.c.realm == ledger.realm, standing.c.rule == held.rule,
        standing.c.place == held.place)  # fmt: skip
    return int(ledger.connection.execute(found).scalar() or 0)


def _here(
    ledger: Ledger, held: Row, rule: Any, place: Place, level: int, finding: Finding, by: str,
    reason: str, at: datetime,
) -> None:  # fmt: skip
    # Who is about to be ordered something by it would else hear of the wrong level alone.
    ordered = {one.post for one in ledger.notices("alert", held.id)
               if one.measure and one.post and one.state in ("due", "carried")}  # fmt: skip
    was, heard = held.level, reached(ledger, "alert", held.id)
    posts = heard | ordered
    take_back_unsent(ledger, "alert", held.id)
    ledger.change(held, level=level, peak=level if held.peak == was else max(level, held.peak),
                  why=finding.why, updated=at, kept_by=by)  # fmt: skip
    _note(ledger, held, level, by, reason, at)
    facts = facts_at(rule, place, level, was, finding).saying(
        onset=held.onset, until=held.until, why={}, reason=in_both(reason), by=by)  # fmt: skip
    before = {row.id: _to_do(row) for row in ledger.ever_asked_by(held.id)}
    if level > was:
        for wanted in rule.asks_at(level):
            ask(ledger, wanted.measure, place, wanted.arguments, facts, held.id, at,
                day=ledger.life.day_ahead(at))  # fmt: skip
    else:
        _ask_less(ledger, held, rule, level, facts, at)
    _leave_out_level(ledger, held, before, at)
    called = callouts.put_right(ledger, place, held.id, facts, heard, at)
    said = facts.saying(corrects={"place": held.place, "level": was})
    _tell(ledger, held, rule, place, posts, called, facts, said, at)


def _ask_less(
    ledger: Ledger, held: Row, rule: Any, level: int, facts: Facts, at: datetime
) -> None:
    """What only the higher level asked is dropped, the rest asked as at the lower; what was refused or
    withdrawn stays so."""
    keep = {wanted.measure: wanted for wanted in rule.asks_at(level)}
    drop(ledger, held.id, set(keep), facts, at)
    for asked in ledger.asked_by(held.id):
        row = ledger.measure(asked.measure)
        if row is not None and row.ended is None and row.measure in keep:
            here = facts if facts.place == row.object else facts.saying(place=row.object)
            join(ledger, row, keep[row.measure].arguments, here, held.id, at)


def _leave_out_level(
    ledger: Ledger, held: Row, before: dict[str, tuple[Any, ...]], at: datetime
) -> None:
    """Who carries a measure of which only the level has changed hears that by the correction alone."""
    for one in ledger.notices("alert", held.id):
        row = ledger.measure(one.measure) if one.measure else None
        if row is None or (one.kind, one.created, one.state) != ("update", at, "due"):
            continue
        if before.get(row.id) == _to_do(row):
            ledger.change(one, state="withheld", reason="the correction of its alert says it")


def _to_do(row: Row) -> tuple[Any, ...]:
    return row.arguments, row.begins, row.ends, row.day


def _tell(
    ledger: Ledger, held: Row, rule: Any, place: Place, posts: set[str], called: dict[str, bool],
    facts: Facts, said: Facts, at: datetime,
) -> None:  # fmt: skip
    """Its audience acknowledges, but for those who have an order by it or are called out: of these, who
    is not told by the call-out hears of it, as all do who were reached."""
    ordered = {n.post for n in ledger.notices("alert", held.id)
               if n.created == at and n.measure is not None and n.wants}  # fmt: skip
    answering: set[str] = set()
    bound = bound_to(ledger, "alert", held.id)
    for post in audience(ledger, rule, place.id):
        knows = post.id in posts | bound
        if post.id in called and post.id not in ordered | posts and not called[post.id]:
            tell(ledger, KIND if knows else "open", post, said if knows else facts, at, alert=held.id)
        elif post.id not in ordered and post.id not in called:
            answering.add(post.id)
            tell(ledger, KIND if knows else "open", post, said if knows else facts, at,
                 alert=held.id, wants="acknowledge")  # fmt: skip
    tell_reached(ledger, said, at, posts, answering, alert=held.id)


def _elsewhere(
    ledger: Ledger, held: Row, rule: Any, place: Place, level: int, finding: Finding, by: str,
    reason: str, at: datetime,
) -> str:  # fmt: skip
    posts = reached(ledger, "alert", held.id)
    take_back_unsent(ledger, "alert", held.id)
    ledger.record(at, by, "correct", held.id, {"reason": reason, "to": place.id})
    episodes.close(ledger, held.id, "withdrawn", by, at, reason)
    new = episodes.rise(ledger, rule, place, level, finding, f"person:{by}", at)
    right = ledger.alert(new)
    assert right is not None
    ledger.change(right, kept_by=by)
    corrects = {"place": held.place, "level": held.level}
    heard = set[str]()
    opened = {one.post: one for one in ledger.notices("alert", new)
              if (one.kind, one.created, one.state) == ("open", at, "due")}  # fmt: skip
    for one in ledger.notices("alert", held.id):
        if (one.kind, one.created, one.state) != ("withdrawn", at, "due") or one.measure:
            continue
        if one.post not in posts:  # bound or due, and never sent
            ledger.change(one, state="withheld", reason="corrected before it was sent")
            continue
        heard.add(one.post)
        both = one.facts | {"place": place.id, "level": right.level, "measures": [],
                            "corrects": corrects | {"stop": one.facts["measures"]}}  # fmt: skip
        if one.post in opened:
            mine = opened[one.post]
            linked = {key: both[key] for key in ("corrects", "stands", "reason", "by")}
            ledger.change(mine, kind=KIND, facts=mine.facts | linked | {"why": {}})
        ledger.change(one, kind=KIND, level=right.level, facts=both,
                      who=REACHED if one.post in opened else one.who)  # fmt: skip
    said = facts_at(rule, place, right.level, held.level, finding).saying(
        why={}, reason=in_both(reason), by=by, corrects=corrects)  # fmt: skip
    tell_reached(ledger, said, at, posts - heard, (), alert=held.id)
    return new


def _note(ledger: Ledger, held: Row, level: int, by: str, reason: str, at: datetime) -> None:
    ledger.note(held.id, at, "corrected", level, f"person:{by}", {"reason": reason})
    ledger.record(at, by, "correct", held.id, {"level": level, "reason": reason})
