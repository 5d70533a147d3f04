"""One id from the signal to the message and to the answer: in the log, in the tables, in the traces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from alerting.store.schema import notice
from alerting.telemetry.traces import trace_of
from tests.otlp import Collector, collecting
from tests.scenarios.apart import Apart
from tests.scenarios.standin import TOKEN, StandIn
from tests.scenarios.town import Town
from tests.scenarios.weather import ORANGE_FOG

AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "100"}  # milliseconds until spans are sent


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def lines(said: str) -> list[dict[str, Any]]:
    """The lines of a log in JSON; nothing else may be among them but what is for people at the start."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def of(said: list[dict[str, Any]], cause: str) -> list[str]:
    return [one["event"] for one in said if one.get("cause") == cause]


def test_one_id_goes_through_everything(make_town: Callable[..., Town], collector: Collector) -> None:
    town = make_town(
        changes={"log": {"level": "info", "format": "json"}, "telemetry": {"otlp": collector.address}},
        environment=AT_ONCE,
    ).begin()
    [cause] = town.forecast(ORANGE_FOG)["ids"]
    chen = town.phone("chen").expects("限速", "收到回1")
    town.passes(minutes=16)  # he is called again, by the clock alone: the story is the same
    chen.expects("催办").replies("1")
    town.ends()

    said = lines(town.log())
    told = of(said, cause)
    assert told[:2] == ["signal accepted", "signal taken"]
    assert "message handed over" in told
    assert "called again" in told
    [answer] = [one for one in said if one.get("act") == "acknowledge"]
    assert answer["cause"] == cause, "the answer is of the story that it answers"
    assert answer["signal"] != cause
    handed = [one for one in said if one["event"] == "message handed over"]
    assert all(one["cause"] for one in handed)
    assert len({one["delivery"] for one in handed}) == len(handed)
    assert {"level", "timestamp"} <= set(handed[0])

    store = town.store()
    with store.read() as connection:
        rows = connection.execute(select(notice.c.cause, notice.c.kind).where(notice.c.alert.like("%fog%"))).all()
    store.close()
    assert {row.kind for row in rows} >= {"order", "reminder"}
    assert {row.cause for row in rows} == {cause}

    spans = collector.of(cause)
    assert {one.trace for one in spans} == {f"{trace_of(cause)[0]:032x}"}
    [root] = [one for one in spans if not one.parent]
    assert (root.name, root.id) == ("signal", f"{trace_of(cause)[1]:016x}")
    assert {one.parent for one in spans if one is not root} == {root.id}
    assert {one.name for one in spans} == {"signal", "wait", "evaluate", "commit", "send", "answer"}
    sends = [one for one in spans if one.name == "send"]
    assert {one.said["suian.outcome"] for one in sends} == {"sent"}
    assert {one.said["suian.delivery"] for one in sends} == {
        one["delivery"] for one in handed if one["cause"] == cause}  # fmt: skip


def test_no_secret_and_no_number_stands_in_the_log(make_town: Callable[..., Town], provider: StandIn) -> None:
    town = make_town(changes={"log": {"level": "debug", "format": "json"}}).begin()
    provider.refuses(400, 21211, to=town.phone("chen").number)
    town.forecast(ORANGE_FOG)
    town.ends()
    said = town.log()
    refused = [one for one in lines(said) if one.get("outcome") == "permanent"]
    assert refused, said[-3000:]
    assert all(one["reason"] for one in refused)
    assert TOKEN not in said
    assert not re.search(r"\+?4477009001\d\d", said)


def test_one_id_goes_through_several_processes(
    make_apart: Callable[..., Apart], collector: Collector, provider: StandIn
) -> None:
    town = make_apart(log={"format": "json"}, telemetry={"otlp": collector.address})
    web, engine, dispatch = (town.starts(role, **AT_ONCE) for role in ("web", "engine", "dispatch"))
    chen = town.phone("chen")
    [cause] = town.forecast(ORANGE_FOG)["ids"]
    town.waits_until(lambda: chen.unread)
    chen.expects("限速")
    provider.flush()
    chen.replies("1")
    town.waits_until(lambda: {one.name for one in collector.of(cause)} >= {"signal", "send", "answer"})
    assert "signal accepted" in of(lines(web.said), cause)
    assert "signal taken" in of(lines(engine.said), cause)
    assert "message handed over" in of(lines(dispatch.said), cause)
    spans = collector.of(cause)
    assert len({one.trace for one in spans}) == 1
    assert {one.parent for one in spans} == {"", f"{trace_of(cause)[1]:016x}"}
    by = {name: {one.instance for one in spans if one.name == name} for name in ("signal", "send", "answer")}
    assert by["signal"] == by["answer"]
    assert by["signal"].isdisjoint(by["send"]), "they were told by different processes"
