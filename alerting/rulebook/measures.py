"""What a measure is: the models of measures.yaml, and the asks of rules read against them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerting.rulebook import arguments as kinds
from alerting.rulebook import units
from alerting.rulebook.arguments import (
    EXEMPTS,
    FROM,
    UNTIL,
    Argued,
    Argument,
    Words,
    read_clock,
)
from alerting.vocabulary import SECTORS, TIERS
from alerting.vocabulary.languages import Language


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
        return read_clock(text)
    except ValueError:
        raise ValueError(f'{text!r} is no time of day; write it in quotes: "20:00"') from None


Clock = Annotated[str, AfterValidator(_clock)]


def one_of(names: Iterable[str]) -> Any:
    """For editors: the words a field may be. That it is one of them is its validator's to say."""
    return Field(json_schema_extra={"enum": list(names)})


Tier = Annotated[str, AfterValidator(_tier), one_of(TIERS)]
Sector = Annotated[str, AfterValidator(_sector), one_of(SECTORS)]
# What the book says of closures: they are the traffic police's to decide, in the law's own words.
_TRAFFIC_POLICE = re.compile(r"道路交通安全法第(?:40|四十)条|Road Traffic Safety Law, art\. 40\b")
CLOCK_WITHIN = timedelta(hours=12)  # "by 06:30" ordered at noon means no morning of tomorrow


class _Model(BaseModel):
    """Keys are written with hyphens in YAML: needs-first, by-minutes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )  # fmt: skip


class Exempt(_Model):
    """Who is let pass. `always`: whoever asks, as the law has it of an ambulance under way."""

    zh: str
    en: str
    always: bool = False

    def called(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Question(_Model):
    """One field of a form to fill in; a `number` is a count, zero or more."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    zh: str
    en: str
    kind: Literal["text", "number", "yes-no"] = "text"
    needed: bool = True


