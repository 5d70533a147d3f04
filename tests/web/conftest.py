"""A real server on a free port, in front of a small county."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from alerting.store import schema as s
from alerting.web.app import make_app
from tests.web.web_desk import Browser, Desk


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
    server = uvicorn.Server(uvicorn.Config(make_app(desk), log_level="error", lifespan="off"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    desk.config.url = f"http://127.0.0.1:{port}"
    yield Browser(f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(10)
    listener.close()
