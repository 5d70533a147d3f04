"""policies.yaml: what is shipped is what holds without it, and each fault has its line and a mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.people import Policies
from alerting.rulebook.policies import read_policies

SHIPPED = Path(__file__).parents[2] / "rules" / "policies.yaml"


def read(text: str) -> tuple[Policies, list[str]]:
    problems: list[str] = []
    return read_policies(Path("policies.yaml"), text.encode(), problems), problems


def test_a_county_without_the_file_is_called_as_it_is_shipped() -> None:
    problems: list[str] = []
    assert read_policies(SHIPPED, SHIPPED.read_bytes(), problems) == Policies()
    assert not problems
    assert read_policies(SHIPPED, None, problems) == Policies()


@pytest.mark.parametrize(("old", "new", "where", "says"), [
    ("wait: {red: 5,", "wait: {red: 0,", ":36:", "red"),
    ("who: any one", "who: all", ":32:", "'any one'"),
    ("call: regulator", "call: mayor", ":30:", "'regulator'"),
    ("call: regulator", "call: township", ":26:", "township is called by two steps"),
    ("call: duty-office", "call: field", ":26:", "the last the duty-office"),
    ("times: 12", "tims: 12", ":32:", "tims is not a key"),
    ("wants: [decision,", "wants: [decisions,", ":26:", "'decisions' is nothing that is waited for"),
    ("    for: {wants: [decision, confirm, conflict, wait, signature]}\n", "", ":26:", "has no `for`"),
    ("policies:\n", "policy:\n", ":25:", "policy is not a key"),
])  # fmt: skip
def test_each_fault_is_named_with_its_line(old: str, new: str, where: str, says: str) -> None:
    text = SHIPPED.read_text("utf-8")
    assert old in text
    _, problems = read(text.replace(old, new, 1))
    assert problems
    assert any(says in one for one in problems), problems
    assert any(f"policies.yaml{where}" in one for one in problems), problems
