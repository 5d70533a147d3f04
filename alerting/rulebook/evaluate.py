"""The whole book over all columns at once.

`bind` settles what can be decided where and lays out one plan for each kind of place. `evaluate` then
walks the columns in tiles that fit the cache. In a tile every rule asks for the steps it needs
(`tile.py` gives conditions hour by hour); here hours become one answer a column: a term is true where
some stretch of hours meets it, terms and facts are joined, and the levels of a rule are its verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from alerting.errors import BadInput
from alerting.rulebook.binding import Binder, BindFacts, BoundLevel
from alerting.rulebook.book import Book, Rule
from alerting.rulebook.heard import Heard
from alerting.rulebook.nodes import (
    And,
    Condition,
    Happened,
    Holiday,
    Masked,
    Not,
    Observed,
    Official,
    Or,
    Reported,
    Season,
    Term,
    text_of,
)
from alerting.rulebook.plan import Plan, Step
from alerting.rulebook.tile import COMPARE, Bools, Planes, Scratch, Tile, compare
from alerting.rulebook.windows import rolling
from alerting.vocabulary import Level
from alerting.weather.sight import Sight, held_level

TILE = 2048  # columns; 72 rows of float32 are then 576 KiB a quantity
HOUR = timedelta(hours=1)
GAP = timedelta(hours=6)  # from clearing to opening, up to which it is the same alert


@dataclass(slots=True)
class Verdict:
    """What a rule says of the columns [lo, hi), n of them; levels run from the lowest up.

    `under_way` says where a level that is true has begun already. `ahead_*` are the lowest level within
    the rule's reach and the gap. `floor` is the official level on the rule's ladder, 0 for none. Only
    columns in `applies` belong to the rule (its tags); elsewhere all is false.
    """

    rule: Rule
    lo: int
    hi: int
    applies: Bools  # [n]
    true: Bools  # [levels, n]
    possible: Bools  # [levels, n]
    under_way_levels: Bools  # [levels, n]
    undecidable: Bools  # [levels, n]
    clear_true: Bools  # [n], at the current hour
    clear_possible: Bools
    ahead_true: Bools  # [n]
    ahead_possible: Bools
    floor: NDArray[np.int8]  # [n]
    facts_only: bool

    @property
    def under_way(self) -> Bools:
        """[n]: whether the highest level that is believed here has begun; an official one has."""
        made = self.floor > 0
        for n, level in enumerate(self.rule.ladder):
            decides = self.true[n] & (self.floor <= level)
            made = np.where(decides, self.under_way_levels[n], made)
        return made


@dataclass(slots=True)
class BoundRule:
    """A rule over the columns of its kind of place, with the steps that answer it."""

    rule: Rule
    applies: Bools
    levels: tuple[BoundLevel, ...]
    clear: BoundLevel | None
    steps: tuple[Step, ...]  # one a level
    ahead: Step
    clear_step: Step | None

    @property
    def undecidable(self) -> Bools:
        return np.array([level.undecidable for level in self.levels])


@dataclass(slots=True)
class _Group:
    """The rules of one kind of place, and its columns."""

    lo: int
    hi: int
    masks: list[Bools]
    rules: list[BoundRule]


class Answer(NamedTuple):
    """One answer a column: true, true or unknown, and true with what is under way alone."""

    true: Bools
    possible: Bools
    begun: Bools


def bind(book: Book, facts: BindFacts, gap: timedelta = GAP) -> Bound:
    """The book over the places' columns. `gap` is the config's, for clearing."""
    return Bound(book.rules, facts, gap)


class Bound:
    """Rules bound to columns. A bound book is made anew when the book, the places or the sources
    change, and holds nothing that changes in between."""

    def __init__(self, rules: Sequence[Rule], facts: BindFacts, gap: timedelta = GAP) -> None:
        self._gap = gap
        self._scratch = Scratch()
        self._groups: list[_Group] = []
        self._rules = {rule.id: rule for rule in rules}
        self._bound: dict[str, tuple[_Group, BoundRule]] = {}
        self._alone: dict[tuple[Any, ...], Bound] = {}
        for kind in dict.fromkeys(rule.place for rule in rules):
            binder, plan = Binder(facts, kind), Plan()
            made = [_bind(rule, binder, plan, gap) for rule in rules if rule.place == kind]
            group = _Group(binder.lo, binder.hi, binder.masks, made)
            self._groups.append(group)
            self._bound |= {one.rule.id: (group, one) for one in made}

    # --- the whole book ---------------------------------------------------------------------------
    def evaluate(self, sight: Sight) -> list[Verdict]:
        """A verdict for each rule, in the book's order."""
        made: dict[str, Verdict] = {}
        sight = replace(sight, facts=Heard(sight.facts))
        for group in self._groups:
            verdicts = [_blank(one, group) for one in group.rules]
            for left in range(group.lo, group.hi, TILE):
                right = min(left + TILE, group.hi)
                at = slice(left - group.lo, right - group.lo)
                tile = Tile(sight, left, right, [m[at] for m in group.masks], self._scratch)
                reader = Reader(tile)
                for one, verdict in zip(group.rules, verdicts, strict=True):
                    _fill(verdict, one, reader, at)
                tile.close()
            made |= {v.rule.id: v for v in verdicts}
        return [made[rule] for rule in self._rules]

    # --- one rule, few columns --------------------------------------------------------------------
    def evaluate_on(self, rule_id: str, sight: Sight) -> Verdict:
        """One rule over a sight whose columns all are places of it, in any number and order."""
        return self._on(rule_id, sight).evaluate(sight)[0]

    def clear_at(self, rule_id: str, sight: Sight) -> Bools:
        """[rows, columns] of such a sight: where `clear` is true at each hour stamp."""
        one = self._on(rule_id, sight)
        group, bound = one._bound[rule_id]
        shape = (sight.rows, sight.columns)
        if bound.clear is None:
            return np.ones(shape, np.bool_)
        step = Plan().step(bound.clear.when)
        need_all(step, sight)
        tile = Tile(sight, 0, sight.columns, group.masks, Scratch())
        return np.array(np.broadcast_to(Reader(tile).every_hour(step).true, shape))

    def clear_at_rows(self, rule_id: str, sight: Sight, rows: Sequence[int]) -> Bools:
        """`clear_at`, of these rows alone."""
        return self.clear_at(rule_id, sight)[np.asarray(rows, np.intp)]

    def _on(self, rule_id: str, sight: Sight) -> Bound:
        rule = self._rules[rule_id]
        return Bound([rule], BindFacts.of(sight, rule.place), self._gap)

    def alone(self, rule: Rule, facts: BindFacts) -> Bound:
        """One rule bound to few columns; kept, for what can be said is the same at most places."""
        said = [(quantity, mask.tobytes()) for quantity, mask in sorted(facts.can_say.items())]
        seen = [(quantity, mask.tobytes()) for quantity, mask in sorted(facts.can_observe.items())]
        key = (rule.id, facts.columns, facts.can_warn, tuple(said), tuple(seen))
        held = self._alone.get(key)
        if held is None:
            held = self._alone[key] = Bound([rule], facts)
        return held

    # --- what cannot be decided -------------------------------------------------------------------
    def masks_of(self, rule_id: str) -> list[Bools]:
        return self._bound[rule_id][0].masks

    def rule(self, rule_id: str) -> BoundRule:
        return self._bound[rule_id][1]

    def range(self, rule_id: str) -> tuple[int, int]:
        """The columns [lo, hi) of the rule's kind of place."""
        group = self._bound[rule_id][0]
        return group.lo, group.hi

    def undecidable_at(self, rule_id: str, lo: int, hi: int) -> dict[str, list[str]]:
        """Level -> what is absent, where no configured source can decide the level in some column of
        [lo, hi); `clear` stands beside the levels' names."""
        group, one = self._bound[rule_id]
        at = slice(lo - group.lo, hi - group.lo)
        named = [(level.level.name, level) for level in one.levels]
        named += [("clear", one.clear)] if one.clear is not None else []
        return {
            name: sorted(words for words, where in level.missing.items() if where[at].any())
            for name, level in named
            if (level.undecidable[at] & one.applies[at]).any()
        }


