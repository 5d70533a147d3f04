"""Why a level holds at a column, or does not: the hours, values, thresholds and where they came from.

It looks at one column with the same planes that decided, so that an explanation cannot disagree with
its verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.answers import Reader
from alerting.rulebook.binding import BindFacts
from alerting.rulebook.compare import SLACK, compare
from alerting.rulebook.evaluate import Bound, need_all
from alerting.rulebook.nodes import (
    HOURLY,
    And,
    Compare,
    Condition,
    Fact,
    Masked,
    Not,
    Observed,
    Official,
    Or,
    Series,
    Term,
    base_quantity,
    is_daily,
    series_text,
    text_of,
    walk,
)
from alerting.rulebook.plan import Plan
from alerting.rulebook.planes import Bits, Bools, unpacked
from alerting.rulebook.tile import Tile
from alerting.signals import HOUR, Floats
from alerting.vocabulary import Level
from alerting.weather.sight import Daily, Sight, held_level

State = Literal["true", "unknown", "false", "undecidable"]


class Told(Protocol):
    """Where one value comes from, as the fields know it."""

    @property
    def source(self) -> str: ...
    @property
    def issued(self) -> datetime | None: ...
    @property
    def kind(self) -> str: ...


Origin = Callable[[str, int, int], Told]  # of (quantity, column, row)


@dataclass(frozen=True, slots=True)
class Reason:
    """One comparison or fact, and what speaks for or against it.

    Of a comparison, `value` is the extreme over the hours `first` to `last`, reached `at`; the hours
    are the stretch that meets the term, the missing hours of an unknown one, or all hours looked at
    where it is false (then `value` is the nearest miss). Times are UTC.
    """

    text: str
    state: State
    quantity: str = ""
    series: str = ""
    operator: str = ""
    threshold: float | None = None
    unit: str = ""
    value: float | None = None
    at: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    derived: bool = False
    source: str = ""
    issued: datetime | None = None


@dataclass(frozen=True, slots=True)
class LevelWhy:
    """`onset` and `until` are the first and last stamp of the first stretch that meets the level."""

    state: State
    text: str
    onset: datetime | None
    until: datetime | None
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...] = ()  # what no configured source can say


@dataclass(frozen=True, slots=True)
class Why:
    """The levels of a rule at a column, by name from the lowest up, and its clear."""

    rule: str
    column: int
    now: datetime
    levels: dict[str, State]
    details: dict[str, LevelWhy]
    clear: LevelWhy | None

    @property
    def level(self) -> int:
        """The highest level that is true, 0 for none; the official floor is not looked at."""
        return max((int(Level[n]) for n, s in self.levels.items() if s == "true"), default=0)

    def stretch(self, level: int) -> tuple[datetime | None, datetime | None]:
        """Onset and end of the first stretch that meets `level`, or the highest true level below."""
        for name in reversed(self.details):
            if int(Level[name]) <= level and self.levels[name] == "true":
                return self.details[name].onset, self.details[name].until
        return None, None

    def json(self) -> dict[str, Any]:
        made: dict[str, Any] = _plain(self)
        return made


def explain(
    bound: Bound, rule_id: str, sight: Sight, column: int, origin: Origin | None = None
) -> Why:
    """Why `rule_id` stands as it does at `column` of `sight`, fired or not. `origin` says where the
    value of a quantity at (column, row) came from."""
    rule = bound.rule(rule_id).rule
    narrow = _narrow(sight, rule.quantities, column)
    one = bound.alone(rule, BindFacts.of(narrow, rule.place))
    verdict = one.evaluate(narrow)[0]
    teller = _Teller(one, rule_id, narrow, column, origin)
    states: dict[str, State] = {}
    details: dict[str, LevelWhy] = {}
    settled = one.rule(rule_id)
    missing = one.undecidable_at(rule_id, 0, 1)
    for n, (name, step) in enumerate(rule.levels.items()):
        state = _state(verdict.true[n, 0], verdict.possible[n, 0], verdict.undecidable[n, 0])
        states[name] = state
        details[name] = teller.tell(settled.levels[n].when, state, step.text, missing.get(name, []))
    clear = None
    if settled.clear is not None:
        state = _state(verdict.clear_true[0], verdict.clear_possible[0],
                       bool(settled.clear.undecidable[0]))  # fmt: skip
        clear = teller.tell(settled.clear.when, state, rule.clear_text, missing.get("clear", []))
    return Why(rule_id, column, sight.now, states, details, clear)


def _state(true: Any, possible: Any, undecidable: Any) -> State:
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


class _Teller:
    def __init__(
        self, bound: Bound, rule_id: str, sight: Sight, column: int, origin: Origin | None
    ) -> None:
        self._sight, self._column, self._origin = sight, column, origin
        self._masks = bound.masks_of(rule_id)
        self._tile = Tile(sight, 0, 1, self._masks)
        self._reader = Reader(self._tile)
        self._plan = Plan()

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
                says = bool(_only(self._tile.says(mask)))
                return _Stretch(
                    inner.true and says, inner.possible and says, inner.onset, inner.until,
                    inner.reasons if says else (),
                )  # fmt: skip
            case _:
                true, possible = _only(self._reader.facts.planes(cast(Fact, node))).tolist()
                return _Stretch(true, possible, now, now, (self._fact(node, true, possible),))

    def _fact(self, node: Condition, true: bool, possible: bool) -> Reason:
        state = _state(true, possible, False)
        if isinstance(node, Observed):
            held = self._sight.observed.get(node.quantity)
            value = None if held is None or np.isnan(held[0]) else float(held[0])
            return Reason(text_of(node), state, node.quantity, node.quantity, node.operator,
                          node.threshold, node.unit, value)  # fmt: skip
        if isinstance(node, Official):
            level = float(held_level(self._sight.facts.warning(node.hazard)[:1])[0])
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
        true, possible = self._planes(term)
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
            else Reason(text_of(leaf), _state(met, maybe, False))
            for leaf in leaves
        )  # fmt: skip
        return _Stretch(met, maybe, onset, until, reasons)

    def _planes(self, term: Term) -> tuple[Bools, Bools]:
        """Of the term's condition, over all rows of the sight."""
        step = Plan().step(term.condition)
        need_all(step, self._sight)
        # Read alone: the tile keeps what an earlier, narrower need has computed.
        tile = Tile(self._sight, 0, 1, self._masks)
        planes = _only(tile.planes(step))[:, -tile.rows(step)[0] :]
        limit = self._reader.last_rows(step.daily, term.condition)[0]
        inside = np.arange(self._sight.rows) <= limit
        return planes[0] & inside, planes[-1] & inside

    def _days(self, term: Term) -> tuple[bool, bool, int, int]:
        step = Plan().step(term)
        true, possible, _ = _only(self._reader.answer(step)).tolist()
        day_of_hour, complete = self._tile.days.calendar()
        now = self._sight.now_row
        if not true:
            return False, possible, now, now
        met = _only(self._tile.days.planes(term.condition))[0]
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
        values = self._values(leaf.series)
        limit = int(self._reader.last_rows(is_daily(leaf.series), leaf)[0])
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

    def _values(self, series: Series) -> Floats:
        """The series at every row of the sight; a day's value where it is complete."""
        if is_daily(series):
            low, high = self._tile.days.bounds(series)
            exact = np.where(low[:, 0] == high[:, 0], low[:, 0], np.nan)
            day = self._tile.days.calendar()[0]
            if not len(exact):
                return np.full(self._sight.rows, np.nan, np.float32)
            return np.where(day >= 0, exact[np.maximum(day, 0)], np.nan).astype(np.float32)
        step = self._plan.step(series)
        need_all(step, self._sight)
        # Read alone: the tile keeps what an earlier, narrower need has computed.
        tile = Tile(self._sight, 0, 1, [])
        return tile.series(step)[-tile.rows(step)[0] :, 0]

    def _from(self, quantity: str, row: int | None) -> tuple[str, datetime | None, bool]:
        if self._origin is None or row is None:
            return "", None, False
        said = self._origin(quantity, self._column, row)
        return said.source, said.issued, said.kind == "derived"


