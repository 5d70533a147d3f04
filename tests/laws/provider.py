"""Who carries the messages: two channels that do as the machine draws, and a record of what went out.

The record is the provider's own. It knows nothing of the service's tables but the ids that a message
carries, so that what it says of who was told how often is a second witness.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, ClassVar

from alerting.dispatch.channels import (
    Around,
    Channel,
    Failed,
    Message,
    Passing,
    Permanent,
    Plain,
    Sent,
    Unusable,
)
from alerting.dispatch.channels.base import PerPerson


class Killed(BaseException):
    """The process is killed here. No `except Exception` of the service may hold it up."""


@dataclass(slots=True)
class Taken:
    """A message that the provider took; `lost` once it said that it could not bring it."""

    channel: str
    message: Message
    at: float  # seconds that the machine has lived, whatever its clock says
    sid: str
    begun: int = 0  # how many had been handed over before it
    hung: bool = False
    lost: bool = False
    said: bool = False  # that it was brought

    @property
    def notices(self) -> list[int]:
        return [int(one["notice"]) for one in self.message.about]


# What a channel may do with the next message, and with those after it until another mood is drawn.
MOODS = ("works", "refuses", "is busy", "is silent", "takes it silently", "closed the account",
         "answers late", "hangs")  # fmt: skip
HANGS = 70.0  # seconds, less than a lease


@dataclass
class Provider:
    """`kill` is the send at which the process dies, counted down, and on which side of it."""

    moods: dict[str, str] = field(default_factory=dict)
    record: list[Taken] = field(default_factory=list)
    kill: tuple[int, str] | None = None
    dead: bool = False
    lived: float = 0.0
    handed: int = 0  # hand-overs that have begun
    # Sends that hang: on which channel, since when in its life, and what lets them go on.
    hanging: list[tuple[str, float, asyncio.Future[None]]] = field(default_factory=list)
    # Deliveries of which an attempt may have come through, for all the service can know.
    unsure: set[int] = field(default_factory=set)

    def channels(self, configured: Any, runtime: Any, url: str) -> dict[str, Channel]:
        """In place of `make_channels`."""
        made: dict[str, Channel] = {
            "sms": Text(None, Around("sms", runtime, url)), "call": Call(None, Around("call", runtime, url)),
        }
        for one in made.values():
            one.provider = self  # type: ignore[attr-defined]
        return made

    async def hand_over(self, channel: str, message: Message) -> Sent:
        self._may_die("before", message)
        mood, begun = self.moods.get(channel, "works"), self.handed
        self.handed += 1
        if mood == "hangs":
            await self._hangs(channel, message)
        failed: Failed | None = None
        if mood == "refuses":
            failed = Permanent("no such number")
        elif mood == "is busy":
            failed = Passing("busy")
        elif mood == "is silent":
            self.unsure.add(message.delivery)
            failed = Passing("no answer", unsure=True)
        elif mood == "closed the account":
            failed = Unusable("the account is closed")
        if failed is not None:
            raise failed
        hung, sid = mood == "hangs", f"{channel}-{len(self.record)}"
        taken = Taken(channel, message, self.lived, sid, begun, hung)
        self.record.append(taken)
        self._may_die("after", message)
        if mood == "answers late":
            await self._hangs(channel, message)
        if mood == "takes it silently":
            raise Passing("no answer", unsure=True)
        return Sent("accepted", taken.sid)

    async def _hangs(self, channel: str, message: Message) -> None:
        """Until `lets_go`; what dies meanwhile may have arrived, for all the service can know."""
        waits, known = asyncio.get_running_loop().create_future(), set(self.unsure)
        self.hanging.append((channel, self.lived, waits))
        self.unsure.add(message.delivery)
        await waits
        self.unsure.intersection_update(known | (self.unsure - {message.delivery}))

    def lets_go(self) -> None:
        """Those that have hung for long enough go on, to the microsecond by which clocks are moved."""
        for _, since, waits in self.hanging:
            if self.lived - since > HANGS - 1e-6 and not waits.done():
                waits.set_result(None)
        self.hanging = [one for one in self.hanging if not one[2].done()]

    @property
    def stands(self) -> tuple[int, int]:
        """How long the record is, and how many hand-overs have begun."""
        return len(self.record), self.handed

    def full(self, channel: str) -> bool:
        """Whether as many sends hang as a channel takes side by side of what is not urgent."""
        return sum(of == channel for of, _, _ in self.hanging) >= 12

    def _may_die(self, side: str, message: Message) -> None:
        if self.dead:
            self.unsure.add(message.delivery)
            raise Killed
        if self.kill is None:
            return
        left, at = self.kill
        if side == "before":
            left -= 1
            self.kill = left, at
        if left <= 0 and side == at:
            self.kill, self.dead = None, True
            self.unsure.add(message.delivery)
            raise Killed


class _Phones(Plain):
    provider: Provider
    options: ClassVar[Any] = None
    can_reply: ClassVar[bool] = True
    needs_template: ClassVar[bool] = False

    async def send(self, message: Message) -> Sent:
        return await self.provider.hand_over(self.name, message)


class Text(_Phones):
    """Messages that can be asked after, with receipts and a budget for each person."""

    kind: ClassVar[str] = "sms"
    loudness: int = 1
    receipts: ClassVar[bool] = True
    reads: ClassVar[bool] = True
    can_ask: ClassVar[bool] = True
    max_segments: int | None = 3
    per_person = PerPerson(minute=6, hour=20)

    async def ask(self, message: Message) -> Sent | None:
        if self.provider.dead:
            raise Killed
        if self.provider.moods.get(self.name) in ("is busy", "is silent", "closed the account"):
            raise Passing("busy")
        for one in self.provider.record:
            if one.message.delivery == message.delivery and one.channel == self.name:
                return Sent("accepted", one.sid)
        return None


class Call(_Phones):
    """A voice on the phone: loud, and nobody can be asked what became of it."""

    kind: ClassVar[str] = "call"
    loudness: int = 2
    receipts: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    can_ask: ClassVar[bool] = False
