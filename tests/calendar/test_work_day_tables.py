"""Published work days: what is bundled, what is imported, and what is refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from alerting.calendar import import_table
from alerting.calendar.tables import Table, bundled
from alerting.errors import BadInput

# The form of holiday-cn's files, with days made up for these tests.
DAYS = [
    {"name": "春节", "date": "2031-01-22", "isOffDay": True},
    {"name": "春节", "date": "2031-02-01", "isOffDay": False},
    {"name": "国庆节", "date": "2031-10-01", "isOffDay": True},
]
ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
SUMMARY:春节假期
DTSTART;VALUE=DATE:20310122
DTEND;VALUE=DATE:20310125
END:VEVENT
BEGIN:VEVENT
SUMMARY:上班(补春节假期)
DTSTART;VALUE=DATE:20310201
DTEND;VALUE=DATE:20310202
END:VEVENT
BEGIN:VEVENT
SUMMARY:国庆节假期
DTSTART;VALUE=DATE:20311001
END:VEVENT
END:VCALENDAR
"""


def write(path: Path, days: object, year: object = 2031, papers: object = ("paper",)) -> Path:
    path.write_text(json.dumps({"year": year, "papers": papers, "days": days}), encoding="utf-8")
    return path


def off_and_worked(table: Table, year: int) -> tuple[set[str], set[str]]:
    days = [d for d in table.days if d.date.year == year]
    return (
        {d.date.isoformat()[5:] for d in days if d.off},
        {d.date.isoformat()[5:] for d in days if not d.off},
    )


def test_the_bundled_swaps_of_2025_and_2026() -> None:
    off, worked = off_and_worked(bundled(), 2025)
    assert worked == {"01-26", "02-08", "04-27", "09-28", "10-11"}
    assert len(off) == 28
    off, worked = off_and_worked(bundled(), 2026)
    assert worked == {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}
    assert len(off) == 33
    assert 2027 not in bundled().years


def test_json(tmp_path: Path) -> None:
    table = import_table(write(tmp_path / "2031.json", DAYS))
    assert table.years == {2031}
    assert off_and_worked(table, 2031) == ({"01-22", "10-01"}, {"02-01"})


def test_icalendar(tmp_path: Path) -> None:
    path = tmp_path / "2031.ics"
    path.write_text(ICS, encoding="utf-8")
    table = import_table(path)
    assert table.years == {2031}
    assert off_and_worked(table, 2031) == ({"01-22", "01-23", "01-24", "10-01"}, {"02-01"})
    assert {d.name for d in table.days} == {"春节", "国庆节"}


def test_an_unpublished_year_is_said_to_be_that(tmp_path: Path) -> None:
    empty = write(tmp_path / "2027.json", [], year=2027, papers=[])
    ics = tmp_path / "2027.ics"
    ics.write_text("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", encoding="utf-8")
    for path in (empty, ics):
        with pytest.raises(BadInput, match="work days of 2027 are not yet published"):
            import_table(path)


@pytest.mark.parametrize(
    ("days", "year", "said"),
    [
        (DAYS[:2], 2031, "1 October"),
        (DAYS, 2030, "year 2030"),
        ([*DAYS, {"name": "春节", "date": "2031-02-30", "isOffDay": True}], 2031, r"days\[3\]"),
        ([*DAYS, {"name": "春节", "date": "2031-02-03"}], 2031, r"days\[3\].*isOffDay"),
        ([*DAYS, {"name": "春节", "date": "2031-02-03", "isOffDay": 1}], 2031, "true or false"),
        ([*DAYS, {**DAYS[0], "isOffDay": False}], 2031, "2031-01-22 is there twice"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path: Path, days: object, year: int, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        import_table(write(tmp_path / "t.json", days, year))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("SUMMARY:春节假期", "SUMMARY:Team lunch"), "neither a holiday"),
        (("DTEND;VALUE=DATE:20310125", "DTEND;VALUE=DATE:20310120"), "before 2031-01-20"),
        (("DTSTART;VALUE=DATE:20311001", "DTSTART:20311001T080000Z"), "whole days"),
        (("20311001", "20311002"), "1 October"),
    ],
)
def test_a_faulty_icalendar_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    path = tmp_path / "t.ics"
    path.write_text(ICS.replace(*change), encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        import_table(path)


def test_broken_json_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"year": 2031,\n "days": [}', encoding="utf-8")
    with pytest.raises(BadInput, match=r"t\.json:2:11: this is not JSON"):
        import_table(path)


def test_an_imported_year_replaces_the_bundled_one(tmp_path: Path) -> None:
    days = [
        {"name": "元旦", "date": "2024-12-30", "isOffDay": True},
        {"name": "国庆节", "date": "2025-10-01", "isOffDay": True},
    ]
    table = import_table(write(tmp_path / "2025.json", days, 2025)).over(bundled())
    assert off_and_worked(table, 2025) == ({"10-01"}, set())
    # The paper of a year may move days of the December before it.
    assert "12-30" in off_and_worked(table, 2024)[0]
    assert len(off_and_worked(table, 2026)[0]) == 33


def test_days_that_the_next_paper_moved_survive_a_replacement(tmp_path: Path) -> None:
    # 31 December 2018 was off by 2019's paper; 2018's own table does not know it.
    days = [{"name": "国庆节", "date": "2018-10-01", "isOffDay": True}]
    table = import_table(write(tmp_path / "2018.json", days, 2018)).over(bundled())
    assert date(2018, 12, 31) in {d.date for d in table.days if d.off}
    assert date(2018, 5, 1) not in {d.date for d in table.days}
