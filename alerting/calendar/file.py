"""Reads a calendar file. What is wrong in it is said with its line, its column and the mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from alerting.calendar.entries import Holiday, Season
from alerting.calendar.lunar import TERMS
from alerting.calendar.spans import (
    Anchor,
    Between,
    Fixed,
    FromFirstWorkingDay,
    LastDays,
    Lunar,
    Part,
    Term,
)
from alerting.calendar.tables import Table, bundled, import_table
from alerting.errors import BadInput
from alerting.yamlfile import read_tree

_T = TypeVar("_T")
NAME = "[a-z][a-z0-9-]*"
_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_SPAN_KEYS = ("from", "to", "on", "last-days-of-year", "days-from-first-working-day")
MONTHS_SHORTEST = 28
# An anchor moved by more would lie nearer to another cycle's date than to its own.
FARTHEST = 180


@dataclass(frozen=True, slots=True)
class Contents:
    seasons: dict[str, Season]
    holidays: dict[str, Holiday]
    school_holidays: tuple[Season, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class _Map:
    """A mapping of the file that knows where it stands."""

    path: Path
    node: CommentedMap

    def fail(
        self, what: str, mend: str, key: str | None = None, item: int | None = None
    ) -> NoReturn:
        """Raise BadInput at `key`'s value (and its list's `item`), or at the mapping itself."""
        line, column = self.node.lc.line, self.node.lc.col
        if key is not None and key in self.node:
            line, column = self.node.lc.value(key)
            value = self.node[key]
            if item is not None and isinstance(value, CommentedSeq):
                line, column = value.lc.item(item)
        raise BadInput(what, where=f"{self.path}:{line + 1}:{column + 1}", mend=mend)

    def only(self, *allowed: str) -> None:
        for key in self.node:
            if key not in allowed:
                line, column = self.node.lc.key(key)
                raise BadInput(
                    f"{key!r} is not known here",
                    where=f"{self.path}:{line + 1}:{column + 1}",
                    mend=f"Known are: {', '.join(allowed)}.",
                )

    def map(self, key: str, mend: str) -> _Map:
        value = self.node.get(key)
        if not isinstance(value, CommentedMap):
            self.fail(f"`{key}` must be a mapping", mend, key)
        return _Map(self.path, value)

    def texts(self, key: str, mend: str) -> list[str]:
        value = self.node.get(key)
        if value is None:
            return []
        if not isinstance(value, CommentedSeq):
            self.fail(f"`{key}` must be a list", mend, key)
        for i, one in enumerate(value):
            if not isinstance(one, str):
                self.fail(f"{one!r} must be a text", mend, key, i)
        return [str(one) for one in value]


def read(path: Path) -> Contents:
    """The seasons, holidays and work-day tables of the calendar file at `path`.

    Tables are named relative to the file and laid over the bundled years in the order of their
    years. Raises BadInput.
    """
    top = _document(path)
    top.only("tables", "seasons", "holidays", "school-holidays")
    table = _table(top)
    seasons = _entries(top, "seasons", partial(_season, table=table))
    holidays = _entries(top, "holidays", _holiday)
    for name in holidays:
        if name in seasons:
            top.map("holidays", "").fail(
                f"{name!r} is a season already", "Give one of the two another name.", name
            )
    mend = f"Name seasons of this file: {', '.join(seasons)}."
    closed = top.texts("school-holidays", mend)
    for i, name in enumerate(closed):
        if name not in seasons:
            top.fail(f"there is no season {name!r}", mend, "school-holidays", i)
    return Contents(seasons, holidays, tuple(seasons[name] for name in closed), table)


def _document(path: Path) -> _Map:
    try:
        node = read_tree(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"the calendar cannot be read: {error}",
            where=str(path),
            mend="Check the path; the file must be UTF-8 text.",
        ) from None
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = error.problem if isinstance(error, MarkedYAMLError) else str(error)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise BadInput(
            f"this is not YAML: {problem}", where=where, mend="Check indent, colons and quotes."
        ) from None
    if not isinstance(node, CommentedMap):
        raise BadInput(
            "the calendar is empty",
            where=str(path),
            mend="It needs `seasons:` and `holidays:`; see rules/calendar.yaml.",
        )
    return _Map(path, node)


def _table(top: _Map) -> Table:
    mend = "Name files of holiday-cn's form, e.g. [work-days/2027.json]."
    tables = []
    for i, name in enumerate(top.texts("tables", mend)):
        try:
            tables.append(import_table(top.path.parent / name))
        except BadInput as error:
            top.fail(error.text(), "Mend it or take it off this list.", "tables", i)
    table = bundled()
    for one in sorted(tables, key=lambda t: min(t.years)):
        table = one.over(table)
    missing = set(range(min(table.years), max(table.years))) - table.years
    if missing:
        top.fail(
            f"the tables leave out {', '.join(map(str, sorted(missing)))}",
            "Add the table of that year too.",
            "tables",
        )
    return table


def _entries(top: _Map, key: str, build: Callable[[str, _Map], _T]) -> dict[str, _T]:
    if key not in top.node:
        return {}
    group = top.map(key, "Write one name a line, e.g. `year-end:`, with its entry below it.")
    found = {}
    for name in group.node:
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            group.fail(
                f"{name!r} cannot be a name",
                "Use small letters, digits and dashes, e.g. year-end.",
                name,
            )
        entry = group.map(name, "An entry has title, basis and its dates.")
        found[name] = build(name, entry)
    return found


def _season(name: str, entry: _Map, table: Table) -> Season:
    entry.only("title", "basis", "district", "spans", *_SPAN_KEYS)
    district = entry.node.get("district", False)
    if not isinstance(district, bool):
        entry.fail("`district` must be true or false", "Write `district: true`.", "district")
    parts = _spans(entry, table) if "spans" in entry.node else (_part(entry, table),)
    return Season(name, _title(entry), _basis(entry), parts, district)


def _holiday(name: str, entry: _Map) -> Holiday:
    entry.only("title", "basis", "public")
    public = entry.node.get("public")
    if not isinstance(public, str) or not public:
        entry.fail(
            "a holiday needs `public`", "Give the name in the State Council's table, e.g. 春节.",
            "public",
        )  # fmt: skip
    return Holiday(name, _title(entry), _basis(entry), public)


def _title(entry: _Map) -> Mapping[str, str]:
    title = entry.map("title", "Write `title: {zh: 岁末年初, en: Turn of the year}`.")
    title.only("zh", "en")
    for language in ("zh", "en"):
        if not isinstance(title.node.get(language), str):
            title.fail(f"the title has no `{language}`", "Give both zh and en.", language)
    return {"zh": title.node["zh"], "en": title.node["en"]}


def _basis(entry: _Map) -> tuple[str, ...]:
    mend = "Name the mission rows it answers to, e.g. `basis: [C-01]`."
    basis = entry.texts("basis", mend)
    if not basis:
        entry.fail("the entry has no `basis`", mend, "basis")
    return tuple(basis)


def _spans(entry: _Map, table: Table) -> tuple[Part, ...]:
    mend = "Write `spans:` with one `- {from: …, to: …}` a line, and no dates beside it."
    rows = entry.node["spans"]
    if not isinstance(rows, CommentedSeq) or not rows:
        entry.fail("`spans` must be a list", mend, "spans")
    for key in _SPAN_KEYS:
        if key in entry.node:
            entry.fail(f"`{key}` stands beside `spans`", mend, key)
    parts = []
    for i, row in enumerate(rows):
        if not isinstance(row, CommentedMap):
            entry.fail(f"{row!r} is no span", mend, "spans", i)
        span = _Map(entry.path, row)
        span.only(*_SPAN_KEYS)
        parts.append(_part(span, table))
    return tuple(parts)


def _part(span: _Map, table: Table) -> Part:
    keys = {key for key in _SPAN_KEYS if key in span.node}
    if keys == {"days-from-first-working-day"}:
        return _from_first_working_day(span, table)
    if keys == {"last-days-of-year"}:
        count = span.node["last-days-of-year"]
        if type(count) is not int or not 1 <= count <= 365:
            span.fail(f"{count!r} is no number of days", "Give 1 to 365.", "last-days-of-year")
        return LastDays(count)
    if keys == {"on"}:
        day = _anchor(span, "on")
        return Between(day, day)
    if keys != {"from", "to"}:
        span.fail(
            f"the dates are not clear ({', '.join(sorted(keys)) or 'none'})",
            "Give `from` and `to`, or `on`, or `last-days-of-year`, or `days-from-first-working-day`.",
        )
    start, end = _anchor(span, "from"), _anchor(span, "to")
    if start.base() == end.base() and end.days < start.days:
        span.fail("the span ends before it begins", "Change `from` and `to` round.", "to")
    return Between(start, end)


def _from_first_working_day(span: _Map, table: Table) -> FromFirstWorkingDay:
    key = "days-from-first-working-day"
    count = span.node[key]
    if type(count) is not int or not 1 <= count <= MONTHS_SHORTEST:
        span.fail(f"{count!r} is no number of days", f"Give 1 to {MONTHS_SHORTEST}.", key)
    off, on = (frozenset(d.date for d in table.days if d.off is is_off) for is_off in (True, False))
    return FromFirstWorkingDay(count, table.years, off, on)


def _anchor(span: _Map, key: str) -> Anchor:
    value = span.node[key]
    if isinstance(value, str):
        return _fixed(span, key, value, 0)
    mend = "Write 11-22, {date: 03-01, days: -1}, {lunar: 1-15} or {term: qingming, days: -3}."
    if not isinstance(value, CommentedMap):
        span.fail(f"{value!r} is no date", mend, key)
    anchor = _Map(span.path, value)
    anchor.only("date", "lunar", "term", "days")
    days = value.get("days", 0)
    if type(days) is not int or abs(days) > FARTHEST:
        anchor.fail(f"{days!r} is no number of days", f"Give -{FARTHEST} to {FARTHEST}.", "days")
    kinds = [kind for kind in ("date", "lunar", "term") if kind in value]
    if len(kinds) != 1:
        anchor.fail("an anchor is one of date, lunar, term", mend)
    text = str(value[kinds[0]])
    if kinds[0] == "date":
        return _fixed(anchor, "date", text, days)
    if kinds[0] == "lunar":
        return _lunar(anchor, text, days)
    if text not in TERMS:
        anchor.fail(f"{text!r} is no solar term", f"Known are: {', '.join(TERMS)}.", "term")
    return Term(text, days)


def _fixed(node: _Map, key: str, text: str, days: int) -> Fixed:
    found = _MONTH_DAY.fullmatch(text)
    # 2025 is no leap year, so that 02-29, which most years lack, is refused here.
    try:
        if found is None:
            raise ValueError("it is not month-day")
        day = date(2025, int(found[1]), int(found[2]))
    except ValueError as error:
        node.fail(
            f"{text!r} is no day of every year: {error}",
            "Write month-day, e.g. 11-22; the last of February is {date: 03-01, days: -1}.",
            key,
        )
    return Fixed(day.month, day.day, days)


def _lunar(anchor: _Map, text: str, days: int) -> Lunar:
    found = _MONTH_DAY.fullmatch(text)
    month, day = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= 29):
        # There is no 腊月三十 in 2025 to 2029: who writes 12-30 means the eve.
        anchor.fail(
            f"{text!r} is not in every lunar year",
            "Months have 29 days for certain; the last of one is the day before the first of the "
            "next, e.g. New Year's Eve is {lunar: 1-1, days: -1}.",
            "lunar",
        )
    return Lunar(month, day, days)
