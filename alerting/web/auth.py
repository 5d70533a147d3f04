"""Who is asking, and whether they may: 401 or 403 where not.

A person comes with a session's cookie, a program with a token. Roles: view < answer < decide < order
< admin. Without login everything is read-only, and only for a browser on the machine itself.
"""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import Request

from alerting.web.desk import read, station_of
from alerting.web.logins import COOKIE, by_session
from alerting.web.origin import at_the_machine
from alerting.web.problems import Problem
from alerting.web.roles import NOBODY, Who
from alerting.web.tokens import by_token
from alerting.web.words import WORDS


async def who(request: Request) -> Who:
    """The person behind a request, or NOBODY for a reader on the machine itself; 401 otherwise."""
    found = await somebody(request)
    if found is not None:
        return found
    if at_the_machine(request):
        return NOBODY
    raise _login_needed("a login is needed here")


def needs(role: str) -> Any:
    """A dependency that gives who asks, if they have at least this role: 401 or 403 otherwise."""

    async def check(request: Request) -> Who:
        found = await somebody(request)
        if found is None:
            raise _login_needed("a login is needed for this")
        if not found.may(role):
            raise Problem(
                403, f"this needs the role {role}; {found.name} has {found.role}",
                "Ask an administrator, or somebody on duty who has it.",
                zh=lacks_role(found, role),
            )  # fmt: skip
        return found

    return check


def lacks_role(found: Who, role: str) -> str:
    """In Chinese, that this person has not the role it takes."""
    needed, own = WORDS[f"role_{role}"][0], WORDS[f"role_{found.role}"][0]
    return (f"这项操作需要“{needed}”权限，{found.name}只有“{own}”，没有执行。"
            "请联系管理员或有权限的值班人员。")  # fmt: skip


def _login_needed(what: str) -> Problem:
    return Problem(401, what, "Log in at /login, or send an API token as a Bearer header.",
                   {"WWW-Authenticate": "Bearer"}, zh="请先登录。")  # fmt: skip


async def somebody(request: Request) -> Who | None:
    """The person behind a request, if there is one; 401 for a token that does not stand."""
    station = station_of(request)
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, given = header.partition(" ")
        found = None
        if scheme.lower() == "bearer" and given:
            now = station.runtime.now()
            found = await read(station, lambda c: by_token(c, given.strip(), now))
        if isinstance(found, Who):
            return found
        why = found or "the Authorization header holds no Bearer token"
        raise Problem(401, why, "Ask for a new one: `suian token create`.",
                      {"WWW-Authenticate": "Bearer"}, zh="令牌无效、已过期或已撤销。")  # fmt: skip
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    secret: bytes = request.app.state.secret
    now = station.runtime.now()
    return await read(station, lambda c: by_session(c, secret, cookie, now))


def check_form(who_asks: Who, given: dict[str, str]) -> None:
    """A form sent with a session must have been drawn for that session."""
    if who_asks.by == "session" and not hmac.compare_digest(given.get("form", ""), who_asks.csrf):
        raise Problem(403, "this form is not from this login", "Open the page again and repeat it.",
                      zh="此表单不属于本次登录，没有被执行。请重新打开页面再做一次。")  # fmt: skip