def _holds(leaf: Compare, value: float) -> State:
    made = compare(np.array([value], np.float32), leaf.operator, leaf.threshold, SLACK)
    return "true" if made[0] else "false"


def _only(bits: Bits) -> Bools:
    """What is said of the one column looked at."""
    return unpacked(bits, 1)[..., 0]


def _first_stretch(plane: Bools, first: int, latest: int, length: int) -> int | None:
    """The first start in [first, latest] from which `length` rows are all true."""
    for start in range(first, min(latest, len(plane) - length) + 1):
        if plane[start : start + length].all():
            return start
    return None


def _speaking(reasons: tuple[Reason, ...], state: State) -> tuple[Reason, ...]:
    """The reasons that decide: the true ones of what is true, the unknown ones of what is unknown."""
    chosen = [r for r in reasons if r.state == state]
    return tuple(chosen) if chosen else reasons


# --- a sight of one column ------------------------------------------------------------------------
class _FactsAt:
    def __init__(self, sight: Sight, column: int) -> None:
        self._facts, self._at = sight.facts, slice(column, column + 1)
        self.can_warn = sight.facts.can_warn
        self.season, self.holiday = sight.facts.season, sight.facts.holiday
        self.on_day, self.incident = sight.facts.on_day, sight.facts.incident

    def warning(self, hazard: str) -> NDArray[np.int8]:
        return self._facts.warning(hazard)[self._at]

    def reported(self, word: str) -> NDArray[np.int8]:
        return self._facts.reported(word)[self._at]


def _narrow(sight: Sight, quantities: frozenset[str], column: int) -> Sight:
    at = slice(column, column + 1)

    def each(held: Any) -> dict[str, Any]:
        return {q: np.asarray(v)[..., at] for q, v in held.items() if q in quantities}

    values = each(sight.values)
    if not values:  # a rule of facts alone still needs the rows
        values = {"": np.full((sight.rows, 1), np.nan, np.float32)}
    daily = {
        q: {
            kind: Daily(d.low[:, at], d.high[:, at], d.day_of_hour, d.complete_row)
            for kind, d in kinds.items()
        }
        for q, kinds in sight.daily.items()
        if q in quantities
    }
    return Sight(
        sight.now, sight.zone, sight.first, sight.now_row, values, sight.horizon[at],
        each(sight.can_say), each(sight.observed), each(sight.can_observe), daily,
        _FactsAt(sight, column), sight.derived, {q: h[at] for q, h in sight.horizons.items()},
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | Iterator):
        return [_plain(v) for v in value]
    if isinstance(value, Why | LevelWhy | Reason):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    return value
