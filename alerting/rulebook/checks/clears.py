"""A `clear` that is true in weather that also triggers: the alert would open and clear by turns."""

from __future__ import annotations

from collections.abc import Iterator

from alerting.rulebook.book import Rule
from alerting.rulebook.checks.clauses import Clause, TooMany, clauses, flat
from alerting.rulebook.checks.finding import Finding, warn
from alerting.rulebook.checks.ranges import steady
from alerting.rulebook.checks.together import facts_can_be, times_can_be
from alerting.rulebook.nodes import (
    FACTS,
    Compare,
    Observed,
    base_quantity,
    number_text,
    series_text,
    text_of,
)
from alerting.vocabulary import QUANTITIES


def overlapping(rule: Rule) -> Iterator[Finding]:
    """At most one finding a rule, for the lowest level that `clear` overlaps.

    What is asked is whether weather that does not change may meet both, for windows of other lengths
    are never compared hour by hour by a reader either. Only what both speak of is compared.
    """
    if rule.clear is None:
        return
    try:
        clears = clauses(flat(rule.clear))
        for step in rule.levels.values():
            for trigger in clauses(flat(step.when)):
                for clear in clears:
                    if said := _both(trigger, clear):
                        yield warn(
                            rule.clear_where,
                            f"{rule.id}: clear {_text(clear)!r} is true at values that meet "
                            f"{_text(trigger)!r} ({said}).",
                            _mend(clear),
                        )
                        return
    except TooMany:
        return


def _both(trigger: Clause, clear: Clause) -> str:
    """Steady weather that meets both, in words; "" where none does."""
    shared = _quantities(trigger) & _quantities(clear)
    if not shared:
        return ""
    both = (*trigger, *clear)
    if not times_can_be(both) or not facts_can_be([one for one in both if isinstance(one[0], FACTS)]):
        return ""
    found = steady(both)
    if found is None:
        return ""
    values = [f"{q} {number_text(float(found[q]), QUANTITIES[q].unit)}" for q in sorted(found)]
    return f"say {' and '.join(values)}, unchanged" if values else "whatever the values before"


def _quantities(clause: Clause) -> set[str]:
    return {
        base_quantity(node.series) if isinstance(node, Compare) else node.quantity
        for node, _ in clause
        if isinstance(node, Compare | Observed)
    }


def _text(clause: Clause) -> str:
    return " and ".join(text_of(node) if so else f"not {text_of(node)}" for node, so in clause)


def _mend(clear: Clause) -> str:
    series = next(series_text(n.series) for n, _ in clear if isinstance(n, Compare))
    return (f"Clear beyond the trigger; for {series}, at 1.5 times its threshold or more where it is "
            "a visibility.")  # fmt: skip
