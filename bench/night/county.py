"""The county of the night: the fictional county's twelve townships and its places, nine building sites
more, 200 villages and 900 people. Nobody in it is somebody: names are numbers.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITES_MORE = 9  # with the county's own 51: sixty
# How many stand on the list of a post, by its tier.
ON_A_LIST = {"duty-office": 12, "regulator": 6, "township": 8, "field": 5, "enterprise": 5,
             "village": 2}  # fmt: skip
ROLES = {"duty-office": "order", "regulator": "decide", "township": "answer"}
# Where a message rings: the shipped policies with a text first and a call next, at once where it is red
# and nobody has opened the text within three minutes (practice in Zhejiang).
LOUDER = "{call: carrier, times: 2, loudness: [1, 2], unread: {red: 3}}"


@dataclass(frozen=True, slots=True)
class Size:
    villages: int = 200
    people: int = 900


def write(folder: Path, url: str, size: Size) -> Path:
    """Write the county's folder; its messages and calls are posted to `url`. Gives its config."""
    shutil.copytree(ROOT / "rules", folder / "rules")
    shutil.copytree(ROOT / "county", folder / "county")
    policies = folder / "rules" / "policies.yaml"
    text = policies.read_text("utf-8").replace("{call: carrier, times: 2}", LOUDER)
    policies.write_text(text.replace("times: 2}", "times: 2, loudness: [1, 2]}"), "utf-8")
    (folder / "county" / "rosters.yaml").write_text("rosters: []\n", "utf-8")
    _more_sites(folder / "county" / "sites.csv")
    people = _posts(folder / "county" / "posts.csv", size)
    with (folder / "county" / "people.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("id", "name", "name_en", "language", "role", "contacts"))
        for number, (name, role) in enumerate(people.items()):
            out.writerow((name, f"某{number}", f"No {number}", "zh", role,
                          f"text:{url}/text/{name} call:{url}/call/{name}"))  # fmt: skip
    weather = ["temperature", "humidity", "precipitation", "visibility", "wind_speed", "wind_gust",
               "rain", "snowfall"]  # fmt: skip
    config = {
        "county": {"name": "雾岭县（虚构）", "name_en": "Wuling County (fictional)", "fictional": True,
                   "sender": "雾岭县应急办", "sender_en": "Wuling EMO", "zones": "county/zones.csv",
                   "sites": "county/sites.csv", "people": "county/people.csv",
                   "posts": "county/posts.csv", "rosters": "county/rosters.yaml"},
        "sources": {
            "storm-forecast": {"use": "signals", "brings": "forecast", "cadence_hours": 3,
                               "quantities": weather},
            "storm-stations": {"use": "signals", "brings": "observation", "cadence_hours": 1,
                               "quantities": weather},
            "storm-warnings": {"use": "signals", "brings": "warning", "cadence_hours": 8760},
        },
        "channels": {
            "text": {"use": "webhook", "loudness": 1}, "call": {"use": "webhook", "loudness": 2},
        },
    }  # fmt: skip
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, ensure_ascii=False), "utf-8")
    return path


def _more_sites(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    sites = [row for row in rows if row[1] == "building-site"]
    for number, like in zip(range(SITES_MORE), cycle(sites)):
        rows.append([f"site-more-{number}", like[1], f"{number}号工地", f"Site {number}", *like[4:]])
    _write(path, head, rows)


def _posts(path: Path, size: Size) -> dict[str, str]:
    """Put people on the list of every post; gives them, with their roles."""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    rows = [[*row, ""][: len(head)] for row in rows if row[1] != "village"]
    towns = [row[3] for row in rows if row[1] == "township" and not row[2]]
    for number, town in zip(range(size.villages), cycle(dict.fromkeys(towns))):
        rows.append([f"village-{number}", "village", "", town, f"{number}号村", f"Village {number}", "",
                     ""][: len(head)])  # fmt: skip
    people: dict[str, str] = {}
    for row in rows:
        row[6] = ""
    for round_ in range(max(ON_A_LIST.values())):
        for row in rows:
            if round_ < ON_A_LIST[row[1]] and len(people) < size.people:
                name = f"p{len(people):03d}"
                people[name] = ROLES.get(row[1], "answer")
                row[6] = f"{row[6]} {name}".strip()
    _write(path, head, rows)
    return people


def _write(path: Path, head: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        out.writerows(rows)
