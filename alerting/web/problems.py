"""Errors as the web says them: problem details (RFC 9457) to programs, a kind page to people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from alerting.errors import BadInput, Refused, SuianError, TooLarge, plain


class Problem(Exception):
    """An answer other than success. `detail` says what was wrong, `mend` what to do about it, `zh`
    both in Chinese: a page speaks its reader's language, a program is given both."""

    def __init__(
        self, status: int, detail: str, mend: str = "", headers: dict[str, str] | None = None,
        *, zh: str = "", **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.detail, self.mend, self.zh = status, detail, mend, zh
        self.headers, self.more = headers or {}, more


_BODY = {
    "type": "object", "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what was wrong"},
        "mend": {"type": "string", "description": "what to do about it"},
        "zh": {"type": "string", "description": "both in Chinese, where a person may be shown it"},
        "problems": {"type": "array", "items": {"type": "object"},
                     "description": "the parts of what was sent that were not taken"},
    },
}  # fmt: skip
_MEANS = {
    401: "No login, or a token that is unknown, expired or revoked",
    403: "The login has no right to this",
    404: "What is named does not exist",
    409: "It was understood and is too late, or not allowed now",
    413: "What was sent is more than is taken at once",
    422: "What was sent cannot be used",
}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem responses of a route, for the API's description of itself."""
    content = {"application/problem+json": {"schema": _BODY}}
    return {status: {"description": _MEANS[status], "content": content} for status in statuses}


UNFORESEEN = Problem(
    500, "the service failed at this and could not finish it",
    "Look at the page whether it took effect; if it comes back, the service's log names the cause.",
    zh="系统处理时出错，没有完成。请到首页查看是否已生效；若反复出现，请管理员查看服务日志。",
)  # fmt: skip


def problem_json(problem: Problem) -> JSONResponse:
    """The body RFC 9457 describes: type, title, status, detail; ours adds `mend`, `zh` and parts."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.mend:
        body["mend"] = problem.mend
    if problem.zh:
        body["zh"] = problem.zh
    return JSONResponse(
        body | problem.more, problem.status, problem.headers, "application/problem+json"
    )


_STATUS = {Refused: 409, TooLarge: 413, BadInput: 422}  # the first that it is


def from_error(error: SuianError) -> Problem:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)
    detail = f"{error.where}: {error.what}" if error.where else error.what
    return Problem(status, detail, error.mend, zh=error.zh)


async def answer(request: Request, problem: Problem) -> Response:
    """The problem in the form its reader wants."""
    if _wants_page(request):
        from alerting.web.drawing import problem_page  # which itself knows problems

        return problem_page(request, problem)
    return problem_json(problem)


def install(app: FastAPI) -> None:
    """Every foreseen error leaves through here; app.py catches the rest. None shows a traceback."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return await answer(request, error)

    async def suian(request: Request, error: Exception) -> Response:
        assert isinstance(error, SuianError)
        return await answer(request, from_error(error))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return await answer(request, _nothing_at(request))
        return await answer(
            request,
            Problem(error.status_code, str(error.detail), headers=dict(error.headers or {})),
        )

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        parts = [
            {"where": ".".join(str(p) for p in one["loc"]), "what": plain(one)}
            for one in error.errors()
        ]
        if _wants_page(request) and any(one["loc"][0] == "path" for one in error.errors()):
            return await answer(request, _nothing_at(request))
        detail = "; ".join(f"{p['where']}: {p['what']}" for p in parts)
        return await answer(request, Problem(422, detail, problems=parts))

    app.add_exception_handler(Problem, ours)
    app.add_exception_handler(SuianError, suian)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _nothing_at(request: Request) -> Problem:
    return Problem(404, f"nothing is at {request.url.path}",
                   "The address may be incomplete or out of date.",
                   zh="这里没有页面，地址可能不完整或已失效。")  # fmt: skip


def _wants_page(request: Request) -> bool:
    if request.url.path.startswith(("/api/", "/webhooks/")):
        return False
    return "text/html" in request.headers.get("accept", "")
