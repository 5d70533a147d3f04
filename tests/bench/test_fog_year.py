"""The fog of New York's record through the fog rules: what docs/verification.md says of the year."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import pytest

from bench.fog_record import HOUR, Record, read_record, skill, stretches
from bench.fog_year import BEGINS, DRIVES, ENDS, drive
from tests.winter.build import read

FEBRUARY = datetime(2013, 2, 10, tzinfo=UTC), datetime(2013, 2, 14, tzinfo=UTC)


def winter() -> Record:
    """The visibility of the winter's table, which is ours, where the year's is not at hand."""
    return {
        station: {at.to_pydatetime(): float(v) for at, v in table["visibility"].dropna().items()}
        for station, table in read().items()
    }


@pytest.mark.parametrize("name", [name for name in DRIVES if "error" in name])
def test_one_fog_is_one_alert_whatever_the_runs_say_of_it(name: str) -> None:
    """JFK, 11 and 12 February 2013: an hour under 100 m, two of 1,200 m, then seven under 200 m."""
    made = drive(winter(), *FEBRUARY, DRIVES[name], seed=1)["road-fog"]
    assert made.stretches == 2
    assert made.naive > 1
    assert (made.alerts, made.reopened, made.missed, made.late, made.false) == (1, 0, 0, 0, 0)
    assert made.after_p90 <= 5


@pytest.fixture(scope="module")
def record(shared: Path) -> Record:
    return read_record(shared / "data" / "history" / "nyc_2013_hourly.parquet")


def test_the_record_has_21_stretches_of_fog_and_12_of_two_hours(record: Record) -> None:
    found = [s for series in record.values() for s in stretches(series, 200.0)]
    assert len(found) == 21
    assert sum(last - first >= HOUR for first, last in found) == 12


def test_the_runs_are_as_good_as_those_they_are_compared_with(record: Record) -> None:
    pod, far = (
        mean(x) for x in zip(*(skill(record, BEGINS, ENDS, s) for s in (1, 2)), strict=True)
    )
    assert pod == pytest.approx(0.58, abs=0.03)
    assert far == pytest.approx(0.40, abs=0.03)
