"""What is wrong with one process, a channel that refuses it or a loop that keeps failing, is known to those that
watch."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alerting.service import process_word
from alerting.service.clock import LIVE
from alerting.service.county import remember
from alerting.service.process import loops_of
from alerting.service.process_word import refusing
from alerting.service.station import Station
from alerting.service.word_loop import WordLoop
from alerting.signals import Observation
from alerting.store.schema import alert, setting
from tests.scenarios.standin import ACCOUNT, SENDER, TOKEN, StandIn
from tests.service.small import small_station
from tests.service.test_several import process

__all__ = ["process"]  # a fixture
pytestmark = pytest.mark.sqlite  # not twice: this is of the other database


def test_a_token_that_is_revoked_is_told_by_another_process_until_the_provider_takes_it_again(
    process: Callable[[], Station], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    provider = StandIn(calls_back=False)
    with provider:
        config = json.loads((tmp_path / "config.yaml").read_text("utf-8"))
        config["channels"]["sms"] = {"use": "twilio", "account": ACCOUNT, "sender": SENDER, "base_url": provider.address}
        (tmp_path / "config.yaml").write_text(json.dumps(config), "utf-8")
        watches, sends = process(), process()

        def refused() -> set[str]:
            with watches.store.read() as connection:
                return refusing(watches, connection)

        def told() -> list[tuple[str, str]]:
            of = alert.c.rule == "channel-refuses"
            with watches.store.read() as connection:
                rows = connection.execute(select(alert.c.place, alert.c.state, alert.c.why).where(of)).all()
            assert all(row.state == "closed" or "refuses us" in row.why["sentence"]["en"] for row in rows)
            return [(row.place, row.state) for row in rows]

        async def story() -> None:
            loops = loops_of(watches, "engine"), loops_of(sends, "dispatch")

            async def passes(minutes: int) -> None:
                for _ in range(minutes):
                    for one in (watches, sends):
                        one.runtime.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
                    for one in loops:
                        one.wake()
                        await one.settle()

            async def fog(metres: float) -> None:
                await watches.publish(LIVE, [Observation(
                    source="stations", issued=watches.now(LIVE), station="s", lat=26.5, lon=106.5, elevation=900,
                    at=watches.now(LIVE), values={"visibility": metres})])  # fmt: skip

            await passes(1)
            provider.refuses(401, 20003, times=1000)
            await fog(150.0)
            await passes(1)
            assert sends.dispatcher.unusable == {"sms"}
            assert watches.dispatcher.unusable == set(), "it sends nothing itself"
            await passes(10)
            assert refused() == {"sms"}
            assert told() == [("channel:sms", "open")]
            provider.refusals.clear()
            await fog(40.0)
            await passes(20)
            assert provider.messages, "somebody is written to again"
            assert refused() == set()
            assert told() == [("channel:sms", "closed")]
            with watches.store.read() as connection:
                assert connection.execute(select(setting.c.key).where(setting.c.key.startswith("process:"))).all() == []

            provider.refuses(401, 20003, times=1000)
            await passes(30)
            assert refused() == {"sms"}

        asyncio.run(story())
        assert sends.link is not None
        sends.link.close()  # it dies
        deadline = time.monotonic() + 10
        while refused() and time.monotonic() < deadline:  # the server's process ends after ours
            time.sleep(0.05)
        assert refused() == set(), "nobody knows any more"


def test_a_loop_that_keeps_failing_in_another_process_is_told_by_the_one_that_watches(
    process: Callable[[], Station],
) -> None:
    watches, strikes = process(), process()

    def told() -> list[tuple[str, str]]:
        of = alert.c.rule == "loop-failing"
        with watches.store.read() as connection:
            rows = connection.execute(select(alert.c.place, alert.c.state).where(of, alert.c.place == "source:tick"))
            return [(row.place, row.state) for row in rows]

    async def story() -> None:
        looks, other = loops_of(watches, "engine"), loops_of(strikes, "ingest")
        await other.settle()  # from here on it lives

        async def passes(minutes: int) -> None:
            for _ in range(minutes):
                for one in (watches, strikes):
                    one.runtime.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
                await WordLoop(strikes).step()
                looks.wake()
                await looks.settle()

        for _ in range(3):
            strikes.loops["tick"].failed(KeyError("an hour"), strikes.runtime.now(), 0.0)
        await passes(12)
        assert told() == [("source:tick", "open")]
        strikes.loops["tick"].succeeded()
        await passes(25)
        assert told() == [("source:tick", "closed")]

    asyncio.run(story())


def test_a_word_that_others_took_away_is_said_again(process: Callable[[], Station]) -> None:
    """The database began anew, and who came back first took the others for dead."""
    first, second = process(), process()
    word = process_word.Word(("sms",))

    async def story() -> None:
        loop = WordLoop(first)
        first.dispatcher._traffic.refuses("sms", first.runtime.now())
        await loop.step()
        with second.store.read() as connection:
            assert process_word.said(connection, first.name) == word
        second.store.write(lambda c: process_word.say(c, second.name, process_word.Word(("console",))))
        with second.store.read() as connection:
            assert process_word.said(connection, first.name) == process_word.Word(), "its link has not begun"
        first.runtime.advance(timedelta(seconds=3))  # type: ignore[attr-defined]
        await loop.step()
        with second.store.read() as connection:
            assert process_word.said(connection, first.name) == word

    asyncio.run(story())


def test_a_word_that_came_with_a_backup_of_several_is_nobodys_in_the_one_process(tmp_path: Path) -> None:
    station, _ = small_station(tmp_path)
    station.store.write(lambda c: remember(c, "process:process x", json.dumps({"refused": ["sms"], "failing": {"tick": "x"}})))
    with station.store.read() as connection:
        assert refusing(station, connection) == set()
        assert process_word.failing(station, connection) == {}
    asyncio.run(station.close())