class Measure(_Model):
    """One measure. Tiers are resolved as tier(sector) nearest up from the object.

    `sector` "" means the sector of the rule that asks. `by_minutes` counts from issue; `by` says it in
    words; with `by_clock` it is that local time, where it comes within 12 hours of the issue and leaves
    `by_minutes`. `interim` measures are issued at once while `decider` has not signed. `again` is a
    local time at which it is ordered anew each day while somebody asks for it. A row of the mission in
    `basis` is the same in both languages; a law is named in each. What has a `return` form is in force
    once the form has come back; `remind_minutes` before its deadline it is called for again.

    `needs_first` must be in force at the same object before it is issued; what it names, and what
    `interim` names, is written as a rule asks it, with its arguments. `conflicts` cannot stand
    beside it without a decision (either of the two names the other); `protects` says in the question
    what would be lost without it, `yields` which of them it gives way to while nobody decides.
    `named_day`: it is for one day, which its messages name; another day's is another measure.
    `gate`: it lifts only when its carrier has attested the points of GATE and its lifter has signed.
    `road` says what it does to a road section. `supersedes`: those that end when it is in force at the
    same object, for it does what they did. `look` is what its lifter looks for before it is lifted.
    The arguments `from` and `until` are the hours it is asked for; what has an end is looked at when
    the end comes and somebody still asks, so that it has a `check`.
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
    supersedes: list[str] = []
    road: Literal["closes", "holds", "salts", "escorts"] | None = None
    check: bool = False
    look: Words | None = None
    gate: bool = False
    again: Clock | None = None
    named_day: bool = False

    @property
    def needed_names(self) -> list[str]:
        """What must be in force first, without its arguments."""
        return [text.split()[0] for text in self.needs_first if text.strip()]

    @property
    def interim_names(self) -> list[str]:
        """What stands in for it, without its arguments."""
        return [text.split()[0] for text in self.interim if text.strip()]

    @property
    def again_at(self) -> time | None:
        return time.fromisoformat(self.again) if self.again else None

    @property
    def signed_first(self) -> str | None:
        """Why it can never be ordered ahead of its signature; None where a district may choose so."""
        if self.decider is None:
            return "it needs none and is ordered at once as it is"
        if self.road == "closes" or any(_TRAFFIC_POLICE.search(text) for text in self._grounds):
            return ("closing a road is the traffic police's decision (Road Traffic Safety Law, art."
                    " 40); until they have signed it is proposed, and its interim measures stand in")
        if self.gate:
            return ("once ordered it lifts through the production gate alone, so that its decider could"
                    " not take it back")
        return None

    @property
    def _grounds(self) -> list[str]:
        return [*self.grounds("zh"), *self.grounds("en")]

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

    @model_validator(mode="after")
    def _holds_for_hours(self) -> Measure:
        for name, stricter in ((FROM, "earlier"), (UNTIL, "later")):
            if name in self.arguments and self.arguments[name].stricter != stricter:
                raise ValueError(f"the argument {name} is a time of day: stricter: {stricter}")
        if UNTIL in self.arguments and not self.check:
            raise ValueError("what has an end is looked at when the end comes: add check: true")
        for given, what in ((UNTIL in self.arguments, f"the argument {UNTIL}"),
                            (self.named_day, "named-day")):  # fmt: skip
            if given and self.gate:
                # At the end its lifter would be asked for a look that no gate lets pass.
                raise ValueError("what has a gate has no end by the clock: it lifts by its four"
                                 f" attestations alone. Take {what} out, or gate: true")  # fmt: skip
        if self.look and not self.check:
            raise ValueError("`look` says what the check before lifting looks for: add check: true")
        return self

    def grounds(self, language: Language) -> list[str]:
        """Its basis as a message names it."""
        return [given if isinstance(given, str) else given[language] for given in self.basis]

    def passes(self, arguments: dict[str, Any], language: Language) -> list[str]:
        """Who is let pass, as those who ask for it have narrowed it (`exempts` of the arguments)."""
        kept = arguments.get(EXEMPTS, self.exempts)
        return [one.called(language) for key, one in self.exempts.items() if key in kept]

    def say(
        self, arguments: dict[str, Any], language: Language, without: Collection[str] = ()
    ) -> str:
        """The arguments as a message says them: `限速60公里/小时`; not those named in `without`."""
        parts = [
            declared.say(arguments[name], language)
            for name, declared in self.arguments.items()
            if name in arguments and name not in without
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
    """`speed-limit 60 km/h`, `ban-vehicles coach+dangerous-goods 20:00 08:00`, `guide`: the measure's
    name, then its arguments in the order in which they are declared; those that need not be given come
    last. Raises AskError."""
    tokens = list(re.finditer(r"\S+", text))
    if not tokens:
        raise AskError(0, "an ask without a measure.", "Name one of measures.yaml.")
    name = tokens.pop(0).group()
    if name not in measures:
        raise AskError(0, f"there is no measure {name!r}.", _near(name, measures))
    given: dict[str, Argued] = {}
    for argument, declared in measures[name].arguments.items():
        if not tokens and declared.default is not None:
            given[argument] = declared.default
        elif not tokens and not declared.optional:
            raise AskError(
                len(text), f"{name} needs its argument {argument}.", _form(name, measures[name])
            )
        elif tokens:
            given[argument] = _argument(tokens, name, argument, measures[name])
    if tokens:
        raise AskError(tokens[0].start(), f"{tokens[0].group()!r} is more than {name} takes.",
                       _form(name, measures[name]))  # fmt: skip
    return Ask(name, given, " ".join(text.split()))


def _argument(
    tokens: list[re.Match[str]], name: str, argument: str, measure: Measure
) -> Argued:
    """The next argument, taken off the tokens."""
    declared, token = measure.arguments[argument], tokens.pop(0)
    if declared.kind == "words":
        return _words(token, argument, declared)
    if declared.kind == "word":
        if token.group() not in declared.words:
            raise AskError(token.start(), f"{token.group()!r} is no word of {argument}.",
                           f"Known: {', '.join(declared.words)}.")  # fmt: skip
        return token.group()
    if declared.kind == "clock":
        try:
            return read_clock(token.group())
        except ValueError:
            raise AskError(token.start(), f"{argument} of {name} is a time of day.",
                           _form(name, measure)) from None  # fmt: skip
    number = re.fullmatch(r"([-+]?\d+(?:\.\d+)?)(\S*)", token.group())
    if number is None:
        raise AskError(token.start(), f"{argument} of {name} is a number.", _form(name, measure))
    unit = number.group(2)
    if not unit and tokens and declared.unit:
        unit = tokens.pop(0).group()
    try:
        value = units.convert(float(number.group(1)), unit, declared.unit or "1", argument)
    except units.UnitError as error:
        raise AskError(token.start(), error.what, error.mend) from None
    if wrong := declared.out_of_range(value):
        raise AskError(token.start(), f"{argument} of {name} must be {wrong} {declared.unit}.",
                       "Change the number, or the range in measures.yaml.")  # fmt: skip
    return value


def _words(token: re.Match[str], name: str, declared: Argument) -> list[str]:
    words = [w for w in re.split(r"[+,]", token.group()) if w]
    for word in words:
        if declared.words and word not in declared.words:
            raise AskError(token.start(), f"{word!r} is no word of {name}.",
                           f"Known: {', '.join(declared.words)}.")  # fmt: skip
    return sorted(set(words))


def _form(name: str, measure: Measure) -> str:
    parts = [f"<{a}: {_shape(d)}>" for a, d in measure.arguments.items()]
    return f"Write it: {' '.join([name, *parts])}"


def _shape(declared: Argument) -> str:
    if declared.kind == "words":
        return "words joined with +"
    return declared.unit or declared.form().removeprefix("a ")


def _near(name: str, known: dict[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"Did you mean {near[0]}?" if near else "Declare it in measures.yaml."


def strictest_asks(measures: dict[str, Measure], asks: list[Ask]) -> dict[str, dict[str, Argued]]:
    """Each measure once, with the strictest of the arguments asked for."""
    named: dict[str, list[dict[str, Argued]]] = {}
    for ask in asks:
        named.setdefault(ask.measure, []).append(ask.arguments)
    return {name: kinds.strictest(measures[name].arguments, sets) for name, sets in named.items()}
