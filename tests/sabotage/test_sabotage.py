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
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.sabotage.table import BREAKS, Break

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("alerting", "bench", "connectors", "rules", "tests", "deploy")
DRAWN = 3


def drawn() -> tuple[Break, ...]:
    if os.environ.get("SUIAN_ALL_FAULTS"):
        return BREAKS
    day = datetime.date.today().toordinal()
    return tuple(BREAKS[(day * DRAWN + n) % len(BREAKS)] for n in range(DRAWN))


def run(folder: Path, story: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", story],
        cwd=folder, text=True, capture_output=True, check=False, timeout=150,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )  # fmt: skip


def copied(folder: Path) -> Path:
    """All that tests run on, in a folder where it may be broken."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "Dockerfile"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="session")
def unbroken(copy: Path) -> Callable[[str], None]:
    """Asserts, once for each story, that it passes by itself as long as nothing is broken."""

    @cache
    def passes(story: str) -> None:
        ran = run(copy, story)
        assert ran.returncode == 0, f"{story} fails on the unbroken copy:\n{ran.stdout[-3000:]}"
        if "SKIPPED" in ran.stdout:  # an optional part is not here, which is said where it is asked for
            pytest.skip(ran.stdout.strip().splitlines()[-1])

    return passes


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_break_knows_its_line(one: Break) -> None:
    assert (ROOT / one.file).read_text("utf-8").count(one.old) == 1


@pytest.mark.timeout(330)
@pytest.mark.parametrize("one", drawn(), ids=lambda one: one.name.replace(" ", "-"))
def test_a_break_turns_its_story_red(copy: Path, unbroken: Callable[[str], None], one: Break) -> None:
    unbroken(one.story)
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
