"""The engine of one realm: takes signals in order, evaluates the book, and moves alerts.

Memory (fields, facts, standings) is rebuilt from what was committed; what `commit` writes for a slice
is all that the slice changed. A signal's time is when it was accepted; nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.alerts import closed_roads
from alerting.alerts.agreement import Agreement
from alerting.alerts.changes import Change, Changes
from alerting.alerts.facts import FactBook
from alerting.alerts.finding import Finding, find
from alerting.alerts.hold import Hold
from alerting.alerts.judge import judge
from alerting.alerts.life import Life
from alerting.alerts.rule_places import RulePlaces, rule_places
from alerting.alerts.seen import Bools, at_points, seen_at, worst
from alerting.alerts.standing import Standing
from alerting.alerts.work import Work
from alerting.bus import HEARD, Shares, let_go_by
from alerting.rulebook import BindFacts, Bound, Rule, bind, explain_each
from alerting.signals import Forecast, Incident, Observation, Report, Signal, Tick, Warning
from alerting.weather import Fields, Sight

SLICE = 100  # places that commit together: of 200 a front's transaction took twice its 50 ms
TICKS_KEPT = 72  # hours; no hold is longer


class Engine:
    """One realm's engine. `cadence`, of its most trusted source, is what blindness is judged by;
    `shares` are those of its places that several workers may act for. `seen` is the number of the last
    signal in its memory, `taken` by share that of the last whose outcome is."""

    def __init__(
        self,
        life: Life,
        fields: Fields,
        facts: FactBook,
        tags: Mapping[str, Any],
        standings: dict[str, Standing],
        cadence: timedelta,
        shares: Shares | None = None,
        seen: int = 0,
        taken: Mapping[int, int] | None = None,
    ) -> None:
        self.life, self.fields, self.facts, self._tags = life, fields, facts, tags
        self.standings, self.cadence, self.seen = standings, cadence, seen
        self.taken = dict(taken or {})
        self.spoke: dict[str, datetime] = {}  # when each source last said something
        self._said = b""
        self._ticked: set[int] = set()  # the hours of the clock's ticks, for holds over an outage
        now = datetime.fromtimestamp(0, UTC)
        self.bound = self._bind(fields.sight(now, facts.at(now)))
        self.places = rule_places(life)
        self._place_ids = sorted(life.places.place_range)
        number = {place: n for n, place in enumerate(self._place_ids)}
        self._place_of_column = np.array([number[p.id] for p, _ in life.places.columns], np.intp)
        slice_of, self._share_of = _sliced(sorted(life.places.by_id), shares)
        self._slices = {rule: [slice_of[p] for p in on.ids] for rule, on in self.places.items()}
        self._slice_of_place = {rule: np.array(of, np.intp) for rule, of in self._slices.items()}
        ranges = life.places.place_range.values()
        # Where each place's columns begin.
        self._starts = np.array(sorted(lo for lo, hi in ranges if lo < hi), np.intp)
        self._sizes = np.diff([*self._starts, len(life.places.columns)])
        self._slice_of_column = np.array([slice_of[p.id] for p, _ in life.places.columns], np.int64)

    @property
    def place_count(self) -> int:
        return len(self._place_ids)

    def spoken_of(self, said: Observation) -> NDArray[np.intp]:
        """The numbers of the places that an observation may touch, some of them more than once."""
        return self._place_of_column[self.fields.reach(said)]

    def names(self, places: NDArray[np.intp]) -> list[str]:
        return [self._place_ids[number] for number in places.tolist()]

    def see(self, signal: Signal, now: datetime) -> Bools | None:
        """Take a signal into memory; gives the columns it touched, None for all."""
        self.spoke[signal.source] = max(now, self.spoke.get(signal.source, now))
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
            return self.fields.take_observations(signal)
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
                return self.facts.take_report(signal)
            if signal.act in closed_roads.ACTS:
                self.facts.roads.take(signal)
                return None
            return none
        if (gone := let_go_by(signal)) is not None:
            none[slice(*self.life.places.place_range.get(gone[1], (0, 0)))] = True
            return none
        if isinstance(signal, Tick) and signal.subject.startswith(HEARD):
            source = signal.subject.removeprefix(HEARD)
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

    def see_together(self, said: Sequence[Observation], now: datetime) -> Bools:
        """As `see`, of observations of which no two touch the same place."""
        for one in said:
            self.spoke[one.source] = max(now, self.spoke.get(one.source, now))
        self.fields.advance(now)
        known = [one for one in said if self.fields.knows(one.source, one.kind)]
        return self.fields.take_observations(*known)

    def work(
        self, signal: Signal, now: datetime, touched: Bools | None, done: set[int],
        at_any_hour: bool = False,
    ) -> Work:
        """Evaluate the book and decide, for all places touched but those in slices already done, or
        of shares that others act for.

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
        asked: dict[int, NDArray[np.intp]] = {}  # many rules run on the same places
        for verdict in self.bound.evaluate(sight, self._columns_asked(touched, done)):
            rule = verdict.rule
            all_places, remembered = self.places[rule.id], self.standings[rule.id]
            if id(all_places) not in asked:
                asked[id(all_places)] = np.flatnonzero(self._asked(rule.id, touched, done))
            some = asked[id(all_places)]
            if not len(some):
                continue
            places, points = all_places.at(some)
            memory = remembered.at(some)
            seen = seen_at(self.bound, verdict, places)
            begun = worst(at_points(verdict.under_way, verdict, places), places.starts)
            agrees = partial(agreement.holds, self.bound, rule, places, memory)
            stayed = partial(holds.stayed_clear, self.bound, rule, places, memory)
            hold = rule.hold.total_seconds()
            may_rise = at_any_hour or self._may_rise(rule, signal)
            decided = judge(seen, memory, np.ones(len(some), np.bool_), begun, agrees, stayed, now,
                            _hour(now), hold, may_rise).among(some.tolist())  # fmt: skip
            remembered.put(some, memory)
            made.decisions[rule.id] = decided
            made.believed[rule.id] = np.zeros(len(all_places.ids), np.int8)
            made.believed[rule.id][some] = seen.believed()
            true = at_points(verdict.true, verdict, places)
            made.heights[rule.id] = np.zeros(len(all_places.columns), np.int8)
            made.heights[rule.id][points] = (true * seen.ladder[:, None]).max(axis=0, initial=0)
            moved = {p for p, _, _ in decided.rises + decided.falls}
            open_now = some[memory.level > 0].tolist()
            unmoved = [position for position in open_now if position not in moved]
            # Only these move an onset that is still ahead; each hour's values are on the page.
            moves = isinstance(signal, Warning) or (
                isinstance(signal, Forecast) and not rule.facts_only
            )
            still = unmoved if moves else []
            risen = {position for position, _, _ in decided.rises}  # which asks for itself
            puts = self._puts(rule, signal)
            put = [position for position in open_now if position not in risen] if puts else []
            made.share_out(rule.id, remembered, still, self._slices[rule.id], put)
        made.sight = sight
        return made

    def elsewhere(self, shares: Collection[int]) -> set[int]:
        """The slices of all other shares than these."""
        return {number for number, share in enumerate(self._share_of) if share not in shares}

    def slices(self, work: Work) -> list[int]:
        """The slices in which something is to be written, in order."""
        return sorted(work.shares)

    def changes(self, work: Work, slice_number: int) -> Changes:
        """What the slice changes, each rise and fall explained: the slow half of a commit, done
        before its transaction begins."""
        made = Changes(work.by, work.at)
        for rule_id, share in work.shares[slice_number].items():
            ids, memory = self.places[rule_id].ids, self.standings[rule_id]
            rule = self.life.book.rules_by_id[rule_id]
            begun = work.decisions[rule_id].begun
            findings = self.findings(work, rule, [(m.position, m.explained) for m in share.moves])
            for move, finding in zip(share.moves, findings, strict=True):
                place = self.life.places.by_id[ids[move.position]]
                made.all.append(
                    Change(move.kind, rule, place, move.level, finding, move.position in begun)
                )
            made.unknown += [
                (rule_id, ids[p], self._long_unknown(memory, p, work.at)) for p in share.unknown
            ]
            made.remembered += [memory.row(self.life.realm, p) for p in share.touched]
        return made

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

    def _may_rise(self, rule: Rule, signal: Signal) -> bool:
        """Whether this signal may raise a rule: one with hours of its own only when they strike."""
        if not rule.decide:
            return True
        strikes = isinstance(signal, Tick) and not signal.subject
        return strikes and self.life.local(signal.issued).time() in rule.decide

    def _puts(self, rule: Rule, signal: Signal) -> bool:
        """Whether what the rule asks for a named day is to be put anew: at hours of its own."""
        return bool(rule.decide) and self._may_rise(rule, signal) and any(
            self.life.measure(ask.measure).named_day
            for step in rule.levels.values() for ask in step.ask
        )  # fmt: skip

    def _columns_asked(self, touched: Bools | None, done: set[int]) -> Bools | None:
        """Of the places touched at any of their points all columns, for a place has the worst of its
        points; less those in slices already done. None for every column."""
        if touched is None and not done:
            return None
        asked = np.ones(len(self._slice_of_column), np.bool_)
        if touched is not None:
            asked = np.repeat(worst(touched, self._starts), self._sizes)
        if done:
            asked &= ~np.isin(self._slice_of_column, sorted(done))
        return asked

    def _asked(self, rule: str, touched: Bools | None, done: set[int]) -> Bools:
        places = self.places[rule]
        asked = np.ones(len(places.ids), np.bool_)
        if touched is not None:
            asked = worst(touched[places.columns], places.starts)
        if done:
            asked &= ~np.isin(self._slice_of_place[rule], sorted(done))
        return asked

    def findings(
        self, work: Work, rule: Rule, asked: Sequence[tuple[int, int]]
    ) -> list[Finding]:
        """Why the level of each (position, level) holds there, told at the worst of its points."""
        assert work.sight is not None
        places = self.places[rule.id]
        points = [self._worst_points(work, rule, places, *one) for one in asked]
        every = list(dict.fromkeys(point for some in points for point in some))
        told = explain_each(self.bound, rule.id, work.sight, every, self.fields.origin)
        return [
            find(self.fields, self.facts, rule, places.columns_of(position),
                 [told[point] for point in some], level, work.at, self.life.zone)
            for (position, level), some in zip(asked, points, strict=True)
        ]  # fmt: skip

    def _worst_points(
        self, work: Work, rule: Rule, places: RulePlaces, position: int, level: int
    ) -> list[int]:
        """The points of a place where the rule stands highest, up to `level`; else its first."""
        columns, start = places.columns_of(position), places.starts[position]
        heights = np.minimum(work.heights[rule.id][start : start + len(columns)], level)
        worst_of_all = columns[heights == heights.max()] if heights.any() else columns[:1]
        return [int(column) for column in worst_of_all]

    def _long_unknown(self, memory: Standing, position: int, now: datetime) -> bool:
        since = float(memory.unknown_since[position])
        return now.timestamp() - since >= 2 * self.cadence.total_seconds()


def _sliced(places: Sequence[str], shares: Shares | None) -> tuple[dict[str, int], list[int]]:
    """The number of each place's slice, and each slice's share: none has places of two."""
    by_share: dict[int, list[str]] = {}
    for place in places:
        by_share.setdefault(shares.of_place(place) if shares else 0, []).append(place)
    slice_of: dict[str, int] = {}
    share_of: list[int] = []
    for share, held in sorted(by_share.items()):
        for n, place in enumerate(held):
            if n % SLICE == 0:
                share_of.append(share)
            slice_of[place] = len(share_of) - 1
    return slice_of, share_of


def _said(sight: Sight) -> bytes:
    """What can be said and observed where, to compare with what the book was bound to."""
    masks = [*sorted(sight.can_say.items()), *sorted(sight.can_observe.items())]
    return b"".join(name.encode() + mask.tobytes() for name, mask in masks)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
