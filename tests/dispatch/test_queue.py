"""A queue is worked off in real time: the transaction that writes down what came leases what follows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from sqlalchemy import event, select

from alerting.dispatch import Around, Dispatcher, Message, Sent, outbox
from alerting.dispatch.channels import Plain
from alerting.dispatch.traffic import AHEAD
from alerting.runtime import RealRuntime
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.loop import Loops
from alerting.store import Store, Writer
from alerting.store.schema import delivery
from bench import queue

AT_ONCE = 20


class Desk(Plain):
    """Takes so many at once, and answers when all of them, or all that there are, are under way."""

    kind: ClassVar[str] = "desk"
    options: ClassVar[Any] = Any
    loudness, can_reply, receipts, reads, can_ask, needs_template = 1, True, True, False, True, False
    concurrency = AT_ONCE

    def __init__(self, runtime: RealRuntime, count: int) -> None:
        super().__init__(None, Around("sms", runtime))
        self.count, self.most = count, 0
        self.got: list[int] = []
        self.waiting: list[asyncio.Event] = []

    async def send(self, message: Message) -> Sent:
        self.got.append(message.delivery)
        own = asyncio.Event()
        self.waiting.append(own)
        self.most = max(self.most, len(self.waiting))
        if len(self.waiting) == AT_ONCE or len(self.got) == self.count:
            self.answers()
        await own.wait()
        return Sent("accepted", f"P{message.delivery}")

    def answers(self) -> None:
        for one in self.waiting:
            one.set()
        self.waiting.clear()


class Office:
    """A queue, a dispatcher, and how many of its statements changed deliveries."""

    def __init__(self, folder: Path, count: int, opens: int) -> None:
        self.store, self.runtime, self.changes = Store(folder / "suian.db"), RealRuntime(), 0
        queue.fill(self.store, count)
        self.desk = Desk(self.runtime, opens)
        self.writer = Writer(self.store, self.runtime)
        self.dispatcher = queue.dispatcher_of(self.writer, {"sms": self.desk}, self.runtime, Dispatcher)
        event.listen(self.store._engine, "before_cursor_execute", self._count)

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.changes += statement.startswith("UPDATE delivery")

    def loops(self) -> Loops:
        loops = Loops(self.runtime, [DispatchLoop(SimpleNamespace(dispatcher=self.dispatcher))])  # type: ignore[arg-type]
        self.writer.on_commit(loops.wake)
        return loops

    def states(self) -> list[str]:
        with self.store.read() as connection:
            return list(connection.execute(select(delivery.c.state).order_by(delivery.c.id)).scalars())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def opens(count: int, opens: int = 0) -> Office:
        made.append(Office(tmp_path, count, opens or count))
        return made[-1]

    yield opens
    for one in made:
        one.runtime.close()
        one.store.close()


def run(story: Awaitable[None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(20):
            await story

    asyncio.run(in_time())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.005)


def test_what_came_is_written_and_what_follows_leased_in_one_transaction(
    office: Callable[..., Office],
) -> None:
    one = office(15 * AT_ONCE)

    async def story() -> None:
        began = one.store.commits
        running = asyncio.create_task(one.loops().run())
        await until(lambda: set(one.states()) == {"accepted"})
        # Its start, the first lease, and one for each twenty; a slow machine may part a few of them.
        assert one.store.commits - began <= 15 + 7
        # However many are leased or were taken alike, that is one statement, though time goes on.
        assert one.changes <= 2 * (one.store.commits - began)
        running.cancel()
        await one.dispatcher.close()

    run(story())
    assert one.desk.got == list(range(1, 15 * AT_ONCE + 1)), "each once, in the order of the queue"
    assert one.desk.most == AT_ONCE, "no more than the channel takes, and no less"


def test_what_came_is_written_though_nothing_more_can_be_leased(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = office(2 * AT_ONCE, opens=-1)

    def broken(*_: Any) -> Any:
        raise ValueError("a row that cannot be read")

    async def story() -> None:
        monkeypatch.setattr(one.desk, "answers", lambda: None)
        assert await one.dispatcher.step()
        await until(lambda: len(one.desk.got) == AT_ONCE)
        monkeypatch.undo()
        monkeypatch.setattr(outbox, "claim", broken)
        one.desk.answers()
        await until(lambda: one.dispatcher._trouble is not None)
        for _ in range(2):  # the loop hears of it, and tries again
            with pytest.raises(ValueError, match="a row that cannot be read"):
                await one.dispatcher.step()
        leased = AT_ONCE + AT_ONCE // AHEAD

        def settled() -> bool:
            one.desk.answers()  # those that were leased ahead
            return one.states() == ["accepted"] * leased + ["bound"] * (2 * AT_ONCE - leased)

        await until(settled)
        await one.dispatcher.close()

    run(story())


def test_who_is_stopped_amid_a_queue_leaves_nothing_half_done(office: Callable[..., Office]) -> None:
    one = office(50 * AT_ONCE)

    async def story() -> None:
        running = asyncio.create_task(one.loops().run())
        await until(lambda: len(one.desk.got) > 3 * AT_ONCE and not one.dispatcher._taking.locked())
        running.cancel()
        one.desk.count = len(one.desk.got)
        closing = asyncio.create_task(one.dispatcher.close())
        while not closing.done():
            one.desk.answers()
            await asyncio.sleep(0.005)

    run(story())
    sent = len(one.desk.got)
    assert one.states() == ["accepted"] * sent + ["bound"] * (50 * AT_ONCE - sent)
