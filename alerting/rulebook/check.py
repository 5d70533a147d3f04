"""What `suian check` says of a folder of rules: what keeps it from loading, and what looks wrong."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from alerting.calendar import Calendar
from alerting.rulebook.book import Book
from alerting.rulebook.checks import (
    calling,
    clears,
    conflicts,
    levels,
    messages,
    named_days,
    numbers,
    seasons,
)
from alerting.rulebook.checks.finding import Finding, warn
from alerting.rulebook.loading import failing_cases, read_book
from alerting.rulebook.warnings import read_warnings


def check_folder(
    folder: Path, calendar_names: Set[str] | None = None, calendar: Calendar | None = None
) -> list[Finding]:
    """Everything there is to say about a folder of rules, errors first.

    `calendar_names` are the seasons and holidays the calendar knows (None: those of `calendar`, or
    not checked); with `calendar` it is also asked when they begin.
    """
    if calendar_names is None and calendar is not None:
        calendar_names = set(calendar.names())
    book, problems = read_book(folder, calendar_names)
    faults = [*problems, *read_warnings(folder)[1], *failing_cases(book)]
    errors = [_error(problem) for problem in faults]
    found = errors + list(_of_rules(book))
    if calendar is not None:
        found += seasons.never(book, calendar)
    if not problems:  # what cannot be read would look as if nothing named it
        found += [*numbers.unused(book), *messages.too_long(book), *conflicts.unresolved(book),
                  *named_days.without_evening(book), *calling.never_counts(folder, book.policies)]
    return found


def _error(problem: str) -> Finding:
    where, _, what = problem.partition(": ")
    return Finding("error", where, what)


def _of_rules(book: Book) -> Iterator[Finding]:
    for rule in book.rules:
        if not rule.cases:
            yield warn(rule.where, f"the rule {rule.id!r} has no case.",
                       "Add one that opens it and one that just does not.")  # fmt: skip
        yield from levels.unreachable(rule)
        yield from clears.overlapping(rule)
        if not any(step.ask for step in rule.levels.values()):
            yield warn(rule.where, f"the rule {rule.id!r} asks for nothing.",
                       "Name the measures under ask.")  # fmt: skip
