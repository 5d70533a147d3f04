"""The engine of one realm: takes signals in order, evaluates the book, and moves alerts.

Memory (fields, facts, standings) is rebuilt from what was committed; what `commit` writes for a slice
is all that the slice changed. A signal's time is when it was accepted; nothing here asks a clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from alerting.alerts import episodes, standing
from alerting.alerts.agreement import Agreement
from alerting.alerts.facts import FactBook
from alerting.alerts.finding import Finding, find
from alerting.alerts.hold import Hold
from alerting.alerts.judge import Decisions, Seen, at_all, judge, worst
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.standing import Standing
from alerting.places import Place
from alerting.rulebook import BindFacts, Bound, Verdict, bind
from alerting.signals import Forecast, Incident, Observation, Report, Signal, Tick, Warning
from alerting.vocabulary import Level
from alerting.weather import Fields, Sight

SLICE = 100  # places that commit together: of 200 a front's transaction took twice its 50 ms
TICKS_KEPT = 72  # hours; no hold is longer
Bools = NDArray[np.bool_]


@dataclass(slots=True)
class RulePlaces:
    """The places a rule runs on, and where their columns lie within the rule's own range."""

    ids: list[str]
    columns: NDArray[np.intp]  # of all its places, absolute, side by side
    starts: NDArray[np.intp]  # where each place begins within `columns`

    def columns_of(self, position: int) -> NDArray[np.intp]:
        ends = np.append(self.starts[1:], len(self.columns))
        return self.columns[self.starts[position] : ends[position]]


@dataclass(slots=True)
class Work:
    """What a signal leads to: decisions by rule, and whether open alerts are to be read anew."""

    by: str
    at: datetime
    decisions: dict[str, Decisions] = field(default_factory=dict)
    still: dict[str, list[int]] = field(default_factory=dict)
    sight: Sight | None = None
    believed: dict[str, NDArray[np.int8]] = field(default_factory=dict)
    heights: dict[str, NDArray[np.int8]] = field(default_factory=dict)  # true level by column


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one alert: "rise", "fall" (to `level` 0: it clears; `begun` where what it
    falls from had begun) or "refresh"."""

    kind: str
    rule: Any
    place: Place
    level: int
    finding: Finding
    begun: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.rule.id, self.place.id


@dataclass(slots=True)
class Changes:
    """All that a slice's transaction will write."""

    by: str
    at: datetime
    all: list[Change] = field(default_factory=list)
    unknown: list[tuple[str, str, bool]] = field(default_factory=list)  # rule, place, for long
    remembered: list[tuple[Standing, list[int]]] = field(default_factory=list)


