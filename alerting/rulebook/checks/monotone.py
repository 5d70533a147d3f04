"""In which quantities a rule only rises as they move towards danger, and in which that is not so.

A condition is monotone in a quantity when each comparison with it becomes true by moving it the same
way. Then no level is lost by moving any hours of it further that way, missing values staying missing.
Freezing rain by temperature is not: colder is snow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerting.rulebook.book import Rule
from alerting.rulebook.nodes import (
    Change,
    Compare,
    Condition,
    Drop,
    Masked,
    Not,
    Observed,
    base_quantity,
    parts_of,
    text_of,
)

Way = Literal["up", "down", "neither"]
_WAYS: dict[str, Way] = {">": "up", ">=": "up", "<": "down", "<=": "down", "=": "neither"}
_OPPOSITE: dict[Way, Way] = {"up": "down", "down": "up", "neither": "neither"}


@dataclass(frozen=True, slots=True)
class Trend:
    """How a rule's level follows a quantity. `way` is where danger lies; "neither" where no single way
    is proved, and then `why` says what stands against it."""

    rule: str
    quantity: str
    way: Way
    where: str
    why: str = ""


def trends(rule: Rule) -> list[Trend]:
    """One for each quantity that the rule's levels look at."""
    uses: dict[str, dict[str, tuple[Way, str]]] = {}
    for step in rule.levels.values():
        for quantity, way, text in _uses(step.when):
            uses.setdefault(quantity, {}).setdefault(text, (way, step.where))
    return [_trend(rule, quantity, said) for quantity, said in uses.items()]


def _trend(rule: Rule, quantity: str, said: dict[str, tuple[Way, str]]) -> Trend:
    ways = {way for way, _ in said.values()}
    if len(ways) == 1 and "neither" not in ways:
        return Trend(rule.id, quantity, ways.pop(), rule.where)
    for text, (way, where) in said.items():
        if way == "neither":
            return Trend(rule.id, quantity, "neither", where, f"{text!r} looks both ways")
    first, other = (next((t, at) for t, (w, at) in said.items() if w == way) for way in ("up", "down"))
    return Trend(rule.id, quantity, "neither", max(first[1], other[1]),
                 f"{first[0]!r} rises with it and {other[0]!r} falls")  # fmt: skip


def ways(node: Condition) -> dict[str, Way]:
    """By quantity, which way it makes the condition true; "neither" where no single way does."""
    made: dict[str, Way] = {}
    for quantity, way, _ in _uses(node):
        made[quantity] = way if made.get(quantity, way) == way else "neither"
    return made


def _uses(node: Condition, so: bool = True) -> Iterator[tuple[str, Way, str]]:
    """Each comparison: its quantity, which way makes it true where it stands, and its text."""
    match node:
        case Compare(series, operator):
            # A change looks at two hours: more now is more, more then is less.
            way = "neither" if isinstance(series, Change | Drop) else _WAYS[operator]
            yield base_quantity(series), way if so else _OPPOSITE[way], _text(node, so)
        case Observed(quantity, operator):
            yield quantity, _WAYS[operator] if so else _OPPOSITE[_WAYS[operator]], _text(node, so)
        case Not(part):
            yield from _uses(part, not so)
        case Masked(part):
            yield from _uses(part, so)
        case _:
            for part in parts_of(node):
                yield from _uses(part, so)


def _text(node: Condition, so: bool) -> str:
    return text_of(node) if so else f"not {text_of(node)}"
