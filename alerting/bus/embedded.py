"""The embedded bus: a table in the same database, in the order of acceptance.

Publish, read after a position, and the position itself, which the engine moves in its own transaction.
A signal whose id is already there is not taken twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, bindparam, func, select, update

from alerting.errors import SuianError
from alerting.signals import KINDS, Signal, accepted_at, decode, encode
from alerting.store.schema import realm, signal
from alerting.store.upserts import insert

_RECORD = (signal.c.seq, signal.c.id, signal.c.accepted, signal.c.body)
# Made once: they are asked after every commit.
_TAKEN = select(realm.c.taken).where(realm.c.id == bindparam("realm"))
_AFTER = (
    select(*_RECORD)
    .where(signal.c.realm == bindparam("realm"), signal.c.seq > bindparam("after"))
    .order_by(signal.c.seq)
    .limit(bindparam("most", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class Record:
    """A signal with its place in the order, packed as it was kept."""

    seq: int
    id: str
    accepted: datetime
    body: bytes

    def signal(self) -> Signal:
        """Unpacked. Raises ValueError where that cannot be done: the engine goes on without it."""
        return decode(self.body)


class Overtaken(SuianError):
    """Another process has moved the position meanwhile: this one's transaction rolls back."""


class Newest(NamedTuple):
    seq: int
    issued: datetime
    accepted: datetime


class EmbeddedBus:
    """All methods work in the caller's transaction."""

    def publish(
        self, connection: Connection, realm_id: str, signals: list[Signal], now: datetime
    ) -> list[str]:
        """Stamp and keep signals; gives the ids of those that are new.

        The stamp never runs backwards within a realm, whatever the clock does.
        """
        clock = connection.execute(select(realm.c.clock).where(realm.c.id == realm_id)).scalar_one()
        at = max(now, clock) if clock else now
        new: list[str] = []
        for one in signals:
            stamped = accepted_at(one, at)
            taken = connection.execute(
                insert(connection, signal)
                .values(
                    realm=realm_id, id=stamped.id, kind=stamped.kind, source=stamped.source,
                    issued=stamped.issued, accepted=at, body=encode(stamped),
                )
                .on_conflict_do_nothing(index_elements=["realm", "id"])
                .returning(signal.c.seq)
            ).first()  # fmt: skip
            if taken is not None:
                new.append(stamped.id)
        if new:
            connection.execute(update(realm).where(realm.c.id == realm_id).values(clock=at))
        return new

    def read(
        self, connection: Connection, realm_id: str, after: int, limit: int = 100
    ) -> list[Record]:
        given = {"realm": realm_id, "after": after, "most": limit}
        return [Record(*row) for row in connection.execute(_AFTER, given)]

    def position(self, connection: Connection, realm_id: str) -> int:
        return connection.execute(_TAKEN, {"realm": realm_id}).scalar_one()

    def taken(self, connection: Connection, realm_id: str, was: int, seq: int) -> None:
        """Move the position from where it was, in the transaction of the effects.

        Raises Overtaken when another process has moved it meanwhile.
        """
        moved = connection.execute(
            update(realm).where(realm.c.id == realm_id, realm.c.taken == was).values(taken=seq)
        )
        if moved.rowcount == 0:
            raise _moved(realm_id, seq)

    def still(self, connection: Connection, realm_id: str, was: int) -> None:
        """Raises Overtaken when another process has moved the position meanwhile."""
        if self.position(connection, realm_id) != was:
            raise _moved(realm_id, was)

    def history(
        self, connection: Connection, realm_id: str, since: datetime, upto: int
    ) -> list[Record]:
        """Signals already taken that still matter to fields and facts, in order."""
        # Times of acceptance never run backwards: from the first of each kind on all are young enough.
        first = [
            connection.execute(
                select(signal.c.seq)
                .where(signal.c.realm == realm_id, signal.c.kind == kind, signal.c.accepted >= since)
                .order_by(signal.c.accepted, signal.c.seq).limit(1)
            ).scalar()
            for kind in KINDS
        ]  # fmt: skip
        young = [one for one in first if one is not None]
        rows = connection.execute(
            select(*_RECORD)
            .where(signal.c.realm == realm_id, signal.c.seq <= upto)
            .where(signal.c.seq >= min(young), signal.c.accepted >= since)
            .order_by(signal.c.seq)
        ) if young else ()  # fmt: skip
        return [Record(*r) for r in rows]


def newest_by_source(
    connection: Connection, realm_id: str, kinds: Sequence[str]
) -> dict[tuple[str, str], Newest]:
    """The last signal of each kind and source, found by as many steps in an index as there are sources,
    however many signals there are."""
    found: dict[tuple[str, str], Newest] = {}
    for kind in kinds:
        of = signal.c.realm == realm_id, signal.c.kind == kind
        least = select(func.min(signal.c.source).label("source")).where(*of)
        first = least.cte("known", recursive=True)
        after = select(func.min(signal.c.source)).where(*of, signal.c.source > first.c.source)
        known = first.union_all(
            select(after.correlate(first).scalar_subquery()).where(first.c.source.is_not(None))
        )
        last = (
            select(func.max(signal.c.seq)).where(*of, signal.c.source == known.c.source)
            .correlate(known).scalar_subquery()
        )  # fmt: skip
        rows = connection.execute(
            select(signal.c.source, signal.c.seq, signal.c.issued, signal.c.accepted)
            .where(signal.c.seq.in_(select(last).select_from(known)))
        )
        found |= {(kind, row.source): Newest(row.seq, row.issued, row.accepted) for row in rows}
    return found


def _moved(realm_id: str, seq: int) -> Overtaken:
    return Overtaken(
        f"another process has taken signals of {realm_id} after number {seq} meanwhile",
        mend="Nothing is lost: what this one had in hand is given up.",
    )
