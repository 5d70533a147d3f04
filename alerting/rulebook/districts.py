"""districts.yaml: the numbers that no regulation fixes, kept in one place for the district to change.

A rule names one as `$mine-snow`; inside a season a number may have a stricter value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from alerting.rulebook.measures import Words
from alerting.rulebook.yamltext import Document

_VALUE = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*(\S*)")


def _value(text: str | float) -> str:
    if _VALUE.fullmatch(str(text).strip()) is None:
        raise ValueError(f"{text!r} is no number with its unit; write: 10 cm")
    return str(text).strip()


Written = Annotated[str | float, AfterValidator(_value)]


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    value: Written
    title: Words
    seasons: dict[str, Written] = Field({}, alias="in")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")], _Text] = {}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, with its unit; `seasons` holds its values inside seasons."""

    value: float
    unit: str
    title: Words
    seasons: Mapping[str, tuple[float, str]]
    where: str

    def inside(self, season: str | None) -> tuple[float, str]:
        """The number and its unit in a season; the one that always holds where it says none."""
        return self.seasons.get(season or "", (self.value, self.unit))


Numbers = Mapping[str, Number]


def read_numbers(path: Path, raw: bytes | None, problems: list[str]) -> dict[str, Number]:
    """The numbers of the file's content, none where there is no such file; what is wrong is added to
    `problems`."""
    if raw is None:
        return {}
    document = Document(path, raw)
    made: dict[str, Number] = {}
    if not document.problems:
        try:
            for name, text in _File.model_validate(document.data or {}).numbers.items():
                value, unit = _read(text.value)
                seasons = {season: _read(said) for season, said in text.seasons.items()}
                made[name] = Number(
                    value, unit, text.title, seasons, document.where(("numbers", name, "value"))
                )
        except ValidationError as error:
            document.problems_of(error)
    problems += document.problems
    return made


def _read(text: str | float) -> tuple[float, str]:
    found = _VALUE.fullmatch(str(text))
    assert found is not None
    return float(found.group(1)), found.group(2)
