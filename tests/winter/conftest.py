"""Towns at New York's three stations; SUIAN_WHOLE_WINTER=1 (`make winter`) lives all of the record."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.winter.town import WinterTown

WHOLE = bool(os.environ.get("SUIAN_WHOLE_WINTER"))


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def make_town(tmp_path: Path, nursery: Nursery) -> Iterator[Callable[[datetime], WinterTown]]:
    """A town whose process begins at a time."""
    made: list[WinterTown] = []
    with StandIn() as provider:

        def make(begins: datetime) -> WinterTown:
            made.append(WinterTown(tmp_path, provider, nursery, begins))
            made[0].begin()
            return made[0]

        yield make
        for town in made:
            if town.alive:
                town.dies()
            town.keeps_its_books()
