"""The live process and a replay of what it was told list the same alerts, byte for byte."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from typing import Any

from alerting.service.replay import as_json
from tests.cli.conftest import CONFIG, ROOT, Folder
from tests.cli.test_replay import START, clock, history, run_of
from tests.ports import free_port


class Clock:
    """The hand on the clock of `serve --clock`."""

    def __init__(self, path: str) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        for _ in range(300):
            try:
                self._line.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        self._read = self._line.makefile("r")

    def do(self, **what: Any) -> dict[str, Any]:
        self._line.sendall(json.dumps(what).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._read.readline())
        assert "error" not in answer, answer
        return answer


def test_the_same_bytes(county: Folder) -> None:
    port, sock = free_port(), f"/tmp/suian-{os.getpid()}.sock"
    source = "signals, brings: forecast, cadence_hours: 240, quantities: [temperature, visibility]"
    county.write("config.yaml", CONFIG.format(port=port).partition("sources:")[0]
                 + f"sources:\n  open-meteo: {{use: {source}}}\n"
                 + "channels:\n  console: {silent: true}\n")  # fmt: skip
    token = county.run("token", "create", "li", "--role", "order").out.strip()
    service = subprocess.Popen(
        [sys.executable, "-m", "alerting.cli", "serve", "--clock", sock], cwd=county.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        hand = Clock(sock)
        hand.do(do="set", at=START.isoformat())
        runs = [run_of(START + timedelta(hours=n), hot) for n, hot in enumerate((2, 30))]
        for n, run in enumerate(runs):
            hand.do(do="advance", seconds=600 if n == 0 else 3600)
            said = {k: v for k, v in run.items() if k != "accepted"}
            _call(port, token, "/api/v1/signals", said)
            hand.do(do="settle")
        hand.do(do="advance", seconds=2 * 3600)
        live = _call(port, token, "/api/v1/alerts?state=all&realm=live")
    finally:
        service.terminate()
        service.communicate(timeout=30)
    file = history(county, clock(0), *runs, clock(1 + 1 / 6 + 2))
    rows = live["alerts"] if isinstance(live, dict) else live
    assert rows
    assert county.run("replay", file, "--format", "json").out.strip() == as_json(rows)


def _call(port: int, token: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode() if body else None,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
