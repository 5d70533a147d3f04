"""The services of `deploy/compose.yaml` as processes of this machine.

Each has the words, variables, secrets and mounts that stand there, and is asked what its containers are
asked. What a container has to itself is put in its place: the names of other services become addresses
here, a port of its own becomes a free one, the folder of secrets one in the test's.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from alerting.runtime import RealRuntime
from tests.deploy.files import compose, image, probes, seconds, without_own_settings
from tests.kafka_broker import Broker
from tests.ports import free_port
from tests.postgres_server import account, programs
from tests.scenarios.apart import Apart, Process
from tests.scenarios.standin import TOKEN
from tests.scenarios.town import SOON

PASSWORD = "no-word:of/any@book"
NOT_THE_BROKERS = ("KAFKA_HEAP_OPTS",)  # of its start script


class BrokerOfCompose(Broker):
    """A broker with the settings that the image would make of the file's variables."""

    cluster = compose()["services"]["kafka"]["environment"]["CLUSTER_ID"]

    def _settings(self) -> str:
        here = {
            "PLAINTEXT://:9092": f"PLAINTEXT://{self.address}", "kafka:9092": self.address,
            "localhost:9093": f"localhost:{self._controller}", "/var/lib/kafka/data": f"{self.folder}/data",
        }  # fmt: skip
        given = compose()["services"]["kafka"]["environment"]
        return "".join(
            f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={put(str(value), here)}\n"
            for name, value in given.items() if name.startswith("KAFKA_") and name not in NOT_THE_BROKERS
        )  # fmt: skip


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """A server made as the image would make it, which asks for the password; gives HOST:PORT."""
    service = compose()["services"]["postgres"]
    given, found = service["environment"], programs()
    assert found is not None
    bin_ = (found / "initdb").resolve().parent  # where all of them are
    owned = account()
    home, port = Path(tempfile.mkdtemp(prefix="suian-compose-")), free_port()
    try:
        word = home / "password"
        word.write_text((folder / "secrets" / "postgres" / Path(given["POSTGRES_PASSWORD_FILE"]).name).read_text())
        for one in (home, word):
            os.chown(one, owned.get("user", -1), owned.get("group", -1))
        run(bin_ / "initdb", "-D", home / "data", "-U", given["POSTGRES_USER"], "-A", "scram-sha-256",
            "--pwfile", word, "--no-sync", *given["POSTGRES_INITDB_ARGS"].split(), cwd=home, **owned)  # fmt: skip
        words = [bin_ / "postgres", "-D", home / "data", "-p", str(port), "-h", "127.0.0.1", "-k", home, "-F"]
        server = subprocess.Popen(words, cwd=home, stderr=(home / "log").open("wb"), **owned)
        try:
            kind, program, *more = service["healthcheck"]["test"]
            assert kind == "CMD"
            ask = [bin_ / program, *more, "--host", "127.0.0.1", "--port", str(port)]
            until(lambda: subprocess.run(ask, capture_output=True).returncode == 0, "the database is not healthy")
            run(bin_ / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", given["POSTGRES_USER"],
                given["POSTGRES_DB"], env=os.environ | {"PGPASSWORD": PASSWORD})  # fmt: skip
            yield f"127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Stack(Apart):
    """A town whose processes are the Compose file's."""

    def place(self, database: str, kafka: str) -> None:
        self._places = {"postgres:5432": database, "kafka:9092": kafka}
        self._ports: dict[int, int] = {}
        self._kept_in = f"postgresql://suian:{PASSWORD.replace('/', '%2F').replace('@', '%40')}@{database}/suian"

    def write_secrets(self) -> None:
        """To each service the files that it is given, and no others."""
        held = {"database_password": PASSWORD, "twilio_token": TOKEN, "sentinel_secret": "", "kafka_password": ""}
        for name, service in compose()["services"].items():
            folder = self.folder / "secrets" / name
            folder.mkdir(parents=True)
            for one in service.get("secrets", ()):
                (folder / one).write_text(held[one] + "\n")

    def starts(self, role: str, **environment: str) -> Process:
        """One more container of this service."""
        service = compose()["services"][role]
        for mount in service["volumes"]:
            source, target, mode = mount.split(":")
            # The county's folder stands for the demo's, at the place where the container works.
            within = Path(target).relative_to(image()["folder"])
            assert (self.folder / within).exists(), mount
            assert (Path(source).name, mode) == (within.name, "ro")
        port = int(self.url.rpartition(":")[2]) if role == "web" else free_port()
        here = self._places | {"/run/secrets/": f"{self.folder}/secrets/{role}/"}
        given = {name: put(value, here) for name, value in service["environment"].items()}
        own = {"SUIAN_PORT": str(port), "SUIAN_ADDRESS": "127.0.0.1"}
        number = sum(1 for one in self.processes if one.role == role)
        log = self.folder / f"{role}-{number}.log"
        log.touch()
        assert image()["entrypoint"] == ["suian"]
        everything = without_own_settings() | image()["environment"] | given | own | environment
        everything["PATH"] = os.environ["PATH"]
        pid = self.nursery.start(service["command"], self.folder, log, everything)
        made = Process(role, pid, log)
        self.processes.append(made)
        self._ports[pid] = port
        return made

    def starts_all(self, *roles: str) -> None:
        """As many as there stands, until all are healthy."""
        self.now = RealRuntime().now()
        for role in roles:
            for _ in range(compose()["services"][role].get("deploy", {}).get("replicas", 1)):
                self.starts(role)
        for one in self.processes:
            if one.pid:
                self.waits_until(lambda one=one: self.healthy(one))
        self._token()

    def healthy(self, one: Process) -> bool:
        """What the image's own health check says, and Kubernetes' probes."""
        check, port = image()["health"], self._ports[one.pid]
        done = subprocess.run([sys.executable, *check[1:]], capture_output=True,
                              env=os.environ | {"SUIAN_PORT": str(port)})  # fmt: skip
        if done.returncode:
            return False
        asked = [requests.get(f"http://127.0.0.1:{port}{path}", timeout=SOON) for path in probes(one.role)]
        return all(answer.status_code == 200 for answer in asked)

    def memory(self) -> str:
        """What each role took at its highest, in MB."""
        found: dict[str, int] = {}
        for one in self.processes:
            if one.pid:
                said = Path(f"/proc/{one.pid}/status").read_text()
                most = int(said.partition("VmHWM:")[2].split()[0]) // 1000
                found[one.role] = max(most, found.get(one.role, 0))
        return ", ".join(f"{role} {most} MB" for role, most in found.items())

    def stops(self, one: Process, how: signal.Signals) -> tuple[int, float]:
        """Its exit code, and the seconds that it took of those it is given."""
        began = time.monotonic()
        os.kill(one.pid, how)
        code = self.nursery.wait(one.pid)
        one.pid = 0
        return code, (time.monotonic() - began) / seconds(compose()["services"][one.role]["stop_grace_period"])


def put(text: str, here: dict[str, str]) -> str:
    for there, place in here.items():
        text = text.replace(there, place)
    return text


def run(*words: Any, **more: Any) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stderr


def until(happened: Any, otherwise: str) -> None:
    deadline = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
