"""Running a rule's own cases: a little weather goes in, a level, an onset, the asks come out.

A case makes a sight of one column. What it gives can be said; what it does not give is absent, but
for warnings, which stand at none. Hours after the last one given are not yet forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook import units
from alerting.rulebook.arguments import Argued
from alerting.rulebook.binding import BindFacts
from alerting.rulebook.book import Book, Rule
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.explain import explain
from alerting.rulebook.grammar import DAILY
from alerting.rulebook.measures import Measure, strictest_asks
from alerting.rulebook.nodes import number_text
from alerting.rulebook.pack import Case, Expect, Given
from alerting.rulebook.wording import sentence
from alerting.signals import HOUR, Floats
from alerting.vocabulary import QUANTITIES, Level
from alerting.weather.sight import Daily, Sight

# Cases are written for the districts this is made for; days run as there.
ZONE = ZoneInfo("Asia/Shanghai")
DAY_ENDS = time(20)


class CaseError(Exception):
    """A case that cannot be run, in words for its author."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    given: Given
    rows: int

    def warning(self, hazard: str) -> NDArray[np.int8]:
        said = self.given.warnings.get(hazard)
        level = 0 if said is None else -1 if said == "unknown" else int(Level[said])
        return np.array([level], np.int8)

    def can_warn(self) -> bool:
        return True

    def season(self, name: str) -> int:
        return 2 * (name in _names(self.given.season))

    def holiday(self, name: str) -> int:
        return 2 * (name in _names(self.given.holiday))

    def on_day(self, kind: str) -> NDArray[np.int8]:
        return np.full(self.rows, 2 * (kind in _names(self.given.on)), np.int8)

    def incident(self, kind: str, hours: float) -> int:
        return 2 * (kind in _names(self.given.incidents))

    def reported(self, word: str) -> NDArray[np.int8]:
        return np.array([2 * (word in _names(self.given.reported))], np.int8)


def failures(book: Book) -> list[str]:
    """Every case of the book that does not come out as expected: `where: what`."""
    found = []
    for rule in book.rules:
        for case in rule.cases:
            problem = failure(rule, case, book.measures)
            if problem:
                found.append(f"{rule.where}: case {case.name!r} of {rule.id}: {problem}")
    return found


def failure(rule: Rule, case: Case, measures: dict[str, Measure]) -> str:
    """What is wrong with a case, expected and got side by side; empty where it passes."""
    try:
        sight = sight_of(case.given)
        expected = _expected(case.expect)
    except CaseError as error:
        return str(error)
    got, why = _got(rule, sight, measures)
    rows = [(key, want, got[key]) for key, want in expected.items() if want != got[key]]
    if not rows:
        return ""
    wide = max(len(want) for _, want, _ in rows)
    lines = [f"    {key:<5}  expected {want:<{wide}}  got {have}" for key, want, have in rows]
    return "\n".join(["does not come out.", *lines, f"    why    {why}"])


def _expected(expect: Expect) -> dict[str, str]:
    made: dict[str, str] = {"level": expect.level}
    if expect.onset is not None:
        try:
            made["onset"] = _ahead(units.duration(expect.onset))
        except units.UnitError as error:
            raise CaseError(f"onset: {error}") from None
    if expect.ask is not None:
        made["ask"] = ", ".join(sorted(" ".join(a.split()) for a in expect.ask)) or "nothing"
    if expect.clear is not None:
        said = expect.clear
        made["clear"] = said if isinstance(said, str) else "yes" if said else "no"
    return made


def _got(rule: Rule, sight: Sight, measures: dict[str, Measure]) -> tuple[dict[str, str], str]:
    bound = Bound([rule], BindFacts.of(sight, rule.place))
    verdict = bound.evaluate(sight)[0]
    why = explain(bound, rule.id, sight, 0)
    level = max(why.level, int(verdict.floor[0]))
    onset = why.stretch(level)[0]
    asked = [a for step in rule.levels.values() if step.level <= level for a in step.ask]
    told = [_ask_text(n, a, measures) for n, a in strictest_asks(measures, asked).items()]
    states = set(why.levels.values())
    none = next((s for s in ("unknown", "undecidable") if s in states), "none")
    clear = "unknown" if verdict.clear_possible[0] else "no"
    return {
        "level": Level(level).name if level else none,
        "onset": "none" if onset is None else _ahead(onset - sight.now),
        "ask": ", ".join(sorted(told)) or "nothing",
        "clear": "yes" if verdict.clear_true[0] else clear,
    }, sentence(why, "en", sight.zone)


def _ask_text(
    name: str, arguments: dict[str, Argued], measures: dict[str, Measure]
) -> str:
    parts = [name]
    for argument, value in arguments.items():
        unit = measures[name].arguments[argument].unit or "1"
        if isinstance(value, float):
            parts.append(number_text(value, unit))
        else:
            parts.append("+".join(value) if isinstance(value, list) else value)
    return " ".join(parts)


def _ahead(by: timedelta) -> str:
    return f"{by / HOUR:g} h"


