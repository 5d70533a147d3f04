"""A source of warnings that comes as one document: asked at an address, or handed to us."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Warning
from connectors.formats.alert import LANGUAGES, Alert, take
from connectors.formats.area import kept
from connectors.formats.stamps import stamp


class WarningOptions(Options):
    """`url` is where it is asked; without one it is only handed to us. `areas` keeps warnings whose
    codes lie in, or hold, one of these administrative codes; those without codes are kept."""

    url: str = ""
    areas: tuple[str, ...] = ()
    minutes: int = Field(default=5, ge=1, le=1440)


class WarningSource(ABC):
    name: ClassVar[str]
    options: ClassVar[type[Options]] = WarningOptions
    feeds: ClassVar[frozenset[str]] = frozenset({"warning"})

    def __init__(self, settings: Any) -> None:
        self._settings: Any = type(self).options.model_validate(settings, from_attributes=True)

    @property
    def cadence(self) -> timedelta:
        return timedelta(minutes=self._settings.minutes)

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset()

    @abstractmethod
    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        """The messages in `body`; rows that are none go to `reading`. Raises BadInput."""

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """What the address says now. Raises SourceError when it fails or says what we cannot read."""
        url = self._settings.url
        if not url:
            raise SourceError(
                f"the source {context.source} has no address to ask",
                mend="Give it a url in config.yaml, or push its messages.",
                passing=False,
            )
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
            times = [stamp(a.sent, a.zone) for a in self.alerts(body, Reading())]
        except (BadInput, ValueError):
            return None
        return max((t for t in times if t is not None), default=None)

    def take(self, alerts: list[Alert], reading: Reading, context: Context) -> None:
        found = Reading()
        for alert in alerts:
            take(alert, found, source=context.source, now=context.now, languages=LANGUAGES)
        warnings = [
            w for w in found.signals
            if isinstance(w, Warning) and kept(w, self._settings.areas)
        ]  # fmt: skip
        reading.signals += sorted(warnings, key=lambda w: w.issued)
        reading.problems += found.problems
