"""GET and POST /api/v1/responses: emergency responses, and what their post decides about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from alerting.service.response_listing import responses
from alerting.web.api_alerts import InRealm, State
from alerting.web.api_answers import Became, Key
from alerting.web.auth import needs, who
from alerting.web.bodies import Body
from alerting.web.desk import read, station_of
from alerting.web.problems import described
from alerting.web.roles import Who
from alerting.web.saying import known_realm, say

router = APIRouter(prefix="/api/v1", tags=["responses"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip


class Deciding(Body):
    """A decision of the plan's post. `reason` is the note of the consultation: who sat, what they
    found."""

    plan: Key
    grade: Literal["I", "II", "III", "IV", "end", "decline"]
    reason: str = Field(min_length=1, max_length=500)
    realm: Key = "live"


@router.get("/responses", summary="Emergency responses, oldest first, with what each asks for")
async def list_responses(
    request: Request,
    _who: Annotated[Who, Depends(who)],
    state: State = "open",
    realm: InRealm = None,
) -> list[dict[str, Any]]:
    station = station_of(request)
    await read(station, lambda c: realm and known_realm(c, realm))
    return await read(
        station, lambda c: responses(c, station.places, station.book, realm, state)
    )


@router.post("/responses", status_code=202, response_model=Became,
             summary="Start, change, end or decline a response")  # fmt: skip
async def decide(
    request: Request, given: Deciding, who_asks: Annotated[Who, Depends(needs("decide"))]
) -> dict[str, Any]:
    detail = {"grade": given.grade, "reason": given.reason}
    return await say(station_of(request), who_asks, "respond", f"plan:{given.plan}", detail,
                     channel="api", realm_id=given.realm)  # fmt: skip
