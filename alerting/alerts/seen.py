"""What a rule's verdict says of its places: each has the worst of its points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.rule_places import RulePlaces
from alerting.rulebook import Bound, Verdict
from alerting.vocabulary import Level

Bools = NDArray[np.bool_]
Levels = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Seen:
    """One rule's verdict over its places (the worst of each place's points).

    `ladder` are the level numbers, lowest first; the rows of `true` and `possible` follow it.
    `floor` is the official level on that ladder, 0 for none.
    """

    ladder: Levels
    true: Bools  # (levels, places)
    possible: Bools
    floor: Levels
    clear: Bools  # true at every point
    ahead: Bools  # something of the lowest level may lie within reach and gap
    facts_only: Bools  # places where facts alone decide: no weather can say that it is over
    no_clear: Bools  # places where no source can ever say that it is clear, though one said it began

    def believed(self) -> Levels:
        """The highest level that is true, or the official floor where that is higher."""
        weather = (self.true * self.ladder[:, None]).max(axis=0, initial=0)
        return np.maximum(weather, self.floor).astype(np.int8)

    def cannot_exclude(self, below: Levels) -> Levels:
        """The highest level up to `below` that is true, official or unknown."""
        candidates = self.possible * self.ladder[:, None]
        candidates = np.where(candidates <= below[None, :], candidates, 0)
        held = candidates.max(axis=0, initial=0)
        return np.maximum(held, np.minimum(self.floor, below)).astype(np.int8)


def seen_at(bound: Bound, verdict: Verdict, places: RulePlaces) -> Seen:
    """A rule's verdict, over its places."""

    at = verdict.where(places.columns)

    def some(values: Bools) -> Bools:
        return worst(values[..., at], places.starts)

    clear = bound.rule(verdict.rule.id).clear
    if clear is not None:
        no_clear = worst(clear.undecidable[places.columns - verdict.lo], places.starts)
    else:
        no_clear = np.zeros(len(places.ids), np.bool_)
    floor = np.maximum.reduceat(verdict.floor[at], places.starts)
    if verdict.facts_only or clear is None:
        facts_only = np.ones(len(places.ids), np.bool_)
    else:
        # And where no source can ever say that it has begun, either: there only an official warning
        # opens the rule, and its end is all there is to know.
        facts_only = no_clear & ~some(np.any(~verdict.undecidable, axis=0))
    return Seen(
        ladder=np.array([int(Level[name]) for name in verdict.rule.levels], np.int8),
        true=some(verdict.true),
        possible=some(verdict.possible),
        floor=floor.astype(np.int8),
        clear=at_all(verdict.clear_true[at], places.starts),
        ahead=some(verdict.ahead_possible),
        facts_only=facts_only,
        no_clear=no_clear,
    )


def at_points(values: Bools, verdict: Verdict, places: RulePlaces) -> Bools:
    """What the verdict says of the points of these places, (..., points)."""
    return values[..., verdict.where(places.columns)]


def worst(points: Bools, starts: NDArray[np.intp]) -> Bools:
    """A place has the worst of its points: `points` is (…, columns), `starts` where places begin."""
    if not len(starts):
        return np.zeros((*points.shape[:-1], 0), np.bool_)
    return np.logical_or.reduceat(points, starts, axis=-1)


def at_all(points: Bools, starts: NDArray[np.intp]) -> Bools:
    """True where it is true at every point of the place."""
    if not len(starts):
        return np.zeros((*points.shape[:-1], 0), np.bool_)
    return np.logical_and.reduceat(points, starts, axis=-1)
