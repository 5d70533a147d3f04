"""A real server on a free port, in front of a small county."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.station import Station
from alerting.store import Store
from alerting.store import schema as s
from alerting.telemetry.logs import configure
from alerting.web.app import make_app
from tests.exercises.minute import Terminal
from tests.web.web_desk import NOW, Browser, Desk

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def logged_as_by_the_service() -> None:
    """A trace in structlog's usual form draws the variables of every frame, for seconds."""
    configure("info", "text")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    for key, zh, en in (("field-road", "石门路政中队", "Shimen road crew"),
                        ("police", "县交警大队", "County traffic police"),
                        ("office", "县应急值班室", "County duty office")):
        made.put(s.post, id=key, tier="field", sector="", place="990100", title=zh, title_en=en)
    return made


@pytest.fixture
def web(desk: Desk) -> Iterator[Browser]:
    with serving(desk) as browser:
        desk.config.url = browser.base
        yield browser


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The repository's own county in a real station in which nothing has happened yet."""
    folder = tmp_path_factory.mktemp("shipped")
    config = load_config(ROOT / "config.yaml").model_copy(update={"data": folder})
    station = Station(load_county(config), VirtualRuntime(NOW), Store(folder / "suian.db"))
    with serving(station) as browser:
        yield browser


@pytest.fixture(scope="session")
def played(first_minute: tuple[Station, Terminal]) -> Iterator[Browser]:
    """The same county after ten hours of its storm: orders, answers, wrong ones and rises."""
    with serving(first_minute[0]) as browser:
        yield browser


@contextmanager
def serving(station: Any) -> Iterator[Browser]:
    server = uvicorn.Server(uvicorn.Config(make_app(station), log_level="error", lifespan="off"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    yield Browser(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(10)
    listener.close()
