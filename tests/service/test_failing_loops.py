"""A loop that fails, in whichever part of its round, says so and goes on; loops that have ended all the same
end their process. The campaign found an engine that answered, held its partition and did nothing: its
database had gone between a round and the question when the next is due."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uvicorn

from alerting.cli.serve import _until_stopped
from alerting.runtime import RealRuntime
from alerting.service.loop import AFTER_FAILURE, Loops, Rounds


class Hasty(RealRuntime):
    """Does not rest after a failure."""

    def __init__(self) -> None:
        super().__init__()
        self.rested: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.rested.append(seconds)
        await asyncio.sleep(0)


class Asking:
    """A loop that asks its database when it is due; that is gone at the second and third question."""

    name = "asking"

    def __init__(self) -> None:
        self.rounds = self.asked = 0

    async def step(self) -> bool:
        self.rounds += 1
        return False

    def next_due(self) -> datetime | None:
        self.asked += 1
        if self.asked in (2, 3):
            raise ConnectionError("the server closed the connection")
        return None


class Beside:
    name = "beside"

    def __init__(self) -> None:
        self.rounds = 0

    async def step(self) -> bool:
        self.rounds += 1
        return False

    def next_due(self) -> datetime | None:
        return None


def test_a_loop_that_cannot_say_when_it_is_due_has_failed_and_goes_on() -> None:
    runtime, asking, beside = Hasty(), Asking(), Beside()
    loops = Loops(runtime, [asking, beside])
    failures = []

    async def watched() -> None:
        running = asyncio.create_task(loops.run())
        while asking.asked < 4 and not running.done():
            loops.wake()
            await asyncio.sleep(0)
            failures.append((loops.rounds["asking"].failures, loops.rounds["asking"].error))
        seen = beside.rounds
        loops.wake()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not running.done(), "all loops have ended"
        assert beside.rounds > seen
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(watched())
    assert (2, "ConnectionError: the server closed the connection") in failures
    assert loops.rounds["asking"].failures == 0, "well again"
    assert runtime.rested == [AFTER_FAILURE] * 2


class Broken(Loops):
    async def run(self) -> None:
        await asyncio.sleep(0.05)
        raise ZeroDivisionError("a mistake of ours")


def test_a_process_whose_loops_have_ended_ends_with_their_error() -> None:
    async def page(_: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody asks")

    async def serve() -> None:
        server = uvicorn.Server(uvicorn.Config(page, log_config=None, lifespan="off"))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            async with asyncio.timeout(10):
                await _until_stopped(server, listener, Broken(RealRuntime(), []), [])

    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        asyncio.run(serve())


def test_a_clock_that_is_set_makes_no_round_fail_for_longer() -> None:
    """One that failed a moment ago would be told to the duty office, red."""
    at, rounds = datetime(2027, 1, 20, tzinfo=UTC), Rounds()
    rounds.failed(ConnectionError("gone"), at, 100.0)
    rounds.failed(ConnectionError("gone"), at + timedelta(hours=1), 102.0)  # it was set on
    assert rounds.since == at
    assert not rounds.keeps_failing(102.0)
    assert rounds.standing(102.0) == 2.0
    assert rounds.keeps_failing(160.0)
