"""Signals that are taken already, seen for the memory alone: at a start, and where others act on
them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from alerting.alerts.engine import Engine
from alerting.alerts.layers import layers
from alerting.bus import Record
from alerting.service.engine_batch import TOGETHER, Said, together
from alerting.signals import stamped_by

log = structlog.get_logger()


def see_again(engine: Engine, records: Sequence[Record], now: datetime) -> None:
    """In their order; observations of one moment together. What was stamped by a clock that was set
    back since was there by `now`. One that fails is left out."""
    at = 0
    while at < len(records):
        said = together(records[at : at + TOGETHER], now, ())
        if len(said) < 2 or not _seen_together(engine, said):
            for one in records[at : at + max(len(said), 1)]:
                _see(engine, one, now)
        at += max(len(said), 1)


def _seen_together(engine: Engine, said: Sequence[Said]) -> bool:
    """False where one fails: which one shows when each is seen by itself, those before it once more."""
    signals = [one.signal for one in said]
    try:
        for numbers in layers(engine, signals):
            at = signals[0].accepted or signals[0].issued
            engine.see_together([signals[number] for number in numbers], at)
    except Exception:
        return False
    return True


def _see(engine: Engine, one: Record, now: datetime) -> None:
    try:
        signal = stamped_by(one.signal(), now)
        engine.see(signal, signal.accepted or signal.issued)
    except Exception:
        # It was set aside where it was taken, which says so to people; it must keep nothing down.
        log.exception("signal left out", realm=engine.life.realm, signal=one.id)
