"""Arguments of measures: what may be given, which of two is the stricter, how a message says it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import TypedDict

from alerting.vocabulary.languages import Language

Argued = float | str | list[str]
EXEMPTS = "exempts"  # the argument by which who asks lets fewer pass than the measure declares
FROM, UNTIL = "from", "until"  # the hours for which a measure is asked
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class Words(TypedDict):
    """The same in both languages."""

    zh: str
    en: str


class Argument(BaseModel):
    """An argument of a measure, by its `stricter`:

    - lower, higher: a number in `unit`, between `least` and `most` where they are declared;
    - union: words, joined;
    - last: one of `words`, of which the later named is the stricter;
    - earlier, later: a time of day, counted from noon to noon, so that 00:30 is later than 20:00.

    `zh` and `en` say it in a message; `{value}` stands for the number or the words, and the unit
    belongs into the text. `words` names the words that may be given, in both languages; without it any
    word may. What is `optional` may be left out: then nothing is limited by it, which is the strictest.
    Where `default` is left out it counts as given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stricter: Literal["lower", "higher", "union", "last", "earlier", "later"]
    unit: str = ""
    least: float | None = None
    most: float | None = None
    zh: str = "{value}"
    en: str = "{value}"
    words: dict[str, Words] = {}
    optional: bool = False
    default: str | None = None

    @property
    def kind(self) -> Literal["number", "words", "word", "clock"]:
        kinds: dict[str, Literal["number", "words", "word", "clock"]] = {
            "union": "words", "last": "word", "earlier": "clock", "later": "clock",
        }  # fmt: skip
        return kinds.get(self.stricter, "number")

    @model_validator(mode="after")
    def _fits(self) -> Argument:
        if self.kind != "number" and (self.unit or self.least is not None or self.most is not None):
            raise ValueError(f"what is no number (stricter: {self.stricter}) has no unit, no least and"
                             " no most")  # fmt: skip
        if self.kind == "word" and len(self.words) < 2:
            raise ValueError("stricter: last chooses among two words at least")
        if self.default is not None and (self.kind != "word" or self.default not in self.words):
            raise ValueError("default is one of the words of an argument with stricter: last")
        if self.default is not None and self.optional:
            raise ValueError("what has a default is never left out: leave out optional")
        for text in (self.zh, self.en):
            if "{value}" not in text or text.replace("{value}", "").count("{"):
                raise ValueError(f"{text!r} must hold {{value}} and no other braces")
        return self

    def out_of_range(self, value: float) -> str:
        """What is wrong with a number in the declared unit; "" where it may be asked for."""
        low = -math.inf if self.least is None else self.least
        high = math.inf if self.most is None else self.most
        if math.isfinite(value) and low <= value <= high:
            return ""
        bounds = [f"at least {low:g}"] * (self.least is not None)
        bounds += [f"at most {high:g}"] * (self.most is not None)
        return " and ".join(bounds) or "a finite number"

    def strictest(self, given: list[Any]) -> Any:
        """Of several values that were asked for."""
        if self.kind == "words":
            return sorted({x for g in given for x in (g if isinstance(g, list) else [g])})
        if self.kind == "clock":
            return (min if self.stricter == "earlier" else max)(given, key=_after_noon)
        if self.kind == "word":
            order = list(self.words)
            # Under an older book it may have had other words, of which nobody knows what is stricter.
            return max(given, key=lambda word: order.index(word) if word in order else -1)
        return (min if self.stricter == "lower" else max)(given)

    def say(self, value: Argued, language: Language) -> str:
        if isinstance(value, float | int):
            shown = f"{value:g}"
        else:
            given = value if isinstance(value, list) else [value]
            named = [self.words[w][language] if w in self.words else w for w in given]
            shown = ("、" if language == "zh" else ", ").join(named)
        return (self.zh if language == "zh" else self.en).replace("{value}", shown)

    def form(self) -> str:
        """What to write for it."""
        if self.kind == "clock":
            return "a time of day, 20:00"
        if self.kind == "word":
            return f"one of {', '.join(self.words)}"
        if self.kind == "words":
            return f"words of {', '.join(self.words)}" if self.words else "a list of words"
        return f"a number in {self.unit}" if self.unit else "a number"


def strictest(
    declared: Mapping[str, Argument], sets: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The strictest of several argument sets, by what each argument declares."""
    every = list(sets)
    # Under an older book it may have had others, of which nobody knows what is stricter.
    out = {name: value for s in every for name, value in s.items() if name not in declared}
    for name, declaration in declared.items():
        given = [s[name] for s in every if name in s]
        if given and not (declaration.optional and len(given) < len(every)):
            out[name] = declaration.strictest(given)
    # Whom one of them does not let pass is not let pass; who says nothing narrows nothing.
    passing = [set(s[EXEMPTS]) for s in every if EXEMPTS in s]
    if passing:
        out[EXEMPTS] = sorted(set.intersection(*passing))
    return out


def implied(declared: Mapping[str, Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of a measure on behalf of one that needs it first: what that one was given of the
    same name, and else all of it."""
    made: dict[str, Any] = {}
    for name, argument in declared.items():
        if name in given:
            made[name] = given[name]
        elif argument.default is not None:
            made[name] = argument.default
        elif argument.kind == "words" and argument.words and not argument.optional:
            made[name] = sorted(argument.words)
    return made


def read_clock(text: str) -> str:
    """A local time of day, hours and minutes, as it is kept: `08:00` for "8:00". Raises ValueError for
    all else, seconds and zones too: nothing is taken for another time than was written."""
    said = _CLOCK.fullmatch(text.strip())
    if said is None:
        raise ValueError(f'{text!r} is no time of day; write it as hours and minutes: "20:00"')
    return f"{time(int(said[1]), int(said[2])):%H:%M}"


def _after_noon(clock: str) -> int:
    """Minutes since the noon before."""
    at = time.fromisoformat(clock)
    return (at.hour * 60 + at.minute - 12 * 60) % (24 * 60)
