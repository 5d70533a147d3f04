"""Binding a front's notices: how long a transaction holds the writer, beside the bare minimum.

A front over 1,000 points has written its notices; the dispatcher plans, binds and leases them, batch by
batch, each person by text message. Measured against, in the same process: composing the same texts
once and writing the same rows with plain sqlite3, a transaction for as many. That every notice ended
and every text is the same is checked before a time is printed. The ratio is of processor time.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from alerting.dispatch import Composer, Dispatcher
from alerting.dispatch.channels import Around, Message, Plain, Sent
from alerting.dispatch.compose import Asking
from alerting.dispatch.digest import read as read_digest
from alerting.dispatch.writing import as_news
from alerting.runtime import VirtualRuntime
from alerting.store import Store, Writer
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.store.schema_reach import digest
from bench import county
from bench.ingest import Run
from bench.rounds import Target, same

T = TypeVar("T")
POINTS = 1_000
SENDER = {"zh": "某县应急办", "en": "County EMO"}
URL = "http://here"
LONGEST = 50.0  # ms a transaction may hold the writer


class Taken(Plain):
    """Takes every message at once; texts are counted in segments, as an SMS."""

    kind = "taken"
    options = Any
    loudness, can_reply, receipts, reads, can_ask, needs_template = 1, True, True, False, False, False
    max_segments = 4

    async def send(self, message: Message) -> Sent:
        return Sent("accepted", f"P{message.delivery}")


class Planned(VirtualRuntime):
    """A runtime with the seconds of the processor of all planning."""

    planning = 0.0

    async def in_thread(self, pool: str, work: Callable[[], T]) -> T:
        worked = process_time()
        result = await super().in_thread(pool, work)
        if pool == "bind":
            self.planning += process_time() - worked
        return result


class Timed(Writer):
    """The writer, with the seconds of each transaction that binds and leases."""

    def __init__(self, store: Store, runtime: VirtualRuntime) -> None:
        super().__init__(store, runtime)
        self.binding: list[float] = []
        self.busy: list[float] = []  # of the processor's, in those
        self.others: list[float] = []  # of the processor's, in all others

    async def write(self, work: Callable[[Connection], T], *, first: bool = False) -> T:
        began, worked = perf_counter(), process_time()
        result = await super().write(work, first=first)
        binds = getattr(getattr(work, "func", work), "__name__", "") == "_settle_and_claim"
        (self.busy if binds else self.others).append(process_time() - worked)
        if binds:
            self.binding.append(perf_counter() - began)
        return result


def measure(points: int, folder: Path) -> dict[str, Any]:
    """A front's notices bound and leased, and the same by hand."""
    front = Run(points, folder)
    now = county.START
    for turn in range(3):
        now += timedelta(hours=1)
        front.take(county.answers(points, now, front=turn == 2, seed=turn), now)
    runtime = Planned(now)
    writer = Timed(front.store, runtime)
    channel = Taken(None, Around("console", runtime))
    dispatcher = Dispatcher(
        store=front.store, writer=writer, runtime=runtime, channels={"console": channel},
        book=front.engine.life.book, places=front.engine.life.places, sender=SENDER,
        zone=county.ZONE, url=URL, now_of=lambda _: runtime.now(),
    )  # fmt: skip

    async def go_on() -> None:
        while await dispatcher.step():
            runtime.advance(timedelta(seconds=31))  # what is bundled waits no longer

    asyncio.run(go_on())
    bare = _barely(front, folder / "bare.db")
    return {
        "notices": front.count(notice), "deliveries": front.count(delivery),
        "longest": max(writer.binding), "median": statistics.median(writer.binding),
        "longest_busy": max(writer.busy), "median_busy": statistics.median(writer.busy),
        "planned": runtime.planning, "bound": sum(writer.busy), "settled": sum(writer.others),
        "bare": bare,
    }  # fmt: skip


def _barely(front: Run, path: Path) -> float:
    """Seconds of the processor to compose and write the same, and nothing else."""
    life = front.engine.life
    composer = Composer(life.book, life.places, county.ZONE, SENDER)
    with front.store.read() as connection:
        same(not connection.execute(select(notice.c.id).where(notice.c.state == "due")).all(),
             "a notice is still due")  # fmt: skip
        rows = connection.execute(select(delivery).order_by(delivery.c.id)).all()
        numbers_of = connection.execute(select(digest.c.id)).scalars().all()
        gathered = {number: read_digest(connection, number) for number in numbers_of}
        news: dict[int, list[Any]] = {row.id: [] for row in rows}
        carried = select(delivery_notice.c.delivery, notice).join(
            notice, notice.c.id == delivery_notice.c.notice
        )
        for row in connection.execute(carried.order_by(notice.c.id)):
            news[row.delivery].append(as_news(row))
    bare = sqlite3.connect(path, isolation_level=None)
    bare.executescript("""
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE delivery (id INTEGER PRIMARY KEY, person, channel, address, code, text, link);
        CREATE TABLE delivery_notice (delivery, notice, PRIMARY KEY (delivery, notice));
        CREATE TABLE notice (id INTEGER PRIMARY KEY, state, person);
    """)
    numbers = [(one.id,) for all_ in news.values() for one in all_]
    bare.executemany("INSERT OR IGNORE INTO notice VALUES (?, 'due', '')", numbers)
    waiting: defaultdict[int | None, set[int]] = defaultdict(set)  # told by each digest so far
    began = process_time()
    for at in range(0, len(rows), 10):
        made, pairs = [], []
        for row in rows[at : at + 10]:
            asking = Asking(row.code, row.letters, f"{URL}/a/{row.link}", True)
            told = news[row.id]
            waiting[row.digest] |= {one.id for one in told if one.wants}
            said = composer.digest(
                told, row.language, True, asking, Taken.max_segments, gathered[row.digest],
                len(waiting[row.digest]),
            ) if row.summary else composer.compose(
                told, row.language, True, asking, Taken.max_segments
            )  # fmt: skip
            same(said.text == row.text, f"the text of delivery {row.id}")
            made.append((row.id, row.person, row.channel, row.address, row.code, said.text,
                         row.link))  # fmt: skip
            pairs += [(row.id, one.id) for one in told]
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?)", made)
        bare.executemany("INSERT INTO delivery_notice VALUES (?, ?)", pairs)
        bare.executemany("UPDATE notice SET state = 'carried' WHERE id = ?",
                         [(number,) for _, number in pairs])  # fmt: skip
        bare.execute("COMMIT")
    return process_time() - began


def run() -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        made = measure(POINTS, Path(folder))
    parts = ("planned", "bound", "settled", "bare")
    each = {part: made[part] / made["notices"] * 1e3 for part in parts}
    print(
        f"{made['notices']} notices of a front over {POINTS} points in {made['deliveries']} messages; "
        "ms of processor a notice\n"
        f"  plan {each['planned']:.2f}, bind and lease {each['bound']:.2f}, together "
        f"{(made['planned'] + made['bound']) / made['bare']:.1f} times bare; "
        f"settle {each['settled']:.2f}; bare {each['bare']:.2f}\n"
        f"A transaction that binds takes {made['median'] * 1e3:.0f} ms, the longest "
        f"{made['longest'] * 1e3:.0f} (of processor {made['median_busy'] * 1e3:.0f} "
        f"and {made['longest_busy'] * 1e3:.0f})"
    )
    targets = [Target("longest transaction that binds, ms", made["longest"] * 1e3, LONGEST, False)]
    for target in targets:
        print(target.line())
    return targets
