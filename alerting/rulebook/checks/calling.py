"""What policies.yaml says and never counts: a policy that is never used, minutes and loudness of calls
that never come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from alerting.people.policy import Policies, Policy, never_used
from alerting.rulebook.checks.finding import Finding, warn
from alerting.rulebook.files import POLICIES
from alerting.rulebook.yamltext import Document, Key

BANDS = ("red", "orange", "lower")


def never_counts(folder: Path, policies: Policies) -> Iterator[Finding]:
    """Warnings about a file that has been read without a fault; none where there is no such file."""
    path = folder / POLICIES
    if not path.exists():
        return
    document = Document(path, path.read_bytes())
    for name, others in never_used(policies.policies).items():
        before = " and ".join(others)
        yield warn(document.where(("policies", name)),
                   f"the policy {name} is never used: {before} before it is for all that it is for"
                   f" / 这条不会用到，{before}已先用于同样的情形.",
                   f"Move it before {before}, or take it out.")  # fmt: skip
    for name, policy in policies.policies.items():
        for key, what, mend in _of_steps(policy):
            yield warn(document.where(("policies", name, "steps", *key)), f"{name}: {what}", mend)


def _of_steps(policy: Policy) -> Iterator[tuple[Key, str, str]]:
    for n, step in enumerate(policy.steps):
        # The last step is called on for ever.
        often = step.times if step is not policy.last else len(step.loudness)
        if len(step.loudness) > often:
            yield ((n, "loudness", often),
                   f"{step.call} has a loudness for {len(step.loudness)} calls, and `times` is {often}"
                   " / 响度的个数多于呼叫次数.",
                   "Give it more `times`, or take out what is too many.")  # fmt: skip
        wait = step.wait or policy.wait
        for band in BANDS:
            minutes = getattr(step.unread, band)
            if minutes is not None and minutes >= getattr(wait, band):
                yield ((n, "unread", band),
                       f"{step.call} is called again after {getattr(wait, band):g} min, read or not:"
                       f" unread {minutes:g} never counts / 未读时限不短于等待时限，不起作用.",
                       "Write fewer minutes under `unread`, or take it out.")  # fmt: skip
