"""/api/v1/roads: how each section stands; and what others tell us of roads they closed or opened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, Field

from alerting.places.roads import CLOSED, REOPENED, Direction, read_road_report
from alerting.service.road_listing import closures, sections
from alerting.web.api_alerts import InRealm
from alerting.web.api_answers import Became, Key
from alerting.web.auth import needs, who
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import described
from alerting.web.roles import Who
from alerting.web.saying import check_realm, known_realm, say

router = APIRouter(prefix="/api/v1", tags=["roads"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip


class Stretch(Body):
    """A stretch of a road of ours, here or beyond the border; `by` is who says so."""

    road: Key
    from_km: float
    to_km: float
    direction: Direction = "both"
    by: str = Field(min_length=1, max_length=100)
    reason: str = Field("", max_length=500)
    realm: Key = "live"


class Closing(Stretch):
    """`reason` must say something; `until` is left out where nobody has said."""

    until: AwareDatetime | None = None


@router.get("/roads", summary="Every road section: open, exit only, closed, held for which vehicles")
async def list_roads(
    request: Request, _who: Annotated[Who, Depends(who)], realm: InRealm = None
) -> dict[str, Any]:
    """`sections`, and `closures` that others told us of; of the real world where no realm is named."""
    station, realm_id = station_of(request), realm or "live"
    await read(station, lambda c: known_realm(c, realm_id))
    found = await read(station, lambda c: sections(c, station.places, station.book, realm_id,
                                                    station.now(realm_id)))
    engine = station.engines.get(realm_id)
    told = closures(engine.facts, station.now(realm_id)) if engine is not None else []
    return {"realm": realm_id, "sections": found, "closures": told}


@router.post("/roads/closed", status_code=202, response_model=Became,
             summary="Tell of a road that a neighbour has closed")  # fmt: skip
async def road_closed(
    request: Request, given: Closing, who_asks: Annotated[Who, Depends(needs("answer"))]
) -> dict[str, Any]:
    detail = given.model_dump(mode="json", exclude={"realm"})
    return await tell(station_of(request), who_asks, CLOSED, detail, given.realm, "api")


@router.post("/roads/reopened", status_code=202, response_model=Became,
             summary="Tell that it is open again")  # fmt: skip
async def road_reopened(
    request: Request, given: Stretch, who_asks: Annotated[Who, Depends(needs("answer"))]
) -> dict[str, Any]:
    detail = given.model_dump(mode="json", exclude={"realm"})
    return await tell(station_of(request), who_asks, REOPENED, detail, given.realm, "api")


async def tell(
    station: Station, who_asks: Who, act: str, detail: dict[str, Any], realm_id: str, channel: str
) -> dict[str, Any]:
    """Publish what is told of a stretch in the person's name. Raises BadInput for what cannot be."""
    await read(station, lambda c: check_realm(c, realm_id))
    told = read_road_report(act, detail, station.places, station.now(realm_id))
    return await say(station, who_asks, act, f"road:{told.road}", told.model_dump(mode="json"),
                     channel=channel, realm_id=realm_id)  # fmt: skip
