"""What is for a named day must be put anew each evening, so its rule needs an hour there; a plan has
none."""

from __future__ import annotations

from collections.abc import Iterator

from alerting.rulebook.book import Book
from alerting.rulebook.checks.finding import Finding, warn

NOON = 12


def without_evening(book: Book) -> Iterator[Finding]:
    """What is asked for once, by a rule or by a response, though it is for one day."""
    yield from _by_rules(book)
    yield from _by_plans(book)


def _by_rules(book: Book) -> Iterator[Finding]:
    for rule in book.rules:
        if any(at.hour >= NOON for at in rule.decide):
            continue
        for step in rule.levels.values():
            for ask, where in zip(step.ask, step.asked_at, strict=True):
                if book.measures[ask.measure].named_day:
                    yield warn(
                        where, f"{ask.measure} is for a named day, and {rule.id} asks for it once: "
                        "while its alert stays open the next day is nobody's.",
                        f'Give {rule.id} an evening hour, decide: ["20:00", "05:30"], '
                        f"or take named-day off {ask.measure}.",
                    )  # fmt: skip


def _by_plans(book: Book) -> Iterator[Finding]:
    for plan in book.plans.values():
        for department, grades in plan.asks.items():
            for grade, asks in grades.items():
                for ask, where in zip(asks, plan.asked_at[department][grade], strict=True):
                    if book.measures[ask.measure].named_day:
                        yield warn(
                            where, f"{ask.measure} is for a named day, and a response under the plan "
                            f"{plan.id} asks for it once: the next day is nobody's.",
                            "Leave it to a rule with an evening hour, and ask here for a measure "
                            "without named-day.",
                        )  # fmt: skip
