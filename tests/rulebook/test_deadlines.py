"""By when a measure is to be in force: minutes from its issue, or a time of day that people live by."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from alerting.rulebook.measures import Measure

ZONE = ZoneInfo("Asia/Shanghai")
SAME = {"zh": "开门", "en": "open"}


def measure(**more) -> Measure:
    return Measure(title=SAME, form="order", carrier="enterprise", lifter="enterprise", do=SAME,
                   sms=SAME, **more)  # fmt: skip


@pytest.mark.parametrize(
    ("issued", "due"),
    [
        ("09 20:00", "10 06:30"),  # decided in the evening: before the pupils come
        ("10 05:30", "10 06:30"),  # confirmed at dawn: the same time, not ten hours from then
        ("10 06:00", "10 07:00"),  # too late for 06:30: the hour it takes
        ("10 06:30", "10 07:30"),
        ("10 12:00", "10 13:00"),  # tomorrow's morning is not meant
    ],
)
def test_a_time_of_day_is_the_deadline_where_it_is_near(issued, due):
    opened = measure(**{"by-minutes": 60, "by-clock": "06:30"})
    at = datetime.strptime(f"2026-01-{issued}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
    assert f"{opened.due(at, ZONE, 45):%d %H:%M}" == due


def test_without_one_it_is_minutes_from_the_issue():
    at = datetime(2026, 1, 9, 20, tzinfo=ZONE)
    assert f"{measure(**{'by-minutes': 20}).due(at, ZONE, 45):%H:%M}" == "20:20"
    assert f"{measure().due(at, ZONE, 45):%H:%M}" == "20:45"


def test_a_clock_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no time of day"):
        measure(**{"by-clock": "6:30 pm"})
