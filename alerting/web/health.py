"""/healthz and /readyz: for whoever watches the service from outside. Its figures: web/figures.py."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from alerting.service.done_by import nobody_does
from alerting.service.service_rules import loop_words
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem

router = APIRouter(include_in_schema=False)
WAITING_LIMIT = 1000  # pieces of work before the one writer beyond which we are not ready
PATIENCE = 5.0  # seconds for the database to answer
STANDS = 180.0  # seconds of one round of a loop after which it stands still
# A round goes through all sources that are due, and each may take its time.
STANDS_LONGER = {"poll": 900.0}
HOPELESS = 10  # times that: nothing but a new process will help


@router.get("/healthz")
async def alive(request: Request) -> Response:
    """503 where only a new process can help: a loop has stood still for long. Neither the database nor
    anybody else is asked, for they are not mended by it."""
    stuck = standing(station_of(request), HOPELESS)
    if stuck:
        raise Problem(503, "; ".join(stuck), "Restart this process.")
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """What this process needs for its role is there; 503 with all that is lacking otherwise. What no
    process does at all is said, and does not make this one less ready."""
    station = station_of(request)
    wrong = own_lack(station)
    idle: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            idle = await read(station, lambda c: _nobody(station, c))
    except SQLAlchemyError as error:
        wrong.insert(0, f"the database does not answer: {type(error).__name__}")
    except TimeoutError:
        wrong.insert(0, f"the database has not answered for {PATIENCE:.0f} s")
    if wrong:
        raise Problem(503, "; ".join(wrong), "The service's log has the whole error.")
    return PlainTextResponse("\n".join([f"ready ({station.role})", *idle]) + "\n")


def own_lack(station: Station) -> list[str]:
    """What this process lacks, each in a sentence; the database is not asked."""
    wrong = [one["said"]["en"] for one in failing(station)]
    wrong += standing(station)
    if station.writer.waiting > WAITING_LIMIT:
        wrong.append(f"{station.writer.waiting} changes wait to be written")
    if not station.known_to_live:
        wrong.append("the other processes do not know that this one lives: its standing session with"
                     " the database is missing, and it takes nothing over")  # fmt: skip
    channels = set(station.channels)
    if station.role in ("all", "dispatch") and channels and channels <= station.dispatcher.unusable:
        wrong.append(f"every channel refuses us: {', '.join(sorted(channels))}")
    return wrong


def failing(station: Station) -> list[dict[str, Any]]:
    """The loops whose last round failed, in words."""
    found = []
    for name, rounds in sorted(station.loops.items()):
        if rounds.since is None:
            continue
        words = loop_words(name)
        found.append({"loop": name, "since": rounds.since, "said": {
            "zh": f"{words['zh']}（{name}）失败{rounds.failures}次：{rounds.error}",
            "en": f"{words['en']} ({name}) has failed {rounds.failures} times since"
            f" {rounds.since:%Y-%m-%d %H:%M}Z: {rounds.error}",
        }})  # fmt: skip
    return found


def standing(station: Station, times: int = 1) -> list[str]:
    """The loops that have been in one round for too long, so many times too long."""
    elapsed = station.runtime.elapsed()
    return [
        f"{loop_words(name)['en']} ({name}) has stood still for {elapsed - rounds.ended:.0f} s"
        for name, rounds in sorted(station.loops.items())
        if rounds.ended is not None
        and elapsed - rounds.ended > times * STANDS_LONGER.get(name, STANDS)
    ]


def _nobody(station: Station, connection: Connection) -> list[str]:
    """Asked of the database, which must answer at all."""
    return [
        f"no process does {what!r}: start one of the role {role}"
        for what, role in nobody_does(station, connection).items()
    ]
