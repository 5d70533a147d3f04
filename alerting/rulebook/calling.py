"""calling.yaml: who is called out (叫应) when it is grave, what each must answer, and by when.

Without the file nobody is called out. How often and how loud somebody is called until they answer
stands in policies.yaml, as for all that is waited for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from alerting.rulebook.arguments import Words
from alerting.rulebook.measures import Question
from alerting.rulebook.yamltext import Document, Key
from alerting.vocabulary import HAZARDS, Level

Minutes = Annotated[float, Field(gt=0, le=24 * 60)]
At = Literal["yellow", "orange", "red"]
Called = Literal["township", "regulator", "duty-office"]
Passed = Literal["village", "enterprise"]
MOST = 8  # questions: more is no call, and fits no message
Names = Annotated[tuple[str, ...], Field(max_length=MOST)]
Some = Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST)]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )  # fmt: skip


class Asked(_Part):
    """One question, as a message and a form say it. `example` shows in the message how it is answered;
    a yes to one that asks for `help` calls the duty office."""

    zh: str
    en: str
    kind: Literal["text", "number", "yes-no"] = "text"
    needed: bool = True
    example: Words | None = None
    help: bool = False

    @model_validator(mode="after")
    def _help_is_yes_or_no(self) -> Asked:
        if self.help and self.kind != "yes-no":
            raise ValueError("what asks for help is answered by yes or no: kind: yes-no")
        return self


class PassOn(_Part):
    """Whom a township calls in its turn: the posts of these tiers in its zone."""

    to: tuple[Passed, ...] = Field(("village",), min_length=1)
    at_once: bool = False
    ask: Some


class CallOut(_Part):
    """What a call-out at one level is. Minutes count from the call: until somebody is awake (any
    answer), until the report is in; `closing` from the end, until the closing report is."""

    woken: Minutes = 5
    report: Minutes = 15
    closing: Minutes = 30
    not_for: tuple[str, ...] = ()
    call: dict[Called, Some] = Field(min_length=1)
    pass_on: PassOn | None = None
    at_the_end: Names = ()

    @model_validator(mode="after")
    def _possible(self) -> CallOut:
        if self.woken > self.report:
            raise ValueError("nobody reports before they are awake: woken is at most report")
        if unknown := [one for one in self.not_for if one not in HAZARDS]:
            raise ValueError(f"{unknown[0]!r} is no hazard; known: {', '.join(HAZARDS)}")
        return self


class Calling(_Part):
    """All of a county: its questions by name, and by level what a call-out is; a level that is left out
    is called out as the next one below, the lowest calls nobody."""

    questions: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")], Asked] = {}
    call_outs: dict[At, CallOut] = {}

    def at(self, level: int, hazard: str) -> CallOut | None:
        """What is called out at a level of a hazard; None where nobody is."""
        fitting = [name for name in self.call_outs if Level[name] <= level]
        if not fitting or hazard == "service":  # the watch's own alarms lie in no township
            return None
        found = self.call_outs[max(fitting, key=lambda name: Level[name])]
        return None if hazard in found.not_for else found

    def asks(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Questions as notices carry them, so that each is answered as it was asked."""
        return [{"id": name, **self.questions[name].model_dump()} for name in names]


def as_question(asked: dict[str, Any]) -> Question:
    """A question that a notice carries, for reading what was answered."""
    return Question(**{key: asked[key] for key in ("id", "zh", "en", "kind", "needed")})


def read_calling(path: Path, raw: bytes | None, problems: list[str]) -> Calling:
    """What the file's content says, nobody called out where there is no such file; what is wrong is
    added to `problems`."""
    if raw is None:
        return Calling()
    document = Document(path, raw)
    made = None if document.problems else _read(document)
    problems += document.problems
    return made or Calling()


def _read(document: Document) -> Calling | None:
    try:
        made = Calling.model_validate(document.data or {})
    except ValidationError as error:
        document.problems_of(error)
        return None
    for level, one in made.call_outs.items():
        at: Key = ("call-outs", level)
        lists: list[tuple[Key, Names]] = [((*at, "call", t), names) for t, names in one.call.items()]
        lists += [((*at, "at-the-end"), one.at_the_end)]
        lists += [((*at, "pass-on", "ask"), one.pass_on.ask)] if one.pass_on else []
        for key, names in lists:
            for n, name in enumerate(names):
                if name not in made.questions:
                    document.problem((*key, n), f"there is no question {name!r}.",
                                     "Declare it under questions.")  # fmt: skip
    return None if document.problems else made
