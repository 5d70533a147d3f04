"""How far a topic has been read, as the database holds it: the positions, and for whoever watches, in
whichever process, what waits in the broker and what was gone before it was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from alerting.bus.embedded import Overtaken
from alerting.store.schema import bus_position

SILENT = timedelta(seconds=30)  # whoever reads looks every few seconds; longer, and nobody reads


@dataclass(frozen=True, slots=True)
class Unread:
    """One partition: at the last look (None: nobody has looked yet) `count` records were not read, of
    which the first came at `oldest` at the earliest; `error` is what a round since has failed by.
    `missing` records were gone at `missing_at` before they were read; None: nobody knows how many."""

    part: int
    count: int = 0
    oldest: datetime | None = None
    looked: datetime | None = None
    error: str = ""
    missing: int | None = None
    missing_at: datetime | None = None

    def unlooked(self, started: datetime, now: datetime) -> datetime | None:
        """Since when nobody has looked, where that is too long; None where somebody does. Before
        `started`, when whoever asks began, all may have been down."""
        looked = min(self.looked or started, now)  # a clock that was ahead may have noted it
        return looked if now - max(looked, started) > SILENT else None

    def since(self, started: datetime, now: datetime) -> datetime | None:
        """Since when something may wait in it; None where nothing does."""
        times = (self.oldest if self.count else None, self.unlooked(started, now))
        return min((at for at in times if at is not None), default=None)


class Topic:
    """All methods work in the caller's transaction."""

    def __init__(self, name: str) -> None:
        self.name = name

    def positions(self, connection: Connection) -> dict[int, tuple[int, str | None]]:
        """By partition the offset to read next, and the id of the topic that it is an offset in."""
        held = connection.execute(
            select(bus_position.c.part, bus_position.c.next, bus_position.c.topic_id)
            .where(bus_position.c.topic == self.name)
        )  # fmt: skip
        return {r.part: (r.next, r.topic_id) for r in held}

    def move(self, connection: Connection, part: int, was: int, to: int, topic_id: str) -> None:
        """Raises Overtaken when another process has moved it meanwhile."""
        of = {"topic_id": topic_id or None}
        moved = connection.execute(
            update(bus_position)
            .where(bus_position.c.topic == self.name, bus_position.c.part == part)
            .where(bus_position.c.next == was)
            .values(next=to, **of)
        )
        if moved.rowcount == 0:
            if (held := self.positions(connection).get(part, (0, None))[0]) != was:
                raise Overtaken(
                    f"another process has taken records of {self.name}, partition {part}, meanwhile:"
                    f" the next is {held}, no longer {was}",
                    mend="Nothing is lost: what this one had in hand is given up.",
                )
            connection.execute(
                insert(bus_position).values(topic=self.name, part=part, next=to, **of)
            )

    def looked(
        self, connection: Connection, found: Mapping[int, tuple[int, datetime | None]], now: datetime
    ) -> None:
        """By partition how many records are unread, and since when the first can be there."""
        for part, (count, oldest) in found.items():
            self._note(connection, part, unread=count, oldest=oldest, looked=now, error=None)

    def failed(self, connection: Connection, parts: Collection[int], error: str) -> None:
        """What a round of reading them failed by."""
        connection.execute(
            update(bus_position)
            .where(bus_position.c.topic == self.name, bus_position.c.part.in_(parts))
            .values(error=error[:300])
        )

    def missed(self, connection: Connection, part: int, missing: int | None, now: datetime) -> None:
        self._note(connection, part, missing=missing, missing_at=now)

    def unread(self, connection: Connection, parts: Collection[int]) -> list[Unread]:
        """Of each of these partitions, in their order."""
        c = bus_position.c
        rows = connection.execute(
            select(c.part, c.unread, c.oldest, c.looked, c.error, c.missing, c.missing_at)
            .where(c.topic == self.name)
        )  # fmt: skip
        held = {
            r.part: Unread(r.part, r.unread or 0, r.oldest, r.looked, r.error or "", r.missing,
                           r.missing_at)
            for r in rows
        }  # fmt: skip
        return [held.get(part) or Unread(part) for part in sorted(parts)]

    def _note(self, connection: Connection, part: int, **given: Any) -> None:
        where = bus_position.c.topic == self.name, bus_position.c.part == part
        if not connection.execute(update(bus_position).where(*where).values(**given)).rowcount:
            connection.execute(
                insert(bus_position).values(topic=self.name, part=part, next=0, **given)
            )
