"""One red alert and everybody who is told of it, through the whole service.

A township is called out at red, and by itself its villages, each with a list of people who are all
called (`who: any one`); or, with lists of one, as many villages as people. The county's files are read
as anybody's, every loop of the process runs in real time, the messages go through the Twilio channel
to a provider that answers after 50 ms. While they are on their way another township is called out at
red, whose three officers must not wait behind them; and every two seconds somebody who has been told
says so, which must be taken at once and answered. Then the alert is withdrawn, of which everybody hears
whom it reached. That each had each message once is looked at before a time is printed.

`python -m bench recipients [PEOPLE …] [--each 250] [--on SQLite]` for 1,000, 10,000 and 100,000 people,
on SQLite and on PostgreSQL, each in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gc
import json
import logging
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs
from urllib.request import urlopen

import structlog
import uvicorn
from sqlalchemy import func, select

from alerting.runtime import RealRuntime
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.signals import Report
from alerting.store import Store
from alerting.store.schema import answer, delivery, delivery_notice, notice
from alerting.web.app import make_app
from bench import standin
from bench.dispatch import ACCOUNT, AT_ONCE, LATENCY, SENDER, resident
from bench.rounds import Target, same
from tests import postgres_server

SIZES = (1_000, 10_000, 100_000)
BOTH = ("SQLite", "PostgreSQL")
EACH = 250  # people of a village's list
OFFICERS, MANY = 3, 10_000
EVERY = 2.0  # seconds from one answer to the next
SAID_EVERY = 10.0
COUNTY, CROWDED, OTHER = "990000000000", "990101000000", "990102000000"
BOOK = {
    "measures.yaml": {"measures": {}},
    "roads.yaml": {
        "sector": "road-traffic", "title": {"zh": "道路交通", "en": "Road traffic"},
        "rules": [{
            "id": "icing", "hazard": "road-icing", "place": "zone", "basis": ["M-01"],
            "levels": {"red": {"when": "warning road-icing >= red"}}, "audience": ["township"],
            "cases": [{"name": "a red warning", "given": {"warnings": {"road-icing": "red"}},
                       "expect": {"level": "red"}}],
        }],
    },
    "calling.yaml": {
        "questions": {"done": {"zh": "采取措施", "en": "what is done",
                               "example": {"zh": "已转移", "en": "moved"}}},
        "call-outs": {"red": {
            "woken": 5, "report": 60, "closing": 60, "call": {"township": ["done"]},
            "pass-on": {"to": ["village"], "at-once": True, "ask": ["done"]},
        }},
    },
    "policies.yaml": {
        "in-force-minutes": 60,
        "policies": {"everyday": {
            "wait": {"red": 60, "orange": 60, "lower": 60},
            "steps": [{"call": "carrier", "times": 2, "who": "any one"},
                      {"call": "duty-office", "times": 2}],
            "then-every": {"red": 60, "orange": 60, "lower": 60},
        }},
    },
}  # fmt: skip
Figures = Mapping[str, Any]


# --- the county -----------------------------------------------------------------------------------
def write(folder: Path, people: int, each: int, provider: str) -> Path:
    """Its files; gives the config's path."""
    rules = folder / "rules"
    rules.mkdir()
    for name, said in BOOK.items():
        (rules / name).write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    calendar = Path(__file__).parent.parent / "rules" / "calendar.yaml"
    (rules / "calendar.yaml").write_bytes(calendar.read_bytes())
    columns = ("code", "name", "name_en", "parent", "point", "lat", "lon", "elevation")
    _csv(folder / "zones.csv", columns,
         [(COUNTY, "某县", "County", "", "", "", "", ""),
          (CROWDED, "大镇", "Crowded", COUNTY, "p1", "26.1", "106.1", "900"),
          (OTHER, "小镇", "Other", COUNTY, "p2", "26.2", "106.2", "900")])  # fmt: skip
    officers = [f"o{n}" for n in range(OFFICERS)]
    everybody = [f"p{n:06d}" for n in range(people)]
    _csv(folder / "people.csv", ("id", "name", "name_en", "language", "role", "contacts"),
         [("head", "主任", "Head", "zh", "order", "sms:+8613900000000"),
          *((one, f"值班{n}", f"Officer {n}", "zh", "answer", f"sms:+861391000000{n}")
            for n, one in enumerate(officers)),
          *((one, f"某{n}", f"No {n}", "zh", "answer", f"sms:+86{13000000000 + n}")
            for n, one in enumerate(everybody))])  # fmt: skip
    lists = [everybody[n : n + each] for n in range(0, people, each)]
    _csv(folder / "posts.csv", ("id", "tier", "sector", "place", "title", "title_en", "holders"),
         [("duty-office", "duty-office", "", COUNTY, "值班室", "Duty office", "head"),
          ("crowded", "township", "", CROWDED, "大镇", "Crowded", "head"),
          ("other", "township", "", OTHER, "小镇", "Other", " ".join(officers)),
          *((f"v{n:06d}", "village", "", CROWDED, f"村{n}", f"Village {n}", " ".join(names))
            for n, names in enumerate(lists))])  # fmt: skip
    config = {
        "county": {"name": "某县（虚构）", "name_en": "County (fictional)", "fictional": True,
                   "zones": "zones.csv", "sites": None, "people": "people.csv", "posts": "posts.csv",
                   "rosters": None},
        "rules": "rules", "calendar": "rules/calendar.yaml", "data": "var",
        "sources": {"office": {"use": "signals", "brings": "warning", "cadence_hours": 8760}},
        "channels": {"sms": {"use": "twilio", "account": ACCOUNT, "sender": SENDER,
                             "base_url": provider, "concurrency": AT_ONCE}},
    }  # fmt: skip
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, ensure_ascii=False), "utf-8")
    return path


