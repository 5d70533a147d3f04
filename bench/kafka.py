"""Signals through Kafka to committed alerts, with one and two engine workers, beside the bare consumer.

A real broker, a real PostgreSQL on the disk (fsync on), townships of many counties in four partitions.
Each signal is a forecast that puts five townships of one county in fog, published by itself: one record
of Kafka's, five alerts with reasons, notices, pursuits and audit entries.

- suian: one, two or four processes `suian serve --role engine`, which Kafka has given their partitions
  before anything is published. From the first publish to the commit of the last alert.
- the bare consumer: kafka-python reads the same records of the same topic, up to a hundred a poll as
  the workers do, and writes each as one row of bytes, a transaction a poll, with psycopg. It unpacks
  nothing and evaluates nothing. From its first poll to its last commit; all is published before.

The alerts of all runs are compared, and each township must have exactly one, before a time is printed.
Four workers on two cores are for that alone.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from kafka import KafkaConsumer, TopicPartition

from alerting.bus import Access, KafkaBus, Shares
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.signals import from_envelope
from bench import towns
from bench.rounds import Target, same
from tests import kafka_broker, postgres_server

PARTITIONS, COUNTIES = 4, 16
EACH = 5  # townships of a signal
PATIENCE = 180.0  # seconds for a run
WORKERS = (1, 2, 4)
Alert = tuple[str, str, int, str]


@dataclass(frozen=True)
class Run:
    """What a number of workers made of all signals."""

    seconds: float
    alerts: list[Alert]
    topic: str


@dataclass
class Contest:
    """One broker and one server for runs of `signals`; a topic and a database for each run."""

    signals: int
    folder: Path
    broker: kafka_broker.Broker
    server: postgres_server.Server
    runs: int = field(default=0, init=False)

    def work(self, workers: int) -> Run:
        """So many workers take all signals."""
        self.runs += 1
        home = self.folder / f"run-{self.runs}"
        home.mkdir()
        topic, database = f"bench-{os.getpid()}-{self.runs}", self.server.fresh()
        config = towns.write(
            home, self.signals * EACH, "http://127.0.0.1:9", COUNTIES, database=database,
            bus={"kafka": self.broker.address, "topic": topic, "partitions": PARTITIONS},
            log={"level": "info", "format": "json"},
        )  # fmt: skip
        with _working(config, home, workers):
            began = time.monotonic()
            self._publish(config, topic)
            with psycopg.connect(database, autocommit=True) as connection:
                while (done := _opened(connection)) < self.signals * EACH:
                    same(time.monotonic() < began + PATIENCE, f"{done} alerts were opened")
                    time.sleep(0.05)
                taken = time.monotonic() - began
                alerts = _alerts(connection)
        self.server.drop(database)
        expected = [towns.code_of(n, COUNTIES) for n in range(self.signals * EACH)]
        once = [one[0] for one in alerts] == sorted(expected)
        same(once, f"each township has one alert of {workers} workers")
        return Run(taken, alerts, topic)

    def _publish(self, config: Path, topic: str) -> None:
        """Each signal by itself, as sources hand them in; a few at a time."""
        places = load_county(load_config(config)).places
        bus = KafkaBus(Access(self.broker.address), topic, Shares(PARTITIONS, places, 0.0))
        now = datetime.now(UTC)

        def one(number: int) -> None:
            county, turn = number % COUNTIES, number // COUNTIES
            told = [county + COUNTIES * (turn * EACH + n) for n in range(EACH)]
            bus.publish(LIVE, [from_envelope(towns.fog(told, now))], now)

        one(0)  # which opens the connection, before several use it
        with ThreadPoolExecutor(PARTITIONS) as threads:
            list(threads.map(one, range(1, self.signals)))
        bus.close()

    def bare(self, topic: str) -> float:
        """Seconds in which the bare consumer has written every record of a topic."""
        database = self.server.empty()
        parts = [TopicPartition(topic, part) for part in range(PARTITIONS)]
        consumer = KafkaConsumer(bootstrap_servers=self.broker.address, enable_auto_commit=False,
                                 auto_offset_reset="earliest")  # fmt: skip
        consumer.assign(parts)
        with psycopg.connect(database) as connection:
            connection.execute("CREATE TABLE record (part int, number bigint, body bytea,"
                               " PRIMARY KEY (part, number))")  # fmt: skip
            connection.commit()
            written, began = 0, time.monotonic()
            while written < self.signals:
                same(time.monotonic() < began + PATIENCE, f"{written} records were read")
                polled = consumer.poll(timeout_ms=200, max_records=100)
                rows = [(r.partition, r.offset, r.value) for some in polled.values() for r in some]
                if rows:
                    with connection.cursor() as cursor:
                        cursor.executemany("INSERT INTO record VALUES (%s, %s, %s)", rows)
                    connection.commit()
                written += len(rows)
            taken = time.monotonic() - began
            [kept] = connection.execute("SELECT count(*) FROM record").fetchone() or [0]
        consumer.close()
        self.server.drop(database)
        same(kept == self.signals, f"{kept} of {self.signals} records are written")
        return taken


@contextmanager
def _working(config: Path, home: Path, workers: int) -> Iterator[None]:
    """So many engine workers, from when each has the partitions that are its own."""
    given = os.environ | {"SUIAN_HOOK_SECRET": "a bench's own", "SUIAN_PORT": "0"}
    serve = [sys.executable, "-m", "alerting.cli", "serve"]
    words = [*serve, "--role", "engine", "--config", str(config)]
    logs = [home / f"worker-{n}.log" for n in range(workers)]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for log in logs:
            with log.open("wb") as out:
                running.append(subprocess.Popen(words, env=given, stdout=out, stderr=out))
        deadline = time.monotonic() + PATIENCE
        while not _shared_out([_assigned(log) for log in logs]):
            dead = [log for one, log in zip(running, logs, strict=True) if one.poll() is not None]
            same(not dead, f"a worker ended: {dead and dead[0].read_text()[-800:]}")
            same(time.monotonic() < deadline, "the partitions were shared out")
            time.sleep(0.2)
        yield
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(60)


def _assigned(log: Path) -> list[int]:
    """The partitions a worker says it has now."""
    had: list[int] = []
    for line in log.read_text(errors="replace").splitlines():
        if '"partitions are assigned"' in line:
            had = json.loads(line)["partitions"]
    return had


def _shared_out(each: Sequence[Sequence[int]]) -> bool:
    """Whether everybody has some, and together they have each partition once."""
    return all(each) and sorted(part for one in each for part in one) == list(range(PARTITIONS))


def _opened(connection: psycopg.Connection[tuple[int]]) -> int:
    [count] = connection.execute("SELECT count(*) FROM alert WHERE rule = 'fog'").fetchone() or [0]
    return int(count)


def _alerts(connection: psycopg.Connection[Alert]) -> list[Alert]:
    return sorted(connection.execute(
        "SELECT place, rule, level, state FROM alert WHERE rule = 'fog'"
    ).fetchall())  # fmt: skip


def hold(contest: Contest, workers: Sequence[int], rounds: int) -> dict[str, list[float]]:
    """Signals a second of everybody, in turn, in each round. Raises AssertionError where two runs
    differ in what they opened."""
    names = [*(f"{n} workers" for n in workers), "bare consumer"]
    made: dict[str, list[float]] = {name: [] for name in names}
    known: list[Alert] = []
    for _ in range(rounds):
        for count in workers:
            run = contest.work(count)
            same(not known or run.alerts == known, f"alerts of {count} workers and of those before")
            known = run.alerts
            made[f"{count} workers"].append(contest.signals / run.seconds)
        made["bare consumer"].append(contest.signals / contest.bare(run.topic))
    return made


def run(signals: int = 800, rounds: int = 3) -> list[Target]:
    """Print every figure; there is no target for them but that two workers are no slower than one."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        server = postgres_server.of_the_run(folder / "postgres", os.getpid(), durable=True)
        (folder / "kafka").mkdir()
        broker = kafka_broker.Broker(folder / "kafka")
        try:
            broker.start()
            found = hold(Contest(signals, folder, broker, server), WORKERS, rounds)
        finally:
            broker.stop()
            postgres_server.end(folder / "postgres")
    print(f"{signals} signals of {EACH} alerts each through Kafka, median (range) of {rounds} rounds")
    middle = {name: statistics.median(rates) for name, rates in found.items()}
    for name, rates in found.items():
        print(f"  {name:<16} {middle[name]:>8,.1f} signals a second ({min(rates):,.1f} to"
              f" {max(rates):,.1f}), {1e3 / middle[name]:,.1f} ms each")  # fmt: skip
    print(f"  one worker, times the bare consumer: {middle['1 workers'] / middle['bare consumer']:.3f}")
    targets = [Target("two workers, times one", middle["2 workers"] / middle["1 workers"], 1.0)]
    for target in targets:
        print(target.line())
    return targets


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
