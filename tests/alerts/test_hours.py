"""From when and until when a measure is asked for, by the clocks of its arguments."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from alerting.alerts.hours import hours_of

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = {"from": "20:00", "until": "08:00"}


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-{text}").replace(tzinfo=ZONE)


@pytest.mark.parametrize(("at", "begins", "ends"), [
    ("20 16:00", "20 20:00", "21 08:00"),
    ("20 19:59", "20 20:00", "21 08:00"),
    ("20 20:00", "20 20:00", "21 08:00"),  # it has just begun
    ("21 02:00", "20 20:00", "21 08:00"),  # half over
    ("21 07:59", "20 20:00", "21 08:00"),
    ("21 08:00", "21 20:00", "22 08:00"),  # over: the next
])  # fmt: skip
def test_the_night_that_is_under_way_else_the_next(at: str, begins: str, ends: str) -> None:
    assert hours_of(NIGHT, local(at), ZONE) == (local(begins), local(ends))


def test_what_is_not_said_does_not_limit() -> None:
    at = local("20 16:00")
    assert hours_of({}, at, ZONE) == (None, None)
    assert hours_of({"until": "17:00"}, at, ZONE) == (None, local("20 17:00"))
    assert hours_of({"until": "16:00"}, at, ZONE) == (None, local("21 16:00"))
    assert hours_of({"from": "20:30"}, at, ZONE) == (local("20 20:30"), None)
