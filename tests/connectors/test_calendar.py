"""The calendar as a source."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from alerting.calendar import Calendar
from alerting.connector import Answer, Context
from alerting.errors import BadInput
from alerting.signals import Occasion, decode, encode
from connectors.calendar import CalendarConnector, CalendarOptions

ZONE = ZoneInfo("Asia/Shanghai")
SHIPPED = Path(__file__).parents[2] / "rules" / "calendar.yaml"


class NoFetch:
    """The calendar must not ask anybody."""

    def get(self, url: str, **_: object) -> Answer:
        raise AssertionError(f"the calendar fetched {url}")

    def hold_until(self, at: datetime, why: str) -> None:
        raise AssertionError("the calendar held its fetch")


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar.load(SHIPPED, ZONE)


def poll(calendar: Calendar, local: str, **options: object) -> list[Occasion]:
    now = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)
    connector = CalendarConnector(CalendarOptions(**options), calendar)
    reading = connector.poll(NoFetch(), Context("calendar", now=now, zone=ZONE))
    assert not reading.problems
    return [signal for signal in reading.signals if isinstance(signal, Occasion)]


def said(occasions: list[Occasion]) -> list[tuple[str, str, str]]:
    return [(o.date, o.name, o.state) for o in occasions]


def test_a_season_begins_at_local_midnight(calendar: Calendar) -> None:
    assert said(poll(calendar, "2026-11-21T23:59")) == [("2026-11-15", "heating", "begins")]
    found = poll(calendar, "2026-11-22T00:00")
    assert said(found)[-1] == ("2026-11-22", "last-40-days", "begins")
    assert found[-1].issued == datetime(2026, 11, 21, 16, tzinfo=UTC)


def test_a_repeated_poll_says_the_same_signals(calendar: Calendar) -> None:
    once, again = poll(calendar, "2026-12-02T08:00"), poll(calendar, "2026-12-02T21:00")
    assert [o.id for o in once] == [o.id for o in again]
    assert len({o.id for o in once}) == len(once) > 0
    assert [decode(encode(o)) for o in once] == once


def test_what_is_not_known_is_one_occasion_within_the_notice(calendar: Calendar) -> None:
    def unknown(at: str, **options: object) -> list[Occasion]:
        return [o for o in poll(calendar, at, **options) if o.state == "unknown"]

    assert unknown("2026-11-28T23:59") == []
    (first,) = unknown("2026-11-29T00:00")
    assert (first.name, first.date) == ("work-days", "2026-12-29")
    # Past the date it is the same signal still, so that it opens one alarm and not one a day.
    assert unknown("2027-03-01T12:00") == [first]
    assert unknown("2026-12-18T00:00", notice_days=10) == []
    assert unknown("2026-12-19T00:00", notice_days=10) != []


def test_ends_is_told_on_the_day_after_the_last(calendar: Calendar) -> None:
    assert ("2027-01-01", "last-40-days", "ends") in said(poll(calendar, "2027-01-01T00:10"))
    assert all(o.name != "last-40-days" for o in poll(calendar, "2026-12-31T23:50"))


def test_reading_a_date(calendar: Calendar) -> None:
    connector = CalendarConnector(CalendarOptions(), calendar)
    context = Context("calendar", now=datetime(2026, 6, 1, tzinfo=UTC), zone=ZONE)
    found = connector.read(b"2026-02-24\n", context).signals
    assert said(found) == [("2026-02-24", "spring-festival", "ends")]
    with pytest.raises(BadInput, match="'tomorrow' is no date"):
        connector.read(b"tomorrow", context)


def test_options() -> None:
    assert CalendarOptions().file == Path("rules/calendar.yaml")
    with pytest.raises(ValidationError):
        CalendarOptions(notice_days=-1)
    with pytest.raises(ValidationError):
        CalendarOptions(notice=3)


def test_any_calendar_like_object_will_do() -> None:
    class Two:
        known_through = date(2030, 12, 31)

        def changes(self, first: date, last: date) -> list[tuple[date, str, str]]:
            return [(last, "fair", "begins")]

    context = Context("calendar", now=datetime(2026, 6, 1, 20, tzinfo=UTC), zone=ZONE)
    reading = CalendarConnector(CalendarOptions(), Two()).poll(NoFetch(), context)
    assert said(reading.signals) == [("2026-06-02", "fair", "begins")]
