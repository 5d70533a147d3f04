"""From a rule's text to its tree, and errors that say where and how to mend them.

`condition` reads a level's `when`, `clearing` a rule's `clear`. Both raise `TextError`, whose offset
counts characters of the text; `yamltext` turns it into a line and column of the file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal, NoReturn, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from alerting.rulebook import units
from alerting.rulebook.districts import Numbers
from alerting.rulebook.nodes import (
    FACTS,
    And,
    Between,
    Change,
    Compare,
    Condition,
    DayValue,
    Drop,
    Happened,
    Holiday,
    Not,
    Observed,
    Official,
    OnDay,
    Operator,
    Or,
    Reported,
    Season,
    Series,
    Term,
    Value,
    Window,
    base_quantity,
    is_daily,
    text_of,
    walk,
)
from alerting.vocabulary import HAZARDS, QUANTITIES, Level

# The fields keep 72 hours of the past and 60 days of daily values.
MOST_HOURS, MOST_DAYS = 72, 60
WINDOWS = ("sum", "min", "max", "mean")
DAILY = ("daily_min", "daily_max", "daily_mean")
FUNCTIONS = (*WINDOWS, "change", "drop", *DAILY)
DAY_KINDS = ("school-day", "working-day")

NO_NUMBERS: Numbers = {}
_NAMED = re.compile(r"\$([a-z][a-z0-9-]*)")

Branch = Tree[Token]
DayKind = Literal["min", "max", "mean"]
WindowKind = Literal["sum", "min", "max", "mean"]


class TextError(Exception):
    """A text that cannot be used: what is wrong at `offset` (in characters), and the mend."""

    def __init__(self, offset: int, what: str, mend: str) -> None:
        self.offset, self.what, self.mend = offset, what, mend
        super().__init__(f"at {offset}: {what} {mend}")


@cache
def _parser() -> Lark:
    grammar = files("alerting.rulebook").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def condition(text: str, numbers: Numbers = NO_NUMBERS) -> Condition:
    """The condition of a level. Every hourly condition in it stands in a `Term`.

    `$name` is one of `numbers`. One that is stricter inside a season makes the condition true there
    by its stricter value, too.
    """
    made = _as_terms(_Reader(text, numbers).read())
    for season in _seasons(text, numbers):
        inside = _as_terms(_Reader(text, numbers, season).read())
        made = Or(_flat(Or, (made, And(_flat(And, (Season(season), inside))))))
    return made


def clearing(text: str, numbers: Numbers = NO_NUMBERS) -> Condition:
    """The condition of a `clear`: as `condition`, but it looks at one hour, never ahead, and a
    number's stricter value counts all year: clear of both is clear."""
    made = _as_terms(_Reader(text, numbers).read())
    for season in _seasons(text, numbers):
        made = And(_flat(And, (made, _as_terms(_Reader(text, numbers, season).read()))))
    for node in walk(made):
        if isinstance(node, Term) and (node.within is not None or node.days or node.hours > 1):
            raise TextError(
                0,
                f"`clear` is asked hour by hour, and {text_of(node)!r} is about a stretch of time.",
                "Leave out `for` and `within`; `hold` says how long it must stay clear.",
            )
    return made


def numbers_named(text: str) -> list[str]:
    """The numbers of the district that a condition names."""
    return _NAMED.findall(text)


def _seasons(text: str, numbers: Numbers) -> list[str]:
    """In which seasons a number that `text` names has a value of its own."""
    return sorted({s for name in numbers_named(text) for s in numbers[name].seasons})


def _as_terms(node: Condition) -> Condition:
    """Wrap the hourly parts of a condition: whatever is not yet a term or a fact is about now."""
    if isinstance(node, (Term, *FACTS)):
        return node
    if not any(isinstance(n, (Term, *FACTS)) for n in walk(node)):
        return Term(node)
    match node:
        case And(parts):
            return And(tuple(_as_terms(p) for p in parts))
        case Or(parts):
            return Or(tuple(_as_terms(p) for p in parts))
        case Not(part):
            return Not(_as_terms(part))
    raise AssertionError(node)


