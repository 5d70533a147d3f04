"""The hours a measure is asked for: `from` and `until` of its arguments, as moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerting.rulebook.arguments import FROM, UNTIL

DAY = timedelta(days=1)


def hours_of(
    arguments: Mapping[str, Any], at: datetime, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """From when and until when (UTC) a measure holds that is asked for at `at`; None where it is not
    limited: the stretch that is under way at `at`, else the next.

    Asked at 16:00 for 20:00 to 08:00 it is tonight's, asked at 02:00 the night's that is half over.
    Without an end it is the nearest beginning, before or after.
    """
    start, end = arguments.get(FROM), arguments.get(UNTIL)
    ends = _next(end, at, zone) if end else None
    if not start:
        return None, ends
    begins = _next(start, at, zone)
    if ends is None:  # what should have begun a moment ago is not for tomorrow
        before = _last(start, begins, zone)
        return (before if at - before < begins - at else begins), None
    if ends <= begins:  # it has begun already
        return _last(start, ends, zone), ends
    return begins, ends


def nearest(clock: str, begins: datetime, ends: datetime | None, zone: ZoneInfo) -> datetime:
    """When a time of day strikes within these hours, else nearest to them, before or after."""
    after = _next(clock, begins, zone)
    if ends is None or after <= ends:
        return after
    before = _last(clock, after, zone)
    return before if begins - before < after - ends else after


def _next(clock: str, after: datetime, zone: ZoneInfo) -> datetime:
    """When this time of day strikes next after a moment."""
    local, strikes = after.astimezone(zone), time.fromisoformat(clock)
    day = local.date()
    at = datetime.combine(day, strikes, zone)
    if at <= local:
        at = datetime.combine(day + DAY, strikes, zone)
    return at.astimezone(after.tzinfo)


def _last(clock: str, before: datetime, zone: ZoneInfo) -> datetime:
    """When it struck last before a moment."""
    return _next(clock, before - DAY - timedelta(seconds=1), zone)
