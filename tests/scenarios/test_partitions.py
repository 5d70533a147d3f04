"""Several engines over one database, each for a part of the places; one stops, and another has its part."""

from __future__ import annotations

import os
import re
import signal as os_signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.bus import waits
from alerting.store.schema import alert, audit, delivery, measure, position, signal
from alerting.store.schema_drill import drill
from tests.kafka_broker import Broker
from tests.postgres_server import Server
from tests.scenarios.apart import Apart, Process
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.weather import ORANGE_FOG

# In two partitions the east county is in 1, with what the whole city decides, and the west county in 0.
ROADS = {0: "G98-K40", 1: "G99-K12"}
POINTS = {0: ("west",), 1: ("low", "high")}


@pytest.fixture
def make_city(
    tmp_path: Path, provider: StandIn, nursery: Nursery, postgres: Server
) -> Iterator[Callable[..., Apart]]:
    """A city of three counties, in two partitions; none of its processes has begun."""
    made: list[Apart] = []

    def make(**bus: Any) -> Apart:
        changes = {"database": postgres.fresh(), "bus": {"partitions": 2} | bus}
        made.append(Apart(tmp_path, provider, nursery, county="city", changes=changes))
        return made[-1]

    yield make
    for town in made:
        town.seals()
        town.dies()
        town.keeps_its_books()


def opened(town: Apart, share: int) -> list[str]:
    return town.asks(alert.c.id, alert.c.place == ROADS[share], alert.c.rule == "fog")


def is_taken_over(town: Apart, first: Process, second: Process, share: int) -> None:
    """`first` is about to be stopped between its decision and the commit of what concerns its share."""
    town.forecast(ORANGE_FOG, points=[*POINTS[0], *POINTS[1]])
    town.waits_until(first.stopped)
    town.waits_until(lambda: opened(town, 1 - share))  # the other part goes on meanwhile
    town.waits_until(lambda: opened(town, share))
    town.waits_until(lambda: not town.asks(signal.c.seq, waits("live")))  # the plans are looked at as well
    alerts = town.asks(alert.c.id)
    stood = town.asks(position.c.taken, position.c.realm == "live")
    assert len(stood) == 2
    first.goes_on()
    town.waits_until(
        lambda: f"another process has taken signals of live, partition {share}" in first.said
    )
    assert town.asks(alert.c.id) == alerts
    for one in alerts:  # each opened once, and once on record
        assert town.asks(audit.c.action, audit.c.subject == one).count("opened") == 1
    assert town.asks(position.c.taken, position.c.realm == "live") == stood
    assert "set aside" not in town.asks(audit.c.action)


def test_who_was_stopped_and_wakes_is_refused_and_another_has_its_part(
    make_city: Callable[..., Apart],
) -> None:
    town = make_city()
    town.starts("web")
    first = town.starts("engine", SUIAN_DIE="take:1:stop")
    town.waits_until(lambda: town.holds(first, "partition 0"))
    second = town.starts("engine")
    town.waits_until(lambda: town.holds(second, "partition 1"))
    assert not town.holds(second, "partition 0"), "each has its part"
    is_taken_over(town, first, second, 0)
    assert town.holds(second, "partition 0")


def assigned(one: Process) -> list[int]:
    """The partitions that Kafka's group gave it last."""
    found = re.findall(r"partitions=\[([\d, ]*)\]", one.said)
    return [int(n) for n in found[-1].split(",") if n.strip()] if found else []


@pytest.mark.kafka
def test_the_same_where_a_group_of_kafka_gives_the_parts(
    make_city: Callable[..., Apart], kafka: Broker
) -> None:
    town = make_city(kafka=kafka.address, topic="two-parts")
    town.starts("web")
    first = town.starts("engine", SUIAN_DIE="take:1:stop")
    town.waits_until(lambda: assigned(first) == [0, 1])
    second = town.starts("engine")
    town.waits_until(lambda: sorted(assigned(first) + assigned(second)) == [0, 1] and assigned(second))
    [share] = assigned(first)
    is_taken_over(town, first, second, share)
    assert "partitions=[0, 1]" in second.said  # once: the other may be back in the group by now
    town.waits_until(lambda: len(assigned(second)) == 1)  # the group shares out anew
    town.waits_until(lambda: sorted(assigned(first) + assigned(second)) == [0, 1])


