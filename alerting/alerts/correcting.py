"""Putting a measure right that was ordered by hand: another level, other arguments or hours, or that it
was meant for another place or day.

At the same place it is a new version of the same measure; one that its decider has signed is put to
them first, and stands as they signed it until they answer. For another place or day the wrong one is
withdrawn and the right one ordered, and whoever the wrong one reached hears both in one message.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerting.alerts import signing
from alerting.alerts.addressing import addressed
from alerting.alerts.askers import note_asker
from alerting.alerts.asking import after_end, ask, settle
from alerting.alerts.corrected import (
    KIND,
    as_it_stands,
    nothing_to_correct,
    reached,
    take_back_unsent,
    tell_reached,
    wrongly,
)
from alerting.alerts.hours import hours_of
from alerting.alerts.joint import Hours, Joint, joined, passed
from alerting.alerts.ledger import Ledger
from alerting.alerts.named_by_hand import day_of, level_of, measure_of, place_of
from alerting.alerts.notices import Facts, in_both
from alerting.alerts.orders import LOOKED_AT, describe, end, facts_of, gated
from alerting.alerts.reopening import SHUTS, still_shut
from alerting.errors import BadInput, Refused
from alerting.rulebook.arguments import FROM, UNTIL
from alerting.rulebook.given import read_given
from alerting.signals import Report
from alerting.store.rows import Row
from alerting.vocabulary.states import MEASURE_STATES


class _Right(NamedTuple):
    """What it should have been."""

    place: str
    day: str | None
    level: int
    arguments: dict[str, Any]
    hours: Hours


def correct_measure(
    ledger: Ledger, key: str, report: Report, reason: str, at: datetime
) -> str:
    """subject measure:<id>; detail what is put right, the rest stays: level, arguments, place, day.

    Gives the id of the measure as it is right.
    """
    row = measure_of(ledger, key)
    asked = _ordered_by_hand(ledger, row, report.person)
    right = _right(ledger, row, asked, report, at)
    if (right.place, right.day) != (row.object, row.day):
        return _elsewhere(ledger, row, asked, right, report.person, reason, at)
    if (right.arguments, right.level) == (asked.arguments, asked.level):
        raise nothing_to_correct()
    _here(ledger, row, asked, right, report.person, reason, at)
    return key


def _ordered_by_hand(ledger: Ledger, row: Row, person: str) -> Row:
    """The person's order that holds it: of several one's own, else the latest."""
    if row.ended is not None or row.state in LOOKED_AT:
        raise Refused(f"it can be corrected no more: {row.state}",
                      zh=f"这项措施已是“{MEASURE_STATES[row.state][0]}”，不能再更正。")  # fmt: skip
    if row.state == "approved":
        raise Refused("it waits for another measure or a decision: withdraw it and order it anew",
                      zh="它正等待另一项措施或决定，请撤回后重新下达。")  # fmt: skip
    orders = [one for by, one in ledger.askers(row.id).items()
              if by.startswith("person:") and one.ended is None]  # fmt: skip
    if not orders:
        raise Refused("it was not ordered by hand: only what a person ordered is corrected;"
                      " withdraw it, or order it by hand too",
                      zh="只有人工下达的措施才能更正；可以撤回，或另行人工下达。")  # fmt: skip
    own = [one for one in orders if one.asker == f"person:{person}"]
    return max(own or orders, key=lambda one: (one.since, one.asker))


def _right(ledger: Ledger, row: Row, asked: Row, report: Report, at: datetime) -> _Right:
    life, detail = ledger.life, report.detail
    definition = life.measure(row.measure)
    given = detail.get("arguments") or {}
    if not isinstance(given, dict):
        raise Refused("arguments are names and values", zh="参数应逐项写明名称和数值。")
    whole = {name: value for name, value in {**asked.arguments, **given}.items()
             if value not in ("", None, [])}  # fmt: skip
    try:
        arguments = dict(read_given(row.measure, definition, whole))
    except BadInput as error:
        raise Refused(error.text(), zh=error.zh) from None
    place = str(detail.get("place") or row.object)
    day = row.day
    if detail.get("day"):
        day = day_of(life, definition, str(detail["day"]), at)
    level = level_of(report) if detail.get("level") else asked.level
    hours = _hours(asked, arguments, at, life.zone) if day == row.day else hours_of(
        arguments, at, life.zone)  # fmt: skip
    return _Right(place_of(life, place).id, day, level, arguments, hours)


def _hours(asked: Row, arguments: dict[str, Any], at: datetime, zone: ZoneInfo) -> Hours:
    """What has begun goes on from when it did; another end is the next time its clock strikes."""
    same = {name: arguments.get(name) == asked.arguments.get(name) for name in (FROM, UNTIL)}
    if all(same.values()):
        return asked.begins, asked.ends
    if same[FROM] and asked.begins is not None and asked.begins <= at:
        until = {UNTIL: arguments[UNTIL]} if arguments.get(UNTIL) else {}
        return asked.begins, hours_of(until, at, zone)[1]
    return hours_of(arguments, at, zone)


def _here(
    ledger: Ledger, row: Row, asked: Row, right: _Right, by: str, reason: str, at: datetime
) -> None:
    definition, was = ledger.life.measure(row.measure), as_it_stands(ledger, row)
    note_asker(ledger, row, right.arguments, right.level, right.hours, asked.asker, at)
    live = [a for a in ledger.askers(row.id).values() if a.ended is None and not passed(a, at)]
    made = joined(definition.arguments, live, row, at, ledger.life.zone)
    if made == Joint(row.arguments, row.level, row.begins, row.ends):
        raise Refused("others ask for it as it stands, so that nothing would change for its readers",
                      zh="风险提示或他人也要求按现在的内容执行，更正后并无变化。")  # fmt: skip
    ledger.record(at, by, "correct", row.id, {"reason": reason, "was": was})
    facts = facts_of(ledger, row)
    undecided = row.state == "proposed"
    ledger.change(row, corrects={"of": row.id, "was": was, "by": by, "reason": reason,
                                 "told": at.isoformat() if undecided else None})  # fmt: skip
    if undecided:  # nobody but its decider has heard of it, and they are asked anew
        take_back_unsent(ledger, "measure", row.id)
        said = {"zh": f"更正：{reason}", "en": f"Corrected: {reason}"}
        facts = facts.saying(reason=said, by=by)
    elif row.decided_by is not None and row.decider is not None:
        signing.stand_as_signed(ledger, row)
    settle(ledger, row, facts, at)


def _elsewhere(
    ledger: Ledger, row: Row, asked: Row, right: _Right, by: str, reason: str, at: datetime
) -> str:
    """Withdrawn here, ordered there; both in one message to those who were reached."""
    life, definition = ledger.life, ledger.life.measure(row.measure)
    if any(one.ended is None and one is not asked for one in ledger.askers(row.id).values()):
        raise Refused("a risk advisory or somebody else asks for it here too, so that it stands: order"
                      " it at the other place",
                      zh="风险提示或他人也要求在此执行，不能移走；请在另一处另行下达。")  # fmt: skip
    if gated(life, row) and row.issued is not None:
        raise Refused("it ends through the production gate: order it at the other place, and withdraw"
                      " it here past the gate",
                      zh="它须经复工四项确认才能解除；请在另一处另行下达，此处人工撤回。")  # fmt: skip
    was, posts = as_it_stands(ledger, row), reached(ledger, "measure", row.id)
    take_back_unsent(ledger, "measure", row.id)
    ledger.change(asked, ended=at)
    ledger.record(at, by, "correct", row.id, {"reason": reason, "to": right.place})
    end(ledger, row, (row.state,), "withdrawn", by, at, reason)
    after_end(ledger, row, at)

    place = place_of(life, right.place)
    facts = Facts(definition.sector or getattr(place, "sector", ""), "", place.id, right.level,
                  reason=in_both(reason), by=by, corrects=wrongly(was))  # fmt: skip
    ask(ledger, row.measure, place, right.arguments, facts.saying(corrects={}), asked.asker, at,
        day=right.day, hours=right.hours)  # fmt: skip
    objects = {one for one, _ in addressed(ledger, row.measure, place, facts.sector)}
    new = [one for one in ledger.ever_asked_by(asked.asker)
           if (one.measure, one.day) == (row.measure, right.day) and one.object in objects
           and one.ended is None]  # fmt: skip
    if not new:
        raise Refused(f"nobody carries out {row.measure} there: no post and no site of its sector",
                      zh=f"该处没有人承办“{definition.title['zh']}”：既无相应岗位，也无该行业的场所。")
    for one in new:
        ledger.change(one, corrects={"of": row.id, "was": was, "by": by, "reason": reason,
                                     "told": at.isoformat()})  # fmt: skip
    said = facts.saying(measures=tuple(describe(one, definition) for one in new))
    if definition.road in SHUTS:
        said = said.saying(stands=still_shut(ledger, row))
    ordered = _told_both(ledger, new, posts, said, at)
    tell_reached(ledger, said, at, posts, ordered, measure=row.id)
    return str(new[0].id)


def _told_both(
    ledger: Ledger, new: list[Row], posts: set[str], facts: Facts, at: datetime
) -> set[str]:
    """Whose order of the right one says that it stands for the wrong one; gives their posts."""
    told = set()
    for row in new:
        for one in ledger.notices("measure", row.id):
            if (one.kind, one.created, one.state) == ("order", at, "due") and one.post in posts:
                both = one.facts | {"corrects": facts.corrects, "stands": list(facts.stands)}
                ledger.change(one, kind=KIND, facts=both)
                told.add(one.post)
    return told
