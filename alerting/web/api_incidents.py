"""POST /api/v1/incidents: a bulletin of an accident elsewhere, typed in by somebody on duty."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, Field

from alerting.errors import BadInput
from alerting.service.heeded import check_heeded
from alerting.signals import Incident, check_times
from alerting.vocabulary.incidents import incident_named
from alerting.web.api_answers import Key
from alerting.web.auth import needs
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import described
from alerting.web.roles import Who
from alerting.web.saying import check_realm

router = APIRouter(prefix="/api/v1", tags=["signals"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip


class Bulletin(Body):
    """What a bulletin says. `at` is when it happened; `reason` how the bulletin came."""

    kind: Key
    place: str = Field(min_length=1, max_length=200)
    at: AwareDatetime
    casualties: str = Field("", max_length=200)
    text: str = Field("", max_length=5000)
    reason: str = Field(min_length=1, max_length=500)
    realm: Key = "live"


@router.post("/incidents", status_code=202, summary="Type in a bulletin of an accident elsewhere")
async def take_bulletin(
    request: Request, given: Bulletin, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    """It becomes an inspection order for the sectors whose rules look for that kind of accident."""
    return await publish_bulletin(station_of(request), who_asks, given)


async def publish_bulletin(station: Station, who_asks: Who, given: Bulletin) -> dict[str, Any]:
    """Publish it in the person's name. Raises BadInput for a kind that no rule looks for, and for a
    time that cannot be."""
    await read(station, lambda c: check_realm(c, given.realm))
    now = station.now(given.realm)
    told = Incident(
        source=f"typed:{who_asks.person}", issued=now, incident=given.kind, place=given.place.strip(),
        at=given.at, casualties=given.casualties.strip(),
        text=f"{given.text.strip()}\n（{who_asks.name}：{given.reason}）".strip(),
    )  # fmt: skip
    check_heeded(told, station.book)
    if given.at > now:
        raise BadInput("it would have happened after now: look at the date and the zone",
                       zh="发生时间还没有到，请核对日期和时间。")  # fmt: skip
    check_times(told, now)
    ids = await station.publish(given.realm, [told])
    named = incident_named(given.kind)
    return {"ids": ids, "realm": given.realm, "next": {
        "zh": f"事故通报已录入（{named['zh']}，{told.place}），相关行业的排查随即下达。",
        "en": f"The bulletin is in ({named['en']}, {told.place});"
              " the sectors concerned are told to inspect.",
    }}  # fmt: skip
