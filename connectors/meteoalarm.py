"""Meteoalarm's JSON of one country's warnings: CAP in JSON's clothes.

Its `awareness_level` (`2; yellow; Moderate`) outranks the severity, its `awareness_type` names the
hazard where the event's words do not, and green is no warning. A CAP message or an Atom index in XML
is read as the source `cap` reads it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Context, Options, Reading
from alerting.errors import BadInput
from connectors import cap
from connectors.formats.alert import Alert, Info, references
from connectors.formats.area import RawArea
from connectors.formats.fields import load, rows, text
from connectors.formats.warnings import WarningOptions, WarningSource

URL = "https://feeds.meteoalarm.org/api/v1/warnings/feeds-{country}"


class MeteoalarmOptions(WarningOptions):
    """`country` as the service spells it in its addresses, e.g. `austria`."""

    country: str = Field(default="", pattern=r"^[a-z-]*$")
    minutes: int = Field(default=10, ge=1, le=1440)


class Source(WarningSource):
    name: ClassVar[str] = "meteoalarm"
    options: ClassVar[type[Options]] = MeteoalarmOptions

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        chosen = self._settings
        if chosen.country and not chosen.url:
            url = URL.format(country=chosen.country)
            self._settings = chosen.model_copy(update={"url": url})
        self._cap = cap.Source({"areas": chosen.areas})

    def read(self, body: bytes, context: Context) -> Reading:
        """Warnings from its JSON, or from CAP's XML. Raises BadInput."""
        if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            return self._cap.read(body, context)
        return super().read(body, context)

    def payload_time(self, body: bytes) -> datetime | None:
        """When the latest of its warnings was sent, None where none says it."""
        if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            return self._cap.payload_time(body)
        return super().payload_time(body)

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        document = load(body)
        if not isinstance(document, dict) or "warnings" not in document:
            raise BadInput("this is no list of Meteoalarm's: it has no warnings")
        found: list[Alert] = []
        for at, row in enumerate(rows(document, "warnings")):
            alert = row.get("alert") if isinstance(row, dict) else None
            if isinstance(alert, dict):
                found.append(_alert(alert))
            else:
                reading.refuse("this row holds no alert", f"warning {at + 1}")
        return found


def _alert(said: dict[str, Any]) -> Alert:
    return Alert(
        identifier=text(said, "identifier"),
        sender=text(said, "sender"),
        sent=text(said, "sent"),
        status=text(said, "status"),
        kind=text(said, "msgType"),
        scope=text(said, "scope"),
        references=references(text(said, "references")),
        infos=[_info(info) for info in rows(said, "info")],
    )


def _info(said: Any) -> Info:
    return Info(
        language=text(said, "language"),
        event=text(said, "event"),
        responses=[str(r) for r in rows(said, "responseType")],
        urgency=text(said, "urgency"),
        severity=text(said, "severity"),
        codes=_pairs(said, "eventCode"),
        onset=text(said, "onset"),
        expires=text(said, "expires"),
        headline=text(said, "headline"),
        description=text(said, "description"),
        instruction=text(said, "instruction"),
        parameters={name.lower(): value for name, value in _pairs(said, "parameter")},
        areas=[
            RawArea(
                name=text(area, "areaDesc"),
                polygons=[str(p) for p in rows(area, "polygon")],
                circles=[str(c) for c in rows(area, "circle")],
                geocodes=_pairs(area, "geocode"),
                altitude=text(area, "altitude"),
                ceiling=text(area, "ceiling"),
            )
            for area in rows(said, "area")
        ],
    )


def _pairs(said: Any, key: str) -> list[tuple[str, str]]:
    return [(text(pair, "valueName"), text(pair, "value")) for pair in rows(said, key)]
