"""From a folder of files to the book: every rule and measure read and checked.

A pack that has any problem does not load, and the error lists all problems of all files.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import time, timedelta
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from alerting.errors import BadInput
from alerting.rulebook import units
from alerting.rulebook.book import Book, LevelRule, Rule, looks_at_weather
from alerting.rulebook.calling import read_calling
from alerting.rulebook.cases import failures
from alerting.rulebook.districts import Numbers, read_districts
from alerting.rulebook.files import (
    CALLING,
    DISTRICTS,
    MEASURES,
    PLANS,
    POLICIES,
    Files,
    read_files,
    version,
)
from alerting.rulebook.grammar import TextError, clearing, condition
from alerting.rulebook.measures import Ask, AskError, Measure, read_ask
from alerting.rulebook.nodes import Condition, Holiday, Season, walk
from alerting.rulebook.pack import MeasuresText, PackText, RuleText
from alerting.rulebook.plans import read_plans
from alerting.rulebook.policies import read_policies
from alerting.rulebook.same_texts import twins
from alerting.rulebook.yamltext import Document, Key
from alerting.vocabulary import HAZARDS, Level

# Hours, from the trial of the rule semantics: ice outlasts its cause, cold its hour.
HOLD = {"road-icing": 3, "freezing-rain": 3, "cold-wave": 6}
HOLD_ELSE = 2
SCALES_TO = tuple(level.name for level in Level)

_passed: set[tuple[str, ...]] = set()


def load_book(folder: Path, calendar_names: Set[str] | None = None) -> Book:
    """Read measures.yaml and every pack of `folder`, and run the rules' own cases.

    `calendar_names` are the seasons and holidays the calendar knows; None leaves them unchecked.
    Raises BadInput that lists every problem as `file:line:column: what mend`.
    """
    book, problems = read_book(folder, calendar_names)
    if not problems:
        problems = failing_cases(book)
    if problems:
        raise refusal(problems)
    return book


def refusal(problems: list[str]) -> BadInput:
    count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
    return BadInput(f"the rule book does not load, {count}:\n" + "\n".join(problems))


def read_book(folder: Path, calendar_names: Set[str] | None = None) -> tuple[Book, list[str]]:
    """The book as far as it can be read, and its problems; cases are not run."""
    if not folder.is_dir():
        return _empty(folder), [f"{folder}: there is no such folder of rules."]
    files, problems = read_files(folder)
    return _made_of(folder, files, problems, calendar_names)


def failing_cases(book: Book) -> list[str]:
    """The cases that do not come out. A process runs those of one content once: where they passed,
    they pass again."""
    run = (book.version, *book.rules_by_id)  # with problems, rules may be missing from it
    if run in _passed:
        return []
    problems = failures(_as_shipped(book))
    if not problems:
        _passed.add(run)
    return problems


def _as_shipped(book: Book) -> Book:
    """The same book by its shipped numbers, which its cases were written for."""
    if not any(number.here for number in book.numbers.values()):
        return book
    return _made_of(book.folder, book.files, [], None, shipped=True)[0]


def _made_of(
    folder: Path, files: Files, problems: list[str], calendar_names: Set[str] | None, *,
    shipped: bool = False,
) -> tuple[Book, list[str]]:  # fmt: skip
    measures = _read_measures(folder / MEASURES, files.get(MEASURES), problems)
    districts = read_districts(folder / DISTRICTS, files.get(DISTRICTS), measures, problems,
                               shipped=shipped)  # fmt: skip
    policies = read_policies(folder / POLICIES, files.get(POLICIES), problems)
    calling = read_calling(folder / CALLING, files.get(CALLING), problems)
    rules: dict[str, Rule] = {}
    titles: dict[str, dict[str, str]] = {}
    for name, raw in files.items():
        if name in (MEASURES, DISTRICTS, POLICIES, CALLING) or name.startswith(f"{PLANS}/"):
            continue
        pack = _Pack(Document(folder / name, raw), measures, districts.numbers, calendar_names)
        for rule in pack.read():
            if rule.id in rules:
                problems.append(f"{rule.where}: the rule {rule.id!r} stands in "
                                f"{rules[rule.id].where} already. Give it another id.")  # fmt: skip
            rules[rule.id] = rule
        titles |= pack.title
        problems += pack.document.problems
    plans = read_plans(folder, files, measures, set(rules), problems)
    for plan in plans.values():
        measures |= plan.measures()
    book = Book(
        tuple(rules.values()), measures, version(files), folder, titles, districts.numbers, files,
        plans, policies, districts.confirm_after, calling,
    )
    return book, problems


def _empty(folder: Path) -> Book:
    return Book((), {}, "", folder)


def _read_measures(path: Path, raw: bytes | None, problems: list[str]) -> dict[str, Measure]:
    if raw is None:
        problems.append(f"{path}: missing. It declares the measures that rules ask for.")
        return {}
    document = Document(path, raw)
    made: dict[str, Measure] = {}
    try:
        if not document.problems:
            named = MeasuresText.model_validate(document.data or {}).measures
            for name, body in named.items():
                try:
                    made[name] = Measure.model_validate(body)
                except ValidationError as error:
                    document.problems_of(error, ("measures", name))
            # A name that is declared but cannot be read is not reported a second time as unknown.
            _check_meetings(document, made)
            for name, measure in made.items():
                for key in ("interim", "conflicts", "needs_first", "yields", "supersedes"):
                    for n, other in enumerate(getattr(measure, key)):
                        where: Key = ("measures", name, key.replace("_", "-"), n)
                        asks = key in ("interim", "needs_first")
                        called = other.split()[0] if asks and other.strip() else other
                        if called not in named:
                            document.problem(where, f"there is no measure {called!r}.",
                                             "Declare it in this file.")  # fmt: skip
                        elif asks and called in made:
                            _read_ask(document, other, made, where)
            for twin in twins(made):
                document.problem(("measures", twin.name, twin.part, twin.language),
                                 f"{twin.name} reads the same as {twin.first}, but for names and"
                                 " numbers.",
                                 "Say what differs, or keep one of them.")  # fmt: skip
    except ValidationError as error:
        document.problems_of(error)
    problems += document.problems
    return made


def _read_ask(
    document: Document, text: str, measures: dict[str, Measure], key: Key
) -> Ask | None:
    try:
        return read_ask(text, measures)
    except AskError as error:
        document.problem(key, error.what, error.mend, error.offset)
        return None


def _check_meetings(document: Document, made: dict[str, Measure]) -> None:
    """What measures say of each other must be possible."""
    for name, measure in made.items():
        for n, other in enumerate(measure.yields):
            rival = made.get(other)
            if rival is None:
                continue
            where: Key = ("measures", name, "yields", n)
            if other not in measure.conflicts and name not in rival.conflicts:
                document.problem(where, f"{name} does not conflict with {other}.",
                                 "Name it under conflicts, or take it out here.")  # fmt: skip
            elif name in rival.yields:
                document.problem(where, f"{name} and {other} yield to each other.",
                                 "Say which of them stands while nobody decides.")  # fmt: skip
        for n, first in enumerate(measure.needed_names):
            if _comes_back({m: made[m].needed_names for m in made}, name, first):
                where = ("measures", name, "needs-first", n)
                document.problem(where, f"{name} would wait for itself.", "Take one of the two out.")
        for n, ended in enumerate(measure.supersedes):
            where = ("measures", name, "supersedes", n)
            if _comes_back({m: made[m].supersedes for m in made}, name, ended):
                document.problem(where, f"{name} would be ended by what it ends.",
                                 "Take one of them out.")  # fmt: skip
            elif ended in made and made[ended].gate and not measure.gate:
                document.problem(where, f"{name} would end {ended}, which a gate holds, without its"
                                 " four attestations.",
                                 f"Give {name} gate: true, or take {ended} out here.")  # fmt: skip


def _comes_back(onward: Mapping[str, list[str]], name: str, start: str) -> bool:
    """Whether what `start` names, and what that names in turn, leads to `name`."""
    seen, queue = set[str](), [start]
    while queue:
        current = queue.pop()
        if current == name:
            return True
        if current not in seen and current in onward:
            seen.add(current)
            queue += onward[current]
    return False


class _Pack:
    """One pack being read; what is wrong goes to the document's problems."""

    def __init__(
        self, document: Document, measures: dict[str, Measure], numbers: Numbers,
        calendar_names: Set[str] | None,
    ) -> None:  # fmt: skip
        self.document, self._measures, self._numbers = document, measures, numbers
        self._calendar = calendar_names
        self.title: dict[str, dict[str, str]] = {}

    def read(self) -> list[Rule]:
        if self.document.problems:
            return []
        try:
            pack = PackText.model_validate(self.document.data or {})
        except ValidationError as error:
            self.document.problems_of(error)
            return []
        self.title = {pack.sector: cast("dict[str, str]", pack.title)}
        made = []
        for n, body in enumerate(pack.rules):
            try:
                text = RuleText.model_validate(body)
            except ValidationError as error:
                self.document.problems_of(error, ("rules", n))
                continue
            rule = self._rule(pack.sector, text, ("rules", n))
            if rule is not None:
                made.append(rule)
        return made

    def _rule(self, sector: str, text: RuleText, key: Key) -> Rule | None:
        before = len(self.document.problems)
        levels: dict[str, LevelRule] = {}
        for name in SCALES_TO:
            if name not in text.levels:
                continue
            level = text.levels[name]
            at = (*key, "levels", name)
            when = self._condition(level.when, (*at, "when"))
            asks = {i: _read_ask(self.document, a, self._measures, (*at, "ask", i))
                    for i, a in enumerate(level.ask)}  # fmt: skip
            if when is not None:
                known = {i: ask for i, ask in asks.items() if ask is not None}
                levels[name] = LevelRule(
                    Level[name], when, tuple(known.values()), level.when,
                    self.document.where((*at, "when")),
                    tuple(self.document.where((*at, "ask", i)) for i in known),
                )  # fmt: skip
        clear = None
        if text.clear is not None:
            clear = self._condition(text.clear, (*key, "clear"), clear=True)
        elif looks_at_weather(levels):
            self.document.problem(key, f"the rule {text.id!r} looks at the weather and has no clear.",
                                  "Say when it is over, e.g. clear: visibility >= 500 m")  # fmt: skip
        hold = self._hold(text, key)
        if len(self.document.problems) > before or not levels:
            return None
        hazard = HAZARDS[text.hazard]
        title = cast("dict[str, str]", text.title or {"zh": hazard.zh, "en": hazard.en})
        return Rule(
            text.id, sector, text.hazard, text.place, text.tags, levels, clear, text.clear or "",
            hold, tuple(time.fromisoformat(t) for t in text.decide), tuple(text.audience),
            text.floor, tuple(text.basis), title, cast("dict[str, str] | None", text.impact),
            tuple(text.cases), self.document.where((*key, "id")),
            self.document.where((*key, "clear")), text.points,
        )  # fmt: skip

    def _condition(self, text: str, key: Key, *, clear: bool = False) -> Condition | None:
        try:
            made = (clearing if clear else condition)(text, self._numbers)
        except TextError as error:
            self.document.problem(key, error.what, error.mend, error.offset)
            return None
        if self._calendar is not None:
            for node in walk(made):
                if isinstance(node, Season | Holiday) and node.name not in self._calendar:
                    kind = type(node).__name__.lower()
                    self.document.problem(
                        key, f"the calendar has no {kind} {node.name!r}.",
                        f"Known: {', '.join(sorted(self._calendar))}.",
                        max(text.find(node.name), 0),
                    )  # fmt: skip
        return made

    def _hold(self, text: RuleText, key: Key) -> timedelta:
        if text.hold is None:
            return timedelta(hours=HOLD.get(text.hazard, HOLD_ELSE))
        try:
            return units.duration(text.hold)
        except units.UnitError as error:
            self.document.problem((*key, "hold"), error.what, error.mend)
            return timedelta(0)
