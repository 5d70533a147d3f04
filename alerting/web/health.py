"""/healthz and /readyz: for whoever watches the service from outside. Its figures: web/figures.py."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from alerting.service.service_rules import loop_words
from alerting.store.schema import realm
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem

router = APIRouter(include_in_schema=False)
WAITING_LIMIT = 1000  # pieces of work before the one writer beyond which we are not ready


@router.get("/healthz")
async def alive() -> Response:
    """It answers, so it lives; nothing else is asked."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """The database answers, the writer keeps up, no loop fails; 503 with the reason otherwise."""
    station = station_of(request)
    try:
        await read(station, lambda c: c.execute(select(func.count()).select_from(realm)).scalar())
    except SQLAlchemyError as error:
        raise Problem(503, f"the database does not answer: {type(error).__name__}") from None
    if station.writer.waiting > WAITING_LIMIT:
        raise Problem(503, f"{station.writer.waiting} changes wait to be written")
    if wrong := failing(station):
        raise Problem(503, "; ".join(one["said"]["en"] for one in wrong),
                      "The service's log has the whole error.")  # fmt: skip
    return PlainTextResponse("ready\n")


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
