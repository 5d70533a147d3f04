"""Which steps a set of conditions needs, each once, and over which hours.

A `Step` stands for one distinct series, comparison or condition. Steps are looked up by what they are
when the book is bound and by identity after that, so that evaluating hashes no trees.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from alerting.rulebook.nodes import (
    Change,
    Compare,
    Condition,
    DayValue,
    Drop,
    Series,
    Term,
    Value,
    Window,
    looks_at_days,
    parts_of,
)


@dataclass(eq=False, slots=True)
class Step:
    """`lo` to `hi` are the rows it must give, relative to the current hour (hi excluded); `daily` is
    whether a day's value is compared in it; `readers` are the steps that read a series."""

    node: Series | Condition
    inputs: tuple[Step, ...]
    daily: bool
    lo: int = 0
    hi: int = 1
    readers: list[Step] = field(default_factory=list)

    def need(self, lo: int, hi: int) -> None:
        """Widen the rows it must give, and those of what it reads."""
        self.lo, self.hi = min(self.lo, lo), max(self.hi, hi)
        match self.node:
            case Term() as term:
                lo, hi = 1 - term.hours, (term.within or 0) + term.hours
            case Window() | Change() | Drop():
                lo -= looks_back(self.node)
            case _:
                pass
        for step in self.inputs:
            step.need(lo, hi)


@dataclass(slots=True)
class Plan:
    _steps: dict[Series | Condition, Step] = field(default_factory=dict)

    def step(self, node: Series | Condition) -> Step:
        """The one step for `node`."""
        found = self._steps.get(node)
        if found is None:
            inputs = tuple(self.step(n) for n in _read_by(node))
            daily = isinstance(node, Condition) and looks_at_days(node)
            found = self._steps[node] = Step(node, inputs, daily)
            found.need(0, 1)
            for read in inputs:
                read.readers.append(found)
        return found


def looks_back(series: Window | Change | Drop) -> int:
    """How many hours before the hour itself it reads."""
    return series.hours - 1 if isinstance(series, Window) else series.hours


def _read_by(node: Series | Condition) -> tuple[Series | Condition, ...]:
    match node:
        case Term() if node.days:
            return ()  # counted on the axis of days, see `days.py`
        case Compare(series):
            return () if isinstance(series, DayValue) or _of_days(series) else (series,)
        case Window(_, of, _) | Change(of, _) | Drop(of, _):
            return () if isinstance(of, DayValue) else (of,)
        case Value() | DayValue():
            return ()
        case _:
            return parts_of(node)


def _of_days(series: Series) -> bool:
    return isinstance(series, Change) and isinstance(series.of, DayValue)