# --- the sight of a case --------------------------------------------------------------------------
def sight_of(given: Given) -> Sight:
    """One column with what a case gives. Raises CaseError."""
    try:
        now = datetime.fromisoformat(given.at).replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError:
        raise CaseError(f"at: {given.at!r} is not a local time like 2026-01-20 05:00.") from None
    for name in {*given.hourly, *given.past, *given.observed}:
        if name not in QUANTITIES:
            raise CaseError(f"given: {name!r} is no quantity. Known: {', '.join(QUANTITIES)}.")
    past = max([0, *(len(v) for v in given.past.values())])
    ahead = max([1, *(len(v) for v in given.hourly.values())])
    if not given.hourly:  # days given alone have their hours too
        ahead = max(ahead, _hours_of_days(given, now))
    rows = past + ahead
    values = {q: _column(given, q, past, rows) for q in sorted({*given.hourly, *given.past})}
    first = now.replace(minute=0, second=0, microsecond=0) - past * HOUR
    daily, last = _daily(given, values, first, rows)
    for quantity in daily:
        values.setdefault(quantity, np.full((rows, 1), np.nan, np.float32))
    yes = np.ones(1, np.bool_)
    return Sight(
        now=now, zone=ZONE, first=first, now_row=past,
        values=values or {"": np.full((rows, 1), np.nan, np.float32)},
        horizon=np.array([last], np.int32),
        can_say=dict.fromkeys(values, yes),
        observed={q: np.array([np.nan if v is None else v], np.float32)
                  for q, v in given.observed.items()},
        can_observe=dict.fromkeys(given.observed, yes),
        daily=daily, facts=CaseFacts(given, rows),
    )  # fmt: skip


def _column(given: Given, quantity: str, past: int, rows: int) -> Floats:
    before, after = given.past.get(quantity, []), given.hourly.get(quantity, [])
    line = [None] * (past - len(before)) + before + after
    line += [None] * (rows - len(line))
    return np.array([[np.nan if v is None else v] for v in line], np.float32)


def _daily(
    given: Given, values: dict[str, Floats], first: datetime, rows: int
) -> tuple[dict[str, dict[str, Daily]], int]:
    """Daily values as bounds, and the last row known: of days given by hand, the end of the last."""
    begins = given.days.get("first", 0)
    if not isinstance(begins, int):
        raise CaseError("days: first is the number of a day, 0 for today.")
    offset = begins
    stamps = [(first + r * HOUR).astimezone(ZONE) for r in range(rows)]
    # A stamp at 20:00 ends its day, a later one belongs to the next.
    dates = [(s - timedelta(hours=DAY_ENDS.hour, microseconds=1)).date() for s in stamps]
    now_row = int((_now(given) - first) / HOUR)
    today = dates[now_row]
    spans = [len(v) for v in given.days.values() if isinstance(v, list)]
    start = min([dates[0], today + timedelta(days=offset)])
    end = max([dates[-1], *(today + timedelta(days=offset + n - 1) for n in spans)])
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    day_of_hour = np.array([(d - start).days for d in dates], np.int32)
    ends = [datetime.combine(d + timedelta(days=1), DAY_ENDS, ZONE).astimezone(UTC) for d in days]
    complete = np.array([round((e - first) / HOUR) for e in ends], np.int32)
    made: dict[str, dict[str, Daily]] = {
        q: {k: _bounds(v[:, 0], k, day_of_hour, complete) for k in ("min", "max", "mean")}
        for q, v in values.items()
    }
    last = rows - 1
    for text, line in given.days.items():
        if text == "first":
            continue
        kind, quantity = _day_key(text)
        if not isinstance(line, list):
            raise CaseError(f"days: {text} needs a list of values, one a day.")
        at = (today - start).days + offset
        kinds = made.setdefault(quantity, {})
        held = kinds.get(kind) or _bounds(
            np.full(rows, np.nan, np.float32), kind, day_of_hour, complete
        )
        for n, value in enumerate(line):
            if value is not None:
                held.low[at + n] = held.high[at + n] = value
        kinds[kind] = held
        last = max(last, int(complete[at + len(line) - 1]))
    return made, last


def _hours_of_days(given: Given, now: datetime) -> int:
    """Hours from now to the end of the last day given by hand, at least one."""
    begins = given.days.get("first", 0)
    counts = [len(v) for v in given.days.values() if isinstance(v, list)]
    if not counts or not isinstance(begins, int):
        return 1
    today = (now.astimezone(ZONE) - timedelta(hours=DAY_ENDS.hour, microseconds=1)).date()
    ends = datetime.combine(today + timedelta(days=begins + max(counts)), DAY_ENDS, ZONE)
    return max(1, int((ends - now) / HOUR) + 1)


def _now(given: Given) -> datetime:
    at = datetime.fromisoformat(given.at).replace(tzinfo=ZONE)
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _day_key(text: str) -> tuple[str, str]:
    name, _, rest = text.partition("(")
    quantity = rest.removesuffix(")")
    if name not in DAILY or quantity not in QUANTITIES:
        raise CaseError(f"days: {text!r} is not like daily_min(temperature).")
    return name.removeprefix("daily_"), quantity


def _bounds(
    line: Sequence[float] | Floats, kind: str, day_of_hour: NDArray[np.int32],
    complete: NDArray[np.int32],
) -> Daily:  # fmt: skip
    low = np.full((len(complete), 1), -np.inf, np.float32)
    high = np.full((len(complete), 1), np.inf, np.float32)
    values = np.asarray(line, np.float32)
    for day in range(len(complete)):
        hours = values[day_of_hour == day]
        known = hours[~np.isnan(hours)]
        whole = len(known) == 24
        if kind == "min" and len(known):
            high[day] = known.min()
            low[day] = known.min() if whole else -np.inf
        elif kind == "max" and len(known):
            low[day] = known.max()
            high[day] = known.max() if whole else np.inf
        elif kind == "mean" and whole:
            low[day] = high[day] = known.mean()
    return Daily(low, high, day_of_hour, complete)


def _names(given: list[str] | str) -> list[str]:
    return [given] if isinstance(given, str) else given
