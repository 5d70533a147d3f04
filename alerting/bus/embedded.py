"""The embedded bus: a table in the same database, in the order of acceptance.

Publish, read after a position, and the positions themselves, one for each share of the realm's places,
which the engine moves in its own transaction. A signal is of one share or of all (see shares), and done
when all whom it concerns have taken it. One whose id is already there is not taken twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from alerting.bus.shares import Shares
from alerting.errors import SuianError
from alerting.places import Places
from alerting.signals import KINDS, OBSERVATION, Signal, accepted_at, decode, encode, moment
from alerting.store.schema import UtcText, position, realm, signal, slice_done
from alerting.store.upserts import insert

_RECORD = (
    signal.c.seq, signal.c.id, signal.c.accepted, signal.c.body, signal.c.share, signal.c.kind,
)  # fmt: skip
# Made once: they are asked after every commit.
_TAKEN = (
    select(position.c.share, position.c.taken).where(position.c.realm == bindparam("realm"))
)
_AFTER = (
    select(*_RECORD)
    .where(signal.c.realm == bindparam("realm"), signal.c.seq > bindparam("after"))
    .order_by(signal.c.seq)
    .limit(bindparam("most", type_=Integer))
)
_since: Any = bindparam("since", type_=UtcText)
# The first of each kind that is young enough, each found in an index: by its number, for times run
# backwards where the clock was set back. As a sum, or all that there ever was would be gone through.
_FIRST = select(*(
    select(func.min(signal.c.seq + 0))
    .where(signal.c.realm == bindparam("realm"), signal.c.kind == kind, signal.c.accepted >= _since)
    .scalar_subquery().label(kind)
    for kind in KINDS
))  # fmt: skip
_HISTORY = (
    select(*_RECORD)
    .where(signal.c.realm == bindparam("realm"), signal.c.seq <= bindparam("upto"))
    .where(signal.c.seq >= bindparam("from"), signal.c.accepted >= _since)
    .order_by(signal.c.seq)
)
_KNOWN = select(signal.c.id).where(
    signal.c.realm == bindparam("realm"), signal.c.id.in_(bindparam("ids", expanding=True))
)
_CLOCK = select(realm.c.clock).where(realm.c.id == bindparam("realm"))
_SET_CLOCK = (
    update(realm).where(realm.c.id == bindparam("of_realm")).values(clock=bindparam("at"))
)
_MOVE = (
    update(position)
    .where(position.c.realm == bindparam("of_realm"), position.c.share == bindparam("of_share"))
    .where(position.c.taken == bindparam("before"))
    .values(taken=bindparam("upto"))
)
ASKED_AT_ONCE = 500
_KINDS_AFTER = (
    select(signal.c.kind)
    .where(signal.c.realm == bindparam("realm"), signal.c.seq > bindparam("after"))
    .order_by(signal.c.seq)
    .limit(bindparam("most", type_=Integer))
)


class Overtaken(SuianError):
    """Another process has moved a position from which this one read."""


@dataclass(frozen=True, slots=True)
class Record:
    """A signal with its place in the order, packed as it was kept; `share` is the one of the places
    that it can concern, None for any, `kind` what signals call it."""

    seq: int
    id: str
    accepted: datetime
    body: bytes
    share: int | None = None
    kind: str = ""

    def signal(self) -> Signal:
        """Unpacked. Raises ValueError where that cannot be done: the engine goes on without it."""
        return accepted_at(decode(self.body), self.accepted)


def waits(realm_id: str) -> ColumnElement[bool]:
    """Condition on signals: of this realm, and some share that it concerns has not taken it yet."""
    # It is looked for by its number, not among all that ever came.
    last = select(func.min(position.c.taken)).where(position.c.realm == realm_id).scalar_subquery()
    behind = (
        select(position.c.share)
        .where(position.c.realm == realm_id, position.c.taken < signal.c.seq)
        .where(or_(signal.c.share.is_(None), signal.c.share == position.c.share))
    )
    return and_(signal.c.realm == realm_id, signal.c.seq > last, behind.correlate(signal).exists())


class Newest(NamedTuple):
    seq: int
    issued: datetime
    accepted: datetime


class EmbeddedBus:
    """All methods work in the caller's transaction."""

    def __init__(self, shares: Shares | None = None) -> None:
        self.shares = shares or Shares(1, Places("", {}), 0.0)

    def publish(
        self, connection: Connection, realm_id: str, signals: Iterable[Signal], now: datetime,
        packed: Mapping[str, bytes] | None = None,
    ) -> list[str]:  # fmt: skip
        """Stamp and keep signals; gives the ids of those that are new. `packed` are bodies by id that
        were made before the writer was waited for; they need not say when it was accepted.

        The stamp never runs backwards within a realm, whatever the clock does.
        """
        given = {one.id: one for one in signals}
        clock = connection.execute(_CLOCK, {"realm": realm_id}).scalar_one()
        if clock is None:  # its first
            self._begin(connection, realm_id, 0)
        at = moment(given.values(), now)
        at = max(at, clock) if clock else at
        new = self._unknown(connection, realm_id, list(given))
        rows = []
        for signal_id in new:
            one = given[signal_id]
            rows.append({
                "realm": realm_id, "id": one.id, "kind": one.kind, "source": one.source,
                "issued": one.issued, "accepted": at,
                "body": (packed or {}).get(signal_id) or encode(accepted_at(one, at)),
                "share": self.shares.of(one),
            })  # fmt: skip
        if rows:
            connection.execute(insert(connection, signal), rows)
            connection.execute(_SET_CLOCK, {"of_realm": realm_id, "at": at})
        return new

    def _unknown(self, connection: Connection, realm_id: str, ids: list[str]) -> list[str]:
        """Those that are not kept yet, in their order: one transaction writes at a time."""
        known: set[str] = set()
        for some in range(0, len(ids), ASKED_AT_ONCE):
            asked = {"realm": realm_id, "ids": ids[some : some + ASKED_AT_ONCE]}
            known |= set(connection.execute(_KNOWN, asked).scalars())
        return [one for one in ids if one not in known]

    def read(
        self, connection: Connection, realm_id: str, after: int, limit: int = 100
    ) -> list[Record]:
        given = {"realm": realm_id, "after": after, "most": limit}
        return [Record(*row) for row in connection.execute(_AFTER, given)]

    def observations_after(
        self, connection: Connection, realm_id: str, after: int, most: int
    ) -> int:
        """How many signals that follow this number are observations, one after the other."""
        given = {"realm": realm_id, "after": after, "most": most}
        kinds = connection.execute(_KINDS_AFTER, given).scalars()
        return sum(1 for _ in takewhile(lambda kind: kind == OBSERVATION, kinds))

    def positions(self, connection: Connection, realm_id: str) -> dict[int, int]:
        """By share of the places the number of the last signal that it has taken."""
        rows = connection.execute(_TAKEN, {"realm": realm_id})
        return dict.fromkeys(self.shares.all, 0) | {r.share: r.taken for r in rows}

    def waiting(self, connection: Connection, realm_id: str) -> bool:
        """Whether some signal has not been taken by all whom it concerns."""
        # In their order, PostgreSQL goes to the first that may wait; else it reads from the oldest on.
        found = select(signal.c.seq).where(waits(realm_id)).order_by(signal.c.seq).limit(1)
        return connection.execute(found).first() is not None

    def taken(
        self, connection: Connection, realm_id: str, was: Mapping[int, int], seq: int
    ) -> None:
        """Move the positions of some shares from where they were, in the transaction of the effects.

        Raises Overtaken when another process has moved one meanwhile: the transaction rolls back.
        """
        for share, before in was.items():
            moved = connection.execute(
                _MOVE, {"of_realm": realm_id, "of_share": share, "before": before, "upto": seq}
            )
            if moved.rowcount == 0:
                raise _moved(realm_id, share, before)

    def still(self, connection: Connection, realm_id: str, was: Mapping[int, int]) -> None:
        """Raises Overtaken when another process has moved one of these positions meanwhile."""
        now = self.positions(connection, realm_id)
        for share, before in was.items():
            if now[share] != before:
                raise _moved(realm_id, share, before)

    def history(
        self, connection: Connection, realm_id: str, since: datetime, upto: int
    ) -> list[Record]:
        """Signals already taken that still matter to fields and facts, in order."""
        first = connection.execute(_FIRST, {"realm": realm_id, "since": since}).one()
        young = [one for one in first if one is not None]
        if not young:
            return []
        given = {"realm": realm_id, "upto": upto, "from": min(young), "since": since}
        rows = connection.execute(_HISTORY, given)
        return [Record(*r) for r in rows]

    def divide(self, connection: Connection, others: bool = False) -> None:
        """At a start: a position for each share there is now, where there were more or fewer before.

        Raises SuianError where `others` go on with the shares of before, whose signals nobody would
        take any more, and where these have not all come equally far.
        """
        running = select(realm.c.id).where(realm.c.ended.is_(None))
        for realm_id in connection.execute(running).scalars().all():
            rows = select(position.c.share, position.c.taken).where(position.c.realm == realm_id)
            held = {r.share: r.taken for r in connection.execute(rows)}
            if not held or held.keys() == self.shares.all:
                continue
            if others:
                raise SuianError(
                    f"other processes run with {len(held)} partitions, and `bus.partitions` says"
                    f" {self.shares.count} here",
                    mend=f"Set it to {len(held)} here; or stop all processes, set it in every config,"
                    " and start them again.",
                )
            half = select(slice_done.c.seq).where(slice_done.c.realm == realm_id).limit(1)
            apart = len(set(held.values())) > 1 and self.waiting(connection, realm_id)
            if apart or connection.execute(half).first() is not None:
                raise SuianError(
                    f"signals are still being taken in {len(held)} partitions, and `bus.partitions`"
                    f" says {self.shares.count} now",
                    mend=f"Set it to {len(held)}, start, wait until nothing waits (`suian doctor`), and"
                    " change it then, with all processes stopped.",
                )
            connection.execute(delete(position).where(position.c.realm == realm_id))
            self._begin(connection, realm_id, max(held.values()))
            connection.execute(  # what waits is of a share of before
                update(signal).values(share=None)
                .where(signal.c.realm == realm_id, signal.c.seq > max(held.values()))
            )  # fmt: skip

    def _begin(self, connection: Connection, realm_id: str, at: int) -> None:
        rows = [{"realm": realm_id, "share": share, "taken": at} for share in self.shares.all]
        connection.execute(insert(connection, position).on_conflict_do_nothing(), rows)


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


def _moved(realm_id: str, share: int, before: int) -> Overtaken:
    return Overtaken(
        f"another process has taken signals of {realm_id}, partition {share}, after number {before}"
        " meanwhile",
        mend="Nothing is lost: what this one had in hand is given up.",
    )
