"""A process that is told to stop in the very moment of a commit stops all the same: the campaign found one
whose loops went on for ever."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from alerting.runtime import RealRuntime
from alerting.service.loop import Loops


class Resting:
    """A loop that has nothing to do."""

    name = "resting"

    async def step(self) -> bool:
        return False

    def next_due(self) -> datetime | None:
        return None


@pytest.mark.parametrize("turns", range(5))
def test_a_loop_that_is_woken_while_it_is_stopped_ends(turns: int) -> None:
    """`turns` of the event loop after it was woken."""

    async def stop() -> bool:
        loops = Loops(RealRuntime(), [Resting()])
        running = asyncio.create_task(loops.run())
        await asyncio.sleep(0.05)
        loops.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        ended, going_on = await asyncio.wait([running], timeout=2)
        for one in going_on:
            one.cancel()
        return bool(ended)

    assert asyncio.run(stop()), "it goes on"
