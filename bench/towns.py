"""A county of townships for a process of the service: one rule, red below 50 m of visibility, and in
each township a point and a post whose holder is told by a webhook. So a place that is said to lie in
fog is one alert, one notice and one message.

Its files are written and read as anybody's. Nothing asks anybody for anything: no measure, no quiet
hours for red, no bundling.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COUNTY = "000000000000"
SOURCE = "model"
TIMEZONE = "Asia/Shanghai"
HOURS = 3  # of a forecast
PACK = """sector: road-traffic
title: {zh: 道路交通, en: Road traffic}
rules:
  - id: fog
    hazard: fog
    place: zone
    basis: ["a bench's own"]
    levels: {red: {when: visibility < 50 m}}
    clear: visibility >= 500 m
    audience: [township]
    cases:
      - {name: dense fog, given: {visibility: [40]}, expect: {level: red, onset: 0 h}}
      - {name: good sight, given: {visibility: [9000]}, expect: {level: none}}
"""


def write(folder: Path, towns: int, sink: str, counties: int = 1, **more: Any) -> Path:
    """Its files; `sink` is the webhooks' address, `more` goes into the config. Gives the config's
    path."""
    codes = [code_of(n, counties) for n in range(towns)]
    columns = ("code", "name", "name_en", "parent", "point", "lat", "lon", "elevation")
    _table(folder / "zones.csv", columns,
           [(COUNTY, "某县", "The county", "", "", "", "", ""),
            *((code, f"镇{n}", f"Township {n}", COUNTY, f"p{n}", f"{20 + n // 200 * 0.15:.4f}",
               f"{80 + n % 200 * 0.25:.4f}", 100) for n, code in enumerate(codes))])  # fmt: skip
    _table(folder / "sites.csv", ("id", "kind", "name", "name_en", "zones", "points"), [])
    _table(folder / "people.csv", ("id", "name", "name_en", "language", "role", "contacts"),
           [("office", "值班员", "Duty officer", "zh", "admin", "hook:-"),
            *((f"h{n}", f"某{n}", f"No {n}", "zh", "answer", "hook:-")
              for n in range(towns))])  # fmt: skip
    _table(folder / "posts.csv", ("id", "tier", "sector", "place", "title", "title_en", "holders"),
           [("duty-office", "duty-office", "", COUNTY, "值班室", "Duty office", "office"),
            *((f"town-{n}", "township", "", code, f"镇{n}", f"Township {n}", f"h{n}")
              for n, code in enumerate(codes))])  # fmt: skip
    rules = folder / "rules"
    rules.mkdir()
    (rules / "fog.yaml").write_text(PACK, "utf-8")
    (rules / "measures.yaml").write_text("measures: {}\n", "utf-8")
    (rules / "calendar.yaml").write_text("tables: []\nseasons: {}\n", "utf-8")
    config = {
        "county": {"name": "某县（虚构）", "name_en": "A county (fictional)", "fictional": True,
                   "timezone": TIMEZONE, "zones": "zones.csv", "sites": "sites.csv",
                   "people": "people.csv", "posts": "posts.csv", "rosters": None},
        "rules": "rules", "calendar": "rules/calendar.yaml", "log": "warning",
        "sources": {SOURCE: {"use": "signals", "brings": "forecast", "cadence_hours": 24,
                             "quantities": ["visibility"]}},
        "channels": {"hook": {"use": "webhook", "url": sink}},
    } | more  # fmt: skip
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, ensure_ascii=False), "utf-8")
    return path


def code_of(number: int, counties: int = 1) -> str:
    """The township's id: its first six digits are its county, of which every one has its turn."""
    return f"{110001 + number % counties}{number:06d}"


def fog(numbers: Iterable[int], at: datetime) -> dict[str, Any]:
    """The envelope of a forecast: in these townships nothing is seen for three hours."""
    spots = [{"id": f"p{number}"} for number in numbers]
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return {"kind": "forecast", "source": SOURCE, "issued": at.isoformat(), "start": hour.isoformat(),
            "spots": spots, "values": {"visibility": [[20.0] * len(spots)] * HOURS}}  # fmt: skip


def told(body: Mapping[str, Any]) -> list[str]:
    """The townships of which a webhook's message tells that an alert is open."""
    return [one["alert"].split(".")[2] for one in body["notices"] if one["kind"] == "open"]


def _table(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        out.writerows(rows)
