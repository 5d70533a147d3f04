"""China's warnings as the WMO hub gives them: CAP 1.2, English and Chinese, no polygons.

What is special about them: `references` repeats the new message's time, so that only the identifier
counts; areas are `CPEAS Geographic Code`s; the index holds some 500 messages of 89 KiB for all of
China, so that without a look at its entries' guids each poll would fetch them all. A guid begins with
the six digits of the office's area; one that does not is fetched, because a warning that was
left out would be worse than one fetched too many.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from alerting.connector import Options
from connectors import cap
from connectors.formats import chinese
from connectors.formats.area import touches
from connectors.formats.feed import Entry

URL = "https://severeweather.wmo.int/v2/cap-alerts/cn-cma-xx/rss.xml"


class CmaHubOptions(cap.CapOptions):
    """`areas` should be set: the codes of the county, which lets in its city's and province's too."""

    url: str = Field(URL, description="index of the messages")


class Source(cap.Source):
    name: ClassVar[str] = "cma-hub"
    options: ClassVar[type[Options]] = CmaHubOptions

    def _wanted(self, entry: Entry) -> bool:
        areas = self._settings.areas
        code = chinese.adcode(entry.id)
        if not entry.link or not areas or not code:
            return bool(entry.link)
        return any(touches(code, area) for area in areas)
