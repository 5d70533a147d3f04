"""Pages, listings and the loops' own questions over a long history, on both databases.

A county with sixty open alerts is asked for its pages; in turn the same county with a history behind
it (see past.py). What each page says of what is open is compared before a time is printed; a ratio is
of its time with history to that without. `python -m bench history 10` takes ten million rows, and
`python -m bench history 10 FOLDER` keeps the databases there, to be asked again.
"""

from __future__ import annotations

import asyncio
import re
import socket
import statistics
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import requests
import uvicorn
from sqlalchemy import Connection, text

from alerting import audit
from alerting.runtime import RealRuntime
from alerting.service.clock import LIVE
from alerting.service.heartbeat import heartbeat
from alerting.service.station import Station
from alerting.service.troubles import look
from alerting.web.app import make_app
from alerting.web.tokens import create_token
from bench.past import NOW, Shelf, begun, on_both
from bench.rounds import Target, same

ROUNDS, STARTS = 7, 4
SLOWER = 3.0  # times, at most
SHORT = 0.002  # seconds: below that nobody waits
OF_ITS_MONTH = "/bulletin/2025-12"  # has more to say where there was more: without a target
PAGES = ("/", "/callouts", "/roads", "/warnings", "/responses", "/waiting", "/messages",
         OF_ITS_MONTH, "/alerts/{alert}", "/measures/{measure}", "/metrics", "/readyz",
         "/api/v1/alerts", "/api/v1/measures", "/api/v1/held")  # fmt: skip
OF_WHAT_IS_OPEN = ("/api/v1/alerts", "/api/v1/measures", "/waiting")


class Asked:
    """A station over a history that is there already, and how long each question of it took."""

    def __init__(
        self, station: Station, began: list[float], session: requests.Session, base: str
    ) -> None:
        self.station, self._session, self._base = station, session, base
        self.took: dict[str, list[float]] = {"a process begins": began}
        self.said: dict[str, str] = {}  # the words of a page, without what differs by a number
        with station.store.read() as connection:
            newest = "SELECT max(id) FROM alert WHERE state = 'open'", "SELECT max(id) FROM measure"
            self._alert, self._measure = (connection.execute(text(one)).scalar_one() for one in newest)

    def page(self, page: str) -> None:
        path = page.format(alert=self._alert, measure=self._measure)
        began = perf_counter()
        answer = self._session.get(self._base + path, timeout=600)
        self.took.setdefault(page, []).append(perf_counter() - began)
        same(answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}")
        self.said[page] = re.sub(r"\d+", "#", answer.text)

    def loop(self, name: str) -> None:
        with self.station.store.read() as connection:
            began = perf_counter()
            LOOPS[name](self.station, connection)
            self.took.setdefault(name, []).append(perf_counter() - began)

    def median(self, name: str) -> float:
        """Without the first, which reads what the others find in memory."""
        return statistics.median(self.took[name][1:])


@contextmanager
def asking(folder: Path, database: str) -> Iterator[Asked]:
    took = []
    for _ in range(STARTS):
        began = perf_counter()
        station = begun(folder, database)
        took.append(perf_counter() - began)
        if len(took) < STARTS:
            station.store.close()
    server = uvicorn.Server(uvicorn.Config(make_app(station), log_level="error", lifespan="off"))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    session = requests.Session()
    reader = station.county.people[0]["id"]
    bearer = station.store.write(
        lambda c: create_token(c, reader, "view", None, "bench", NOW, RealRuntime())
    )
    session.headers["Authorization"] = f"Bearer {bearer}"
    yield Asked(station, took, session, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(10)
    station.store.close()


def _unsealed(_station: Station, connection: Connection) -> None:
    audit.unsealed_since(connection, LIVE)


def _head(_station: Station, connection: Connection) -> None:
    audit.head(connection, LIVE)


LOOPS: Mapping[str, Any] = {
    "loop: what waits to be sealed": _unsealed,
    "loop: the head of the log": _head,
    "loop: has dispatch work": lambda station, _connection: station.dispatcher.has_work(),
    "loop: what is idle": lambda station, _connection: station.idle(LIVE),
    "loop: what is wrong": lambda station, connection: look(station, connection, NOW),
    "loop: a heartbeat": lambda station, connection: heartbeat(station, connection, NOW, "", ""),
    "loop: sources": lambda station, connection: station.sources(connection),
}


def compared(on: Shelf, kind: str, things: int) -> list[Target]:
    """A county without a past and one with it, asked in turn."""
    with ExitStack() as both:
        empty, full = (both.enter_context(asking(*on.filled(kind, n))) for n in (0, things))
        for page in PAGES:
            for _ in range(ROUNDS):
                empty.page(page)
                full.page(page)
        for name in LOOPS:
            for _ in range(ROUNDS):
                empty.loop(name)
                full.loop(name)
        for page in OF_WHAT_IS_OPEN:
            same(empty.said[page] == full.said[page], f"{page} of what is open")
        targets = []
        for name in full.took:
            before, after = empty.median(name), full.median(name)
            print(f"  {kind} {name:<36} {before * 1e3:>8.1f} ms  {after * 1e3:>9.1f} ms")
            if name != OF_ITS_MONTH:
                ratio = max(after, SHORT) / max(before, SHORT)
                targets.append(Target(f"{kind} {name}", ratio, SLOWER, at_least=False))
        return targets


def run(millions: float = 1.0, folder: Path | None = None) -> list[Target]:
    return on_both(compared, millions, folder)

