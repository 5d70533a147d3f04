"""/api/v1/people: how each can be reached, and the codes by which an address is verified."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, select

from alerting.chase import consent
from alerting.people import person_by_id
from alerting.service.held import held
from alerting.service.reach import budgets, people, to_verify
from alerting.signals import Report
from alerting.store.schema import contact
from alerting.web.auth import needs
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who
from alerting.web.saying import became

router = APIRouter(prefix="/api/v1", tags=["people"], responses=described(401, 403, 404, 409, 422))
LIVE = "live"


class Code(Body):
    """`channel` is the one that the code of six digits was sent on."""

    channel: str = Field(max_length=100)
    code: str = Field(min_length=1, max_length=20)


@router.get("/people", summary="Everybody, and how they can be reached")
async def list_people(
    request: Request, _who: Annotated[Who, Depends(needs("answer"))]
) -> list[dict[str, Any]]:
    station = station_of(request)
    return await read(station, lambda c: people(c, station.channels))


@router.get("/people/{person_id}", summary="One person: channels, budgets, what was held back")
async def show_person(
    request: Request, _who: Annotated[Who, Depends(needs("answer"))], person_id: str
) -> dict[str, Any]:
    station = station_of(request)
    return await read(station, lambda c: one_person(c, station, person_id))


@router.post("/people/verify", status_code=202,
             summary="Send a code to everybody with an address to verify, once a day")  # fmt: skip
async def ask_everybody(
    request: Request, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    station = station_of(request)
    waits = await read(station, lambda c: to_verify(c, station.channels, station.now(LIVE)))
    # One by one: people's answers come between.
    return {"sent": {one: await send_codes(station, who_asks, one) for one in waits}}


@router.post("/people/{person_id}/verify", status_code=202,
             summary="Send a code to each of a person's addresses that is not verified")  # fmt: skip
async def ask_to_verify(
    request: Request, who_asks: Annotated[Who, Depends(needs("order"))], person_id: str
) -> dict[str, Any]:
    return {"sent": await send_codes(station_of(request), who_asks, person_id)}


@router.post("/people/{person_id}/verified", status_code=202, summary="Say a code back")
async def say_back(
    request: Request, given: Code, who_asks: Annotated[Who, Depends(needs("answer"))], person_id: str
) -> dict[str, Any]:
    return await said_back(station_of(request), who_asks, person_id, given.channel, given.code)


def one_person(connection: Connection, station: Station, person_id: str) -> dict[str, Any]:
    """Raises Problem 404."""
    found = people(connection, station.channels, person_id)
    if not found:
        raise Problem(404, f"there is no person {person_id!r}", "GET /api/v1/people",
                      zh=f"没有编号为 {person_id} 的人员。")  # fmt: skip
    return found[0] | {
        "budgets": budgets(connection, station.channels, person_id, station.runtime.now()),
        "held": held(connection, station.places, LIVE, person_id=person_id),
    }


async def send_codes(station: Station, who_asks: Who, person_id: str) -> list[str]:
    """The channels that a code went out on. Raises Problem where there is nothing to verify."""
    runtime = station.runtime

    def write(connection: Connection) -> list[str]:
        who = person_by_id(connection, person_id)
        if who is None:
            raise Problem(404, f"there is no person {person_id!r}", "GET /api/v1/people",
                          zh=f"没有编号为 {person_id} 的人员。")  # fmt: skip
        asked = [one for one in consent.unverified(connection, person_id)
                 if one.channel in station.channels]  # fmt: skip
        if not asked:
            raise Problem(409, f"{person_id} has no address that is still to be verified",
                          zh=f"{who.name}没有待核验的联系方式。")  # fmt: skip
        for one in asked:
            code = f"{int(runtime.uniform(0, 1_000_000)):06d}"
            consent.ask(connection, station.life(LIVE), who, one, code, who_asks.person,
                        station.now(LIVE), f"{station.config.url}/people/{person_id}")  # fmt: skip
        return [one.channel for one in asked]

    return await station.writer.write(write, first=True)


async def said_back(
    station: Station, who_asks: Who, person_id: str, channel: str, code: str
) -> dict[str, Any]:
    """A code typed on a page: whoever it was sent to, or somebody who may order, types it."""
    if who_asks.person != person_id and not who_asks.may("order"):
        raise Problem(403, "a code is typed by the person it was sent to",
                      zh="验证码须由收到的人本人填写。没有记录。")  # fmt: skip
    addresses = await read(station, lambda c: list(c.execute(
        select(contact.c.address).where(contact.c.person == person_id, contact.c.channel == channel,
                                        contact.c.verified.is_(None))).scalars()))  # fmt: skip
    if not addresses:
        raise Problem(404, f"{person_id} has no address on {channel} that is still to be verified",
                      zh=f"该人员在 {channel} 上没有待核验的联系方式。")  # fmt: skip
    report = Report(
        source="web", issued=station.now(LIVE), act=consent.VERIFY, person=person_id, channel="page",
        subject=f"person:{person_id}",
        detail={"channel": channel, "reply_to": addresses[0], "text": code,
                "typed_by": who_asks.person},
    )  # fmt: skip
    ids = await station.publish(LIVE, [report])
    return {"ids": ids, "id": report.id, **await became(station, report.id, person_id)}
