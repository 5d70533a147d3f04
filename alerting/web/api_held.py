"""GET /api/v1/held: what was held back, until when and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from alerting.service.held import held
from alerting.web.api_alerts import InRealm
from alerting.web.auth import who
from alerting.web.desk import read, station_of
from alerting.web.problems import described
from alerting.web.roles import Who
from alerting.web.saying import known_realm

router = APIRouter(prefix="/api/v1", tags=["messages"], responses=described(401, 404, 422))
Of = Annotated[str | None, Query(max_length=200)]


@router.get("/held", summary="Notices that wait or were not sent, newest first, with the reason")
async def list_held(
    request: Request,
    _who: Annotated[Who, Depends(who)],
    realm: InRealm = None,
    alert: Of = None,
    person: Of = None,
) -> list[dict[str, Any]]:
    """`state` is waits (then `until` says until when) or withheld; of the real world where no realm
    is named; of one alert, or for one person, where these are given."""
    station, realm_id = station_of(request), realm or "live"
    await read(station, lambda c: known_realm(c, realm_id))
    return await read(station, lambda c: held(c, station.places, realm_id, alert=alert,
                                              person_id=person))  # fmt: skip
