"""What is not weather, kept for one realm: warnings in force, incidents, what people reported.

Rebuilt from stored signals at start, like the fields. It answers for the engine's columns; see
weather.sight.Facts for the shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.closed_roads import NO_END, ClosedRoads
from alerting.calendar import Calendar
from alerting.places import Places
from alerting.places.areas import AreaMatcher, issuer_rank, named_rank
from alerting.places.roads import CLOSED
from alerting.signals import Incident, Report, Warning
from alerting.vocabulary import BY_BULLETIN, Level
from alerting.weather.sight import Sight

REPORT_LASTS = timedelta(hours=6)  # what a person saw, unless ended or said again
KEPT = timedelta(days=40)


@dataclass(slots=True)
class InForce:
    """A warning as it stands, with the columns it covers. `orphan`: an update of what never came."""

    warning: Warning
    columns: NDArray[np.bool_]
    orphan: bool = False
    ended: datetime | None = None

    @property
    def since(self) -> datetime:
        # An announced warning binds from its issue: people prepare before its onset. What has come
        # has been issued, even by an office whose clock runs ahead of ours.
        issued, accepted = self.warning.issued, self.warning.accepted
        return min(issued, accepted) if accepted else issued

    @property
    def runs_out(self) -> datetime:
        return self.warning.expires or self.since + NO_END  # as long as a closure that names none

    def holds(self, now: datetime) -> bool:
        return self.ended is None and self.since <= now < self.runs_out


@dataclass(slots=True)
class FactBook:
    """The facts of a realm. `feeds` are the configured warning sources with their cadence, None for
    one that is pushed to us and promises nothing: its silence says nothing."""

    places: Places
    calendar: Calendar
    feeds: Mapping[str, timedelta | None]
    warnings: dict[tuple[str, str], InForce] = field(default_factory=dict)  # identifier, hazard
    spoke: dict[str, datetime] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    reports: list[tuple[str, str, datetime]] = field(default_factory=list)  # word, place, at
    ends: dict[str, list[InForce]] = field(default_factory=dict)  # by the number they refer to
    roads: ClosedRoads = field(init=False)  # that others have closed
    _matcher: AreaMatcher | None = None
    _within: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.roads = ClosedRoads(self.places)

    def take_warning(self, warning: Warning) -> NDArray[np.bool_]:
        """Put a warning in force, or end the ones it names; gives the columns it touches.

        The same number on two feeds is one warning: what ends it on either ends it. A later text
        under a number takes the place of the earlier one.
        """
        key = (warning.identifier, warning.hazard)
        known = {_number(identifier) for identifier, _ in self.warnings}
        orphan = warning.action == "update" and known.isdisjoint(map(_number, warning.references))
        new = InForce(warning, self.matcher.covers(warning.area), orphan)
        touched = np.zeros(len(self.places.columns), np.bool_)
        for reference in warning.references:
            # An update or cancel may come before what it refers to.
            self.ends.setdefault(_number(reference), []).append(new)
        for held in self.warnings.values():
            if held.ended is None and _ends(new, held):
                held.ended = warning.issued
                touched |= held.columns
        if warning.action == "cancel":
            return touched
        roots = {_number(n) for n in (warning.identifier, *warning.references)}
        if any(_ends(other, new) for root in roots for other in self.ends.get(root, [])):
            return touched
        if any(_issued_anew(other, new) for other in self.warnings.values()):
            return touched  # a copy of what its office has put another in the place of
        copy = self.warnings.get(key)
        if copy is not None:
            touched |= copy.columns
            if copy.warning.issued > warning.issued:
                return touched
            if copy.warning.issued == warning.issued:
                # Feeds draw one area in their own ways; it holds wherever one of them says so.
                new.columns |= copy.columns
        self.warnings[key] = new
        return touched | new.columns

    def take_incident(self, incident: Incident) -> None:
        self.incidents.append(incident)

    def bulletin(self, kinds: Set[str], now: datetime) -> Incident | None:
        """The bulletin of the latest accident of one of these kinds."""
        return max((i for i in self.incidents if i.incident in kinds and i.at <= now),
                   key=lambda i: i.at, default=None)  # fmt: skip

    def take_report(self, report: Report) -> NDArray[np.bool_]:
        """`reported` and `report-ended` with a word (icing) at a place; gives the columns touched."""
        word, place = str(report.detail.get("word", "")), report.subject.removeprefix("place:")
        at = report.accepted or report.issued
        self.reports = [r for r in self.reports if (r[0], r[1]) != (word, place)]
        if report.act == "reported":
            self.reports.append((word, place, at))
        return self.within(place)

    def within(self, place: str) -> NDArray[np.bool_]:
        """The columns of a place and of all that lies in it."""
        if place not in self._within:
            made = np.zeros(len(self.places.columns), np.bool_)
            for one in self.places.inside(place):
                made[slice(*self.places.place_range.get(one.id, (0, 0)))] = True
            if place not in self.places.by_id:
                return made
            self._within[place] = made
        return self._within[place].copy()

    def heard(self, source: str, at: datetime) -> None:
        """A warning feed answered, with news or without."""
        self.spoke[source] = max(at, self.spoke.get(source, at))

    def forget(self, now: datetime) -> None:
        """Let go of what can no longer matter."""
        self.warnings = {
            i: w for i, w in self.warnings.items()
            if (w.warning.expires or w.warning.issued) > now - KEPT
        }  # fmt: skip
        recent = {
            number: [e for e in enders if e.warning.issued > now - KEPT]
            for number, enders in self.ends.items()
        }
        self.ends = {number: enders for number, enders in recent.items() if enders}
        self.incidents = [i for i in self.incidents if i.at > now - KEPT]
        self.roads.forget(now)

    @property
    def matcher(self) -> AreaMatcher:
        if self._matcher is None:
            self._matcher = AreaMatcher(self.places)
        return self._matcher

    def silent(self, now: datetime) -> list[str]:
        """Configured warning feeds that have been quiet for two cadences."""
        return [
            name for name, cadence in self.feeds.items()
            if cadence is not None
            and (name not in self.spoke or now - self.spoke[name] > 2 * cadence)
        ]  # fmt: skip

    def official(self, hazard: str, columns: NDArray[np.intp], now: datetime) -> InForce | None:
        """The warning that `levels` goes by at the worst of these columns."""
        counts = self.levels(hazard, now)[columns]
        worst = columns[counts == counts.max(initial=0)]
        found = [
            held for held in self._deciding(hazard, now)
            if int(Level[held.warning.level]) == counts.max(initial=0)
            and held.columns[worst].any()
        ]  # fmt: skip
        return found[-1] if found else None

    def in_force(self, now: datetime) -> list[InForce]:
        """All that count at some place of ours; those too that ran out while their feed was silent."""
        silent = set(self.silent(now))
        found = [w for w in tuple(self.warnings.values()) if w.columns.any()]
        return [w for w in found if w.holds(now) or self._unheard(w, silent, now)]

    def nameless(self, now: datetime) -> list[InForce]:
        """Warnings in force at some place of ours whose kind we do not know, by their number."""
        found = [w for w in self.warnings.values() if not w.warning.hazard and w.holds(now)]
        return sorted((w for w in found if w.columns.any()), key=lambda w: w.warning.identifier)

    def at(self, now: datetime) -> FactsAt:
        return FactsAt(self, now)

    def _deciding(self, hazard: str, now: datetime) -> list[InForce]:
        """Those in force for a hazard; where several levels of office speak, the nearest decides."""
        of_it = [w for w in self.warnings.values() if w.warning.hazard == hazard]
        silent = set(self.silent(now))
        held = [w for w in of_it if w.holds(now) or self._unheard(w, silent, now)]
        return sorted(held, key=lambda w: (_rank(w.warning), w.warning.issued))

    def _unheard(self, held: InForce, silent: Set[str], now: datetime) -> bool:
        """Whether a warning has run out while its feed was silent: it may have been prolonged, and
        silence lifts nothing."""
        source = held.warning.source
        spoke = self.spoke.get(source)
        return (
            source in silent and held.ended is None and held.runs_out <= now
            and (spoke is None or held.runs_out > spoke)
        )  # fmt: skip

    def levels(self, hazard: str, now: datetime) -> NDArray[np.int8]:
        level = np.zeros(len(self.places.columns), np.int8)
        rank = np.zeros(len(self.places.columns), np.int8)
        for held in self._deciding(hazard, now):
            nearer = _rank(held.warning)
            value = int(Level[held.warning.level])
            take = held.columns & ((nearer > rank) | ((nearer == rank) & (value > level)))
            level[take], rank[take] = value, nearer
        return level


@dataclass(frozen=True, slots=True)
class FactsAt:
    """The facts at one moment, as the rule book asks for them."""

    book: FactBook
    now: datetime
    first: datetime | None = None  # of the sight they lie beside
    rows: int = 0
    only: NDArray[np.intp] | None = None  # for a sight of some columns

    def _cut(self, values: NDArray[np.int8]) -> NDArray[np.int8]:
        return values if self.only is None else values[self.only]

    def beside(self, sight: Sight, only: NDArray[np.intp] | None = None) -> Sight:
        """The sight with these facts, cut to its rows and, where given, its columns."""
        return replace(sight, facts=FactsAt(self.book, self.now, sight.first, sight.rows, only))

    def warning(self, hazard: str) -> NDArray[np.int8]:
        levels = self.book.levels(hazard, self.now)
        if hazard not in BY_BULLETIN and self.book.silent(self.now):
            # A warning we hold stays in force; that there is no other, or none, we cannot know.
            levels = (-1 - levels).astype(np.int8)
        return self._cut(levels)

    def can_warn(self) -> bool:
        return bool(self.book.feeds)

    def season(self, name: str) -> int:
        return self.book.calendar.season(name, self.now)

    def holiday(self, name: str) -> int:
        return self.book.calendar.holiday(name, self.now)

    def on_day(self, kind: str) -> NDArray[np.int8]:
        assert self.first is not None
        return self.book.calendar.on_day(kind, self.first, self.rows)

    def incident(self, kind: str, hours: float) -> int:
        since = self.now - timedelta(hours=hours)
        return 2 if any(i.incident == kind and i.at >= since for i in self.book.incidents) else 0

    def reported(self, word: str) -> NDArray[np.int8]:
        if word == CLOSED:  # is told of a road, not seen at a place
            return self._cut(self.book.roads.columns(self.now))
        found = np.zeros(len(self.book.places.columns), np.int8)
        for said, place, at in self.book.reports:
            if said == word and self.now - at <= REPORT_LASTS:
                found[self.book.within(place)] = 2
        return self._cut(found)


def _ends(later: InForce, held: InForce) -> bool:
    """Whether one message ends another: it names it, or it goes on with a chain of which it names
    the first alone, as China's offices do. A chain may go on in two, each for its own area; a
    cancel ends all of it. A cancel that names nothing (a list's "lifted") means what its office said
    of that hazard there."""
    new, old = later.warning, held.warning
    named = {_number(reference) for reference in new.references}
    if _number(old.identifier) in named:
        return True
    if new.sender != old.sender or new.issued < old.issued:
        return False
    if _issued_anew(later, held):
        return True
    lifts = new.action == "cancel"
    alike = bool(new.hazard) and new.hazard == old.hazard
    all_of_it = not (held.columns & ~later.columns).any()
    if lifts and named <= {_number(new.identifier)}:
        return alike and all_of_it
    if named.isdisjoint(_number(r) for r in old.references):
        return False
    return lifts or (new.issued > old.issued and alike and all_of_it)


def _issued_anew(later: InForce, held: InForce) -> bool:
    """Whether an office has put another signal in the place of its own of the same kind, without a word
    of the old one, or with the word of one between them that never came: in China the latest counts,
    wherever it holds. Elsewhere several stand beside each other."""
    new, old = later.warning, held.warning
    office = new.sender[:6].isdigit() or new.identifier[:6].isdigit() or not new.sender.isascii()
    return (
        office and (later.orphan or (new.action == "alert" and not new.references))
        and new.onset is None
        and bool(new.hazard) and (new.hazard, new.sender) == (old.hazard, old.sender)
        and new.issued > old.issued and _number(new.identifier) != _number(old.identifier)
        and not (held.columns & ~later.columns).any()
    )  # fmt: skip


def _number(identifier: str) -> str:
    # One CAP message with several hazards becomes several warnings: id, id#2 …
    return identifier.split("#")[0]


def _rank(warning: Warning) -> int:
    """How near its office is: by its code, the sender's or the identifier's; else, as of a fax, by its
    name, then by the widest area it is for. What is typed in stands beside its office's feed."""
    office = warning.sender if warning.sender[:6].isdigit() else warning.identifier
    if office[:6].isdigit() or not warning.source.startswith("typed:"):
        return issuer_rank(office)
    widest = min((issuer_rank(c) for c in warning.area.codes if c.isdigit()), default=1)
    return named_rank(warning.sender) or widest