class _Reader:
    def __init__(self, text: str, numbers: Numbers, season: str | None = None) -> None:
        self.text, self._numbers, self._inside = text, numbers, season

    def read(self) -> Condition:
        try:
            tree = _parser().parse(self.text)
        except UnexpectedInput as error:
            raise _unexpected(self.text, error) from None
        return self.node(cast(Branch, tree.children[0]))

    def node(self, tree: Branch) -> Condition:
        made = getattr(self, f"_{tree.data}")(tree)
        return cast(Condition, made)

    # joined
    def _either(self, tree: Branch) -> Condition:
        return Or(_flat(Or, (self.node(t) for t in _trees(tree))))

    def _both(self, tree: Branch) -> Condition:
        return And(_flat(And, (self.node(t) for t in _trees(tree))))

    def _negated(self, tree: Branch) -> Condition:
        return Not(self.node(_trees(tree)[0]))

    # over time
    def _group(self, tree: Branch) -> Condition:
        _left, inside, for_, length, _right, within, ahead = tree.children
        body = self.node(cast(Branch, inside))
        if for_ is None and within is None:
            return body
        for found in walk(body):
            if isinstance(found, Term):
                _fail(
                    tree,
                    "a term stands inside a term here.",
                    "Join terms with and/or: (a for 2 h) within 6 h or (b) within 12 h.",
                )
            if isinstance(found, FACTS):
                _fail(
                    tree,
                    f"{text_of(found)!r} is a fact of now and has no hours.",
                    "Write it outside the parentheses, joined with and/or.",
                )
        days = for_ is not None and _unit(length) == "d"
        return Term(
            body,
            hours=1 if for_ is None or days else self._hours(length, MOST_HOURS, "for"),
            days=self._days(cast(Branch, length), body) if days else 0,
            within=None if within is None else self._hours(ahead, 24 * 16, "within"),
        )  # fmt: skip

    def _days(self, tree: Branch, body: Condition) -> int:
        count = int(units.hours(float(_token(tree, 0)), "d") / 24)
        if count > MOST_DAYS:
            _fail(tree, f"the fields keep {MOST_DAYS} days.", "Ask for fewer days.")
        for found in walk(body):
            hourly = isinstance(found, Compare) and not is_daily(found.series)
            if hourly or isinstance(found, Between | OnDay):
                _fail(
                    tree,
                    f"`for {count} d` counts local days, and {text_of(found)!r} is hourly.",
                    f"Compare daily_min, daily_max or daily_mean, or write for {count * 24} h.",
                )
        return count

    def _hours(self, tree: object, most: int, word: str) -> int:
        branch = cast(Branch, tree)
        try:
            made = units.hours(float(_token(branch, 0)), str(_token(branch, 1)))
        except units.UnitError as error:
            _fail(branch, error.what, error.mend)
        if made > most:
            _fail(
                branch,
                f"{made} h is more than the {most} h that `{word}` can look at.",
                "Shorten it, or compare daily values: for 5 d, change(daily_min(x), 48 h).",
            )
        return made

    # hour by hour
    def _comparison(self, tree: Branch) -> Compare:
        series = self._series(cast(Branch, tree.children[0]))
        operator, number = tree.children[1:3]
        value, unit = self._number(*cast("list[Token]", tree.children[2:]))
        change = isinstance(series, Change | Drop)
        try:
            threshold = units.threshold(value, unit, base_quantity(series), change=change)
        except units.UnitError as error:
            _fail(cast(Token, number), error.what, error.mend)
        shown = QUANTITIES[base_quantity(series)].unit
        shown = "K" if change and shown == "degC" else shown
        return Compare(series, _operator(operator), threshold, shown)

    def _number(self, token: Token, unit: Token | None = None) -> tuple[float, str]:
        if not str(token).startswith("$"):
            return float(str(token)), str(unit or "")
        name = _known(token, [f"${name}" for name in self._numbers], "number of districts.yaml")
        return self._numbers[name[1:]].inside(self._inside)

    def _series(self, tree: Branch) -> Series:
        name, left, inner, length, _right = tree.children
        word = str(name)
        if left is None:
            return Value(_known(cast(Token, name), QUANTITIES, "quantity"))
        if word not in FUNCTIONS:
            _known(cast(Token, name), FUNCTIONS, "function")
        of = self._series(cast(Branch, inner))
        if word in DAILY:
            if length is not None or not isinstance(of, Value):
                _fail(
                    tree,
                    f"{word} takes one quantity and no duration.",
                    f"Write {word}(temperature).",
                )
            return DayValue(cast(DayKind, word.removeprefix("daily_")), of.quantity)
        if length is None:
            _fail(
                tree,
                f"{word} needs to know over how long.",
                f"Write {word}({base_quantity(of)}, 12 h).",
            )
        if isinstance(of, DayValue) and word == "change":
            return Change(of, self._whole_days(cast(Branch, length)))
        if not isinstance(of, Value):
            _fail(
                cast(Branch, inner),
                f"{word} takes a plain quantity.",
                "Only change() may take another: change(daily_min(temperature), 24 h).",
            )
        hours = self._hours(length, MOST_HOURS, word)
        if word in ("change", "drop"):
            return Change(of, hours) if word == "change" else Drop(of, hours)
        if word == "sum" and not QUANTITIES[of.quantity].accumulated:
            _fail(tree, f"{of.quantity} does not add up over hours.", "Use mean, max or min.")
        return Window(cast(WindowKind, word), of, hours)

    def _whole_days(self, tree: Branch) -> int:
        hours = self._hours(tree, 24 * MOST_DAYS, "change")
        if hours % 24:
            _fail(tree, "the change of a day's value is over whole days.", "Write 24 h or 48 h.")
        return hours

    def _between(self, tree: Branch) -> Between:
        _word, start, _and, end = tree.children
        return Between(_minutes(cast(Token, start)), _minutes(cast(Token, end)))

    def _on_day(self, tree: Branch) -> OnDay:
        return OnDay(_known(_token(tree, 1), DAY_KINDS, "kind of day"))

    # facts
    def _observed(self, tree: Branch) -> Observed:
        said = self._comparison(cast(Branch, tree.children[1]))
        if not isinstance(said.series, Value):
            _fail(
                tree,
                "an observation is one value, not a window.",
                "Write observed visibility < 50 m.",
            )
        return Observed(said.series.quantity, said.operator, said.threshold, said.unit)

    def _official(self, tree: Branch) -> Official:
        _word, hazard, operator, level = (cast(Token, c) for c in tree.children)
        return Official(
            _known(hazard, HAZARDS, "hazard"),
            _operator(operator),
            Level[_known(level, [name.name for name in Level], "level")],
        )

    def _season(self, tree: Branch) -> Season:
        return Season(str(tree.children[1]))

    def _holiday(self, tree: Branch) -> Holiday:
        return Holiday(str(tree.children[1]))

    def _happened(self, tree: Branch) -> Happened:
        return Happened(str(tree.children[1]), self._hours(tree.children[3], 24 * 366, "within"))

    def _reported(self, tree: Branch) -> Reported:
        return Reported(str(tree.children[1]))


