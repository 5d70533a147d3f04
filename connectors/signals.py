"""Our own envelope: one signal, a list of them, or one a line (JSON lines, as histories are kept)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Signal, from_envelope
from connectors.formats.fields import load


class Source:
    name: ClassVar[str] = "signals"
    options: ClassVar[type[Options]] = Options
    feeds: ClassVar[frozenset[str]] = frozenset(
        {"forecast", "observation", "warning", "incident", "report"}
    )

    def __init__(self, settings: Any) -> None:
        Options.model_validate(settings, from_attributes=True)

    @property
    def cadence(self) -> timedelta:
        """A day: nothing is promised about when somebody pushes something."""
        return timedelta(days=1)

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset()

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
                reading.signals.append(_signal(envelope))
            except BadInput as error:
                reading.refuse(error.what, where, error.mend)
        if not reading.signals:
            first = reading.problems[0] if reading.problems else None
            said = f"{first.where}: {first.what}" if first else "it is empty"
            raise BadInput(
                f"no signal in this: {said}", mend="See docs/connectors.md for the envelope."
            )
        return reading

    def payload_time(self, body: bytes) -> datetime | None:
        """When the latest of its signals was issued, None where none can be read."""
        times = []
        for _, envelope in _envelopes(body, Reading()):
            try:
                times.append(_signal(envelope).issued)
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


def _signal(envelope: Any) -> Signal:
    if not isinstance(envelope, Mapping):
        raise BadInput("a signal is an object with a kind, a source and the time it was issued")
    try:
        return from_envelope(envelope)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise BadInput(f"this signal cannot be read: {error}") from None