def _csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        out.writerows(rows)


# --- one size, one database -----------------------------------------------------------------------
class Service:
    """The service over the county, watched: seconds of each transaction, and when each message went."""

    def __init__(self, config: Path, database: str) -> None:
        began = perf_counter()
        county = load_county(load_config(config))
        self.runtime = RealRuntime()
        self.station = Station(county, self.runtime, Store(database))
        self.started = perf_counter() - began
        self.loops = loops_of(self.station)
        self.transactions: list[tuple[float, str]] = []
        self.went: dict[int, float] = {}  # by delivery
        self.most = 0
        self._watch()

    def _watch(self) -> None:
        writing, sending = self.station.store.write, self.station.dispatcher._attempt

        def timed(work: Any, wrote: set[str] | None = None) -> Any:
            began = perf_counter()
            try:
                return writing(work, wrote)
            finally:
                self.transactions.append((perf_counter() - began, _named(work)))

        async def attempted(one: Any) -> Any:
            outcome = await sending(one)
            self.went[one.message.delivery] = perf_counter()
            return outcome

        self.station.store.write = timed  # type: ignore[method-assign]
        self.station.dispatcher._attempt = attempted  # type: ignore[method-assign]

    async def says(self, act: str, person: str, subject: str, **detail: Any) -> str:
        """What somebody says is accepted as the web accepts it; gives the signal's id."""
        said = Report(source="bench", issued=self.runtime.now(), act=act, person=person,
                      channel="sms", subject=subject, detail=detail)  # fmt: skip
        [made] = await self.station.publish(LIVE, [said])
        return made


def _named(work: Any) -> str:
    """What a transaction is, for the list of the longest."""
    for cell in getattr(work, "__closure__", None) or ():
        inner = cell.cell_contents
        if callable(inner):
            inner = getattr(inner, "func", inner)
            return str(getattr(inner, "__qualname__", inner))
    return str(getattr(work, "__qualname__", work))


