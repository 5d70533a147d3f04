"""Measures that meet: two that conflict, at one object or where one's object lies in the other's zone.

The newer is not issued. One question goes to one decider, with both sides; whoever is silent is
chased as for a decision. What is answered is done in settling.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts.joint import Hours, beyond, hours_of_all, meets, on
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, tell
from alerting.alerts.orders import (
    LOOKED_AT,
    OPEN_WORK,
    describe,
    facts_of,
    response_titled,
    tell_carrier,
    title_of,
)
from alerting.people import Post, person_by_id
from alerting.store.rows import Row
from alerting.vocabulary import NAMES

Words = dict[str, str]
DUTY_OFFICE = "duty-office"


def holds(ledger: Ledger, row: Row, facts: Facts, at: datetime, *, again: bool = False) -> bool:
    """Whether an undecided conflict keeps a measure from going on; asks about a new one.

    `again`: it was raised, and is asked about once more at its new level.
    """
    known = {r.first if r.second == row.id else r.second: r for r in ledger.meetings(row.id)}
    for other in _in_conflict(ledger, row, at):
        held = known.get(other.id)
        if held is None:
            _ask(ledger, other, row, facts, at)
            return True
        if held.state == "open" and held.stands != row.id:
            if again and held.second == row.id:
                _put(ledger, held, other, row, facts, at)
            return True
    return False


def parted(
    ledger: Ledger, row: Row, hours: Hours, at: datetime, held: Hours | None = None
) -> tuple[Hours, list[Hours]]:
    """Hours that are asked for of a measure: those that are for it, and those in which it was not
    ordered and would meet what it conflicts with, which are another decision. `held`: the hours that
    are its own, where they are not all that it answers for."""
    held, sooner, later = held or hours_of_all(row), None, None
    if row.state in OPEN_WORK:
        sooner, later = beyond(held, hours, on=on(row, at))
    more = [part for part in (sooner, later) if part is not None]
    met = {other.id for other in _in_conflict(ledger, row, at)} if more else set()
    apart = [part for part in more
             if any(other.id not in met for other in _in_conflict(ledger, row, at, part))]  # fmt: skip
    begins, ends = hours
    return (held[0] if sooner in apart else begins, held[1] if later in apart else ends), apart


def stands_on(ledger: Ledger, row: Row, at: datetime) -> None:
    """Whatever its end, it stands until somebody has looked: what was ordered for after it is asked
    about, and suspended until that is decided. What is not ordered asks when it goes on."""
    known = {key for held in ledger.meetings(row.id) for key in (held.first, held.second)}
    for other in _in_conflict(ledger, row, at):
        if other.id not in known and other.state in OPEN_WORK:
            _ask(ledger, row, other, facts_of(ledger, other), at)
            suspend(ledger, other, row, other.waits, at)


def suspend(ledger: Ledger, row: Row, other: Row, waits: dict[str, Any], at: datetime) -> None:
    """What was ordered is held until somebody has decided; its carrier is told."""
    ledger.change(row, state="approved", waits=waits, in_force=None, acknowledged=None,
                  due=None, overdue=None)  # fmt: skip
    ledger.record(at, "service", "suspend", row.id, {"for": other.id})
    title = named(ledger, other)
    reason = {"zh": f"与“{title['zh']}”冲突，尚无人决定，以后者为先",
              "en": f"Conflicts with {title['en']}, which stands until somebody decides"}  # fmt: skip
    tell_carrier(ledger, row, "suspended", facts_of(ledger, row).saying(reason=reason), at)


def open_between(ledger: Ledger, second: str) -> Row | None:
    """The question that is out about a measure as the newer of two."""
    return next((r for r in ledger.meetings(second) if (r.state, r.second) == ("open", second)), None)


def close_of(ledger: Ledger, row: Row, at: datetime) -> list[Row]:
    """One of two has ended: what was asked about it is withdrawn, and who was asked is told.

    Gives those that it held back, which may go on.
    """
    freed: list[Row] = []
    for held in ledger.meetings(row.id):
        if held.state != "open":
            continue
        ledger.change(held, state="withdrawn", answered=at)
        ledger.record(at, "service", "withdraw question", held.second, {"with": held.first,
                      "reason": f"{row.measure}: {row.state}"})  # fmt: skip
        other = ledger.measure(held.first if held.second == row.id else held.second)
        assert other is not None
        _tell_the_asked(ledger, held, row, at)
        if other.waits is not None and other.waits["why"] == "conflict":
            freed.append(other)
    return freed


def named(ledger: Ledger, row: Row) -> Words:
    return title_of(ledger.life.book, row.measure, row.title)


def others(ledger: Ledger, rows: list[Row]) -> list[dict[str, Any]]:
    """What a measure waits for, as it is kept and shown."""
    return [{"id": r.id, "title": named(ledger, r), "object": r.object} for r in rows]


def _in_conflict(
    ledger: Ledger, row: Row, at: datetime, hours: Hours | None = None
) -> list[Row]:
    """Open measures that cannot stand beside this one in its hours, or those given, oldest first.

    What waits for its look has no end of its own.
    """
    begins, ends = hours or (row.begins, None if row.state in LOOKED_AT else row.ends)
    book, places = ledger.life.book.measures, ledger.life.places
    names = set(ledger.life.measure(row.measure).conflicts)
    names |= {name for name, one in book.items() if row.measure in one.conflicts}
    if not names:
        return []
    above = set(places.upward(row.object))
    return [
        other for other in ledger.open_of(names)
        if other.id != row.id
        and (other.day is None or row.day is None or other.day == row.day)
        and _stands_in(other, (begins, ends), at)
        and (other.object in above or row.object in set(places.upward(other.object)))
    ]  # fmt: skip


def _stands_in(row: Row, hours: Hours, at: datetime) -> bool:
    if row.state in LOOKED_AT:
        return row.begins is None or hours[1] is None or hours[1] >= row.begins
    return meets(row, hours, at)


def _ask(ledger: Ledger, first: Row, second: Row, facts: Facts, at: datetime) -> None:
    post = _decider(ledger, first, second)
    held = ledger.add_meeting(
        first, second, state="open", stands=first.id, post=post.id if post else second.carrier,
        opened=at, answer=None, answered=None, answered_by=None, reason="",
    )  # fmt: skip
    waits = {"why": "conflict", "for": others(ledger, [first]), "post": held.post}
    ledger.change(second, waits=waits)
    ledger.record(at, "service", "ask about a conflict", second.id,
                  {"with": first.id, "post": held.post})  # fmt: skip
    _put(ledger, held, first, second, facts, at)


def _put(
    ledger: Ledger, held: Row, first: Row, second: Row, facts: Facts, at: datetime
) -> None:
    post = ledger.post(held.post)
    if post is None:
        return
    said = facts.saying(place=second.object, level=max(first.level, second.level), measures=(),
                        sides=(_side(ledger, first), _side(ledger, second)), due=None)  # fmt: skip
    tell(ledger, "ask", post, said, at, alert=ledger.alert_of(second.id, facts.rule),
         measure=second.id, wants="conflict")  # fmt: skip


def _side(ledger: Ledger, row: Row) -> dict[str, Any]:
    """One of the two, in words that hold at the moment of asking."""
    definition = ledger.life.measure(row.measure)
    asking = [a for a in ledger.askers(row.id).values() if a.ended is None]
    by = [_asker(ledger, a.asker) for a in sorted(asking, key=lambda a: (a.since, a.asker))]
    place = ledger.life.places.by_id.get(row.object)
    return describe(row, definition) | {
        "since": (row.issued or row.proposed).isoformat(),
        "by": {"zh": "、".join(w["zh"] for w in by), "en": ", ".join(w["en"] for w in by)},
        "alert": ledger.alert_of(row.id),
        "protects": dict(definition.protects) if definition.protects else _impact(ledger, asking),
        "where": {one: place.called(one) if place else row.object for one in ("zh", "en")},
    }


def _asker(ledger: Ledger, key: str) -> Words:
    held = ledger.alert(key)
    if held is not None:
        rule = ledger.life.book.rules_by_id.get(held.rule)
        title = rule.title if rule is not None else {"zh": held.rule, "en": held.rule}
        return {one: f"{title[one]}{' ' if one == 'en' else ''}{NAMES[one].get(held.level, '')}"
                for one in ("zh", "en")}  # fmt: skip
    other = ledger.measure(key)
    if other is not None:
        return named(ledger, other)
    response = response_titled(ledger, key)
    if response:
        return response
    known = person_by_id(ledger.connection, key.removeprefix("person:"))
    return {one: known.called(one) if known else key for one in ("zh", "en")}


def _impact(ledger: Ledger, asking: list[Row]) -> Words:
    """What the rules that ask say is at risk; {} where they say nothing."""
    for one in asking:
        held = ledger.alert(one.asker)
        rule = ledger.life.book.rules_by_id.get(held.rule) if held is not None else None
        if rule is not None and rule.impact:
            return dict(rule.impact)
    return {}


def _decider(ledger: Ledger, first: Row, second: Row) -> Post | None:
    """The nearest post above both carriers and not below either decider; the duty office at last."""
    theirs = {post.id for post in _chain(ledger, second)}
    return next((post for post in _chain(ledger, first) if post.id in theirs), None)


def _chain(ledger: Ledger, row: Row) -> list[Post]:
    """A measure's decider, else what stands above its carrier; the duty office above both.

    A township is no rung above a bureau of the county, though the chase may call it after one.
    """
    life, decider = ledger.life, ledger.post(row.decider)
    office = ledger.resolve(DUTY_OFFICE, "", row.object)
    top = [office] if office is not None else []
    if decider is not None:
        return [decider, *top]
    carrier = ledger.post(row.carrier)
    assert carrier is not None
    sector = life.measure(row.measure).sector or facts_of(ledger, row).sector or carrier.sector
    policy = life.policies.of(row.level, "conflict")
    tiers = [t for t in policy.tiers if t != DUTY_OFFICE]
    if carrier.tier in ("regulator", "township"):
        tiers = []
    return [*(p for t in tiers if (p := ledger.resolve(t, sector, row.object)) is not None), *top]


def _tell_the_asked(ledger: Ledger, held: Row, gone: Row, at: datetime) -> None:
    """Nothing is to be decided any more; a question that nobody was sent yet is taken back instead."""
    title, state = named(ledger, gone), _OVER.get(gone.state, ("结束", "over"))
    reason = {"zh": f"不必再答复：“{title['zh']}”已{state[0]}，不再冲突",
              "en": f"No answer is needed any more: {title['en']} is {state[1]}"}  # fmt: skip
    told: set[str] = set()
    for one in ledger.notices("measure", held.second):
        if one.wants != "conflict" or one.post is None:
            continue
        if one.state == "due":
            ledger.change(one, state="withheld", reason="nothing is to be decided any more")
        elif one.state == "carried":
            told.add(one.post)
    second = ledger.measure(held.second)
    assert second is not None
    facts = facts_of(ledger, second).saying(reason=reason)
    for post_id in sorted(told):
        post = ledger.post(post_id)
        if post is not None:
            tell(ledger, "service", post, facts, at, measure=held.second,
                 alert=ledger.alert_of(held.second))  # fmt: skip


_OVER = {"lifted": ("解除", "lifted"), "withdrawn": ("撤回", "withdrawn"),
         "refused": ("不予执行", "refused"), "expired": ("到期", "past its end"),
         "superseded": ("由另一项接替", "superseded")}  # fmt: skip
