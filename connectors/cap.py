"""CAP messages, one by one or from an Atom or RSS index of them.

An index is followed to its messages, each of which is fetched once. A message that disappears from
an index has not been cancelled: only a Cancel, an Update or its own end ends a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from connectors.formats import cap, feed, xml
from connectors.formats.alert import Alert
from connectors.formats.feed import Entry
from connectors.formats.warnings import WarningOptions, WarningSource

_TRIES = 3  # how often a message that cannot be read is fetched


class CapOptions(WarningOptions):
    """`url` is a message's or an index's address."""

    documents: int = Field(
        default=100, ge=1, le=1000, description="messages that a poll fetches at most; the rest follow"
    )


class Source(WarningSource):
    name: ClassVar[str] = "cap"
    options: ClassVar[type[Options]] = CapOptions

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._entries: list[Entry] = []  # of the last index, for a 304
        self._fetched: dict[str, str] = {}  # message's address: what its entry said of its time
        self._tries: dict[str, int] = {}  # of those not fetched yet

    def alerts(self, body: bytes, reading: Reading) -> list[Alert]:
        return feed.alerts(body, reading)

    def payload_time(self, body: bytes) -> datetime | None:
        """When the message was sent, or the index made; None where neither can be read."""
        return feed.made(body)

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """The message at `url`, or those of the index there that were not fetched before.

        A message that cannot be fetched is a problem and is tried again, unless the answer was that
        it is gone; one that cannot be read is fetched three times. Raises SourceError when `url`
        itself fails.
        """
        url = self._address(context)
        answer = fetch.get(url)
        reading = Reading()
        if answer.status != 304 and answer.body:
            try:
                root = xml.parse(answer.body)
                if xml.local(root) not in feed.ROOTS:
                    self.take([cap.alert_of(root)], reading, context)
                    return reading
                self._entries = feed.entries(root, answer.body, url)
            except BadInput as error:
                raise SourceError(error.what, where=url) from None
        self._follow(fetch, reading, context)
        return reading

    def _wanted(self, entry: Entry) -> bool:
        """Whether an index's entry is worth its fetch; a source that knows better says so."""
        return bool(entry.link)

    def _follow(self, fetch: Fetch, reading: Reading, context: Context) -> None:
        wanted = [entry for entry in self._entries if self._wanted(entry)]
        due = [e for e in wanted if self._fetched.get(e.link) != e.updated]
        alerts: list[Alert] = []
        for entry in _once(due[: self._settings.documents]):
            tries = self._tries[entry.link] = self._tries.get(entry.link, 0) + 1
            try:
                answer = fetch.get(entry.link)
                if answer.status != 304:
                    alerts.append(cap.read(answer.body))
            except SourceError as error:
                reading.refuse(error.what, entry.link)
                if not error.gone:
                    continue
            except BadInput as error:
                # It may have been cut off, or caught half written.
                reading.refuse(error.what, entry.link, error.mend)
                if tries < _TRIES:
                    continue
            self._fetched[entry.link] = entry.updated
            del self._tries[entry.link]
        # Whole messages inside the index need no fetch.
        alerts += [e.alert for e in self._entries if e.alert is not None and not e.link]
        self.take(alerts, reading, context)
        listed = {entry.link for entry in self._entries}
        self._fetched = {link: at for link, at in self._fetched.items() if link in listed}
        self._tries = {link: count for link, count in self._tries.items() if link in listed}


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.link not in seen:
            seen.add(entry.link)
            yield entry
