"""POST /api/v1/epidemics: a health authority's bulletin of an epidemic, for a place and a period."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, Field
from sqlalchemy import Connection, select

from alerting.errors import BadInput
from alerting.places.areas import AreaMatcher
from alerting.service.clock import LIVE
from alerting.signals import Area, Warning, decode
from alerting.store.schema import signal
from alerting.web.api_answers import Key
from alerting.web.auth import needs
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who
from alerting.web.saying import check_realm
from connectors.typed import epidemic_bulletin

router = APIRouter(prefix="/api/v1", tags=["signals"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip


class EpidemicBulletin(Body):
    """`areas` are names or administrative codes, `begins` and `until` its period, `reason` how it
    came."""

    issuer: str = Field(min_length=1, max_length=100)
    areas: list[Key] = Field(min_length=1, max_length=200)
    begins: AwareDatetime
    until: AwareDatetime
    text: str = Field("", max_length=5000)
    reason: str = Field(min_length=1, max_length=500)
    realm: Key = "live"


class EndOfBulletin(Body):
    reason: str = Field(min_length=1, max_length=500)
    realm: Key = "live"


@router.post("/epidemics", status_code=202, summary="Type in a bulletin of an epidemic")
async def take_epidemic(
    request: Request, given: EpidemicBulletin, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    """Rules that look for an epidemic hold in its area until its period is over or it is ended."""
    return await publish_epidemic(station_of(request), who_asks, given)


@router.post("/epidemics/{identifier}/end", status_code=202, summary="End a bulletin of an epidemic")
async def end_bulletin(
    request: Request, identifier: str, given: EndOfBulletin,
    who_asks: Annotated[Who, Depends(needs("order"))],
) -> dict[str, Any]:  # fmt: skip
    return await end_epidemic(station_of(request), who_asks, identifier, given)


async def publish_epidemic(
    station: Station, who_asks: Who, given: EpidemicBulletin
) -> dict[str, Any]:
    """Publish it in the person's name; gives its `identifier`, by which it is ended. Raises BadInput
    for a period that cannot be, or an area that holds no place of ours."""
    await read(station, lambda c: check_realm(c, given.realm))
    area = Area(names=tuple(a for a in given.areas if not a.isdigit()),
                codes=tuple(a for a in given.areas if a.isdigit()))  # fmt: skip
    told = epidemic_bulletin(given.issuer, area, given.begins, given.until, given.text,
                             station.now(given.realm), who_asks.person)  # fmt: skip
    if not AreaMatcher(station.places).covers(area).any():
        county = station.places.by_id[station.places.county]
        raise BadInput(f"no place of the county lies in {', '.join(given.areas)!r}",
                       mend=f"Give the county's or townships' names or codes, such as {county.name}.",
                       zh=f"本县没有地点在“{'、'.join(given.areas)}”之内，请填县、乡镇名称或区划代码，如"
                       f" {county.name}。")  # fmt: skip
    ids = await _publish(station, who_asks, told, given)
    return {"ids": ids, "realm": given.realm, "identifier": told.identifier, "next": {
        "zh": "疫情通报已录入，相关措施随即下达；到期自动结束，也可提前结束。",
        "en": "The bulletin is in; what it asks follows at once. It ends with its period, or by hand.",
    }}  # fmt: skip


async def end_epidemic(
    station: Station, who_asks: Who, identifier: str, given: EndOfBulletin
) -> dict[str, Any]:
    """End the bulletin of that identifier. Raises Problem where none of that name is in force."""
    await read(station, lambda c: check_realm(c, given.realm))
    now = station.now(given.realm)
    held = await read(station, lambda c: epidemics(c, given.realm))
    one = next((b for b in held if b.identifier == identifier and b.expires and b.expires > now), None)
    if one is None:
        known = ", ".join(b.identifier for b in held if b.expires and b.expires > now) or "none"
        raise Problem(404, f"no bulletin {identifier!r} is in force", f"In force: {known}.",
                      zh="没有这份有效的疫情通报，可能已到期或已结束。")  # fmt: skip
    over = one.model_copy(update={"id": "", "accepted": None, "issued": now, "action": "cancel",
                                  "references": (identifier,), "description": "",
                                  "source": f"typed:{who_asks.person}",
                                  "identifier": f"{identifier}:end"})  # fmt: skip
    ids = await _publish(station, who_asks, over, given)
    return {"ids": ids, "realm": given.realm, "next": {
        "zh": "疫情通报已结束，相关提示随即解除。",
        "en": "The bulletin has ended, and what it asked ends with it.",
    }}  # fmt: skip


async def _publish(
    station: Station, who_asks: Who, told: Warning, given: EpidemicBulletin | EndOfBulletin
) -> list[str]:
    said = f"{told.description}\n（{who_asks.name}：{given.reason}）".strip()
    fields = told.model_dump(exclude={"id", "accepted"}) | {"description": said}
    ids: list[str] = await station.publish(given.realm, [Warning.model_validate(fields)])
    return ids


def epidemics(connection: Connection, realm: str = LIVE) -> list[Warning]:
    """The bulletins of epidemics that came in and were not ended, the latest first."""
    bodies = connection.execute(
        select(signal.c.body)
        .where(signal.c.realm == realm, signal.c.kind == "warning",
               # Only people bring them: what the feeds brought meanwhile is not looked at.
               signal.c.source >= "typed:", signal.c.source < "typed;")
        .order_by(signal.c.seq.desc())
    ).scalars()  # fmt: skip
    told = []
    for body in bodies:
        try:
            one = decode(body)
        except ValueError:  # the engine has set it aside and the watch says so
            continue
        if isinstance(one, Warning) and one.hazard == "epidemic":
            told.append(one)
    ended = {number for one in told if one.action == "cancel" for number in one.references}
    return [one for one in told if one.action != "cancel" and one.identifier not in ended]
