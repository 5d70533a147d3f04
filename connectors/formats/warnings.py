"""A source of official warnings: asked at an address, or handed what others send.

What differs from source to source is the form of its messages, `alerts`; how it is asked, what is kept
of it and in which order stands here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Warning
from connectors.formats.alert import PREFERRED, Alert, take
from connectors.formats.area import kept
from connectors.formats.stamps import stamp


class WarningOptions(Options):
    """Of all sources of official warnings."""

    url: str = Field("", description="where it is asked; without one it is only handed to us")
    languages: tuple[str, ...] = Field(
        default=PREFERRED, min_length=1, description="of a message's texts, the first there is"
    )
    areas: tuple[str, ...] = Field(
        (), description="administrative codes: warnings are kept whose codes lie in one or hold it, and"
        " those without codes",
    )  # fmt: skip
    senders: tuple[str, ...] = Field((), description="all others are refused, where any is named")
    scopes: tuple[str, ...] = Field(
        default=("Public",), min_length=1,
        description="lets in what is not meant for the public, where an office sends us such",
    )  # fmt: skip
    minutes: int | None = Field(
        default=None, ge=1, le=366 * 1440,
        description="how often it has something new or is asked; where it is handed to us, how often"
        " its sender promises to speak at least: without, its silence says nothing",
    )  # fmt: skip


class WarningSource(ABC):
    name: ClassVar[str]
    options: ClassVar[type[Options]] = WarningOptions
    feeds: ClassVar[frozenset[str]] = frozenset({"warning"})
    usual_minutes: ClassVar[int] = 5

    def __init__(self, settings: Any) -> None:
        self._settings: Any = type(self).options.model_validate(settings, from_attributes=True)

    @property
    def cadence(self) -> timedelta:
        return timedelta(minutes=self._settings.minutes or self.usual_minutes)

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset()

    @property
    def pushed(self) -> bool:
        return not self._settings.url

    @property
    def promises(self) -> bool:
        return bool(self._settings.url or self._settings.minutes)

    @abstractmethod
    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        """The messages in `body`; rows that are none go to `reading`. Raises BadInput."""

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """What the address says now. Raises SourceError when it fails or says what we cannot read."""
        url = self._address(context)
        answer = fetch.get(url)
        if answer.status == 304 or not answer.body:
            return Reading()
        try:
            return self.read(answer.body, context)
        except BadInput as error:
            raise SourceError(error.what, where=url) from None

    def read(self, body: bytes, context: Context) -> Reading:
        """What `body` warns of, oldest first. Raises BadInput when it is not this source's form."""
        reading = Reading()
        self.take(self.alerts(body, reading), reading, context)
        return reading

    def payload_time(self, body: bytes) -> datetime | None:
        """When the latest of its messages was sent, None where none says it."""
        try:
            alerts = self.alerts(body, Reading())
        except BadInput:
            return None  # `read` says why
        return max((at for alert in alerts if (at := _sent(alert)) is not None), default=None)

    def take(self, alerts: Iterable[Alert], reading: Reading, context: Context) -> None:
        """Add what `alerts` warn of, oldest first, so that a chain comes in its order."""
        settings, found = self._settings, Reading()
        for alert in alerts:
            if settings.senders and alert.sender not in settings.senders:
                found.refuse(f"its sender {alert.sender[:60]!r} is none of ours", alert.identifier)
                continue
            take(alert, found, source=context.source, now=context.now,
                 languages=settings.languages, scopes=settings.scopes,
                 table=context.table)  # fmt: skip
        warnings = [w for w in found.signals if isinstance(w, Warning) and kept(w, settings.areas)]
        reading.signals += sorted(warnings, key=lambda w: w.issued)
        reading.problems += found.problems

    def _address(self, context: Context) -> str:
        url = str(self._settings.url)
        if not url:
            raise SourceError(
                f"the source {context.source} has no address to ask",
                mend="Give it a url in config.yaml, or push its messages.",
                passing=False,
            )
        return url


def _sent(alert: Alert) -> datetime | None:
    try:
        return stamp(alert.sent, alert.zone)
    except ValueError:
        return None  # another message may say it in a form that can be read
