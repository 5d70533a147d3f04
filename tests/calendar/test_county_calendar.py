"""What the shipped calendar answers."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerting.calendar import FALSE, TRUE, UNKNOWN, Calendar
from alerting.calendar.tables import bundled
from alerting.errors import BadInput

SHIPPED = Path(__file__).parents[2] / "rules" / "calendar.yaml"
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def shipped() -> Calendar:
    return Calendar.load(SHIPPED, ZONE)


def made(tmp_path: Path, text: str, zone: ZoneInfo = ZONE) -> Calendar:
    path = tmp_path / "calendar.yaml"
    path.write_text(text, encoding="utf-8")
    return Calendar.load(path, zone)


def season(text: str) -> str:
    entry = "  it:\n    title: {zh: 它, en: It}\n    basis: [C-01]\n"
    return "seasons:\n" + entry + "".join(f"    {line}\n" for line in text.splitlines())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-11-21T23:59", FALSE),
        ("2026-11-22T00:00", TRUE),
        ("2026-12-31T23:59", TRUE),
        ("2027-01-01T00:00", FALSE),
    ],
)
def test_the_last_40_days_are_whole_local_days(shipped: Calendar, at: str, answer: int) -> None:
    assert shipped.season("last-40-days", local(at)) == answer


def test_the_last_40_days_are_40(shipped: Calendar) -> None:
    for year in range(2024, 2034):
        (span,) = shipped.spans("last-40-days", year)
        assert (span.last - span.first).days + 1 == 40
        assert span == (date(year, 11, 22), date(year, 12, 31))


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-11-30T12:00", FALSE),
        ("2026-12-01T00:00", TRUE),
        ("2027-01-01T00:00", TRUE),
        ("2027-02-20T23:59", TRUE),
        ("2027-02-21T00:00", FALSE),
        ("2026-03-03T12:00", TRUE),
        ("2026-03-04T12:00", FALSE),
    ],
)
def test_the_turn_of_the_year_wraps_to_the_lantern_festival(
    shipped: Calendar, at: str, answer: int
) -> None:
    assert shipped.season("year-end", local(at)) == answer


@pytest.mark.parametrize("year", range(2025, 2031))
def test_the_grass_is_cut_until_the_day_before_the_graves_are_visited(
    shipped: Calendar, year: int
) -> None:
    (before,) = shipped.spans("before-qingming", year)
    assert (before.last - before.first).days + 1 == 14
    assert before.last + timedelta(days=1) in {
        s.first for s in shipped.spans("tomb-sweeping", year)
    }


@pytest.mark.parametrize("year", range(2025, 2031))
def test_tomb_sweeping_holds_on_new_years_eve_though_there_is_no_thirtieth(
    shipped: Calendar, year: int
) -> None:
    eves = {2025: (1, 28), 2026: (2, 16), 2027: (2, 5), 2028: (1, 25), 2029: (2, 12), 2030: (2, 2)}
    eve = datetime(year, *eves[year], 12, tzinfo=ZONE)
    assert shipped.season("tomb-sweeping", eve) == TRUE
    assert shipped.season("tomb-sweeping", eve - timedelta(days=1)) == FALSE


@pytest.mark.parametrize(
    ("name", "year", "spans"),
    [
        # 40 days of travel as they were published: 14 January to 22 February 2025, 2 February to
        # 13 March 2026.
        ("spring-travel", 2025, [("2025-01-14", "2025-02-22")]),
        ("spring-travel", 2026, [("2026-02-02", "2026-03-13")]),
        ("spring-shutdown", 2026, [("2026-02-07", "2026-02-16")]),
        ("spring-restart", 2026, [("2026-02-22", "2026-03-08")]),
        ("before-qingming", 2026, [("2026-03-19", "2026-04-01")]),
        ("holiday-ahead", 2026, [
            ("2026-02-07", "2026-02-15"), ("2026-04-24", "2026-04-30"),
            ("2026-06-12", "2026-06-18"), ("2026-09-18", "2026-09-24"),
            ("2026-09-24", "2026-09-30"), ("2026-12-25", "2026-12-31"),
        ]),
        ("heating", 2026, [("2026-11-15", "2027-03-15")]),
    ],
)  # fmt: skip
def test_seasons_lie_where_their_occasion_does(
    shipped: Calendar, name: str, year: int, spans: list[tuple[str, str]]
) -> None:
    wanted = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans]
    assert shipped.spans(name, year) == wanted


@pytest.mark.parametrize("year", range(2024, 2036))
def test_notice_comes_before_the_occasion_and_ends_with_it(shipped: Calendar, year: int) -> None:
    """Sites stop before the year turns and restart after it; Qingming is told until its days begin."""
    (stop,) = shipped.spans("spring-shutdown", year)
    (restart,) = shipped.spans("spring-restart", year)
    (travel,) = shipped.spans("spring-travel", year)
    assert travel.first < stop.first < stop.last < restart.first < restart.last <= travel.last
    assert (travel.last - travel.first).days + 1 == 40
    (ahead,) = shipped.spans("before-qingming", year)
    assert any((day.first - ahead.last).days == 1 for day in shipped.spans("tomb-sweeping", year))


def test_the_last_of_february(shipped: Calendar) -> None:
    assert shipped.spans("winter-supply", 2026)[0].last == date(2027, 2, 28)
    assert shipped.spans("winter-supply", 2027)[0].last == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("new-year", "2026-01-01", "2026-01-03"),
        ("spring-festival", "2026-02-15", "2026-02-23"),
        ("qingming", "2026-04-04", "2026-04-06"),
        ("labour", "2026-05-01", "2026-05-05"),
        ("dragon-boat", "2026-06-19", "2026-06-21"),
        ("mid-autumn", "2026-09-25", "2026-09-27"),
        ("national-day", "2026-10-01", "2026-10-07"),
        ("spring-festival", "2025-01-28", "2025-02-04"),
        ("national-day", "2025-10-01", "2025-10-08"),
        ("mid-autumn", "2025-10-01", "2025-10-08"),
    ],
)
def test_public_holidays(shipped: Calendar, name: str, first: str, last: str) -> None:
    span = (date.fromisoformat(first), date.fromisoformat(last))
    assert shipped.spans(name, span[0].year) == [span]
    assert shipped.holiday(name, local(f"{last}T23:59")) == TRUE
    assert shipped.holiday(name, local(f"{first}T00:00") - timedelta(seconds=1)) == FALSE


def test_swapped_days(shipped: Calendar) -> None:
    worked_weekends = ["2025-01-26", "2025-10-11", "2026-01-04", "2026-02-14", "2026-10-10"]
    for text in worked_weekends:
        assert shipped.day("working-day", date.fromisoformat(text)) == TRUE
        assert shipped.day("rest-day", date.fromisoformat(text)) == FALSE
    for text in ["2026-02-16", "2026-05-05", "2025-01-28", "2026-11-28"]:
        assert shipped.day("working-day", date.fromisoformat(text)) == FALSE
        assert shipped.day("rest-day", date.fromisoformat(text)) == TRUE


def test_2027_is_unknown_never_a_guess(shipped: Calendar) -> None:
    assert shipped.known_through == date(2026, 12, 28)
    days = [date(2027, 1, 1), date(2027, 2, 6), date(2027, 6, 6), date(2027, 7, 1)]
    for day in days:
        assert shipped.day("working-day", day) == UNKNOWN
        assert shipped.day("rest-day", day) == UNKNOWN
    assert shipped.day("school-day", date(2027, 6, 7)) == UNKNOWN
    # A school holiday is the district's own, whatever the swaps will be.
    assert shipped.day("school-day", date(2027, 7, 15)) == FALSE
    assert shipped.holiday("spring-festival", local("2027-02-06T12:00")) == UNKNOWN
    with pytest.raises(BadInput, match="days off of 2027 are not known"):
        shipped.spans("spring-festival", 2027)
    # Before the first bundled year nothing is known either.
    assert shipped.day("working-day", date(2003, 6, 3)) == UNKNOWN


def test_the_end_of_the_year_waits_for_the_next_years_paper(shipped: Calendar) -> None:
    """2019's paper made a Saturday in December 2018 a working day and took the Monday off."""
    assert shipped.day("working-day", date(2018, 12, 29)) == TRUE
    assert shipped.day("working-day", date(2018, 12, 31)) == FALSE
    assert shipped.day("working-day", date(2026, 12, 28)) == TRUE
    for day in (29, 30, 31):
        assert shipped.day("working-day", date(2026, 12, day)) == UNKNOWN
        assert shipped.day("school-day", date(2026, 12, day)) == UNKNOWN
        assert shipped.holiday("spring-festival", local(f"2026-12-{day}T12:00")) == UNKNOWN
        assert shipped.day("working-day", date(2025, 12, day)) == TRUE  # 2026's paper left them


