"""The bench beside Alertmanager at a tiny size: both tell every alert once, or no time is printed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import alertmanager, standin, towns
from tests.conftest import lacking


def test_both_tell_every_alert_once(tmp_path: Path) -> None:
    if what := alertmanager.missing():
        lacking(what)
    with standin.standing_in(tmp_path, 0.0) as sink:
        made = alertmanager.round_of(12, tmp_path, sink, ones=2)
    assert set(made) == {"suian", "Alertmanager"}
    assert all(one[key] > 0 for one in made.values() for key in ("one", "many", "held", "idle"))


def test_what_a_forecast_says_is_as_long_as_its_townships() -> None:
    said = towns.fog([3, 4], datetime(2026, 1, 20, 6, 30, tzinfo=UTC))
    assert [one["id"] for one in said["spots"]] == ["p3", "p4"]
    assert said["start"] == "2026-01-20T06:00:00+00:00"
    assert [len(row) for row in said["values"]["visibility"]] == [2] * towns.HOURS


@pytest.mark.parametrize(("kinds", "places"), [(["open"], [towns.code_of(7)]), (["clear"], []), ([], [])])
def test_only_an_alert_that_opened_counts_as_told(kinds: list[str], places: list[str]) -> None:
    about = [{"kind": kind, "alert": f"live.fog.{towns.code_of(7)}.1"} for kind in kinds]
    assert towns.told({"notices": about}) == places