def _flat(kind: type[And] | type[Or], nodes: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(p for n in nodes for p in (n.parts if isinstance(n, kind) else (n,)))


def _trees(tree: Branch) -> list[Branch]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _token(tree: Branch, at: int) -> Token:
    return cast(Token, tree.children[at])


def _unit(tree: object) -> str:
    return str(_token(cast(Branch, tree), 1))


def _operator(token: object) -> Operator:
    return cast(Operator, "=" if str(token) == "==" else str(token))


def _minutes(token: Token) -> int:
    hours, minutes = str(token).split(":")
    if int(hours) > 24 or int(minutes) > 59:
        _fail(token, f"{token} is not a time of day.", "Write 06:00 to 23:59.")
    return int(hours) * 60 + int(minutes)


def _known(token: Token, names: Iterable[str], kind: str) -> str:
    known = list(names)
    if str(token) in known:
        return str(token)
    near = difflib.get_close_matches(str(token), known, 1)
    mend = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
    raise TextError(token.start_pos or 0, f"{str(token)!r} is no {kind}.", mend)


def _fail(at: Branch | Token, what: str, mend: str) -> NoReturn:
    start = at.start_pos if isinstance(at, Token) else at.meta.start_pos
    raise TextError(start or 0, what, mend)


_MENDS = {
    "WITHIN": "Put the condition before it in parentheses: (visibility < 200 m) within 12 h.",
    "FOR": "Put the condition and its `for` in parentheses: (visibility < 200 m for 2 h).",
    "NAME": "Join conditions with and/or; quantities are written with _ and hazards with -.",
    "NUMBER": "A comparison is a quantity, an operator, a number: visibility < 200 m.",
    "OPERATOR": "Write each comparison alone: temperature >= -5 degC and temperature < 0 degC.",
}


def _unexpected(text: str, error: UnexpectedInput) -> TextError:
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        return TextError(
            at,
            f"{text[at]!r} is not part of the rule language.",
            "Operators are < <= > >= =; conditions are joined with and, or, not.",
        )
    token = cast(UnexpectedToken, error).token
    if token.type == "$END":
        wants = ") " if text.count("(") > text.count(")") else ""
        return TextError(
            len(text.rstrip()),
            "the condition ends too early.",
            f"It still needs {wants or 'a comparison, a number or a name'}".strip() + ".",
        )
    return TextError(
        token.start_pos or 0,
        f"{str(token)!r} is not expected here.",
        _MENDS.get(token.type, "See docs/rules.md for the forms a condition may have."),
    )
