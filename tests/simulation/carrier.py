"""Who carries the messages: the provider of the laws, on virtual time; it lies too, and says what became of
a message late, twice, out of order."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from alerting.dispatch.channels import Failed, Message, Sent, StatusChange
from tests.laws.provider import HANGS, Provider, Taken
from tests.simulation.processes import NoAnswer

if TYPE_CHECKING:
    from tests.simulation.world import World

# What it says of a message, one after another, and whether it came.
SAYINGS = (
    (("delivered",), True), (("delivered", "read"), True), (("read", "delivered"), True),
    (("delivered", "delivered"), True), (("accepted", "delivered"), True), (("failed",), False),
    (("failed", "failed"), False), (("failed", "delivered"), True), (("delivered", "failed"), True),
    (("failed for now",), False),
)  # fmt: skip
AGAIN = 20.0  # seconds after which it says what was not taken once more
DELAYS = (0.0, 0.2, 5.0, 95.0)


class Carrier(Provider):
    def __init__(self, world: World, record: list[Taken]) -> None:
        super().__init__(record=record)
        self._world = world
        self.down = 0.0  # seconds that whoever dies next is away
        self.says: random.Random | None = None
        self.told: list[tuple[int, str]] = []  # of which message what was said, and taken

    def is_quiet(self) -> None:
        self.says = None

    async def hand_over(self, channel: str, message: Message) -> Sent:
        mood = self.moods.get(channel, "works")
        to = f"delivery {message.delivery}, {channel} to {message.person}"
        self._world.tells(f"{to} ({mood}): {', '.join(str(one['kind']) for one in message.about)}")
        try:
            sent = await super().hand_over(channel, message)
        except Failed as failed:
            self._world.tells(f"{to}: {type(failed).__name__}: {failed.reason}")
            raise
        if mood == "lies":
            return Sent("delivered", sent.provider_id)  # nobody has it, and nobody can know
        if self.says is not None and channel == "sms":
            sayings, came = self.says.choice(SAYINGS)
            delays = [self.says.choice(DELAYS) for _ in sayings]
            taken = next(t for t in reversed(self.record) if t.sid == sent.provider_id)
            self._world.task(self._calls_back(taken, list(zip(sayings, delays, strict=True)), came))
        return sent

    async def _calls_back(self, taken: Taken, sayings: list[tuple[str, float]], came: bool) -> None:
        for said, delay in sayings:
            await asyncio.sleep(delay)
            change = StatusChange(said.split()[0], taken.sid, taken.message.delivery, "unreachable",
                                  again=said == "failed for now")  # fmt: skip
            if not came:
                taken.lost = True
            self._world.tells(f"delivery {taken.message.delivery} is called {said}")
            while not await self._is_taken(taken, said, change):
                await asyncio.sleep(AGAIN)

    async def _is_taken(self, taken: Taken, said: str, change: StatusChange) -> bool:
        try:
            await self._world.ask(lambda s: s.dispatcher.status("sms", change))
        except (NoAnswer, Exception) as error:
            self._world.tells(f"{said} of {taken.sid} is not taken: {type(error).__name__}")
            return False
        self.told.append((taken.message.delivery, said))
        return True

    async def _hangs(self, channel: str, message: Message) -> None:
        known = message.delivery in self.unsure
        self.unsure.add(message.delivery)
        await asyncio.sleep(HANGS)
        if not known:
            self.unsure.discard(message.delivery)
