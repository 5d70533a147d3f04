"""What `suian check` says of a folder of rules: what keeps it from loading, and what looks wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from alerting.rulebook.book import Book, Rule, as_shipped, read_book
from alerting.rulebook.cases import failures
from alerting.rulebook.nodes import (
    And,
    Compare,
    Condition,
    Observed,
    Or,
    Series,
    Term,
    Value,
    series_text,
    text_of,
    walk,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """An error keeps the book from loading; a warning is for its author to judge."""

    level: Literal["error", "warning"]
    where: str
    what: str
    mend: str = ""


def check_folder(folder: Path, calendar_names: Set[str] | None = None) -> list[Finding]:
    """Everything there is to say about a folder of rules, errors first.

    `calendar_names` are the seasons and holidays the calendar knows (None: not checked).
    """
    book, problems = read_book(folder, calendar_names)
    errors = [_error(problem) for problem in [*problems, *failures(as_shipped(book))]]
    return errors + list(_warnings(book))


def _error(problem: str) -> Finding:
    where, _, what = problem.partition(": ")
    return Finding("error", where, what)


def _warnings(book: Book) -> Iterator[Finding]:
    for rule in book.rules:
        if not rule.cases:
            yield Finding("warning", rule.where, f"the rule {rule.id!r} has no case.",
                          "Add one that opens it and one that just does not.")  # fmt: skip
        yield from _unreachable(rule)
        yield from _clears_too_early(rule)
        if not any(step.ask for step in rule.levels.values()):
            yield Finding("warning", rule.where, f"the rule {rule.id!r} asks for nothing.",
                          "Name the measures under ask.")  # fmt: skip
    yield from _same_texts(book)


def _unreachable(rule: Rule) -> Iterator[Finding]:
    """A level that a higher one always comes with: its condition is no wider."""
    steps = list(rule.levels.items())
    for (low_name, low), (high_name, high) in pairwise(steps):
        if low.when == high.when or _covers(high.when, low.when):
            yield Finding(
                "warning", rule.where,
                f"{rule.id}: {low_name} never shows: {low.text!r} is within {high_name}'s "
                f"{high.text!r}.",
                "Widen the lower level or swap the thresholds.",
            )  # fmt: skip


def _covers(wide: Condition, narrow: Condition) -> bool:
    """Whether `wide` is true whenever `narrow` is, as far as single comparisons tell."""
    if not isinstance(wide, Term) or not isinstance(narrow, Term):
        return False
    a, b = wide.condition, narrow.condition
    if not isinstance(a, Compare) or not isinstance(b, Compare):
        return False
    longer = (wide.within or 0) >= (narrow.within or 0) and wide.hours <= narrow.hours
    same = a.series == b.series and _side(a.operator) == _side(b.operator) != 0
    if not (longer and same and wide.days == narrow.days):
        return False
    return (a.threshold - b.threshold) * _side(a.operator) <= 0


def _side(operator: str) -> int:
    """+1 where greater values make it true, -1 where smaller ones do."""
    return {"<": -1, "<=": -1, ">": 1, ">=": 1}.get(operator, 0)


def _clears_too_early(rule: Rule) -> Iterator[Finding]:
    """A clear that is true at values which also trigger: the alert would open and clear by turns."""
    if rule.clear is None:
        return
    triggers: dict[tuple[Series, int], Compare] = {}
    lowest = next(iter(rule.levels.values()))
    for compare in _comparisons(lowest.when):
        side = _side(compare.operator)
        held = triggers.get((compare.series, side))
        if side and (held is None or (compare.threshold - held.threshold) * side < 0):
            triggers[compare.series, side] = compare
    for clear in _comparisons(rule.clear):
        for side in (1, -1):
            trigger = triggers.get((clear.series, side))
            if trigger is None or _side(clear.operator) != -side:
                continue
            if (clear.threshold - trigger.threshold) * side > 0 or (
                clear.threshold == trigger.threshold
                and "=" in clear.operator
                and "=" in trigger.operator
            ):
                yield Finding(
                    "warning", rule.where,
                    f"{rule.id}: clear {text_of(clear)!r} is true at values that meet "
                    f"{text_of(trigger)!r}.",
                    f"Clear beyond the trigger; for {series_text(clear.series)}, at 1.5 times its "
                    "threshold or more where it is a visibility.",
                )  # fmt: skip


def _comparisons(condition: Condition) -> list[Compare]:
    """Comparisons that alone or with others make it true (nothing under a `not`)."""
    if isinstance(condition, Term):
        return _comparisons(condition.condition)
    if isinstance(condition, And | Or):
        return [c for part in condition.parts for c in _comparisons(part)]
    if isinstance(condition, Observed):
        return [Compare(Value(condition.quantity), condition.operator, condition.threshold,
                        condition.unit)]  # fmt: skip
    return [n for n in walk(condition) if isinstance(n, Compare) and n is condition]


def _same_texts(book: Book) -> Iterator[Finding]:
    """Measures that a reader could not tell apart."""
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, measure in book.measures.items():
        said[measure.title["zh"].strip(), measure.sms["zh"].strip()].append(name)
    for (title, _), names in said.items():
        if len(names) > 1:
            yield Finding(
                "warning", str(book.folder / "measures.yaml"),
                f"the measures {', '.join(names)} read the same: {title!r}.",
                "Say what differs, or keep one of them.",
            )  # fmt: skip
