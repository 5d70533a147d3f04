"""Conditional requests, quota and back-off for one source; what connectors are handed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from alerting import __version__
from alerting.connector import Answer
from alerting.errors import SourceError
from alerting.runtime import Runtime

TIMEOUT = (10, 60)  # connect, read; NMC's cold page takes up to 25 s
LARGEST = 64 * 1024 * 1024
FIRST_REST = 30.0  # seconds after the first failure, doubled with each one more
LONGEST_REST = 3600.0
LONGEST_WISH = timedelta(days=1)  # a server may ask for this much; more is a slip of its own
MOST_KEPT = 64 * 1024 * 1024  # bytes of answers held for a 304
_EPOCH = datetime.fromtimestamp(0, UTC)
_SPANS = {timedelta(minutes=1): "a minute", timedelta(hours=1): "an hour", timedelta(days=1): "a day"}


class HttpFetch:
    """Not for several threads at once: one source polls one at a time.

    A failure rests its own host alone: an index may link to one that is down and one that is up.
    """

    def __init__(
        self, runtime: Runtime, contact: str = "", quota: Mapping[timedelta, float] | None = None
    ) -> None:
        """`quota` is the weight of requests that the source allows in a minute, hour or day of UTC."""
        self._runtime = runtime
        self._quota = quota or {}
        # The number of the span that runs, and the weight of its requests so far.
        self._spent: dict[timedelta, tuple[int, float]] = {}
        self._session = requests.Session()
        agent = f"suian/{__version__}" + (f" ({contact})" if contact else "")
        self._session.headers["User-Agent"] = agent
        self._known: dict[str, tuple[dict[str, str], bytes]] = {}
        self._kept = 0
        self._failures: dict[str, int] = {}  # by host, since it last answered
        self._holds: dict[str, tuple[datetime, str]] = {}  # by host, "" for all of the source
        self.held_until: datetime | None = None  # the latest of them

    def get(
        self,
        url: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """One request. A 304 gives what was held before. Raises SourceError."""
        host = _parted(url)
        self._refuse_while_held(host)
        self._spend(weight)
        try:
            address = requests.Request("GET", url, params=params).prepare().url or url
        except requests.RequestException as error:
            raise _no_address(url, str(error)) from None
        conditions, body = self._known.get(address, ({}, b""))
        try:
            got = self._session.get(
                url, params=params, headers={**conditions, **(headers or {})}, timeout=TIMEOUT,
                stream=True,
            )  # fmt: skip
            content = _limited(got)
        except requests.RequestException as error:
            self._back_off(host, type(error).__name__)
            raise SourceError(
                f"no answer ({type(error).__name__})", where=_host(url),
                mend="It is asked again by itself; check the network if it lasts.",
            ) from None  # fmt: skip
        if content is None:
            self._back_off(host, "too large an answer")
            raise SourceError(
                f"the answer is larger than {LARGEST // 1024 // 1024} MiB: refused", where=_host(url)
            )
        if got.status_code == 304:
            self._failures.pop(host, None)
            return Answer(200, body, dict(got.headers), address)
        self._judge(host, got, content, url)
        self._failures.pop(host, None)
        self._remember(address, got, content)
        return Answer(got.status_code, content, dict(got.headers), address)

    def _spend(self, weight: float) -> None:
        """Count a request. One that a quota has no room for waits for its next minute, hour or day."""
        now = self._runtime.now()
        spent: dict[timedelta, tuple[int, float]] = {}
        for span, most in self._quota.items():
            number = (now - _EPOCH) // span
            before, weighed = self._spent.get(span, (number, 0.0))
            weighed = weighed + weight if before == number else weight
            if weighed > most:
                over = f"the quota of {most:.0f} {_SPANS[span]} is used up"
                self._hold("", _EPOCH + (number + 1) * span, over)
                self._refuse_while_held("")
            spent[span] = (number, weighed)
        self._spent = spent

    def hold_until(self, at: datetime, why: str) -> None:
        """The source asked not to be called before `at`."""
        self._hold("", at, why)

    def clock_set(self, by: timedelta) -> None:
        self._holds = {host: (at + by, why) for host, (at, why) in self._holds.items()}
        self.held_until = None if self.held_until is None else self.held_until + by

    def _hold(self, host: str, at: datetime, why: str) -> None:
        self._holds[host] = (at, why)
        self.held_until = at

    def _refuse_while_held(self, host: str) -> None:
        now = self._runtime.now()
        self._holds = {h: held for h, held in self._holds.items() if held[0] > now}
        for held in (self._holds.get(""), self._holds.get(host)):
            if held is not None:
                self.held_until = held[0]
                raise SourceError(f"not asked before {held[0]:%H:%M:%S}Z: {held[1]}")

    def _judge(self, host: str, got: requests.Response, content: bytes, url: str) -> None:
        status = got.status_code
        if status < 400:
            return
        if status == 429 or status >= 500:
            self._back_off(host, f"HTTP {status}", _retry_after(got, self._runtime.now()))
        said = content[:200].decode("utf-8", "replace").strip()
        raise SourceError(
            f"answered {status}: {said}",
            where=_host(url),
            passing=status in (408, 429) or status >= 500,
            gone=status in (404, 410),
        )

    def _back_off(self, host: str, why: str, until: datetime | None = None) -> None:
        failures = self._failures.get(host, 0)
        rest = min(FIRST_REST * 2 ** min(failures, 10), LONGEST_REST)
        self._failures[host] = failures + 1
        now = self._runtime.now()
        jittered = now + timedelta(seconds=rest * self._runtime.uniform(0.8, 1.2))
        self._hold(host, max(until or jittered, jittered), why)

    def _remember(self, address: str, got: requests.Response, content: bytes) -> None:
        conditions = {}
        if etag := got.headers.get("ETag"):
            conditions["If-None-Match"] = etag
        if modified := got.headers.get("Last-Modified"):
            conditions["If-Modified-Since"] = modified
        if conditions:
            self._kept += len(content) - len(self._known.pop(address, ({}, b""))[1])
            if self._kept > MOST_KEPT:
                self._known.clear()
                self._kept = len(content)
            self._known[address] = (conditions, content)


def _limited(got: requests.Response) -> bytes | None:
    """The body, None where there is more of it than we take."""
    content = bytearray()
    for chunk in got.iter_content(65536):
        content += chunk
        if len(content) > LARGEST:
            got.close()
            return None
    return bytes(content)


def _retry_after(got: requests.Response, now: datetime) -> datetime | None:
    """When the server wants to be asked again; None where it does not say it in a form that counts."""
    given = got.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return now + timedelta(seconds=min(float(given), LONGEST_WISH.total_seconds()))
    try:
        at = parsedate_to_datetime(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now + LONGEST_WISH)


def _parted(url: str) -> str:
    """The host of an address. Raises SourceError for what is no address of the web."""
    try:
        parts = urlsplit(url)
        host = parts.netloc
    except ValueError as error:
        raise _no_address(url, str(error)) from None
    if parts.scheme not in ("http", "https") or not host:
        raise _no_address(url, "it needs http:// or https:// and a host")
    return host


def _no_address(url: str, why: str) -> SourceError:
    return SourceError(f"{_host(url)!r} is no address to ask: {why}", passing=False)


def _host(url: str) -> str:
    # Never the whole address: keys travel in query strings.
    return url.split("?")[0]
