"""What became of alerts, counted: how many, for how long, how often again, and against what really was.

An *event* is a stretch of hours in which a level's condition held in the record (truth.py). It is
*hit* when an alert of at least that level was open in one of its hours, else *missed*. A stretch of
an alert at a level is *false* when no event of the level lies within three hours of it. Lead is
from the first hour of that stretch to the first event in it, 0 where it came after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from alerting.vocabulary import Level

NEAR = 3  # hours
Span = tuple[float, float]  # hours from the beginning


@dataclass
class Score:
    events: int = 0
    hits: int = 0
    openings: int = 0  # stretches of alerts at this level or above
    false: int = 0
    leads: list[float] = field(default_factory=list)

    def row(self) -> str:
        pod = f"{self.hits / self.events:.2f}" if self.events else "–"
        far = f"{self.false / self.openings:.2f}" if self.openings else "–"
        lead = f"{median(self.leads):.0f}" if self.leads else "–"
        return (
            f"{self.events} | {self.hits} | {self.openings} | {self.false} | {pod} | {far} | {lead}"
        )


@dataclass
class Figures:
    """Of one rule at some places."""

    alerts: int = 0
    peaks: dict[str, int] = field(default_factory=dict)  # by level
    hours: dict[str, float] = field(default_factory=dict)  # in force at each level
    again: int = 0  # opened or reopened within 12 h of the end before, at the same place
    longest: float = 0.0
    longest_red: float = 0.0
    scores: dict[str, Score] = field(default_factory=dict)

    @property
    def open(self) -> float:
        return sum(self.hours.values())


def figures(
    found: Mapping[str, Any], rule: str, places: Sequence[str], ladder: Sequence[Level]
) -> Figures:
    """Of what `command.py` saved: its changes, and its events where it has any."""
    begins = datetime.fromisoformat(found["begins"])
    ends = _hours(found["ends"], begins)
    made = Figures()
    for place in places:
        changes = [c for c in found["changes"] if c[3] == rule and c[4] == place]
        steps, closed = _steps(changes, begins, ends), -99.0
        for since, until, level in steps:
            name = Level(level).name
            made.hours[name] = made.hours.get(name, 0.0) + until - since
        for since, until in _joined(steps, 1):
            made.again += since - closed < 12 and closed >= 0
            made.longest, closed = max(made.longest, until - since), until
        made.longest_red = max([made.longest_red, *(b - a for a, b in _joined(steps, 4))])
        peaks: dict[str, int] = {}
        for _, what, level, _, _, alert in changes:
            if what in ("opened", "reopened", "raised"):
                peaks[alert] = max(peaks.get(alert, 0), level)
        made.alerts += len(peaks)
        for peak in peaks.values():
            made.peaks[Level(peak).name] = made.peaks.get(Level(peak).name, 0) + 1
        for level in ladder:
            score = made.scores.setdefault(level.name, Score())
            events = found.get("events", {}).get(rule, {}).get(place, {}).get(str(int(level)), [])
            _count(score, events, _joined(steps, int(level)))
    return made


def _count(score: Score, events: Sequence[Sequence[int]], spans: Sequence[Span]) -> None:
    score.events += len(events)
    score.openings += len(spans)
    led = set()
    for first, last in events:
        over = [s for s in spans if s[0] < last + 1 and s[1] > first]
        score.hits += bool(over)
        if over and over[0] not in led:
            led.add(over[0])
            score.leads.append(max(first - over[0][0], 0.0))
    score.false += sum(
        not any(first - NEAR < until and last + 1 + NEAR > since for first, last in events)
        for since, until in spans
    )


def _steps(
    changes: Sequence[Sequence[Any]], begins: datetime, ends: float
) -> list[tuple[float, float, int]]:
    """(since, until, level) one after the other; what is open at the end ends with it."""
    made: list[tuple[float, float, int]] = []
    held, since = 0, 0.0
    for at, what, level, *_ in changes:
        if what not in ("opened", "reopened", "raised", "fell", "cleared", "withdrawn"):
            continue
        now = _hours(at, begins)
        if held:
            made.append((since, now, held))
        held, since = 0 if what in ("cleared", "withdrawn") else level, now
    if held:
        made.append((since, ends, held))
    return made


def _joined(steps: Sequence[tuple[float, float, int]], level: int) -> list[Span]:
    """The stretches at that level or above."""
    made: list[Span] = []
    for since, until, held in steps:
        if held < level:
            continue
        if made and made[-1][1] == since:
            made[-1] = (made[-1][0], until)
        else:
            made.append((since, until))
    return made


def _hours(at: str, begins: datetime) -> float:
    return (datetime.fromisoformat(at) - begins).total_seconds() / 3600
