"""A service of seven processes over one PostgreSQL and one Kafka, and the storm that it has to live through.

Every process has a door of its own to the database; all share one to the broker. Whoever dies is started
again after a second, as a supervisor does; a source, a provider and a person say again what was not taken.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal as signals
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from alerting import audit
from alerting.bus import waits
from alerting.errors import SuianError
from alerting.runtime import RealRuntime
from alerting.service.service_rules import SERVICE_RULES
from alerting.store.schema import alert, answer, delivery, notice, signal
from alerting.store.schema import audit as log
from tests.campaign.gate import Gate, Gates
from tests.campaign.servers import Kafka, Postgres
from tests.faults.came_of import came_of
from tests.scenarios.apart import Apart, Process
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import ACCOUNT, SENDER, TOKEN, StandIn
from tests.scenarios.town import code_in, plainly

CREW = ("ingest", "ingest", "engine", "engine", "dispatch", "dispatch", "web")
GRACE = 15.0  # seconds in which who is sent away must be gone
AGAIN_AFTER = 1.0  # seconds until a supervisor starts what has ended
PATIENCE = 60.0  # seconds for a step, the fault in it included
# Whoever says nothing is called once, within the story's minute.
ONCE = plainly({"red": 300, "orange": 300, "lower": 300}, times=1, last=1)
# What the service says of itself is not the storm's.
OF_ITSELF = ("service", "stopped", "head")
UNFINISHED = ("bound", "sending")


@dataclass
class World:
    """What a run finds there and may break."""

    postgres: Postgres
    kafka: Kafka
    gates: Gates
    broker_door: Gate
    disk_is_small: bool
    topics: int = 0


@dataclass
class Member(Process):
    """One of the crew: `door` leads to the database; `wanted` is off once it was sent away for good. One
    of the version before is a program of its own, not a fork."""

    door: Gate
    ended: float = 0.0
    wanted: bool = True
    program: subprocess.Popen[bytes] | None = None


@dataclass
class Telling:
    """How the storm was told once."""

    outcome: dict[str, Any]
    wrong: list[str]
    twice: int
    resends: int
    seconds: float
    steps: list[tuple[str, float, float]]  # what, since when and until when, by the clock that only runs on
    log: list[str] = field(default_factory=list)


class Province(Apart):
    """`say` gets what happens, a line each."""

    def __init__(
        self, folder: Path, provider: StandIn, nursery: Nursery, world: World, say: Callable[[str], None]
    ) -> None:
        self.world, self._say_so = world, say
        world.topics += 1
        name = world.postgres.database()
        self._direct = f"{world.postgres.address.rpartition('/')[0]}/{name}"
        self.database = name
        super().__init__(folder, provider, nursery, policies=ONCE, changes={
            "database": self._direct,
            "bus": {"kafka": world.kafka.address, "topic": f"storm-{os.getpid()}-{world.topics}"},
        })  # fmt: skip
        self.crew: list[Member] = []
        self._assembled = False
        self._tending = threading.Lock()

    # The crew

    def assembles(self, version: Path | None = None) -> None:
        """All seven, of today's code or of that in the folder `version`."""
        for role in CREW:
            if version is None:
                self.joins(role)
            else:
                self._of_before(role, version)
                # A program of its own takes long to load: seven at once may take more than anybody's patience.
                self.waits_until(lambda: self.crew[-1].said)
        self.waits_until(lambda: any(self.holds(one, "engine") for one in self.crew))
        if version is not None:
            self.now = RealRuntime().now()
            self._wait_until_it_listens()
            self._token()

    def joins(self, role: str) -> Member:
        """One more process of this role, behind a door of its own."""
        door = self.world.gates.to(self.world.postgres.port)
        started = super().starts(role, SUIAN_DATABASE=self._through(door))
        member = Member(role, started.pid, started.log, door)
        self.processes[-1] = member
        self.crew.append(member)
        return member

    def _of_before(self, role: str, version: Path) -> None:
        door = self.world.gates.to(self.world.postgres.port)
        number = len(self.of(role))
        file = self.folder / f"{role}-before-{number}.log"
        given = os.environ | {"TWILIO_AUTH_TOKEN": TOKEN, "SUIAN_DATABASE": self._through(door),
                              "PYTHONPATH": str(version)}  # fmt: skip
        if role != "web":
            given["SUIAN_PORT"] = "0"
        with file.open("wb") as out:
            program = subprocess.Popen(
                [sys.executable, "-m", "alerting.cli", "serve", "--config", str(self.folder / "config.yaml"),
                 "--role", role],
                cwd=self.folder, env=given, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        self.crew.append(Member(role, program.pid, file, door, program=program))

    def leaves(self, one: Member) -> None:
        """Sent away for good, as by a supervisor: who has not gone in time is killed."""
        one.wanted = False
        pid, one.pid = one.pid, 0
        os.kill(pid, signals.SIGTERM)
        until = time.monotonic() + GRACE
        while self._ended(one, pid) is None:
            if time.monotonic() > until:
                self._say_so(f"{one.role} did not go in {GRACE:.0f} s")
                os.kill(pid, signals.SIGKILL)
                until = math.inf
            time.sleep(0.1)

    def _ended(self, one: Member, pid: int) -> int | None:
        return one.program.poll() if one.program is not None else self.nursery.poll(pid)

    def dies(self) -> None:
        for one in self.crew:
            if one.program is not None and one.pid:
                one.program.kill()
                one.program.wait()
                one.pid = 0
        super().dies()

    def of(self, role: str) -> list[Member]:
        return [one for one in self.crew if one.role == role and one.wanted]

    def _through(self, door: Gate) -> str:
        return self._direct.replace(f":{self.world.postgres.port}/", f":{door.port}/")

    def _tends(self) -> None:
        """What a supervisor does: whoever has ended is started again."""
        for one in self.crew:
            if one.pid and (code := self._ended(one, one.pid)) is not None:
                self._say_so(f"{one.role} ended with {code}")
                one.pid, one.ended = 0, time.monotonic()
            if not one.pid and one.wanted and one.program is None and time.monotonic() > one.ended + AGAIN_AFTER:
                one.pid = self._launch(one.role, one.log, {"SUIAN_DATABASE": self._through(one.door)})
                self._say_so(f"{one.role} is started again")

    def _check_alive(self) -> None:
        """The story and the fault may both wait for something."""
        with self._tending:
            if self._assembled:
                self._tends()
            self._calls_back()

    def _calls_back(self) -> None:
        with contextlib.suppress(requests.RequestException):
            while self.provider.callbacks:
                sms, status = self.provider.callbacks[0]
                if self.provider.call_back(sms, status) >= 500:
                    break  # said again at the next look
                self.provider.callbacks.popleft()

    # The storm

    def tells(self) -> list[tuple[str, float, float]]:
        """The whole storm; gives how long each of its steps took."""
        self._assembled = True
        took = []
        for name, act, happened in self._story():
            began = time.monotonic()
            self.waits_until(act)
            self.waits_until(lambda happened=happened: self._sees(happened))  # type: ignore[misc]
            took.append((name, began, time.monotonic()))
            self._say_so(f"{name}: {took[-1][2] - began:.1f} s")
        self.waits_until(lambda: self._sees(self._rests))
        self.waits_until(lambda: self._sees(self._is_sealed))
        return took

    @staticmethod
    def _sees(what: Callable[[], Any]) -> bool:
        """Whoever looks finds the database down as the service does, and looks again."""
        try:
            return bool(what())
        except (SuianError, DatabaseError):
            return False

    def _story(self) -> list[tuple[str, Callable[[], bool], Callable[[], Any]]]:
        begin = RealRuntime().now().replace(microsecond=0)
        chen, qian, li, wang, smith = map(self.phone, ("chen", "qian", "li", "wang", "smith"))
        return [
            ("a forecast of fog", self._in(_fog(begin)), lambda: chen.unread),
            ("an answer", self._reply(chen.number, "限速", 1), lambda: self._answered("chen")),
            ("a warning of ice", self._in(_warning(begin, 2, "yellow", "W1", "alert")), lambda: qian.unread),
            ("the fog is thick", self._in(_thick(begin)), lambda: self._told(wang.number, "封闭")),
            ("a decision", self._reply(wang.number, "封闭", 2), lambda: self._told(chen.number, "封闭")),
            ("an order by hand", self._in(_order(begin)), lambda: self._told(qian.number, "大桥")),
            ("another answer", self._reply(li.number, "大雾红色", 3), lambda: self._answered("li")),
            ("a gale", self._in(_fog(begin, issued=10, wind=12.0)), lambda: smith.unread),
        ]  # fmt: skip

    def _in(self, envelope: dict[str, Any]) -> Callable[[], bool]:
        """A source hands it in until it is taken."""

        def hand_in() -> bool:
            headers = {"Authorization": f"Bearer {self._bearer}"}
            try:
                answer = requests.post(f"{self.url}/api/v1/signals", json=[envelope], headers=headers, timeout=5)
            except requests.RequestException as error:
                why = type(error).__name__
            else:
                if answer.status_code == 202:
                    return True
                why = f"{answer.status_code} {answer.text[:200]}"
            self._say_so(f"not taken: {why}")
            time.sleep(0.5)
            return False

        return hand_in

    def _reply(self, number: str, about: str, sid: int) -> Callable[[], bool]:
        """The provider hands in that a person received, or agrees to, what says `about`, until it is taken."""

        def reply() -> bool:
            asked = [m.body for m in self.provider.messages if m.to == number and about in m.body and "回1" in m.body]
            if not asked:
                return False
            said = {"MessageSid": f"SM9{sid:031d}", "From": number, "To": SENDER, "AccountSid": ACCOUNT,
                    "Body": f"1 {code_in(asked[0])}"}  # fmt: skip
            with contextlib.suppress(requests.RequestException):
                return self.provider._post(self.inbound, said, False) == 200
            return False

        return reply

    def _answered(self, person: str) -> bool:
        return "taken" in self.asks(answer.c.outcome, answer.c.person == person)

    def _told(self, number: str, word: str) -> bool:
        return any(m.to == number and word in m.body for m in self.provider.messages)

    def _rests(self) -> bool:
        """Nothing is on its way any more: asked in the order in which it goes its way."""
        store = self.store()
        try:
            with store.read() as connection:
                untaken = connection.execute(select(signal.c.seq).where(waits("live")).limit(1)).first()
            waiting = came_of(store, self.provider)["waiting"]
        finally:
            store.close()
        if untaken is not None or waiting:
            return False
        return not self.asks(delivery.c.id, delivery.c.state.in_(UNFINISHED)) and not self.provider.callbacks

    def _is_sealed(self) -> bool:
        return self.asks(log.c.n, log.c.number.is_(None)) == []

    # What must hold

    def outcome(self) -> dict[str, Any]:
        """In real time no two storms have the same hours, and each troubles the office in its own way: a
        broker that takes long to come back is an alarm of the service's own."""
        store = self.store()
        found = came_of(store, self.provider)
        store.close()
        return found | {
            "askers": [(measure, asker, open_) for measure, asker, _, _, open_ in found["askers"]],
            "alerts": [one for one in found["alerts"] if not _of_itself(one[0])],
            "told": [one for one in found["told"] if one[1] not in OF_ITSELF and not _of_itself(one[2])],
        }

    def wrong(self) -> list[str]:
        """What does not hold, whatever the storm."""
        found = []
        store = self.store()
        with store.read() as connection:
            if broken := audit.verify(connection):
                found.append(f"the audit chain is broken: {broken}")
        store.close()
        if aside := self.asks(log.c.subject, log.c.action == "set aside"):
            found.append(f"signals set aside: {aside}")
        for one in self.asks(alert.c.id):
            if (opened := self.asks(log.c.action, log.c.subject == one).count("opened")) != 1:
                found.append(f"{one} was opened {opened} times")
        kept = set(self.asks(delivery.c.text))
        found += [f"nobody wrote {m.body!r}" for m in self.provider.messages if m.body not in kept]
        if self.twice > self.resends:
            found.append(f"{self.twice} sent twice, {self.resends} counted")
        return found

    def notices(self) -> list[str]:
        """Each as one line, for a storm that ended otherwise."""
        store = self.store()
        with store.read() as connection:
            rows = connection.execute(select(notice).order_by(notice.c.id)).all()
        store.close()
        return [f"notice {n.id} {n.kind} {n.alert} {n.measure} {n.post} {n.person}: {n.state} {n.reason}, due {n.due}"
                for n in rows]  # fmt: skip

    @property
    def twice(self) -> int:
        sent = [(m.to, m.body) for m in self.provider.messages]
        return len(sent) - len(set(sent))

    @property
    def resends(self) -> int:
        return sum(self.asks(delivery.c.resends))


def _of_itself(alert: str | None) -> bool:
    """Whether an alert, named REALM.RULE.PLACE.NUMBER, is of a rule by which the service watches itself."""
    return bool(alert) and str(alert).split(".")[1] in SERVICE_RULES


def _envelope(begin: datetime, minute: float, **more: Any) -> dict[str, Any]:
    issued = begin - timedelta(minutes=30 - minute)  # all of it was said before the story began
    return {"source": "model", "issued": issued.isoformat()} | more


def _fog(begin: datetime, issued: float = 1, wind: float = 2.0) -> dict[str, Any]:
    hour = begin.replace(minute=0, second=0)
    column = [150.0, 150.0, 150.0, 800.0, *[9000.0] * 20]
    values = {"visibility": column, "temperature": [5.0] * 24, "precipitation": [0.0] * 24, "wind_speed": [wind] * 24}
    return _envelope(begin, issued, kind="forecast", start=hour.isoformat(), spots=[{"id": "low"}, {"id": "high"}],
                     values={q: [[v, v] for v in column] for q, column in values.items()})  # fmt: skip


def _thick(begin: datetime) -> dict[str, Any]:
    at = (begin - timedelta(minutes=1)).isoformat()
    return _envelope(begin, 29, kind="observation", source="stations", station="station", lat=26.5, lon=106.5,
                     elevation=900, at=at, values={"visibility": 40.0, "temperature": 5.0, "precipitation": 0.0,
                                                   "wind_speed": 2.0})  # fmt: skip


def _warning(begin: datetime, minute: float, level: str, name: str, action: str) -> dict[str, Any]:
    return _envelope(begin, minute, kind="warning", source="office", identifier=name, sender="虚构县气象台",
                     action=action, references=["W1"] if action != "alert" else [], hazard="road-icing",
                     event="道路结冰", level=level, area={"codes": ["990101000000"]})  # fmt: skip


def _order(begin: datetime) -> dict[str, Any]:
    return _envelope(begin, 6, kind="report", source="desk", act="order", person="admin",
                     subject="place:bridge-1", detail={"measure": "salt", "level": "red", "reason": "桥面结冰"})  # fmt: skip
