"""What is told of a signal from its acceptance to its commit: counted, logged, traced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from alerting.service.clock import LIVE
from alerting.signals import Observation, Report, Signal, Tick
from alerting.telemetry.traces import Said

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()


def accepted(realm: str, signals: Sequence[Signal], new: Collection[str]) -> None:
    """Signals were kept; ticks and observations, which come by the thousand, are told at `debug`."""
    for one in signals:
        if one.id in new:
            often = isinstance(one, Tick | Observation)
            tell = log.debug if often else log.info
            tell("signal accepted", cause=one.id, realm=realm, kind=one.kind, source=one.source)


def nothing_came(
    station: Station, realm: str, signals: Sequence[tuple[int, Signal]]
) -> None:
    """Of signals of one kind and moment, each with its number, that changed nothing."""
    if signals:
        _count(station, realm, signals[0][1], len(signals))
    for seq, one in signals:
        log.debug("signal taken", **_told(realm, seq, one))


def _count(station: Station, realm: str, signal: Signal, count: int) -> None:
    at = signal.accepted or signal.issued
    waited = (station.now(LIVE) - at).total_seconds() if realm == LIVE else None
    station.tally.taken(station.realm(realm).kind, signal.kind, waited, count)


def _told(realm: str, seq: int, signal: Signal) -> dict[str, str | int]:
    return {"realm": realm, "kind": signal.kind, "source": signal.source, "seq": seq}


class Story:
    """One signal in the engine's hands."""

    def __init__(
        self, station: Station, realm: str, seq: int, signal: Signal, cause: str,
        began: datetime | None = None,
    ) -> None:  # fmt: skip
        self._station, self._realm, self._seq = station, realm, seq
        self._signal, self._cause = signal, cause
        self._began = self._judged = began or station.runtime.now()

    def judged(self) -> None:
        self._judged = self._station.runtime.now()

    def committed(self, slices: int) -> None:
        """What changed nothing is counted alone: of a thousand observations few are a story."""
        station, signal = self._station, self._signal
        said = {"act": signal.act} if isinstance(signal, Report) else {}
        if not slices and not said:
            nothing_came(station, self._realm, [(self._seq, signal)])
            return
        now, live = station.runtime.now(), self._realm == LIVE
        at = signal.accepted or signal.issued
        _count(station, self._realm, signal, 1)
        told = _told(self._realm, self._seq, signal)
        log.info("signal taken", **told, **said, slices=slices,
                 seconds=round((now - self._began).total_seconds(), 3))  # fmt: skip
        self._trace(min(at, self._began) if live else self._began, now, {**told, **said})

    def _trace(self, accepted_at: datetime, now: datetime, told: Said) -> None:
        traces, cause, own = self._station.traces, self._cause, self._signal.id
        name = "signal" if own == cause else "answer"
        signal: Said = {"signal": own}
        traces.span(cause, name, accepted_at, now, {**told, **signal}, root=own == cause)
        traces.span(cause, "wait", accepted_at, self._began, signal)
        traces.span(cause, "evaluate", self._began, self._judged, signal)
        traces.span(cause, "commit", self._judged, now, signal)
