"""Roads that others have closed, as they told us: which of our sections meet them, and until when.

A closure ends when it is told that the road is open, or when its time is over; of a part that opens the
rest stays closed. One that names no end is
believed for a day, as a warning is that names none; who told it may say it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from alerting.errors import BadInput
from alerting.places import Places
from alerting.places.roads import (
    CLOSED,
    REOPENED,
    RoadReport,
    read_road_report,
    stretch_of,
)
from alerting.signals import Report

ACTS = (CLOSED, REOPENED)
NO_END = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Closure:
    """A stretch that somebody else has closed. `person` told us of it at `since`."""

    told: RoadReport
    since: datetime
    person: str

    @property
    def runs_out(self) -> datetime:
        return self.told.until or self.since + NO_END

    def words(self, language: str, until: str = "") -> str:
        """In one line: who has closed what, and why. `until` is the end in the reader's words."""
        told = self.told
        stretch = told.stretch.called(language)
        if language == "zh":
            tail = f"，至{until}" if until else ""
            return f"邻县已封闭{stretch}，因{told.reason}{tail}（{told.by}通报）"
        tail = f", until {until}" if until else ""
        return (f"The neighbouring county has closed {stretch}, because: {told.reason}{tail}"
                f" (told by {told.by})")  # fmt: skip


@dataclass(slots=True)
class ClosedRoads:
    """The closures of a realm. Rebuilt from stored signals at start."""

    places: Places
    _closures: list[Closure] = field(default_factory=list)

    def take(self, report: Report) -> None:
        """A report was checked when it came; one that no longer fits our tables says nothing."""
        at = report.accepted or report.issued
        try:
            told = read_road_report(report.act, report.detail, self.places, at)
        except BadInput:
            return
        if report.act == REOPENED:
            self._closures = [replace(c, told=left) for c in self._closures
                              for left in _left_of(c.told, told)]  # fmt: skip
            return
        new = Closure(told, at, report.person)
        # Said again it takes the place of what was said before; another's word shortens nobody's.
        self._closures = [c for c in self._closures if _left_of(c.told, told)
                          or (c.told.by != told.by and c.runs_out > new.runs_out)]  # fmt: skip
        self._closures.append(new)

    def forget(self, now: datetime) -> None:
        self._closures = self.standing(now)

    def standing(self, now: datetime) -> list[Closure]:
        """Those that hold at a moment, the latest last."""
        return [c for c in self._closures if now < c.runs_out]

    def met_by(self, place: str, now: datetime) -> Closure | None:
        """The latest closure that a road section of ours meets."""
        known = self.places.by_id.get(place)
        stretch = stretch_of(known) if known is not None else None
        if stretch is None:
            return None
        met = [c for c in self.standing(now) if c.told.stretch.touches(stretch)]
        return met[-1] if met else None

    def columns(self, now: datetime) -> NDArray[np.int8]:
        """2 at the points of every section that meets a closure, 0 elsewhere: nobody is bound to
        tell us, so that silence is no unknown."""
        found = np.zeros(len(self.places.columns), np.int8)
        if not self.standing(now):
            return found
        for place in self.places.of_kind("road-section"):
            if self.met_by(place.id, now) is not None:
                lo, hi = self.places.place_range[place.id]
                found[lo:hi] = 2
        return found


def _left_of(old: RoadReport, new: RoadReport) -> list[RoadReport]:
    """What of an earlier stretch is told of no more by a later one: all, parts of it, nothing."""
    apart = new.to_km <= old.from_km or old.to_km <= new.from_km
    touched = (new.from_km <= old.from_km and old.to_km <= new.to_km) or not apart
    one_way = {old.direction, new.direction} == {"up", "down"}
    if new.road.upper() != old.road.upper() or not touched or one_way:
        return [old]
    parts = [(old.from_km, new.from_km), (new.to_km, old.to_km)]
    left = [old.model_copy(update={"from_km": a, "to_km": b}) for a, b in parts if a < b]
    if old.direction == "both" and new.direction != "both":
        other = "down" if new.direction == "up" else "up"
        between = {"from_km": max(old.from_km, new.from_km), "to_km": min(old.to_km, new.to_km)}
        left.append(old.model_copy(update=between | {"direction": other}))
    return left
