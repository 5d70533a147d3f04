"""Killed at every commit and every send of a storm, started again, and nothing is lost.

SUIAN_ALL_FAULTS=1 kills at every point (`make faults`), otherwise at every fifteenth.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import storm
from tests.faults.mortal import MortalTown
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn

MOST_COMMITS = 105
EVERY = 1 if os.environ.get("SUIAN_ALL_FAULTS") else 15


@dataclass
class Told:
    """How one telling of the storm ended."""

    outcome: dict[str, Any]
    killed: int
    sent_twice: int
    points: dict[str, int]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


def tell(folder: Path, nursery: Nursery, die: str = "") -> Told:
    folder.mkdir()
    with StandIn() as provider:
        town = MortalTown(folder, provider, nursery, die)
        try:
            storm.tell(town)
            return Told(town.outcome(), town.killed, town.sent_twice(), town.points)
        finally:
            if town.alive:
                town.dies()


@pytest.mark.timeout(3600)
def test_a_storm_survives_a_kill_at_every_point(
    tmp_path: Path, nursery: Nursery, record_property: Callable[[str, object], None]
) -> None:
    calm = tell(tmp_path / "undisturbed", nursery)
    assert calm.killed == calm.sent_twice == 0
    assert calm.outcome["waiting"] == []
    assert [(r[:2], r[3]) for r in calm.outcome["reports"]] == [
        (("township", "report"), [("commander", "张三"), ("help", "no")]),
        (("township", "closing"), [("harm", 0)])]  # fmt: skip
    assert ("live.fog.990101100000.1", "closed", 4) in calm.outcome["callouts"]
    assert 40 < calm.points["commit"] <= MOST_COMMITS
    points = [
        f"{kind}:{number}:{side}"
        for kind, count in calm.points.items()
        for number in range(1, count + 1)
        for side in ("before", "after")
    ]
    chosen = points[::EVERY]
    killed, twice, wrong = 0, 0, []
    for point in chosen:
        told = tell(tmp_path / point.replace(":", "-"), nursery, point)
        killed += told.killed
        twice += told.sent_twice
        if told.outcome != calm.outcome:
            wrong.append(f"{point}: {_difference(calm.outcome, told.outcome)}")
    record_property(
        "figures",
        f"{calm.points['commit']} commits and {calm.points['send']} sends are {len(points)} points;"
        f" {len(chosen)} seen, {killed} killed, {twice} messages sent twice,"
        f" {len(wrong)} ended otherwise",
    )
    assert not wrong, "\n".join(wrong)
    assert killed == len(chosen)


def _difference(calm: dict[str, Any], told: dict[str, Any]) -> str:
    lines = []
    for part, rows in calm.items():
        lost = [r for r in rows if r not in told[part]]
        new = [r for r in told[part] if r not in rows]
        if lost or new:
            lines.append(f"{part}: lost {lost}, new {new}")
    return "; ".join(lines) or "in order only"
