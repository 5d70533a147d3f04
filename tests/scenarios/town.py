"""Stories against the real service process: its real SQLite, its real HTTP, a clock the story moves.

    town.forecast({"visibility": [800, 300, 40, 40, 600]})
    foreman.expects("能见度", "收到回1").replies("1")
    town.passes(hours=1)
    foreman.expects_nothing()

`passes` fires every deadline on the way, lets the provider call back, and returns when no queue, send
or callback is pending. Nothing sleeps.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from alerting import audit
from alerting.runtime import RealRuntime
from alerting.store import Store
from alerting.store.schema import audit as audit_table
from alerting.store.schema import delivery
from alerting.web.tokens import create_token
from tests.ports import free_port
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import ACCOUNT, SENDER, TOKEN, Sms, StandIn

HERE = Path(__file__).parent
START = datetime(2026, 1, 20, 6, tzinfo=UTC)  # 14:00 in the county
ANSWERED = {"red": 5, "orange": 10, "lower": 30}  # minutes, as shipped
DECIDED = {"red": 10, "orange": 15, "lower": 60}
FOLLOWS = 0.3  # real seconds, more than the chase and the seal let things gather
SOON = 60.0  # real seconds within which the process must answer


@dataclass
class Phone:
    """A person's phone: what it gets, and what its owner answers."""

    town: Town
    person: str
    number: str

    def expects(self, *words: str, without: Sequence[str] = ()) -> Phone:
        """The next unread message says all of this."""
        unread = [m for m in self.town.provider.messages if m.to == self.number and not m.read]
        assert unread, f"{self.person} got nothing, expected {words}. {self.town.told()}"
        message = unread[0]
        message.read = True
        for word in words:
            assert word in message.body, f"{word!r} is not in {self.person}'s: {message.body!r}"
        for word in without:
            assert word not in message.body, f"{word!r} is in {self.person}'s: {message.body!r}"
        self.last = message
        return self

    def gets(self, *words: str) -> Phone:
        """Among what is unread, whatever else came, one message says all of this."""
        for message in self.unread:
            if all(word in message.body for word in words):
                message.read = True
                self.last = message
                return self
        raise AssertionError(f"{self.person} got nothing that says {words}. {self.town.told()}")

    def expects_nothing(self) -> Phone:
        unread = [m.body for m in self.town.provider.messages
                  if m.to == self.number and not m.read]  # fmt: skip
        assert not unread, f"{self.person} got {unread}"
        return self

    def forgets(self) -> Phone:
        """What came so far is none of this story's business."""
        for message in self.town.provider.messages:
            if message.to == self.number:
                message.read = True
        return self

    def replies(self, text: str, *, forged: bool = False, twice: bool = False) -> Phone:
        """Its owner answers; `self.status` is what the service told the provider."""
        self.status = self.town.provider.reply(
            self.number, text, self.town.inbound, forged=forged, twice=twice
        )
        self.town.settles()
        return self

    @property
    def code(self) -> str:
        """The code the last message asked to be answered with."""
        return code_in(self.last.body)

    @property
    def unread(self) -> list[Sms]:
        return [m for m in self.town.provider.messages if m.to == self.number and not m.read]


TIERS = ("carrier", "regulator", "township")