# --- binding one rule -----------------------------------------------------------------------------
def _bind(rule: Rule, binder: Binder, plan: Plan, gap: timedelta) -> BoundRule:
    levels = tuple(binder.level(step.level, step.when) for step in rule.levels.values())
    lowest = levels[0].when
    clear = None if rule.clear is None else binder.level(levels[0].level, rule.clear)
    return BoundRule(
        rule,
        binder.applies(rule),
        levels,
        clear,
        tuple(plan.step(level.when) for level in levels),
        plan.step(_reaching(lowest, int((rule.reach + gap) / HOUR))),
        None if clear is None else plan.step(clear.when),
    )


def _reaching(node: Condition, hours: int) -> Condition:
    """The condition with each term looking `hours` ahead. What stands under a `not` stays as it is:
    there, looking further would make it true of less."""
    match node:
        case Term():
            return replace(node, within=max(hours, node.within or 0))
        case And(parts):
            return And(tuple(_reaching(p, hours) for p in parts))
        case Or(parts):
            return Or(tuple(_reaching(p, hours) for p in parts))
        case Masked(part):
            return replace(node, part=_reaching(part, hours))
        case _:
            return node


def need_all(step: Step, sight: Sight) -> None:
    """Ask for every row of the sight."""
    for read in step.inputs:
        need_all(read, sight)
    if not isinstance(step.node, Term):
        step.need(-sight.now_row, sight.rows - sight.now_row)


