"""Measures that cannot stand together, and whether both sides say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from alerting.rulebook.book import Book
from alerting.rulebook.checks.finding import Finding, warn


def unresolved(book: Book) -> Iterator[Finding]:
    asked = _asked(book)
    for name, measure in book.measures.items():
        for n, other in enumerate(measure.conflicts):
            key_of = (name, "conflicts", n)
            if other == name:
                yield warn(book.measure_at(*key_of), f"{name} conflicts with itself.",
                           "Take it off its own list.")  # fmt: skip
                continue
            for key, needed in (("needs-first", measure.needed_names),
                                ("interim", measure.interim_names)):
                if other in needed:
                    yield warn(book.measure_at(*key_of),
                               f"{name} conflicts with {other}, and names it under {key} too.",
                               "Keep one of the two.")  # fmt: skip
            kinds = sorted(asked[name].keys() & asked[other].keys())
            if kinds and name not in book.measures[other].conflicts:
                kind = kinds[0]
                yield warn(
                    book.measure_at(*key_of),
                    f"{name} conflicts with {other}, which does not say so, and both are asked "
                    f"at a {kind} (by {asked[name][kind]} and {asked[other][kind]}).",
                    f"Write conflicts: [{name}] under {other} too, or take it off here.",
                )  # fmt: skip


def _asked(book: Book) -> dict[str, dict[str, str]]:
    """By measure the kinds of place at which it is asked, with a rule that does."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for rule in book.rules:
        for step in rule.levels.values():
            for ask in step.ask:
                for name in (ask.measure, *book.measures[ask.measure].interim_names):
                    found[name].setdefault(rule.place, rule.id)
    return found
