"""The web application: what is mounted where, and the rules that hold for every request."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerting.web import (
    answer_page,
    api_alerts,
    api_answers,
    api_callouts,
    api_drills,
    api_epidemics,
    api_held,
    api_incidents,
    api_people,
    api_responses,
    api_roads,
    api_rosters,
    api_signals,
    bulletin_page,
    by_hand,
    callout_page,
    drill_page,
    figures,
    health,
    logins,
    measure_page,
    origin,
    pages,
    person_page,
    problems,
    response_pages,
    road_page,
    roster_page,
    warning_page,
    webhooks,
)
from alerting.web.desk import Station
from alerting.web.problems import Problem

log = structlog.get_logger()
# No script, nothing from elsewhere, in nobody's frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    # "no-referrer" would take the Origin from our own forms, by which we know them.
    "Referrer-Policy": "same-origin",
}


def make_app(station: Station, *, pages_too: bool = True) -> FastAPI:
    """The application of one station, described at /api/v1/openapi.json; without `pages_too` only what
    is asked from outside whether a process is well.

    It makes the secret that signs sessions, if there is none yet, and needs the store for that.
    """
    app = FastAPI(
        title="suian", version="1", openapi_url="/api/v1/openapi.json", docs_url=None,
        redoc_url=None,
        description="Alerts, measures and who answered. Errors are problem details (RFC 9457).",
    )  # fmt: skip
    app.state.station = station
    app.state.secret = logins.keys(station.store, station.runtime)
    app.state.tries = logins.Tries()
    problems.install(app)

    @app.middleware("http")
    async def every_request(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await _checked(request, call_next)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    everything = (
        api_alerts, api_signals, api_answers, api_callouts, callout_page, api_responses,
        api_incidents, api_epidemics, api_roads, api_rosters, api_drills, api_held, api_people,
        webhooks, answer_page, pages, response_pages, road_page, roster_page, drill_page,
        warning_page, bulletin_page, measure_page, by_hand, person_page, health, figures,
    )  # fmt: skip
    for part in everything if pages_too else (health, figures):
        app.include_router(part.router)
    return app


async def _checked(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Posts of other sites stop here; a provider's callback proves itself by its signature."""
    reads = request.method in ("GET", "HEAD", "OPTIONS")
    try:
        if b"%00" in request.scope["raw_path"] + b"?" + request.scope["query_string"]:
            raise Problem(400, "the address holds a NUL character", "Leave %00 out of it.",
                          zh="地址中含有空字符（%00），没有被接受。")  # fmt: skip
        if not reads and not request.url.path.startswith("/webhooks/"):
            origin.refuse_cross_site(request)
        return await call_next(request)
    except Problem as problem:
        return await problems.answer(request, problem)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        log.error("request failed", method=request.method, path=request.url.path,
                  error=f"{type(error).__name__}: {error}"[:200],
                  where=f"{last.filename}:{last.lineno} {last.name}")  # fmt: skip
        log.debug("the whole of it", exc_info=error)
        return await problems.answer(request, problems.UNFORESEEN)
