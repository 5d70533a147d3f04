"""One alert in to message out, 1, 1,000 and 10,000 at once, beside Prometheus Alertmanager.

Both are the real processes on this machine, told of all alerts in one request, and both hand each
alert alone to the same webhook sink, a process of its own. What is measured is the time from the
request's first byte to the moment at which the sink has the last message, and the memory the process
has (its resident set) when nothing has happened yet and at most on the way.

- suian: `suian serve` on a file of SQLite (WAL, synchronous=FULL), a county of as many townships as
  there are alerts and one rule (bench/towns.py). The request is a forecast for the townships that fog
  lies on, which is one signal. It is kept, answered, evaluated, the alerts are opened with their
  reasons and notices, bound to who holds the post, written, leased, sent and settled, each step on
  the disk.
- Alertmanager (Debian's package `prometheus-alertmanager`): a list of alerts, each a group of its own
  (`group_by: ['...']`, `group_wait: 0s`). It evaluates nothing and keeps nothing on the disk but a
  snapshot now and then.

In each round both are fresh processes, in turn: first single alerts one after the other, then all at
once, then single ones again with those standing open. That each alert was told exactly once is looked
at before a time is printed.

`python -m bench alertmanager` takes three rounds; `python -m bench.alertmanager 1000 1` one round of a
thousand.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerting.runtime import RealRuntime
from alerting.store import Store
from alerting.web.tokens import create_token
from bench import standin, towns
from bench.rounds import Target, same
from tests.ports import free_port

PROGRAM = "prometheus-alertmanager"
AT_ONCE = (1_000, 10_000)
ONES = 7  # single alerts: the first, of a process that is still cold, is not counted
PATIENCE = 180.0  # seconds in which all must have come
JSON = {"Content-Type": "application/json"}
QUIET = 0.4  # seconds after the last in which one that is told twice would come
CONFIG = """
route:
  {receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 5m, repeat_interval: 4h}
