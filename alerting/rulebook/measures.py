"""What a measure is: the models of measures.yaml, and the asks of rules read against them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from alerting.rulebook import units
from alerting.vocabulary import SECTORS, TIERS


class Words(TypedDict):
    """The same in both languages."""

    zh: str
    en: str


def _tier(name: str) -> str:
    if name not in TIERS:
        raise ValueError(f"{name!r} is no tier; known: {', '.join(TIERS)}")
    return name


def _sector(name: str) -> str:
    if name not in SECTORS:
        raise ValueError(f"{name!r} is no sector; known: {', '.join(SECTORS)}")
    return name


def _clock(text: str) -> str:
    try:
        time.fromisoformat(text)
    except ValueError:
        raise ValueError(f'{text!r} is no time of day; write it in quotes: "20:00"') from None
    return text


Clock = Annotated[str, AfterValidator(_clock)]


def one_of(names: Iterable[str]) -> Any:
    """For editors: the words a field may be. That it is one of them is its validator's to say."""
    return Field(json_schema_extra={"enum": list(names)})


Tier = Annotated[str, AfterValidator(_tier), one_of(TIERS)]
Sector = Annotated[str, AfterValidator(_sector), one_of(SECTORS)]
Argued = float | list[str]
CLOCK_WITHIN = timedelta(hours=12)  # "by 06:30" ordered at noon means no morning of tomorrow
EXEMPTS = "exempts"  # the argument by which who asks lets fewer pass than the measure declares


class _Model(BaseModel):
    """Keys are written with hyphens in YAML: needs-first, by-minutes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )  # fmt: skip


class Argument(_Model):
    """An argument of a measure: a number with a unit (`stricter` lower or higher), or words (union).

    `zh` and `en` say it in a message; `{value}` stands for the number or the joined words, and the
    unit belongs into the text. `words` names the words that may be given, in both languages; without
    it any word may. A number lies between `least` and `most`, in the unit, where they are declared.
    """

    stricter: Literal["lower", "higher", "union"]
    unit: str = ""
    least: float | None = None
    most: float | None = None
    zh: str = "{value}"
    en: str = "{value}"
    words: dict[str, Words] = {}

    @model_validator(mode="after")
    def _fits(self) -> Argument:
        if self.stricter == "union" and self.unit:
            raise ValueError("words that are joined (union) have no unit")
        if self.stricter == "union" and not (self.least is None and self.most is None):
            raise ValueError("words that are joined (union) have no least and no most")
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

    def say(self, value: Argued, language: Literal["zh", "en"]) -> str:
        if isinstance(value, list):
            named = [self.words[w][language] if w in self.words else w for w in value]
            shown = ("、" if language == "zh" else ", ").join(named)
        else:
            shown = f"{value:g}"
        return (self.zh if language == "zh" else self.en).replace("{value}", shown)


class Exempt(_Model):
    """Who is let pass. `always`: whoever asks, as the law has it of an ambulance under way."""

    zh: str
    en: str
    always: bool = False

    def called(self, language: Literal["zh", "en"]) -> str:
        return self.zh if language == "zh" else self.en


class Question(_Model):
    """One field of a return form; a `number` is a count, zero or more."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    zh: str
    en: str
    kind: Literal["text", "number"] = "text"
    needed: bool = True


