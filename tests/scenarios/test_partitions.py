"""Several engines over one database, each for a part of the places; one stops, and another has its part."""

from __future__ import annotations

import os
import re
import signal as os_signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alerting.bus import waits
from alerting.store.schema import alert, audit, delivery, position, signal
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
    assert assigned(second) == [0, 1]
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
