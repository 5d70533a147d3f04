"""The warning list of China's National Meteorological Centre (nmc.cn/rest/findAlarm).

A list of titles: the title says office, verb, hazard and colour; `alertid` begins with the six digits
of the office's area; times are China's without saying so. Ends and texts are not in it, so that a
warning has no `expires`. A title that lifts or changes does not say which message it means: it is
taken to mean the earlier ones of the same office and hazard in the same list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.vocabulary.official import WarningTable
from connectors.formats import chinese
from connectors.formats.alert import Alert, Info
from connectors.formats.area import RawArea
from connectors.formats.fields import load, rows, text
from connectors.formats.stamps import CHINA, stamp
from connectors.formats.warnings import WarningOptions, WarningSource

URL = "https://www.nmc.cn/rest/findAlarm"
_KIND = {"alert": "Alert", "update": "Update", "cancel": "Cancel"}
# A picture's name ends on the colour: p0011003.png is yellow.
_COLOUR = {"1": "red", "2": "orange", "3": "yellow", "4": "blue"}
_OFFICE = ("气象台", "气象局")


class NmcOptions(WarningOptions):
    """A cold page takes them up to 25 s."""

    url: str = Field(URL, description="the list of what is in force")
    page_size: int = Field(default=300, ge=1, le=300, description="titles a page")
    pages: int = Field(default=3, ge=1, le=20, description="pages that are asked for at most")


class Source(WarningSource):
    name: ClassVar[str] = "nmc"
    options: ClassVar[type[Options]] = NmcOptions
    usual_minutes: ClassVar[int] = 10

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """The whole list, page by page. Raises SourceError when a page fails or is no list."""
        settings = self._settings
        reading = Reading()
        found: dict[str, Alert] = {}
        for page in range(1, settings.pages + 1):
            params = {"pageNo": str(page), "pageSize": str(settings.page_size)}
            answer = fetch.get(settings.url, params=params)
            if answer.status == 304 or not answer.body:
                break
            try:
                titles = self._titles(answer.body, reading)
            except BadInput as error:
                raise SourceError(error.what, where=answer.url or settings.url) from None
            fresh = {a.identifier: a for a in titles if a.identifier not in found}
            found |= fresh
            if len(titles) < settings.page_size or not fresh:
                break
        self.take(found.values(), reading, context)
        return reading

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        return list({a.identifier: a for a in self._titles(body, reading)}.values())

    def take(self, alerts: Iterable[Alert], reading: Reading, context: Context) -> None:
        super().take(_chained(alerts, context.table), reading, context)

    def _titles(self, body: bytes, reading: Reading) -> list[Alert]:
        document = load(body)
        data = document.get("data") if isinstance(document, dict) else None
        if isinstance(data, dict) and ("real" in data or "predict" in data):
            raise BadInput(
                "this is NMC's weather of one station, not its warning list: the observation says no "
                "coordinates, the forecast only half days in words",
                mend="Use the list rest/findAlarm.",
            )
        page = data.get("page") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(page, dict) or "list" not in page:
            raise BadInput("this is not NMC's warning list: it has no data.page.list")
        items = rows(page, "list") + rows(data, "provinceAlarms")
        found = [(at, _alert(item)) for at, item in enumerate(items)]
        for at, alert in found:
            if alert is None:
                reading.refuse("this row has no alertid or no title", f"row {at + 1}")
        return [alert for _, alert in found if alert is not None]


def _alert(item: Any) -> Alert | None:
    identifier, said = text(item, "alertid"), text(item, "title")
    if not identifier or not said:
        return None
    parts = chinese.title(said)
    place = next((parts.issuer.removesuffix(o) for o in _OFFICE if parts.issuer.endswith(o)), "")
    code = chinese.adcode(identifier)
    area = RawArea(name=place or parts.issuer, geocodes=[("adcode", code)] if code else [])
    return Alert(
        identifier=identifier,
        sender=parts.issuer,
        sent=text(item, "issuetime") or chinese.identifier_stamp(identifier),
        status="Actual",  # the list shows no others; a title that says 演练 or 测试 is caught later
        kind=_KIND[parts.action],
        infos=[
            Info(
                language="zh-CN",
                event=parts.hazard,
                severity=_COLOUR.get(text(item, "pic").removesuffix(".png")[-1:], ""),
                headline=said,
                areas=[area],
            )
        ],
        zone=CHINA,
    )


def _chained(alerts: Iterable[Alert], table: WarningTable) -> list[Alert]:
    """`alerts` by time, those that lift or change referring to the earlier ones they must mean."""
    ordered = sorted(alerts, key=lambda a: (_when(a), a.identifier))
    made: list[Alert] = []
    for alert in ordered:
        if alert.kind != "Alert":
            meant = tuple(e.identifier for e in made if _same(e, alert, table))
            alert = replace(alert, references=meant)
        made.append(alert)
    return made


def _when(alert: Alert) -> float:
    try:
        at = stamp(alert.sent, CHINA)
    except ValueError:
        at = None  # refused later, with its reason
    return at.timestamp() if at else 0.0


def _same(earlier: Alert, later: Alert, table: WarningTable) -> bool:
    hazards = [table.named(a.infos[0].event) or a.infos[0].event for a in (earlier, later)]
    offices = [chinese.adcode(a.identifier) or a.sender for a in (earlier, later)]
    return hazards[0] == hazards[1] and offices[0] == offices[1]
