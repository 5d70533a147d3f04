"""A stand-in for Open-Meteo, over real HTTP on loopback: one sky over the county, told as spells.

A spell is weather at some points for some hours; everywhere else it is a mild day. What is forecast is
what comes. The model runs every two hours, so that later runs agree with earlier ones.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.listening import listens

HOUR = timedelta(hours=1)
RUNS_EVERY = 2  # hours
MILD = {
    "temperature_2m": 7.0, "relative_humidity_2m": 75.0, "precipitation": 0.0, "rain": 0.0,
    "showers": 0.0, "snowfall": 0.0, "snow_depth": 0.0, "visibility": 20000.0,
    "wind_speed_10m": 7.0, "wind_gusts_10m": 14.0,
}  # fmt: skip
UNITS = {
    "temperature_2m": "°C", "relative_humidity_2m": "%", "precipitation": "mm", "rain": "mm",
    "showers": "mm", "snowfall": "cm", "snow_depth": "m", "visibility": "m",
    "wind_speed_10m": "km/h", "wind_gusts_10m": "km/h",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spell:
    """Weather at points for hours from `begins` on, in the variables of Open-Meteo."""

    points: Sequence[str]
    begins: datetime
    hours: int
    values: dict[str, float]

    def covers(self, point: str, at: datetime) -> bool:
        return point in self.points and self.begins <= at < self.begins + self.hours * HOUR


class Sky:
    """Start it with `with Sky(zones, spells, now) as sky`; `address` is the source's base_url, and
    the story moves `now` on."""

    def __init__(self, zones: Path, spells: Sequence[Spell], now: datetime) -> None:
        with zones.open(encoding="utf-8") as file:
            self._points = {
                (round(float(row["lat"]), 4), round(float(row["lon"]), 4)): row["point"]
                for row in csv.DictReader(file) if row["point"]
            }  # fmt: skip
        self._spells, self.now = spells, now

    def __enter__(self) -> Sky:
        sky = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = dict(parse_qsl(urlsplit(self.path).query))
                body = json.dumps(sky._forecast(asked)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        listens(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _forecast(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        now, variables = self.now, asked["hourly"].split(",")
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begins = midnight - timedelta(days=int(asked["past_days"]))
        days = int(asked["past_days"]) + int(asked["forecast_days"])
        hours = [begins + n * HOUR for n in range(24 * days)]
        places = zip(asked["latitude"].split(","), asked["longitude"].split(","), strict=True)
        return [self._at(float(lat), float(lon), hours, variables, now) for lat, lon in places]

    def _at(
        self, lat: float, lon: float, hours: list[datetime], variables: list[str], now: datetime
    ) -> dict[str, Any]:
        point = self._points[lat, lon]
        said = {v: [MILD[v]] * len(hours) for v in variables}
        for spell in self._spells:
            for row, at in enumerate(hours):
                if spell.covers(point, at):
                    for variable in spell.values.keys() & said.keys():
                        said[variable][row] = spell.values[variable]
        # No two runs are alike, or they would be one run said again: they differ in what is far ahead.
        said["temperature_2m"][-1] -= 0.1 * (now.hour // RUNS_EVERY)
        return {
            "latitude": lat, "longitude": lon, "utc_offset_seconds": 0, "timezone": "GMT",
            "hourly_units": {"time": "unixtime"} | {v: UNITS[v] for v in variables},
            "hourly": {"time": [int(at.timestamp()) for at in hours]} | said,
        }  # fmt: skip
