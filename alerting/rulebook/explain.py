"""Why a level holds at a column, or does not: the hours, values, thresholds and where they came from.

It looks at few columns with the same planes that decided, so that an explanation cannot disagree with
its verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alerting.rulebook.binding import BindFacts
from alerting.rulebook.book import Rule
from alerting.rulebook.closeup import CloseUp, few_columns
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.teller import Origin, Teller, state_of
from alerting.rulebook.why import LevelWhy, State, Why
from alerting.weather.sight import Sight


def explain(
    bound: Bound, rule_id: str, sight: Sight, column: int, origin: Origin | None = None
) -> Why:
    """Why `rule_id` stands as it does at `column` of `sight`, fired or not. `origin` says where the
    value of a quantity at (column, row) came from."""
    return explain_each(bound, rule_id, sight, [column], origin)[column]


def explain_each(
    bound: Bound,
    rule_id: str,
    sight: Sight,
    columns: Sequence[int],
    origin: Origin | None = None,
) -> dict[int, Why]:
    """The same for several columns, by column; far cheaper than one after the other."""
    rule = bound.rule(rule_id).rule
    made: dict[int, Why] = {}
    for alike in _alike(sight, rule, columns):
        made |= _explain(rule, sight, alike, origin)
    return made


def _alike(sight: Sight, rule: Rule, columns: Sequence[int]) -> list[list[int]]:
    """The columns in groups of which the same can be said: there the rule is bound alike."""
    able = [
        np.asarray(held[quantity])[list(columns)]
        for held in (sight.can_say, sight.can_observe)
        for quantity in sorted(rule.quantities & held.keys())
    ]
    groups: dict[tuple[bool, ...], list[int]] = {}
    for n, column in enumerate(columns):
        groups.setdefault(tuple(bool(mask[n]) for mask in able), []).append(column)
    return list(groups.values())


def _explain(
    rule: Rule, sight: Sight, columns: list[int], origin: Origin | None
) -> dict[int, Why]:
    narrow = few_columns(sight, rule.quantities, columns)
    one = Bound([rule], BindFacts.of(narrow, rule.place))
    verdict = one.evaluate(narrow)[0]
    settled = one.rule(rule.id)
    missing = one.undecidable_at(rule.id, 0, len(columns))
    look = CloseUp(narrow, one.masks_of(rule.id))
    made: dict[int, Why] = {}
    for at, column in enumerate(columns):
        teller = Teller(look, at, column, origin)
        states: dict[str, State] = {}
        details: dict[str, LevelWhy] = {}
        for n, (name, step) in enumerate(rule.levels.items()):
            states[name] = state_of(verdict.true[n, at], verdict.possible[n, at],
                                    verdict.undecidable[n, at])  # fmt: skip
            details[name] = teller.tell(
                settled.levels[n].when, states[name], step.text, missing.get(name, [])
            )
        clear = None
        if settled.clear is not None:
            state = state_of(verdict.clear_true[at], verdict.clear_possible[at],
                             settled.clear.undecidable[at])  # fmt: skip
            clear = teller.tell(
                settled.clear.when, state, rule.clear_text, missing.get("clear", [])
            )
        made[column] = Why(rule.id, column, sight.now, states, details, clear)
    return made
