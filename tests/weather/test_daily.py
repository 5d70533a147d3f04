"""Daily bounds over days that end at 20:00 local, across zones, clock changes and the window's edge."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerting.weather.daily import day_of, last_hour_of
from alerting.weather.window import hour_of, stamp_of
from tests.weather.weather_sky import MODEL, NAN, fields, hour, look, run

ROME = ZoneInfo("Europe/Rome")
INF = float("inf")


@pytest.mark.parametrize(
    ("zone", "local", "day"),
    [
        ("Asia/Shanghai", "2026-01-20T20:00:00+08:00", date(2026, 1, 20)),
        ("Asia/Shanghai", "2026-01-20T21:00:00+08:00", date(2026, 1, 21)),
        ("Asia/Shanghai", "2026-01-21T00:00:00+08:00", date(2026, 1, 21)),
        ("Asia/Kolkata", "2026-01-20T19:30:00+05:30", date(2026, 1, 20)),
        ("Asia/Kolkata", "2026-01-20T20:30:00+05:30", date(2026, 1, 21)),
    ],
)
def test_a_stamp_lies_in_the_day_that_ends_at_eight(zone: str, local: str, day: date) -> None:
    from datetime import datetime

    got = day_of(hour_of(datetime.fromisoformat(local)), ZoneInfo(zone), 20)
    assert date.fromordinal(got) == day


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_days_of_a_clock_change_are_shorter_or_longer(day: str, hours: int) -> None:
    number = date.fromisoformat(day).toordinal()
    last = last_hour_of(number, ROME, 20)
    assert stamp_of(last).astimezone(ROME).hour == 20
    assert last - last_hour_of(number - 1, ROME, 20) == hours


def test_days_that_end_at_the_clock_change_itself_still_follow_one_another() -> None:
    for ends_at in (0, 2, 3):
        ends = [last_hour_of(date(2026, 10, 22).toordinal() + n, ROME, ends_at) for n in range(7)]
        assert sum(np.diff(ends)) == 6 * 24 + 1
        assert set(np.diff(ends)) <= {24, 25}


# The fields start at 2026-01-20 00 UTC, 08:00 in Shanghai; a day ends at 12 UTC.


def bounds_of(
    n: float, values: list[float], kind: str, column: int = 0
) -> dict[int, tuple[float, float]]:
    """Bounds by days from today (0) on, of fields that took one run at `n` = 0."""
    f = fields(MODEL)
    f.take_forecast(run({"temperature": values}))
    sight = look(f, n)
    daily = sight.daily["temperature"][kind]
    today = daily.day_of_hour[sight.now_row]
    return {
        d: (float(daily.low[today + d, column]), float(daily.high[today + d, column]))
        for d in range(-3, 3)
        if today + d < len(daily.low)
    }


def test_a_whole_day_is_known_exactly_and_a_broken_one_as_a_bound() -> None:
    values = [5.0] * 13 + [float(v) for v in range(24)] + [-4.0, -3.0]
    low = bounds_of(0, values, "min")
    assert low[-1] == (-INF, INF)  # nothing known of yesterday
    assert low[0] == (-INF, 5)  # today from 08:00 on: at most 5
    assert low[1] == (0, 0)
    assert low[2] == (-INF, -4)
    high = bounds_of(0, values, "max")
    assert high[0] == (5, INF)
    assert high[1] == (23, 23)
    mean = bounds_of(0, values, "mean")
    assert mean[1] == (11.5, 11.5)
    assert mean[0] == (-INF, INF)


def test_one_missing_hour_makes_a_day_a_bound() -> None:
    values = [5.0] * 13 + [NAN] + [float(v) for v in range(1, 24)]
    assert bounds_of(0, values, "min")[1] == (-INF, 1)
    assert bounds_of(0, values, "max")[1] == (23, INF)
    assert bounds_of(0, values, "mean")[1] == (-INF, INF)


def test_rows_know_their_day_and_where_it_ends() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"temperature": [1.0] * 40}))
    sight = look(f, 0)
    daily = sight.daily["temperature"]["min"]
    today = daily.day_of_hour[72]
    assert daily.complete_row[today] == 72 + 12
    assert daily.day_of_hour[84] == today
    assert daily.day_of_hour[85] == today + 1
    assert daily.complete_row[today + 2] > sight.horizon[0]
    assert len(daily.low) == len(daily.complete_row)
    assert (daily.day_of_hour >= 60).all()  # sixty days lie before the first hour's


def test_days_that_left_the_window_are_kept_for_sixty_days() -> None:
    f = fields(MODEL)
    for n in range(0, 70 * 24, 12):
        f.take_forecast(
            run({"temperature": [n // 24 % 50 - (h % 12) / 100 for h in range(24)]},
                issued=n, start=n, accepted=n)
        )  # fmt: skip
    sight = look(f, 70 * 24)
    daily = sight.daily["temperature"]["min"]
    today = int(daily.day_of_hour[72])
    # Days 20 to 20 run from 13 to 12 UTC: 10 days ago is known exactly, though long gone by the hour.
    assert daily.low[today - 10, 0] == daily.high[today - 10, 0]
    assert daily.low[today - 10, 0] == pytest.approx(min(59 % 50 - 0.11, 60 % 50), abs=1e-4)
    assert np.isfinite(daily.low[: today - 3, 0]).sum() >= 57
    assert np.isfinite(daily.low[today - 5 : today, 0]).all()


def test_a_jump_of_the_clock_leaves_days_unknown() -> None:
    f = fields(MODEL)
    f.take_forecast(run({"temperature": [1.0] * 48}))
    sight = look(f, 24 * 30)
    daily = sight.daily["temperature"]["min"]
    today = int(daily.day_of_hour[72])
    assert daily.high[today - 5, 0] == INF
    assert daily.low[today - 29, 0] == 1  # it was whole, and kept
    assert timedelta(hours=int(daily.complete_row[today - 29]) - 72) + hour(24 * 30) == hour(36)
