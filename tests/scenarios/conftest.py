"""A town with its process and its phones, for each story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import Town


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with StandIn() as made:
        yield made


@pytest.fixture
def make_town(tmp_path: Path, provider: StandIn, nursery: Nursery) -> Iterator[Callable[..., Town]]:
    """A town whose config a story may change before its process begins."""
    made: list[Town] = []

    def make(**more: Any) -> Town:
        town = Town(tmp_path, provider, nursery, **more)
        made.append(town)
        return town

    yield make
    for town in made:
        if town.alive:
            town.dies()


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    return make_town().begin()
