"""Rules about people look at inhabited points; rules of the clock alone say nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerting.places import load_places
from tests.alerts.county import START, STORY, County

PACK = """\
sector: fire-safety
title: {zh: 消防, en: Fire safety}
rules:
  - id: homes
    hazard: cold-wave
    place: zone
    points: inhabited
    basis: [M-08]
    levels: {orange: {when: (temperature <= -5 degC) within 6 h}}
    clear: temperature > 0 degC
  - id: anywhere
    hazard: cold-wave
    place: zone
    basis: [M-08]
    levels: {orange: {when: (temperature <= -5 degC) within 6 h}}
    clear: temperature > 0 degC
  - id: duty
    hazard: season
    place: zone
    basis: [C-01]
    levels: {yellow: {when: season year-end or warning gale >= orange}}
"""


def made(folder: Path, uses: Sequence[str]) -> County:
    """The test county with its two points, low and high, used as said."""
    shutil.copytree(STORY / "book", folder / "book")
    (folder / "book" / "homes.yaml").write_text(PACK, "utf-8")
    lines = (STORY / "county" / "zones.csv").read_text("utf-8").splitlines()
    rows = zip(lines, ("use", "", *uses), strict=True)
    (folder / "zones.csv").write_text("\n".join(f"{a},{b}" for a, b in rows), "utf-8")
    places = load_places(folder / "zones.csv", STORY / "county" / "sites.csv")
    return County(book=folder / "book", places=places, feeds={"office": None})


def cold_at(county: County, low: float, high: float) -> None:
    run = county.run(temperature=[low] * 12)
    column = run.values["temperature"].copy()
    column[:12, 1] = high
    county.takes(replace(run, values=run.values | {"temperature": column}, id=""))


def open_rules(county: County) -> set[str]:
    return {a.rule for a in county.alerts() if a.state == "open"} - {"duty"}


@pytest.mark.parametrize(
    ("uses", "low", "high", "opened"),
    [
        (("inhabited", "road"), 3.0, -9.0, {"anywhere"}),
        (("inhabited", "road"), -9.0, 3.0, {"anywhere", "homes"}),
        (("inhabited", "inhabited road"), 3.0, -9.0, {"anywhere", "homes"}),
        (("", ""), 3.0, -9.0, {"anywhere", "homes"}),  # not said: both
        (("road", "road"), 3.0, -9.0, {"anywhere", "homes"}),  # a zone that says none keeps all
    ],
)
def test_a_rule_about_people_leaves_out_what_only_a_road_passes(
    tmp_path: Path, uses: Sequence[str], low: float, high: float, opened: set[str]
) -> None:
    county = made(tmp_path, uses)
    cold_at(county, low, high)
    assert open_rules(county) == opened
    if opened == {"anywhere", "homes"} and "road" in uses[1:]:
        why: Any = next(a.why for a in county.alerts() if a.rule == "homes")
        assert why["point"] == "low" if uses[0] == "inhabited" else "high"


def test_missing_data_of_a_road_blinds_no_rule_about_people(tmp_path: Path) -> None:
    county = made(tmp_path, ("inhabited", "road"))
    cold_at(county, 3.0, np.nan)
    unknown = {r: m.unknown_since for r, m in county.engine.standings.items()}
    assert np.isnan(unknown["homes"]).all()
    assert not np.isnan(unknown["anywhere"]).all()


def test_an_alert_of_the_clock_alone_writes_nothing_while_nothing_changes(tmp_path: Path) -> None:
    county = made(tmp_path, ("inhabited", "road"))
    county.passes(1)
    assert county.changes("duty") == [("opened", 2)]
    [before] = [a for a in county.alerts() if a.rule == "duty"]
    for _ in range(3):
        county.passes(2)
        county.forecast()
    county.warns("blue", hazard="gale")
    county.observes(temperature=1.0)
    assert county.changes("duty") == [("opened", 2)]
    [after] = [a for a in county.alerts() if a.rule == "duty"]
    assert (after.onset, after.updated, after.version) == (
        before.onset, before.updated, before.version,
    )  # fmt: skip
    assert after.onset == START + timedelta(hours=1)
