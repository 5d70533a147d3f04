"""Dispatch through the durable outbox beside the bare client of the same provider.

A queue of red messages, bound and waiting, goes out through the real loop, dispatcher, outbox and
Twilio channel, 128 under way at once, to a provider that answers after 50 ms; on SQLite and on
PostgreSQL with fsync. Beside it the same texts are sent with twilio's client as its users do: one
client, shared by 128 threads, nothing kept anywhere; a part of them before, between and after. Each
contestant is a process of its own, the provider too. That the provider had every message once, with its
own text and code, and that every row says so, is looked at before a time is printed.

`python -m bench dispatch` sends 100,000; `python -m bench.dispatch 5000` as many as it is told.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Connection, String, cast, func, select
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from alerting.dispatch import Dispatcher
from alerting.dispatch.channels import Around
from alerting.dispatch.channels.twilio import Channel, Options
from alerting.dispatch.outbox import Claimed, Outcome
from alerting.runtime import RealRuntime
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.loop import Loops
from alerting.store import Store, Writer
from alerting.store.schema import delivery
from bench import queue, standin
from bench.rounds import Target, same
from tests import postgres_server

DELIVERIES = 100_000
LATENCY = 0.05
AT_ONCE = 128
ACCOUNT = "AC" + "1" * 32
SENDER = "+8610000000"
Figures = Mapping[str, float]
EARLY = 0.2  # of the way: from there on memory should not grow


class Timed(Dispatcher):
    """The dispatcher, with the seconds of each message from its lease to the provider's answer, and the
    process's memory on the way."""

    def watch(self, count: int) -> None:
        self.count, self.done, self.early = count, asyncio.Event(), 0
        self.leased: dict[int, float] = {}
        self.took: list[float] = []

    def _settle_and_claim(self, connection: Connection, *given: Any, **more: Any) -> Any:
        claimed, sent = super()._settle_and_claim(connection, *given, **more)
        self.leased |= dict.fromkeys([one.message.delivery for one in claimed], perf_counter())
        return claimed, sent

    async def _attempt(self, one: Claimed) -> Outcome:
        outcome = await super()._attempt(one)
        self.took.append(perf_counter() - self.leased.pop(one.message.delivery))
        if len(self.took) == int(self.count * EARLY):
            self.early = resident()
        return outcome

    async def _settle_all(self) -> None:
        await super()._settle_all()
        if len(self.took) == self.count and not self._outcomes:
            self.done.set()


def resident() -> int:
    """Bytes of memory this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def _dispatched(store: Store, count: int, address: str) -> dict[str, float]:
    runtime = RealRuntime()
    options = Options(account=ACCOUNT, sender=SENDER, base_url=address, concurrency=AT_ONCE)
    channel = Channel(options, Around("sms", runtime, queue.URL))
    writer = Writer(store, runtime)
    dispatcher = queue.dispatcher_of(writer, {"sms": channel}, runtime, Timed)
    assert isinstance(dispatcher, Timed)
    dispatcher.watch(count)
    loops = Loops(runtime, [DispatchLoop(SimpleNamespace(dispatcher=dispatcher))])  # type: ignore[arg-type]
    writer.on_commit(loops.wake)
    began, worked = perf_counter(), process_time()
    running = asyncio.create_task(loops.run())
    await dispatcher.done.wait()
    taken, busy = perf_counter() - began, process_time() - worked
    ended = resident()
    running.cancel()
    await dispatcher.close()
    runtime.close()
    took = sorted(dispatcher.took)
    return {"rate": count / taken, "cpu": busy / count, "p50": took[len(took) // 2],
            "p99": took[int(len(took) * 0.99)], "early": dispatcher.early, "ended": ended}  # fmt: skip


class _Here(TwilioHttpClient):
    """Twilio's own client, which asks the stand-in in place of api.twilio.com."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def request(self, method: str, url: str, *given: Any, **more: Any) -> Any:
        return super().request(method, self.address + urlsplit(url).path, *given, **more)


