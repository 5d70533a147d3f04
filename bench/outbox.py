"""The outbox alone: leasing and settling batches of a hundred, in real transactions.

As the dispatcher does with a queue, a transaction writes down what came of one hundred and leases the
next. Beside it, on the same PostgreSQL and its disk (fsync on), in turn:
- a bare batched client: psycopg on the same table, in a transaction likewise one UPDATE to settle a
  hundred and one UPDATE … RETURNING to lease the next. It knows no order, no channel, no end of an
  alert, nobody who left a post;
- procrastinate's worker over tasks that do nothing, the best of three concurrencies.
On SQLite the outbox is measured by itself. Every row must have ended as it should, and what was leased
must be in order, with its own text, before a time is printed.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import procrastinate
import psycopg
from sqlalchemy import Connection, String, cast, func, select

from alerting.dispatch import outbox
from alerting.dispatch.channels import Around, Message, Plain, Sent
from alerting.dispatch.outbox import Claimed, Outcome, Room
from alerting.runtime import VirtualRuntime
from alerting.store import Store
from alerting.store.schema import delivery
from bench import queue
from bench.rounds import Target, same
from tests import postgres_server

BATCH = 100
ROOM = {"sms": Room(BATCH, BATCH)}
CONCURRENCIES = (1, 10, 50)


@dataclass(frozen=True)
class Size:
    """Messages of each round, tasks of procrastinate's at each concurrency, and rounds."""

    messages: int = 10_000
    tasks: int = 1_500
    rounds: int = 3


class Line(Plain):
    """A channel that is only named here: the sending is left out."""

    kind = "line"
    options = Any
    loudness, can_reply, receipts, reads, can_ask, needs_template = 1, True, True, False, True, False

    async def send(self, message: Message) -> Sent:
        raise AssertionError("nothing is sent here")


def ours(store: Store, count: int) -> float:
    """Seconds to lease and settle all of a full queue."""
    runtime = VirtualRuntime(queue.START + timedelta(seconds=1))
    drafts = queue.drafts_of({"sms": Line(None, Around("sms", runtime))}, runtime)

    def now_of(_realm: str) -> Any:
        return runtime.now()

    told: list[Message] = []
    outcomes: list[Outcome] = []

    def turn(connection: Connection) -> list[Claimed]:
        outbox.settle(connection, drafts, outcomes, runtime.now(), now_of)
        return outbox.claim(connection, drafts, runtime.now(), ROOM, now_of, channels=ROOM)

    began = perf_counter()
    while batch := store.write(turn):
        told += [one.message for one in batch]
        outcomes = [
            Outcome(one.message.delivery, sent=Sent("accepted", f"SM{one.message.delivery}"))
            for one in batch
        ]
    taken = perf_counter() - began
    same([one.delivery for one in told] == list(range(1, count + 1)), "the order of what was leased")
    same(all(one.text == queue.text_of(one.delivery) for one in told), "a text that was leased")
    _all_accepted(store, count)
    return taken


def bare(store: Store, count: int) -> float:
    """The same with two statements a hundred, prepared as psycopg does it."""
    lease = """UPDATE delivery SET state = 'sending', leased_until = %s, attempts = attempts + 1
        WHERE id IN (SELECT id FROM delivery WHERE state = 'bound' ORDER BY id LIMIT %s
                     FOR UPDATE SKIP LOCKED)
        RETURNING id, address, text, code"""
    settle = """UPDATE delivery SET state = 'accepted', leased_until = NULL, provider_id = came.sid,
            accepted_at = %s, at = %s
        FROM unnest(%s::bigint[], %s::text[]) AS came(number, sid) WHERE delivery.id = came.number"""
    told: list[Any] = []
    with psycopg.connect(store.url) as connection:
        began = perf_counter()
        rows = connection.execute(lease, (queue.AT, BATCH)).fetchall()
        connection.commit()
        while rows:
            told += rows
            numbers = [row[0] for row in rows]
            sids = [f"SM{number}" for number in numbers]
            connection.execute(settle, (queue.AT, queue.AT, numbers, sids))
            rows = connection.execute(lease, (queue.AT, BATCH)).fetchall()
            connection.commit()
        taken = perf_counter() - began
    same(sorted(row[0] for row in told) == list(range(1, count + 1)), "what the bare client leased")
    same(all(row[2] == queue.text_of(row[0]) for row in told), "a text of the bare client")
    _all_accepted(store, count)
    return taken


