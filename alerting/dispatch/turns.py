"""Turns: a rule that fills a channel's queue does not hold up the first message of a quiet one.

Each message waits with a turn: one more than the last of its rule that still waits on its channel, or
that of whoever is next there. Within red and within the rest the lowest turn goes first. A person who
is written to often needs no turn of their own: a digest sees to that.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from alerting.store.schema import delivery, is_waiting

_GIVEN = (
    select(delivery.c.channel, delivery.c.rule, func.max(delivery.c.turn).label("last"),
           func.min(delivery.c.turn).label("next"))
    .where(is_waiting, delivery.c.state != "sending")
    .group_by(delivery.c.channel, delivery.c.rule)
)  # fmt: skip


class Turns:
    """As the queues stood when it was read; it hands out turns from there."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(_GIVEN).all()
        self._last = {(row.channel, row.rule): row.last for row in rows}
        self._next: dict[str, int] = {}
        for row in rows:
            self._next[row.channel] = min(row.next, self._next.get(row.channel, row.next))

    def of(self, channel: str, rule: str) -> int:
        key = (channel, rule)
        last = self._last.get(key)
        turn = self._next.get(channel, 0) if last is None else last + 1
        self._last[key] = turn
        self._next.setdefault(channel, turn)
        return turn
