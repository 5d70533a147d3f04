"""How often a source is asked, how many places at a time, and what that costs of what it allows.

A connector may say `every` (how often it wants to be asked), `quota` (what its source allows in a span
of time, for each such span) and `weighs(places)` (what one poll of that many places costs of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from alerting.connector import Connector

SHORTEST = timedelta(seconds=5)
DAY = timedelta(days=1)
SPARED = 0.9  # of a quota: the rest is for starts, a second try and the doctor


def pace(connector: Connector, places: int) -> timedelta:
    """The time between two polls: half a cadence, longer where a quota would not last."""
    every: timedelta = getattr(connector, "every", connector.cadence / 2)
    weight = weight_of(connector, places)
    regained = [_regained(weight, span, most) for span, most in quota_of(connector).items()]
    return max(SHORTEST, every, *regained)


def portion(connector: Connector, places: int) -> tuple[int, timedelta]:
    """How many of these places a poll asks for, and how long the next waits that asks for the rest.

    A poll of all of them that the shortest span has no room for is parted; between the parts each span
    that has no room for them all regains what a part has cost.
    """
    whole = weight_of(connector, places)
    short = {s: most for s, most in quota_of(connector).items() if whole > most * SPARED}
    if not short:
        return places, timedelta(0)
    part = max(1, int(places * min(short.values()) * SPARED / whole))
    weight = weight_of(connector, part)
    return part, max(_regained(weight, span, most) for span, most in short.items())


def calls_a_day(connector: Connector, places: int) -> float:
    """What a day of polling costs, in the source's own count."""
    return weight_of(connector, places) * (DAY / pace(connector, places))


def weight_of(connector: Connector, places: int) -> float:
    weighs = getattr(connector, "weighs", None)
    return float(weighs(places)) if weighs is not None else 1.0


def quota_of(connector: Connector) -> Mapping[timedelta, float]:
    """What the source allows in each span of time; empty where no limit is known."""
    return getattr(connector, "quota", {})


def _regained(weight: float, span: timedelta, most: float) -> timedelta:
    return span * (weight / (most * SPARED))
