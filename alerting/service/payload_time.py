"""As of when a payload is evaluated that nobody gave a time for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerting.connector import Connector, Context
from alerting.signals import Forecast, Observation, Signal

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # by which no payload has expired


def own_time(
    body: bytes, source: str, connector: Connector, zone: ZoneInfo, machine_now: datetime
) -> tuple[datetime, str]:
    """The payload's issue time, else its current time, else its first hour, and which it is."""
    of_payload = getattr(connector, "payload_time", None)
    told: datetime | None = of_payload(body) if of_payload is not None else None
    if told is not None:
        signals = connector.read(body, Context(source, told, zone)).signals
        runs = [s for s in signals if isinstance(s, Forecast | Observation)]
        if not runs:
            return told, "the payload's issue time / 发布时间"
        if told in _first_hours(runs):
            return told, "the payload's first hour / 首个时次"
        # Sources without an issue time name the hour of their `current` values.
        if b'"current' in body:
            return told, "the payload's current time / 当前时间"
        return told, "the payload's issue time / 发布时间"
    # A connector may drop what has expired by the time it is given: a payload of last winter is
    # read as of long ago to learn when it was issued.
    for probe in (machine_now, LONG_AGO):
        signals = connector.read(body, Context(source, probe, zone)).signals
        said = [s.issued for s in signals if s.issued not in (probe, _hour(probe))]
        if said:
            return max(said), "the payload's issue time / 发布时间"
        if first := _first_hours(signals):
            return min(first), "the payload's first hour / 首个时次"
    return machine_now, "the machine's clock: the payload names no time / 本机时间"


def _first_hours(signals: Iterable[Signal]) -> list[datetime]:
    return [s.start for s in signals if isinstance(s, Forecast)] + [
        s.at for s in signals if isinstance(s, Observation)
    ]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
