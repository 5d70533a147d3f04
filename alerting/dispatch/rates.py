"""A channel's rate where several processes send from one database: when the messages went that count
towards it stands there. It is read and written in the transaction of the leases, of which there is one
at a time; so all of them together keep the rate, however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from alerting.dispatch.channels import Channel
from alerting.dispatch.outbox import Claimed, Room
from alerting.store.schema_reach import rate
from alerting.store.upserts import insert

Sent = dict[str, list[datetime]]  # by channel, when what counts towards its rate went, oldest first


def counting(sent: Iterable[datetime], per_second: float, now: datetime) -> list[datetime]:
    """Those of them that count now: of a second, or of as long as one message may take. What was
    noted by a clock that was ahead does not."""
    window = timedelta(seconds=max(1.0, 1 / per_second))
    return [at for at in sent if now - window < at <= now + window]


def left(sent: Iterable[datetime], per_second: float, now: datetime) -> int:
    """How many more may go now within the rate; below one a second, one at a time."""
    return max(0, max(1, int(per_second)) - len(counting(sent, per_second, now)))


def read(connection: Connection, channels: Mapping[str, Channel], now: datetime) -> Sent:
    """What all processes have sent lately on the channels that have a rate."""
    paced = {name: one.rate for name, one in channels.items() if one.rate}
    found: Sent = {name: [] for name in paced}
    if not paced:
        return found
    for row in connection.execute(select(rate).where(rate.c.channel.in_(sorted(paced)))):
        times = sorted(datetime.fromtimestamp(at, UTC) for at in row.sent)
        found[row.channel] = counting(times, paced[row.channel], now)
    return found


def rooms(
    room: Mapping[str, Room], sent: Sent, channels: Mapping[str, Channel], now: datetime
) -> dict[str, Room]:
    """The room of each channel, no more than what its rate has left of what all may send."""
    most = {name: left(times, channels[name].rate, now) for name, times in sent.items()}
    return {
        name: Room(min(one.most, most.get(name, one.most)), min(one.others, most.get(name, one.others)))
        for name, one in room.items()
    }


def add(connection: Connection, sent: Sent, claimed: Iterable[Claimed], now: datetime) -> None:
    """Count what is about to be sent, in `sent` too."""
    changed = {one.channel for one in claimed if one.channel in sent}
    for one in claimed:
        if one.channel in sent:
            sent[one.channel].append(now)
    for name in sorted(changed):
        values = {"sent": [at.timestamp() for at in sent[name]]}
        statement = insert(connection, rate).values(channel=name, **values)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["channel"], set_=values)
        )