def _all_accepted(store: Store, count: int) -> None:
    by_id = "SM" + cast(delivery.c.id, String)
    with store.read() as connection:
        settled = connection.execute(
            select(func.count())
            .where(delivery.c.state == "accepted", delivery.c.attempts == 1,
                   delivery.c.leased_until.is_(None), delivery.c.provider_id == by_id)
        ).scalar_one()  # fmt: skip
    same(settled == count, f"{settled} of {count} messages are settled")


async def _worked(address: str, count: int, concurrency: int) -> float:
    """Seconds in which procrastinate's worker does `count` tasks that do nothing."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))
    done: list[int] = []

    @app.task(name="nothing")
    async def nothing(number: int) -> None:
        done.append(number)

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            await nothing.batch_defer_async(*({"number": number} for number in numbers))
        began = perf_counter()
        await app.run_worker_async(wait=False, concurrency=concurrency, install_signal_handlers=False)
        taken = perf_counter() - began
        jobs = list(await app.job_manager.list_jobs_async(status="succeeded"))
    same(sorted(done) == list(range(count)) and len(jobs) == count, "a task was not done once")
    return taken


@dataclass
class Measured:
    """Messages (of procrastinate tasks) leased and settled a second, in each round."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    procrastinate: list[float] = field(default_factory=list)
    sqlite: list[float] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(getattr(self, name))


def measure(size: Size, server: postgres_server.Server, folder: Path) -> Measured:
    """Everybody in turn, in each round on databases of their own."""
    made = Measured()

    def on(address: str | Path, run: Callable[[Store, int], float]) -> float:
        store = Store(address)
        queue.fill(store, size.messages)
        taken = run(store, size.messages)
        store.close()
        if isinstance(address, str):
            server.drop(address)
        return size.messages / taken

    for turn in range(size.rounds):
        made.ours.append(on(server.fresh(), ours))
        made.bare.append(on(server.fresh(), bare))
        best = 0.0
        for concurrency in CONCURRENCIES:
            address = server.empty()
            taken = asyncio.run(_worked(address, size.tasks, concurrency))
            best = max(best, size.tasks / taken)
            server.drop(address)
        made.procrastinate.append(best)
        made.sqlite.append(on(folder / f"{turn}.db", ours))
    return made


def run() -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    size = Size()
    gc.freeze()  # as `serve` does: what is imported is not looked through again for garbage
    with tempfile.TemporaryDirectory() as folder:
        server = postgres_server.of_the_run(Path(folder) / "postgres", os.getpid(), durable=True)
        try:
            made = measure(size, server, Path(folder))
        finally:
            postgres_server.end(Path(folder) / "postgres")
    print(f"Leased and settled a second in batches of {BATCH}, median (range) of {size.rounds} rounds")
    for name, told in (("ours", "suian, PostgreSQL"), ("bare", "bare batched client, PostgreSQL"),
                       ("procrastinate", "procrastinate's worker, PostgreSQL"),
                       ("sqlite", "suian, SQLite")):  # fmt: skip
        rates = getattr(made, name)
        print(f"  {told:<40} {made.median(name):>9,.0f}   ({min(rates):,.0f} to {max(rates):,.0f})")
    targets = [
        Target("claim and settle, times procrastinate's worker",
               made.median("ours") / made.median("procrastinate"), 20),
        Target("claim and settle, times a bare batched client",
               made.median("ours") / made.median("bare"), 0.5),
    ]  # fmt: skip
    for target in targets:
        print(target.line())
    return targets
