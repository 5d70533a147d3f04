"""A real Kafka broker (KRaft, one node) on free ports, started once for the whole run.

Needs Java 17 and Maven, and OpenSSL for its certificates; the jars are resolved from tests/bus/broker/pom.xml into a cache outside the
tree. Without them tests that need it are skipped, unless SUIAN_REQUIRE_ALL is set.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

from tests.ports import free_port

HERE = Path(__file__).parent
POM = HERE / "bus" / "broker" / "pom.xml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "suian"


def missing() -> str:
    """What is not there, or an empty text."""
    lacking = [name for name in ("java", "mvn", "openssl") if shutil.which(name) is None]
    return f"needs {' and '.join(lacking)}" if lacking else ""


def jars() -> Path:
    """The folder with the broker's jars, resolved by Maven at the first use."""
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    version = ElementTree.parse(POM).find(".//m:dependency/m:version", space)
    assert version is not None
    folder = CACHE / f"kafka-{version.text}"
    if not list(folder.glob("kafka_2.13-*.jar")):
        subprocess.run(
            ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies",
             f"-DoutputDirectory={folder}", "-DincludeScope=runtime"],
            check=True, timeout=600,
        )  # fmt: skip
    return folder


class Broker:
    """Start, stop, kill, start again on the same data."""

    cluster = "MkU3OEVBNTcwNTJENDM2Qk"

    def __init__(self, folder: Path, door: int = 0) -> None:
        """Clients are told to come to the port `door`, where there is one before its own."""
        self.folder = folder
        self.port, self._controller = free_port(), free_port()
        self.address = f"127.0.0.1:{door or self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._classpath = f"{jars()}/*"
        self._config = folder / "server.properties"
        self._config.write_text(self._settings())
        self._java("kafka.tools.StorageTool", "format", *self._format())

    def _format(self) -> tuple[str, ...]:
        return ("--cluster-id", self.cluster, "--config", str(self._config))

    def _settings(self) -> str:
        return f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{self._controller}
listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller}
advertised.listeners=PLAINTEXT://{self.address}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={self.folder}/data
num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=true
log.flush.interval.messages=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""

    def start(self) -> None:
        log = (self.folder / "broker.log").open("ab")
        self._process = subprocess.Popen(
            [*self._command(), "kafka.Kafka", str(self._config)], stdout=log, stderr=log
        )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self.folder / "broker.log").read_text()[-2000:]
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        raise AssertionError("the broker did not come up within 90 s")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def sends(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)

    def _command(self) -> list[str]:
        return ["java", "-Xmx256m", "-Xshare:auto", "-cp", self._classpath]

    def _java(self, *words: str) -> None:
        subprocess.run([*self._command(), *words], check=True, capture_output=True, timeout=120)


class SecuredBroker(Broker):
    """It listens besides where it wants TLS and a login (`secured`), and where it wants a certificate of
    ours (`mutual`). Of each certificate NAME.pem and NAME.key are in its folder; `client` it trusts."""

    user, password = "suian", "no-word:of/any@book"  # by SCRAM-SHA-512, and by 256, which is asked again every 2 s
    plain_user = "suian-plain"

    def _settings(self) -> str:
        self.secured, self.mutual = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        for name, place in (("broker", "IP:127.0.0.1"), ("client", "DNS:client"), ("stranger", "DNS:stranger")):
            self._certificate(name, place)
        both = (self.folder / "broker.key").read_text() + (self.folder / "broker.pem").read_text()
        (self.folder / "store.pem").write_text(both)
        made, security = super()._settings(), "org.apache.kafka.common.security"
        also = f"SECURED://{self.secured},MUTUAL://{self.mutual}"
        for given, more in (
            ("\nlisteners=", f"{also},"), ("\nadvertised.listeners=", f"{also},"),
            ("\nlistener.security.protocol.map=", "SECURED:SASL_SSL,MUTUAL:SSL,"),
        ):  # fmt: skip
            assert given in made
            made = made.replace(given, given + more)
        return made + f"""ssl.keystore.type=PEM
ssl.keystore.location={self.folder}/store.pem
ssl.truststore.type=PEM
ssl.truststore.location={self.folder}/client.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
listener.name.mutual.ssl.client.auth=required
listener.name.secured.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.secured.plain.sasl.jaas.config={security}.plain.PlainLoginModule required user_{self.plain_user}="{self.password}";
listener.name.secured.scram-sha-256.sasl.jaas.config={security}.scram.ScramLoginModule required;
listener.name.secured.scram-sha-256.connections.max.reauth.ms=2000
listener.name.secured.scram-sha-512.sasl.jaas.config={security}.scram.ScramLoginModule required;
"""

    def _format(self) -> tuple[str, ...]:
        users = (f"SCRAM-SHA-{n}=[name={self.user},password={self.password}]" for n in (256, 512))
        return (*super()._format(), *(word for one in users for word in ("--add-scram", one)))

    def _certificate(self, name: str, place: str) -> None:
        """One that nobody signed but itself: it is its own authority."""
        words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-addext", f"subjectAltName={place}",
                 "-keyout", str(self.folder / f"{name}.key"), "-out", str(self.folder / f"{name}.pem")]  # fmt: skip
        subprocess.run(["openssl", "req", "-x509", *words], check=True, capture_output=True, timeout=60)
