"""A first draft of a rule: one quantity, a threshold a level, and the cases that hold it to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from alerting.rulebook.nodes import Value, Window, number_text, series_text
from alerting.vocabulary import HAZARDS, QUANTITIES, SECTORS

# How far beyond the lowest threshold a draft clears, as a share of it; temperatures by degrees.
BEYOND, DEGREES = 0.5, 2.0
MODELINE = "# yaml-language-server: $schema=schema/pack.json"


@dataclass(frozen=True, slots=True)
class Draft:
    """`thresholds` by level from the lowest up, and `clear`, in the quantity's unit; `asks` by level.

    `over` is a window of so many hours, 1 the hour itself: the sum of what adds up, else the highest
    where danger lies below and the lowest where it lies above.
    """

    id: str
    sector: str
    hazard: str
    place: str
    quantity: str
    side: Literal["below", "above"]
    thresholds: Mapping[str, float]
    asks: Mapping[str, list[str]]
    clear: float
    within: int = 12
    over: int = 1


def cleared(quantity: str, side: Literal["below", "above"], lowest: float) -> float:
    """Where a draft clears if nobody says: beyond its lowest threshold, rounded as the quantity is."""
    known = QUANTITIES[quantity]
    by = DEGREES if known.unit == "degC" else abs(lowest) * BEYOND
    return round(lowest + (by if side == "below" else -by), known.places)


def pack_text(draft: Draft) -> str:
    """A pack of its own, with the draft as its only rule."""
    _, zh, en = SECTORS[draft.sector]
    return "\n".join([MODELINE, f"sector: {draft.sector}", f"title: {{zh: {zh}, en: {_quoted(en)}}}",
                      "rules:", rule_text(draft, 2)])  # fmt: skip


def rule_text(draft: Draft, indent: int) -> str:
    """The rule as an item of `rules:`, its dash at column `indent`."""
    hazard, row = HAZARDS[draft.hazard], SECTORS[draft.sector][0]
    lines = [
        f"- id: {draft.id}",
        f"  hazard: {draft.hazard}",
        f"  place: {draft.place}",
        f"  title: {{zh: {hazard.zh}, en: {_quoted(hazard.en)}}}",
        f'  basis: [{row}, "待填 to be filled in: where these numbers come from"]',
        "  levels:",
    ]
    for name, threshold in draft.thresholds.items():
        lines += [f"    {name}:", f"      when: {_when(draft, threshold)}"]
        if asked := draft.asks.get(name):
            lines.append(f"      ask: [{', '.join(asked)}]")
    lines += [f"  clear: {_comparison(draft, draft.clear, clear=True)}", "  cases:"]
    lines += [f"    - {{{case}}}" for case in _cases(draft)]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def _when(draft: Draft, threshold: float) -> str:
    inside = _comparison(draft, threshold)
    return f"({inside}) within {draft.within} h" if draft.within else inside


def _comparison(draft: Draft, value: float, *, clear: bool = False) -> str:
    of = Value(draft.quantity)
    series: Value | Window = of
    if draft.over > 1:
        kind: Literal["sum", "min", "max"] = "max" if draft.side == "below" else "min"
        series = Window("sum" if QUANTITIES[draft.quantity].accumulated else kind, of, draft.over)
    triggers, clears = ("<", ">=") if draft.side == "below" else (">=", "<")
    operator = clears if clear else triggers
    return f"{series_text(series)} {operator} {number_text(value, QUANTITIES[draft.quantity].unit)}"


def _cases(draft: Draft) -> Iterator[str]:
    """At and just short of each threshold, missing data, over and not yet over.

    The hour that decides is the last one given, behind hours that keep a window's other part out of
    the way.
    """
    step = 10.0 ** -QUANTITIES[draft.quantity].places
    meets, short = (-step, 0.0) if draft.side == "below" else (0.0, -step)
    below = "none"
    for name, threshold in draft.thresholds.items():
        yield _case(draft, f"just {name}", threshold + meets, f"level: {name}")
        yield _case(draft, f"just not {name}", threshold + short, f"level: {below}")
        below = name
    lowest = next(iter(draft.thresholds.values()))
    over, not_over = (0.0, -step) if draft.side == "below" else (-step, 0.0)
    yield _case(draft, "a missing hour", None, "level: unknown, clear: unknown")
    yield _case(draft, "over", draft.clear + over, "level: none, clear: true")
    if draft.clear + not_over != lowest + meets:
        yield _case(draft, "not yet over", draft.clear + not_over, "level: none, clear: false")


def _case(draft: Draft, name: str, value: float | None, expect: str) -> str:
    shown = "null" if value is None else number_text(value, "1")
    past = ""
    if draft.over > 1:
        before = 0.0 if QUANTITIES[draft.quantity].accumulated else value
        filled = "0" if before is None else number_text(before, "1")
        past = f"past: {{{draft.quantity}: [{', '.join([filled] * (draft.over - 1))}]}}, "
    return (f"name: {name}, given: {{{past}{draft.quantity}: [{shown}]}}, expect: {{{expect}}}")


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text or ":" in text else text