def test_no_paper_so_far_moved_a_day_before_the_29th_of_december(shipped: Calendar) -> None:
    moved = [day.date for day in bundled().days if day.date.month == 12]
    assert moved
    assert min(day.day for day in moved) == 29


def test_school_days(shipped: Calendar) -> None:
    assert shipped.day("school-day", date(2026, 2, 28)) == FALSE  # worked, but winter holiday
    assert shipped.day("school-day", date(2026, 5, 9)) == TRUE  # a worked Saturday
    assert shipped.day("school-day", date(2026, 3, 4)) == TRUE
    assert shipped.day("school-day", date(2026, 3, 7)) == FALSE


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "America/New_York"])
def test_rows_of_utc_hours_get_the_answer_of_their_local_day(zone: str) -> None:
    calendar = Calendar.load(SHIPPED, ZoneInfo(zone))
    # Over the swapped Saturday and the holiday, a spring change of clocks, and into 2027.
    for first in (datetime(2026, 2, 13, 5), datetime(2026, 3, 6, 22), datetime(2026, 12, 30, 11)):
        first = first.replace(tzinfo=UTC)
        rows = calendar.on_day("working-day", first, 100)
        wanted = [
            calendar.day(
                "working-day", (first + timedelta(hours=h)).astimezone(calendar.zone).date()
            )
            for h in range(100)
        ]
        assert rows.dtype == np.int8
        assert rows.tolist() == wanted
    assert calendar.on_day("working-day", first, 0).shape == (0,)


