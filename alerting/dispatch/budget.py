"""Budgets: how many messages one person may be sent on one channel in a minute, an hour and a day.

Providers drop what goes over their own limits without a word, so we keep under them. A part of each is
kept for the real world's red; red that finds even that used up goes to the person's next channel, and
where there is none it goes all the same. What is held back waits for its turn, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from alerting.dispatch.channels import Channel
from alerting.dispatch.writing import Settings
from alerting.people import Contact
from alerting.store.schema import delivery

WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def why(channel: str) -> str:
    return f"the budget of {channel} for one person is used up"


@dataclass(slots=True)
class Budget:
    """By the machine's clock, over all realms: a phone does not know them apart."""

    connection: Connection
    settings: Settings
    machine: datetime
    _sent: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _planned: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def choose(
        self, person: str, first: Contact, others: Sequence[Contact], urgent: bool
    ) -> tuple[Contact, datetime | None]:
        """On which contact a message goes; and where it must wait, until when (None: it goes now)."""
        waits: list[datetime] = []
        for one in [first, *(other for other in others if other != first)]:
            channel = self.settings.channels.get(one.channel)
            if channel is None or (one != first and one.channel in self.settings.unusable):
                continue
            free = self._free_from(person, channel, urgent)
            if free is None:
                return one, None
            waits.append(free)
        return first, None if urgent or not waits else min(waits)

    def uses(self, person: str, channel: str) -> None:
        """A message more is planned."""
        self._planned[person, channel] += 1

    def left(self, person: str, channel_name: str, urgent: bool) -> int | None:
        """How many more messages may go now, the planned not counted; None: no limit."""
        channel = self.settings.channels[channel_name]
        found = [most - sum(at > self.machine - span for at in self._of(person, channel))
                 for span, most in limits(channel, urgent)]  # fmt: skip
        return max(0, min(found)) if found else None

    def _free_from(self, person: str, channel: Channel, urgent: bool) -> datetime | None:
        free: datetime | None = None
        for span, most in limits(channel, urgent):
            times = [at for at in self._of(person, channel) if at > self.machine - span]
            times += [self.machine] * self._planned[person, channel.name]
            if len(times) >= most:
                again = times[-most] + span
                free = again if free is None else max(free, again)
        return free

    def _of(self, person: str, channel: Channel) -> list[datetime]:
        key = (person, channel.name)
        if key not in self._sent:
            self._sent[key] = sent_to(self.connection, *key, self.machine)
        return self._sent[key]


def limits(channel: Channel, urgent: bool) -> list[tuple[timedelta, int]]:
    """Per window how many messages a person may get; what is not urgent leaves the reserve alone."""
    share = 1.0 if urgent else 1.0 - channel.reserve_for_red
    given = {name: getattr(channel.per_person, name) for name in WINDOWS}
    return [(span, max(1, int(given[name] * share))) for name, span in WINDOWS.items() if given[name]]


def sent_to(connection: Connection, person: str, channel: str, machine: datetime) -> list[datetime]:
    """When somebody was written to on a channel within the day, oldest first."""
    return list(connection.execute(
        select(delivery.c.bound)
        .where(delivery.c.person == person, delivery.c.channel == channel,
               delivery.c.bound > machine - WINDOWS["day"], delivery.c.state != "superseded")
        .order_by(delivery.c.bound)
    ).scalars())  # fmt: skip
