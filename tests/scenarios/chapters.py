"""Lives the rows of the mission: one process a chapter, whose people do what their phones ask.

Every reply is texted, or sent by the form behind a message's link, by whoever holds the post. What
goes wrong with one row is written down and stops no other.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
from ruamel.yaml import YAML
from sqlalchemy import select

from alerting.store import Store
from alerting.store.schema import audit, delivery, delivery_notice, measure, notice
from alerting.vocabulary.gate import GATE
from tests.scenarios.forms import fields_at, sends_form
from tests.scenarios.nursery import Nursery
from tests.scenarios.payloads import PAYLOADS, Payload
from tests.scenarios.rows import BEGINS, HOURS, NEIGHBOURS, ROWS, SPELLS, Row, Side
from tests.scenarios.sky import Sky
from tests.scenarios.standin import ACCOUNT, SENDER, StandIn
from tests.scenarios.town import SOON, Phone, ProcessGone, Town, plainly

ROOT = Path(__file__).resolve().parents[2]
HOUR, TEN_MINUTES = timedelta(hours=1), timedelta(minutes=10)
# Nobody but those of the rows answers here: whom silence calls is told in other stories.
PATIENT = {"red": 6000, "orange": 6000, "lower": 6000}
ROUNDS = 6  # of answers in an hour: decided, received, in force, and what follows from these
TO_CARRY_OUT = ("acknowledge", "in-force")


def yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


BOOK: Mapping[str, Any] = yaml(ROOT / "rules" / "measures.yaml")["measures"]


@dataclass
class Chapter:
    """A chapter while it is lived, and its records afterwards. `holders` has a post's first on duty."""

    town: Town
    rows: tuple[Row, ...]
    people: Mapping[str, Mapping[str, str]]
    holders: Mapping[str, str]
    went_wrong: list[str] = field(default_factory=list)
    answers: int = 0  # that were sent so far

    # Its records

    @cached_property
    def store(self) -> Store:
        return self.town.store()

    def reads(self, statement: Any) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(statement).all())

    def asked(self, row: Row, side: Side) -> list[Any]:
        """The rows of `measure` for one side, oldest first."""
        return self.reads(
            select(measure)
            .where(measure.c.measure == row.measure, measure.c.object == side.place)
            .order_by(measure.c.number)
        )

    def done(self, to: Any) -> list[tuple[str, str]]:
        """(who, action) of all that was done to a measure, in order."""
        found = self.reads(select(audit).where(audit.c.subject == to.id).order_by(audit.c.n))
        return [(entry.who, entry.action) for entry in found]

    def told(self) -> dict[str, list[str]]:
        """All texts that reached anybody by phone, by person."""
        found: dict[str, list[str]] = {}
        of = {person["contacts"].removeprefix("sms:"): name for name, person in self.people.items()}
        for message in self.town.provider.messages:
            found.setdefault(of[message.to], []).append(message.body)
        return found

    def messages(self, post: str) -> list[str]:
        """All texts that reached whoever holds a post."""
        return self.told().get(self.holders[post], [])

    def language(self, post: str) -> str:
        return self.people[self.holders[post]]["language"]

    def _phone(self, person: str) -> Phone:
        return Phone(self.town, person, self.people[person]["contacts"].removeprefix("sms:"))

    # Its people

    @contextmanager
    def keeping(self, what: str) -> Iterator[None]:
        """What goes wrong in here is for the tests to tell; the rest goes on, while there is a process."""
        try:
            yield
        except ProcessGone:
            raise
        except Exception as error:
            self.went_wrong.append(f"{what}: {type(error).__name__}: {error}")

    def everybody_answers(self) -> None:
        """Those of the rows do what their phones ask, until these ask no more."""
        for _ in range(ROUNDS):
            before = self.answers
            for row in self.rows:
                for side, lifter in zip(row.sides, row.lifters, strict=True):
                    with self.keeping(f"{row} at {side.place}"):
                        self._answers(row, side, lifter)
            if self.answers == before:
                return
            self.town.passes(seconds=35)  # what follows a message within half a minute waits

    def _answers(self, row: Row, side: Side, lifter: str) -> None:
        held = self.asked(row, side)
        if not held:
            return
        one, carrier, signs = held[-1], self.holders[side.post], self.holders[lifter]
        does: dict[str, Callable[[], object]] = {
            "proposed": lambda: self._texts(self.holders[row.decider], one, ("decision",), "1"),
            "issued": lambda: self._texts(carrier, one, TO_CARRY_OUT, "1"),
            "acknowledged": lambda: self._reports(carrier, one),
            "lift proposed": lambda: self._vouches(one, carrier, signs),
            "attested": lambda: self._texts(signs, one, ("signature",), "1"),
        }
        if one.state in does:
            does[one.state]()

    def _texts(self, person: str, about: Any, wants: tuple[str, ...], digit: str) -> None:
        """The digit to their newest message that asks for one, with its letter and code; where none
        has come yet, nothing."""
        asking = self.reads(
            select(delivery.c.code, delivery.c.letters, notice.c.id)
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .where(notice.c.measure == about.id, notice.c.wants.in_(wants),
                   delivery.c.person == person, delivery.c.state != "superseded")
            .order_by(delivery.c.id.desc()).limit(1)
        )  # fmt: skip
        for message in asking:
            letter = next((a for a, number in message.letters.items() if number == message.id), "")
            self._phone(person).replies(f"{digit}{letter} {message.code}")
            self.answers += 1

    def _reports(self, carrier: str, one: Any) -> None:
        if not BOOK[one.measure].get("return"):
            self._texts(carrier, one, TO_CARRY_OUT, "2")
            return
        form = dict.fromkeys(fields_at(self.town, carrier), "3")
        assert sends_form(self.town, carrier, form) == 303
        self.answers += 1

    def _vouches(self, one: Any, carrier: str, lifter: str) -> None:
        """What is said once the cause is over: that somebody has looked; or the four points, the first
        time with a no among them, or a gap."""
        if not BOOK[one.measure].get("gate"):
            self._texts(lifter, one, ("check",), "1")
            return
        said = dict.fromkeys(GATE, "yes")
        if (carrier, "refuse attestation") not in self.done(one):
            if self.people[carrier]["language"] == "zh":
                said["equipment"] = "no"
            else:
                del said["workforce"]
        self._attests(carrier, said)

    def _attests(self, carrier: str, said: Mapping[str, str]) -> None:
        """On the form behind one of their links, as on a phone; where there is none yet, nothing."""
        for token in reversed(self.town.asks(delivery.c.link, delivery.c.person == carrier)):
            link = f"{self.town.url}/a/{token}"
            page = requests.get(link, timeout=SOON).text
            for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
                if "attest-gate" in form:
                    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
                    points = {f"point.{key}": answer for key, answer in said.items()}
                    given = fields | points | {"act": "attest-gate", "reason": ""}
                    requests.post(link, data=given, timeout=SOON, allow_redirects=False)
                    self.town.settles()
                    self.answers += 1
                    return