def plainly(
    wait: dict[str, float], *, decide: dict[str, float] | None = None, times: int = 2, last: int = 12,
    **steps: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """policies.yaml with the shipped rungs, each called `times` times and the last one `last`; `steps`
    are words more of one of them, `carrier={"who": "everyone"}`."""
    rungs = [{"call": tier, "times": times} | steps.get(tier, {}) for tier in TIERS]
    rungs += [{"call": "duty-office", "times": last, "who": "any one"}]
    decisions = {"wants": ["decision", "confirm", "conflict", "wait", "signature"]}
    return {"policies": {
        "decisions": {"for": decisions, "wait": decide or DECIDED, "steps": rungs},
        "everyday": {"wait": wait, "steps": rungs},
    }}  # fmt: skip


class Town:
    """A small fictional county with one process of the service in it."""

    def __init__(
        self,
        folder: Path,
        provider: StandIn,
        nursery: Nursery,
        *,
        start: datetime = START,
        county: str = "county",
        rules: str = "book",
        fictional: bool = True,
        changes: dict[str, Any] | None = None,
        policies: dict[str, Any] | None = None,
        sms: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folder, self.provider, self.nursery = folder, provider, nursery
        self._environment = environment or {}
        shutil.copytree(HERE / county, folder / "county")
        shutil.copytree(HERE / rules, folder / "rules")
        shutil.copytree(HERE / "storm", folder / "storm")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = json.loads((HERE / "config.json").read_text())
        config |= {"port": port, "public_url": self.url}
        config["county"]["fictional"] = fictional
        config["channels"]["sms"] |= {
            "account": ACCOUNT, "sender": SENDER, "base_url": provider.address,
        } | (sms or {})  # fmt: skip
        for key, value in (changes or {}).items():
            config[key] = value
        # JSON is YAML: the same loader reads it.
        (folder / "config.yaml").write_text(json.dumps(config, ensure_ascii=False, indent=1))
        if policies is not None:
            self.writes_policies(policies)
        self._kept_in: str | Path = config.get("database") or folder / "var" / "suian.db"
        self._socket_path = folder / "clock"
        self._pid = 0
        self._clock: socket.socket | None = None  # none in real time
        self._session = requests.Session()
        # A connection kept idle may be closed by the service in the moment it is used again.
        self._session.headers["Connection"] = "close"
        self.now = start

    def writes_policies(self, policies: dict[str, Any]) -> None:
        """Somebody puts other words into rules/policies.yaml, whole or not at all."""
        file = self.folder / "rules" / "policies.yaml"
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(policies, ensure_ascii=False, indent=1))
        fresh.replace(file)

    def writes_config(self, **changes: Any) -> None:
        """Before the process begins: the config says this besides."""
        file = self.folder / "config.yaml"
        config = json.loads(file.read_text()) | changes
        file.write_text(json.dumps(config, ensure_ascii=False, indent=1))

    # The process

    def begin(self, at: datetime | None = None) -> Town:
        self.runs("serve", "--clock", str(self._socket_path))
        self._clock = self._connect()
        self._say({"do": "set", "at": (at or self.now).isoformat()})
        self._wait_until_it_listens()
        self._token()
        self.settles()
        return self

    def runs(self, command: str, *options: str) -> Town:
        """The command as the process of this town, in real time unless it is given a clock."""
        self._pid = self._start(command, *options)
        return self

    def runs_besides(self, command: str, *options: str, **environment: str) -> int:
        """The command beside the process of this town, to its end; gives the exit code."""
        return self.nursery.wait(self._start(command, *options, **environment))

    def _start(self, command: str, *options: str, **more: str) -> int:
        environment = os.environ | {"TWILIO_AUTH_TOKEN": TOKEN} | self._environment
        environment.pop("SUIAN_PORT", None)
        environment |= more
        return self.nursery.start(
            [*command.split(), "--config", str(self.folder / "config.yaml"), *options],
            self.folder, self.folder / "service.log", environment,
        )  # fmt: skip

    def begin_in_real_time(self, *options: str) -> Town:
        """As anybody starts it: nothing but `waits_until` holds the story up."""
        self.now = RealRuntime().now()
        self.runs("serve", *options)
        self._wait_until_it_listens()
        self._token()
        return self

    def begin_days_later(self, days: int) -> Town:
        return self.begin(self.now + timedelta(days=days))

    def dies(self) -> None:
        """Killed, as by a power cut."""
        os.kill(self._pid, signal.SIGKILL)
        self.exits()

    def ends(self) -> int:
        """Stopped, as by Ctrl-C; gives the exit code."""
        os.kill(self._pid, signal.SIGINT)
        return self.exits()

    def exits(self) -> int:
        """Until its process has ended; gives the exit code."""
        code = self.nursery.wait(self._pid)
        if self._clock is not None:
            self._clock.close()
            self._clock = None
        return code

    @property
    def alive(self) -> bool:
        return self._pid > 0 and self.nursery.poll(self._pid) is None

    def restarts(self, **environment: str) -> Town:
        if self.alive:
            self.dies()
        self._environment = environment
        return self.begin(self.now)

    # Time

    def waits_until(self, happened: Callable[[], Any]) -> None:
        """In real time: until something has happened, and no longer."""
        deadline = time.monotonic() + SOON
        while not happened():
            assert time.monotonic() < deadline, f"it did not happen. {self.told()}\n{self.log()[-6000:]}"
            self._check_alive()
            time.sleep(0.05)

    def settles(self) -> None:
        """Until no queue, send or callback is pending. In real time nobody can wait for that."""
        if self._clock is None:
            return
        self._tell({"do": "settle"})
        while self.provider.flush():
            self._tell({"do": "settle"})

    def passes(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Time goes on; every deadline on the way fires, and callbacks come in between."""
        target = self.now + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        self.settles()
        while self.now < target:
            # It stops wherever something was done, so that the provider calls back at that moment.
            seconds = (target - self.now).total_seconds()
            self._tell({"do": "advance", "seconds": seconds, "pause": True})
            if self.provider.flush():
                self.settles()

    def clock_is_set(self, *, hours: float = 0, minutes: float = 0) -> None:
        """Somebody sets the machine's clock on, or back, under the running process."""
        self._tell({"do": "clock", "seconds": hours * 3600 + minutes * 60})
        self.settles()

    def _tell(self, words: dict[str, Any]) -> None:
        answer = self._say(words)
        self.now = datetime.fromisoformat(answer["now"])

    # What comes in

    def posts(self, *envelopes: dict[str, Any], source: str | None = None) -> dict[str, Any]:
        """Hand in signals; gives the answer once they are taken and all that follows is done."""
        params = {"source": source} if source else {}
        answer = self.api("POST", "/signals", json=list(envelopes), params=params)
        assert answer.status_code == 202, answer.text
        self.settles()
        return answer.json()

    def forecast(
        self,
        values: dict[str, Sequence[float | None]],
        points: Sequence[str] = ("low", "high"),
        *,
        issued: datetime | None = None,
        source: str = "model",
    ) -> dict[str, Any]:
        """A run that says the same at every point named, hour by hour from the current one."""
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        return self.posts({
            "kind": "forecast", "source": source, "issued": (issued or self.now).isoformat(),
            "start": hour.isoformat(), "spots": [{"id": p} for p in points],
            "values": {q: [[v] * len(points) for v in column] for q, column in values.items()},
        })  # fmt: skip

    def observes(self, values: dict[str, float], station: str = "station") -> dict[str, Any]:
        """The county's station, beside the point `low`, measures now."""
        return self.posts({
            "kind": "observation", "source": "stations", "issued": self.now.isoformat(),
            "station": station, "lat": 26.5, "lon": 106.5, "elevation": 900,
            "at": self.now.isoformat(), "values": values,
        })  # fmt: skip

    def warns(self, level: str, *, hazard: str = "road-icing", identifier: str = "W1",
              action: str = "alert", references: Sequence[str] = (), **more: Any) -> dict[str, Any]:  # fmt: skip
        """The met office issues, raises or cancels a warning for the whole county."""
        return self.posts({
            "kind": "warning", "source": "office", "issued": self.now.isoformat(),
            "identifier": identifier, "sender": "虚构县气象台", "action": action,
            "references": list(references), "hazard": hazard, "event": hazard, "level": level,
            "area": {"codes": ["990101000000"]}, **more,
        })  # fmt: skip

    def turns_fine(self, hours: int) -> None:
        """The weather is over: a run and hourly observations say so, hour after hour."""
        fine = {"visibility": 9000.0, "temperature": 8.0, "precipitation": 0.0, "wind_speed": 1.0}
        for hour in range(hours):
            self.passes(hours=1)
            self.observes(fine)
            if hour % 6 == 0:
                self.forecast({quantity: [value] * 48 for quantity, value in fine.items()})

    def by_hand(self, method: str, reason: str, **more: Any) -> dict[str, Any]:
        """Something done through the API by somebody who may; `reason` goes on record."""
        answer = self.api("POST", method, json={"reason": reason, **more})
        assert answer.status_code == 202, answer.text
        self.settles()
        return answer.json()

    def plays(self) -> None:
        """Somebody starts the configured exercise from the first page."""
        headers = {"Authorization": f"Bearer {self._bearer}"}
        answer = requests.post(f"{self.url}/exercises", headers=headers, timeout=SOON,
                               allow_redirects=False)  # fmt: skip
        assert answer.status_code == 303, answer.text
        self.settles()

    def on_duty(self, post: str, *people: str) -> Town:
        """Before the process begins: who holds a post."""
        path = self.folder / "county" / "posts.csv"
        rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
        for row in rows:
            if row[0] == post:
                row[-1] = " ".join(people)
        path.write_text("\n".join(",".join(row) for row in rows) + "\n", "utf-8")
        return self

    def also(self, file: str, *lines: str) -> Town:
        """Before the process begins: the county's tables have these lines besides."""
        path = self.folder / "county" / file
        path.write_text(path.read_text("utf-8") + "".join(f"{line}\n" for line in lines), "utf-8")
        return self

    # What can be asked

    def api(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._bearer}"}
        return self._session.request(
            method, f"{self.url}/api/v1{path}", headers=headers, timeout=SOON, **more
        )

    def alerts(self, realm: str = "live", **match: Any) -> list[dict[str, Any]]:
        """All alerts there ever were in a realm that match, as the API lists them."""
        found = self.api("GET", "/alerts", params={"state": "all", "realm": realm}).json()
        return [a for a in found if all(a.get(k) == v for k, v in match.items())]

    def alert(self, realm: str = "live", **match: Any) -> dict[str, Any]:
        found = self.alerts(realm, **match)
        assert len(found) == 1, f"{len(found)} alerts match {match}: {found}"
        return found[0]

    def measures(self, realm: str = "live", **match: Any) -> list[dict[str, Any]]:
        found = self.api("GET", "/measures", params={"state": "all", "realm": realm}).json()
        return [m for m in found if all(m.get(k) == v for k, v in match.items())]

    def phone(self, person: str) -> Phone:
        with (self.folder / "county" / "people.csv").open(encoding="utf-8") as people:
            contacts = {row["id"]: row["contacts"] for row in csv.DictReader(people)}
        return Phone(self, person, contacts[person].split()[0].removeprefix("sms:"))

    def stranger(self, number: str = "+447700900999") -> Phone:
        return Phone(self, "a stranger", number)

    def link(self, person: str) -> str:
        """The address behind the last message to somebody, as a phone would open it."""
        return f"{self.url}/a/{self.asks(delivery.c.link, delivery.c.person == person)[-1]}"

    def answers_by_link(self, person: str, act: str, reason: str = "") -> int:
        """Somebody opens the link of their last message and presses a button, without JavaScript."""
        link = self.link(person)
        page = requests.get(link, timeout=SOON).text
        for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
            if f'name="act" value="{act}"' in form:
                fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
                given = fields | {"act": act, "reason": reason}
                answer = requests.post(link, data=given, timeout=SOON)
                self.settles()
                return answer.status_code
        raise AssertionError(f"no button {act} on {person}'s page: {page}")

    def deliveries(self, person: str) -> list[str]:
        """The texts of all that was ever sent to somebody, on any channel."""
        return self.asks(delivery.c.text, delivery.c.person == person)

    def asks(self, column: Any, *where: Any) -> list[Any]:
        """What the process's own database holds, in the order of its rows."""
        store = self.store()
        with store.read() as connection:
            order = column.table.primary_key.columns.values()
            found = connection.execute(select(column).where(*where).order_by(*order))
            values = list(found.scalars())
        store.close()
        return values

    def seals(self) -> None:
        """In real time: until what was written is sealed, and nothing more follows from it. Under a clock
        that is so at every step."""
        for _ in range(2) if self._clock is None else ():
            time.sleep(FOLLOWS)
            self.waits_until(lambda: self.asks(audit_table.c.n, audit_table.c.number.is_(None)) == [])

    def keeps_its_books(self) -> None:
        """The chain of the audit log holds; asked at the end of every story."""
        store = self.store()
        with store.read() as connection:
            broken, unsealed = audit.verify(connection), audit.unsealed_since(connection, "live")
        store.close()
        assert not broken, broken
        assert unsealed is None, f"not sealed since {unsealed}"

    def concludes(self) -> None:
        """Its last story is over: the process dies, and its books hold."""
        self.seals()
        self.dies()
        self.keeps_its_books()

    def lets_go(self, *people: str) -> None:
        """Between two stories of one process: what is open is withdrawn, and these forget what they got."""
        for one in self.alerts(state="open"):
            self.by_hand(f"/alerts/{one['id']}/withdraw", "故事结束")
        while going := [m["id"] for m in self.measures() if m["ended"] is None]:
            self.by_hand(f"/measures/{going[0]}/withdraw", "故事结束")
        self.passes(minutes=40)
        for one in people:
            self.phone(one).forgets()

    def told(self) -> str:
        """All that anybody got so far, for a failing story."""
        lines = [f"{m.to}: {m.body}" for m in self.provider.messages]
        return "Sent so far:\n  " + "\n  ".join(lines or ["nothing"])

    @property
    def inbound(self) -> str:
        return f"{self.url}/webhooks/sms/inbound"

    def store(self) -> Store:
        """The process's own database, for reading what no page shows."""
        return Store(self._kept_in)

    # Inside

    def _token(self) -> None:
        if hasattr(self, "_bearer"):
            return
        store = self.store()
        self._bearer = store.write(
            lambda c: create_token(c, "admin", "admin", None, "stories", self.now, RealRuntime())
        )
        store.close()

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            made = socket.socket(socket.AF_UNIX)
            try:
                made.connect(str(self._socket_path))
            except OSError:
                made.close()
                self._check_alive()
                time.sleep(0.02)
            else:
                made.settimeout(SOON)
                self._reader = made.makefile("rb")
                return made
        raise AssertionError("the process did not open its clock")

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            self._check_alive()
            try:
                requests.get(f"{self.url}/healthz", timeout=5)
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the process does not listen")

    def _check_alive(self) -> None:
        if not self.alive:
            raise AssertionError(f"the process ended: {self.log()[-3000:]}")

    def log(self) -> str:
        return (self.folder / "service.log").read_text(errors="replace")

    def _say(self, words: dict[str, Any]) -> dict[str, Any]:
        assert self._clock is not None, "the story runs in real time"
        self._clock.sendall(json.dumps(words).encode() + b"\n")
        line = self._reader.readline()
        if not line:
            raise ProcessGone(self.log()[-3000:])
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, f"{answer['error']}\n{self.log()[-3000:]}"
        return answer


class ProcessGone(AssertionError):
    """The process ended in the middle of a story (as kill tests mean it to)."""


def code_in(message: str) -> str:
    """The reply code that a message shows its reader how to use: `1 K7`, or `2A K7`."""
    shown = re.search(r"\d[A-F]? ([0-9A-Z]{2,4})$", message, re.MULTILINE)
    assert shown is not None, f"no code in {message!r}"
    return shown[1]
