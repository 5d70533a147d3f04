"""One warning of weather.com.cn: JavaScript that sets `alarminfo`, China's times without a zone.

`RELIEVETIME` is the warning's end. `identifier` begins with the six digits of the area; `EFFECT` is the
site's own station number and no administrative code. `references` repeats the own identifier in a
first message.
"""

from __future__ import annotations

import re
from typing import ClassVar

from alerting.connector import Reading
from alerting.errors import BadInput
from connectors.formats import chinese
from connectors.formats.alert import Alert, Info, references
from connectors.formats.area import RawArea
from connectors.formats.fields import load, text
from connectors.formats.stamps import CHINA
from connectors.formats.warnings import WarningSource

_SCRIPT = re.compile(rb"^\s*(?:var\s+\w+\s*=|\w+\s*\()\s*(\{.*\})\s*\)?\s*;?\s*$", re.S)
_ISSUER = re.compile(r"^(.{2,30}?(?:气象台|气象局|气象站))")


class Source(WarningSource):
    name: ClassVar[str] = "weathercn"

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        script = _SCRIPT.match(body)
        item = load(script[1] if script else body)
        if not text(item, "SIGNALTYPE") or not text(item, "identifier"):
            raise BadInput(
                "this is no warning of weather.com.cn: it lacks SIGNALTYPE or identifier"
            )
        identifier, content = text(item, "identifier"), text(item, "ISSUECONTENT")
        issuer = _ISSUER.match(content)
        code = chinese.adcode(identifier)
        return [
            Alert(
                identifier=identifier,
                sender=issuer[1] if issuer else chinese.title(text(item, "head")).issuer,
                sent=text(item, "ISSUETIME"),
                status="Actual",  # the site shows no others
                kind=text(item, "msgType"),
                references=references(text(item, "references")),
                infos=[
                    Info(
                        language="zh-CN",
                        event=text(item, "SIGNALTYPE"),
                        severity=text(item, "SIGNALLEVEL"),
                        expires=text(item, "RELIEVETIME"),
                        headline=text(item, "head"),
                        description=content,
                        areas=[
                            RawArea(
                                name=text(item, "STATIONNAME") or text(item, "CITY"),
                                geocodes=[("adcode", code)] if code else [],
                            )
                        ],
                    )
                ],
                zone=CHINA,
            )
        ]
