"""Levels that no weather shows: they cannot be true, or a higher one always is when they are."""

from __future__ import annotations

from collections.abc import Iterator

from alerting.rulebook.book import LevelRule, Rule
from alerting.rulebook.checks.finding import Finding, warn
from alerting.rulebook.checks.together import can_be, implied


def unreachable(rule: Rule) -> Iterator[Finding]:
    steps = list(rule.levels.items())
    never = {name for name, step in steps if not can_be(step.when)}
    for n, (name, step) in enumerate(steps):
        if name in never:
            yield warn(
                step.where, f"{rule.id}: {name} can never be true: {step.text!r}.",
                "Its parts exclude each other, or lie beyond what is ever measured: change one.",
            )  # fmt: skip
            continue
        above = [(higher, one) for higher, one in steps[n + 1 :] if higher not in never]
        if cover := _cover(step, above):
            yield warn(
                step.where, f"{rule.id}: {name} never shows: {step.text!r} is within {cover}.",
                "Widen the lower level or swap the thresholds.",
            )  # fmt: skip


def _cover(step: LevelRule, above: list[tuple[str, LevelRule]]) -> str:
    """Which higher levels leave nothing of this one, in words; "" where there is something left."""
    for name, one in above:
        if implied(step.when, [one.when]):
            return f"{name}'s {one.text!r}"
    if len(above) > 1 and implied(step.when, [one.when for _, one in above]):
        return f"what {' and '.join(name for name, _ in above)} cover together"
    return ""