@pytest.mark.parametrize("how", [os_signal.SIGKILL, os_signal.SIGSTOP])
def test_the_second_scheduler_chase_and_sealer_take_over_within_seconds(
    make_city: Callable[..., Apart], provider: StandIn, how: os_signal.Signals
) -> None:
    town = make_city()
    town.starts("web")
    town.starts("dispatch")
    first = {role: town.starts(role) for role in ("ingest", "engine")}
    town.waits_until(lambda: town.holds(first["ingest"], "schedule"))
    town.waits_until(lambda: all(town.holds(first["engine"], what) for what in ("chase", "seal", "engine")))
    second = {role: town.starts(role) for role in ("ingest", "engine")}
    town.waits_until(lambda: town.holds(second["engine"], "partition 1"))
    began = time.monotonic()
    for one in first.values():
        os.kill(one.pid, how)
        if how == os_signal.SIGKILL:
            town.ends(one)
    town.waits_until(lambda: town.holds(second["ingest"], "schedule"))
    town.waits_until(lambda: all(town.holds(second["engine"], what) for what in ("chase", "seal", "engine")))
    assert time.monotonic() - began < 15, "four, and a busy machine"
    # And they do it: an alert is opened, told, called after, and its entries are sealed.
    town.forecast(ORANGE_FOG, points=[*POINTS[0], *POINTS[1]])
    chen = town.phone("chen")
    town.waits_until(lambda: chen.unread)
    town.waits_until(lambda: opened(town, 0) and opened(town, 1))
    town.waits_until(lambda: not town.asks(audit.c.n, audit.c.number.is_(None)))
    if how == os_signal.SIGSTOP:
        for one in first.values():
            one.goes_on()
        town.waits_until(lambda: all("others take over" in one.said for one in first.values()))
    assert len(town.asks(alert.c.id)) == len(set(town.asks(alert.c.id)))
    numbers = town.asks(audit.c.number, audit.c.realm == "live", audit.c.number.is_not(None))
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "sealed by one at a time"
    told = town.asks(delivery.c.text, delivery.c.person == "chen")
    assert len(told) == len(set(told))
    assert town.asks(signal.c.id)


FRONT = """\
title: {zh: 大雾演练, en: Fog drill}
source: made up
begins: 2026-01-20T06:00Z
ends: 2026-01-20T18:00Z
lapse_rate: 6.5
snow_wet_bulb: 0.5
stations: {east: {points: [low, high]}, west: {points: [west]}}
forecast: {cadence_hours: 6}
"""


def write_front(town: Apart) -> None:
    """Fog over both counties, as a storm that drills are held from."""
    folder = town.folder / "exercises" / "front"
    folder.mkdir(parents=True)
    (folder / "storm.yaml").write_text(FRONT, "utf-8")
    rows = [f"{one},2026-01-20T05:00Z,{at:%Y-%m-%dT%H:%MZ},5,95,0,150" for one in ("east", "west")
            for at in (datetime(2026, 1, 20) + n * timedelta(hours=1) for n in range(24))]  # fmt: skip
    (folder / "runs.csv").write_text("\n".join(["station,issued,at,temperature,humidity,precipitation,visibility", *rows]))
    (folder / "observations.csv").write_text("station,at,temperature,humidity,precipitation\neast,2026-01-20T06:00Z,5,95,0\n")


@pytest.mark.kafka
@pytest.mark.parametrize("how", ["killed", "stopped, with Kafka"])
def test_who_plays_a_drill_takes_all_of_it_and_another_goes_on_with_all_of_it(
    make_city: Callable[..., Apart], request: pytest.FixtureRequest, how: str
) -> None:
    """At places of every part, whichever of them each has of the real world."""
    killed, bus = how == "killed", {}
    if not killed:
        bus = {"kafka": request.getfixturevalue("kafka").address, "topic": "drills"}
    town = make_city(**bus)
    write_front(town)
    town.starts("web")
    town.starts("dispatch")
    first = town.starts("engine", SUIAN_DIE=f"take:1:{'before' if killed else 'stop'}")
    town.waits_until(lambda: town.holds(first, "chase"))
    second = town.starts("engine")
    town.waits_until(lambda: town.holds(second, "partition 1") if killed else assigned(second))
    after = [second]
    if killed:  # whoever goes on has one of the two parts of the real world then
        after.append(town.starts("engine"))
        town.waits_until(lambda: after[1].asked("/healthz").ok)
    answer = town.api("POST", "/drills", json={"plan": "front", "reason": "省级演练"})
    assert answer.status_code == 201, answer.text
    number = answer.json()["id"]
    if killed:
        assert town.ends(first) == -os_signal.SIGKILL
    else:
        town.waits_until(first.stopped)
    [realm] = town.asks(drill.c.realm, drill.c.id == number)

    def opened_there() -> list[str]:
        return town.asks(alert.c.place, alert.c.realm == realm, alert.c.rule == "fog")

    town.waits_until(lambda: set(opened_there()) >= {ROADS[0], ROADS[1]})
    assert any(town.holds(one, "chase") for one in after)
    chen = town.phone("chen")
    town.waits_until(lambda: chen.unread)
    # Nobody answers before the service has written down that the provider took the message.
    known = delivery.c.person == "chen", delivery.c.state.in_(["accepted", "delivered"])
    town.waits_until(lambda: town.asks(delivery.c.id, *known))
    chen.gets("【演练】", "限速").replies("1")
    town.waits_until(lambda: "acknowledged" in town.asks(measure.c.state, measure.c.realm == realm))
    town.waits_until(lambda: not town.asks(signal.c.seq, waits(realm)))
    if not killed:
        first.goes_on()
        town.waits_until(lambda: f"another process has taken signals of {realm}, partition" in first.said)
    assert len(opened_there()) == len(set(opened_there()))
    assert set(town.asks(alert.c.realm, alert.c.rule == "fog")) == {realm}, "nothing of it is real"
    assert "set aside" not in town.asks(audit.c.action)
    assert town.api("POST", f"/drills/{number}/stop", json={"reason": "到此为止"}).json()["state"] == "ended"
    town.waits_until(lambda: any("结束" in one.body for one in chen.unread))
