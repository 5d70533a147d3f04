"""A part of the service that keeps failing is said, wherever somebody looks."""

from __future__ import annotations

from collections.abc import Callable

import requests
from sqlalchemy import text

from alerting.bus import EmbeddedBus
from alerting.signals import Tick
from tests.scenarios.town import Town


def not_ready(town: Town) -> str:
    answer = requests.get(f"{town.url}/readyz", timeout=30)
    return answer.json()["detail"] if answer.status_code == 503 else ""


def test_a_loop_that_keeps_failing_is_not_ready_is_red_is_counted_and_wakes_the_duty_office(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().begin_in_real_time()
    town.waits_until(lambda: not_ready(town) == "")
    store = town.store()
    # The database refuses what every signal ends with: the engine cannot go on from here.
    store.write(lambda c: c.execute(text(
        "CREATE TRIGGER refuses BEFORE UPDATE OF taken ON position"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )))  # fmt: skip
    tick = Tick(source="clock", issued=town.now)
    store.write(lambda c: EmbeddedBus().publish(c, "live", [tick], town.now))
    town.waits_until(lambda: "evaluating signals (engine) has failed" in not_ready(town))
    page = requests.get(f"{town.url}/?lang=zh", timeout=30).text
    assert "服务有故障" in page
    assert "研判信号（engine）失败" in page
    figures = requests.get(f"{town.url}/metrics", timeout=30).text
    assert 'suian_loop_failures{loop="engine"} 0.0' not in figures
    assert 'suian_loop_failures{loop="chase"} 0.0' in figures
    assert 'suian_loop_idle_seconds{loop="chase"}' in figures
    assert 'suian_held{what="engine"} 1.0' in figures
    town.waits_until(lambda: town.alerts(rule="loop-failing"))
    assert town.alert(rule="loop-failing")["level"] == "red"
    zhao = town.phone("zhao")
    town.waits_until(lambda: [m for m in zhao.unread if "研判信号连续" in m.body])
    figures = requests.get(f"{town.url}/metrics", timeout=30).text
    assert 'suian_troubles{rule="loop-failing"} 1.0' in figures
    assert 'suian_sends_total{channel="sms",outcome="sent"}' in figures
    # It is waited for a moment after it is told.
    waited = 'suian_unanswered{level="red",wants="acknowledge"} 1.0'
    town.waits_until(lambda: waited in requests.get(f"{town.url}/metrics", timeout=30).text)
    assert 'suian_signals_taken_total{kind="tick"' not in figures, "it was never taken"

    store.write(lambda c: c.execute(text("DROP TRIGGER refuses")))
    store.close()
    town.waits_until(lambda: not_ready(town) == "")
    figures = requests.get(f"{town.url}/metrics", timeout=30).text
    assert 'suian_signals_taken_total{kind="tick",realm="live"}' in figures
    assert "服务有故障" not in requests.get(f"{town.url}/?lang=zh", timeout=30).text
