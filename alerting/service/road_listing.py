"""How each road section stands: open, exit only, closed, held for some; since when and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerting.alerts import FactBook
from alerting.places import Place, Places
from alerting.places.roads import direction_words, stretch_of
from alerting.rulebook import Book
from alerting.rulebook.spoken import DIRECTION, PASSING, said_of
from alerting.service import listing
from alerting.service.listing import utc
from alerting.vocabulary.languages import LANGUAGES

Row = dict[str, Any]
# In which a measure holds on the road: reported so or, while its lifting is looked at, still.
STANDS = ("in force", "lift proposed", "attested")


def sections(
    connection: Connection, places: Places, book: Book, realm_id: str, now: datetime
) -> list[Row]:
    """Every road section of the county by road and kilometre, with the measures that make its state.

    `state` is open | held | exit-only | closed (the exits too). `direction` is the one way that is
    closed, "" where it is the section's own or both. `shut` are the closures and holds that stand,
    `coming` those that are proposed, ordered or begin later, `salted` the newest salting, `escorts`
    what is escorted, `reopening` those whose lifting waits for a check by `lifter`.
    """
    on_roads = {n: m.road for n, m in book.measures.items() if m.road is not None}
    found: dict[str, list[Row]] = {}
    for row in listing.measures(connection, places, book, realm_id, "open"):
        if row["measure"] in on_roads:
            found.setdefault(row["object"], []).append(row | {"road": on_roads[row["measure"]]})
    rows = [_section(p, book, found.get(p.id, []), utc(now) or "")
            for p in places.of_kind("road-section")]  # fmt: skip
    return sorted(rows, key=lambda s: (s["road"], s["from_km"] or 0.0, s["id"]))


def closures(facts: FactBook, now: datetime) -> list[Row]:
    """What others told us is closed now, and which of our sections meet it."""
    return [
        {"road": c.told.road, "from_km": c.told.from_km, "to_km": c.told.to_km,
         "direction": c.told.direction, "by": c.told.by, "reason": c.told.reason,
         "since": utc(c.since), "until": utc(c.told.until), "told_by": c.person,
         "stretch": {one: c.told.stretch.called(one) for one in LANGUAGES},
         "sections": [p.id for p in facts.places.of_kind("road-section")
                      if (own := stretch_of(p)) is not None and c.told.stretch.touches(own)]}
        for c in facts.roads.standing(now)
    ]  # fmt: skip


def _section(place: Place, book: Book, measures: list[Row], now: str) -> Row:
    stretch = stretch_of(place)
    shuts = [m for m in measures if m["road"] in ("closes", "holds")]
    # What was reported ready in the afternoon holds nobody before its hour; what was in force and is
    # ordered anew because somebody asks for more has not opened meanwhile.
    stand = [m for m in shuts
             if (m["state"] in STANDS or m["in_force"]) and (m["begins"] or now) <= now]  # fmt: skip
    return {
        "id": place.id, "name": {one: place.called(one) for one in LANGUAGES},
        "road": place.road, "from_km": place.from_km, "to_km": place.to_km,
        "stretch": {one: stretch.called(one) if stretch else "" for one in LANGUAGES},
        "entries": list(place.entries), "exits": list(place.exits),
        "gates": {key: {one: ("、" if one == "zh" else ", ").join(place.gate(n, one) for n in names)
                        for one in LANGUAGES}
                  for key, names in (("entries", place.entries), ("exits", place.exits))},
        "state": _state(stand), "direction": _direction(stand, place),
        "shut": [_told(m, place, book) for m in stand],
        "coming": [_told(m, place, book) for m in shuts if m not in stand],
        "salted": next((_told(m, place, book) for m in reversed(measures)
                        if m["road"] == "salts" and m["state"] in STANDS), None),
        "escorts": [_told(m, place, book) for m in measures
                    if m["road"] == "escorts" and m["state"] == "in force"],
        "reopening": [_told(m, place, book) for m in stand if m["state"] == "lift proposed"],
    }  # fmt: skip


def _state(stand: list[Row]) -> str:
    closing = [m for m in stand if m["road"] == "closes"]
    if not closing:
        return "held" if stand else "open"
    # A closure that does not say lets vehicles off, as closing does.
    whole = any(m["arguments"].get(PASSING) == "whole" for m in closing)
    return "closed" if whole else "exit-only"


def _direction(stand: list[Row], place: Place) -> str:
    """The one way that everything closed here is closed in, unless that is the section's whole."""
    closing = [m["arguments"].get(DIRECTION) or () for m in stand if m["road"] == "closes"]
    ways = {str(way) for said in closing for way in said}
    if len(ways) != 1 or not all(closing):  # one that does not say closes both
        return ""
    way = ways.pop()
    own = direction_words(place.direction, "en")
    return "" if direction_words(way, "en") == own else way


def _told(row: Row, place: Place, book: Book) -> Row:
    definition = book.measures[row["measure"]]
    return {
        "id": row["id"], "measure": row["measure"], "title": row["title"], "state": row["state"],
        "said": {one: said_of(definition, row["arguments"], place, one) for one in LANGUAGES},
        "since": row["in_force"] or row["issued"], "begins": row["begins"], "until": row["ends"],
        "carrier": row["carrier"], "decided_by": row["decided_by"], "decider": row["decider"],
        "lifter": row["lifter"], "exempts": row["exempts"],
    }  # fmt: skip
