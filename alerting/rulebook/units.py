"""Units, at load time only: thresholds become plain numbers in the vocabulary's units."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pint

from alerting.vocabulary import QUANTITIES

_SPELLINGS = {"%": "percent", "°C": "degC", "℃": "degC", "": "1"}
_TEMPERATURES = ("degC", "degF")


class UnitError(Exception):
    """A number whose unit does not fit; `what` and `mend` are for the rule's author."""

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(f"{what} {mend}")


@cache
def _registry() -> pint.UnitRegistry[float]:
    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


def threshold(number: float, written: str, quantity: str, *, change: bool = False) -> float:
    """`number` with the unit as written, in the unit of `quantity`; for a `change` of temperature,
    in kelvin. Raises UnitError where the unit measures something else."""
    unit = QUANTITIES[quantity].unit
    if unit == "degC" and change:
        if written == "K":
            return number
        raise UnitError(
            f"a change of {quantity} is a difference, and {number:g} {written} is not one.",
            f"Write {number:g} K.",
        )
    spelled = _SPELLINGS.get(written, written)
    if unit == "degC" and spelled not in _TEMPERATURES:
        raise UnitError(
            f"{quantity} is a temperature, and {number:g} {written} is not.".replace("  ", " "),
            f"Write degrees Celsius, e.g. {number:g} degC.",
        )
    return convert(number, written, unit, quantity)


def convert(number: float, written: str, unit: str, name: str) -> float:
    """`number` in `unit`; raises UnitError that names what is measured by `name`."""
    spelled = _SPELLINGS.get(written, written)
    shown = "%" if unit == "percent" else unit
    if spelled == unit:
        return number
    write = f"Write it in {shown}." if unit != "1" else "Write the number alone."
    if spelled == "1":
        raise UnitError(f"{name} is in {shown}, and {number:g} has no unit.", write)
    try:
        made = _registry().Quantity(number, spelled).to(unit)
    except (pint.errors.PintError, AttributeError, TypeError, ValueError):
        raise UnitError(
            f"{name} is in {shown}, and {number:g} {written} cannot be compared with it.", write
        ) from None
    return round(float(made.magnitude), 6)


def hours(number: float, written: str) -> int:
    """A duration in whole hours; raises UnitError for other units or a broken hour."""
    per = {"h": 1.0, "d": 24.0, "min": 1 / 60}.get(written)
    if per is None:
        raise UnitError(
            f"{number:g} {written} is not a duration.", "Write hours or days: 2 h, 7 d."
        )
    made = number * per
    if made <= 0 or made != int(made):
        raise UnitError(
            f"{number:g} {written} is not a whole number of hours.", "The fields hold full hours."
        )
    return int(made)


def duration(text: str) -> timedelta:
    """`2 h`, `1 d`, `0 h`; raises UnitError."""
    number, _, unit = text.strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        raise UnitError(f"{text!r} is not a duration.", "Write hours: 2 h.") from None
    return timedelta(0) if value == 0 else timedelta(hours=hours(value, unit.strip()))
