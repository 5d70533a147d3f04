"""Items of the list of 12379.cn, the national early-warning site: one, or a list of them.

A headline such as `某市气象局发布道路结冰黄色预警/III/较重` says office, verb, hazard and colour; what
stands after the slashes repeats the level. Times are China's. An item has no end.
"""

from __future__ import annotations

from typing import Any, ClassVar

from alerting.connector import Reading
from alerting.errors import BadInput
from connectors.formats import chinese
from connectors.formats.alert import Alert, Info
from connectors.formats.area import RawArea
from connectors.formats.fields import load, text
from connectors.formats.stamps import CHINA
from connectors.formats.warnings import WarningSource

_KIND = {"alert": "Alert", "update": "Update", "cancel": "Cancel"}


class Source(WarningSource):
    name: ClassVar[str] = "alarm-12379"

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        document = load(body)
        items = _items(document)
        if not any(text(row, "identifier") and text(row, "headline") for row in items):
            raise BadInput("this is no item of 12379's list: it lacks headline or identifier")
        found: list[Alert] = []
        for at, item in enumerate(items):
            if text(item, "identifier") and text(item, "headline"):
                found.append(_alert(item))
            else:
                reading.refuse("this item lacks its identifier or headline", f"item {at + 1}")
        return found


def _items(document: Any) -> list[Any]:
    """The items of one of the shapes the list comes in: an item, a list, a list under some key."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    if "headline" in document:
        return [document]
    lists = [v for v in document.values() if isinstance(v, list)]
    return next((v for v in lists if any(text(row, "headline") for row in v)), [])


def _alert(item: Any) -> Alert:
    identifier = text(item, "identifier")
    headline, slash, graded = text(item, "headline").partition("/")
    parts = chinese.title(headline)
    code = chinese.adcode(identifier)
    area = RawArea(
        name=parts.issuer.removesuffix("气象局").removesuffix("气象台"),
        geocodes=[("adcode", code)] if code else [],
    )
    return Alert(
        identifier=identifier,
        sender=parts.issuer,
        sent=text(item, "sendTime") or chinese.identifier_stamp(identifier),
        status="Actual",  # the site shows no others
        kind=_KIND[parts.action],
        infos=[
            Info(
                language="zh-CN",
                event=parts.hazard,
                severity=chinese.grade(slash + graded),
                headline=headline,
                description=text(item, "description"),
                areas=[area],
            )
        ],
        zone=CHINA,
    )
