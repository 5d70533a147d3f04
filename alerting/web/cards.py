"""Alerts as the first page shows them: one card for a rule and a level, on however many places."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from alerting.vocabulary import Level

Row = dict[str, Any]


def cards(rows: list[Row], holding: set[tuple[str, str]]) -> list[Row]:
    """The gravest first, then the soonest onset; within a card the places by onset, then by name.

    `rows` are alerts as `listing` gives them; `holding` are the (rule, place) that wait out their hold.
    """
    held: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        held[row["level"], row["rule"]].append(row)
    made = [_card(sorted(group, key=_soonest), holding) for group in held.values()]
    return sorted(made, key=lambda c: (-Level[c["level"]], _soonest(c["first"])))


def _card(rows: list[Row], holding: set[tuple[str, str]]) -> Row:
    official = [r for r in rows if r["official"] and r["why"].get("official")]
    return {
        "level": rows[0]["level"], "rule": rows[0]["rule"], "first": rows[0], "rows": rows,
        "official": max(official, key=lambda r: Level[r["official"]], default=None),
        "holding": sum((r["rule"], r["place"]) in holding for r in rows),
        "unknown": sum(bool(r["held_by_unknown"]) for r in rows),
        "kept": sum(bool(r["kept_by"]) for r in rows),
        "measures": _measures(rows),
        "trouble": {r["id"] for r in rows if any(trouble(m) for m in r["measures"])},
    }  # fmt: skip


def _measures(rows: list[Row]) -> list[Row]:
    """What is asked for, thing by thing: how many are in force of how many, and which are in trouble.

    One measure that several of the alerts ask for counts once.
    """
    found: dict[tuple[str, str], Row] = {}
    seen: set[str] = set()
    for row in rows:
        for one in row["measures"]:
            if one["ended"] or one["id"] in seen:
                continue
            seen.add(one["id"])
            held = found.setdefault((one["measure"], one["said_apart"]["zh"]), {
                "title": one["title"], "said": one["said_apart"], "of": 0, "in_force": 0,
                "undecided": 0, "unconfirmed": 0, "overdue": [], "cannot": [],
            })  # fmt: skip
            held["of"] += 1
            held["in_force"] += one["state"] == "in force"
            held["undecided"] += one["state"] == "proposed"
            held["unconfirmed"] += one["unconfirmed"]
            if kind := trouble(one):
                held[kind].append({"alert": row["id"], "place": one["object_name"]})
    return list(found.values())


def trouble(one: Row) -> str:
    """"cannot", "overdue" or nothing: what is wrong with an open measure."""
    if one["ended"]:
        return ""
    late = one["overdue"] and one["state"] not in ("in force", "approved")
    return "cannot" if one["cannot"] else "overdue" if late else ""


def _soonest(row: Row) -> tuple[str, list[tuple[int, str]], str]:
    return (row["onset"] or row["opened"], natural(row["place_name"]["zh"]), row["id"])


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts 第2镇 before 第10镇."""
    parts = enumerate(re.split(r"(\d+)", name))
    return [(int(part), "") if n % 2 else (-1, part) for n, part in parts]
