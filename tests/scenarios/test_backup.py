"""A county is saved while it works, and made again from that: on another machine, in the other database."""

from __future__ import annotations

import re
import signal as os_signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from alerting.store.archive import Archive
from alerting.store.schema import audit, delivery, signal
from tests.postgres_server import Server
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import SOON, Phone, Town
from tests.scenarios.weather import ORANGE_FOG, YELLOW_FOG

EARLY = datetime(2026, 1, 19, 23, 30, tzinfo=UTC)  # 07:30 in the county: at eight the head goes out


@pytest.fixture
def elsewhere(tmp_path: Path, provider: StandIn, nursery: Nursery, postgres: Server) -> Iterator[Callable[[], Town]]:
    """Another machine whose config names an empty PostgreSQL database."""
    made: list[Town] = []

    def make() -> Town:
        folder = tmp_path / f"elsewhere-{len(made)}"
        town = Town(folder, provider, nursery, changes={"database": postgres.empty()})
        made.append(town)
        return town

    yield make
    for town in made:
        if town.alive:
            town.dies()
            town.keeps_its_books()


def seen(town: Town) -> dict[str, str]:
    """What its pages and its API say, wherever it runs; forms have a number of their own."""
    found = {}
    for path in ("/", "/callouts", "/roads", "/warnings", "/bulletin/2026-01", "/api/v1/alerts?state=all", "/api/v1/measures?state=all"):
        answer = requests.get(town.url + path, timeout=SOON, headers={"Authorization": f"Bearer {town._bearer}"})
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        found[path] = re.sub(r'name="(form|csrf|token)" value="[^"]*"', "", answer.text.replace(town.url, ""))
    return found


def said_by(town: Town, command: str, *options: str) -> str:
    """What a command said, which must have succeeded."""
    (town.folder / "service.log").touch()
    was = len(town.log())
    assert town.runs_besides(command, *options) == 0, town.log()[was:]
    return town.log()[was:]


def head_of(phone: Phone) -> str:
    return phone.gets("审计链头").last.body.split("条 ")[1].split("。")[0]


def test_a_county_moves_into_the_other_database_and_goes_on_where_it_was(
    make_town: Callable[..., Town], elsewhere: Callable[[], Town], provider: StandIn
) -> None:
    town = make_town(start=EARLY).begin()
    zhao, chen = town.phone("zhao"), town.phone("chen")
    town.forecast(YELLOW_FOG)
    chen.expects("收到回1").replies("1")
    town.passes(minutes=31)
    sent_before = head_of(zhao)
    town.forecast(ORANGE_FOG)
    saved, later = town.folder / "saved.zip", town.folder / "later.zip"

    # It is saved while the service takes one run after another; what came in meanwhile is in it or not,
    # and never half.
    backup = town._start("backup", str(saved))
    town.forecast(ORANGE_FOG)
    while town.nursery.poll(backup) is None:
        town.forecast(ORANGE_FOG)
    assert town.nursery.wait(backup) == 0, town.log()[-2000:]
    taken = Archive(saved).manifest
    assert taken.tables["signal"].rows <= len(town.asks(signal.c.seq))
    assert taken.heads["live"].number > 0
    assert taken.broken == []

    town.dies()
    town.begin()  # a source that never spoke is waited for from the start of a process
    said = said_by(town, "backup", str(later))
    assert "TWILIO_AUTH_TOKEN in the environment" in said
    assert "the keys that sign logins" in said
    before, told = seen(town), len(provider.messages)
    sealed, heads = len(town.asks(audit.c.n)), Archive(later).manifest.heads
    town.dies()

    new = elsewhere()
    killed = new._start("restore", str(later), SUIAN_DIE="commit:1:before")
    # All of it was loaded, and nothing committed.
    assert new.nursery.wait(killed) == -os_signal.SIGKILL, new.log()
    said = said_by(new, "restore", str(later))
    assert f"head of the log: {heads['live'].number} {heads['live'].hash}" in said
    assert f"lead to {town.url}" in said
    assert "0 messages that waited go out" in said
    assert "config.yaml" in said, "its own names the other database and another port"

    # Before anything is done with it, it is the same to the last byte.
    assert said_by(new, "backup", str(new.folder / "same.zip"))
    assert Archive(new.folder / "same.zip").manifest.tables == Archive(later).manifest.tables

    new._bearer = town._bearer  # a program's token is good as it was
    new.begin(at=town.now)
    assert len(provider.messages) == told, "nothing that was sent is sent again"
    assert seen(new) == before
    assert "proof" in said_by(new, "audit verify", "--head", sent_before)
    assert "proof" in said_by(new, "audit verify", "--head", heads["live"].hash)

    # And life goes on: the next seals continue the chain, the open message is answered by its code.
    new.phone("chen").gets("橙").replies("1")
    new.passes(minutes=40)
    assert len(new.asks(audit.c.n)) > sealed
    assert "proof" in said_by(new, "audit verify", "--head", heads["live"].hash)

    # Back into a file, on a machine that has nothing.
    said_by(new, "backup", str(new.folder / "back.zip"))
    new.dies()
    third = Town(new.folder / "third", provider, new.nursery)
    assert third.runs_besides("restore", str(new.folder / "back.zip"), SUIAN_DIE="commit:1:before") < 0
    said_by(third, "restore", str(new.folder / "back.zip"), "--check")
    said_by(third, "restore", str(new.folder / "back.zip"))
    assert third.asks(delivery.c.id) == new.asks(delivery.c.id)
    assert "proof" in said_by(third, "audit verify", "--head", sent_before)
    third.keeps_its_books()
    assert third.runs_besides("restore", str(new.folder / "back.zip")) == 2
    assert "is not empty" in third.log()
