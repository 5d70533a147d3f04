"""What is refused to a person is refused in Chinese too: read off the sources, so that none is missed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHINESE = re.compile(r"[一-鿿]")
# The command line speaks to whoever runs the service, and its own errors are English.
NOT_FOR_READERS = ("alerting/cli/",)
# Answers to programs and to other machines; errors.py and problems.py pass on what others say.
PROGRAMS = {"alerting/web/api_signals.py", "alerting/web/webhooks.py", "alerting/web/health.py",
            "alerting/web/problems.py"}  # fmt: skip
# What somebody on duty types into a form is read here.
FORMS = {"alerting/web/by_hand.py", "alerting/rulebook/given.py", "connectors/typed.py"}
SENTENCES = {"lacks_role"}  # functions that make a sentence in Chinese


def sources() -> list[tuple[str, ast.Module]]:
    files = [*(ROOT / "alerting").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]
    named = ((path.relative_to(ROOT).as_posix(), path) for path in sorted(files))
    return [(name, ast.parse(path.read_text("utf-8"))) for name, path in named]


def met_by_readers(name: str, raised: str) -> bool:
    if name.startswith(NOT_FOR_READERS):
        return False
    if raised == "Problem":
        return name.startswith("alerting/web/") and name not in PROGRAMS
    return raised == "Refused" or (raised == "BadInput" and name in FORMS)


def refusals(name: str, module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if met_by_readers(name, node.func.id):
            yield node


def speaks_chinese(call: ast.Call) -> bool:
    """It brings a sentence in Chinese: its own, one that another error brought, or one made for it."""
    said = next((k.value for k in call.keywords if k.arg == "zh"), None)
    if said is None:
        return False
    if isinstance(said, ast.Attribute):
        return said.attr == "zh"
    if isinstance(said, ast.Call) and isinstance(said.func, ast.Name):
        return said.func.id in SENTENCES
    texts = (n.value for n in ast.walk(said) if isinstance(n, ast.Constant))
    return any(CHINESE.search(text) for text in texts if isinstance(text, str))


def test_every_refusal_a_reader_can_meet_is_said_in_chinese() -> None:
    found = [(name, call) for name, module in sources() for call in refusals(name, module)]
    assert len(found) > 50, "the walk has lost its way"
    silent = [f"{name}:{call.lineno}" for name, call in found if not speaks_chinese(call)]
    assert not silent, "these bring no `zh=`: " + ", ".join(silent)


@pytest.mark.parametrize(("written", "good"), [
    ('Refused("too late")', False),
    ('Refused("too late", zh="")', False),
    ('Refused("too late", zh="too late")', False),
    ('Refused("too late", zh=f"已于{at}结束")', True),
    ("Refused(error.text(), zh=error.zh)", True),
])  # fmt: skip
def test_the_walk_sees_what_is_missing(written: str, good: bool) -> None:
    [call] = refusals("alerting/alerts/by_hand.py", ast.parse(written))
    assert speaks_chinese(call) is good
