"""What is told of one column: which parts of a condition speak for or against it, and since when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from alerting.rulebook.closeup import CloseUp
from alerting.rulebook.compare import SLACK, compare
from alerting.rulebook.nodes import (
    HOURLY,
    And,
    Compare,
    Condition,
    Masked,
    Not,
    Observed,
    Official,
    Or,
    Term,
    base_quantity,
    series_text,
    text_of,
    walk,
)
from alerting.rulebook.planes import Bools
from alerting.rulebook.why import LevelWhy, Reason, State
from alerting.signals import HOUR


class Told(Protocol):
    """Where one value comes from, as the fields know it."""

    @property
    def source(self) -> str: ...
    @property
    def issued(self) -> datetime | None: ...
    @property
    def kind(self) -> str: ...


Origin = Callable[[str, int, int], Told]  # of (quantity, column, row)


def state_of(true: Any, possible: Any, undecidable: Any) -> State:
    if true:
        return "true"
    if undecidable:
        return "undecidable"
    return "unknown" if possible else "false"


@dataclass(frozen=True, slots=True)
class _Stretch:
    true: bool
    possible: bool
    onset: int
    until: int
    reasons: tuple[Reason, ...]


class Teller:
    """Tells of the column at `at` of a close look; it is `column` of the fields, for their origins."""

    def __init__(self, look: CloseUp, at: int, column: int, origin: Origin | None) -> None:
        self._look, self._at, self._column, self._origin = look, at, column, origin
        self._sight = look.sight

    def tell(self, when: Condition, state: State, text: str, missing: list[str]) -> LevelWhy:
        found = self._part(when)
        reasons = _speaking(found.reasons, state)
        onset = until = None
        if state == "true":
            onset, until = self._stamp(found.onset), self._stamp(found.until)
        return LevelWhy(state, text, onset, until, reasons, tuple(missing))

    def _stamp(self, row: int) -> datetime:
        return self._sight.first + row * HOUR

    def _part(self, node: Condition) -> _Stretch:
        now = self._sight.now_row
        match node:
            case Term():
                return self._term(node)
            case And(parts) | Or(parts):
                every = [self._part(p) for p in parts]
                met = [p for p in every if p.true]
                reasons = tuple(r for p in every for r in p.reasons)
                if isinstance(node, And):
                    true = len(met) == len(every)
                    possible = all(p.possible for p in every)
                    onset = max(p.onset for p in every)
                    until = max(onset, min(p.until for p in every))
                else:
                    true, possible = bool(met), any(p.possible for p in every)
                    first = min(met or every, key=lambda p: p.onset)
                    onset, until = first.onset, first.until
                    if met:
                        reasons = tuple(r for p in met for r in p.reasons)
                return _Stretch(true, possible, onset, until, reasons)
            case Not(part):
                inner = self._part(part)
                return _Stretch(not inner.possible, not inner.true, now, now, inner.reasons)
            case Masked(part, mask):
                inner = self._part(part)
                says = bool(self._look.says(mask)[self._at])
                return _Stretch(
                    inner.true and says, inner.possible and says, inner.onset, inner.until,
                    inner.reasons if says else (),
                )  # fmt: skip
            case _:
                true, possible = self._look.answer(node)[self._at].tolist()
                return _Stretch(true, possible, now, now, (self._fact(node, true, possible),))

    def _fact(self, node: Condition, true: bool, possible: bool) -> Reason:
        state = state_of(true, possible, False)
        if isinstance(node, Observed):
            held = self._sight.observed.get(node.quantity)
            value = None if held is None or np.isnan(held[self._at]) else float(held[self._at])
            return Reason(text_of(node), state, node.quantity, node.quantity, node.operator,
                          node.threshold, node.unit, value)  # fmt: skip
        if isinstance(node, Official):
            level = float(self._look.warned(node.hazard)[self._at])
            return Reason(
                text_of(node),
                state,
                operator=node.operator,
                threshold=float(node.level),
                value=None if state == "unknown" else level,
            )
        return Reason(text_of(node), state)

    # --- terms ------------------------------------------------------------------------------------
    def _term(self, term: Term) -> _Stretch:
        now = self._sight.now_row
        true, possible = (plane[self._at] for plane in self._look.hourly(term))
        length = term.hours if not term.days else 1
        reach = min(now + (term.within or 0), len(true) - 1)
        first = max(now + 1 - length, 0)
        if term.days:
            met, maybe, onset, until = self._days(term)
        else:
            start = _first_stretch(true, first, reach, length)
            met = start is not None
            maybe = _first_stretch(possible, first, reach, length) is not None
            onset, until = (start, start) if start is not None else (now, now)
            if met:
                while onset > 0 and true[onset - 1]:
                    onset -= 1
                while until + 1 < len(true) and true[until + 1]:
                    until += 1
        looked = (onset, until) if met else (now, min(reach + length - 1, len(true) - 1))
        leaves = [n for n in walk(term.condition) if isinstance(n, HOURLY)]
        reasons = tuple(
            self._comparison(leaf, looked, met) if isinstance(leaf, Compare)
            else Reason(text_of(leaf), state_of(met, maybe, False))
            for leaf in leaves
        )  # fmt: skip
        return _Stretch(met, maybe, onset, until, reasons)

    def _days(self, term: Term) -> tuple[bool, bool, int, int]:
        true, possible, _ = self._look.answer(term)[self._at].tolist()
        day_of_hour, complete = self._look.calendar()
        now = self._sight.now_row
        if not true:
            return False, possible, now, now
        met = self._look.days(term.condition)[self._at]
        first = max(int(day_of_hour[now]) + 1 - term.days, 0)
        start = _first_stretch(met, first, len(met) - term.days, term.days)
        assert start is not None
        end = start + term.days - 1
        while start > 0 and met[start - 1]:
            start -= 1
        begins = int(complete[start]) - 23
        return True, True, begins, int(complete[end])

    def _comparison(self, leaf: Compare, looked: tuple[int, int], met: bool) -> Reason:
        quantity = base_quantity(leaf.series)
        values = self._look.series(leaf.series)[self._at]
        limit = int(self._look.last_rows(leaf)[self._at])
        lo = max(looked[0], 0)
        hi = max(min(looked[1], limit, len(values) - 1), lo)
        hours = values[lo : hi + 1]
        known = np.flatnonzero(~np.isnan(hours))
        row = value = None
        if len(known):
            best = np.argmin if leaf.operator in ("<", "<=", "=") else np.argmax
            row = lo + int(known[best(hours[known])])
            value = float(values[row])
        state = "unknown" if value is None else _holds(leaf, value)
        if not met and state == "false" and len(known) < len(hours):
            # What is known does not meet it; what is missing might.
            state, row, value = "unknown", None, None
            gaps = np.flatnonzero(np.isnan(hours))
            lo, hi = lo + int(gaps[0]), lo + int(gaps[-1])
        source, issued, derived = self._from(quantity, row)
        return Reason(
            text=text_of(leaf), state=state, quantity=quantity, series=series_text(leaf.series),
            operator=leaf.operator, threshold=leaf.threshold, unit=leaf.unit, value=value,
            at=None if row is None else self._stamp(row),
            first=self._stamp(lo), last=self._stamp(hi),
            derived=quantity in self._sight.derived or derived, source=source, issued=issued,
        )  # fmt: skip

    def _from(self, quantity: str, row: int | None) -> tuple[str, datetime | None, bool]:
        if self._origin is None or row is None:
            return "", None, False
        said = self._origin(quantity, self._column, row)
        return said.source, said.issued, said.kind == "derived"


def _holds(leaf: Compare, value: float) -> State:
    made = compare(np.array([value], np.float32), leaf.operator, leaf.threshold, SLACK)
    return "true" if made[0] else "false"


def _first_stretch(plane: Bools, first: int, latest: int, length: int) -> int | None:
    """The first start in [first, latest] from which `length` rows are all true."""
    met = 0
    for row, is_met in enumerate(plane[first : latest + length].tolist(), start=first):
        met = met + 1 if is_met else 0
        if met == length:
            return row + 1 - length
    return None


def _speaking(reasons: tuple[Reason, ...], state: State) -> tuple[Reason, ...]:
    """The reasons that decide: the true ones of what is true, the unknown ones of what is unknown."""
    chosen = [r for r in reasons if r.state == state]
    return tuple(chosen) if chosen else reasons
