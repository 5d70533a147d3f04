"""The models of a pack: one YAML file a sector, as its author writes it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerting.rulebook.arguments import Words
from alerting.rulebook.measures import Clock, Sector, Tier, one_of
from alerting.vocabulary import HAZARDS, PLACE_KINDS, QUANTITIES

LevelName = Literal["blue", "yellow", "orange", "red"]


def _hazard(name: str) -> str:
    if name not in HAZARDS:
        raise ValueError(f"{name!r} is no hazard; known: {', '.join(HAZARDS)}")
    return name


def _place(name: str) -> str:
    if name not in PLACE_KINDS:
        raise ValueError(f"{name!r} is no kind of place; known: {', '.join(PLACE_KINDS)}")
    return name


_TAGS = r"\s*tags has [\w-]+(\s+and\s+tags has [\w-]+)*\s*"


def _where(text: str) -> str:
    if text and not re.fullmatch(_TAGS, text):
        raise ValueError(f"{text!r} cannot be read; write: tags has expressway and tags has high")
    return text


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelText(_Model):
    when: str
    ask: list[str] = []


def _quantities(schema: dict[str, Any]) -> None:
    """For editors: the quantities a case may give, which are extra keys here."""
    values = schema["additionalProperties"]
    schema["properties"] |= dict.fromkeys(QUANTITIES, values)
    schema["additionalProperties"] = False


class Given(BaseModel):
    """What a case puts in: `quantity: [values]` hourly from now (null: missing), and these.

    `past` holds hours before now, the last one an hour ago. `days` holds daily values by
    `daily_min(temperature)`, from day `first` on (0: the day in which now lies).
    """

    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_quantities)
    __pydantic_extra__: dict[str, list[float | None]]

    at: str = "2026-01-20 05:00"
    past: dict[str, list[float | None]] = {}
    observed: dict[str, float | None] = {}
    warnings: dict[str, LevelName | Literal["unknown"]] = {}
    season: list[str] | str = []
    holiday: list[str] | str = []
    on: list[str] | str = []
    incidents: list[str] | str = []
    reported: list[str] | str = []
    days: dict[str, int | list[float | None]] = {}

    @property
    def hourly(self) -> dict[str, list[float | None]]:
        return self.__pydantic_extra__ or {}


class Expect(_Model):
    """`onset` counts from now; `ask` are the measures of the level and all below, strictest."""

    level: LevelName | Literal["none", "unknown", "undecidable"]
    onset: str | None = None
    ask: list[str] | None = None
    clear: bool | Literal["unknown"] | None = None


class Case(_Model):
    name: str
    given: Given
    expect: Expect


class RuleText(_Model):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    hazard: Annotated[str, AfterValidator(_hazard), one_of(HAZARDS)]
    place: Annotated[str, AfterValidator(_place), one_of(PLACE_KINDS)]
    basis: list[str] = Field(min_length=1)
    levels: dict[LevelName, LevelText] = Field(min_length=1)
    where: Annotated[
        str, AfterValidator(_where), Field(json_schema_extra={"pattern": f"^({_TAGS})?$"})
    ] = ""
    points: Literal["all", "inhabited"] = "all"
    clear: str | None = None
    hold: str | None = None
    decide: list[Clock] = []
    audience: list[Tier] = []
    floor: bool = True
    title: Words | None = None
    impact: Words | None = None
    cases: list[Case] = []

    @model_validator(mode="after")
    def _points_of_a_zone(self) -> RuleText:
        if self.points != "all" and self.place != "zone":
            raise ValueError("`points` goes with `place: zone`; a site has points of its own")
        return self

    @property
    def tags(self) -> frozenset[str]:
        return frozenset(re.findall(r"tags has ([\w-]+)", self.where))


class PackText(_Model):
    sector: Sector
    title: Words
    rules: list[dict[str, Any]]


class MeasuresText(_Model):
    """measures.yaml: `measures: {name: {…}}`."""

    measures: dict[str, dict[str, Any]]
