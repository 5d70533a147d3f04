"""CAP messages, one by one or from an Atom or RSS index of them.

An index is followed to its messages, each of which is fetched once. A message that disappears from
an index has not been cancelled: only a Cancel, an Update or its own end ends a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from alerting.connector import Context, Fetch, Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Warning
from connectors.formats import cap, feed, xml
from connectors.formats.alert import LANGUAGES, Alert, take
from connectors.formats.area import kept
from connectors.formats.feed import Entry
from connectors.formats.stamps import stamp


class CapOptions(Options):
    """`url` is a message's or an index's address; without one the source is only read from.

    `areas` keeps warnings whose codes lie in, or hold, one of these; those without codes are kept.
    `senders` refuses all others. `scopes` lets in messages not meant for the public, where an office
    sends us such. `documents` is how many messages one poll fetches at most; the rest follow.
    """

    url: str = ""
    languages: tuple[str, ...] = Field(default=LANGUAGES, min_length=1)
    areas: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    scopes: tuple[str, ...] = Field(default=("Public",), min_length=1)
    documents: int = Field(default=100, ge=1, le=1000)
    minutes: int = Field(default=5, ge=1, le=1440)


class Source:
    name: ClassVar[str] = "cap"
    options: ClassVar[type[Options]] = CapOptions
    feeds: ClassVar[frozenset[str]] = frozenset({"warning"})

    def __init__(self, settings: Any) -> None:
        self._settings: CapOptions = type(self).options.model_validate(  # type: ignore[assignment]
            settings, from_attributes=True
        )
        self._entries: list[Entry] = []  # of the last index, for a 304
        self._fetched: dict[str, str] = {}  # message's address: what its entry said of its time

    @property
    def cadence(self) -> timedelta:
        return timedelta(minutes=self._settings.minutes)

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset()

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """The message at `url`, or those of the index there that were not fetched before.

        A message that cannot be fetched is a problem and is tried again, unless the answer was that
        it never will be there. Raises SourceError when `url` itself fails.
        """
        url = self._settings.url
        if not url:
            raise SourceError(
                f"the source {context.source} has no address to ask",
                mend="Give it a url in config.yaml, or push its messages.",
                passing=False,
            )
        answer = fetch.get(url)
        reading = Reading()
        if answer.status != 304 and answer.body:
            try:
                root = xml.parse(answer.body)
                if xml.local(root) not in feed.ROOTS:
                    self._take([cap.alert_of(root)], reading, context)
                    return reading
                self._entries = feed.entries(root, answer.body, url)
            except BadInput as error:
                raise SourceError(error.what, where=url) from None
        self._follow(fetch, reading, context)
        return reading

    def read(self, body: bytes, context: Context) -> Reading:
        """A message, or an index as far as its entries say themselves what they warn of.

        An entry that only points to its message is a problem. Raises BadInput for hostile XML and
        for what is neither.
        """
        reading = Reading()
        root = xml.parse(body)
        if xml.local(root) not in feed.ROOTS:
            self._take([cap.alert_of(root)], reading, context)
            return reading
        alerts: list[Alert] = []
        for entry in feed.entries(root, body):
            if entry.alert is not None:
                alerts.append(entry.alert)
            else:
                reading.refuse(
                    "this entry only points to its warning"
                    if entry.link
                    else "an entry with no link",
                    entry.id or entry.title,
                    f"Fetch {entry.link}" if entry.link else "",
                )
        self._take(feed.by_identifier(alerts), reading, context)
        return reading

    def payload_time(self, body: bytes) -> datetime | None:
        """When the message was sent, or the index made; None where neither can be read."""
        try:
            root = xml.parse(body)
            if xml.local(root) in feed.ROOTS:
                return feed.updated(root)
            return stamp(cap.alert_of(root).sent)
        except (BadInput, ValueError):
            return None

    def _wanted(self, entry: Entry) -> bool:
        """Whether an index's entry is worth its fetch; a source that knows better says so."""
        return bool(entry.link)

    def _follow(self, fetch: Fetch, reading: Reading, context: Context) -> None:
        wanted = [entry for entry in self._entries if self._wanted(entry)]
        due = [e for e in wanted if self._fetched.get(e.link) != e.updated]
        alerts: list[Alert] = []
        for entry in _once(due[: self._settings.documents]):
            try:
                answer = fetch.get(entry.link)
                if answer.status != 304:
                    alerts.append(cap.read(answer.body))
            except SourceError as error:
                reading.refuse(error.what, entry.link)
                if error.passing:
                    continue
            except BadInput as error:
                reading.refuse(error.what, entry.link, error.mend)
            self._fetched[entry.link] = entry.updated
        # Whole messages inside the index need no fetch.
        alerts += [e.alert for e in self._entries if e.alert is not None and not e.link]
        self._take(alerts, reading, context)
        listed = {entry.link for entry in self._entries}
        self._fetched = {link: at for link, at in self._fetched.items() if link in listed}

    def _take(self, alerts: Iterable[Alert], reading: Reading, context: Context) -> None:
        """Add what `alerts` warn of, oldest first, so that a chain comes in its order."""
        settings = self._settings
        found = Reading()
        for alert in alerts:
            if settings.senders and alert.sender not in settings.senders:
                found.refuse(f"its sender {alert.sender[:60]!r} is none of ours", alert.identifier)
                continue
            take(alert, found, source=context.source, now=context.now,
                 languages=settings.languages, scopes=settings.scopes)  # fmt: skip
        warnings = [w for w in found.signals if isinstance(w, Warning) and kept(w, settings.areas)]
        reading.signals += sorted(warnings, key=lambda w: w.issued)
        reading.problems += found.problems


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.link not in seen:
            seen.add(entry.link)
            yield entry
