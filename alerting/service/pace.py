"""How often a source is asked, and what that costs of what it allows in a day.

A connector may say `every` (how often it wants to be asked), `quota` (what its source allows in a day)
and `weighs(places)` (what one poll of that many places costs of it).
"""

from __future__ import annotations

from datetime import timedelta

from alerting.connector import Connector

SHORTEST = timedelta(seconds=5)
DAY = timedelta(days=1)
SPARED = 0.9  # of a quota: the rest is for starts, a second try and the doctor


def pace(connector: Connector, places: int) -> timedelta:
    """The time between two polls: half a cadence, longer where a day's quota would not last."""
    every: timedelta = getattr(connector, "every", connector.cadence / 2)
    quota = quota_of(connector)
    if quota is not None:
        every = max(every, DAY * (weight_of(connector, places) / (quota * SPARED)))
    return max(SHORTEST, every)


def calls_a_day(connector: Connector, places: int) -> float:
    """What a day of polling costs, in the source's own count."""
    return weight_of(connector, places) * (DAY / pace(connector, places))


def weight_of(connector: Connector, places: int) -> float:
    weighs = getattr(connector, "weighs", None)
    return float(weighs(places)) if weighs is not None else 1.0


def quota_of(connector: Connector) -> float | None:
    """What the source allows in a day; None where no limit is known."""
    quota = getattr(connector, "quota", None)
    return None if quota is None else float(quota)
