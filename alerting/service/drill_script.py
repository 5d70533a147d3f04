"""A script of a drill: script.yaml, steps at offsets from its beginning, made into signals.

A step issues an official warning of a made-up office, opens an alert or orders a measure. What follows
from it the service does as it would on the day. Errors name file, line and mend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from alerting.errors import BadInput
from alerting.places import Places
from alerting.rulebook import Book
from alerting.rulebook.arguments import Words
from alerting.rulebook.given import read_given
from alerting.rulebook.yamltext import Document
from alerting.service.storm_text import Behaviour, HazardName, Model, Wait
from alerting.service.storms import Storm
from alerting.signals import Area, Report, Signal, Warning
from alerting.vocabulary import HAZARDS

WARNINGS = "drill-warnings"
SCRIPT = "script.yaml"
SOURCE = "drill"  # of the reports that a script makes
LONGEST = timedelta(hours=24)
LevelName = Literal["blue", "yellow", "orange", "red"]


class WarningStep(Model):
    """In force in `zones` (codes; none is the whole county), above `above` m, for `lasts`."""

    hazard: HazardName
    level: LevelName
    headline: str
    description: str = ""
    zones: list[int] = Field([])
    above: float | None = None
    lasts: Wait = timedelta(hours=6)


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValueError("a step needs a reason; those who are called read it")
    return reason


Reason = Annotated[str, AfterValidator(_said)]


class OpenStep(Model):
    rule: str
    place: str
    level: LevelName
    reason: Reason


class OrderStep(Model):
    measure: str
    place: str
    level: LevelName
    arguments: dict[str, Any] = Field({})
    reason: Reason


class Step(Model):
    """`after` counts from the beginning. Exactly one of the others says what happens."""

    after: Wait
    warning: WarningStep | None = None
    open: OpenStep | None = None
    order: OrderStep | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        if sum(one is not None for one in (self.warning, self.open, self.order)) != 1:
            raise ValueError("a step has exactly one of warning, open, order")
        return self


class Script(Model):
    title: Words
    lasts: Wait
    issuer: str = "演练气象台"  # who signs the warnings
    steps: list[Step]
    people: dict[str, Behaviour] = Field({})  # stand-ins, in a fictional county only

    @model_validator(mode="after")
    def _fits(self) -> Script:
        if not timedelta(0) < self.lasts <= LONGEST:
            raise ValueError("a drill lasts 1 min to 24 h")
        if not self.steps:
            raise ValueError("a script needs one step at least")
        return self


def read_script(path: Path, content: bytes, places: Places, book: Book) -> Script:
    """What a script says. Raises BadInput that lists all that is wrong, each with line and mend."""
    document = Document(path, content)
    if not document.problems:
        try:
            said = Script.model_validate(document.data or {})
        except ValidationError as error:
            document.problems_of(error, docs="docs/operators.md")
        else:
            for key, what, mend in _faults(said, places, book):
                document.problem(key, what, mend)
            if not document.problems:
                return said
    raise BadInput("the script cannot be played:\n" + "\n".join(document.problems))


@dataclass(frozen=True, slots=True)
class Showing:
    """One holding of a plan: its drill's number, when it began, and in whose name it is played."""

    drill: int
    begins: datetime
    by: str


def played(said: Script, of: Showing, places: Places) -> Storm:
    """The script as signals, each with the time at which it comes in."""
    begins = of.begins
    signals = [(begins + one.after, _signal(said, one, n, of, places))
               for n, one in enumerate(said.steps, 1)]  # fmt: skip
    return Storm(
        {"zh": said.title["zh"], "en": said.title["en"]}, "", begins, begins + said.lasts,
        sorted(signals, key=lambda s: s[0]), [], said.people, (), {WARNINGS: None},
    )  # fmt: skip


def _signal(said: Script, step: Step, number: int, of: Showing, places: Places) -> Signal:
    """A step's signal; the same drill always makes the same, so that none is played twice, and no
    other drill makes it."""
    at, key = of.begins + step.after, {"drill": of.drill, "step": number}
    if step.warning is not None:
        one = step.warning
        codes = tuple(str(z) for z in one.zones) or (places.county,)
        return Warning(
            source=WARNINGS, issued=at, identifier=f"drill-{of.drill}-{number}",
            sender=said.issuer, action="alert", status="exercise", hazard=one.hazard,
            event=HAZARDS[one.hazard].zh, level=one.level, headline=one.headline,
            description=one.description, expires=at + one.lasts,
            area=Area(codes=codes, above=one.above),
        )  # fmt: skip
    if step.open is not None:
        opened = step.open
        detail = {"place": opened.place, "level": opened.level, "reason": opened.reason}
        return Report(source=SOURCE, issued=at, act="open", person=of.by, subject=f"rule:{opened.rule}",
                      detail={**detail, **key})  # fmt: skip
    assert step.order is not None
    order = step.order
    given = {"measure": order.measure, "level": order.level, "reason": order.reason}
    return Report(source=SOURCE, issued=at, act="order", person=of.by, subject=f"place:{order.place}",
                  detail={**given, "arguments": order.arguments, **key})  # fmt: skip


Fault = tuple[tuple[str | int, ...], str, str]


def _faults(said: Script, places: Places, book: Book) -> Iterator[Fault]:
    for n, step in enumerate(said.steps):
        if step.after >= said.lasts:
            yield (("steps", n, "after"), "this step comes when the drill is over.",
                   "Let it last longer, or the step come sooner.")  # fmt: skip
        if step.warning is not None:
            for k, zone in enumerate(step.warning.zones):
                if str(zone) not in places.by_id:
                    yield (("steps", n, "warning", "zones", k), f"this county has no zone {zone}.",
                           "Name one of the zones file.")  # fmt: skip
        elif step.open is not None:
            yield from _open_faults(step.open, n, places, book)
        elif step.order is not None:
            yield from _order_faults(step.order, n, places, book)


def _open_faults(said: OpenStep, n: int, places: Places, book: Book) -> Iterator[Fault]:
    rule, place = book.rules_by_id.get(said.rule), places.by_id.get(said.place)
    if rule is None:
        yield (("steps", n, "open", "rule"), f"the book has no rule {said.rule!r}.",
               "docs/rule-table.md lists them.")  # fmt: skip
    if place is None:
        yield _no_place(n, "open", said.place)
    if rule is not None and said.level not in rule.levels:
        known = ", ".join(rule.levels)
        yield (("steps", n, "open", "level"), f"{said.rule} has no level {said.level}.",
               f"It has: {known}.")  # fmt: skip
    if rule is not None and place is not None and place.kind != rule.place:
        yield (("steps", n, "open", "place"),
               f"{said.rule} runs on {rule.place}; {said.place} is a {place.kind}.",
               f"Name a {rule.place}.")  # fmt: skip


def _order_faults(said: OrderStep, n: int, places: Places, book: Book) -> Iterator[Fault]:
    if said.place not in places.by_id:
        yield _no_place(n, "order", said.place)
    if said.measure not in book.orderable:
        yield (("steps", n, "order", "measure"), f"the book has no measure {said.measure!r}.",
               "`suian check --measures` lists them.")  # fmt: skip
        return
    try:
        read_given(said.measure, book.measures[said.measure], said.arguments)
    except BadInput as error:
        yield ("steps", n, "order", "arguments"), f"{error.what}.", error.mend


def _no_place(n: int, what: str, place: str) -> Fault:
    return (("steps", n, what, "place"), f"this county has no place {place!r}.",
            "Name a zone or a site of its files.")  # fmt: skip
