"""The national warning exchange's XML (the form of GB/T 35965.1): what CAP is not.

No namespace; `sendTime` with a blank; severity as a colour; `eventType` 11Bxx, over which the hazard
named in the headline decides, because some offices put codes of another table under that prefix;
bare identifiers in `references`; lists with commas in `areaDesc` and `geocode`; empty elements for
what is not said.
"""

from __future__ import annotations

from typing import Any, ClassVar

from alerting.connector import Reading
from alerting.errors import BadInput
from connectors.formats import chinese, xml
from connectors.formats.alert import Alert, Info, references
from connectors.formats.area import RawArea
from connectors.formats.stamps import CHINA
from connectors.formats.warnings import WarningSource
from connectors.formats.xml import children, local, text


class Source(WarningSource):
    name: ClassVar[str] = "national-exchange"

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        root = xml.parse(body)
        if local(root) != "alert" or not children(root, "sendTime"):
            raise BadInput(
                "this is not the national exchange's form: it has no alert with a sendTime",
                mend="Use the source cap for CAP 1.2.",
            )
        secrecy = text(root, "secClassification")
        if secrecy.lower() not in ("", "none"):
            reading.refuse(
                f"it is classified {secrecy}: not to be passed on", text(root, "identifier")
            )
            return []
        return [
            Alert(
                identifier=text(root, "identifier"),
                sender=text(root, "sender"),
                sent=text(root, "sendTime"),
                status=text(root, "status"),
                kind=text(root, "msgType"),
                scope=text(root, "scope"),
                references=references(text(root, "references")),
                infos=[_info(element) for element in children(root, "info")],
                zone=CHINA,
            )
        ]


def _info(element: Any) -> Info:
    headline, code = text(element, "headline"), text(element, "eventType")
    return Info(
        language=text(element, "language") or "zh-CN",
        event=chinese.title(headline).hazard or code,
        urgency=text(element, "urgency"),
        severity=text(element, "severity"),
        codes=[("eventType", code)],
        onset=text(element, "onset"),
        expires=text(element, "expires"),
        headline=headline,
        description=text(element, "description"),
        instruction=text(element, "instruction"),
        areas=[raw for area in children(element, "area") for raw in _areas(area)],
    )


def _areas(element: Any) -> list[RawArea]:
    names = text(element, "areaDesc").replace("，", ",").split(",")
    whole = RawArea(
        polygons=[p.text or "" for p in children(element, "polygon")],
        circles=[c.text or "" for c in children(element, "circle")],
        geocodes=[("行政区划代码", code.text or "") for code in children(element, "geocode")],
        altitude=text(element, "altitude"),
        ceiling=text(element, "ceiling"),
    )
    return [whole, *(RawArea(name=n.strip(), altitude=whole.altitude, ceiling=whole.ceiling)
                     for n in names if n.strip())]  # fmt: skip
