"""Seasons and holidays that never begin, and conditions whose seasons never meet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

from alerting.calendar import Calendar
from alerting.rulebook.book import Book
from alerting.rulebook.checks.clauses import Clause, TooMany, clauses
from alerting.rulebook.checks.finding import Finding, warn
from alerting.rulebook.nodes import Holiday, Season
from alerting.rulebook.yamltext import Document

# Lunar dates come early and late by a month; a leap month is among any three years.
YEARS = 4


def never(book: Book, calendar: Calendar) -> Iterator[Finding]:
    """What the calendar names and never says, and what the rules ask of it in vain."""
    days = {name: _days(calendar, name) for name in calendar.names()}
    yield from _silent(calendar, days)
    for rule in book.rules:
        for name, step in rule.levels.items():
            try:
                found = [_apart(clause, days) for clause in clauses(step.when)]
            except TooMany:
                continue
            if found and all(found):
                yield warn(step.where, f"{rule.id}: {name} never comes: {found[0]}.",
                           "Name one of them, join them with or, or mend their dates in the"
                           " calendar's file.")  # fmt: skip


def _days(calendar: Calendar, name: str) -> set[date]:
    """The days of the published years on which it holds."""
    last = calendar.known_through.year
    spans = [s for year in range(last - YEARS, last + 1) for s in calendar.spans(name, year)]
    return {s.first + timedelta(n) for s in spans for n in range((s.last - s.first).days + 1)}


def _silent(calendar: Calendar, days: dict[str, set[date]]) -> Iterator[Finding]:
    if calendar.path is None:
        return
    file = Document(calendar.path, calendar.path.read_bytes())
    for name, own in days.items():
        if own:
            continue
        holiday = calendar.holidays.get(name)
        if holiday is None:
            yield warn(file.where(("seasons", name)), f"the season {name} never begins.",
                       "Mend its dates.")  # fmt: skip
        else:
            yield warn(file.where(("holidays", name, "public")),
                       f"the holiday {name} never begins: no published table has days off for "
                       f"{holiday.public!r}.",
                       "Write the name as the State Council's papers do, e.g. 春节.")  # fmt: skip


def _apart(clause: Clause, days: dict[str, set[date]]) -> str:
    """What of the calendar keeps the clause from ever being true; "" where nothing does."""
    names = [n.name for n, so in clause if so and isinstance(n, Season | Holiday)]
    known = [name for name in names if days.get(name)]
    for one, other in combinations(known, 2):
        if days[one].isdisjoint(days[other]):
            return f"no day lies in both {one} and {other}"
    for name in names:
        if name in days and not days[name]:
            return f"{name} never begins"
    return ""
