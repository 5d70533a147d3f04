"""Our own envelope: one signal, a list of them, or one a line (JSON lines, as histories are kept).

Signals are pushed to us, so the config says what a pusher brings. An envelope names its `source`, as
the config calls it; one that names none is of the source it was handed in for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import (
    Floats,
    Forecast,
    Observation,
    Occasion,
    Signal,
    Warning,
    from_envelope,
)
from alerting.vocabulary import HAZARDS, QUANTITIES, Level, colour_in
from alerting.vocabulary.official import WarningTable
from connectors.formats.fields import load
from connectors.formats.limits import above, tags


class SignalsOptions(Options):
    """What is pushed under this name, and how often."""

    brings: Literal["forecast", "observation", "warning", ""] = Field(
        default="",
        description="without it nothing is promised: its silence is no alarm, its weather is not taken",
    )
    cadence_hours: float = Field(default=24, gt=0, description="how often it comes")
    quantities: frozenset[str] = Field(
        default=frozenset(), description="of its weather, what it can say anything about"
    )

    @field_validator("quantities")
    @classmethod
    def _known(cls, given: frozenset[str]) -> frozenset[str]:
        unknown = sorted(given - set(QUANTITIES))
        if unknown:
            raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(QUANTITIES)}")
        return given


class Source:
    name: ClassVar[str] = "signals"
    options: ClassVar[type[Options]] = SignalsOptions
    feeds: frozenset[str] = frozenset({"forecast", "observation", "warning", "incident", "report"})
    pushed: ClassVar[bool] = True  # nobody asks it; it comes by itself

    def __init__(self, settings: Any) -> None:
        self._settings = SignalsOptions.model_validate(settings, from_attributes=True)
        self.feeds = frozenset({self._settings.brings} - {""}) or frozenset({"report"})

    @property
    def cadence(self) -> timedelta:
        return timedelta(hours=self._settings.cadence_hours)

    @property
    def quantities(self) -> frozenset[str]:
        return self._settings.quantities

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """Always a SourceError: signals are pushed to us, or lie in an inbox."""
        raise SourceError(
            "the source signals is not asked",
            mend="Push to POST /api/v1/signals, or use the source inbox with format signals.",
            passing=False,
        )

    def read(self, body: bytes, context: Context) -> Reading:
        """Every signal that can be read; each that cannot is a problem with its line.

        Raises BadInput when none can.
        """
        reading = Reading()
        for where, envelope in _envelopes(body, reading):
            try:
                said = _in_our_words(envelope, context.table)
                signal = _signal(said, context.source)
                reading.signals.append(_sensible(signal, reading, where))
            except BadInput as error:
                reading.refuse(error.what, where, error.mend)
        if not reading.signals:
            first = reading.problems[0] if reading.problems else None
            said = f"{first.where}: {first.what}" if first else "it is empty"
            see = "See docs/connectors.md for the envelope."
            raise BadInput(f"no signal in this: {said}", mend=(first and first.mend) or see)
        return reading

    def payload_time(self, body: bytes) -> datetime | None:
        """When the latest of its signals was issued, None where none can be read."""
        times = []
        for _, envelope in _envelopes(body, Reading()):
            try:
                times.append(_signal(envelope, "").issued)
            except BadInput:
                continue  # `read` says what is wrong with it
        return max(times, default=None)


def _envelopes(body: bytes, reading: Reading) -> Iterator[tuple[str, Any]]:
    """Each envelope with the place it stands at; lines that are no JSON go to `reading`."""
    try:
        document = load(body)
    except BadInput as error:
        lines = body.splitlines()
        if len(lines) < 2:
            reading.refuse(error.what, "line 1")
            return
        for at, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield f"line {at}", load(line)
            except BadInput as broken:
                reading.refuse(broken.what, f"line {at}")
        return
    if isinstance(document, list):
        yield from ((f"item {at}", item) for at, item in enumerate(document, start=1))
    else:
        yield "line 1", document


def _signal(envelope: Any, source: str) -> Signal:
    if not isinstance(envelope, Mapping):
        raise BadInput("a signal is an object with a kind, a source and the time it was issued")
    try:
        return from_envelope({"source": source} | dict(envelope))
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise BadInput(f"this signal cannot be read: {error}") from None


def _in_our_words(envelope: Any, table: WarningTable) -> Any:
    """A warning whose hazard and level are in its office's words, or only in its event or headline, as
    one in ours; where its text alone says above what height it holds, with that."""
    if not isinstance(envelope, Mapping) or envelope.get("kind") != "warning":
        return envelope
    said = dict(envelope)
    told = [str(said.get(key) or "") for key in ("hazard", "event", "headline")]
    if said.get("hazard") not in HAZARDS:
        listed = table.event(str(said.get("sender")), str(said.get("identifier")), told[1])
        first, *rest = [table.named(one) for one in told]
        if told[0].isascii() and not table.has(told[0]):
            first = None  # a slip of one of our own names is no office's word
        if listed is not None and not told[0]:
            said["hazard"] = listed.hazard
        elif first or not told[0]:
            said["hazard"] = first or next((one for one in rest if one), "")
    if (level := said.get("level")) not in Level.__members__:
        asked = [str(level)] if level else told[1:]
        found = next((colour for one in asked[::-1] if (colour := colour_in(one))), None)
        said["level"] = found.name if found else level
    area = said.get("area")
    if isinstance(area, Mapping) and not {"above", "below"} & area.keys():
        text = "。".join(str(said.get(key) or "") for key in ("headline", "description"))
        said["area"] = dict(area) | {"above": above(text), "tags": area.get("tags") or tags(text)}
    return said


def _sensible(signal: Signal, reading: Reading, where: str) -> Signal:
    """The signal without the numbers that cannot be, each of which is a problem.

    Raises BadInput for words that are none of ours and for a signal of which nothing is left.
    """
    match signal:
        case Forecast():
            _known_quantities(signal.values)
            if not signal.spots or not signal.hours:
                raise BadInput("a forecast needs a spot and an hour, at least")
            named = [spot.id for spot in signal.spots if spot.id]
            if twice := sorted({name for name in named if named.count(name) > 1}):
                raise BadInput(f"the spot {twice[0]!r} is there twice")
            return replace(signal, values=_within_range(signal, reading, where))
        case Observation():
            _known_quantities(signal.values)
            kept = {}
            for name, value in signal.values.items():
                quantity = QUANTITIES[name]
                if quantity.low <= value <= quantity.high:
                    kept[name] = value
                else:
                    reading.refuse(_outside(name, value), where)
            if not kept:
                raise BadInput("no value of this observation can be")
            if len(kept) < len(signal.values):
                return signal.model_copy(update={"values": kept})
        case Warning() if not signal.hazard and signal.action != "cancel":
            reading.refuse("no kind of warning we know: it is kept, shown without a hazard, and"
                           " asks for nothing", where, "Name one of our hazards, or add the event's"
                           " line to rules/warnings.yaml.")  # fmt: skip
        case Warning() if signal.hazard and signal.hazard not in HAZARDS:
            close = difflib.get_close_matches(signal.hazard, HAZARDS, 1)
            hint = f"Did you mean {close[0]!r}? " if close else ""
            raise BadInput(f"hazard: {signal.hazard[:40]!r} is none we know",
                           mend=f"{hint}Known: {', '.join(HAZARDS)}; \"\" for another.")  # fmt: skip
        case Occasion():
            try:
                date.fromisoformat(signal.date)
            except ValueError:
                raise BadInput(f"date: {signal.date[:40]!r} is no date",
                               mend="E.g. 2026-12-01.") from None  # fmt: skip
    return signal


def _known_quantities(names: Iterable[str]) -> None:
    unknown = sorted(set(names) - QUANTITIES.keys())
    if unknown:
        raise BadInput(
            f"unknown quantities {', '.join(unknown)}", mend=f"Known: {', '.join(QUANTITIES)}."
        )


def _within_range(run: Forecast, reading: Reading, where: str) -> dict[str, Floats]:
    kept: dict[str, Floats] = {}
    for name, column in run.values.items():
        quantity = QUANTITIES[name]
        wrong = (column < quantity.low) | (column > quantity.high)
        if wrong.any():
            said = f"{_outside(name, float(column[wrong][0]))} ({int(wrong.sum())} such values)"
            reading.refuse(said, where)
        kept[name] = np.where(wrong, np.float32("nan"), column)
    return kept


def _outside(name: str, value: float) -> str:
    quantity = QUANTITIES[name]
    return (f"{name} {value:g} was left out: it must lie between {quantity.low:g} and"
            f" {quantity.high:g} {quantity.unit}")  # fmt: skip
