"""A part of the service that keeps failing is said, wherever somebody looks."""

from __future__ import annotations

from collections.abc import Callable

import requests
from sqlalchemy import delete, insert

from alerting.store.schema import signal
from tests.scenarios.town import Town


def not_ready(town: Town) -> str:
    answer = requests.get(f"{town.url}/readyz", timeout=30)
    return answer.json()["detail"] if answer.status_code == 503 else ""


def test_a_loop_that_keeps_failing_is_not_ready_is_red_is_counted_and_wakes_the_duty_office(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().begin_in_real_time()
    assert not_ready(town) == ""
    store = town.store()
    # A row that no version of ours has written: the engine cannot read on from here.
    broken = store.write(lambda c: c.execute(insert(signal).values(
        realm="live", id="x", kind="tick", source="clock", issued=town.now, accepted=town.now,
        body=b"not a signal",
    )).inserted_primary_key[0])  # fmt: skip
    town.waits_until(lambda: "evaluating signals (engine) has failed" in not_ready(town))
    page = requests.get(f"{town.url}/?lang=zh", timeout=30).text
    assert "服务有故障" in page
    assert "研判信号（engine）失败" in page
    figures = requests.get(f"{town.url}/metrics", timeout=30).text
    assert 'suian_loop_failures{loop="engine"} 0.0' not in figures
    assert 'suian_loop_failures{loop="chase"} 0.0' in figures
    town.waits_until(lambda: town.alerts(rule="loop-failing"))
    assert town.alert(rule="loop-failing")["level"] == "red"
    zhao = town.phone("zhao")
    town.waits_until(lambda: [m for m in zhao.unread if "研判信号连续" in m.body])

    store.write(lambda c: c.execute(delete(signal).where(signal.c.seq == broken)))
    store.close()
    town.waits_until(lambda: not_ready(town) == "")
    assert "服务有故障" not in requests.get(f"{town.url}/?lang=zh", timeout=30).text