receivers: [{name: sink, webhook_configs: [{url: "%s", send_resolved: false}]}]
"""


@dataclass
class Contestant:
    """A running one. `request` makes the body that tells of these townships, `told` reads of which a
    message at the sink speaks."""

    process: subprocess.Popen[bytes]
    port: int
    sink: str
    path: str
    headers: Mapping[str, str]
    accepted: int  # the answer's status
    request: Callable[[Sequence[int]], Any]
    told: Callable[[Any], list[str]]

    def memory(self) -> int:
        """Bytes resident now."""
        said = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(said.partition("VmRSS:")[2].split()[0]) * 1024

    def tell(self, numbers: Sequence[int]) -> tuple[float, int]:
        """Seconds until the sink has had the last of these alerts, each once, and the most memory seen
        on the way."""
        body = json.dumps(self.request(numbers)).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        began = time.monotonic()
        connection.request("POST", self.path, body, self.headers)
        answer = connection.getresponse()
        said = answer.read()
        same(answer.status == self.accepted, f"{answer.status} for the request: {said[:300]!r}")
        connection.close()
        most, taken = self.memory(), 0
        while taken < len(numbers):
            same(time.monotonic() < began + PATIENCE, f"{taken} of {len(numbers)} alerts were told")
            time.sleep(0.05)
            taken, ended = standin.last(self.sink)
            most = max(most, self.memory())
        time.sleep(QUIET)
        had = [place for one in standin.taken(self.sink) for place in self.told(json.loads(one))]
        same(sorted(had) == sorted(towns.code_of(n) for n in numbers),
             f"{len(had)} messages of {len(set(had))} alerts of {len(numbers)}")  # fmt: skip
        return ended - began, most


@contextmanager
def suian(folder: Path, sink: str, places: int) -> Iterator[Contestant]:
    port = free_port()
    config = towns.write(folder, places, sink, port=port)
    environment = os.environ | {"SUIAN_HOOK_SECRET": "a bench's own"}
    environment.pop("SUIAN_PORT", None)
    words = [sys.executable, "-m", "alerting.cli", "serve", "--config", str(config)]
    with _running(words, folder, environment) as process:
        _until_well(process, port, "/healthz")
        bearer = _token(folder / "var" / "suian.db")

        def request(numbers: Sequence[int]) -> Any:
            return towns.fog(numbers, datetime.now(UTC))

        yield Contestant(process, port, sink, "/api/v1/signals",
                         JSON | {"Authorization": f"Bearer {bearer}"}, 202, request,
                         towns.told)  # fmt: skip


@contextmanager
def alertmanager(folder: Path, sink: str, places: int) -> Iterator[Contestant]:
    port, config = free_port(), folder / "alertmanager.yml"
    config.write_text(CONFIG % sink)
    words = [PROGRAM, f"--config.file={config}", f"--storage.path={folder}/data", "--log.level=error",
             f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]  # fmt: skip
    with _running(words, folder, os.environ) as process:
        _until_well(process, port, "/-/ready")

        def request(numbers: Sequence[int]) -> Any:
            at = datetime.now(UTC).isoformat()
            return [
                {"labels": {"alertname": "fog", "severity": "red", "place": towns.code_of(n)},
                 "annotations": {"summary": f"镇{n}大雾红色风险提示：能见度低于50米"}, "startsAt": at}
                for n in numbers
            ]  # fmt: skip

        def told(message: Any) -> list[str]:
            return [one["labels"]["place"] for one in message["alerts"]]

        yield Contestant(process, port, sink, "/api/v2/alerts", JSON, 200, request, told)


@contextmanager
def _running(
    words: list[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            yield process
            same(process.poll() is None, f"{words[0]} has ended: {(folder / 'log').read_text()[-600:]}")
        finally:
            process.terminate()
            process.wait(60)


def _until_well(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        lives = process.poll() is None and time.monotonic() < deadline
        same(lives, f"{process.args!r} does not come up")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                break
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    time.sleep(1.0)  # until it rests
    same(process.poll() is None, f"{process.args!r} ended: was its port taken by another?")


def _token(file: Path) -> str:
    store, runtime = Store(file), RealRuntime()
    made = store.write(
        lambda c: create_token(c, "office", "order", None, "bench", runtime.now(), runtime)
    )
    store.close()
    return made


CONTESTANTS = {"suian": suian, "Alertmanager": alertmanager}
Figures = dict[str, float]


def round_of(
    size: int, folder: Path, sink: str, *, ones: int = ONES, turned: bool = False
) -> dict[str, Figures]:
    """Both in turn, each a fresh process: single alerts, `size` at once, single ones besides. Seconds,
    and bytes of memory."""
    made: dict[str, Figures] = {}
    names = list(CONTESTANTS)
    for name in reversed(names) if turned else names:
        home = Path(tempfile.mkdtemp(dir=folder))
        with CONTESTANTS[name](home, sink, size + 2 * ones) as one:
            idle = one.memory()
            single = statistics.median([one.tell([n])[0] for n in range(ones)][1:])
            took, most = one.tell(range(ones, ones + size))
            held = statistics.median([one.tell([ones + size + n])[0] for n in range(ones)][1:])
        made[name] = {"one": single, "many": took, "held": held, "idle": idle,
                      "growth": most - idle}  # fmt: skip
    return made


def missing() -> str:
    """What is not there, or an empty text."""
    return "" if shutil.which(PROGRAM) else f"Debian's package {PROGRAM}"


def run(sizes: Sequence[int] = AT_ONCE, rounds: int = 3) -> list[Target]:
    """Print every figure; gives the targets with what was measured. Raises AssertionError where there
    is no Alertmanager to stand beside."""
    assert not missing(), f"needs {missing()}"
    targets: list[Target] = []
    for size in sizes:
        found: dict[str, list[Figures]] = {name: [] for name in CONTESTANTS}
        with tempfile.TemporaryDirectory() as made, standin.standing_in(Path(made), 0.0) as sink:
            for turn in range(rounds):
                for name, one in round_of(size, Path(made), sink, turned=turn % 2 == 1).items():
                    found[name].append(one)
        print(f"{size} alerts, median (range) of {rounds} rounds; one: of {ONES - 1} in each round")
        middle = {name: _told(name, all_) for name, all_ in found.items()}
        targets += _targets(size, middle["suian"], middle["Alertmanager"])
    for target in targets:
        print(target.line())
    return targets


def _told(name: str, rounds: Sequence[Figures]) -> Figures:
    print(f"  {name}")
    middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    words = {"one": "one alert", "many": "all at once", "held": "one alert with these held"}
    for key, told in words.items():
        all_ = [one[key] * 1e3 for one in rounds]
        print(f"    {told:<28} {middle[key] * 1e3:>9.1f} ms"
              f"   ({min(all_):,.1f} to {max(all_):,.1f})")  # fmt: skip
    idle, growth = (middle[key] / 2**20 for key in ("idle", "growth"))
    print(f"    memory idle {idle:.0f} MiB, growth {growth:.0f} MiB", flush=True)
    return middle


def _targets(size: int, ours: Figures, theirs: Figures) -> list[Target]:
    named, most = f"{size:,} at once", size == AT_ONCE[-1]
    made = [
        Target(f"{named}: times Alertmanager's", ours["many"] / theirs["many"],
               2.5 if most else 2, False),
        Target(f"one alert with {size:,} held, times without", ours["held"] / ours["one"],
               1.2, False),
    ]  # fmt: skip
    if most:
        made += [
            Target("one alert, milliseconds", ours["one"] * 1e3, 5, False),
            Target(f"{named}: growth of memory, times Alertmanager's",
                   ours["growth"] / theirs["growth"], 0.5, False),
        ]  # fmt: skip
    return made


if __name__ == "__main__":
    run((int(sys.argv[1]),), int(sys.argv[2]))
