"""Whether a condition can be true at all, as far as can be proved that it cannot.

Sound in weather without missing values; what is not proved is taken as possible.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerting.rulebook.checks.clauses import Clause, Literal, TooMany, clauses
from alerting.rulebook.checks.ranges import possible
from alerting.rulebook.compare import COMPARE
from alerting.rulebook.nodes import (
    FACTS,
    And,
    Between,
    Compare,
    Condition,
    Happened,
    Not,
    Observed,
    Official,
    OnDay,
    Or,
    Term,
    Value,
    Window,
    base_quantity,
    looks_at_days,
    walk,
)
from alerting.vocabulary import Level

_DAY = range(24 * 60)


def can_be(node: Condition) -> bool:
    """Whether a level's condition may be true in some weather."""
    try:
        return any(_clause_can_be(clause) for clause in clauses(node))
    except TooMany:
        return True


def implied(by: Condition, others: Sequence[Condition]) -> bool:
    """Whether one of `others` is true whenever `by` is."""
    return not can_be(And((by, *(Not(one) for one in others))))


def _clause_can_be(clause: Clause) -> bool:
    facts = [literal for literal in clause if isinstance(literal[0], FACTS)]
    if not facts_can_be(facts):
        return False
    wanted = [node for node, so in clause if so and isinstance(node, Term)]
    denied = [node for node, so in clause if not so and isinstance(node, Term)]
    now = [term for term in wanted if not term.within and not term.days]
    if now and not _hour_can_be([term.condition for term in now], _denied_at_once(now, denied)):
        return False
    return all(_term_can_be(term, denied) for term in wanted)


def _term_can_be(term: Term, denied: Sequence[Term]) -> bool:
    """Whether the stretch may be somewhere, though no stretch of `denied` is anywhere.

    Each hour that begins within `within` is an hour at which a denied term of one hour is not met.
    A stretch holds every shorter stretch, and what is true at all its hours bounds the windows that
    end at its last one.
    """
    if not _hour_can_be([term.condition], _denied_at_once([term], denied)):
        return False
    for other in denied:
        if not _sees_as_far(term.condition, other.condition):
            continue
        same = bool(term.days) == bool(other.days)
        shorter = other.days <= term.days and other.hours <= term.hours
        ahead, reach = other.within or 0, term.within or 0
        inside = same and shorter and reach <= ahead
        if inside and not _hour_can_be([term.condition], [other.condition]):
            return False
        at_its_end = not other.days and other.hours == 1 and reach + term.hours - 1 <= ahead
        if at_its_end and not term.days:
            body = And((term.condition, *_windows_of(term)))
            if not _hour_can_be([body], [other.condition]):
                return False
    return True


def _denied_at_once(terms: Sequence[Term], denied: Sequence[Term]) -> list[Condition]:
    """What is not met at the hour at which all of `terms` are."""
    if any(term.days for term in terms):
        return []
    reach = max(term.within or 0 for term in terms)
    body = And(tuple(term.condition for term in terms))
    return [
        other.condition for other in denied
        if other.hours == 1 and not other.days and reach <= (other.within or 0)
        and _sees_as_far(body, other.condition)
    ]  # fmt: skip


def _sees_as_far(body: Condition, other: Condition) -> bool:
    """Whether `other` is asked at every hour at which `body` is: a quantity may be forecast less far,
    and a day's value counts only when its day is forecast whole."""
    if looks_at_days(other) and not looks_at_days(body):
        return False
    if _read(other) <= _read(body):
        return True
    kinds = {type(n) for n in walk(other)}
    return Or in kinds and Not not in kinds


def _read(node: Condition) -> set[str]:
    return {base_quantity(n.series) for n in walk(node) if isinstance(n, Compare)}


def _windows_of(term: Term) -> list[Condition]:
    """What a stretch says of the window over it."""
    body = term.condition
    parts = body.parts if isinstance(body, And) else (body,)
    return [
        Compare(Window("max" if p.operator in ("<", "<=") else "min", p.series, term.hours),
                p.operator, p.threshold, p.unit)
        for p in parts
        if isinstance(p, Compare) and isinstance(p.series, Value) and p.operator != "="
    ]  # fmt: skip


def _hour_can_be(wanted: Sequence[Condition], denied: Sequence[Condition]) -> bool:
    """Whether hourly conditions can be met, and others not, at one hour."""
    try:
        found = clauses(And((*wanted, *(Not(one) for one in denied))))
    except TooMany:
        return True
    return any(hour_can_be(clause) for clause in found)


def hour_can_be(clause: Sequence[Literal]) -> bool:
    """The same of one alternative."""
    return times_can_be(clause) and possible(clause)


def times_can_be(clause: Sequence[Literal]) -> bool:
    """Whether some minute of some kind of day meets all that the clause says of them."""
    minutes = set(_DAY)
    days: dict[str, set[bool]] = {}
    for node, so in clause:
        if isinstance(node, Between):
            minutes = {m for m in minutes if _lies_in(m, node) == so}
        elif isinstance(node, OnDay):
            days.setdefault(node.kind, set()).add(so)
    # A school day is a working day outside the school holidays.
    if True in days.get("school-day", ()):
        days.setdefault("working-day", set()).add(True)
    return bool(minutes) and all(len(said) == 1 for said in days.values())


def _lies_in(minute: int, span: Between) -> bool:
    if span.start <= span.end:
        return span.start <= minute <= span.end
    return minute >= span.start or minute <= span.end


def facts_can_be(facts: Sequence[Literal]) -> bool:
    """Whether facts of one moment go together."""
    said = dict[Condition, bool]()
    official: dict[str, set[int]] = {}
    for node, so in facts:
        if said.setdefault(node, so) != so:
            return False
        if isinstance(node, Official):
            levels = official.setdefault(node.hazard, {0, *map(int, Level)})
            levels &= {level for level in levels if _meets(level, node) == so}
    if not all(official.values()):
        return False
    happened = [node for node, so in said.items() if so and isinstance(node, Happened)]
    for node, so in said.items():
        if not so and isinstance(node, Happened) and any(
            one.incident == node.incident and one.hours <= node.hours for one in happened
        ):  # fmt: skip
            return False
    return possible([literal for literal in facts if isinstance(literal[0], Observed)])


def _meets(level: int, node: Official) -> bool:
    if node.operator == "=":
        return level == int(node.level)
    return bool(COMPARE[node.operator](level, int(node.level)))
