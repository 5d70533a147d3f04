"""Blue waits for the morning; nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from alerting.people import Quiet
from alerting.service.held import held
from tests.dispatch.hall import START, Hall, ordered, places

CHINA, YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo = CHINA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(("now", "until"), [
    ("2026-01-20 21:59", None), ("2026-01-20 22:00", "2026-01-21 06:30"),
    ("2026-01-21 00:10", "2026-01-21 06:30"), ("2026-01-21 06:29", "2026-01-21 06:30"),
    ("2026-01-21 06:30", None),
])  # fmt: skip
def test_the_night_is_from_ten_to_half_past_six(now: str, until: str | None) -> None:
    assert Quiet().until(at(now), CHINA) == (at(until) if until else None)


def test_the_morning_is_the_clocks_on_the_wall_across_daylight_saving() -> None:
    night = at("2026-03-07 23:00", YORK)  # an hour is missing in it
    assert Quiet().until(night, YORK) == at("2026-03-08 06:30", YORK) == night + timedelta(hours=6.5)


def test_hours_within_a_day_and_none_at_all() -> None:
    noon = Quiet.model_validate({"from": "12:00", "to": "14:00"})
    assert noon.until(at("2026-01-20 13:00"), CHINA) == at("2026-01-20 14:00")
    assert Quiet.model_validate({"from": "00:00", "to": "00:00"}).until(at("2026-01-20 02:00"), CHINA) is None
    with pytest.raises(ValidationError, match="in quotes"):
        Quiet.model_validate({"from": 1320})


def test_blue_waits_and_is_seen_to_wait_and_what_is_above_or_ordered_or_asked_does_not(hall: Hall) -> None:
    hall.passes(hours=9)  # 23:00
    hall.measure()
    waits = hall.tell(level=1)
    called_again = hall.tell(level=1, kind="reminder", wants="acknowledge")
    goes = [
        hall.tell(level=2),
        hall.tell(level=1, kind="order", wants="acknowledge", measure="m1", facts={"measures": [ordered()]}),
        hall.tell(level=1, kind="reminder", wants="in-force", measure="m1", facts={"measures": [ordered()]}),
        hall.tell(level=1, kind="open", facts={"by": "chen"}),
        hall.tell(None, "reply", level=1, person="chen"),
    ]  # fmt: skip
    hall.passes(minutes=2)
    assert [hall.notice(n).state for n in goes] == ["carried"] * 5
    assert [hall.notice(n).state for n in (waits, called_again)] == ["due", "due"]
    with hall.store.read() as c:
        [_, shown] = held(c, places(), "live")
    assert (shown["state"], shown["until"]) == ("waits", "2026-01-20T22:30:00Z")
    assert shown["reason"] == {"zh": "蓝色夜间不打扰，早上再发", "en": "blue waits for the morning"}
    hall.passes(hours=7, minutes=27)
    assert hall.notice(waits).state == "due"
    hall.passes(minutes=2)
    assert hall.notice(waits).state == "carried"
    [sent] = [d for d in hall.deliveries() if waits in hall.carried(d.id)]
    assert START + timedelta(hours=16.5) <= sent.created < START + timedelta(hours=16.6)


@pytest.mark.parametrize(("told", "kind", "state"), [
    (4, "fall", "carried"), (3, "clear", "carried"), (2, "fall", "due"), (1, "clear", "due"),
])  # fmt: skip
def test_who_stands_out_in_orange_or_red_hears_its_fall_in_the_night(
    hall: Hall, told: int, kind: str, state: str
) -> None:
    hall.passes(hours=7)
    hall.alert(level=told)
    hall.tell(level=told, alert="live.fog.road.1")
    hall.passes(hours=2)  # 23:00
    key = hall.tell(level=1, kind=kind, alert="live.fog.road.1", facts={"was": told})
    hall.passes(minutes=5)
    assert hall.notice(key).state == state
    again = hall.tell(level=1, kind="clear", alert="live.fog.road.1")
    hall.passes(minutes=5)
    assert hall.notice(again).state == "due", "they have gone in"


@pytest.mark.parametrize(("begins", "state"), [
    ("2026-02-20T00:00:00+00:00", "due"), ("2026-01-21T00:00:00+00:00", "carried"),
])  # fmt: skip
def test_word_of_a_shift_next_month_wakes_nobody_and_of_tomorrows_does(hall: Hall, begins: str, state: str) -> None:
    hall.passes(hours=9)  # 23:00
    key = hall.tell(None, "roster", 1, person="chen", facts={"onset": begins, "reason": {"zh": "换班", "en": "swap"}})
    hall.passes(minutes=2)
    assert hall.notice(key).state == state
    with hall.store.read() as c:
        shown = [one["reason"]["zh"] for one in held(c, places(), "live")]
    assert shown == (["值班安排不在夜间打扰，早上再发"] if state == "due" else [])
    hall.passes(hours=8)
    assert hall.notice(key).state == "carried"
