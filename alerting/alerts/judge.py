"""From verdicts to decisions: which places open, rise, fall or clear, with no loop over places.

Opening and rising are immediate. A fall needs, all at once and for as long as the rule's hold runs:
the held level and every level above the one that remains neither true nor unknown, `clear` true, and
agreement (see agreement.py). Clearing needs besides that nothing of the lowest level lies within the
rule's reach and the gap. Everything else leaves things as they are: missing data neither opens nor
lifts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.seen import Bools, Levels, Seen
from alerting.alerts.standing import Standing


@dataclass(slots=True)
class Decisions:
    """Positions of the rule's places, and the level each moves to."""

    rises: list[tuple[int, int, int]]  # position, from, to (from 0: opens)
    falls: list[tuple[int, int, int]]  # position, from, to (to 0: clears)
    only_unknown: list[int]  # held open by what is unknown alone
    touched: set[int]  # whose memory changed and must be saved
    begun: set[int]  # those that fall from a level that had begun

    def among(self, positions: Sequence[int]) -> Decisions:
        """The same, where what was judged were only these of the rule's places."""
        return Decisions(
            [(positions[p], was, to) for p, was, to in self.rises],
            [(positions[p], was, to) for p, was, to in self.falls],
            [positions[p] for p in self.only_unknown],
            {positions[p] for p in self.touched},
            {positions[p] for p in self.begun},
        )


def judge(
    seen: Seen,
    memory: Standing,
    asked: Bools,
    under_way: Bools,
    agrees: Callable[[NDArray[np.intp], Levels], Bools],
    stayed_clear: Callable[[NDArray[np.intp]], Bools],
    now: datetime,
    hour: datetime,
    hold_seconds: float,
    may_rise: bool = True,
) -> Decisions:
    """Decide for the places in `asked` and move their memory on.

    `under_way` (levels, places) says where a level, or one above it, is believed and has begun;
    `agrees(positions, targets)` is asked only
    for places where all else that a fall needs is true, `stayed_clear(positions)` where the hold has
    run out; `hour` is the current hour stamp. A hold is counted in the signals' own time. A rule that
    is decided at hours of its own may rise at no other.
    """
    held = memory.level
    believed = np.where(asked, seen.believed(), held).astype(np.int8)
    at = now.timestamp()
    touched: set[int] = set()
    rises = _rises(asked & (believed > held) & may_rise, held, believed)

    still_true = asked & (held > 0) & (believed >= held)
    begun = still_true & _at_level(held, seen, under_way)
    _set(memory.believed, begun, hour.timestamp(), touched)
    target = seen.cannot_exclude(held)
    lowest = int(seen.ladder[0])
    stays = (target == 0) & seen.ahead & (held > 0) & ~seen.facts_only
    target = np.where(stays, np.minimum(lowest, held), target)
    may_fall = asked & (held > 0) & (target < held) & (believed < held)
    # What facts alone opened falls when the fact ends.
    falls = [
        (int(i), int(held[i]), int(target[i])) for i in np.flatnonzero(may_fall & seen.facts_only)
    ]
    may_fall &= seen.clear & ~seen.facts_only
    ready = np.flatnonzero(may_fall)
    if len(ready):
        may_fall[ready] = agrees(ready, target[ready])
    falls += _hold(
        memory, asked, may_fall, target.astype(np.int8), stayed_clear, at, hold_seconds, touched
    )
    _note_unknown(seen, memory, asked, believed, at, touched)
    over = {position for position, _, _ in falls if not np.isnan(memory.believed[position])}
    for position, _, level in rises + falls:
        memory.level[position] = level
        memory.hold_since[position] = np.nan
        touched.add(position)
    begun = _at_level(believed, seen, under_way)
    for position, was, level in rises:
        memory.believed[position] = hour.timestamp() if begun[position] else np.nan
        if was == 0 and level:
            memory.unknown_since[position] = np.nan
    for position, _, level in falls:
        if level == 0:
            memory.cleared[position] = at
            memory.believed[position] = np.nan
    unknown = seen.possible.any(axis=0) | (seen.no_clear & ~seen.facts_only)
    unknown &= asked & (memory.level > 0) & (seen.believed() == 0)
    return Decisions(rises, falls, [int(i) for i in np.flatnonzero(unknown)], touched, over)


def _at_level(level: Levels, seen: Seen, by_level: Bools) -> Bools:
    """Of each place, what is said of its `level`: above the ladder's last, nothing."""
    above = np.zeros((1, len(level)), np.bool_)
    said = np.concatenate([by_level, above])
    return said[np.searchsorted(seen.ladder, level), np.arange(len(level))]


def _rises(where: Bools, held: Levels, believed: Levels) -> list[tuple[int, int, int]]:
    return [(int(i), int(held[i]), int(believed[i])) for i in np.flatnonzero(where)]


def _hold(
    memory: Standing,
    asked: Bools,
    may_fall: Bools,
    target: Levels,
    stayed_clear: Callable[[NDArray[np.intp]], Bools],
    at: float,
    hold_seconds: float,
    touched: set[int],
) -> list[tuple[int, int, int]]:
    """Start, keep or break the holds; those that have run out, and were clear all along, fall."""
    broken = asked & ~may_fall & ~np.isnan(memory.hold_since)
    _set(memory.hold_since, broken, np.nan, touched)
    starts = may_fall & np.isnan(memory.hold_since)
    # A level that comes back into view during the hold bounds how far it may fall.
    shallower = may_fall & ~starts & (target > memory.hold_level)
    _set(memory.hold_since, starts, at, touched)
    for where in (starts, shallower):
        changed = np.flatnonzero(where)
        memory.hold_level[changed] = target[changed]
        touched.update(int(i) for i in changed)
    with np.errstate(invalid="ignore"):
        ripe = may_fall & (at - memory.hold_since >= hold_seconds)
    out = np.flatnonzero(ripe)
    if len(out):
        again = out[~stayed_clear(out)]
        ripe[again] = False
        memory.hold_since[again], memory.hold_level[again] = at, target[again]
        touched.update(int(i) for i in again)
    return [(int(i), int(memory.level[i]), int(memory.hold_level[i])) for i in np.flatnonzero(ripe)]


def _note_unknown(
    seen: Seen, memory: Standing, asked: Bools, believed: Levels, at: float, touched: set[int]
) -> None:
    above = seen.possible & ~seen.true & (seen.ladder[:, None] > believed[None, :])
    # Where nobody can say that it is clear, a level that is over cannot be known to be.
    stuck = seen.no_clear & ~seen.facts_only & (memory.level > 0) & (believed < memory.level)
    unknown = above.any(axis=0) | stuck
    _set(memory.unknown_since, asked & unknown & np.isnan(memory.unknown_since), at, touched)
    _set(memory.unknown_since, asked & ~unknown & ~np.isnan(memory.unknown_since), np.nan, touched)


def _set(values: NDArray[np.float64], where: Bools, to: float, touched: set[int]) -> None:
    same = np.isnan(values) if np.isnan(to) else values == to
    changed = np.flatnonzero(where & ~same)
    values[changed] = to
    touched.update(int(i) for i in changed)
