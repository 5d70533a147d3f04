"""What the runs saved, as the tables of docs/backtest.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerting.rulebook import Rule
from bench.backtest.figures import Figures, figures

TIERS = ("field", "enterprise", "regulator", "township", "duty-office")
COLOURS = ("blue", "yellow", "orange", "red")


def by_rule(found: Mapping[str, Any], rules: Sequence[Rule], stations: Sequence[str]) -> str:
    """Alerts of each rule at these stations; *a winter* is that of one station."""
    head = ("rule", "alerts a winter", "peak blue/yellow/orange/red", "hours open a winter",
            "of them red", "again < 12 h", "longest h", "longest red h")  # fmt: skip
    lines = [_line(head), _line(["---"] * len(head))]
    for rule in rules:
        made = figures(found, rule.id, places_of(found, rule.id, stations), rule.ladder)
        if made.alerts:
            lines.append(_line(_by_rule(rule, made, len(stations))))
    return "\n".join(lines)


def _by_rule(rule: Rule, made: Figures, winters: float) -> list[str]:
    peaks = "/".join(str(made.peaks.get(colour, 0)) for colour in COLOURS)
    return [rule.id, f"{made.alerts / winters:.1f}", peaks, f"{made.open / winters:.0f}",
            f"{made.hours.get('red', 0) / winters:.0f}", f"{made.again}", f"{made.longest:.0f}",
            f"{made.longest_red:.0f}" if made.longest_red else "–"]  # fmt: skip


def scores(found: Mapping[str, Any], rules: Sequence[Rule], stations: Sequence[str]) -> str:
    """Against the record: events, hits, stretches of alerts, false ones, POD, FAR, median lead."""
    head = ("rule", "level", "events", "hit", "stretches", "false", "POD", "FAR", "lead h")
    lines = [_line(head), _line(["---"] * len(head))]
    for rule in rules:
        made = figures(found, rule.id, places_of(found, rule.id, stations), rule.ladder)
        for level, score in made.scores.items():
            if score.events or score.openings:
                lines.append(_line([rule.id, level, score.row()]))
    return "\n".join(lines)


def notices(found: Mapping[str, Any], rules: Sequence[Rule], stations: Sequence[str]) -> str:
    """First notices of each rule by tier, a station and winter."""
    lines = [_line(("rule", *TIERS)), _line(["---"] * 6)]
    for rule in rules:
        places = set(places_of(found, rule.id, stations))
        mine = [n[1] for n in found["notices"] if n[2] == rule.id and n[3] in places]
        if mine:
            shares = [f"{mine.count(tier) / len(stations):.1f}" for tier in TIERS]
            lines.append(_line([rule.id, *shares]))
    return "\n".join(lines)


def messages(found: Mapping[str, Any], days: float) -> str:
    """Messages sent by tier, and what they carried, of a run through the whole service."""
    sent = {number: tier for number, tier, *_ in found["notices"]}
    kinds = sorted({kind for _, _, _, kind, _ in found["notices"]})
    lines = [_line(("tier", "messages", "a day", *kinds)), _line(["---"] * (3 + len(kinds)))]
    for tier in TIERS:
        mine = sum(one == tier for one in sent.values())
        carried = [sum(n[1] == tier and n[3] == kind for n in found["notices"]) for kind in kinds]
        lines.append(_line([tier, f"{mine}", f"{mine / days:.1f}", *map(str, carried)]))
    return "\n".join(lines)


def places_of(found: Mapping[str, Any], rule: str, stations: Sequence[str]) -> list[str]:
    """The rule's places at these stations, by what the county calls them."""
    names = {c[4] for c in found["changes"] if c[3] == rule}
    names |= set(found.get("events", {}).get(rule, {}))
    return sorted(n for n in names if found["at"].get(n) in stations)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
