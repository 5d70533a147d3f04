"""A roster's times in words, for messages, pages and refusals."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def span_said(begins: datetime, ends: datetime, zone: ZoneInfo) -> dict[str, str]:
    """From when until when, in local time, in both languages."""
    one, other = begins.astimezone(zone), ends.astimezone(zone)
    return {
        "zh": f"{one.month}月{one.day}日{one:%H:%M}至{other.month}月{other.day}日{other:%H:%M}",
        "en": f"{one.day} {one:%b %H:%M} to {other.day} {other:%b %H:%M}",
    }
