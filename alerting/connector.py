"""What a connector is: its options, how it asks, what it hands on.

A connector turns a source's own payload into signals. It knows nothing of rules or people and opens
no connection of its own: it is handed a `Fetch`. It converts and never invents; what the source does
not say is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pint
from pydantic import BaseModel, ConfigDict

from alerting.signals import Floats, Signal, Spot
from alerting.vocabulary import QUANTITIES
from alerting.vocabulary.official import WarningTable, shipped


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answered. `status` is HTTP's; a 304 has an empty body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""


class Fetch(Protocol):
    """Conditional requests, quota and back-off in one place; one is made for each source.

    `get` raises SourceError: `passing=False` when the same request can never work (a 400), True when
    the fetch has backed off and will let a later poll try again. `weight` is the request's cost
    against the source's quota. `until` asks the fetch not to call before that time.
    """

    def get(
        self,
        url: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer: ...

    def hold_until(self, at: datetime, why: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a payload that could not be taken, for a person: what, where, what to do."""

    what: str
    where: str = ""
    mend: str = ""


@dataclass(slots=True)
class Reading:
    """What a payload said: its signals, and what of it was refused and why."""

    signals: list[Signal] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, what: str, where: str = "", mend: str = "") -> None:
        self.problems.append(Problem(what, where, mend))


class Options(BaseModel):
    """The options of a source in config.yaml; each connector extends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector is told besides the payload. `source` is the name it has in config.yaml, which
    every signal of its bears: two feeds of one connector are two sources. `now` is UTC, `zone` the
    county's own zone; `table` is how offices name their warnings, the county's or the shipped one."""

    source: str
    now: datetime
    zone: ZoneInfo
    spots: Sequence[Spot] = ()
    table: WarningTable = field(default_factory=shipped)


class Connector(Protocol):
    """One kind of source. The class is found through its name (`open-meteo`), see connectors/; the
    name under which a source of that kind is configured comes with each `Context`."""

    name: ClassVar[str]
    options: ClassVar[type[Options]]
    # What it brings: "forecast", "observation", "warning", "occasion" …
    feeds: frozenset[str]
    # It may say `every`: how often it is asked, where a quarter of its cadence will not do;
    # `pushed = True`: its signals come by themselves, and it is never polled;
    # `promises = False`: nobody said how often, so that its silence says nothing; and
    # `dated = False`: its runs have no issue time but the hour in which they were fetched.

    def __init__(self, settings: Any) -> None: ...

    @property
    def cadence(self) -> timedelta:
        """The interval at which the source has something new; silence is judged by it."""
        ...

    @property
    def quantities(self) -> frozenset[str]:
        """The quantities it can say anything about, given its options; empty for warnings."""
        ...

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """Ask the source once. Raises SourceError."""
        ...

    def read(self, body: bytes, context: Context) -> Reading:
        """A payload that came by another way (a file, a push, `evaluate`). Raises BadInput when
        nothing of it can be read; parts that cannot are `problems`."""
        ...


_UNITS: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
# Spellings of sources that pint does not know.
_SPELLING = {
    "°C": "degC", "°F": "degF", "%": "percent", "km/h": "kilometer/hour", "kmh": "kilometer/hour",
    "mp/h": "mile/hour", "mph": "mile/hour", "kn": "knot", "kt": "knot", "inch": "inch",
    "mi": "mile", "ft": "foot", "undefined": "1", "": "1",
}  # fmt: skip


def convert(values: Floats, unit: str, quantity: str) -> Floats:
    """`values` in `unit` as the vocabulary's unit for `quantity`; implausible ones become NaN.

    Raises KeyError for an unknown quantity and ValueError for a unit that does not fit it.
    """
    wanted = QUANTITIES[quantity]
    spelled = _SPELLING.get(unit, unit)
    if spelled != wanted.unit:
        factor, offset = _line(spelled, wanted.unit)
        values = (values * np.float32(factor) + np.float32(offset)).astype(np.float32, copy=False)
    if values.size and values.min() >= wanted.low and values.max() <= wanted.high:
        return values  # all there and plausible, as nearly always
    with np.errstate(invalid="ignore"):
        return np.where((values >= wanted.low) & (values <= wanted.high), values, np.float32("nan"))


def _line(unit: str, wanted: str) -> tuple[float, float]:
    try:
        at0 = _UNITS.Quantity(0.0, unit).to(wanted).magnitude
        at1 = _UNITS.Quantity(1.0, unit).to(wanted).magnitude
    except (pint.UndefinedUnitError, pint.DimensionalityError) as error:
        raise ValueError(f"the unit {unit!r} does not fit: {error}") from None
    return float(at1 - at0), float(at0)
