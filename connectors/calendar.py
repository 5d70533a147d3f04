"""The calendar as a source: what begins, what ends, and from when on it is not known.

It asks nobody over the wire. The calendar itself is handed to it (`needs`), because a connector
knows signals and nothing of the rooms above them; see docs/decisions/0010.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import Field

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput
from alerting.signals import Occasion

# The name under which the calendar says that work days are not published.
WORK_DAYS = "work-days"
# A service that was down for a week still says what began meanwhile; ids make repeats harmless.
_LOOK_BACK = timedelta(days=7)


class Occasions(Protocol):
    """What the connector asks of a calendar; alerting.calendar.Calendar answers it."""

    @property
    def known_through(self) -> date: ...

    def changes(
        self, first: date, last: date
    ) -> Sequence[tuple[date, str, Literal["begins", "ends"]]]: ...


class CalendarOptions(Options):
    """`file` is read by whoever makes the calendar."""

    file: Path = Field(Path("rules/calendar.yaml"), description="not used: see `calendar` above")
    notice_days: int = Field(
        default=30, ge=0, le=365,
        description="how long before the published work days run out the duty office is told",
    )  # fmt: skip


class CalendarConnector:
    name: ClassVar[str] = "calendar"
    options: ClassVar[type[Options]] = CalendarOptions
    feeds: ClassVar[frozenset[str]] = frozenset({"occasion"})
    # What the service hands to the constructor by these names, besides the settings.
    needs: ClassVar[frozenset[str]] = frozenset({"calendar"})

    def __init__(self, settings: Any, calendar: Occasions) -> None:
        self._settings = CalendarOptions.model_validate(settings, from_attributes=True)
        self._calendar = calendar

    @property
    def cadence(self) -> timedelta:
        """An hour: a local day is told within the hour in which it begins."""
        return timedelta(hours=1)

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset()

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """What began or ended in the last week up to the local date of `context.now`, and one
        `unknown` once the published work days run out within the notice."""
        today = context.now.astimezone(context.zone).date()
        return self._reading(today - _LOOK_BACK, today, context)

    def read(self, body: bytes, context: Context) -> Reading:
        """The occasions of one local date, given as text: `2026-12-01`. Raises BadInput."""
        text = body.decode("utf-8", errors="replace").strip()
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise BadInput(
                f"{text[:40]!r} is no date", mend="Give one local date, e.g. 2026-12-01."
            ) from None
        return self._reading(day, day, context)

    def _reading(self, first: date, today: date, context: Context) -> Reading:
        reading = Reading()
        for day, name, state in self._calendar.changes(first, today):
            reading.signals.append(
                Occasion(
                    source=context.source,
                    issued=_midnight(day, context.zone),
                    name=name,
                    state=state,
                    date=day.isoformat(),
                )
            )
        unknown_from = self._calendar.known_through + timedelta(days=1)
        told = unknown_from - timedelta(days=self._settings.notice_days)
        if today >= told:
            # Issued on the day it is first told, so that every later poll says the same signal.
            reading.signals.append(
                Occasion(
                    source=context.source,
                    issued=_midnight(told, context.zone),
                    name=WORK_DAYS,
                    state="unknown",
                    date=unknown_from.isoformat(),
                )
            )
        return reading


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


# The name by which every module of this package offers its class.
Source = CalendarConnector
