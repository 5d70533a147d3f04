"""Killed while a drill begins, started again: it is held, each step once, whatever the moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.mortal import DEATH
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.test_drills import ICE, ONE_SOURCE, report, script
from tests.scenarios.town import Town

# Commits from the asking on: asked for, begun in a realm, the first step taken in …
POINTS = range(1, 9) if os.environ.get("SUIAN_ALL_FAULTS") else range(1, 4)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def found(nursery: Nursery, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    with StandIn() as provider:
        towns: list[Town] = []

        def make(name: str, **more: str) -> Town:
            folder = tmp_path / name
            folder.mkdir()
            made = Town(folder, provider, nursery, changes=ONE_SOURCE, environment=more)
            script(made, "ice", ICE)
            towns.append(made)
            return made.begin()

        yield make
        for town in towns:
            if town.alive:
                town.dies()


def hold(town: Town) -> None:
    town.api("POST", "/drills", json={"plan": "ice", "reason": "季度演练"})
    town.settles()


def test_a_drill_survives_a_kill_at_every_commit_of_its_beginning(
    found: Callable[..., Town],
) -> None:
    calm = found("calm")
    begun = calm._say({"do": "settle"})["commits"]
    calm.dies()
    for point in POINTS:
        town = found(f"at-{point}", SUIAN_DIE=f"commit:{begun + point}:after")
        town.provider.messages.clear()
        with pytest.raises(DEATH):
            hold(town)
        town.exits()
        town.restarts()
        town.passes(minutes=11)
        said = report(town, 1)
        assert said["state"] == "running", point
        bodies = [m.body for m in town.provider.messages if m.to == town.phone("chen").number]
        for words in ("【演练】", "桥上追尾"):
            assert any(words in body for body in bodies), (point, words)
        assert sum("限速" in body and "催办" not in body for body in bodies) == 1, (point, bodies)
        assert sum("桥上追尾" in body for body in bodies) == 1, (point, bodies)
        town.dies()
