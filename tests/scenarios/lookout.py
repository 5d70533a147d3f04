"""A sentinel beside a town: its own process, its own clock, its own provider of messages."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import ACCOUNT, SENDER, TOKEN, StandIn
from tests.scenarios.town import SOON, Phone, ProcessGone, Town

SECRET = "a secret that both of them have"
VARIABLE = "SUIAN_SENTINEL_SECRET"
CHIEF = "+447700900199"  # of the last resort


class Lookout:
    """`sentinels()` is what the town's config says of it."""

    def __init__(
        self, folder: Path, provider: StandIn, nursery: Nursery, **more: Any
    ) -> None:
        self.folder, self.provider, self.nursery = folder / "sentinel", provider, nursery
        self.folder.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = {
            "port": self.port, "public_url": self.url,
            "channels": {"sms": {"use": "twilio", "account": ACCOUNT, "sender": SENDER,
                                 "base_url": provider.address}},
            "people": [{"name": "县长", "name_en": "Chief", "contacts": {"sms": CHIEF}}],
        } | more  # fmt: skip
        (self.folder / "sentinel.yaml").write_text(json.dumps(self.config, ensure_ascii=False))
        self.secret = SECRET
        self._pid = 0
        self._clock: socket.socket | None = None

    def sentinels(self) -> dict[str, Any]:
        return {"mountain": {"url": self.url}}

    # The process

    def begin(self, at: datetime) -> Lookout:
        self.runs("--clock", str(self.folder / "clock"))
        self._clock, self.now = self._connect(), at
        self._tell({"do": "set", "at": at.isoformat()})
        return self

    def runs(self, *options: str) -> Lookout:
        given = os.environ | {"TWILIO_AUTH_TOKEN": TOKEN, VARIABLE: self.secret}
        words = ["sentinel", "--config", str(self.folder / "sentinel.yaml"), *options]
        self._pid = self.nursery.start(words, self.folder.parent, self.folder / "log", given)
        return self

    def exits(self) -> int:
        """Until its process has ended; gives the exit code."""
        code, self._pid = self.nursery.wait(self._pid), 0
        return code

    def dies(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self.exits()
        if self._clock is not None:
            self._clock.close()
            self._clock = None

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def heard(self) -> str | None:
        """When the last heartbeat came, as it has written it down."""
        try:
            return str(json.loads((self.folder / "sentinel.json").read_text())["heard"])
        except FileNotFoundError:
            return None

    # Time

    def passes(self, *, minutes: float = 0, seconds: float = 0) -> Lookout:
        """Its own time goes on, and nobody else's."""
        self._tell({"do": "advance", "seconds": minutes * 60 + seconds})
        return self

    def passes_with(self, town: Town, *, minutes: float = 0, seconds: float = 0) -> Lookout:
        """Time goes on for both, the town's first, half a minute at a time."""
        left = timedelta(minutes=minutes, seconds=seconds)
        while left > timedelta():
            step = min(left, timedelta(seconds=30))
            town.passes(seconds=step.total_seconds())
            self.passes(seconds=step.total_seconds())
            left -= step
        return self

    def settles(self) -> None:
        if self._clock is not None:
            self._tell({"do": "settle"})

    # Its phones

    def phone(self, person: str, number: str) -> Phone:
        return Phone(self, person, number)  # type: ignore[arg-type]

    def phone_of(self, town: Town, person: str) -> Phone:
        return self.phone(person, town.phone(person).number)

    @property
    def chief(self) -> Phone:
        return self.phone("the chief", CHIEF)

    @property
    def inbound(self) -> str:
        return f"{self.url}/webhooks/sms/inbound"

    def told(self) -> str:
        lines = [f"{m.to}: {m.body}" for m in self.provider.messages]
        return "The sentinel sent:\n  " + "\n  ".join(lines or ["nothing"]) + f"\n{self.log()[-2000:]}"

    # Inside

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            made = socket.socket(socket.AF_UNIX)
            try:
                made.connect(str(self.folder / "clock"))
            except OSError:
                made.close()
                assert self.nursery.poll(self._pid) is None, self.log()
                time.sleep(0.02)
            else:
                made.settimeout(SOON)
                self._reader = made.makefile("rb")
                return made
        raise AssertionError("the sentinel did not open its clock")

    def _tell(self, words: dict[str, Any]) -> None:
        assert self._clock is not None
        self._clock.sendall(json.dumps(words).encode() + b"\n")
        line = self._reader.readline()
        if not line:
            raise ProcessGone(self.log()[-3000:])
        answer = json.loads(line)
        assert "error" not in answer, f"{answer['error']}\n{self.log()[-3000:]}"
        self.now = datetime.fromisoformat(answer["now"])
