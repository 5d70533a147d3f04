"""A town whose service is several processes over one PostgreSQL, each with a part of its own."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests

from alerting.runtime import RealRuntime
from tests.scenarios.standin import TOKEN
from tests.scenarios.town import Town


@dataclass
class Process:
    """One of them. `pid` is 0 once it has ended."""

    role: str
    pid: int
    log: Path

    @property
    def said(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(errors="replace"))  # without colours

    def asked(self, path: str) -> requests.Response:
        """Its answer on the port it took; 503 as long as it has not begun."""
        found = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        if found is None:
            (not_yet := requests.Response()).status_code = 503
            return not_yet
        return requests.get(found[0] + path, timeout=60, headers={"Connection": "close"})

    def lacks(self) -> str:
        """What keeps it from being ready; "" when it is."""
        said = self.asked("/readyz")
        return "" if said.ok else said.text

    def stopped(self) -> bool:
        return "State:\tT" in Path(f"/proc/{self.pid}/status").read_text()

    def goes_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


class Apart(Town):
    """All of it runs in real time. The web's process is the one that is asked."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.processes: list[Process] = []

    def starts(self, role: str, **environment: str) -> Process:
        """One more process of this role."""
        number = sum(1 for one in self.processes if one.role == role)
        log = self.folder / f"{role}-{number}.log"
        log.touch()
        pid = self._launch(role, log, environment)
        made = Process(role, pid, log)
        self.processes.append(made)
        if role == "web":
            self.now, self._pid = RealRuntime().now(), pid
            self._wait_until_it_listens()
            self._token()
        return made

    @contextmanager
    def without_its_database(self) -> Iterator[None]:
        """While this lasts the server knows nothing of it; the others' go on."""
        server, _, name = str(self._kept_in).rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            try:
                yield
            finally:
                connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]

    def _launch(self, role: str, log: Path, environment: dict[str, str]) -> int:
        given = os.environ | {"TWILIO_AUTH_TOKEN": TOKEN} | environment
        given.pop("SUIAN_PORT", None)
        if role != "web":
            given["SUIAN_PORT"] = "0"
        words = ["serve", "--config", str(self.folder / "config.yaml"), "--role", role]
        return self.nursery.start(words, self.folder, log, given)

    def holds(self, one: Process, what: str) -> bool:
        """Whether this process was the last that took something over."""
        takes = [line for line in one.said.splitlines() if "takes over" in line]
        return any(f"'{what}'" in line for line in takes)

    def ends(self, one: Process) -> int:  # type: ignore[override]
        """Until this process has ended, which it does by itself; gives the exit code."""
        code, one.pid = self.nursery.wait(one.pid), 0
        return code

    def log(self) -> str:
        return "\n".join(f"== {one.log.name}\n{one.said[-1500:]}" for one in self.processes)

    def dies(self) -> None:
        for one in self.processes:
            if one.pid:
                os.kill(one.pid, signal.SIGKILL)
                self.nursery.wait(one.pid)
                one.pid = 0
        self._pid = 0

    def _check_alive(self) -> None:
        for one in self.processes:
            if one.pid and self.nursery.poll(one.pid) is not None:
                raise AssertionError(f"the process {one.role} ended: {one.said[-3000:]}")
