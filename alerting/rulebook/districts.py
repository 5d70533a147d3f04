"""districts.yaml: the numbers that no regulation fixes, kept in one place for the district to change.

A rule names one as `$mine-snow`; inside a season a number may have a stricter value. A district puts
its own beside the shipped one, `here: 12 cm`: the rules run on it, and their cases, which were written
for the shipped one, still hold the rules to what they say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from alerting.rulebook.arguments import Words
from alerting.rulebook.yamltext import Document

_VALUE = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*(\S*)")


def _value(text: str | float) -> str:
    if _VALUE.fullmatch(str(text).strip()) is None:
        raise ValueError(f"{text!r} is no number with its unit; write: 10 cm")
    return str(text).strip()


Written = Annotated[
    str | float,
    AfterValidator(_value),
    Field(json_schema_extra={"pattern": rf"^\s*{_VALUE.pattern}\s*$"}),
]
NumberName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class NumberText(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    value: Written
    title: Words
    seasons: dict[str, Written] = Field({}, alias="in")
    here: Written | None = None
    seasons_here: dict[str, Written] | None = Field(None, alias="here-in")

    @model_validator(mode="after")
    def _whole(self) -> NumberText:
        if self.seasons_here is not None and self.here is None:
            raise ValueError("`here-in` goes with `here`, the number of the rest of the year")
        return self


class DistrictsText(BaseModel):
    """districts.yaml: `numbers: {name: {value, title, in, here, here-in}}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: dict[NumberName, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, with its unit; `seasons` holds its values inside seasons. `here` is
    whether the district has put its own."""

    value: float
    unit: str
    title: Words
    seasons: Mapping[str, tuple[float, str]]
    where: str
    here: bool = False

    def inside(self, season: str | None) -> tuple[float, str]:
        """The number and its unit in a season; the one that always holds where it says none."""
        return self.seasons.get(season or "", (self.value, self.unit))


Numbers = Mapping[str, Number]


def read_numbers(
    path: Path, raw: bytes | None, problems: list[str], *, shipped: bool = False
) -> dict[str, Number]:
    """The numbers of the file's content, none where there is no such file; what is wrong is added to
    `problems`. `shipped` leaves out what the district has put in their place."""
    if raw is None:
        return {}
    document = Document(path, raw)
    made: dict[str, Number] = {}
    if not document.problems:
        try:
            named = DistrictsText.model_validate(document.data or {}).numbers
        except ValidationError as error:
            document.problems_of(error)
            named = {}
        for name, body in named.items():
            try:
                text = NumberText.model_validate(body)
            except ValidationError as error:
                document.problems_of(error, ("numbers", name))
                continue
            made[name] = _number(text, document.where(("numbers", name)), shipped)
    problems += document.problems
    return made


def _number(text: NumberText, where: str, shipped: bool) -> Number:
    here, value, seasons = text.here is not None, text.value, text.seasons
    if text.here is not None and not shipped:
        value, seasons = text.here, text.seasons_here or {}
    inside = {season: _read(said) for season, said in seasons.items()}
    return Number(*_read(value), text.title, inside, where, here)


def _read(text: Written) -> tuple[float, str]:
    found = _VALUE.fullmatch(str(text))
    assert found is not None
    return float(found.group(1)), found.group(2)
