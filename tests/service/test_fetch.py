"""Asking a source over real HTTP: what a server may answer, and when it is asked again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerting.connector import Context
from alerting.errors import SourceError
from alerting.runtime import VirtualRuntime
from alerting.service import fetch as module
from alerting.service.fetch import HttpFetch
from alerting.service.pace import DAY, calls_a_day, pace, portion
from connectors import find
from tests.listening import listens

NOW = datetime(2026, 1, 20, 8, tzinfo=UTC)


class Server:
    """Answers each path with what it was told last: status, headers, body."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                status, headers, body = server.pages.get(self.path, (404, {}, b"gone"))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        listens(self._http)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def says(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else body.encode()
        self.pages[path] = (status, named, raw)
        return self.url + path

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def runtime() -> VirtualRuntime:
    return VirtualRuntime(NOW)


def refusal(fetch: HttpFetch, url: str) -> SourceError:
    with pytest.raises(SourceError) as error:
        fetch.get(url)
    return error.value


def test_a_304_gives_what_was_held(server: Server, runtime: VirtualRuntime) -> None:
    url = server.says("/a", "news", ETag='"1"')
    fetch = HttpFetch(runtime)
    assert fetch.get(url).body == b"news"
    assert fetch.get(url).body == b"news"
    assert server.asked[1][1]["If-None-Match"] == '"1"'


def test_a_days_quota_is_kept_to_by_weight(server: Server, runtime: VirtualRuntime) -> None:
    url = server.says("/a", "news")
    fetch = HttpFetch(runtime, quota={DAY: 100})
    fetch.get(url, weight=60)
    fetch.get(url, weight=40)
    said = refusal(fetch, url)
    assert "quota of 100 a day is used up" in said.what
    assert fetch.held_until == datetime(2026, 1, 21, tzinfo=UTC)
    assert len(server.asked) == 2
    runtime.advance(timedelta(hours=16))  # the next day of UTC
    fetch.get(url, weight=100)
    assert len(server.asked) == 3


def test_a_minutes_and_an_hours_quota_are_kept_to_as_well(
    server: Server, runtime: VirtualRuntime
) -> None:
    url = server.says("/a", "news")
    fetch = HttpFetch(runtime, quota={timedelta(minutes=1): 60, timedelta(hours=1): 100, DAY: 1000})
    runtime.move_to(NOW + timedelta(seconds=50))
    fetch.get(url, weight=60)
    assert "quota of 60 a minute" in refusal(fetch, url).what
    assert fetch.held_until == NOW + timedelta(minutes=1)
    runtime.move_to(NOW + timedelta(minutes=1))
    fetch.get(url, weight=40)
    assert "quota of 100 an hour" in refusal(fetch, url).what
    assert fetch.held_until == NOW + timedelta(hours=1)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("places", "part", "seconds"),
    # 600 a minute, 5,000 an hour, 10,000 a day; a tenth is spared. What is more than a minute's is
    # asked for in parts, so far from each other that a minute's, or an hour's, is never used up.
    [(13, 13, 0), (540, 540, 0), (541, 540, 60), (4500, 540, 60), (4501, 540, 432), (9001, 540, 5184)],
)
def test_more_places_than_a_minute_allows_are_asked_for_in_parts(
    places: int, part: int, seconds: int
) -> None:
    kind = find("open-meteo")
    assert portion(kind(kind.options()), places) == (part, timedelta(seconds=seconds))
    assert portion(kind(kind.options(apikey="key")), places) == (places, timedelta(0))


@pytest.mark.parametrize(
    ("places", "minutes", "calls"),
    # 10,000 free calls a day; nine variables and five days weigh one call a place. A tenth is spared.
    [(13, 30, 13 * 48), (187, 30, 187 * 48), (375, 60, 9000), (1000, 160, 9000)],
)
def test_a_free_quota_lasts_the_day(places: int, minutes: int, calls: int) -> None:
    kind = find("open-meteo")
    free = kind(kind.options())
    assert pace(free, places) == timedelta(minutes=minutes)
    assert round(calls_a_day(free, places)) == calls <= 10_000
    paid = kind(kind.options(apikey="key"))
    assert pace(paid, places) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (format_datetime(NOW + timedelta(minutes=7), usegmt=True), timedelta(minutes=7)),
        ("Tue, 20 Jan 2026 08:07:00 -0000", timedelta(minutes=7)),  # which Python reads as naive
        ("99999999999999999999", timedelta(days=1)),
        (format_datetime(NOW + timedelta(days=4000), usegmt=True), timedelta(days=1)),
    ],
)
def test_a_429_is_left_alone_as_long_as_it_asks_up_to_a_day(
    server: Server, runtime: VirtualRuntime, given: str, wait: timedelta
) -> None:
    url = server.says("/a", "slow down", 429, Retry_After=given)
    fetch = HttpFetch(runtime)
    assert refusal(fetch, url).passing
    assert fetch.held_until == NOW + wait
    assert "not asked before" in refusal(fetch, url).what
    assert len(server.asked) == 1


