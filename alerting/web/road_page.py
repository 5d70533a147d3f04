"""/roads: each road section, open or how far not, since when, by whom, until when."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerting.service.road_listing import closures, sections
from alerting.web.auth import who
from alerting.web.desk import Station, station_of
from alerting.web.drawing import page
from alerting.web.names import people_named, post_titles
from alerting.web.realms import shown_of_realm
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)


@router.get("/roads")
async def all_roads(request: Request, who_asks: Annotated[Who, Depends(who)]) -> Response:
    station = station_of(request)

    def show(connection: Connection, realm_id: str) -> dict[str, Any]:
        now = station.now(realm_id)
        engine = station.engines.get(realm_id)  # none of an exercise that has ended long ago
        return {
            "sections": sections(connection, station.places, station.book, realm_id, now),
            "closures": closures(engine.facts, now) if engine is not None else [],
            "unseen": _unseen(connection, station, realm_id) if realm_id in station.engines else {},
            "posts": post_titles(connection), "people": people_named(connection),
            "names": {p.id: {one: p.called(one) for one in ("zh", "en")}
                      for p in station.places.of_kind("road-section")},
        }  # fmt: skip

    shown = await shown_of_realm(request, show)
    return page(request, "roads.html", who=who_asks, now=station.now(shown["realm"].id), **shown)


def _unseen(
    connection: Connection, station: Station, realm_id: str
) -> dict[str, list[dict[str, str]]]:
    """By place, what the rules are called that are blind or undecidable there: it is not green."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for one in [*station.blind(connection, realm_id), *station.undecidable(realm_id)]:
        title = dict(station.book.rules_by_id[one["rule"]].title)
        found.setdefault(one["place"], {})[one["rule"]] = title
    return {place: list(rules.values()) for place, rules in found.items()}
