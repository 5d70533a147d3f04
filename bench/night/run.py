"""`python -m bench night [SEED]`: a storm of six hours over a county of 900 people, by the live code.

The weather is the recorded winter storm of exercises/, moved so that its snow falls from 22:00 to 04:00
local time; what the weather office says in red is ours. Every message goes out over HTTP to a stand-in
on this machine; people answer by the text that came. Time is virtual, all else is the service.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, Table, exists, func, select

from alerting.runtime import VirtualRuntime
from alerting.service import callout_figures, drill_figures
from alerting.service.chase_loop import ChaseLoop
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.duty_loop import DutyLoop
from alerting.service.engine_loop import EngineLoop
from alerting.service.loop import Loop, Loops
from alerting.service.station import Station
from alerting.service.storms import WARNINGS, load_storm
from alerting.service.tick_loop import TickLoop
from alerting.service.watch_loop import WatchLoop
from alerting.signals import Area, Signal, Warning
from alerting.store import Store
from alerting.store.schema import alert, delivery, delivery_notice, notice, person, post, pursuit
from alerting.vocabulary import HAZARDS
from bench.night.county import ROOT, Size, write
from bench.night.people import People

BEGINS = datetime(2013, 2, 9, 14, tzinfo=UTC)  # 22:00 in the county
STORM, AFTER = timedelta(hours=6), timedelta(hours=1)
MINUTE = timedelta(minutes=1)
RECENT = timedelta(hours=4)  # what came in before is left out
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Night:
    """What a night came to; times are minutes."""

    callees: list[Row]  # by tier, see service.callout_figures
    called: list[Row]  # everybody who was asked anything, by tier, see service.drill_figures
    messages: list[int]  # each person's that nobody had prompted, whoever got any
    replies: list[int]  # and what they were replied, once for each text of theirs
    notices: int  # what there was to say, one to a post
    alerts: int
    open: list[tuple[str, str]]  # (post, what it was asked) that nobody had answered at the end
    silent: list[str]  # who was called and never said a word, by post
    seconds: float


def warned(
    identifier: str, at: datetime, hazard: str, zones: Sequence[str], until: datetime
) -> Warning:
    return Warning(
        source=WARNINGS, issued=at, identifier=identifier, sender="雾岭县气象台（虚构）",
        action="alert", hazard=hazard, event=HAZARDS[hazard].zh, level="red",
        headline="雾岭县气象台（虚构）发布红色预警信号", description="", references=(),
        expires=until, area=Area(codes=tuple(zones), above=None),
    )  # fmt: skip


async def live(
    size: Size, seed: int, storm_for: timedelta = STORM, after: timedelta = AFTER, said: Any = None
) -> Night:
    """Live through the night and some time `after`; `said` is told once an hour how it goes."""
    began = time.monotonic()
    os.environ.setdefault("SUIAN_HOOK_SECRET", "of the night alone")
    with tempfile.TemporaryDirectory() as folder:
        async with _phones() as url:
            county = load_county(load_config(write(Path(folder) / "county", url, size)))
            storm = load_storm(ROOT / "exercises" / "winter-storm", county.places)
            storm = storm.from_now(storm.begins + timedelta(hours=12))
            towns = [p.id for p in county.places.of_kind("zone") if p.parent]
            ends = BEGINS + storm_for
            signals = [one for one in storm.signals
                       if one[0] > BEGINS - RECENT or isinstance(one[1], Warning)]  # fmt: skip
            for after_begin, hazard, where in ((10, "road-icing", towns), (70, "snow", towns[:6])):
                at = BEGINS + after_begin * MINUTE
                if at < ends:
                    signals.append((at, warned(f"red-{hazard}", at, hazard, where, ends)))
            runtime = VirtualRuntime(BEGINS - MINUTE, seed)
            station = Station(county, runtime, Store(Path(folder) / "night.db"))
            loops = _loops(station)
            try:
                people = People(seed)
                with station.store.read() as connection:
                    people.meet(list(connection.execute(select(person.c.id).order_by(person.c.id))
                                     .scalars()))  # fmt: skip
                await loops.settle()
                await _play(station, loops, people, sorted(signals, key=lambda s: s[0]),
                            BEGINS + storm_for + after, said)  # fmt: skip
                return told(station, time.monotonic() - began)
            finally:
                await station.close()


@asynccontextmanager
async def _phones() -> Any:
    """Takes every message and call, as a provider does."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/{channel}/{person}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _loops(station: Station) -> Loops:
    loops: list[Loop] = [DutyLoop(station), TickLoop(station), EngineLoop(station), ChaseLoop(station),
                         DispatchLoop(station), WatchLoop(station)]  # fmt: skip
    made = Loops(station.runtime, loops)
    station.writer.on_commit(made.wake)
    return made


async def _play(
    station: Station, loops: Loops, people: People, signals: list[tuple[datetime, Signal]],
    until: datetime, said: Any,
) -> None:  # fmt: skip
    seen, now = 0, station.runtime.now()
    while now < until:
        due = [one for at, one in signals if at <= now]
        if due:
            signals = signals[len(due) :]
            await station.publish(LIVE, due)
            await loops.settle()
        seen = _read(station, people, seen, now)
        answers = sorted(one for one in people.due if one[0] <= now)
        people.due = [one for one in people.due if one[0] > now]
        for _, who, channel, words in answers:
            await station.hear(who, channel, words)
        if answers:
            await loops.settle()
        await loops.advance(MINUTE)
        now = station.runtime.now()
        if said is not None and now.minute == 0:
            said(now)


