"""Lunar dates and solar terms against published dates."""

from datetime import date

import pytest

from alerting.calendar.lunar import TERMS, lunar_date, term_date

NEW_YEARS = [
    "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13",
    "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
]  # fmt: skip


@pytest.mark.parametrize("day", NEW_YEARS)
def test_the_first_of_the_first_month(day: str) -> None:
    assert lunar_date(int(day[:4]), 1, 1).isoformat() == day


@pytest.mark.parametrize(
    ("year", "month", "day", "civil"),
    [
        (2026, 1, 15, "2026-03-03"),
        (2027, 1, 15, "2027-02-20"),
        (2026, 7, 15, "2026-08-27"),
        (2027, 10, 1, "2027-10-29"),
        (2026, 12, 23, "2027-01-30"),
        (2026, 5, 5, "2026-06-19"),
        (2027, 8, 15, "2027-09-15"),
    ],
)
def test_festivals(year: int, month: int, day: int, civil: str) -> None:
    assert lunar_date(year, month, day).isoformat() == civil


def test_the_leap_eleventh_month_of_2033_moves_what_follows() -> None:
    assert lunar_date(2033, 11, 1) == date(2033, 11, 22)
    # Two lunar months later, because the leap month lies between.
    assert lunar_date(2033, 12, 1) == date(2034, 1, 20)
    assert lunar_date(2034, 1, 1) == date(2034, 2, 19)


@pytest.mark.parametrize("year", range(2025, 2030))
def test_no_thirtieth_of_the_twelfth_month(year: int) -> None:
    with pytest.raises(ValueError, match="29 days"):
        lunar_date(year - 1, 12, 30)


@pytest.mark.parametrize(
    ("year", "day"), [(2025, 4), (2026, 5), (2027, 5), (2028, 4), (2029, 4), (2030, 5)]
)
def test_qingming(year: int, day: int) -> None:
    assert term_date(year, "qingming") == date(year, 4, day)


@pytest.mark.parametrize(
    ("term", "day"),
    [
        ("yushui", "2026-02-18"),  # 23:51
        ("mangzhong", "2026-06-05"),  # 23:48
        ("shuangjiang", "2027-10-23"),  # 23:32
        ("lidong", "2027-11-07"),  # 23:38
        ("dongzhi", "2025-12-21"),  # 23:03
    ],
)
def test_terms_shortly_before_midnight_keep_their_date(term: str, day: str) -> None:
    assert term_date(int(day[:4]), term).isoformat() == day


@pytest.mark.parametrize("year", [2024, 2026, 2033])
def test_a_year_has_its_24_terms_in_order(year: int) -> None:
    days = [term_date(year, term) for term in TERMS]
    assert days == sorted(set(days))
    assert (days[0].month, days[-1].month) == (1, 12)