def _bare(count: int, address: str) -> dict[str, float]:
    client = Client(ACCOUNT, "token", http_client=_Here(address))

    def send(number: int) -> float:
        began = perf_counter()
        client.messages.create(
            to=queue.address_of(number), from_=SENDER, body=queue.text_of(number),
            status_callback=f"{queue.URL}/webhooks/sms/status?delivery={number}",
        )  # fmt: skip
        return perf_counter() - began

    began, worked = perf_counter(), process_time()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        took = sorted(threads.map(send, range(1, count + 1)))
    taken, busy = perf_counter() - began, process_time() - worked
    return {"rate": count / taken, "cpu": busy / count, "p50": took[len(took) // 2],
            "p99": took[int(len(took) * 0.99)]}  # fmt: skip


def _play(who: str, count: int, address: str) -> dict[str, float]:
    """What a contestant's own process does: `who` is a database's address or file, or "twilio"."""
    gc.freeze()  # as `serve` does: what is imported is not looked through again for garbage
    if who == "twilio":
        return _bare(count, address)
    store = Store(who)
    queue.fill(store, count)
    made = asyncio.run(_dispatched(store, count, address))
    by_id = delivery.c.provider_id.like("SM%") & (delivery.c.attempts == 1)
    with store.read() as connection:
        settled = connection.execute(
            select(func.count()).where(delivery.c.state == "accepted", by_id,
                                       delivery.c.leased_until.is_(None),
                                       delivery.c.code == "K" + cast(delivery.c.id, String))
        ).scalar_one()  # fmt: skip
    same(settled == count, f"{settled} of {count} messages are settled")
    store.close()
    return made


@dataclass(frozen=True)
class Contest:
    """How many messages go through the outbox, and how many each time through the bare client."""

    deliveries: int
    bare: int

    def hold(self, server: postgres_server.Server, folder: Path) -> Mapping[str, Sequence[Figures]]:
        """Everybody's figures, of each of their turns."""
        made: dict[str, list[Figures]] = {"SQLite": [], "PostgreSQL": [], "twilio": []}
        with standin.standing_in(folder, LATENCY) as address:
            made["twilio"].append(self._turn("twilio", self.bare, address))
            made["SQLite"].append(self._turn(str(folder / "suian.db"), self.deliveries, address))
            made["twilio"].append(self._turn("twilio", self.bare, address))
            made["PostgreSQL"].append(self._turn(server.fresh(), self.deliveries, address))
            made["twilio"].append(self._turn("twilio", self.bare, address))
        return made

    def _turn(self, who: str, count: int, address: str) -> Figures:
        ended = subprocess.run(
            [sys.executable, "-m", "bench.dispatch", "play", who, str(count), address],
            stdout=subprocess.PIPE, check=True, env=os.environ | {"TWILIO_AUTH_TOKEN": "token"},
        )  # fmt: skip
        _arrived(standin.taken(address), count)
        return dict(json.loads(ended.stdout))


def _arrived(bodies: Sequence[bytes], count: int) -> None:
    """Every message reached the provider once, with its text and code."""
    had = set()
    for body in bodies:
        fields = parse_qs(body.decode())
        number = int(fields["StatusCallback"][0].rpartition("=")[2])
        had.add(number)
        same(fields["Body"] == [queue.text_of(number)], f"the text of message {number}")
        same(fields["To"] == [queue.address_of(number)], f"the number of message {number}")
    same(len(bodies) == len(had) == count, f"{len(bodies)} messages of {len(had)} deliveries arrived")


def run(deliveries: int = DELIVERIES) -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        server = postgres_server.of_the_run(Path(folder) / "postgres", os.getpid(), durable=True)
        try:
            made = Contest(deliveries, max(1_000, deliveries // 5)).hold(server, Path(folder))
        finally:
            postgres_server.end(Path(folder) / "postgres")
    print(f"{deliveries} messages, {AT_ONCE} at once, a provider that takes {LATENCY * 1e3:.0f} ms")
    targets = []
    bare = statistics.median(one["rate"] for one in made["twilio"])
    for name, turns in made.items():
        for one in turns:
            memory = ""
            if "early" in one:
                early, ended = (one[when] / 2**20 for when in ("early", "ended"))
                memory = f", memory {early:.0f} MiB at {EARLY:.0%}, {ended:.0f} at the end"
            print(f"  {name:<11} {one['rate']:>6,.0f} a second, p50 {one['p50'] * 1e3:.0f} ms, "
                  f"p99 {one['p99'] * 1e3:.0f} ms, processor {one['cpu'] * 1e3:.2f} ms each{memory}")
        if name != "twilio":
            [one] = turns
            targets += [
                Target(f"{name}: times twilio's client", one["rate"] / bare, 1.8),
                Target(f"{name}: p99 from lease to answer, latencies", one["p99"] / LATENCY, 2, False),
                Target(f"{name}: memory at the end, times that at {EARLY:.0%}",
                       one["ended"] / one["early"], 1.1, False),
            ]  # fmt: skip
    for target in targets:
        print(target.line())
    return targets


if __name__ == "__main__":
    if sys.argv[1] == "play":
        print(json.dumps(_play(sys.argv[2], int(sys.argv[3]), sys.argv[4])))
    else:
        run(int(sys.argv[1]))
