"""The campaign's own PostgreSQL and Kafka, which may be killed, stopped, filled up and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import postgres_server
from tests.kafka_broker import Broker
from tests.ports import free_port

ROOM = "160m"  # of the disk that the broker fills


class Postgres:
    """Its data survive a killed server, not a power cut: what is proven here is the service."""

    def __init__(self) -> None:
        programs = postgres_server.programs()
        assert programs is not None
        self._programs, self._account = programs, postgres_server.account()
        self._home = Path(tempfile.mkdtemp(prefix="suian-campaign-"))
        if self._account:
            os.chown(self._home, self._account["user"], self._account["group"])
        self.port = free_port()
        postgres_server.init(self._programs, self._home / "data", self._account)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = 0

    @property
    def address(self) -> str:
        return postgres_server.address_at(self.port)

    def start(self) -> None:
        """Again and again until it is up: after a kill the dead server's children hold its memory."""
        deadline = time.monotonic() + 30
        while not postgres_server.answers(self.address):
            assert time.monotonic() < deadline, (self._home / "log").read_text()[-2000:]
            if self._process is None or self._process.poll() is not None:
                self._process = postgres_server.run(
                    self._programs, self._home, self.port, self._account, self._home / "log"
                )
            time.sleep(0.1)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        for pid in self._all():
            os.kill(pid, signal.SIGSTOP)

    def goes_on(self) -> None:
        for pid in self._all():
            os.kill(pid, signal.SIGCONT)

    def _all(self) -> list[int]:
        """The server and every one of its children, each of which would go on by itself."""
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def database(self) -> str:
        """The name of a new, empty database."""
        self._numbers += 1
        name = f"run{self._numbers}"
        self.does(f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def does(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(f"{self.address.rpartition('/')[0]}/{database}", autocommit=True) as session:
            session.execute(statement)  # type: ignore[call-overload]

    def end(self) -> None:
        if self._process is not None:
            self.goes_on()
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        shutil.rmtree(self._home, ignore_errors=True)


class Kafka(Broker):
    """A broker whose disk may fill up, where this account may mount one of its own."""

    def fills_up(self) -> None:
        """Not a byte of its disk is left."""
        with (self.folder / "data" / "ballast").open("wb") as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(64 * 1024))
                ballast.flush()

    def has_room(self) -> None:
        (self.folder / "data" / "ballast").unlink()

    def pause(self) -> None:
        self.sends(signal.SIGSTOP)

    def goes_on(self) -> None:
        self.sends(signal.SIGCONT)

    def ends(self) -> None:
        with contextlib.suppress(AssertionError):  # it may be down
            self.goes_on()
        self.stop(signal.SIGKILL)


@contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """Make `folder` a small disk of its own while this lasts; gives whether it is one."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = os.getuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)], capture_output=True
    ).returncode == 0  # fmt: skip
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