# --- filling in verdicts --------------------------------------------------------------------------
def _blank(one: BoundRule, group: _Group) -> Verdict:
    n, levels = group.hi - group.lo, len(one.levels)

    def none(*shape: int) -> Bools:
        return np.zeros(shape, np.bool_)

    return Verdict(
        rule=one.rule, lo=group.lo, hi=group.hi, applies=one.applies,
        true=none(levels, n), possible=none(levels, n), under_way_levels=none(levels, n),
        undecidable=one.undecidable & one.applies,
        clear_true=none(n), clear_possible=none(n), ahead_true=none(n), ahead_possible=none(n),
        floor=np.zeros(n, np.int8), facts_only=one.rule.facts_only,
    )  # fmt: skip


def _fill(verdict: Verdict, one: BoundRule, reader: Reader, at: slice) -> None:
    applies = one.applies[at]
    for n, step in enumerate(one.steps):
        answer = reader.answer(step)
        np.logical_and(answer.true, applies, out=verdict.true[n, at])
        np.logical_and(answer.possible, applies, out=verdict.possible[n, at])
        np.logical_and(answer.begun, applies, out=verdict.under_way_levels[n, at])
    ahead = reader.answer(one.ahead)
    verdict.ahead_true[at] = ahead.true & applies
    verdict.ahead_possible[at] = ahead.possible & applies
    if one.clear_step is None or one.clear is None:
        verdict.clear_true[at] = verdict.clear_possible[at] = applies
    else:
        clear = reader.answer(one.clear_step)
        verdict.clear_true[at] = clear.true & applies
        verdict.clear_possible[at] = (clear.possible | one.clear.undecidable[at]) & applies
    if one.rule.floor:
        verdict.floor[at] = reader.floor(one.rule) * applies