class Measure(_Model):
    """One measure. Tiers are resolved as tier(sector) nearest up from the object.

    `sector` "" means the sector of the rule that asks. `by_minutes` counts from issue; `by` says it in
    words; with `by_clock` it is that local time, where it comes within 12 hours of the issue and leaves
    `by_minutes`. `interim` measures are issued at once while `decider` has not signed. `again` is a
    local time at which it is ordered anew each day while somebody asks for it. A row of the mission in
    `basis` is the same in both languages; a law is named in each. What has a `return` form is in force
    once the form has come back; `remind_minutes` before its deadline it is called for again.

    `needs_first` must be in force at the same object before it is issued. `conflicts` cannot stand
    beside it without a decision (either of the two names the other); `protects` says in the question
    what would be lost without it, `yields` which of them it gives way to while nobody decides.
    `gate`: it lifts only when its carrier has attested the points of GATE and its lifter has signed.
    """

    title: Words
    form: Literal["advise", "propose", "notify", "order"]
    carrier: Tier
    lifter: Tier
    do: Words
    sms: Words
    sector: Annotated[
        str, AfterValidator(lambda s: s and _sector(s)), one_of(["", *SECTORS])
    ] = ""
    decider: Tier | None = None
    basis: list[str | Words] = []
    by: Words | None = None
    by_minutes: float | None = Field(None, gt=0)
    by_clock: Clock | None = None
    remind_minutes: float | None = Field(None, gt=0)
    report: Words | None = None
    returns: list[Question] = Field([], alias="return")
    muster_minutes: float = Field(0, ge=0)
    arguments: dict[str, Argument] = {}
    exempts: dict[str, Exempt] = {}
    conflicts: list[str] = []
    yields: list[str] = []
    protects: Words | None = None
    needs_first: list[str] = []
    interim: list[str] = []
    check: bool = False
    gate: bool = False
    again: Clock | None = None

    @property
    def again_at(self) -> time | None:
        return time.fromisoformat(self.again) if self.again else None

    def due(self, at: datetime, zone: tzinfo, otherwise: float) -> datetime:
        """By when it is to be in force if it is issued `at`; `otherwise` are the minutes of what
        names none. The same zone as `at`."""
        soonest = at + timedelta(minutes=self.by_minutes or otherwise)
        if self.by_clock is None:
            return soonest
        local = at.astimezone(zone)
        clock = datetime.combine(local, time.fromisoformat(self.by_clock), zone)
        if clock < local:
            clock += timedelta(days=1)
        clock = clock.astimezone(at.tzinfo)
        return max(soonest, clock) if clock - at <= CLOCK_WITHIN else soonest

    @model_validator(mode="after")
    def _recurs(self) -> Measure:
        if self.again and not 0 < (self.by_minutes or 0) < 24 * 60:
            raise ValueError("what is ordered again each day has by-minutes, under a day of them")
        return self

    @model_validator(mode="after")
    def _returned(self) -> Measure:
        if self.returns and not self.check:
            # Else it would be lifted unreturned when whoever asks for it goes.
            raise ValueError("what has a return form is lifted after a look: add check: true")
        if len({q.id for q in self.returns}) < len(self.returns):
            raise ValueError("two fields of the return form have the same id")
        if self.remind_minutes and self.remind_minutes >= (self.by_minutes or 0):
            raise ValueError("remind-minutes must be fewer than by-minutes")
        return self

    def grounds(self, language: Literal["zh", "en"]) -> list[str]:
        """Its basis as a message names it."""
        return [given if isinstance(given, str) else given[language] for given in self.basis]

    def passes(self, arguments: dict[str, Any], language: Literal["zh", "en"]) -> list[str]:
        """Who is let pass, as those who ask for it have narrowed it (`exempts` of the arguments)."""
        kept = arguments.get(EXEMPTS, self.exempts)
        return [one.called(language) for key, one in self.exempts.items() if key in kept]

    def say(self, arguments: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """The arguments as a message says them: `限速60公里/小时`."""
        parts = [
            declared.say(arguments[name], language)
            for name, declared in self.arguments.items()
            if name in arguments
        ]
        return ("，" if language == "zh" else ", ").join(parts)


@dataclass(frozen=True, slots=True)
class Ask:
    """A measure a level asks for, with its arguments in the declared units."""

    measure: str
    arguments: dict[str, Argued] = field(default_factory=dict)
    text: str = ""


class AskError(Exception):
    """An ask that cannot be read; `offset` counts characters of its text."""

    def __init__(self, offset: int, what: str, mend: str) -> None:
        self.offset, self.what, self.mend = offset, what, mend
        super().__init__(f"{what} {mend}")


def read_ask(text: str, measures: dict[str, Measure]) -> Ask:
    """`speed-limit 60 km/h`, `ban-vehicles coach+dangerous-goods`, `guide`: the measure's name, then
    its arguments in the order in which they are declared. Raises AskError."""
    tokens = list(re.finditer(r"\S+", text))
    if not tokens:
        raise AskError(0, "an ask without a measure.", "Name one of measures.yaml.")
    name = tokens.pop(0).group()
    if name not in measures:
        raise AskError(0, f"there is no measure {name!r}.", _near(name, measures))
    given: dict[str, Argued] = {}
    for argument, declared in measures[name].arguments.items():
        if not tokens:
            raise AskError(
                len(text), f"{name} needs its argument {argument}.", _form(name, measures[name])
            )
        token = tokens.pop(0)
        if declared.stricter == "union":
            given[argument] = _words(token, argument, declared)
            continue
        unit = ""
        number = re.fullmatch(r"([-+]?\d+(?:\.\d+)?)(\S*)", token.group())
        if number is None:
            raise AskError(token.start(), f"{argument} of {name} is a number.",
                           _form(name, measures[name]))  # fmt: skip
        unit = number.group(2)
        if not unit and tokens and declared.unit:
            unit = tokens.pop(0).group()
        try:
            value = units.convert(float(number.group(1)), unit, declared.unit or "1", argument)
        except units.UnitError as error:
            raise AskError(token.start(), error.what, error.mend) from None
        given[argument] = value
        if wrong := declared.out_of_range(value):
            raise AskError(token.start(), f"{argument} of {name} must be {wrong} {declared.unit}.",
                           "Change the number, or the range in measures.yaml.")  # fmt: skip
    if tokens:
        raise AskError(tokens[0].start(), f"{tokens[0].group()!r} is more than {name} takes.",
                       _form(name, measures[name]))  # fmt: skip
    return Ask(name, given, " ".join(text.split()))


def _words(token: re.Match[str], name: str, declared: Argument) -> list[str]:
    words = [w for w in re.split(r"[+,]", token.group()) if w]
    for word in words:
        if declared.words and word not in declared.words:
            raise AskError(token.start(), f"{word!r} is no word of {name}.",
                           f"Known: {', '.join(declared.words)}.")  # fmt: skip
    return sorted(set(words))


def _form(name: str, measure: Measure) -> str:
    parts = [
        f"<{a}: {'words joined with +' if d.stricter == 'union' else d.unit or 'number'}>"
        for a, d in measure.arguments.items()
    ]
    return f"Write it: {' '.join([name, *parts])}"


def _near(name: str, known: dict[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"Did you mean {near[0]}?" if near else "Declare it in measures.yaml."


def strictest(measures: dict[str, Measure], asks: list[Ask]) -> dict[str, dict[str, Argued]]:
    """Each measure once, with the strictest of the arguments asked for."""
    made: dict[str, dict[str, Argued]] = {}
    for ask in asks:
        held = made.setdefault(ask.measure, dict(ask.arguments))
        for name, declared in measures[ask.measure].arguments.items():
            a, b = held[name], ask.arguments[name]
            if isinstance(a, list) and isinstance(b, list):
                held[name] = sorted({*a, *b})
            elif isinstance(a, float) and isinstance(b, float):
                held[name] = min(a, b) if declared.stricter == "lower" else max(a, b)
    return made
