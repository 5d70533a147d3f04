"""Plans of emergency responses (应急响应): one file a plan in `plans/`, read with the rules.

A plan says when each of its grades is *proposed*, which post decides, and what every department does in
it. The decision and the closing report are measures of the plan's own, so that they are asked for,
called after and answered like every other measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from alerting.rulebook.arguments import Argument, Words
from alerting.rulebook.files import PLANS, Files
from alerting.rulebook.measures import (
    Ask,
    AskError,
    Measure,
    Question,
    Sector,
    Tier,
    read_ask,
)
from alerting.rulebook.yamltext import Document
from alerting.vocabulary import HAZARDS, PLACE_KINDS, Level

GRADES = {"I": 1, "II": 2, "III": 3, "IV": 4}
SIGNS = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}
NAMES = {number: name for name, number in GRADES.items()}
UNFILLED = "待填"  # what the district has to put in; no trigger counts that holds it
END = 0  # the step after which no grade is in force
GradeName = Literal["I", "II", "III", "IV"]
LevelName = Literal["blue", "yellow", "orange", "red"]


def level_of(grade: int) -> int:
    """How loudly a grade is told: Ⅳ as blue, Ⅰ as red."""
    return 5 - grade if grade else int(Level.blue)


class PlanMeasure(Measure):
    """A measure that a plan brings along: nobody orders it by hand, no rule asks for it."""


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )  # fmt: skip


class Trigger(_Model):
    """One way in which a grade comes to be proposed; one of them is enough.

    Open alerts of these `rules` or `hazards` at `level` or above in `zones` zones at least; or an
    official `warning` of one of these hazards; or what only people can judge (`judged`), which is shown
    and never counts by itself.
    """

    rules: list[str] = []
    hazards: list[str] = []
    warning: list[str] = []
    level: LevelName = "blue"
    zones: int | Literal["待填"] = 1
    judged: Words | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Trigger:
        if sum(map(bool, (self.rules, self.hazards, self.warning, self.judged))) != 1:
            raise ValueError("a trigger names one of rules, hazards, warning, judged")
        for name in (*self.hazards, *self.warning):
            if name not in HAZARDS:
                raise ValueError(f"{name!r} is no hazard; known: {', '.join(HAZARDS)}")
        if isinstance(self.zones, int) and self.zones < 1:
            raise ValueError("zones must be at least 1")
        return self


class Decider(_Model):
    """The post that alone starts, changes and ends: tier(sector) at the county."""

    tier: Tier
    sector: Sector | Literal[""] = ""


class Department(_Model):
    """A department, the post that answers for it, and what is asked in its field from each grade on.

    Its measures are asked for the county, or for every place of the kind `place`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Words
    tier: Tier
    sector: Sector | Literal[""] = ""
    place: str = ""
    ask: dict[GradeName, list[str]]

    @field_validator("place")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind and kind not in PLACE_KINDS:
            raise ValueError(f"{kind!r} is no kind of place; known: {', '.join(PLACE_KINDS)}")
        return kind


class Closing(_Model):
    """The report each department owes after the end."""

    by_minutes: float = Field(gt=0)
    remind_minutes: float | None = Field(None, gt=0)
    questions: list[Question] = Field(min_length=1)


class PlanText(_Model):
    """A file of `plans/`, as its author writes it."""

    plan: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Words
    number: str
    basis: list[str | Words] = Field(min_length=1)
    decides: Decider
    grades: dict[GradeName, list[Trigger]] = Field(min_length=1)
    departments: list[Department] = Field(min_length=1)
    closing: Closing


