"""districts.yaml: what no regulation fixes, kept in one place for the district to change.

Numbers: a rule names one as `$mine-snow`; inside a season a number may have a stricter value. A
district puts its own beside the shipped one, `here: 12 cm`: the rules run on it, and their cases, which
were written for the shipped one, still hold the rules to what they say.

`confirm-after`: the measures that are ordered at once, ahead of the signature they need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from alerting.rulebook.arguments import Words
from alerting.rulebook.measures import Measure
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
    """districts.yaml: `numbers: {name: {value, title, in, here, here-in}}`, `confirm-after: [name]`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    numbers: dict[NumberName, dict[str, Any]] = {}
    confirm_after: list[str] = Field([], alias="confirm-after")


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


class Districts(NamedTuple):
    """What a district has chosen. `confirm_after` names measures."""

    numbers: dict[str, Number]
    confirm_after: frozenset[str]


def read_districts(
    path: Path, raw: bytes | None, measures: Mapping[str, Measure], problems: list[str], *,
    shipped: bool = False,
) -> Districts:  # fmt: skip
    """The file's content, nothing where there is no such file; what is wrong is added to `problems`.
    `shipped` leaves out what the district has put in place of the shipped numbers. `measures` are those
    of measures.yaml; where `problems` has some already, one of them may not have been read."""
    if raw is None:
        return Districts({}, frozenset())
    document = Document(path, raw)
    made: dict[str, Number] = {}
    ahead: list[str] = []
    if not document.problems:
        try:
            text = DistrictsText.model_validate(document.data or {})
        except ValidationError as error:
            document.problems_of(error)
            text = DistrictsText()
        for name, body in text.numbers.items():
            try:
                number = NumberText.model_validate(body)
            except ValidationError as error:
                document.problems_of(error, ("numbers", name))
                continue
            made[name] = _number(number, document.where(("numbers", name)), shipped)
        ahead = text.confirm_after
        for n, name in enumerate(ahead):
            if name in measures or not problems:
                _check_ahead(document, n, name, measures.get(name), twice=name in ahead[:n])
    problems += document.problems
    return Districts(made, frozenset(ahead))


def _check_ahead(
    document: Document, n: int, name: str, measure: Measure | None, *, twice: bool
) -> None:
    """Whether a measure may be ordered ahead of its signature."""
    if measure is None:
        said = f"there is no measure {name!r}.", "`suian check --measures` lists them."
    elif twice:
        said = f"{name} stands here twice.", "Take one of the two out."
    elif (why := measure.signed_first) is not None:
        said = f"{name} cannot be ordered ahead of its signature: {why}.", "Take it out here."
    else:
        return
    document.problem(("confirm-after", n), *said)


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
