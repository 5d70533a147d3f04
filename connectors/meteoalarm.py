"""Meteoalarm's JSON of one country's warnings: CAP in JSON's clothes.

Its `awareness_level` (`2; yellow; Moderate`) outranks the severity, its `awareness_type` names the
hazard where the event's words do not, and green is no warning. A CAP message or an Atom index in XML
is read as the source `cap` reads it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Options, Reading
from alerting.errors import BadInput
from connectors.formats import cap, feed, xml
from connectors.formats.alert import Alert
from connectors.formats.fields import load, rows
from connectors.formats.warnings import WarningOptions, WarningSource

URL = "https://feeds.meteoalarm.org/api/v1/warnings/feeds-{country}"


class MeteoalarmOptions(WarningOptions):
    country: str = Field(
        default="", pattern=r"^[a-z-]*$",
        description="as the service spells it in its addresses, e.g. `austria`",
    )  # fmt: skip


class Source(WarningSource):
    name: ClassVar[str] = "meteoalarm"
    options: ClassVar[type[Options]] = MeteoalarmOptions
    usual_minutes: ClassVar[int] = 10

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        chosen = self._settings
        if chosen.country and not chosen.url:
            url = URL.format(country=chosen.country)
            self._settings = chosen.model_copy(update={"url": url})

    def payload_time(self, body: bytes) -> datetime | None:
        """When the latest of its warnings was sent, or its index made; None where none says it."""
        return feed.made(body) if xml.looks_like(body) else super().payload_time(body)

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        if xml.looks_like(body):
            return feed.alerts(body, reading)
        document = load(body)
        if not isinstance(document, dict) or "warnings" not in document:
            raise BadInput("this is no list of Meteoalarm's: it has no warnings")
        found: list[Alert] = []
        for at, row in enumerate(rows(document, "warnings")):
            alert = row.get("alert") if isinstance(row, dict) else None
            if isinstance(alert, dict):
                found.append(cap.message(alert))
            else:
                reading.refuse("this row holds no alert", f"warning {at + 1}")
        return found