def test_changes_are_told_on_the_day_they_happen(shipped: Calendar) -> None:
    assert shipped.changes(date(2026, 11, 16), date(2026, 12, 1)) == [
        (date(2026, 11, 22), "last-40-days", "begins"),
        (date(2026, 12, 1), "bulletin-due", "begins"),
        (date(2026, 12, 1), "winter-supply", "begins"),
        (date(2026, 12, 1), "year-end", "begins"),
    ]
    assert shipped.changes(date(2027, 1, 1), date(2027, 1, 1)) == [
        (date(2027, 1, 1), "holiday-ahead", "ends"),
        (date(2027, 1, 1), "last-40-days", "ends"),
    ]
    names = {"spring-festival": [], "qingming": []}
    for day, name, state in shipped.changes(date(2026, 1, 1), date(2026, 12, 31)):
        if name in names:
            names[name].append((day.isoformat()[5:], state))
    assert names["spring-festival"] == [("02-15", "begins"), ("02-24", "ends")]
    assert names["qingming"] == [("04-04", "begins"), ("04-07", "ends")]


def test_a_newer_table_makes_its_year_known(tmp_path: Path) -> None:
    rows = [("2027-02-05", True), ("2027-02-06", True), ("2027-02-20", False), ("2027-10-01", True)]
    days = [
        {"name": "春节" if d < "2027-03" else "国庆节", "date": d, "isOffDay": o} for d, o in rows
    ]
    table = {"year": 2027, "papers": ["made up for this test"], "days": days}
    (tmp_path / "2027.json").write_text(json.dumps(table), encoding="utf-8")
    text = SHIPPED.read_text(encoding="utf-8").replace("tables: []", "tables: [2027.json]")
    calendar = made(tmp_path, text)
    assert calendar.known_through == date(2027, 12, 28)
    assert calendar.day("working-day", date(2026, 12, 31)) == TRUE  # now that 2027's paper is out
    assert calendar.day("working-day", date(2027, 2, 20)) == TRUE
    assert calendar.day("working-day", date(2027, 2, 5)) == FALSE
    assert calendar.holiday("spring-festival", local("2027-02-06T12:00")) == TRUE
    assert calendar.holiday("spring-festival", local("2027-06-06T12:00")) == FALSE


