"""Whether comparisons can be true together: ranges of values, narrowed until nothing moves.

What one hour's values, windows, changes and drops have to do with each other is written as linear
inequalities. Narrowing ranges by them is sound: what is called impossible is so in any weather without
missing values. It is not complete: what is not called impossible may still be.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from alerting.rulebook.checks.clauses import Literal
from alerting.rulebook.nodes import (
    Change,
    Compare,
    DayValue,
    Drop,
    Observed,
    Series,
    Value,
    Window,
    base_quantity,
)
from alerting.vocabulary import QUANTITIES

# Sum of coefficient times variable, at most nought.
Inequality = dict[Hashable, Fraction]
# Rounds of narrowing; ranges that still move then are left as wide as they are.
ROUNDS = 60
ONE = Fraction(1)


@dataclass(slots=True)
class Range:
    """From `low` to `high`; an open end does not belong to it."""

    low: Fraction
    high: Fraction
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        return self.low > self.high or (
            self.low == self.high and (self.low_open or self.high_open)
        )

    def at_least(self, value: Fraction, open_: bool) -> bool:
        """Raise the low end; whether that moved it."""
        if value < self.low or (value == self.low and (self.low_open or not open_)):
            return False
        self.low, self.low_open = value, open_
        return True

    def at_most(self, value: Fraction, open_: bool) -> bool:
        if value > self.high or (value == self.high and (self.high_open or not open_)):
            return False
        self.high, self.high_open = value, open_
        return True

    def meet(self, operator: str, value: Fraction) -> None:
        if operator in (">", ">=", "="):
            self.at_least(value, operator == ">")
        if operator in ("<", "<=", "="):
            self.at_most(value, operator == "<")

    @property
    def inside(self) -> Fraction:
        """Some value of it."""
        if not self.low_open and not self.high_open:
            return self.low
        return (self.low + self.high) / 2


Ranges = dict[Hashable, Range]
_DENIED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def possible(literals: Collection[Literal]) -> bool:
    """Whether these comparisons, of the fields and of observations, can be true at one hour."""
    ranges: Ranges = {}
    lengths: dict[str, set[int]] = {}
    series: dict[Series, None] = {}
    for node, _ in literals:
        if isinstance(node, Compare):
            series[node.series] = None
            lengths.setdefault(base_quantity(node.series), {1}).update(_lengths(node.series))
    for quantity, known in lengths.items():
        for hours in known:
            for kind in ("min", "mean", "max"):
                ranges[kind, quantity, hours] = _physical(quantity)
    rules = [one for quantity, known in lengths.items() for one in _of_windows(quantity, known)]
    for one in series:
        rules += _of_series(one, ranges)
    for node, so in literals:
        if isinstance(node, Compare):
            key, factor = _variable(node.series)
            _meet(ranges[key], node.operator, _exact(node.threshold) / factor, so)
        elif isinstance(node, Observed):
            own = ranges.setdefault(("observed", node.quantity), _physical(node.quantity))
            _meet(own, node.operator, _exact(node.threshold), so)
    return _narrow(ranges, rules)


def steady(literals: Collection[Literal]) -> dict[str, Fraction] | None:
    """Values of the quantities that, unchanged for ever, make all of these comparisons true; None
    where there are none. A change or drop is not bound to them: it says how the weather came there."""
    ranges: Ranges = {}
    for node, so in literals:
        if isinstance(node, Observed):
            own = ranges.setdefault(node.quantity, _physical(node.quantity))
            _meet(own, node.operator, _exact(node.threshold), so)
        elif isinstance(node, Compare):
            quantity, factor = base_quantity(node.series), ONE
            key: Hashable = quantity
            if isinstance(node.series, Change | Drop):
                key = node.series
            elif isinstance(node.series, Window) and node.series.kind == "sum":
                factor = Fraction(node.series.hours)
            own = ranges.setdefault(key, _physical(quantity) if key == quantity else _span(quantity))
            _meet(own, node.operator, _exact(node.threshold) / factor, so)
    if any(one.empty for one in ranges.values()):
        return None
    return {key: one.inside for key, one in ranges.items() if isinstance(key, str)}


# --- variables and what binds them ----------------------------------------------------------------
def _variable(series: Series) -> tuple[Hashable, Fraction]:
    """The variable a series is, and how many of it; a sum is so many means."""
    match series:
        case Value(quantity):
            return ("mean", quantity, 1), ONE
        case Window("sum", of, hours):
            return ("mean", of.quantity, hours), Fraction(hours)
        case Window(kind, of, hours):
            return (kind, of.quantity, hours), ONE
        case _:
            return series, ONE


def _lengths(series: Series) -> set[int]:
    match series:
        case Window(_, _, hours):
            return {hours}
        case Drop(_, hours) | Change(Value(), hours):
            return {hours + 1}
        case _:
            return set()


def _of_windows(quantity: str, lengths: set[int]) -> Iterator[Inequality]:
    """Windows that end at one hour: a longer one reaches at least as far down and up."""
    known = sorted(lengths)
    for hours in known:
        low, mean, high = (_of(kind, quantity, hours) for kind in ("min", "mean", "max"))
        yield _at_most(low, mean)
        yield _at_most(mean, high)
        if hours == 1:
            yield _at_most(high, low)
    for n, short in enumerate(known):
        for long in known[n + 1 :]:
            rest = Fraction(long - short)
            yield _at_most(_of("min", quantity, long), _of("min", quantity, short))
            yield _at_most(_of("max", quantity, short), _of("max", quantity, long))
            sums: Inequality = {
                _of("mean", quantity, long): Fraction(long),
                _of("mean", quantity, short): -Fraction(short),
            }
            # The hours that only the longer one has lie between its lowest and its highest.
            yield sums | {_of("max", quantity, long): -rest}
            yield {k: -v for k, v in sums.items()} | {_of("min", quantity, long): rest}
            if QUANTITIES[quantity].low >= 0:
                yield {k: -v for k, v in sums.items()}


def _of_series(series: Series, ranges: Ranges) -> list[Inequality]:
    """A change, a drop or a day's value gets its range here, and what binds it."""
    quantity = base_quantity(series)
    now = _of("mean", quantity, 1)
    match series:
        case Drop(_, hours):
            ranges[series] = _span(quantity)
            ranges[series].at_least(Fraction(0), False)
            highest = _of("max", quantity, hours + 1)
            exact: Inequality = {series: ONE, now: ONE, highest: -ONE}
            return [exact, {k: -v for k, v in exact.items()}]
        case Change(Value(), hours):
            ranges[series] = _span(quantity)
            lowest, highest = (_of(kind, quantity, hours + 1) for kind in ("min", "max"))
            return [{series: ONE, now: -ONE, lowest: ONE}, {series: -ONE, now: ONE, highest: -ONE}]
        case DayValue():
            days = [DayValue("min", quantity), DayValue("mean", quantity), DayValue("max", quantity)]
            for one in days:
                ranges.setdefault(one, _physical(quantity))
            return [_at_most(days[0], days[1]), _at_most(days[1], days[2])]
        case Change():
            ranges[series] = _span(quantity)
        case _:
            pass
    return []


