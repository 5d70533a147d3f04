"""What a signal leads to: decisions by rule, and what of them is written with which slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.judge import Decisions
from alerting.alerts.standing import Standing
from alerting.weather import Sight


class Move(NamedTuple):
    """What happens to the alert at one of a rule's places: "rise", "fall", "refresh", or "put" (what is
    for a named day is put anew), to `level`; `explained` is the level whose why is told."""

    kind: str
    position: int
    level: int
    explained: int


@dataclass(slots=True)
class Share:
    """A rule's part in a slice. `unknown` are the places held by what is unknown alone, `touched`
    those whose memory is to be saved."""

    moves: list[Move] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Work:
    """By rule, with arrays over its places or their points; `shares` by slice and rule."""

    by: str
    at: datetime
    decisions: dict[str, Decisions] = field(default_factory=dict)
    shares: dict[int, dict[str, Share]] = field(default_factory=dict)
    sight: Sight | None = None
    believed: dict[str, NDArray[np.int8]] = field(default_factory=dict)
    heights: dict[str, NDArray[np.int8]] = field(default_factory=dict)  # true level by column

    def share_out(
        self, rule: str, memory: Standing, still: Sequence[int], slice_of: Sequence[int],
        put: Sequence[int] = (),
    ) -> None:  # fmt: skip
        """Give each slice its share of what was decided of a rule's places. `still` are those whose
        open alerts are to be read anew, `put` those whose named days are, `slice_of` the slice of each
        position."""

        def share(position: int) -> Share:
            return self.shares.setdefault(slice_of[position], {}).setdefault(rule, Share())

        decided, believed = self.decisions[rule], self.believed[rule]
        for position, _, level in decided.rises:
            share(position).moves.append(Move("rise", position, level, level))
        for position, was, level in decided.falls:
            share(position).moves.append(Move("fall", position, level, level or was))
        for position in still:
            mine, level = share(position), int(memory.level[position])
            if level <= believed[position]:
                mine.moves.append(Move("refresh", position, level, level))
        for position in put:
            now = min(int(believed[position]), level := int(memory.level[position]))
            share(position).moves.append(Move("put", position, now, now or level))
        for position in decided.only_unknown:
            share(position).unknown.append(position)
        for position in sorted(decided.touched):
            share(position).touched.append(position)
