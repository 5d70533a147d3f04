"""The files of `deploy/` are started as they stand: a wrong word, variable or path in them cannot stay."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerting.runtime import RealRuntime
from alerting.store.schema import bus_position
from tests import kafka_broker, postgres_server
from tests.conftest import lacking
from tests.deploy.files import ROLES
from tests.scenarios.nursery import Nursery
from tests.scenarios.stack import PASSWORD, BrokerOfCompose, Stack, database
from tests.scenarios.standin import TOKEN, StandIn
from tests.scenarios.weather import HARD_ICE, ORANGE_FOG


@pytest.fixture
def stack(tmp_path: Path, provider: StandIn, nursery: Nursery) -> Iterator[Stack]:
    """The county, its database and its broker; none of its processes has begun."""
    if what := kafka_broker.missing():
        lacking(f"a real Kafka broker {what}")
    if postgres_server.programs() is None:
        lacking("a real PostgreSQL: needs Debian's postgresql, or the wheel of requirements-dev.lock")
    town = Stack(tmp_path / "county", provider, nursery)
    town.write_secrets()
    (tmp_path / "kafka").mkdir()
    broker = BrokerOfCompose(tmp_path / "kafka")
    broker.start()
    try:
        with database(town.folder) as address:
            town.place(address, broker.address)
            yield town
            town.seals()
            town.dies()
            town.keeps_its_books()
    finally:
        town.dies()
        broker.stop(signal.SIGKILL)


@pytest.mark.kafka
def test_what_the_compose_file_says_is_healthy_alerts_and_stops_without_losing_anything(
    stack: Stack, provider: StandIn, record_property: Callable[[str, object], None]
) -> None:
    stack.starts_all(*ROLES)
    chen, qian = stack.phone("chen"), stack.phone("qian")
    stack.forecast(ORANGE_FOG)
    stack.waits_until(lambda: chen.unread)
    chen.expects("限速", "收到回1")
    provider.flush()
    chen.replies("1")
    stack.waits_until(lambda: stack.measures(carrier="police", state="acknowledged"))
    record_property("figures", stack.memory())

    # Told to stop in the moment after a forecast was accepted, as Kubernetes and as Compose do it.
    stack.forecast(ORANGE_FOG | HARD_ICE, issued=RealRuntime().now())
    signals = {"engine": signal.SIGTERM, "dispatch": signal.SIGTERM}
    ended = {one.log.name: stack.stops(one, signals.get(one.role, signal.SIGINT)) for one in stack.processes}
    assert {code for code, _ in ended.values()} == {0}, (ended, stack.log())
    assert max(share for _, share in ended.values()) < 0.5, ended
    stack.starts_all(*ROLES)
    stack.waits_until(lambda: qian.unread)
    qian.expects("撒盐")
    told = [(m.to, m.body) for m in provider.messages]
    assert len(told) == len(set(told)), told

    assert stack.asks(bus_position.c.next)[-1] >= 2, "both came through the broker"
    said = "".join(one.said for one in stack.processes)
    assert "Traceback" not in said, said[-3000:]
    assert PASSWORD not in said
    assert TOKEN not in said