class Engine:
    """One realm's engine. `cadence`, of its most trusted source, is what blindness is judged by."""

    def __init__(
        self,
        life: Life,
        fields: Fields,
        facts: FactBook,
        tags: Mapping[str, Any],
        standings: dict[str, Standing],
        cadence: timedelta,
    ) -> None:
        self.life, self.fields, self.facts, self._tags = life, fields, facts, tags
        self.standings, self.cadence = standings, cadence
        self._said = b""
        self._ticked: set[int] = set()  # the hours of the clock's ticks, for holds over an outage
        now = datetime.fromtimestamp(0, UTC)
        self.bound = self._bind(fields.sight(now, facts.at(now)))
        self.places = rule_places(life)
        order = {place: n for n, place in enumerate(sorted(life.places.by_id))}
        self._slice_of = {place: n // SLICE for place, n in order.items()}

    def see(self, signal: Signal, now: datetime) -> Bools | None:
        """Take a signal into memory; gives the columns it touched, None for all."""
        self.fields.advance(now)
        none = np.zeros(len(self.life.places.columns), np.bool_)
        if isinstance(signal, Forecast | Observation) and not self.fields.knows(
            signal.source, signal.kind
        ):
            # Its source is none of the config's, or has left it since: it speaks for nothing.
            return none
        if isinstance(signal, Forecast):
            return self.fields.take_forecast(signal)
        if isinstance(signal, Observation):
            return self.fields.take_observation(signal)
        if isinstance(signal, Warning):
            self.facts.heard(signal.source, now)
            if signal.status == "exercise" and not self.life.exercise:
                return none  # an office's exercise warns nobody of anything real
            return self.facts.take_warning(signal)
        if isinstance(signal, Incident):
            self.facts.take_incident(signal)
            return None
        if isinstance(signal, Report):
            if signal.act in ("reported", "report-ended"):
                self.facts.take_report(signal)
                return None
            return none
        if isinstance(signal, Tick) and signal.subject.startswith("heard:"):
            source = signal.subject.removeprefix("heard:")
            was_silent = source in self.facts.silent(now)
            self.facts.heard(source, now)
            return None if was_silent else none
        if isinstance(signal, Tick) and signal.subject:
            return none
        self.facts.forget(now)
        if isinstance(signal, Tick):
            hour = int(now.timestamp()) // 3600
            self._ticked = {h for h in self._ticked if h > hour - TICKS_KEPT} | {hour}
        return None

    def work(
        self, signal: Signal, now: datetime, touched: Bools | None, done: set[int],
        at_any_hour: bool = False,
    ) -> Work:
        """Evaluate the book and decide, for all places touched but those in slices already done.

        `at_any_hour` lets rules rise that are decided at hours of their own, as a dry run wants it.
        """  # fmt: skip
        made = Work(by=signal.id, at=now)
        if touched is not None and not touched.any():
            return made
        facts = self.facts.at(now)
        sight = facts.beside(self.fields.sight(now, facts))
        if _said(sight) != self._said:
            # A station has spoken for the first time, or a source said more than it declared.
            self.bound = self._bind(sight)
        agreement = Agreement(self.fields, self.facts, now)
        holds = Hold(self.fields, self.facts, now, self._ticked)
        for verdict in self.bound.evaluate(sight):
            rule = verdict.rule
            places = self.places[rule.id]
            if not places.ids:
                continue
            seen = self._seen(verdict, places)
            asked = self._asked(places, touched, done)
            memory = self.standings[rule.id]
            begun = worst(self._pick(verdict.under_way, verdict, places), places.starts)
            agrees = partial(agreement.holds, self.bound, rule, places, memory)
            stayed = partial(holds.stayed_clear, self.bound, rule, places, memory)
            hold = rule.hold.total_seconds()
            may_rise = at_any_hour or self._may_rise(rule, signal)
            decided = judge(seen, memory, asked, begun, agrees, stayed, now, _hour(now), hold,
                            may_rise)  # fmt: skip
            made.decisions[rule.id] = decided
            made.believed[rule.id] = seen.believed()
            true = self._pick(verdict.true, verdict, places)
            made.heights[rule.id] = (true * seen.ladder[:, None]).max(axis=0, initial=0)
            moved = {p for p, _, _ in decided.rises + decided.falls}
            if isinstance(signal, Forecast | Warning):
                # Only these move an onset that is still ahead; each hour's values are on the page.
                open_now = np.flatnonzero(asked & (memory.level > 0))
                made.still[rule.id] = [int(i) for i in open_now if int(i) not in moved]
        made.sight = sight
        return made

    def slices(self, work: Work) -> list[int]:
        """The slices in which something is to be written, in order."""
        found: set[int] = set()
        for rule, decided in work.decisions.items():
            ids = self.places[rule].ids
            for position in {*decided.touched, *decided.only_unknown, *work.still.get(rule, [])}:
                found.add(self._slice_of[ids[position]])
        return sorted(found)

    def changes(self, work: Work, slice_number: int) -> Changes:
        """What the slice changes, each rise and fall explained: the slow half of a commit, done
        before its transaction begins."""
        made = Changes(work.by, work.at)
        for rule_id, decided in work.decisions.items():
            places, memory = self.places[rule_id], self.standings[rule_id]

            def mine(position: int, ids: list[str] = places.ids) -> bool:
                return self._slice_of[ids[position]] == slice_number

            moves = [("rise", p, level, level) for p, _, level in decided.rises]
            moves += [("fall", p, level, level or was) for p, was, level in decided.falls]
            moves += [
                ("refresh", p, int(memory.level[p]), int(memory.level[p]))
                for p in work.still.get(rule_id, [])
                if memory.level[p] <= work.believed[rule_id][p]
            ]
            rule = self.life.book.rules_by_id[rule_id]
            for kind, position, level, explained in moves:
                if mine(position):
                    finding = self.finding(work, rule, places, position, explained)
                    place = self.life.places.by_id[places.ids[position]]
                    begun = position in decided.begun
                    made.all.append(Change(kind, rule, place, level, finding, begun))
            made.unknown += [
                (rule_id, places.ids[p], self._long_unknown(memory, p, work.at))
                for p in filter(mine, decided.only_unknown)
            ]
            made.remembered.append((memory, sorted(filter(mine, decided.touched))))
        return made

    def commit(self, connection: Connection, changes: Changes) -> None:
        """Write what a slice changed, in the caller's transaction."""
        by, at = changes.by, changes.at
        moves = [c.key for c in changes.all if c.kind != "refresh"]
        still = [c.key for c in changes.all if c.kind == "refresh"]
        with Ledger(connection, self.life) as ledger:
            ledger.read_ahead(moves, still + [(rule, place) for rule, place, _ in changes.unknown])
            for one in changes.all:
                if one.kind == "rise":
                    episodes.rise(ledger, one.rule, one.place, one.level, one.finding, by, at)
                elif one.kind == "fall":
                    episodes.fall(
                        ledger, one.rule, one.place, one.level, one.finding, one.begun, by, at
                    )
                else:
                    held = ledger.latest(*one.key)
                    if held is not None:
                        episodes.refresh(ledger, held, one.finding, by, at)
            for rule, place, long_ago in changes.unknown:
                held = ledger.latest(rule, place)
                if held is not None:
                    episodes.held_by_unknown(ledger, held, at, long_ago)
        standing.save(connection, self.life.realm, changes.remembered)

    def look(self, now: datetime) -> None:
        """Bind the book to what its sources have said by now, as after a start."""
        facts = self.facts.at(now)
        sight = facts.beside(self.fields.sight(now, facts))
        if _said(sight) != self._said:
            self.bound = self._bind(sight)

    def let_go(self, rule: str, place: str) -> None:
        """Forget what is held there: its alert was ended without the engine."""
        memory = self.standings.get(rule)
        if memory is None or place not in memory.places:
            return
        at = memory.places.index(place)
        memory.level[at] = memory.hold_level[at] = 0
        memory.believed[at] = memory.hold_since[at] = np.nan

    def blind(self, now: datetime) -> list[dict[str, Any]]:
        """(rule, place) pairs that have been unknown for two cadences."""
        found = []
        for rule, where in self._blind(now).items():
            memory = self.standings[rule]
            for position in np.flatnonzero(where):
                since = datetime.fromtimestamp(float(memory.unknown_since[position]), UTC)
                found.append({"rule": rule, "place": memory.places[position], "since": since})
        return found

    def blind_counts(self, now: datetime) -> dict[str, int]:
        """By rule, how many places are blind; without the rules that see."""
        counts = {rule: int(np.count_nonzero(where)) for rule, where in self._blind(now).items()}
        return {rule: count for rule, count in counts.items() if count}

    def _blind(self, now: datetime) -> dict[str, Bools]:
        limit = (now - 2 * self.cadence).timestamp()
        # Never unknown is NaN, which is no earlier than anything.
        return {rule: memory.unknown_since <= limit for rule, memory in self.standings.items()}

    def _bind(self, sight: Sight) -> Bound:
        self._said = _said(sight)
        places = self.life.places
        return bind(self.life.book, BindFacts(
            columns=len(places.columns), kinds=dict(places.kind_range), can_say=sight.can_say,
            can_observe=sight.can_observe, can_warn=bool(self.facts.feeds), tags=self._tags,
        ))  # fmt: skip

    def _seen(self, verdict: Verdict, places: RulePlaces) -> Seen:
        true = worst(self._pick(verdict.true, verdict, places), places.starts)
        possible = worst(self._pick(verdict.possible, verdict, places), places.starts)
        floor = np.maximum.reduceat(
            verdict.floor[places.columns - verdict.lo], places.starts
        )  # fmt: skip
        return Seen(
            ladder=np.array([int(Level[name]) for name in verdict.rule.levels], np.int8),
            true=true,
            possible=possible,
            floor=floor.astype(np.int8),
            clear=at_all(self._pick(verdict.clear_true, verdict, places), places.starts),
            ahead=worst(self._pick(verdict.ahead_possible, verdict, places), places.starts),
            facts_only=self._facts_alone(verdict, places),
            no_clear=self._no_clear(verdict, places),
        )

    def _facts_alone(self, verdict: Verdict, places: RulePlaces) -> Bools:
        """Rules of facts alone; and places where no source can ever say that it has begun, either:
        there only an official warning opens the rule, and its end is all there is to know."""
        if verdict.facts_only or self.bound.rule(verdict.rule.id).clear is None:
            return np.ones(len(places.ids), np.bool_)
        decidable = np.any(~self._pick(verdict.undecidable, verdict, places), axis=0)
        return self._no_clear(verdict, places) & ~worst(decidable, places.starts)

    def _no_clear(self, verdict: Verdict, places: RulePlaces) -> Bools:
        clear = self.bound.rule(verdict.rule.id).clear
        if clear is None:
            return np.zeros(len(places.ids), np.bool_)
        return worst(self._pick(clear.undecidable, verdict, places), places.starts)

    def _may_rise(self, rule: Any, signal: Signal) -> bool:
        """Whether this signal may raise a rule: one with hours of its own only when they strike."""
        if not rule.decide:
            return True
        strikes = isinstance(signal, Tick) and not signal.subject
        return strikes and self.life.local(signal.issued).time() in rule.decide

    @staticmethod
    def _pick(values: Bools, verdict: Verdict, places: RulePlaces) -> Bools:
        return values[..., places.columns - verdict.lo]

    def _asked(self, places: RulePlaces, touched: Bools | None, done: set[int]) -> Bools:
        asked = np.ones(len(places.ids), np.bool_)
        if touched is not None:
            asked = worst(touched[places.columns], places.starts)
        if done:
            asked &= np.array([self._slice_of[p] not in done for p in places.ids], np.bool_)
        return asked

    def finding(
        self, work: Work, rule: Any, places: RulePlaces, position: int, level: int
    ) -> Finding:
        """Why `level` of a rule holds at the place at `position`, told at the worst of its points."""
        assert work.sight is not None
        columns = places.columns_of(position)
        start = places.starts[position]
        heights = np.minimum(work.heights[rule.id][start : start + len(columns)], level)
        worst_points = columns[heights == heights.max()] if heights.any() else columns[:1]
        return find(self.bound, self.fields, self.facts, work.sight, rule, columns,
                    worst_points.tolist(), level, work.at, self.life.zone)  # fmt: skip

    def _long_unknown(self, memory: Standing, position: int, now: datetime) -> bool:
        since = float(memory.unknown_since[position])
        return now.timestamp() - since >= 2 * self.cadence.total_seconds()


def rule_places(life: Life) -> dict[str, RulePlaces]:
    """For every rule of the book the places it runs on: its kind, and its tags where it names any."""
    found: dict[str, RulePlaces] = {}
    by_kind: dict[str, list[str]] = defaultdict(list)
    for place_id, (lo, _) in sorted(life.places.place_range.items(), key=lambda i: i[1]):
        if life.places.place_range[place_id][1] > lo:
            by_kind[life.places.by_id[place_id].kind].append(place_id)
    for rule in life.book.rules:
        ids = [p for p in by_kind[rule.place] if rule.tags <= life.places.by_id[p].tags]
        ranges = [life.places.place_range[p] for p in ids]
        columns = [np.arange(lo, hi) for lo, hi in ranges]
        sizes = [hi - lo for lo, hi in ranges]
        found[rule.id] = RulePlaces(
            ids,
            np.concatenate(columns) if columns else np.zeros(0, np.intp),
            np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
            if sizes else np.zeros(0, np.intp),
        )  # fmt: skip
    return found


def _said(sight: Sight) -> bytes:
    """What can be said and observed where, to compare with what the book was bound to."""
    masks = [*sorted(sight.can_say.items()), *sorted(sight.can_observe.items())]
    return b"".join(name.encode() + mask.tobytes() for name, mask in masks)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