class Reader:
    """Answers a column: terms over hours, facts, and what joins them."""

    def __init__(self, tile: Tile) -> None:
        self._tile = tile
        self._sight = tile.sight
        self._at = slice(tile.left, tile.right)
        self._answers: dict[Step, Answer] = {}
        self._inside: dict[tuple[int, int, bool], Bools | None] = {}
        # The current hour itself is never "not yet forecast".
        self._limit = np.maximum(tile.sight.horizon[self._at], tile.sight.now_row)

    def answer(self, step: Step) -> Answer:
        if step not in self._answers:
            self._answers[step] = self._new_answer(step)
        return self._answers[step]

    def _new_answer(self, step: Step) -> Answer:
        match step.node:
            case Term(days=0) as term:
                return self._term(step, term)
            case Term() as term:
                return self._term_of_days(term)
            case And():
                return self._join(np.logical_and, step)
            case Or():
                return self._join(np.logical_or, step)
            case Not():
                read = self.answer(step.inputs[0])
                return Answer(~read.possible, ~read.true, ~read.possible)
            case Masked(_, mask):
                read, says = self.answer(step.inputs[0]), self._tile.says(mask)
                return Answer(read.true & says, read.possible & says, read.begun & says)
            case fact:
                true, possible = self.fact(cast(Condition, fact))
                return Answer(true, possible, true)

    def _join(self, ufunc: np.ufunc, step: Step) -> Answer:
        read = [self.answer(s) for s in step.inputs]
        true, possible, begun = (ufunc.reduce([a[n] for a in read]) for n in range(3))
        return Answer(true, possible, begun)

    # --- terms ------------------------------------------------------------------------------------
    def _term(self, step: Step, term: Term) -> Answer:
        """A stretch of `hours` stamps, all true, that has its first stamp at most `hours - 1` before
        now (it is under way) and at most `within` after."""
        read = step.inputs[0]
        planes = self._tile.hourly(read)
        now, start = self._sight.now_row, self._tile.rows(read)[0]
        first = now + 1 - term.hours
        last = min(now + (term.within or 0) + term.hours, self._tile.rows(read)[1])
        inside = self._known_hours(first, last, step.daily)
        rows = slice(first - start, last - start)
        true, begun = self._stretches(planes.true[rows], inside, term.hours)
        if planes.true is planes.possible:
            answer = Answer(true, true, begun)
        else:
            possible, _ = self._stretches(planes.possible[rows], inside, term.hours)
            answer = Answer(true, possible, begun)
        self._tile.done(read, planes)
        return answer

    def _stretches(self, plane: Bools, inside: Bools | None, length: int) -> tuple[Bools, Bools]:
        """Whether any stretch meets it, and whether one does that has begun."""
        if inside is not None:
            plane = plane & inside
        if len(plane) < length:
            none = np.zeros(self._tile.width, np.bool_)
            return none, none
        starts = rolling(np.logical_and, plane, length)
        begun = np.logical_or.reduce(starts[:length], axis=0)
        return np.logical_or.reduce(starts, axis=0), begun

    def _known_hours(self, first: int, last: int, daily: bool) -> Bools | None:
        """The rows first to last that are forecast already, None where all are."""
        key = (first, last, daily)
        if key not in self._inside:
            limit = self.last_rows(daily)
            all_known = not limit.size or limit.min() >= last - 1
            self._inside[key] = None if all_known else np.arange(first, last)[:, None] <= limit
        return self._inside[key]

    def last_rows(self, daily: bool) -> NDArray[np.int32]:
        """[columns]: the last row that counts; of days' values, the last of a day that is forecast
        to its end."""
        if not daily:
            return self._limit
        complete = self._tile.calendar_days()[1]
        done = np.searchsorted(complete, self._limit, side="right") - 1
        return np.where(done >= 0, complete[np.maximum(done, 0)] if len(complete) else -1, -1)

    def _term_of_days(self, term: Term) -> Answer:
        """The same on the axis of local days: a day begins at the stamp after the last one's end."""
        day_of_hour, complete = self._tile.calendar_days()
        today = int(day_of_hour[self._sight.now_row])
        latest = min(self._sight.now_row + (term.within or 0), self._sight.rows - 1)
        begins_last = int(day_of_hour[latest])
        first, last = today + 1 - term.days, min(begins_last + term.days, len(complete))
        planes = self._tile.days(term.condition)
        if today < 0 or first < 0:
            # Days before the first are missing.
            short = max(-first, 0)
            none = np.zeros((short, self._tile.width), np.bool_)
            planes = Planes(
                np.concatenate([none, planes.true]), np.concatenate([~none, planes.possible])
            )
            complete = np.concatenate([np.full(short, -1, np.int32), complete])
            first, last = first + short, last + short
        inside = complete[first:last, None] <= self._limit
        true, begun = self._stretches(planes.true[first:last], inside, term.days)
        possible, _ = self._stretches(planes.possible[first:last], inside, term.days)
        return Answer(true, possible, begun)

    # --- facts ------------------------------------------------------------------------------------
    def fact(self, node: Condition) -> Planes:
        facts, width = self._sight.facts, self._tile.width
        match node:
            case Observed(quantity, operator, threshold):
                held = self._sight.observed.get(quantity)
                if held is None:
                    return Planes(np.zeros(width, np.bool_), np.ones(width, np.bool_))
                values = held[self._at]
                true = compare(values, operator, threshold, 0.0, np.empty(width, np.bool_))
                return Planes(true, true | np.isnan(values))
            case Official(hazard, operator, level):
                said = facts.warning(hazard)[self._at]
                ufunc = np.equal if operator == "=" else COMPARE[operator]
                meets = ufunc(np.arange(len(Level) + 1), int(level))
                least, unsure = held_level(said), said < 0
                # With a feed silent it may be this level or any above it.
                all_above = np.logical_and.accumulate(meets[::-1])[::-1]
                any_above = np.logical_or.accumulate(meets[::-1])[::-1]
                return Planes(
                    np.where(unsure, all_above[least], meets[least]),
                    np.where(unsure, any_above[least], meets[least]),
                )
            case Reported(word):
                said = facts.reported(word)[self._at]
                return Planes(said == 2, said >= 1)
            case Season(name) | Holiday(name):
                value = self._of_calendar(node, name)
            case Happened(incident, hours):
                value = facts.incident(incident, float(hours))
            case _:
                raise AssertionError(node)
        return Planes(np.full(width, value == 2), np.full(width, value >= 1))

    def _of_calendar(self, node: Season | Holiday, name: str) -> int:
        facts = self._sight.facts
        try:
            return facts.season(name) if isinstance(node, Season) else facts.holiday(name)
        except KeyError:
            raise BadInput(
                f"the calendar has no {text_of(node)!r}, which a rule asks for.",
                mend="Add it to the calendar's file, or change the rule; suian check names both.",
            ) from None

    def floor(self, rule: Rule) -> NDArray[np.int8]:
        """The official level on the rule's ladder; where the ladder lacks it, the next lower one."""
        if not self._sight.facts.can_warn():
            return np.zeros(self._tile.width, np.int8)
        official = held_level(self._sight.facts.warning(rule.hazard)[self._at])
        return on_ladder(rule.ladder)[official]

    # --- one hour at a time -----------------------------------------------------------------------
    def every_hour(self, step: Step) -> Planes:
        """A condition without `for` and `within` at each row; facts hold for all of them."""
        match step.node:
            case Term():
                read = step.inputs[0]
                planes = self._tile.hourly(read)
                lo, hi = self._tile.rows(read)
                inside = np.arange(lo, hi)[:, None] <= self.last_rows(step.daily)
                return Planes(planes.true & inside, planes.possible & inside)
            case And() | Or():
                ufunc = np.logical_and if isinstance(step.node, And) else np.logical_or
                read_planes = [self.every_hour(s) for s in step.inputs]
                true, possible = read_planes[0]
                for planes in read_planes[1:]:
                    true, possible = ufunc(true, planes.true), ufunc(possible, planes.possible)
                return Planes(true, possible)
            case Not():
                planes = self.every_hour(step.inputs[0])
                return Planes(~planes.possible, ~planes.true)
            case Masked(_, mask):
                planes, says = self.every_hour(step.inputs[0]), self._tile.says(mask)
                return Planes(planes.true & says, planes.possible & says)
            case fact:
                true, possible = self.fact(cast(Condition, fact))
                return Planes(true[None, :], possible[None, :])


def on_ladder(ladder: Sequence[Level]) -> NDArray[np.int8]:
    """For each official level 0 to 4, the highest of the ladder that is not above it, else 0."""
    return np.array(
        [max((level for level in ladder if level <= said), default=0) for said in range(5)], np.int8
    )