@pytest.mark.parametrize("given", ["", "²", "-5", "soon", "Tue, 99 Jan 2026 08:07:00 GMT"])
def test_a_retry_after_that_says_nothing_is_the_ordinary_rest(
    server: Server, runtime: VirtualRuntime, given: str
) -> None:
    url = server.says("/a", "", 503, Retry_After=given.encode().decode("latin-1"))
    fetch = HttpFetch(runtime)
    assert refusal(fetch, url).passing
    assert fetch.held_until is not None
    assert NOW < fetch.held_until <= NOW + timedelta(minutes=1)


def test_a_400_will_never_work_and_a_500_may(server: Server, runtime: VirtualRuntime) -> None:
    assert not refusal(HttpFetch(runtime), server.says("/a", "no such variable", 400)).passing
    assert refusal(HttpFetch(runtime), server.says("/b", "oops", 500)).passing


def test_what_is_too_large_or_cut_off_is_refused(
    server: Server, runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    assert "larger" in refusal(HttpFetch(runtime), server.says("/a", b"x" * 2000)).what
    cut = server.says("/b", b"x" * 10, Content_Length="500")
    assert refusal(HttpFetch(runtime), cut).passing


@pytest.mark.parametrize("url", ["nowhere", "http://", "ftp://127.0.0.1/x", "http://[::1"])
def test_an_address_that_is_none_is_named(runtime: VirtualRuntime, url: str) -> None:
    error = refusal(HttpFetch(runtime), url)
    assert not error.passing
    assert "address" in error.what


def cap(identifier: str) -> str:
    return (
        f"<alert><identifier>{identifier}</identifier><sender>office</sender>"
        "<sent>2026-01-20T08:00:00Z</sent><status>Actual</status><msgType>Alert</msgType>"
        "<scope>Public</scope><info><language>en</language><event>Fog</event>"
        "<severity>Severe</severity><area><areaDesc>X</areaDesc></area></info></alert>"
    )


def index(*links: str) -> str:
    entries = "".join(
        f"<entry><id>{link}</id><title>t</title><updated>2026-01-20T08:00:00Z</updated>"
        f"<link type='application/cap+xml' href='{link}'/></entry>"
        for link in links
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'>{entries}</feed>"


def test_a_host_that_is_down_does_not_hide_the_messages_of_another(
    server: Server, runtime: VirtualRuntime
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        up = server.says("/1.xml", cap("W-1"))
        url = server.says("/index", index(f"{dead}/a.xml", f"{dead}/b.xml", up))
        source = find("cap")({"url": url})
        fetch = HttpFetch(runtime)
        context = Context("city", NOW, ZoneInfo("Asia/Shanghai"))
        reading = source.poll(fetch, context)
        assert [w.identifier for w in reading.signals] == ["W-1"]
        assert {p.where for p in reading.problems} == {f"{dead}/a.xml", f"{dead}/b.xml"}
        # The index is asked on, and what failed is tried again.
        assert source.poll(fetch, context).problems


def test_a_message_that_came_broken_or_was_forbidden_is_tried_again(
    server: Server, runtime: VirtualRuntime
) -> None:
    one = server.says("/1.xml", cap("W-1")[:120])
    two = server.says("/2.xml", "not now", 403)
    three = server.says("/3.xml", "gone", 404)
    source = find("cap")({"url": server.says("/index", index(one, two, three))})
    context = Context("city", NOW, ZoneInfo("Asia/Shanghai"))
    assert len(source.poll(HttpFetch(runtime), context).problems) == 3
    server.says("/1.xml", cap("W-1"))
    server.says("/2.xml", cap("W-2"))
    reading = source.poll(HttpFetch(runtime), context)
    assert [w.identifier for w in reading.signals] == ["W-1", "W-2"]
    assert [path for path, _ in server.asked].count("/3.xml") == 1