def test_a_season_begins_with_the_first_working_day_of_each_month(tmp_path: Path) -> None:
    """New Year's Sunday was worked in 2026, and the first week of October is off."""
    calendar = made(tmp_path, season("days-from-first-working-day: 2"))
    firsts = [span.first.isoformat()[5:] for span in calendar.spans("it", 2026)]
    assert firsts == ["01-04", "02-02", "03-02", "04-01", "05-06", "06-01", "07-01", "08-03", "09-01",
                      "10-08", "11-02", "12-01"]  # fmt: skip
    on = [calendar.season("it", local(f"2026-12-{day}")) for day in
          ("01T00:00", "02T23:59", "03T00:00")]  # fmt: skip
    assert on == [TRUE, TRUE, FALSE]
    assert [change.date.day for change in calendar.changes(date(2026, 12, 1), date(2026, 12, 31))] == [1, 3]


def test_in_a_year_nobody_has_published_a_first_working_day_is_unknown(tmp_path: Path) -> None:
    calendar = made(tmp_path, season("days-from-first-working-day: 2"))
    assert calendar.season("it", local("2027-03-01T12:00")) == UNKNOWN
    assert calendar.changes(date(2027, 1, 1), date(2027, 12, 31)) == []


def test_a_span_of_lunar_ends_follows_a_leap_month(tmp_path: Path) -> None:
    calendar = made(tmp_path, season("from: {lunar: 11-15}\nto: {lunar: 12-8}"))
    assert calendar.spans("it", 2033) == [(date(2033, 12, 6), date(2034, 1, 27))]
    assert calendar.season("it", local("2034-01-10T00:00")) == TRUE


def test_a_late_lunar_date_may_miss_a_year_or_come_twice(tmp_path: Path) -> None:
    calendar = made(tmp_path, season("on: {lunar: 12-1}"))
    assert [s.first for s in calendar.spans("it", 2030)] == [date(2030, 1, 4), date(2030, 12, 25)]
    assert calendar.spans("it", 2031) == []
    assert calendar.season("it", local("2030-12-25T12:00")) == TRUE


def test_a_season_of_the_whole_year_never_ends(tmp_path: Path) -> None:
    calendar = made(tmp_path, season("from: 01-01\nto: 12-31"))
    assert calendar.season("it", local("2027-07-01T00:00")) == TRUE
    assert calendar.changes(date(2026, 1, 1), date(2028, 12, 31)) == []


def test_names_and_entries(shipped: Calendar) -> None:
    assert {"year-end", "last-40-days", "spring-festival"} <= set(shipped.names())
    assert shipped.entry("year-end").title == {"zh": "岁末年初", "en": "Turn of the year"}
    assert shipped.entry("spring-festival").basis == ("C-03",)
    assert {n for n, s in shipped.seasons.items() if s.district} >= {"forest-fire", "heating"}
    with pytest.raises(BadInput, match=r"no season 'spring-festival'.*Known are: year-end"):
        shipped.season("spring-festival", local("2026-01-01T00:00"))
    with pytest.raises(BadInput, match="no kind of day 'holiday'"):
        shipped.day("holiday", date(2026, 1, 1))
    with pytest.raises(KeyError, match=r"^there is no holiday 'easter' in the calendar.*Known are"):
        shipped.holiday("easter", local("2026-01-01T00:00"))
    with pytest.raises(ValueError, match="needs a time with its zone"):
        shipped.season("year-end", datetime(2026, 1, 1))
