"""calling.yaml: what is shipped loads, each fault has its line and a mend, and levels fall to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.rulebook.calling import Calling, read_calling

SHIPPED = Path(__file__).parents[2] / "rules" / "calling.yaml"


def read(text: str) -> tuple[Calling, list[str]]:
    problems: list[str] = []
    return read_calling(Path("calling.yaml"), text.encode(), problems), problems


def test_without_the_file_nobody_is_called_out_and_with_the_shipped_one_a_township_is() -> None:
    problems: list[str] = []
    assert read_calling(SHIPPED, None, problems).at(4, "fog") is None
    made = read_calling(SHIPPED, SHIPPED.read_bytes(), problems)
    assert not problems
    red = made.at(4, "fog")
    assert red is not None
    assert (red.woken, red.report, red.closing) == (5, 15, 30)
    assert list(red.call) == ["township"]
    assert made.at(3, "fog") is None
    assert made.at(4, "season") is None
    assert made.at(4, "service") is None


def test_a_level_that_is_not_named_is_called_out_as_the_next_one_below() -> None:
    text = SHIPPED.read_text("utf-8").replace("call-outs:\n  red:", "call-outs:\n  orange:")
    made, problems = read(text)
    assert not problems
    assert made.at(4, "fog") is made.at(3, "fog") is not None
    assert made.at(2, "fog") is None


@pytest.mark.parametrize(("old", "new", "says"), [
    ("township: [commander,", "township: [comander,", "there is no question 'comander'"),
    ("ask: [commander,", "ask: [comander,", "there is no question 'comander'"),
    ("at-the-end: [harm,", "at-the-end: [harmed,", "there is no question 'harmed'"),
    ("woken: 5", "woken: 20", "woken is at most report"),
    ("report: 15", "report: 0", "report: 0 is too little / 太小。 Write more than 0"),
    ("not-for: [season,", "not-for: [seasons,", "'seasons' is no hazard"),
    ("to: [village]", "to: [hamlet]", "'village'"),
    ("township: [commander, affected, moved, done, help]", "township: []", "township: there are 0 / 只有0项。 It needs 1 at least"),
    ("    kind: yes-no\n    help: true", "    kind: text\n    help: true", "answered by yes or no"),
    ("call-outs:", "callouts:", "callouts is not a key"),
    ("  red:", "  rot:", "call-outs.rot"),
])  # fmt: skip
def test_each_fault_is_named_with_its_line(old: str, new: str, says: str) -> None:
    text = SHIPPED.read_text("utf-8")
    at = text.index(f"\n{old}" if old.startswith(" ") else old)
    line = text[:at].count("\n") + 1
    made, problems = read(text[:at] + text[at:].replace(old, new, 1))
    assert made == Calling()
    assert any(says in one for one in problems), problems
    assert all(one.startswith("calling.yaml:") for one in problems)
    near = [int(one.split(":")[1]) for one in problems]
    assert any(abs(n - line) <= 3 for n in near), (line, problems)
