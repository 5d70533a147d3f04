"""Numbers of the district that change nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from alerting.rulebook.book import Book
from alerting.rulebook.checks.finding import Finding, warn
from alerting.rulebook.grammar import numbers_named


def unused(book: Book) -> Iterator[Finding]:
    texts = [step.text for rule in book.rules for step in rule.levels.values()]
    texts += [rule.clear_text for rule in book.rules]
    named = {name for text in texts for name in numbers_named(text)}
    for name, number in book.numbers.items():
        if name not in named:
            near = difflib.get_close_matches(name, sorted(named), 1)
            hint = f" (${near[0]} is named)" if near else ""
            yield warn(
                number.where,
                f"no rule names ${name}{hint}: changing it changes nothing.",
                f"Write ${name} where a rule has the number itself, or delete it here.",
            )
