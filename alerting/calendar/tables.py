"""Work-day tables: which days are off and which weekends are worked, by the State Council.

They are published one year at a time, as a rule in November. A year without its table is not known:
no library's guess at it is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import icalendar
from chinese_calendar import constants as bundled_days

from alerting.errors import BadInput

# The law fixes 1 October as a day off in every year; a table in which it is not is incomplete.
_NATIONAL_DAY = (10, 1)
# A year's paper may move days of the December before it (29 to 31 December 2018 were 2019's), so
# that days from here on may come from the next year's table.
_NEXT_PAPER_FROM = (12, 20)
_LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Day:
    """A day the paper names: off, or a weekend day that is worked for the holiday `name`."""

    date: date
    name: str
    off: bool


@dataclass(frozen=True, slots=True)
class Table:
    """What is published: `years` are known as a whole, `days` differ from the plain week."""

    years: frozenset[int]
    days: tuple[Day, ...]
    source: str

    def over(self, older: Table) -> Table:
        """This table laid over an older one: its years are replaced, its days win."""
        kept = {
            d.date: d
            for d in older.days
            if d.date.year not in self.years or (d.date.month, d.date.day) >= _NEXT_PAPER_FROM
        }
        kept |= {d.date: d for d in self.days}
        days = tuple(kept[day] for day in sorted(kept))
        return Table(self.years | older.years, days, f"{older.source}; {self.source}")


@lru_cache(maxsize=1)
def bundled() -> Table:
    """The years the chinesecalendar library has from published papers, 2004 to at least 2026."""
    names = {kind.value: str(kind.chinese) for kind in bundled_days.Holiday}
    days = [Day(d, names[kind], True) for d, kind in bundled_days.holidays.items()]
    days += [Day(d, names[kind], False) for d, kind in bundled_days.workdays.items()]
    return Table(_published(days), tuple(sorted(days, key=_by_date)), "chinesecalendar")


def import_table(path: Path) -> Table:
    """A published year from a file: holiday-cn's JSON (`2027.json`) or its calendar (`2027.ics`).

    Raises BadInput that says what is wrong and where; a year that the State Council has not yet
    published (no papers, no days) is said to be just that.
    """
    if path.suffix.lower() not in (".json", ".ics"):
        raise BadInput(
            f"a work-day table ends in .json or .ics, not {path.suffix or 'nothing'!r}",
            where=str(path),
            mend="Give holiday-cn's file for the year, e.g. 2027.json.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"this work-day table cannot be read: {error}",
            where=str(path),
            mend="Check the path; the file must be UTF-8 text.",
        ) from None
    days = _from_json(path, text) if path.suffix.lower() == ".json" else _from_ics(path, text)
    twice = _twice(days)
    if twice:
        raise BadInput(
            f"{twice} is there twice, once off and once worked",
            where=str(path),
            mend="Keep the line that agrees with the State Council's paper.",
        )
    years = _published(days)
    if not years:
        raise BadInput(
            "this table is not complete: 1 October is not a day off in it",
            where=str(path),
            mend="Import the table of a whole year.",
        )
    return Table(years, tuple(sorted(set(days), key=_by_date)), path.name)


def _from_json(path: Path, text: str) -> list[Day]:
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"this is not JSON: {error.msg}",
            where=f"{path}:{error.lineno}:{error.colno}",
            mend="Fetch the file again.",
        ) from None
    if not isinstance(body, dict) or not isinstance(body.get("days"), list):
        raise BadInput(
            "this is not a holiday-cn table: it has no list `days`",
            where=str(path),
            mend="Give a file with `year`, `papers` and `days`.",
        )
    year = body.get("year")
    if not body.get("papers") or not body["days"]:
        raise _not_published(path, year)
    days = [_json_day(row, f"{path}: days[{i}]") for i, row in enumerate(body["days"])]
    if year not in _published(days):
        raise BadInput(
            f"the table says year {year!r}, but 1 October of that year is not a day off in it",
            where=str(path),
            mend="Check `year` and that the whole year is there.",
        )
    return days


def _json_day(row: Any, where: str) -> Day:
    try:
        day, name, off = date.fromisoformat(row["date"]), row["name"], row["isOffDay"]
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"this day cannot be read ({error})",
            where=where,
            mend="A day has name, date (2027-02-06) and isOffDay (true or false).",
        ) from None
    if not isinstance(off, bool) or not isinstance(name, str):
        raise BadInput("isOffDay must be true or false and name a text", where=where)
    return Day(day, name, off)


def _from_ics(path: Path, text: str) -> list[Day]:
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        events = [event for one in calendars for event in one.walk("VEVENT")]
    except (ValueError, IndexError) as error:
        raise BadInput(
            f"this is not an iCalendar file: {error}", where=str(path), mend="Fetch it again."
        ) from None
    if not events:
        stem = re.search(r"\d{4}", path.stem)
        raise _not_published(path, int(stem.group()) if stem else None)
    return [day for event in events for day in _event_days(event, path)]


def _event_days(event: Any, path: Path) -> list[Day]:
    summary = str(event.get("SUMMARY", ""))
    where = f"{path}: event {summary!r}"
    # "春节假期" is off, "上班(补春节假期)" is worked for it.
    worked = re.fullmatch(r"上班\s*[(（]补(.+?)假期[)）]", summary)
    name = worked.group(1) if worked else summary.removesuffix("假期")
    if not worked and name == summary:
        raise BadInput(
            "the event is neither a holiday (…假期) nor a swapped working day (上班(补…假期))",
            where=where,
            mend="Use holiday-cn's calendar, or its JSON.",
        )
    first = _whole_day(event.get("DTSTART"), where)
    # DTEND is the day after the last (RFC 5545); without it the event is one day.
    end = _whole_day(event["DTEND"], where) if "DTEND" in event else first + timedelta(days=1)
    if not timedelta(0) < end - first <= _LONGEST:
        raise BadInput(f"the event runs from {first} to before {end}", where=where)
    return [Day(first + timedelta(n), name, not worked) for n in range((end - first).days)]


def _whole_day(stamp: Any, where: str) -> date:
    value = getattr(stamp, "dt", None)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise BadInput("the event must be of whole days (VALUE=DATE)", where=where)
    return value


def _published(days: Iterable[Day]) -> frozenset[int]:
    return frozenset(
        d.date.year for d in days if d.off and (d.date.month, d.date.day) == _NATIONAL_DAY
    )


def _twice(days: Iterable[Day]) -> date | None:
    seen: dict[date, bool] = {}
    return next((d.date for d in days if seen.setdefault(d.date, d.off) != d.off), None)


def _by_date(day: Day) -> date:
    return day.date


def _not_published(path: Path, year: object) -> BadInput:
    return BadInput(
        f"the work days of {year or 'this year'} are not yet published: the table is empty",
        where=str(path),
        mend="Leave it out until the State Council's paper is out (as a rule in November).",
    )