def live(name: str, folder: Path, nursery: Nursery) -> Chapter:
    """The whole of a chapter; its process is gone afterwards and its database stays."""
    rows = tuple(row for row in ROWS if row.chapter == name)
    zones = ROOT / "county" / "zones.csv"
    with StandIn(calls_back=False) as provider, Sky(zones, SPELLS[name], BEGINS[name]) as sky:
        town = Town(folder, provider, nursery, start=BEGINS[name], county=str(ROOT / "county"),
                    rules=str(ROOT / "rules"), changes={
            "county": yaml(ROOT / "config.yaml")["county"],
            "sources": {
                "open-meteo": {"base_url": sky.address, "past_days": 2, "forecast_days": 4},
                "calendar": {}, "cap": {}, "national-exchange": {}, "signals": {},
            },
            "channels": {
                "console": {"silent": True},
                "sms": {"use": "twilio", "token_env": "TWILIO_AUTH_TOKEN", "account": ACCOUNT,
                        "sender": SENDER, "base_url": provider.address},
            },
        }, policies=plainly(PATIENT, decide=PATIENT, times=1))  # fmt: skip
        chapter = Chapter(town, rows, *_people(town, rows))
        try:
            town.begin()
            _lives(chapter, sky, PAYLOADS[name], BEGINS[name] + HOURS[name] * HOUR)
        finally:
            if town.alive:
                town.dies()
    town.keeps_its_books()
    return chapter


def _lives(chapter: Chapter, sky: Sky, payloads: Sequence[Payload], ends: datetime) -> None:
    """Hour by hour: the hour's run comes in, then what is handed in, and everybody answers."""
    town, left = chapter.town, list(payloads)
    while town.now < ends:
        while left and left[0].at <= town.now:
            payload = left.pop(0)
            with chapter.keeping(f"handed in at {payload.at}"):
                payload.comes(town)
        chapter.everybody_answers()
        sky.now = town.now.replace(minute=0, second=0, microsecond=0) + HOUR
        town.passes(seconds=(sky.now + TEN_MINUTES - town.now).total_seconds())


def _people(town: Town, rows: Sequence[Row]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Neighbours move in, those of the rows get a phone, and the second of each pair reads English."""
    for file, lines in NEIGHBOURS.items():
        town.also(file, *lines)
    folder = town.folder / "county"
    people = {row["id"]: row for row in _table(folder / "people.csv")}
    holders = {row["id"]: row["holders"].split()[0] for row in _table(folder / "posts.csv")
               if row["holders"]}  # fmt: skip
    posts = [post for row in rows for post in (*(side.post for side in row.sides), *row.lifters,
                                               *([row.decider] if row.decider else []))]  # fmt: skip
    for number, person in enumerate(dict.fromkeys(holders[post] for post in posts)):
        people[person]["contacts"] = f"sms:+4477009{number:05d}"
    for row in rows:
        for side, language in zip(row.sides, ("zh", "en"), strict=True):
            people[holders[side.post]]["language"] = language
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(people["admin"]))
        writer.writeheader()
        writer.writerows(people.values())
    return people, holders


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
