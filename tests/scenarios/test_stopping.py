"""Ctrl-C: at once, whoever holds a line open, and nothing is lost."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import requests

from alerting.store.schema import realm
from tests.scenarios.test_exercises import PLAYED, STORM
from tests.scenarios.town import Town
from tests.scenarios.weather import ORANGE_FOG

AT_ONCE = 12.0  # real seconds, on a busy machine; three are what the service itself allows


def stops_at_once(town: Town) -> None:
    began = time.monotonic()
    assert town.ends() == 0, town.log()[-3000:]
    assert time.monotonic() - began < AT_ONCE
    assert "Traceback" not in town.log()


def test_with_a_page_open_and_an_exercise_under_way(make_town: Callable[..., Town]) -> None:
    town = make_town(changes=STORM).begin_in_real_time("--play")
    browser = requests.Session()
    assert browser.get(town.url, timeout=30).status_code == 200  # and it keeps the line
    port = int(town.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: town\r\n")  # a request that never ends
        town.waits_until(lambda: town.phone("chen").unread)
        stops_at_once(town)
    sent = len(town.provider.messages)
    town.begin_in_real_time()
    assert town.asks(realm.c.reason, realm.c.id == PLAYED) == ["the service was stopped"]
    assert town.alert(PLAYED, rule="icing")["peak"] == "orange"
    assert len(town.provider.messages) == sent


def test_what_was_accepted_a_moment_before_is_done_after_the_next_start(town: Town) -> None:
    town.forecast({"visibility": [9000.0] * 6})
    hour = town.now.replace(minute=0).isoformat()
    run = {"kind": "forecast", "source": "model", "issued": town.now.isoformat(), "start": hour,
           "spots": [{"id": "low"}], "values": {"visibility": [[v] for v in ORANGE_FOG["visibility"]]}}  # fmt: skip
    run["issued"] = town.now.replace(minute=1).isoformat()
    assert town.api("POST", "/signals", json=run).status_code == 202
    stops_at_once(town)
    assert town.provider.messages == []
    town.begin()
    assert town.alert(rule="fog")["level"] == "orange"
    town.phone("chen").expects("限速").expects_nothing()


def test_with_a_provider_that_hangs_and_the_message_arrives_once(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().begin_in_real_time()
    chen = town.phone("chen")
    town.provider.hang(chen.number)
    order = {"measure": "guide", "place": "bridge-1", "level": "red", "reason": "桥上有事故"}
    assert town.api("POST", "/measures", json=order).status_code == 202
    town.waits_until(lambda: town.provider.attempts)
    stops_at_once(town)
    town.provider.release()  # it had taken the message all the while
    town.begin_in_real_time()
    town.waits_until(lambda: chen.unread)
    chen.expects("桥上有事故").replies("1")
    town.waits_until(lambda: town.measures(state="acknowledged"))
    assert len([m for m in town.provider.messages if "命令" in m.body]) == 1
