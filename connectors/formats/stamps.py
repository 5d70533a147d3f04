"""Times as sources write them, to aware UTC datetimes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
# A date, a time, perhaps fractions, perhaps a zone; `T` or a blank between, dashes or slashes.
_STAMP = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)


def stamp(text: str, zone: ZoneInfo | None = None) -> datetime | None:
    """`text` as UTC, or None for an empty text.

    Without a zone of its own it is taken in `zone`; ValueError when there is none of either, or
    when the text is no time: years of the Buddhist era (2500 and more) are refused, not shifted.
    """
    text = text.strip()
    if not text:
        return None
    found = _STAMP.fullmatch(text)
    if found is None:
        return _rfc822(text)
    *date, offset = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in date)
    if not 1970 <= year < 2200:
        # Thai offices are known to send years 543 too high; we do not guess which were meant.
        raise ValueError(f"the year of {text!r} cannot be right")
    midnight = (hour, minute, second) == (24, 0, 0)  # the end of that day, as China's offices say
    try:
        # A leap second is told by the one before it.
        at = datetime(year, month, day, 0 if midnight else hour, minute, min(second, 59))
        if second > 60:
            raise ValueError
        own = None if offset is None else _zone(offset)
    except ValueError:
        raise ValueError(f"{text!r} is no time") from None
    if midnight:
        at += timedelta(days=1)
    if own is not None:
        return at.replace(tzinfo=own).astimezone(UTC)
    if zone is None:
        raise ValueError(f"the time {text!r} has no zone")
    return at.replace(tzinfo=zone).astimezone(UTC)


def _rfc822(text: str) -> datetime:
    # RSS writes its dates as mail does.
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no time") from None
    if at.tzinfo is None or not 1970 <= at.year < 2200:
        raise ValueError(f"the time {text[:40]!r} cannot be right")
    return at.astimezone(UTC)


def _zone(offset: str) -> timezone:
    if offset in ("Z", "UTC", "GMT"):
        return UTC
    digits = offset[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(ahead if offset[0] == "+" else -ahead)
