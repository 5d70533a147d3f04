"""Turns: a rule that fills a channel's queue does not hold up the first message of a quiet one, nor an
alert that a crowd is told of the next alert of its own rule.

Each message waits in a lane, with a turn: one more than the last that still waits in its lane on its
channel, or that of whoever is next there. Within red and within the rest the lowest turn goes first. A
lane is a rule's; what more than a few people are told of an alert has one of its own, and so have the
answers to people. A person who is written to often needs no turn of their own: a digest sees to that.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, text

from alerting.store.schema import BOUND

FEW = 20  # messages of an alert that wait among those of its rule

# The lanes in which anything waits, from one to the next, each with its first and last turn: the lanes
# are few, and each may be long.
_LANES = text(f"""
    WITH RECURSIVE channels(channel) AS (
        SELECT min(channel) FROM delivery WHERE {BOUND}
        UNION ALL
        SELECT (SELECT min(channel) FROM delivery WHERE {BOUND} AND channel > channels.channel)
        FROM channels WHERE channels.channel IS NOT NULL
    ), lanes(channel, lane) AS (
        SELECT channel, (SELECT min(rule) FROM delivery
                         WHERE {BOUND} AND delivery.channel = channels.channel)
        FROM channels WHERE channel IS NOT NULL
        UNION ALL
        SELECT channel, (SELECT min(rule) FROM delivery
                         WHERE {BOUND} AND delivery.channel = lanes.channel AND rule > lanes.lane)
        FROM lanes WHERE lanes.lane IS NOT NULL
    )
    SELECT channel, lane,
        (SELECT min(turn) FROM delivery
         WHERE {BOUND} AND delivery.channel = lanes.channel AND rule = lanes.lane) AS first,
        (SELECT max(turn) FROM delivery
         WHERE {BOUND} AND delivery.channel = lanes.channel AND rule = lanes.lane) AS last
    FROM lanes WHERE lane IS NOT NULL""")


class Turns:
    """As the queues stood when it was read; it hands out turns from there."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(_LANES).all()
        self._last = {(row.channel, row.lane): row.last for row in rows}
        self._next: dict[str, int] = {}
        self._told: Counter[tuple[str, str]] = Counter()  # by channel and alert, of late
        for row in rows:
            self._next[row.channel] = min(row.first, self._next.get(row.channel, row.first))

    def of(self, channel: str, rule: str, alert: str | None) -> tuple[str, int]:
        """The lane and the turn of one more message, which tells of this alert."""
        lane = self._lane(channel, rule, alert)
        last = self._last.get((channel, lane))
        turn = self._next.get(channel, 0) if last is None else last + 1
        self._last[channel, lane] = turn
        self._next.setdefault(channel, turn)
        return lane, turn

    def _lane(self, channel: str, rule: str, alert: str | None) -> str:
        if alert is None:
            return rule
        self._told[channel, alert] += 1
        crowd = (channel, alert) in self._last or self._told[channel, alert] > FEW
        return alert if crowd else rule
