"""What the sentinel keeps in its one file, so that a restart of its own forgets nobody."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from alerting.sentinel.wire import Heartbeat, Words

log = structlog.get_logger()


class Alarm(BaseModel):
    """An alarm from its first call until it was said that all is well again. `faults` by their kind, as
    they were last said; `round` counts the calls, `called` how often each reader was called and
    `reached` is whom a call got through to; `since` is when the last fault went away. The links of its
    messages are made of `token`."""

    model_config = ConfigDict(extra="forbid")

    token: str
    began: datetime
    faults: dict[str, Words]
    next: datetime
    round: int = 0
    called: dict[str, int] = {}
    reached: list[str] = []
    taken_by: str = ""
    since: datetime | None = None


class Turn(BaseModel):
    """The exercise of a turn: whom it is of, until when it is to be answered, and by which of the two
    ways it was; `asked` says that the sentinel's own message went out, `tried` when it last should."""

    model_config = ConfigDict(extra="forbid")

    person: str
    must_by: datetime
    asked: bool = False
    tried: datetime | None = None
    here: bool = False
    there: bool = False


class Memory(BaseModel):
    """`heard` is when the last good heartbeat `beat` came, and `ahead` how many seconds the service's
    clock was before the sentinel's then; `sent`, by the sentinel's clock, when it last had a message
    taken; `messages` how many the sentinel ever sent: the number of the next."""

    model_config = ConfigDict(extra="forbid")

    heard: datetime | None = None
    beat: Heartbeat | None = None
    ahead: float = 0.0
    sent: datetime | None = None
    alarm: Alarm | None = None
    messages: int = 0
    turns: dict[int, Turn] = {}

    def silent(self, now: datetime) -> list[Turn]:
        """Those whose time has passed with one of the two ways unanswered."""
        return [t for t in self.turns.values() if t.must_by <= now and not (t.here and t.there)]


def recall(path: Path) -> Memory:
    """What the file says; a fresh memory where there is none, or none that can be read."""
    try:
        return Memory.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Memory()
    except (OSError, ValidationError) as error:
        log.error("the memory cannot be read, and begins anew", file=str(path), error=str(error)[:200])
        return Memory()


def keep(memory: Memory, path: Path) -> None:
    """Whole or not at all. A full disk must not keep it from calling: it says so, and goes on."""
    fresh = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(memory.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        log.error("the memory cannot be written", file=str(path), error=str(error))
