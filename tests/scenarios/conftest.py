"""A town with its process and its phones, for each story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres_server import Server
from tests.scenarios.apart import Apart
from tests.scenarios.nursery import Nursery
from tests.scenarios.office import Office
from tests.scenarios.standin import StandIn
from tests.scenarios.town import Phone, Town


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
def office() -> Iterator[Office]:
    """A met office with a feed of its own; nobody reads it unless the config names its address."""
    with Office() as made:
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
            town.seals()
            town.dies()
        town.keeps_its_books()


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    return make_town().begin()


@pytest.fixture
def chen(town: Town) -> Phone:
    """Of the traffic police, who carry orders out on the roads."""
    return town.phone("chen")


@pytest.fixture
def wang(town: Town) -> Phone:
    """Directs the transport bureau and the housing bureau: stands above both, and decides."""
    return town.phone("wang")


@pytest.fixture
def li(town: Town) -> Phone:
    """Mayor of the township: told of what happens there."""
    return town.phone("li")


@pytest.fixture
def zhao(town: Town) -> Phone:
    """On duty at the county's office, the last rung."""
    return town.phone("zhao")


@pytest.fixture
def smith(town: Town) -> Phone:
    """Foreman of the building site; reads English."""
    return town.phone("smith")


@pytest.fixture
def qian(town: Town) -> Phone:
    """Keeps the road: salt and gritters."""
    return town.phone("qian")


@pytest.fixture
def make_apart(
    tmp_path: Path, provider: StandIn, nursery: Nursery, postgres: Server
) -> Iterator[Callable[..., Apart]]:
    """A town of several processes, none of which has begun."""
    made: list[Apart] = []

    def make(**changes: Any) -> Apart:
        town = Apart(tmp_path, provider, nursery, changes={"database": postgres.fresh()} | changes)
        made.append(town)
        return town

    yield make
    for town in made:
        try:
            town.seals()
        finally:
            town.dies()
        town.keeps_its_books()
