"""/roads: each road section, open or how far not, since when, by whom, until when."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerting.service.road_listing import closures, sections
from alerting.web.auth import who
from alerting.web.desk import station_of
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
            "posts": post_titles(connection), "people": people_named(connection),
            "names": {p.id: {one: p.called(one) for one in ("zh", "en")}
                      for p in station.places.of_kind("road-section")},
        }  # fmt: skip

    shown = await shown_of_realm(request, show)
    return page(request, "roads.html", who=who_asks, now=station.now(shown["realm"].id), **shown)