def _of(kind: str, quantity: str, hours: int) -> Hashable:
    return (kind, quantity, hours)


def _at_most(a: Hashable, b: Hashable) -> Inequality:
    return {a: ONE, b: -ONE}


def _physical(quantity: str) -> Range:
    """What lies outside is taken as missing when it comes in."""
    return Range(_exact(QUANTITIES[quantity].low), _exact(QUANTITIES[quantity].high))


def _span(quantity: str) -> Range:
    most = _exact(QUANTITIES[quantity].high) - _exact(QUANTITIES[quantity].low)
    return Range(-most, most)


def _meet(own: Range, operator: str, value: Fraction, so: bool) -> None:
    if so:
        own.meet(operator, value)
    elif operator != "=":  # that a value is not one number narrows no range
        own.meet(_DENIED[operator], value)


def _exact(value: float) -> Fraction:
    return Fraction(str(value))  # as it is written: 0.1 is a tenth


# --- narrowing ------------------------------------------------------------------------------------
def _narrow(ranges: Ranges, rules: list[Inequality]) -> bool:
    """Whether every range still holds something when no rule narrows any further."""
    for _ in range(ROUNDS):
        if any(one.empty for one in ranges.values()):
            return False
        moved = [_apply(rule, ranges) for rule in rules]
        if not any(moved):
            break
    return not any(one.empty for one in ranges.values())


def _apply(rule: Inequality, ranges: Ranges) -> bool:
    moved = False
    for key, factor in rule.items():
        rest, open_ = Fraction(0), False
        for other, by in rule.items():
            if other != key:
                own = ranges[other]
                rest -= by * (own.low if by > 0 else own.high)
                open_ |= own.low_open if by > 0 else own.high_open
        narrow = ranges[key].at_most if factor > 0 else ranges[key].at_least
        moved |= narrow(rest / factor, open_)
    return moved
