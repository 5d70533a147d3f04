"""What each process says of itself to the others, in the database: which channels refuse it as such (a
revoked token, a closed account), and which of its loops keep failing. Its word counts while it lives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, select

from alerting.service.county import remember
from alerting.store.link import lives
from alerting.store.schema import setting

if TYPE_CHECKING:
    from alerting.service.station import Station

_KEY = "process:"  # and the name of the process that says it


class Word(NamedTuple):
    refused: tuple[str, ...] = ()  # by these channels
    failing: Mapping[str, str] = {}  # error, by loop


def own(station: Station) -> Word:
    at, loops = station.runtime.elapsed(), sorted(station.loops.items())
    failing = {name: one.error for name, one in loops if one.keeps_failing(at)}
    return Word(tuple(sorted(station.dispatcher.unusable)), failing)


def refusing(station: Station, connection: Connection) -> set[str]:
    """Channels that refuse this process, or another that lives."""
    return station.dispatcher.unusable.union(*(word.refused for word in _others(station, connection)))


def failing(station: Station, connection: Connection) -> dict[str, str]:
    """Loops of other processes that keep failing, each with an error."""
    found: dict[str, str] = {}
    for word in _others(station, connection):
        found |= word.failing
    return found


def said(connection: Connection, process: str) -> Word:
    """What stands there of a process; nothing where it has said nothing."""
    value = connection.execute(
        select(setting.c.value).where(setting.c.key == _KEY + process)
    ).scalar()
    return _read(value) if value else Word()


def say(connection: Connection, process: str, word: Word) -> None:
    """In place of what it said before; what those said that are gone is forgotten."""
    gone = [one for one, _ in _all(connection) if one == process or not lives(connection, one)]
    connection.execute(delete(setting).where(setting.c.key.in_([_KEY + one for one in gone])))
    if word != Word():
        remember(connection, _KEY + process, json.dumps(word._asdict(), ensure_ascii=False))


def _others(station: Station, connection: Connection) -> list[Word]:
    if not station.store.shared:  # but a backup of one that was may have brought words along
        return []
    return [word for process, word in _all(connection)
            if process != station.name and lives(connection, process)]  # fmt: skip


def _all(connection: Connection) -> Iterator[tuple[str, Word]]:
    rows = connection.execute(
        select(setting.c.key, setting.c.value).where(setting.c.key.startswith(_KEY))
    ).all()
    for row in rows:
        yield row.key.removeprefix(_KEY), _read(row.value)


def _read(value: str) -> Word:
    held = json.loads(value)
    return Word(tuple(held["refused"]), held["failing"])
