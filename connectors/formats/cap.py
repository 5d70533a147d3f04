"""CAP 1.0, 1.1 and 1.2 messages from XML, whatever their namespace."""

from __future__ import annotations

from typing import Any

from alerting.errors import BadInput
from connectors.formats import xml
from connectors.formats.alert import Alert, Info, references
from connectors.formats.area import RawArea
from connectors.formats.xml import children, local, text


def alert_of(root: Any) -> Alert:
    """The message of an `alert` element; raises BadInput for any other element."""
    if local(root) != "alert":
        raise BadInput(f"this is no CAP message: its first element is <{local(root)[:40]}>")
    if children(root, "sendTime"):
        raise BadInput(
            "this is the national exchange's form, not CAP",
            mend="Use the source national-exchange.",
        )
    return Alert(
        identifier=text(root, "identifier"),
        sender=text(root, "sender"),
        sent=text(root, "sent"),
        status=text(root, "status"),
        kind=text(root, "msgType"),
        scope=text(root, "scope"),
        addresses=text(root, "addresses"),
        references=references(text(root, "references")),
        infos=[_info(element) for element in children(root, "info")],
    )


def read(body: bytes) -> Alert:
    """The message in `body`. Raises BadInput for hostile or broken XML and for what is no CAP."""
    return alert_of(xml.parse(body))


def alert_of_entry(element: Any) -> Alert:
    """The message that an index entry sums up in `cap:` elements, as Meteoalarm's indexes do."""
    info = _info(element)
    info.headline = info.headline or text(element, "title")
    info.areas = [_area(element)]
    return Alert(
        identifier=text(element, "identifier"),
        sender=text(element, "sender") or _author(element),
        sent=text(element, "sent"),
        status=text(element, "status"),
        kind=text(element, "message_type") or text(element, "msgType"),
        scope=text(element, "scope"),
        references=references(text(element, "references")),
        infos=[info],
    )


def _author(element: Any) -> str:
    return next((text(author, "name") for author in children(element, "author")), "")


def _info(element: Any) -> Info:
    return Info(
        language=text(element, "language"),
        event=text(element, "event"),
        responses=[(r.text or "").strip() for r in children(element, "responseType")],
        urgency=text(element, "urgency"),
        severity=text(element, "severity"),
        codes=[_pair(code) for code in children(element, "eventCode")],
        onset=text(element, "onset"),
        expires=text(element, "expires"),
        headline=text(element, "headline"),
        description=text(element, "description"),
        instruction=text(element, "instruction"),
        parameters={n.lower(): v for n, v in map(_pair, children(element, "parameter"))},
        areas=[_area(area) for area in children(element, "area")],
    )


def _area(element: Any) -> RawArea:
    return RawArea(
        name=text(element, "areaDesc"),
        polygons=[p.text or "" for p in children(element, "polygon")],
        circles=[c.text or "" for c in children(element, "circle")],
        geocodes=[_pair(code) for code in children(element, "geocode")],
        altitude=text(element, "altitude"),
        ceiling=text(element, "ceiling"),
    )


def _pair(element: Any) -> tuple[str, str]:
    if not len(element) and element.text and "=" in element.text:
        name, _, value = element.text.strip().partition("=")  # CAP 1.0 writes name=value
        return name.strip(), value.strip()
    return text(element, "valueName"), text(element, "value")
