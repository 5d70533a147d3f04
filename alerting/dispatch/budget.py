"""Budgets: how many messages one person may be sent on one channel in a minute, an hour and a day.

Providers drop what goes over their own limits without a word, so we keep under them. A part of each is
kept for the real world's red. What is over it goes to the person's next channel; red, and what wants an
answer or ends what was ordered, only to one as loud. Where there is none red goes all the same. What
wants an answer waits a minute at most, for a chase does not call past somebody who has not been told;
so does what ends, takes back or corrects, for nobody may go on until tomorrow with what holds no more.
The rest waits until the budget has room, with the reason. What an exercise sends takes nothing from
the real world.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from alerting.dispatch.channels import Channel
from alerting.dispatch.writing import Settings
from alerting.people import Contact
from alerting.store.many import among
from alerting.store.schema import UtcText, delivery

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WINDOWS = {"minute": MINUTE, "hour": timedelta(hours=1), "day": DAY}
LIVE = "live"  # the real world's realm


class Need(NamedTuple):
    """Of a message of the real world: whether it is red, and whether it wants an answer or says that
    something holds no more."""

    urgent: bool
    soon: bool


def why(channel: str) -> str:
    return f"the budget of {channel} for one person is used up"


@dataclass(slots=True)
class Budget:
    """Of one realm, by the machine's clock. An exercise counts what was sent in all of them, for a
    phone does not know them apart; the real world counts its own alone."""

    connection: Connection
    settings: Settings
    machine: datetime
    real: bool
    _sent: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _planned: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def read_ahead(self, people: Collection[str]) -> None:
        """Read at once what these people were sent, on every channel that has a budget."""
        channels = [name for name, one in self.settings.channels.items() if limits(one, urgent=True)]
        if not people or not channels:
            return
        for person in people:
            for name in channels:
                self._sent[person, name] = []
        asked = {"people": list(people), "channels": channels, "since": self.machine - DAY}
        these = _SENT_TO_MANY_REALLY if self.real else _SENT_TO_MANY
        for row in self.connection.execute(these, asked):
            self._sent[row.person, row.channel].append(row.bound)

    def choose(
        self, person: str, first: Contact, others: Sequence[Contact], need: Need
    ) -> tuple[Contact, datetime | None]:
        """On which contact a message goes; and where it must wait, until when (None: it goes now)."""
        channels = self.settings.channels
        loud = channels[first.channel].loudness if need.soon or need.urgent else 0
        waits: list[datetime] = []
        for one in [first, *(other for other in others if other != first)]:
            channel = channels.get(one.channel)
            if channel is None or (one != first and one.channel in self.settings.unusable):
                continue
            if channel.loudness < loud:
                continue
            free = self._free_from(person, channel, limits(channel, need.urgent))
            if free is None:
                return one, None
            waits.append(free)
        if need.urgent or not waits:
            return first, None
        if need.soon:
            channel = channels[first.channel]
            return first, self._free_from(person, channel, limits(channel, urgent=False, most=MINUTE))
        return first, min(waits)

    def uses(self, person: str, channel: str) -> None:
        """A message more is planned."""
        self._planned[person, channel] += 1

    def left(self, person: str, channel_name: str, need: Need) -> int | None:
        """How many more messages may go now, the planned not counted; None: no limit."""
        channel = self.settings.channels[channel_name]
        longest = MINUTE if need.soon and not need.urgent else DAY
        found = [most - sum(at > self.machine - span for at in self._of(person, channel))
                 for span, most in limits(channel, need.urgent, longest)]  # fmt: skip
        return max(0, min(found)) if found else None

    def _free_from(
        self, person: str, channel: Channel, within: Sequence[tuple[timedelta, int]]
    ) -> datetime | None:
        free: datetime | None = None
        for span, most in within:
            times = [at for at in self._of(person, channel) if at > self.machine - span]
            times += [self.machine] * self._planned[person, channel.name]
            if len(times) >= most:
                again = times[-most] + span
                free = again if free is None else max(free, again)
        return free

    def _of(self, person: str, channel: Channel) -> list[datetime]:
        key = (person, channel.name)
        if key not in self._sent:
            self._sent[key] = sent_to(self.connection, *key, self.machine, real=self.real)
        return self._sent[key]


_SENT_TO_MANY = (
    select(delivery.c.person, delivery.c.channel, delivery.c.bound)
    .where(among(delivery.c.person, "people"), among(delivery.c.channel, "channels"),
           delivery.c.bound > bindparam("since", type_=UtcText()), delivery.c.state != "superseded")
    .order_by(delivery.c.bound)
)  # fmt: skip
_SENT_TO_MANY_REALLY = _SENT_TO_MANY.where(delivery.c.realm == LIVE)


def limits(
    channel: Channel, urgent: bool, most: timedelta = DAY
) -> list[tuple[timedelta, int]]:
    """Per window, none longer than `most`, how many messages a person may get; what is not urgent
    leaves the reserve alone."""
    share = 1.0 if urgent else 1.0 - channel.reserve_for_red
    given = {name: getattr(channel.per_person, name) for name in WINDOWS}
    return [(span, max(1, int(given[name] * share)))
            for name, span in WINDOWS.items() if given[name] and span <= most]  # fmt: skip


def sent_to(
    connection: Connection, person: str, channel: str, machine: datetime, *, real: bool = False
) -> list[datetime]:
    """When somebody was written to on a channel within the day, oldest first; where `real`, in the real
    world alone."""
    given = {"person": person, "channel": channel, "since": machine - DAY}
    return list(connection.execute(_SENT_REALLY if real else _SENT, given).scalars())


_SENT = (
    select(delivery.c.bound)
    .where(delivery.c.person == bindparam("person"), delivery.c.channel == bindparam("channel"),
           delivery.c.bound > bindparam("since"), delivery.c.state != "superseded")
    .order_by(delivery.c.bound)
)  # fmt: skip
_SENT_REALLY = _SENT.where(delivery.c.realm == LIVE)
