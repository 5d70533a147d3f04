"""The official warnings in force here: whose, of what kind and colour, where, till when, and what is
open by them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts import FactBook
from alerting.alerts.facts import InForce
from alerting.places import Place
from alerting.places.areas import area_in_words
from alerting.rulebook import Book
from alerting.service.listing import level_name, place_name, utc
from alerting.store.schema import alert
from alerting.vocabulary import BY_BULLETIN, HAZARDS, Level
from alerting.vocabulary.languages import LANGUAGES
from alerting.vocabulary.official import WarningTable

Row = dict[str, Any]
# What an id may hold of an office's number: it stands in addresses and messages.
_PLAIN = re.compile(r"[^\w.-]+")
UNKNOWN = "warning-unknown"  # the rule that tells of a kind we do not know


def unknown_at(identifier: str) -> str:
    """The place under which the watch's own alert of a warning stands."""
    return f"warning:{_PLAIN.sub('-', identifier)}"


def warnings(
    connection: Connection,
    facts: FactBook,
    book: Book,
    table: WarningTable,
    realm_id: str,
    now: datetime,
) -> list[Row]:
    """Those that count somewhere in the county, the gravest first, then the latest.

    `kind` is what it warns of, in words; `known` says whether that is a hazard of ours, `heeded`
    whether it is that or listed as none of ours. Of a bulletin `level` is None. `until` is its own end,
    where it names one; `runs_out` is when it no longer counts, whatever it names. `unheard`: its end
    has passed while its feed was silent, and it counts until the feed is heard. `places` are the zones
    it covers, or the sites where it covers no zone; `whole` says that it is all zones. `alerts` are
    open by it.
    """
    open_now = connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.hazard, alert.c.place, alert.c.level, alert.c.official)
        .where(alert.c.realm == realm_id, alert.c.state == "open")
        .order_by(alert.c.level.desc(), alert.c.opened, alert.c.id)
    ).all()
    rows = [_row(held, facts, book, table, open_now, now) for held in facts.in_force(now)]
    return sorted(rows, key=lambda w: (w["level"] is not None and Level[w["level"]], w["issued"],
                                       w["identifier"]), reverse=True)  # fmt: skip


def _row(
    held: InForce, facts: FactBook, book: Book, table: WarningTable, open_now: Sequence[Any],
    now: datetime,
) -> Row:  # fmt: skip
    one = held.warning
    known = HAZARDS.get(one.hazard)
    said = one.event or one.headline
    places, whole = _covered(held, facts)
    return {
        "identifier": one.identifier, "source": one.source, "issuer": one.sender,
        "hazard": one.hazard, "event": one.event, "known": known is not None,
        "heeded": known is not None or table.event(one.sender, one.identifier, one.event) is not None,
        "kind": {"zh": known.zh, "en": known.en} if known else {"zh": said, "en": said},
        "level": None if one.hazard in BY_BULLETIN else one.level,
        "headline": one.headline, "text": "\n".join(t for t in (one.description, one.instruction) if t),
        "issued": utc(one.issued), "begins": utc(one.onset or held.since),
        "until": utc(one.expires), "runs_out": utc(held.runs_out),
        "unheard": not held.holds(now),
        "area": {lang: area_in_words(one.area, facts.places, lang) for lang in LANGUAGES},
        "places": [{"id": p.id, "name": place_name(facts.places, p.id)} for p in places],
        "whole": whole,
        "alerts": [_alert(a, facts, book) for a in open_now if _by(a, held, facts)],
    }  # fmt: skip


def _covered(held: InForce, facts: FactBook) -> tuple[list[Place], bool]:
    """The zones it covers, and whether that is all of them; the sites where it covers no zone."""
    places = facts.places

    def covers(place: Place) -> bool:
        lo, hi = places.place_range.get(place.id, (0, 0))
        return bool(held.columns[lo:hi].any())

    zones = [p for p in places.of_kind("zone") if p.id != places.county and p.points]
    found = [p for p in zones if covers(p)]
    if found:
        return found, len(found) == len(zones)
    return [p for p in places.by_id.values() if p.kind != "zone" and covers(p)], False


def _by(row: Any, held: InForce, facts: FactBook) -> bool:
    """Whether an open alert goes by this warning: it is of that hazard, and stands where it holds."""
    if row.rule == UNKNOWN:
        return bool(row.place == unknown_at(held.warning.identifier))
    lo, hi = facts.places.place_range.get(row.place, (0, 0))
    same = row.official is not None and row.hazard == held.warning.hazard
    return same and bool(held.columns[lo:hi].any())


def _alert(row: Any, facts: FactBook, book: Book) -> Row:
    rule = book.rules_by_id.get(row.rule)
    title: Mapping[str, str] = rule.title if rule is not None else {"zh": row.rule, "en": row.rule}
    return {"id": row.id, "rule": row.rule, "title": dict(title), "level": level_name(row.level),
            "place": row.place, "place_name": place_name(facts.places, row.place)}  # fmt: skip