@dataclass(frozen=True)
class Plan:
    """One plan, ready for use. `grades` by number, the gravest (1) first; `asks` by department and
    grade, of that grade alone; `asked_at` likewise, where each stands, file:line:column."""

    id: str
    title: Mapping[str, str]
    number: str
    basis: tuple[str | Words, ...]
    decides: Decider
    grades: Mapping[int, tuple[Trigger, ...]]
    departments: tuple[Department, ...]
    asks: Mapping[str, Mapping[int, tuple[Ask, ...]]]
    asked_at: Mapping[str, Mapping[int, tuple[str, ...]]]
    closing: Closing
    unfilled: int

    @property
    def decision(self) -> str:
        """The measure that its post is asked to decide on."""
        return f"{self.id}-response-decision"

    @property
    def report(self) -> str:
        """The measure by which a department reports at the end."""
        return f"{self.id}-response-report"

    @cached_property
    def warned(self) -> frozenset[str]:
        """The hazards whose official warnings it looks at."""
        return frozenset(h for ways in self.grades.values() for one in ways for h in one.warning)

    def named(self, grade: int) -> dict[str, str]:
        """The response at a grade as screens and messages name it."""
        if not grade:
            return dict(self.title)
        return {"zh": f"{self.title['zh']}（{SIGNS[grade]}级）",
                "en": f"{self.title['en']}, grade {NAMES[grade]}"}  # fmt: skip

    def asked(self, department: str, grade: int) -> list[Ask]:
        """What is asked of a department at a grade: its own and all milder ones', of one measure the
        gravest grade's words."""
        found: dict[str, Ask] = {}
        for step in sorted(self.asks[department], reverse=True):
            if step >= grade:
                found |= {ask.measure: ask for ask in self.asks[department][step]}
        return list(found.values())

    def measures(self) -> dict[str, PlanMeasure]:
        """The decision and the closing report."""
        steps = {
            "end": {"zh": "终止响应", "en": "end the response"},
            **{NAMES[g]: {"zh": f"启动{SIGNS[g]}级", "en": f"start grade {NAMES[g]}"}
               for g in self.grades},
            **{f"to-{NAMES[g]}": {"zh": f"调整为{SIGNS[g]}级", "en": f"to grade {NAMES[g]}"}
               for g in self.grades},
        }  # fmt: skip
        title = dict(self.title)
        decided: dict[str, Any] = {
            "title": title, "do": title, "sms": title, "form": "propose", "basis": list(self.basis),
            "sector": self.decides.sector, "decider": self.decides.tier,
            "carrier": self.decides.tier, "lifter": self.decides.tier,
            "arguments": {"step": Argument(stricter="union", zh="：{value}", en=": {value}",
                                           words=steps)},  # type: ignore[arg-type]
        }  # fmt: skip
        asked = self.closing.questions
        do = {"zh": f"报送{self.title['zh']}结案报告：" + "；".join(q.zh for q in asked),
              "en": "Send the closing report: " + "; ".join(q.en for q in asked)}  # fmt: skip
        reported: dict[str, Any] = {
            "title": {"zh": f"{self.title['zh']}结案报告",
                      "en": f"Closing report, {self.title['en']}"},
            "do": do, "sms": {"zh": "报送响应结案报告", "en": "send the closing report"},
            "form": "notify", "basis": list(self.basis), "carrier": "regulator",
            "lifter": "regulator", "check": True, "by-minutes": self.closing.by_minutes,
            "remind-minutes": self.closing.remind_minutes, "return": self.closing.questions,
        }  # fmt: skip
        return {self.decision: PlanMeasure.model_validate(decided),
                self.report: PlanMeasure.model_validate(reported)}  # fmt: skip


def read_plans(
    folder: Path, files: Files, measures: dict[str, Measure], rules: set[str], problems: list[str]
) -> dict[str, Plan]:
    """Every plan of the folder that can be read; what is wrong goes to `problems`."""
    made: dict[str, Plan] = {}
    for name, raw in files.items():
        if not name.startswith(f"{PLANS}/"):
            continue
        document = Document(folder / name, raw)
        plan = _read(document, raw, measures, rules)
        if plan is not None and plan.id in made:
            document.problem(("plan",), f"there is a plan {plan.id!r} already.", "Give it another id.")
        elif plan is not None:
            made[plan.id] = plan
        problems += document.problems
    return made


def _read(
    document: Document, raw: bytes, measures: dict[str, Measure], rules: set[str]
) -> Plan | None:
    if document.problems:
        return None
    try:
        text = PlanText.model_validate(document.data or {})
    except ValidationError as error:
        document.problems_of(error)
        return None
    for name, ways in text.grades.items():
        for n, way in enumerate(ways):
            for rule in set(way.rules) - rules:
                document.problem(("grades", name, n, "rules"), f"there is no rule {rule!r}.",
                                 "`suian check` lists them.")  # fmt: skip
    asks: dict[str, dict[int, tuple[Ask, ...]]] = {}
    asked_at: dict[str, dict[int, tuple[str, ...]]] = {}
    for n, department in enumerate(text.departments):
        if department.id in asks:
            document.problem(("departments", n, "id"), f"{department.id!r} stands here twice.",
                             "Give each department its own id.")  # fmt: skip
        asks[department.id], asked_at[department.id] = {}, {}
        for name, said in department.ask.items():
            if name not in text.grades:
                document.problem(("departments", n, "ask", name), f"the plan has no grade {name}.",
                                 "Say under grades when it is proposed.")  # fmt: skip
            read: list[Ask] = []
            for i, one in enumerate(said):
                try:
                    read.append(read_ask(one, measures))
                except AskError as error:
                    document.problem(("departments", n, "ask", name, i), error.what, error.mend,
                                     error.offset)  # fmt: skip
            asks[department.id][GRADES[name]] = tuple(read)
            asked_at[department.id][GRADES[name]] = tuple(
                document.where(("departments", n, "ask", name, i)) for i in range(len(said))
            )
    if document.problems:
        return None
    grades = {GRADES[name]: tuple(ways) for name, ways in text.grades.items()}
    return Plan(
        text.plan, cast("dict[str, str]", text.title), text.number, tuple(text.basis), text.decides,
        dict(sorted(grades.items())),
        tuple(text.departments), asks, asked_at, text.closing, _open_slots(document.data),
    )  # fmt: skip


def _open_slots(value: Any) -> int:
    """How many places the district still has to fill in."""
    if isinstance(value, dict):
        return sum(map(_open_slots, value.values()))
    if isinstance(value, list):
        return sum(map(_open_slots, value))
    return str(value).count(UNFILLED)