def _read(station: Station, people: People, seen: int, now: datetime) -> int:
    """Let people see what has reached them since delivery `seen`; gives the last of them."""
    with station.store.read() as connection:
        rows = connection.execute(
            select(delivery).where(delivery.c.id > seen, delivery.c.realm == LIVE,
                                   delivery.c.state.in_(["accepted", "delivered", "read"]))
            .order_by(delivery.c.id)
        ).all()  # fmt: skip
        for row in rows:
            asked = connection.execute(
                select(notice.c.id, notice.c.wants, notice.c.measure, post.c.tier)
                .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
                .outerjoin(post, post.c.id == notice.c.post)
                .where(delivery_notice.c.delivery == row.id, notice.c.wants != "")
                .order_by(notice.c.id)
            ).all()
            if asked:
                people.reached(now, row, list(asked), asked[0].tier or "")
    return rows[-1].id if rows else seen


def told(station: Station, seconds: float) -> Night:
    with station.store.read() as connection:
        called = drill_figures.people(connection, LIVE)
        sent, replied = _sent(connection, prompted=False), _sent(connection, prompted=True)
        titles = dict(connection.execute(select(post.c.id, post.c.title_en)).all())
        waiting = connection.execute(
            select(pursuit.c.post, pursuit.c.wants)
            .where(pursuit.c.realm == LIVE, pursuit.c.state == "open").order_by(pursuit.c.id)
        ).all()  # fmt: skip
        return Night(
            callout_figures.by_tier(callout_figures.callees(connection, LIVE)),
            drill_figures.by_tier(called), sorted(sent.values()), sorted(replied.values()),
            _count(connection, notice), _count(connection, alert),
            [(titles.get(row.post, row.post), row.wants) for row in waiting],
            sorted(titles.get(one.post, one.post) for one in called if one.seconds is None),
            seconds,
        )  # fmt: skip


def _sent(connection: Connection, *, prompted: bool) -> Counter[str]:
    """How many messages and calls each person got."""
    reply = exists(
        select(notice.c.id)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == delivery.c.id, notice.c.kind == "reply")
    )
    sent = delivery.c.state.in_(["accepted", "delivered", "read", "answered"])
    return Counter(connection.execute(
        select(delivery.c.person)
        .where(delivery.c.realm == LIVE, sent, reply if prompted else ~reply)
    ).scalars())  # fmt: skip


def _count(connection: Connection, of: Table) -> int:
    return int(connection.execute(
        select(func.count()).select_from(of).where(of.c.realm == LIVE)
    ).scalar_one())  # fmt: skip


def table(night: Night) -> str:
    """The night as it stands in docs/night.md."""
    def minutes(seconds: int | None) -> str:
        return "–" if seconds is None else f"{seconds / 60:.1f}"

    lines = _head("called out", "called", "awake", "in 5 min", "half within", "slowest", "reported",
                  "half within", "slowest", "by others", "never")  # fmt: skip
    for row in night.callees:
        lines.append(_row(row["tier"], row["called"], row["woken"], row["in_time"],
                          minutes(row["woken_median"]), minutes(row["woken_slowest"]), row["reported"],
                          minutes(row["reported_median"]), minutes(row["reported_slowest"]),
                          row["ticked"], row["never"]))  # fmt: skip
    lines += ["", *_head("of all who were asked anything", "called", "answered", "half within",
                         "slowest", "never")]  # fmt: skip
    for row in night.called:
        lines.append(_row(row["tier"], row["called"], row["woken"], minutes(row["median"]),
                          minutes(row["slowest"]), row["never"]))  # fmt: skip
    sent, replied = night.messages or [0], night.replies or [0]
    return "\n".join([
        *lines, "",
        f"{len(night.messages)} people got {sum(sent)} messages and calls: half of them"
        f" {median(sent):.0f} or fewer, 95 % {sent[int(len(sent) * 0.95)]} or fewer, the most"
        f" {max(sent)}; and {sum(replied)} replies to their texts, the most {max(replied)}. There were"
        f" {night.alerts} advisories and {night.notices} notices to posts and people.",
        "", _named("Open at the end", [f"{who} ({wants})" for who, wants in night.open]),
        "", _named("Called and never heard", night.silent),
    ])  # fmt: skip


def _head(*names: str) -> list[str]:
    return [_row(*names), "| --- |" + " ---: |" * (len(names) - 1)]


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(one) for one in cells)} |"


def _named(what: str, who: Sequence[str]) -> str:
    return f"{what}: {len(who)}{': ' if who else ''}{', '.join(who)}."


def main(asked: Sequence[str]) -> int:
    seed = int(asked[0]) if asked else 1
    size = Size()
    night = asyncio.run(live(size, seed, said=lambda at: print(f"{at:%H:%M}Z", file=sys.stderr)))
    print(f"seed {seed}: 12 townships, {size.villages} villages, 60 sites, {size.people} people\n")
    print(table(night))
    print(f"\n{night.seconds:.0f} s")
    return 0
