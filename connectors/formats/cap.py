"""CAP 1.0, 1.1 and 1.2 messages, whatever their namespace, from XML and from JSON of the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerting.errors import BadInput
from connectors.formats import xml
from connectors.formats.alert import Alert, Info, references
from connectors.formats.area import RawArea
from connectors.formats.fields import rows, text
from connectors.formats.xml import children, local


def alert_of(root: Any) -> Alert:
    """The message of an `alert` element; raises BadInput for any other element."""
    if local(root) != "alert":
        raise BadInput(f"this is no CAP message: its first element is <{local(root)[:40]}>")
    if children(root, "sendTime"):
        raise BadInput(
            "this is the national exchange's form, not CAP",
            mend="Use the source national-exchange.",
        )
    return message(xml.tree(root))


def read(body: bytes) -> Alert:
    """The message in `body`. Raises BadInput for hostile or broken XML and for what is no CAP."""
    return alert_of(xml.parse(body))


def message(said: Any) -> Alert:
    """The message whose fields are `said`: an element's tree, or a JSON object."""
    return Alert(
        identifier=text(said, "identifier"),
        sender=text(said, "sender"),
        sent=text(said, "sent"),
        status=text(said, "status"),
        kind=text(said, "msgType"),
        scope=text(said, "scope"),
        addresses=text(said, "addresses"),
        references=references(text(said, "references")),
        infos=[info(block) for block in rows(said, "info")],
    )


def of_entry(element: Any) -> Alert:
    """The message that an index entry sums up in `cap:` elements, as Meteoalarm's indexes do."""
    said = xml.tree(element)
    block = info(said)
    block.headline = block.headline or text(said, "title")
    block.areas = [area(said)]
    made = message(said)
    made.sender = made.sender or next((text(a, "name") for a in rows(said, "author")), "")
    made.kind = text(said, "message_type") or made.kind
    made.infos = [block]
    return made


def info(said: Any) -> Info:
    return Info(
        language=text(said, "language"),
        event=text(said, "event"),
        responses=[str(r).strip() for r in rows(said, "responseType")],
        urgency=text(said, "urgency"),
        severity=text(said, "severity"),
        codes=pairs(said, "eventCode"),
        onset=text(said, "onset"),
        expires=text(said, "expires"),
        headline=text(said, "headline"),
        description=text(said, "description"),
        instruction=text(said, "instruction"),
        parameters={name.lower(): value for name, value in pairs(said, "parameter")},
        areas=[area(one) for one in rows(said, "area")],
    )


def area(said: Any) -> RawArea:
    return RawArea(
        name=text(said, "areaDesc"),
        polygons=[str(p) for p in rows(said, "polygon")],
        circles=[str(c) for c in rows(said, "circle")],
        geocodes=pairs(said, "geocode"),
        altitude=text(said, "altitude"),
        ceiling=text(said, "ceiling"),
    )


def pairs(said: Any, key: str) -> list[tuple[str, str]]:
    return [_pair(one) for one in rows(said, key)]


def _pair(said: Any) -> tuple[str, str]:
    if isinstance(said, Mapping):
        return text(said, "valueName"), text(said, "value")
    name, _, value = str(said).partition("=")  # CAP 1.0 writes name=value
    return name.strip(), value.strip()
