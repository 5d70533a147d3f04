"""How each sentinel was last heard, by its own signed word. Kept in the database, for whichever process
watches or is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from alerting.service.county import remember
from alerting.store.schema import setting

if TYPE_CHECKING:
    from alerting.service.config import Config

SILENT = timedelta(minutes=3)  # without an answer: a restart of a sentinel takes seconds
Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """`heard` is when it last answered, None if never; `error` why it does not; `calling` for what it
    calls the duty list."""

    name: str
    heard: datetime | None = None
    error: str = ""
    calling: tuple[Words, ...] = ()

    def silent(self, since: datetime, now: datetime) -> bool:
        """`since` is from when on it could have been heard."""
        return now - (max(self.heard, since) if self.heard is not None else since) >= SILENT


def states(connection: Connection, config: Config) -> list[State]:
    """Of every sentinel that is on, by its name."""
    return [_state(connection, name) for name, one in sorted(config.sentinels.items()) if one.on]


def note(connection: Connection, state: State) -> None:
    said = {"heard": state.heard.isoformat() if state.heard else None, "error": state.error,
            "calling": list(state.calling)}  # fmt: skip
    remember(connection, f"sentinel:{state.name}", json.dumps(said, ensure_ascii=False))


def _state(connection: Connection, name: str) -> State:
    held = connection.execute(
        select(setting.c.value).where(setting.c.key == f"sentinel:{name}")
    ).scalar()
    if held is None:
        return State(name)
    said = json.loads(held)
    heard = datetime.fromisoformat(said["heard"]) if said["heard"] else None
    return State(name, heard, said["error"], tuple(said["calling"]))
