"""Atom and RSS indexes of CAP messages: where each is, and what the entry itself says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from alerting.connector import Reading
from alerting.errors import BadInput
from connectors.formats import cap, xml
from connectors.formats.alert import Alert
from connectors.formats.stamps import stamp
from connectors.formats.xml import local, text

ROOTS = frozenset({"feed", "rss", "RDF"})
# A country's index with some 400 entries has under 1 MB; reading time grows faster than the size.
MAX_BYTES = 2 * 1024 * 1024
_MADE = ("updated", "lastBuildDate", "pubDate")
_CAP_TYPE = "application/cap+xml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `link` is its message's address or "", `alert` what it carries itself, or None."""

    id: str
    title: str
    link: str
    updated: str
    alert: Alert | None


def entries(root: Any, body: bytes, base: str = "") -> list[Entry]:
    """The entries of an index that `xml.parse` has let through; `base` resolves relative links.

    Raises BadInput for one that is too large.
    """
    if len(body) > MAX_BYTES:
        raise BadInput(f"this index has {len(body):,} bytes; more than {MAX_BYTES:,} is refused")
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    elements = [e for e in root.iter() if local(e) in ("entry", "item")]
    if len(elements) != len(parsed.entries):
        elements = [None] * len(parsed.entries)
    return [
        Entry(
            id=str(found.get("id") or found.get("link") or ""),
            title=str(found.get("title") or ""),
            link=_link(found, base),
            # dict.get: feedparser's own warns when it puts one time for the other.
            updated=str(dict.get(found, "updated") or dict.get(found, "published") or ""),
            alert=None if element is None else _inline(element),
        )
        for found, element in zip(parsed.entries, elements, strict=True)
    ]


def alerts(body: bytes, reading: Reading) -> list[Alert]:
    """The one message in `body`, or those that its index carries itself.

    An entry that only points to its message goes to `reading`. Raises BadInput for hostile XML and
    for what is neither.
    """
    root = xml.parse(body)
    if local(root) not in ROOTS:
        return [cap.alert_of(root)]
    found: list[Alert] = []
    for entry in entries(root, body):
        if entry.alert is not None:
            found.append(entry.alert)
            continue
        what = "this entry only points to its warning" if entry.link else "an entry with no link"
        mend = f"Fetch {entry.link}" if entry.link else ""
        reading.refuse(what, entry.id or entry.title, mend)
    return by_identifier(found)


def made(body: bytes) -> datetime | None:
    """When the message was sent, or the index made; None where neither can be read."""
    try:
        root = xml.parse(body)
        return updated(root) if local(root) in ROOTS else stamp(cap.alert_of(root).sent)
    except (BadInput, ValueError):
        return None


def updated(root: Any) -> datetime | None:
    """The latest time at which the index says it was made, None where it says none."""
    heads = [root, *[e for e in root if local(e) == "channel"]]
    times: list[datetime] = []
    for said in (text(head, name) for head in heads for name in _MADE):
        try:
            at = stamp(said)
        except ValueError:
            continue  # another element may say it in a form that can be read
        if at is not None:
            times.append(at)
    return max(times, default=None)


def _link(found: Any, base: str) -> str:
    links = [link for link in found.get("links", []) if link.get("href")]
    typed = [link for link in links if link.get("type") == _CAP_TYPE]
    # RSS has one link and no types: it is the message. An Atom link without a type may be.
    plain = [link for link in links if link.get("rel") == "alternate"]
    chosen = typed or plain[:1]
    address = urljoin(base, str(chosen[0]["href"])) if chosen else ""
    return address if urlsplit(address).scheme in ("http", "https") else ""


def _inline(element: Any) -> Alert | None:
    """A whole message inside the entry, else one put together from its `cap:` elements."""
    for inner in element.iter():
        if local(inner) == "alert":
            try:
                return cap.alert_of(inner)
            except BadInput:
                return None  # another form inside a CAP index: named by its entry
    if not text(element, "identifier"):
        return None
    said = cap.of_entry(element)
    return said if said.sent and said.status else None


def by_identifier(alerts: list[Alert]) -> list[Alert]:
    """Entries that repeat one message for each of its areas, put together again."""
    found: dict[str, Alert] = {}
    for alert in alerts:
        first = found.setdefault(alert.identifier, alert)
        if first is not alert:
            first.infos[0].areas += [a for info in alert.infos for a in info.areas]
    return list(found.values())