class Told:
    """One alert on its way: when it was said, and when each of its readers' messages went."""

    def __init__(self, service: Service, began: float, rows: Sequence[Any]) -> None:
        self.went = sorted(service.went[row.id] - began for row in rows if row.id in service.went)
        self.people = {row.person for row in rows}

    def figures(self) -> dict[str, float]:
        went = self.went
        return {"first": went[0], "half": went[len(went) // 2], "last": went[-1],
                "rate": len(went) / went[-1]}  # fmt: skip


class Play:
    """All that happens, in its order; what was measured is in `made`."""

    def __init__(self, service: Service, people: int) -> None:
        self.service, self.people, self.made = service, people, dict[str, Any]()
        self.station, self.store = service.station, service.station.store
        self.answered: list[tuple[float, float]] = []  # seconds until it was taken, and answered

    async def run(self) -> dict[str, Any]:
        await self._until(lambda: not self._waits())
        saying = asyncio.create_task(self._says_how_far())
        self.service.transactions.clear()
        resting = resident()
        began = perf_counter()
        await self.service.says("open", "head", "rule:icing", place=CROWDED, level="red", reason="冻雨")
        answering = asyncio.create_task(self._answers())
        await self._until(lambda: len(self.service.went) >= self.people // 10)
        officers = await self._others()
        await self._until(lambda: self._told("callout", CROWDED) >= self.people)
        answering.cancel()
        told = Told(self.service, began, self._rows("callout", CROWDED))
        same(len(told.people - {"head"}) == self.people, f"{len(told.people)} were told")
        self.made |= told.figures() | {"officers": officers, "memory": resident() - resting}
        if self.answered:
            taken, replied = zip(*self.answered, strict=True)
            self.made |= {"taken": max(taken), "answered": max(replied)}
        self.made["transactions"] = self._longest()
        self.made["looks"] = await self._looks()
        before, began = len(self.service.went), perf_counter()
        await self.service.says("withdraw", "head", f"alert:{LIVE}.icing.{CROWDED}.1", reason="误报")
        await self._until(lambda: self._told("withdrawn", CROWDED, before) >= self.people)
        ended = Told(self.service, began, self._rows("withdrawn", CROWDED))
        same(len(ended.people - {"head"}) == self.people, f"{len(ended.people)} heard of the end")
        self.made["end"] = ended.figures() | {"transactions": self._longest()}
        saying.cancel()
        self.made["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return self.made

    async def _others(self) -> float:
        """Seconds until three officers of another place have been told of its red."""
        began = perf_counter()
        await self.service.says("open", "head", "rule:icing", place=OTHER, level="red", reason="冻雨")
        await self._until(lambda: self._told("callout", OTHER) >= OFFICERS)
        return Told(self.service, began, self._rows("callout", OTHER)).went[-1]

    async def _answers(self) -> None:
        """Every few seconds one more of those who were told says that they received it."""
        for number in range(self.people):
            await asyncio.sleep(EVERY)
            self.answered.append(await self._answer(f"p{number:06d}"))

    async def _answer(self, person: str) -> tuple[float, float]:
        """Seconds until their answer is taken, and until the reply to it has gone out."""
        await self._until(lambda: self._reached(person))
        began = perf_counter()
        assert await self.station.hear(person, "sms", "1", message=f"SM-{person}")
        given = select(answer.c.id).where(answer.c.person == person)
        await self._until(lambda: bool(self._read(given)))
        taken = perf_counter() - began
        reply = _carrying("reply").where(delivery.c.person == person)
        await self._until(lambda: any(row.id in self.service.went for row in self._read(reply)))
        return taken, perf_counter() - began

    # What is so by now

    async def _until(self, so: Any) -> None:
        while not so():
            await asyncio.sleep(0.05)

    async def _says_how_far(self) -> None:
        while True:
            await asyncio.sleep(SAID_EVERY)
            went, waits = len(self.service.went), self._waits()
            print(f"{went:,} messages, {waits:,} notices wait", file=sys.stderr)

    def _read(self, statement: Any) -> Sequence[Any]:
        with self.store.read() as connection:
            return connection.execute(statement).all()

    def _waits(self) -> int:
        return int(self._read(select(func.count()).where(notice.c.state == "due"))[0][0])

    def _reached(self, person: str) -> bool:
        sent = _carrying("callout").where(delivery.c.person == person, delivery.c.state == "accepted")
        return bool(self._read(sent))

    def _told(self, kind: str, place: str, before: int = 0) -> int:
        """How many people's messages the provider has taken; counted once nothing else can be, for to
        count a hundred thousand takes the service's own time."""
        if len(self.service.went) - before < self.people and place == CROWDED:
            return 0
        taken = ("accepted", "answered")
        return sum(row.state in taken and row.person != "head" for row in self._rows(kind, place))

    def _rows(self, kind: str, place: str) -> Sequence[Any]:
        return self._read(_carrying(kind).where(notice.c.alert == f"{LIVE}.icing.{place}.1"))

    def _longest(self) -> list[tuple[float, str]]:
        """Of each kind of transaction its longest, the longest first; they begin anew."""
        most: dict[str, float] = {}
        for took, name in self.service.transactions:
            most[name] = max(took, most.get(name, 0.0))
        self.service.transactions.clear()
        return sorted(((took, name) for name, took in most.items()), reverse=True)[:5]

    async def _looks(self) -> dict[str, tuple[float, int]]:
        """Seconds and bytes of the pages on which the alert stands, as a browser asks for them."""
        listening = socket.create_server(("127.0.0.1", 0))
        app = make_app(self.station, pages_too=True)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        made = {}
        for page in PAGES:
            began = perf_counter()
            address = f"http://127.0.0.1:{listening.getsockname()[1]}{page}"
            size = await asyncio.to_thread(lambda address=address: len(urlopen(address).read()))
            made[page] = perf_counter() - began, size
        server.should_exit = True
        await serving
        return made


PAGES = ("/", f"/alerts/{LIVE}.icing.{CROWDED}.1", "/callouts", "/messages", "/waiting", "/metrics",
         f"/callouts/{LIVE}.road-icing.{CROWDED}.1", "/healthz")  # fmt: skip


def _carrying(kind: str) -> Any:
    return (
        select(delivery.c.id, delivery.c.person, delivery.c.state)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(notice.c.kind == kind)
    )


async def _played(folder: Path, people: int, each: int, database: str, provider: str) -> dict[str, Any]:
    service = Service(write(folder, people, each, provider), database)
    gc.freeze()
    running = asyncio.create_task(service.loops.run())
    made = await Play(service, people).run()
    running.cancel()
    await service.station.close()
    return made | {"started": service.started}


def run_one(people: int, each: int, server: postgres_server.Server | None) -> dict[str, Any]:
    """In a process of its own, for its memory."""
    with tempfile.TemporaryDirectory() as folder, standin.standing_in(Path(folder), LATENCY) as address:
        database = server.fresh() if server is not None else str(Path(folder) / "suian.db")
        given = ["play", folder, str(people), str(each), database, address]
        ended = subprocess.run(
            [sys.executable, "-m", "bench.recipients", *given], check=True, stdout=subprocess.PIPE,
            env=os.environ | {"TWILIO_AUTH_TOKEN": "token"},
        )  # fmt: skip
        _arrived(standin.taken(address), people)
        return dict(json.loads(ended.stdout))


def _arrived(bodies: Sequence[bytes], people: int) -> None:
    """Everybody had the alert once and its end once; who answered, a reply besides."""
    had = Counter(parse_qs(body.decode())["To"][0] for body in bodies)
    of_people = {to: n for to, n in had.items() if to < "+8613900000000"}
    same(len(of_people) == people, f"{len(of_people)} people had a message")
    more = sum(n > 2 for n in of_people.values())
    same(min(of_people.values()) == 2 and more <= people // 10, f"{more} had more than two")


def show(name: str, people: int, made: Figures) -> None:
    end, mib = made["end"], 2**20
    said = [
        f"{name}, {people:,} people: first told after {made['first']:.2f} s, half"
        f" {made['half']:.1f}, last {made['last']:.1f}; {made['rate']:,.0f} a second",
        f"    three officers of another place told after {made['officers']:.2f} s; answers taken within"
        f" {made.get('taken', 0):.2f} s, replied to within {made.get('answered', 0):.2f} s",
        f"    withdrawn: first {end['first']:.2f} s, last {end['last']:.1f}; {end['rate']:,.0f} a"
        f" second; memory +{made['memory'] / mib:.0f} MiB, peak {made['peak'] / mib:.0f} MiB",
    ]
    print("  " + "\n  ".join(said))
    for took, what in [*made["transactions"], *end["transactions"]][:7]:
        print(f"      {took * 1e3:>7.0f} ms at most  {what}")
    for page, (took, size) in made["looks"].items():
        print(f"      {took * 1e3:>7.0f} ms {size / 1024:>8,.0f} KiB  {page}")
    sys.stdout.flush()


def main(asked: list[str]) -> list[Target]:
    given = argparse.ArgumentParser(prog="python -m bench recipients", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    given.add_argument("people", type=int, nargs="*", default=list(SIZES))
    given.add_argument("--each", type=int, default=EACH, help="people of a village's list")
    given.add_argument("--on", choices=BOTH, nargs="*", default=list(BOTH))
    said = given.parse_args(asked)
    return run(said.people, said.each, said.on)


def run(
    sizes: Sequence[int] = SIZES, each: int = EACH, on: Sequence[str] = BOTH
) -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    targets = []
    for name in on:
        rates = []
        for people in sizes:
            made = _on(name, people, each)
            show(name, people, made)
            rates.append(made["rate"])
            if people >= MANY:  # a thousand are told within a second or two themselves
                targets.append(Target(f"{name}: officers' wait, of the time of {people:,}",
                                      made["officers"] / made["last"], 0.25, False))  # fmt: skip
        targets.append(Target(f"{name}: messages a second, {sizes[-1]:,} over {sizes[0]:,} people",
                              rates[-1] / rates[0], 0.7))  # fmt: skip
    for target in targets:
        print(target.line())
    return targets


def _on(name: str, people: int, each: int) -> dict[str, Any]:
    if name == "SQLite":
        return run_one(people, each, None)
    with tempfile.TemporaryDirectory() as folder:
        server = postgres_server.of_the_run(Path(folder) / "postgres", os.getpid(), durable=True)
        try:
            return run_one(people, each, server)
        finally:
            postgres_server.end(Path(folder) / "postgres")


if __name__ == "__main__":
    if sys.argv[1:2] == ["play"]:
        _, _, folder, people, each, database, address = sys.argv
        quiet = structlog.make_filtering_bound_logger(logging.WARNING)
        there = structlog.PrintLoggerFactory(sys.stderr)
        structlog.configure(wrapper_class=quiet, logger_factory=there)
        played = asyncio.run(_played(Path(folder), int(people), int(each), database, address))
        print(json.dumps(played))
    else:
        sys.exit(main(sys.argv[1:]))
