"""A county for recorded weather: at each station a township and one site of every kind, with every tag
that a rule asks for, and one person a post, so that messages can be counted by tier."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.vocabulary import SECTORS, SITE_SECTOR
from bench.backtest.records import Record

ROOT = Path(__file__).parents[2]
COUNTY = "990400000000"
KINDS = {
    "road-section": "mountain expressway", "bridge": "", "building-site": "", "mine": "", "quarry": "",
    "chemical-plant": "", "factory": "gas molten-metal", "gas-facility": "station mains",
    "crowded-place": "", "forest": "graves", "hazard-point": "", "care-home": "residents shelter",
    "scenic-spot": "cableway", "farm": "greenhouse stock boats", "reservoir": "",
    "water-works": "town rural", "school": "bus boarding", "pipeline-section": "",
    "power-line": "line supply telecom",
}  # fmt: skip


def make_county(
    folder: Path, records: Sequence[Record], zone: str, every: int, rules: Path
) -> County:
    """Written to `folder` and loaded as any county is. Its sources say what the records have."""
    sites, posts = [], [("office", "duty-office", "", COUNTY)]
    zones: list[tuple[Any, ...]] = [(COUNTY, "回测县", "Back-test", "", "", "", "", "")]
    for number, record in enumerate(records, 1):
        at = record.station
        code = f"9904{number:02d}101000"
        zones.append((code, at.name, at.name, COUNTY, at.name, at.lat, at.lon, at.elevation))
        posts.append((f"township-{at.name}", "township", "", code))
        for kind, tags in KINDS.items():
            site, sector = f"{kind}.{at.name}", SITE_SECTOR[kind]
            road = ("G1", number * 10, number * 10 + 5) if kind == "road-section" else ("", "", "")
            sites.append((site, kind, site, site, code, at.name, "", "", "", sector, tags, *road,
                          "", "", ""))  # fmt: skip
            if kind == "water-works":
                sector = ""  # it answers to the city's bureau or to the water bureau, by its tag
            posts += [(f"keeper-{site}", "enterprise", sector, site),
                      (f"field-{site}", "field", sector, site)]  # fmt: skip
    posts += [(f"bureau-{sector}", "regulator", sector, COUNTY)
              for sector in SECTORS if sector != "service"]  # fmt: skip
    _write(folder / "zones.csv", "code name name_en parent point lat lon elevation", zones)
    _write(folder / "sites.csv", "id kind name name_en zones points lat lon elevation sector tags road "
           "from_km to_km direction entries exits", sites)  # fmt: skip
    _write(folder / "posts.csv", "id tier sector place title title_en holders",
           [(*p, p[0], p[0], f"of-{p[0]}") for p in posts])  # fmt: skip
    _write(folder / "people.csv", "id name name_en language role contacts",
           [(f"of-{p[0]}", p[0], p[0], "zh", "decide", f"console:of-{p[0]}")
            for p in posts])  # fmt: skip
    said = sorted(set().union(*(r.values for r in records)))
    config: dict[str, Any] = {
        "county": {
            "name": "回测县", "name_en": "Back-test", "fictional": True, "timezone": zone,
            "zones": "zones.csv", "sites": "sites.csv", "people": "people.csv", "posts": "posts.csv",
        },
        "rules": str(rules), "calendar": str(rules / "calendar.yaml"),
        "sources": {
            "model": {"use": "signals", "brings": "forecast", "cadence_hours": every,
                      "quantities": said},
            "stations": {"use": "signals", "brings": "observation", "cadence_hours": 1,
                         "quantities": said},
        },
        "channels": {"console": {"silent": True}},
    }  # fmt: skip
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")
    return load_county(load_config(folder / "config.yaml"))


def _write(path: Path, header: str, rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        writer.writerows(rows)


def tier_of(post: str) -> str:
    """By how this county calls its posts."""
    names = {"keeper": "enterprise", "bureau": "regulator", "office": "duty-office"}
    first = post.partition("-")[0]
    return names.get(first, first)
