"""What the first page shows: one reading of the tables, put into a tired reader's order."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from alerting.bus import newest_by_source
from alerting.service import callout_listing, hand_overs, listing
from alerting.service.reach import without_loud
from alerting.service.response_listing import responses
from alerting.service.sentinels import states
from alerting.store.schema import (
    alert,
    delivery,
    delivery_notice,
    notice,
    person,
    standing,
)
from alerting.vocabulary import Level
from alerting.web.cards import cards
from alerting.web.desk import Station
from alerting.web.names import people_named, post_titles
from alerting.web.officials import ended_officials
from alerting.web.realms import LIVE, open_live, realms_shown
from alerting.web.reasons import all_missing
from alerting.web.sent import as_shown
from alerting.web.unreachable import unreachable
from alerting.web.waiting import waiting

MESSAGES = 8
WEATHER = ("forecast", "observation", "warning")


def front(connection: Connection, station: Station, realm_id: str) -> dict[str, Any]:
    """What the page shows of a realm, but its words."""
    rows = listing.alerts(connection, station.places, station.book, realm_id, "open")
    levels = Counter(row["level"] for row in rows)
    blind, undecidable = unseen(connection, station, realm_id)
    return {
        "others": [r for r in realms_shown(connection) if r.id != realm_id],
        "levels": {level.name: levels[level.name] for level in reversed(Level)},
        "cards": cards(rows, _holding(connection, realm_id)),
        "ended_officials": ended_officials(connection, station, realm_id, rows),
        "callouts": callout_listing.listed(connection, station.places, realm_id, "open",
                                           station.now(realm_id)),
        "responses": responses(connection, station.places, station.book, realm_id, "open"),
        "open": len(rows),
        "open_live": open_live(connection),
        "posts": post_titles(connection),
        "people": people_named(connection),
        "by_hand": _by_hand(connection, station, realm_id),
        "waiting": waiting(connection, station, realm_id),
        "hand_overs": list(hand_overs.listed(connection).values()) if realm_id == LIVE else [],
        "unreachable": unreachable(connection, station),
        "not_loud": without_loud(connection, station.channels),
        "blind": blind,
        "blind_count": sum(len(one["places"]) for one in blind),
        "undecidable": undecidable,
        "sources": station.sources(connection) if realm_id == LIVE
                   else heard(connection, station, realm_id),
        "sentinels": _sentinels(connection, station) if realm_id == LIVE else [],
        "messages": messages(connection, realm_id, MESSAGES),
        "ended": _ended(connection, station, realm_id),
    }


def _sentinels(connection: Connection, station: Station) -> list[dict[str, Any]]:
    """Who watches from another machine: whether they answer, and for what they call the duty list."""
    now = station.runtime.now()
    return [
        {"name": one.name, "heard": one.heard, "calling": one.calling, "error": one.error,
         "state": "silent" if one.silent(station.started, now) else "heard"}
        for one in states(connection, station.config)
    ]  # fmt: skip


def heard(connection: Connection, station: Station, realm_id: str) -> list[dict[str, Any]]:
    """The sources of an exercise, by what came in: it has none that are polled."""
    cadences = station.cadences(realm_id)
    now = station.now(realm_id)
    running = realm_id in station.engines
    spoke: dict[str, datetime] = {}
    for (_, source), last in newest_by_source(connection, realm_id, WEATHER).items():
        spoke[source] = max(last.accepted, spoke.get(source, last.accepted))
    found = []
    for source, at in sorted(spoke.items()):
        cadence = cadences.get(source) if running else None
        due = at + cadence if cadence is not None else None
        late = due is not None and now > due
        found.append({"name": source, "state": "late" if late else "heard",
                      "spoke": at, "due": due, "error": ""})  # fmt: skip
    return found


def messages(connection: Connection, realm_id: str, limit: int) -> list[dict[str, Any]]:
    """The latest messages as their readers got them, the newest first."""
    rows = connection.execute(
        select(delivery, person.c.name, person.c.name_en)
        .outerjoin(person, person.c.id == delivery.c.person)
        .where(delivery.c.realm == realm_id)
        .order_by(delivery.c.id.desc())
        .limit(limit)
    ).all()
    about = _alerts_of(connection, [row.id for row in rows])
    return [
        {
            "id": row.id, "alert": about.get(row.id), "band": row.band,
            **as_shown(row, {"zh": row.name or row.person, "en": row.name_en or row.name}),
        }
        for row in rows
    ]  # fmt: skip


def unseen(
    connection: Connection, station: Station, realm_id: str
) -> tuple[list[Any], list[Any]]:
    """(blind, undecidable), rule by rule; an ended realm's engine is gone and says neither."""
    if realm_id not in station.engines:
        return [], []
    blind: dict[str, dict[str, Any]] = {}
    for one in station.blind(connection, realm_id):
        held = blind.setdefault(one["rule"], {"places": [], "since": one["since"]})
        held["places"].append(listing.place_name(station.places, one["place"]))
        held["since"] = min(held["since"], one["since"])
    lacking: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for one in station.undecidable(realm_id):
        key = (one["rule"], tuple(sorted(one["missing"])))
        held = lacking.setdefault(key, {"places": {}, "levels": {}})
        held["places"][one["place"]] = listing.place_name(station.places, one["place"])
        held["levels"][one["level"]] = True
    return (
        [{"rule": _title(station, rule), **held} for rule, held in blind.items()],
        [
            {"rule": _title(station, rule), "missing": all_missing(missing),
             "places": list(held["places"].values()), "levels": list(held["levels"])}
            for (rule, missing), held in lacking.items()
        ],
    )  # fmt: skip


def _title(station: Station, rule_id: str) -> dict[str, str]:
    rule = station.book.rules_by_id.get(rule_id)
    return dict(rule.title) if rule is not None else {"zh": rule_id, "en": rule_id}


def _by_hand(connection: Connection, station: Station, realm_id: str) -> list[Any]:
    """Open measures that no alert or response asks for: they would show nowhere else."""
    rows = listing.measures(connection, station.places, station.book, realm_id, "open")
    return [
        row for row in rows
        if not any(
            a["ended"] is None and a["asker"].startswith((f"{realm_id}.", f"response:{realm_id}."))
            for a in row["askers"]
        )
    ]  # fmt: skip


def _holding(connection: Connection, realm_id: str) -> set[tuple[str, str]]:
    """(rule, place) whose level is no longer met and waits out its hold."""
    rows = connection.execute(
        select(standing.c.rule, standing.c.place)
        .where(standing.c.realm == realm_id, standing.c.hold_since.is_not(None))
    )  # fmt: skip
    return {(r.rule, r.place) for r in rows}


def _ended(connection: Connection, station: Station, realm_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(alert)
        .where(alert.c.realm == realm_id, alert.c.state != "open")
        .order_by(alert.c.closed.desc(), alert.c.id)
        .limit(10)
    )
    return [
        {"id": r.id, "rule": _title(station, r.rule), "peak": r.peak, "state": r.state,
         "place": listing.place_name(station.places, r.place), "opened": r.opened,
         "closed": r.closed}
        for r in rows
    ]  # fmt: skip


def _alerts_of(connection: Connection, deliveries: list[int]) -> dict[int, str]:
    rows = connection.execute(
        select(delivery_notice.c.delivery, func.min(notice.c.alert).label("alert"))
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(delivery_notice.c.delivery.in_(deliveries), notice.c.alert.is_not(None))
        .group_by(delivery_notice.c.delivery)
    )
    return {r.delivery: r.alert for r in rows}
