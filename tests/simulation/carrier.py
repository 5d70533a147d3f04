"""Who carries the messages: the provider of the laws, on virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

from alerting.dispatch.channels import Message
from tests.laws.provider import HANGS, Provider, Taken
from tests.simulation.virtual_time import Clock


class Carrier(Provider):
    def __init__(self, clock: Clock, record: list[Taken]) -> None:
        super().__init__(record=record)
        self._clock = clock
        self.down = 0.0  # seconds that whoever dies next is away

    async def _hangs(self, channel: str, message: Message) -> None:
        self.unsure.add(message.delivery)
        await asyncio.sleep(HANGS)

    def phone(self, person: str) -> list[Any]:
        return [t for t in self.record if t.message.person == person and not t.lost]
