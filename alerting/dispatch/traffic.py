"""How much each channel takes now: what it has under way, its rate, and whether it refuses us.

Channels are counted apart, so that one whose provider hangs or refuses holds up no other. Within one, a
part of what may be under way at once is kept for the real world's red: a provider that hangs over what
is less urgent holds that up as little.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta

from alerting.dispatch import rates
from alerting.dispatch.channels import Channel
from alerting.dispatch.outbox import AT_ONCE, Claimed, Room

# Of red, one in so many of a channel's concurrency is leased ahead: it goes out in the moment in which
# another's answer comes, while that is still being written down.
AHEAD = 4
KEPT_FOR_RED = 4  # one in so many of a channel's concurrency
UNUSABLE_FOR = timedelta(minutes=5)  # until a channel that refused us is tried again


class Traffic:
    """Of one process, by the machine's clock; for the event loop's thread alone."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._refused: dict[str, datetime] = {}  # until when a channel is left alone
        self._sent_at: dict[str, list[datetime]] = {}  # of channels with a rate, the last window's
        self._under_way: Counter[tuple[str, bool]] = Counter()  # channel, whether it is urgent
        self._slots: dict[str, asyncio.Semaphore] = {}

    @property
    def refused(self) -> set[str]:
        """Channels that refused us as such: a wrong password, a closed account."""
        return set(self._refused)

    def left_alone(self, now: datetime) -> dict[str, datetime]:
        """Those of them that are not tried again yet, and until when."""
        return {name: until for name, until in self._refused.items() if until > now}

    def clock_set(self, by: timedelta) -> None:
        """The machine's clock was moved by so much."""
        self._refused = {name: until + by for name, until in self._refused.items()}
        self._sent_at = {name: [at + by for at in sent] for name, sent in self._sent_at.items()}

    def refuses(self, channel: str, now: datetime) -> None:
        self._refused[channel] = now + UNUSABLE_FOR

    def works(self, channel: str) -> None:
        self._refused.pop(channel, None)

    def begins(self, one: Claimed, now: datetime) -> None:
        """A message is about to be handed over."""
        self._under_way[one.channel, one.urgent] += 1
        channel = self._channels.get(one.channel)
        if channel is not None and channel.rate:
            self._sent_at.setdefault(one.channel, []).append(now)

    def knows(self, sent: rates.Sent) -> None:
        """What has been sent lately on channels with a rate, by other processes too."""
        self._sent_at |= sent

    def slot(self, channel: str) -> AbstractAsyncContextManager[object]:
        """For as long as a message is under way at the provider: in their turn, no more of them at once
        than the channel says. What was leased ahead waits here."""
        known = self._channels.get(channel)
        if known is None:
            return nullcontext()
        if channel not in self._slots:
            self._slots[channel] = asyncio.Semaphore(known.concurrency)
        return self._slots[channel]

    def ends(self, one: Claimed) -> None:
        self._under_way[one.channel, one.urgent] -= 1

    def rooms(self, now: datetime) -> dict[str, Room]:
        """How many more messages each channel may have under way now."""
        return {name: self._room(name, now) for name in self._channels}

    def most_room(self, now: datetime) -> int:
        """The most messages that any channel takes now."""
        return max((one.most for one in self.rooms(now).values()), default=0)

    def free_from(self, name: str, now: datetime, urgent: bool) -> datetime:
        """From when on what waits for a channel can be dealt with."""
        channel = self._channels.get(name)
        if channel is None or name in self.left_alone(now):
            return now
        free = now
        room = self._room(name, now)
        if not (room.most if urgent else room.others):
            free = now + timedelta(seconds=1)
        if channel.rate and not self._pace(name, channel.rate, now):
            free = max(free, self._sent_at[name][0] + timedelta(seconds=max(1.0, 1 / channel.rate)))
        return free

    def _room(self, name: str, now: datetime) -> Room:
        if name in self.left_alone(now):
            return Room(0, 0)  # what waits for it is passed on
        channel = self._channels[name]
        most = channel.concurrency - self._busy(name)
        if channel.rate:
            most = min(most, self._pace(name, channel.rate, now))
        else:
            most += channel.concurrency // AHEAD
        kept = channel.concurrency // KEPT_FOR_RED
        # None of them waits for a slot: red that comes would wait behind them.
        others = min(channel.concurrency - self._busy(name),
                     channel.concurrency - kept - self._under_way[name, False])  # fmt: skip
        most = max(0, min(AT_ONCE, most))
        return Room(most, max(0, min(most, others)))

    def _busy(self, name: str) -> int:
        return self._under_way[name, True] + self._under_way[name, False]

    def _pace(self, name: str, rate: float, now: datetime) -> int:
        """Messages that may go within `rate` a second, as far as this process knows."""
        self._sent_at[name] = rates.counting(self._sent_at.get(name, []), rate, now)
        return rates.left(self._sent_at[name], rate, now)
