"""The national warning exchange's XML (the form of GB/T 35965.1): what CAP is not.

No namespace; `sendTime` with a blank; severity as a colour; `eventType` 11Bxx, over which the hazard
named in the headline decides, because some offices put codes of another table under that prefix;
bare identifiers in `references`; lists with commas in `areaDesc` and `geocode`; empty elements for
what is not said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from alerting.connector import Reading
from alerting.errors import BadInput
from connectors.formats import cap, chinese, xml
from connectors.formats.alert import Alert, Info
from connectors.formats.area import RawArea
from connectors.formats.fields import rows, text
from connectors.formats.stamps import CHINA
from connectors.formats.warnings import WarningSource


class Source(WarningSource):
    name: ClassVar[str] = "national-exchange"

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        root = xml.parse(body)
        said = xml.tree(root)
        if xml.local(root) != "alert" or "sendTime" not in said:
            raise BadInput(
                "this is not the national exchange's form: it has no alert with a sendTime",
                mend="Use the source cap for CAP 1.2.",
            )
        secrecy = text(said, "secClassification")
        if secrecy.lower() not in ("", "none"):
            reading.refuse(
                f"it is classified {secrecy}: not to be passed on", text(said, "identifier")
            )
            return []
        infos = [_info(block) for block in rows(said, "info")]
        return [
            replace(cap.message(said), sent=text(said, "sendTime"), infos=infos, zone=CHINA)
        ]  # fmt: skip


def _info(said: Any) -> Info:
    block = cap.info(said)
    code = text(said, "eventType")
    block.language = block.language or "zh-CN"
    block.event = chinese.title(block.headline).hazard or code
    block.codes = [("eventType", code)]
    block.areas = [raw for area in rows(said, "area") for raw in _areas(area)]
    return block


def _areas(said: Any) -> list[RawArea]:
    whole = cap.area(said)
    names = whole.name.replace("，", ",").split(",")
    whole.name = ""
    # Bare codes; some senders dress them as CAP's pairs.
    codes = (text(c, "value") if isinstance(c, dict) else str(c) for c in rows(said, "geocode"))
    whole.geocodes = [("行政区划代码", code) for code in codes]
    return [whole, *(RawArea(name=n.strip(), altitude=whole.altitude, ceiling=whole.ceiling)
                     for n in names if n.strip())]  # fmt: skip
