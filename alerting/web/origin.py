"""Where a request comes from: this machine, our own pages, or another site.

Cross-site posts are refused twice over: by what the browser says of their origin, and by a token that
only a form we drew can bring back. The cookie besides is SameSite=Lax.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from alerting.web.desk import station_of
from alerting.web.problems import Problem


def form_token(secret: bytes, subject: str) -> str:
    """What a form must bring back: it is bound to the session or the link the form was drawn for."""
    return hmac.new(secret, b"form:" + subject.encode(), hashlib.sha256).hexdigest()[:32]


def refuse_cross_site(request: Request) -> None:
    """A post that a browser made for another site is refused; nothing of it is looked at."""
    refused = Problem(403, "this came from another site and was not taken",
                      "Open the service's own page and do it there.",
                      zh="请求来自其他网站，没有被接受。请在本系统页面上操作。")  # fmt: skip
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise refused
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() not in _own_names(request):
        raise refused


def _own_names(request: Request) -> set[str]:
    public = urlsplit(station_of(request).config.url).netloc.lower()
    return {public, request.headers.get("host", "").lower()}


def at_the_machine(request: Request) -> bool:
    """A browser here, speaking to us by our loopback name.

    The name is asked for because a page elsewhere may point its own name at 127.0.0.1, and a proxy
    on this machine speaks from loopback for the whole world.
    """
    client = request.client.host if request.client else ""
    name = (urlsplit("//" + request.headers.get("host", "")).hostname or "").lower()
    forwarded = {"x-forwarded-for", "forwarded", "x-real-ip"} & set(request.headers.keys())
    return (
        client in ("127.0.0.1", "::1")
        and name in ("127.0.0.1", "localhost", "::1")
        and not forwarded
    )
