"""policies.yaml: what is shipped is what holds without it, and each fault has its line and a mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.people import Policies
from alerting.rulebook.checks.calling import never_counts
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
    ("wait: {red: 5,", "wait: {red: 0,", ":44:", "wait.red: 0 is too little / 太小。 Write 1 or more"),
    ("wait: {red: 5,", "wait: {red: 0.5,", ":44:", "wait.red: 0.5 is too little / 太小。 Write 1 or more"),
    ("wait: {red: 5,", "wait: {red: 20000,", ":44:", "20000 is too much / 太大。 Write 10080 or less"),
    ("wait: {red: 5,", "wait: {red: 5 min,", ":44:", "'5 min' is no number / 不是数字。 Write a number"),
    ("wait: {red: 5,", "wait: {", ":44:", "wait.red is missing / 缺少此项。 Add it"),
    ("wait: {red: 5, orange: 10, lower: 30}", "wait: 5", ":44:", "wait: 5 has no keys / 应为“键: 值”。"),
    ("times: 12", "times: 0", ":32:", "times: 0 is too little / 太小。 Write 1 or more"),
    ("times: 12", "times: 2.5", ":32:", "times: 2.5 is no whole number / 不是整数。"),
    ("times: 12", "times: 12, loudness: 2", ":32:", "loudness: 2 is no list / 不是列表。 Write [one, another]"),
    ("times: 12", "times: 12, loudness: [4]", ":32:", "loudness.0: 4 is too much / 太大。 Write 3 or less"),
    ("in-force-minutes: 60", "in-force-minutes: soon", ":22:", "'soon' is no number / 不是数字。"),
    ("who: any one", "who: all", ":32:", "'any one'"),
    ("call: regulator", "call: mayor", ":30:", "'regulator'"),
    ("call: regulator", "call: mayor", ":30:", "steps.1.call: 'mayor' is none of what there is / 没有这一种。 There is / 可用: 'carrier'"),
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
    for foreign in ("Input should", "Value error", "literal[", "valid tuple", "dictionary"):
        assert not any(foreign in one for one in problems), problems


FIRST = """\
  every-red: {for: {levels: [red]}, wait: {red: 5, orange: 5, lower: 5}, steps: [{call: carrier}, {call: duty-office}]}
  night-red:
    for: {levels: [red], wants: [acknowledge]}
    wait: {red: 5, orange: 5, lower: 5}
    steps:
      - {call: carrier, times: 1, loudness: [1, 2], unread: {red: 5, orange: 3}}
      - {call: duty-office, loudness: [1, 2, 2]}
"""


def test_what_never_counts_is_warned_of_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    text = SHIPPED.read_text("utf-8").replace("policies:\n", "policies:\n" + FIRST, 1)
    file.write_text(text, "utf-8")
    made, problems = read(text)
    assert not problems
    [shadowed, louder, unread] = never_counts(tmp_path, made)
    line = text.splitlines().index("  night-red:") + 1
    assert shadowed.level == "warning"
    assert shadowed.where == f"{file}:{line + 1}:5"
    assert "night-red is never used: every-red before it" in shadowed.what
    assert (louder.where, louder.what.split(" / ")[0]) == (
        f"{file}:{line + 4}:49", "night-red: carrier has a loudness for 2 calls, and `times` is 1")
    assert unread.where.startswith(f"{file}:{line + 4}:")
    assert "unread 5 never counts" in unread.what


def test_what_is_shipped_is_all_used() -> None:
    assert list(never_counts(SHIPPED.parent, Policies())) == []
    assert list(never_counts(SHIPPED.parent / "nowhere", Policies())) == []
