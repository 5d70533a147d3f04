"""One condition in the words of each contestant, all with the same three values.

A condition is a tree of comparisons under `and`, `or` and `not`. Row engines answer 2 for true, 1 for
unknown and 0 for false. They work with two bits, as Kleene's logic can be done by any language that has
only two values: what is *true* although the missing hold for nothing, and what is *possible* if they
hold for everything. Where a row lacks nothing both are the same, and they are given the shorter form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Quantity -> its unit in the language, and the range the benches draw from, in eighths.
RANGES: dict[str, tuple[str, float, float]] = {
    "temperature": ("degC", -20, 20),
    "humidity": ("%", 20, 100),
    "precipitation": ("mm", 0, 20),
    "snowfall": ("mm", 0, 10),
    "visibility": ("m", 0, 2000),
    "wind_speed": ("m/s", 0, 25),
    "wind_gust": ("m/s", 0, 40),
    "pressure": ("hPa", 980, 1040),
}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Compare:
    quantity: str
    operator: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Join:
    word: str  # and, or
    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Tree


Tree = Compare | Join | Not


def draw_rules(count: int, seed: int = 7) -> list[Tree]:
    """`count` conditions of two to four comparisons each, as many of two as of four, nested, one in
    ten denied. Thresholds lie where few hours meet them, as a warning's do, and on values that do
    occur."""
    random = np.random.default_rng(seed)
    sizes = random.permutation(np.resize([2, 3, 4], count))
    return [_tree(random, int(size)) for size in sizes]


def comparisons(tree: Tree) -> list[Compare]:
    """Those in the tree, left to right."""
    match tree:
        case Compare():
            return [tree]
        case Join(_, parts):
            return [one for part in parts for one in comparisons(part)]
        case Not(part):
            return comparisons(part)


def _tree(random: np.random.Generator, size: int) -> Tree:
    parts: list[Tree] = [_comparison(random) for _ in range(size)]
    if random.random() < 0.1:
        parts[0] = Not(parts[0])
    if len(parts) > 2:
        parts = [parts[0], Join("or", (parts[1], parts[2])), *parts[3:]]
    return Join("and", tuple(parts))


def _comparison(random: np.random.Generator) -> Compare:
    quantity = str(random.choice(list(RANGES)))
    _, low, high = RANGES[quantity]
    tail = float(random.uniform(0.02, 0.15)) * (high - low)
    operator = str(random.choice(list(_NEGATED)))
    at = low + tail if operator in ("<", "<=") else high - tail
    return Compare(quantity, operator, round(at * 8) / 8)


def in_our_language(tree: Tree) -> str:
    match tree:
        case Compare(quantity, operator, threshold):
            return f"{quantity} {operator} {threshold!r} {RANGES[quantity][0]}"
        case Join(word, parts):
            return "(" + f" {word} ".join(in_our_language(p) for p in parts) + ")"
        case Not(part):
            return f"not {in_our_language(part)}"


def in_python(tree: Tree, kind: str = "plain") -> str:
    """`kind`: plain, for rows that lack nothing; true or possible where NaN is missing. NaN compares
    as false, so what is possible is what is not excluded by the opposite comparison."""
    match tree:
        case Compare(quantity, operator, threshold):
            if kind == "possible":
                return f"(not {quantity} {_NEGATED[operator]} {threshold!r})"
            return f"{quantity} {operator} {threshold!r}"
        case Join(word, parts):
            return "(" + f" {word} ".join(in_python(p, kind) for p in parts) + ")"
        case Not(part):
            return f"(not {in_python(part, _other(kind))})"


def in_zen(tree: Tree, kind: str = "plain") -> str:
    """The same in ZEN's expressions, where what is missing is null and a comparison with it an error:
    a number that decides for one side stands in for it."""
    match tree:
        case Compare(quantity, operator, threshold):
            if kind == "plain":
                return f"{quantity} {operator} {threshold!r}"
            holds = (operator in ("<", "<=")) == (kind == "possible")
            return f"({quantity} ?? {'-1000000' if holds else '1000000'}) {operator} {threshold!r}"
        case Join(word, parts):
            return "(" + f" {word} ".join(in_zen(p, kind) for p in parts) + ")"
        case Not(part):
            return f"(not ({in_zen(part, _other(kind))}))"


def in_polars(tree: Tree) -> Any:
    """polars has three values of its own: null is unknown, and & and | are Kleene's."""
    import polars as pl

    match tree:
        case Compare(quantity, operator, threshold):
            column = pl.col(quantity)
            at = pl.lit(threshold, pl.Float32)
            return {
                "<": column < at, "<=": column <= at, ">": column > at, ">=": column >= at,
            }[operator]  # fmt: skip
        case Join(word, parts):
            made = in_polars(parts[0])
            for part in parts[1:]:
                made = made & in_polars(part) if word == "and" else made | in_polars(part)
            return made
        case Not(part):
            return ~in_polars(part)


def _other(kind: str) -> str:
    return {"plain": "plain", "true": "possible", "possible": "true"}[kind]
