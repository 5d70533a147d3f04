"""Rosters as iCalendar: what is written is read again, and what cannot be told is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.errors import BadInput
from alerting.people import Person, ical
from alerting.people.rota import Shift, schedule
from tests.people.register import SHANGHAI, at
from tests.people.test_rota import DAILY

PEOPLE = [
    Person("a", "安", "An", "zh", "answer"), Person("b", "白", "Bai", "zh", "answer"),
    Person("c", "陈", "Chen", "zh", "answer"), Person("c2", "陈", "", "zh", "answer"),
]  # fmt: skip
BY_ID = {one.id: one for one in PEOPLE}


def event(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def test_what_is_written_is_read_again() -> None:
    shifts = schedule(DAILY, [], at(5), at(9))
    text = ical.written("office", "值班室", shifts, BY_ID, at(5))
    assert "SUMMARY:安" in text
    assert ical.read(text, SHANGHAI, PEOPLE) == shifts


def test_nobody_is_no_event() -> None:
    text = ical.written("office", "值班室", [Shift(at(5), at(6), (), at(5))], BY_ID, at(5))
    assert "VEVENT" not in text


@pytest.mark.parametrize("when", [
    ("DTSTART:20260105T080000", "DTEND:20260106T080000"),
    ("DTSTART;TZID=Asia/Tokyo:20260105T090000", "DTEND:20260106T000000Z"),
])  # fmt: skip
def test_a_time_is_local_where_it_does_not_say(when: tuple[str, str]) -> None:
    [shift] = ical.read(event("SUMMARY:Bai", *when), SHANGHAI, PEOPLE)
    assert (shift.begins, shift.ends, shift.people) == (at(5), at(6), ("b",))


def test_a_whole_day_is_from_midnight_to_midnight() -> None:
    text = event("SUMMARY:a", "DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260106")
    [shift] = ical.read(text, SHANGHAI, PEOPLE)
    assert (shift.begins, shift.ends - shift.begins) == (at(5, 0), timedelta(days=1))


FROM, TO = "DTSTART:20260105T080000", "DTEND:20260106T080000"


def test_a_cancelled_event_is_no_shift() -> None:
    text = event("SUMMARY:a", "STATUS:CANCELLED", FROM, TO, "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:b",
                 FROM, TO)  # fmt: skip
    assert [one.people for one in ical.read(text, SHANGHAI, PEOPLE)] == [("b",)]


@pytest.mark.parametrize(("text", "expected"), [
    ("hello", "this is no iCalendar"),
    ("", "0 events"),
    (event("SUMMARY:a", FROM, TO, "RRULE:FREQ=DAILY"), "'a' repeats"),
    (event("SUMMARY:陈", FROM, TO), "names c and c2"),
    (event("SUMMARY:zhang", FROM, TO), "'zhang' of 2026-01-05 names nobody"),
    (event(FROM, TO), "'' of 2026-01-05 names nobody"),  # c2 has no English name
    (event("SUMMARY:a", "STATUS:CANCELLED", FROM, TO), "all 1 events are cancelled"),
    (event("SUMMARY:a", FROM), "no DTEND that can be read"),
    (event("SUMMARY:a", "DTSTART:2026-bad", TO), "no DTSTART that can be read"),
    (event("SUMMARY:a", FROM, FROM.replace("START", "END")), "ends before it begins"),
    (event("SUMMARY:a", FROM, TO, "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:b", FROM, TO),
     "two are on duty from 5 Jan 08:00 to 6 Jan 08:00: a and b"),
])  # fmt: skip
def test_what_cannot_be_told_is_refused_in_both_languages(text: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected) as wrong:
        ical.read(text, SHANGHAI, PEOPLE)
    assert wrong.value.zh
