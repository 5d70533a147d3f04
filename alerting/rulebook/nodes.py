"""What a rule's text says, as a tree of plain values.

Nodes compare by content, so that the same comparison in two rules is the same node and is computed
once. Thresholds are already in the vocabulary's units, durations in whole hours. `text_of` turns a
node back into the language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerting.vocabulary import Level

Operator = Literal["<", "<=", ">", ">=", "="]


# --- what is compared: one number an hour ---------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Value:
    """A quantity as it is at the hour."""

    quantity: str


@dataclass(frozen=True, slots=True)
class Window:
    """sum, min, max or mean over the `hours` stamps that end at the hour."""

    kind: Literal["sum", "min", "max", "mean"]
    of: Value
    hours: int


@dataclass(frozen=True, slots=True)
class DayValue:
    """The lowest, highest or mean value of the local day in which the hour lies."""

    kind: Literal["min", "max", "mean"]
    quantity: str


@dataclass(frozen=True, slots=True)
class Change:
    """The value now less the value `hours` ago; for a day's value, whole days ago."""

    of: Value | DayValue
    hours: int


@dataclass(frozen=True, slots=True)
class Drop:
    """The highest of now and the `hours` before, less the value now."""

    of: Value
    hours: int


Series = Value | Window | DayValue | Change | Drop


# --- true, false or unknown, hour by hour ---------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Compare:
    series: Series
    operator: Operator
    threshold: float
    unit: str


@dataclass(frozen=True, slots=True)
class Between:
    """Local time of day, in minutes after midnight, both ends included; may wrap midnight."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OnDay:
    kind: str


# --- true, false or unknown, at one moment --------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Term:
    """Some stretch of `hours` stamps (or `days` local days) that meets `condition` is under way now
    or begins within `within` hours. `within` None looks at now only."""

    condition: Condition
    hours: int = 1
    days: int = 0
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    quantity: str
    operator: Operator
    threshold: float
    unit: str


@dataclass(frozen=True, slots=True)
class Official:
    """An official warning in force at the place."""

    hazard: str
    operator: Operator
    level: Level


@dataclass(frozen=True, slots=True)
class Season:
    name: str


@dataclass(frozen=True, slots=True)
class Holiday:
    name: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A bulletin of an incident of that kind came within the last `hours`."""

    incident: str
    hours: int


@dataclass(frozen=True, slots=True)
class Reported:
    word: str


Fact = Observed | Official | Season | Holiday | Happened | Reported


# --- joined ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class Masked:
    """Made when a book is bound: `part` says nothing (is false) in the columns of mask `mask`, for no
    configured source can decide it there."""

    part: Condition
    mask: int


Condition = Compare | Between | OnDay | Term | Fact | And | Or | Not | Masked
HOURLY = (Compare, Between, OnDay)
FACTS = (Observed, Official, Season, Holiday, Happened, Reported)


def parts_of(node: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside a condition."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part) | Masked(part):
            return (part,)
        case Term():
            return (node.condition,)
        case _:
            return ()


def walk(node: Condition) -> Iterator[Condition]:
    """The condition and every condition in it, outermost first, left to right."""
    yield node
    for part in parts_of(node):
        yield from walk(part)


def base_quantity(series: Series) -> str:
    return series.quantity if isinstance(series, Value | DayValue) else base_quantity(series.of)


def is_daily(series: Series) -> bool:
    return isinstance(series, DayValue) or (
        isinstance(series, Change) and isinstance(series.of, DayValue)
    )


def looks_at_days(node: Condition) -> bool:
    """Whether a day's value is compared anywhere in the condition."""
    return any(isinstance(n, Compare) and is_daily(n.series) for n in walk(node))


# --- back to text ---------------------------------------------------------------------------------
def series_text(series: Series) -> str:
    match series:
        case Value(quantity):
            return quantity
        case DayValue(kind, quantity):
            return f"daily_{kind}({quantity})"
        case Window(kind, of, hours):
            return f"{kind}({of.quantity}, {hours} h)"
        case Change(of, hours):
            return f"change({series_text(of)}, {hours} h)"
        case Drop(of, hours):
            return f"drop({of.quantity}, {hours} h)"


def number_text(value: float, unit: str) -> str:
    """A number as the language writes it: `50 m`, `95 %`, `38`."""
    shown = f"{value:.4f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
    return shown if unit == "1" else f"{shown} {'%' if unit == 'percent' else unit}"


def clock_text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def text_of(node: Condition) -> str:
    """The condition in the rule language; it parses to the same node again."""
    match node:
        case Compare(series, operator, threshold, unit):
            return f"{series_text(series)} {operator} {number_text(threshold, unit)}"
        case Between(start, end):
            return f"between {clock_text(start)} and {clock_text(end)}"
        case OnDay(kind):
            return f"on {kind}"
        case Observed(quantity, operator, threshold, unit):
            return f"observed {quantity} {operator} {number_text(threshold, unit)}"
        case Official(hazard, operator, level):
            return f"warning {hazard} {operator} {level.name}"
        case Season(name):
            return f"season {name}"
        case Holiday(name):
            return f"holiday {name}"
        case Happened(incident, hours):
            return f"incident {incident} within {hours} h"
        case Reported(word):
            return f"reported {word}"
        case Masked(part):
            return text_of(part)
        case Not(part):
            return f"not {_nested(part)}"
        case And(parts):
            return " and ".join(_nested(p) for p in parts)
        case Or(parts):
            return " or ".join(_nested(p) if isinstance(p, Or) else text_of(p) for p in parts)
        case Term(condition, hours, days, within):
            length = f" for {days} d" if days else f" for {hours} h" if hours > 1 else ""
            ahead = "" if within is None else f" within {within} h"
            inside = text_of(condition)
            return f"({inside}{length}){ahead}" if length or ahead else inside


def _nested(node: Condition) -> str:
    inside = node.condition if isinstance(node, Term) and text_of(node)[0] != "(" else node
    return f"({text_of(node)})" if isinstance(inside, And | Or) else text_of(node)
