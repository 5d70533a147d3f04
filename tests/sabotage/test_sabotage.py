"""A break of the product that no story notices is a story that is missing.

A copy of the packages is broken in one line and the named story is run on it. Three are drawn each
day in `make test`; SUIAN_ALL_FAULTS=1 (`make faults`) tries all of them.
"""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sabotage.table import BREAKS, Break

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("alerting", "connectors", "rules", "tests")
DRAWN = 3


def drawn() -> tuple[Break, ...]:
    if os.environ.get("SUIAN_ALL_FAULTS"):
        return BREAKS
    day = datetime.date.today().toordinal()
    return tuple(BREAKS[(day * DRAWN + n) % len(BREAKS)] for n in range(DRAWN))


def run(folder: Path, *stories: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *stories],
        cwd=folder, text=True, capture_output=True, check=False, timeout=120 + 30 * len(stories),
        env=os.environ | {"PYTHONPATH": str(folder)},
    )  # fmt: skip


def _where(story: str) -> tuple[str, int]:
    """Stories that share a process follow one another as they stand in their file."""
    path, _, name = story.partition("::")
    return path, (ROOT / path).read_text("utf-8").index(f"def {name.split('[')[0]}(")


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the stories pass as long as nothing is broken."""
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    ran = run(folder, *sorted({one.story for one in drawn()}, key=_where))
    assert ran.returncode == 0, f"the unbroken copy fails:\n{ran.stdout[-3000:]}"
    return folder


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_break_knows_its_line(one: Break) -> None:
    assert (ROOT / one.file).read_text("utf-8").count(one.old) == 1


@pytest.mark.timeout(1800)  # the first of them waits for all unbroken stories
@pytest.mark.parametrize("one", drawn(), ids=lambda one: one.name.replace(" ", "-"))
def test_a_break_turns_its_story_red(copy: Path, one: Break) -> None:
    path = copy / one.file
    whole = path.read_text("utf-8")
    assert whole.count(one.old) == 1, f"{one.old!r} stands {whole.count(one.old)} times"
    path.write_text(whole.replace(one.old, one.new), "utf-8")
    try:
        ran = run(copy, one.story)
    finally:
        path.write_text(whole, "utf-8")
    assert ran.returncode == 1, f"{one.story} did not notice:\n{ran.stdout[-2000:]}"
    assert "1 failed" in ran.stdout or "FAILED" in ran.stdout, ran.stdout[-2000:]
