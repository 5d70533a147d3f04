"""What storm.yaml says, as its author writes it. Times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alerting.rulebook.arguments import Words
from alerting.vocabulary import HAZARDS


def _wait(text: Any) -> timedelta:
    found = re.fullmatch(r"(\d+) (min|h)", str(text))
    if not found:
        raise ValueError(f"{text!r} is no time to wait, e.g. 4 min or 2 h")
    size = int(found[1])
    return timedelta(minutes=size) if found[2] == "min" else timedelta(hours=size)


def utc(text: Any) -> datetime:
    at = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


Wait = Annotated[timedelta, BeforeValidator(_wait)]
Utc = Annotated[datetime, BeforeValidator(utc)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Behaviour(Model):
    """What a person does with a message, counted from when it reached them."""

    acknowledge: Wait | None = None
    in_force: Wait | None = None
    cannot: Wait | None = None
    decide: Wait | None = None
    attest: Wait | None = None
    report: Wait | None = None  # what a call-out asks; left out: soon after the acknowledgement
    silent: bool = False
    says: str = ""  # words that are no answer, said first
    then: Behaviour | None = None


class StationText(Model):
    """The points of the county that a record stands for, and those at which it is also observed."""

    points: list[str] = Field(min_length=1)
    observed: list[str] = []


class ForecastText(Model):
    cadence_hours: float
    missing: list[Utc] = []


def _hazard(name: str) -> str:
    if name not in HAZARDS:
        raise ValueError(f"{name!r} is no hazard; known: {', '.join(HAZARDS)}")
    return name


HazardName = Annotated[str, AfterValidator(_hazard)]


class WarningText(Model):
    """An official warning of the fictional county's met office, in force in `zones` above `above` m."""

    identifier: str
    at: Utc
    hazard: HazardName
    level: Literal["blue", "yellow", "orange", "red"]
    headline: str
    description: str = ""
    action: Literal["alert", "update", "cancel"] = "alert"
    references: list[str] = []
    zones: list[int] = []  # codes; none where the reference names the warning that is meant
    above: float | None = None
    expires: Utc | None = None


class StormText(Model):
    title: Words
    source: str
    begins: Utc
    ends: Utc
    lapse_rate: float
    snow_wet_bulb: float
    stations: dict[str, StationText]
    forecast: ForecastText
    issuer: str = ""  # who signs the warnings
    warnings: list[WarningText] = []
    people: dict[str, Behaviour] = {}

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> StormText:
        if self.ends <= self.begins:
            raise ValueError("the storm ends before it begins")
        return self
