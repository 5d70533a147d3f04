"""Conditional requests, quota and back-off for one source; what connectors are handed."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

from alerting import __version__
from alerting.connector import Answer
from alerting.errors import SourceError
from alerting.runtime import Runtime

TIMEOUT = (10, 60)  # connect, read; NMC's cold page takes up to 25 s
LARGEST = 64 * 1024 * 1024
FIRST_REST = 30.0  # seconds after the first failure, doubled with each one more
LONGEST_REST = 3600.0


class HttpFetch:
    """Not for several threads at once: one source polls one at a time."""

    def __init__(self, runtime: Runtime, contact: str = "") -> None:
        self._runtime = runtime
        self._session = requests.Session()
        agent = f"suian/{__version__}" + (f" ({contact})" if contact else "")
        self._session.headers["User-Agent"] = agent
        self._known: dict[str, tuple[dict[str, str], bytes]] = {}
        self._failures = 0
        self.held_until: datetime | None = None
        self.held_why = ""

    def get(
        self,
        url: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """One request. A 304 gives what was held before. Raises SourceError."""
        now = self._runtime.now()
        if self.held_until and now < self.held_until:
            raise SourceError(f"not asked before {self.held_until:%H:%M:%S}Z: {self.held_why}")
        request = requests.Request("GET", url, params=params, headers=headers).prepare()
        address = request.url or url
        conditions, body = self._known.get(address, ({}, b""))
        try:
            got = self._session.get(
                url, params=params, headers={**conditions, **(headers or {})}, timeout=TIMEOUT,
                stream=True,
            )  # fmt: skip
            content = _limited(got)
        except requests.RequestException as error:
            self._back_off(type(error).__name__)
            raise SourceError(
                f"no answer ({type(error).__name__})", where=_host(url),
                mend="It is asked again by itself; check the network if it lasts.",
            ) from None  # fmt: skip
        if got.status_code == 304:
            self._failures = 0
            return Answer(200, body, dict(got.headers), address)
        self._judge(got, content, url)
        self._failures = 0
        self._remember(address, got, content)
        return Answer(got.status_code, content, dict(got.headers), address)

    def hold_until(self, at: datetime, why: str) -> None:
        """The source asked not to be called before `at`."""
        self.held_until, self.held_why = at, why

    def _judge(self, got: requests.Response, content: bytes, url: str) -> None:
        status = got.status_code
        if status < 400:
            return
        if status == 429 or status >= 500:
            self._back_off(f"HTTP {status}", _retry_after(got, self._runtime.now()))
        said = content[:200].decode("utf-8", "replace").strip()
        error = SourceError(
            f"answered {status}: {said}",
            where=_host(url),
            passing=status in (408, 429) or status >= 500,
        )
        error.answer = Answer(status, content, dict(got.headers), url)  # type: ignore[attr-defined]
        raise error

    def _back_off(self, why: str, until: datetime | None = None) -> None:
        rest = min(FIRST_REST * 2**self._failures, LONGEST_REST)
        self._failures += 1
        now = self._runtime.now()
        jittered = now + timedelta(seconds=rest * self._runtime.uniform(0.8, 1.2))
        self.hold_until(max(until or jittered, jittered), why)

    def _remember(self, address: str, got: requests.Response, content: bytes) -> None:
        conditions = {}
        if etag := got.headers.get("ETag"):
            conditions["If-None-Match"] = etag
        if modified := got.headers.get("Last-Modified"):
            conditions["If-Modified-Since"] = modified
        if conditions:
            if len(self._known) > 2000:
                self._known.clear()
            self._known[address] = (conditions, content)


def _limited(got: requests.Response) -> bytes:
    content = bytearray()
    for chunk in got.iter_content(65536):
        content += chunk
        if len(content) > LARGEST:
            got.close()
            raise requests.exceptions.ContentDecodingError("the answer is larger than 64 MiB")
    return bytes(content)


def _retry_after(got: requests.Response, now: datetime) -> datetime | None:
    given = got.headers.get("Retry-After", "")
    if given.isdigit():
        return now + timedelta(seconds=int(given))
    try:
        return parsedate_to_datetime(given) if given else None
    except ValueError:
        return None


def _host(url: str) -> str:
    # Never the whole address: keys travel in query strings.
    return url.split("?")[0]
