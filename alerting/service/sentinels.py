"""How each sentinel was last heard, by its own signed word. Kept in the database, for whichever process
watches or is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select, update

from alerting.audit import record
from alerting.service.clock import LIVE
from alerting.service.county import remember
from alerting.store.schema import setting
from alerting.store.schema_duty import duty, shift_exercise

if TYPE_CHECKING:
    from alerting.service.config import Config

SILENT = timedelta(minutes=3)  # without an answer: a restart of a sentinel takes seconds
Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """`heard` is when it last answered, None if never; `error` why it does not; `calling` for what it
    calls the duty list; `answered` the exercises that were answered to it, by their numbers."""

    name: str
    heard: datetime | None = None
    error: str = ""
    calling: tuple[Words, ...] = ()
    answered: tuple[int, ...] = ()

    def silent(self, since: datetime, now: datetime) -> bool:
        """`since` is from when on it could have been heard."""
        return now - (max(self.heard, since) if self.heard is not None else since) >= SILENT


def states(connection: Connection, config: Config) -> list[State]:
    """Of every sentinel that is on, by its name."""
    return [_state(connection, name) for name, one in sorted(config.sentinels.items()) if one.on]


def note(connection: Connection, state: State, now: datetime) -> None:
    """Keep how it was heard, and what was answered to it."""
    said = {"heard": state.heard.isoformat() if state.heard else None, "error": state.error,
            "calling": list(state.calling)}  # fmt: skip
    remember(connection, f"sentinel:{state.name}", json.dumps(said, ensure_ascii=False))
    for row in exercises(connection):
        if row.n in state.answered and state.name not in row.elsewhere:
            connection.execute(
                update(shift_exercise).where(shift_exercise.c.n == row.n)
                .values(elsewhere=row.elsewhere | {state.name: now.isoformat()})
            )  # fmt: skip
            record(connection, LIVE, now, row.person, "answer shift exercise",
                   f"shift-exercise:{row.n}", {"sentinel": state.name})  # fmt: skip


def exercises(connection: Connection) -> list[Row[Any]]:
    """The exercises of the turns that run."""
    return list(connection.execute(
        select(shift_exercise).join(duty, duty.c.n == shift_exercise.c.duty)
        .where(duty.c.ended.is_(None)).order_by(shift_exercise.c.n)
    ))  # fmt: skip


def unanswered(row: Row[Any], config: Config) -> list[Words]:
    """The ways by which somebody has not answered the exercise of their turn."""
    ways = [] if row.answered is not None else [{"zh": "本系统", "en": "the service"}]
    return ways + [
        {"zh": f"哨兵 {name}", "en": f"the sentinel {name}"}
        for name, one in sorted(config.sentinels.items()) if one.on and name not in row.elsewhere
    ]  # fmt: skip


def _state(connection: Connection, name: str) -> State:
    held = connection.execute(
        select(setting.c.value).where(setting.c.key == f"sentinel:{name}")
    ).scalar()
    if held is None:
        return State(name)
    said = json.loads(held)
    heard = datetime.fromisoformat(said["heard"]) if said["heard"] else None
    return State(name, heard, said["error"], tuple(said["calling"]))
