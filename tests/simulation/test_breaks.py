"""The simulation must find what is broken: a line of the product at a time, on a copy, within so many seeds;
`make faults` plays them, for each takes minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sabotage.table import Break
from tests.sabotage.test_sabotage import ROOT, copied
from tests.simulation.breaks import BREAKS, SEEDS, found, named

LONG = bool(os.environ.get("SUIAN_ALL_FAULTS"))


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_break_knows_its_line(one: Break) -> None:
    assert (ROOT / one.file).read_text("utf-8").count(one.old) == 1


if LONG:

    @pytest.fixture(scope="module")
    def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
        return copied(tmp_path_factory.mktemp("simulation"))

    @pytest.mark.timeout(3600)
    @pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
    def test_the_simulation_finds_a_break(copy: Path, one: Break) -> None:
        said = found(copy, one)
        assert named(one, said), said or f"{SEEDS} seeds, and nobody noticed"
