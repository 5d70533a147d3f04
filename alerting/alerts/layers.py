"""Observations of one moment, evaluated together with the outcome of one after the other.

What a station says changes the columns it speaks for and nothing else, and rules decide place by place.
So observations that have no place in common may be evaluated in any order, or all at once. They come in
layers: within one no place is spoken of twice, and whoever speaks of a place that an earlier one has
spoken of comes in a later layer. Each change is the work of the one that spoke of its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from alerting.alerts.changes import Changes
from alerting.alerts.engine import Engine
from alerting.alerts.seen import Bools
from alerting.signals import Observation


def layers(engine: Engine, said: Sequence[Observation]) -> list[list[int]]:
    """Their numbers, in order within each layer."""
    made: dict[int, list[int]] = defaultdict(list)
    depth = np.zeros(engine.place_count, np.intp)
    for number, one in enumerate(said):
        places = engine.spoken_of(one)
        at = int(depth[places].max(initial=0))
        depth[places] = at + 1
        made[at].append(number)
    return [made[at] for at in sorted(made)]


def decide(
    engine: Engine, layer: Mapping[int, Observation], now: datetime, touched: Bools, done: set[int]
) -> dict[int, list[Changes]]:
    """What each of a layer, which the engine has seen, leads to, a slice after the other; without those
    that change nothing. `touched` are the columns of all of them, `done` as for Engine.work."""
    whose: dict[str, int] = {}
    for number, one in layer.items():
        whose |= dict.fromkeys(engine.names(engine.spoken_of(one)), number)
    work = engine.work(next(iter(layer.values())), now, touched, done)
    found: dict[int, list[Changes]] = defaultdict(list)
    for number in engine.slices(work):
        for owner, changes in _by_owner(engine.changes(work, number), whose).items():
            changes.by = layer[owner].id
            found[owner].append(changes)
    return found


def _by_owner(changes: Changes, whose: Mapping[str, int]) -> dict[int, Changes]:
    made: dict[int, Changes] = defaultdict(lambda: Changes(changes.by, changes.at))
    for one in changes.all:
        made[whose[one.place.id]].all.append(one)
    for unknown in changes.unknown:
        made[whose[unknown[1]]].unknown.append(unknown)
    for row in changes.remembered:
        made[whose[row["place"]]].remembered.append(row)
    return made
