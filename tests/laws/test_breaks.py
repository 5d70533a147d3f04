"""The machine must find what is broken: a break of the product for each law, on a copy, within as many
games as `make faults` plays; it plays them there alone, for each takes minutes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.breaks import BREAKS
from tests.sabotage.table import Break
from tests.sabotage.test_sabotage import ROOT, copied

LONG = bool(os.environ.get("SUIAN_ALL_FAULTS"))
GAMES, MOVES, SEED = 400, 30, 1


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("laws"))


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_break_knows_its_line(one: Break) -> None:
    assert (ROOT / one.file).read_text("utf-8").count(one.old) == 1


def _finds(copy: Path, one: Break) -> None:
    path = copy / one.file
    whole = path.read_text("utf-8")
    path.write_text(whole.replace(one.old, one.new), "utf-8")
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.laws.play", str(GAMES), str(MOVES), str(SEED)],
            cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, text=True, capture_output=True,
            check=False,
        )  # fmt: skip
    finally:
        path.write_text(whole, "utf-8")
    assert ran.returncode == 1, f"{GAMES} games, and nobody noticed:\n{ran.stdout[-2000:]}"
    assert re.search(rf"Broken: ({one.story}): ", ran.stderr + ran.stdout), ran.stderr[-3000:]


if LONG:

    @pytest.mark.timeout(4 * 3600)
    @pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
    def test_the_machine_finds_a_break(copy: Path, one: Break) -> None:
        _finds(copy, one)
