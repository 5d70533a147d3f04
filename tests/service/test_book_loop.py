"""What was loaded is what is kept and what is watched, whenever somebody saves a file."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.runtime import RealRuntime, VirtualRuntime
from alerting.service import book_loop, good_book
from alerting.service.book_loop import EVERY_VIRTUAL, BookLoop
from alerting.service.clock import LIVE
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.engine_loop import EngineLoop
from alerting.service.station import Station
from alerting.signals import Tick
from alerting.store import Store
from tests.service.small import START, TOWN, small_county


@pytest.fixture
def county(tmp_path: Path) -> County:
    return small_county(tmp_path)


# No station speaks for any place of the town.
SEEN = """\
sector: road-traffic
title: {zh: 景区, en: Scenic}
rules:
  - id: seen
    hazard: fog
    place: road-section
    basis: [M-01]
    levels: {yellow: {when: observed wind_gust > 20 m/s, ask: [guide]}}
"""


def limit(county: County, kmh: int) -> None:
    """Somebody saves the pack with another speed limit."""
    pack = county.config.rules / "roads.yaml"
    text = (TOWN / "book" / "roads.yaml").read_text("utf-8")
    pack.write_text(text.replace("speed-limit 40 km/h", f"speed-limit {kmh} km/h"), "utf-8")


def breaks(county: County) -> None:
    (county.config.rules / "roads.yaml").write_text("rules: [", "utf-8")


def asks(county: County) -> Any:
    return county.book.rules_by_id["fog"].levels["orange"].ask[0].arguments


def test_what_was_loaded_is_kept_though_the_file_has_changed_since(county: County) -> None:
    config, names = county.config, set(county.calendar.names())
    was = asks(county)
    breaks(county)
    good_book.keep(county.book, config.data)
    book, wrong = good_book.load(config.rules, config.data, names)
    assert "roads.yaml" in wrong
    assert book.version == county.book.version
    assert book.rules_by_id["fog"].levels["orange"].ask[0].arguments == was


def test_the_district_s_numbers_are_kept_and_watched_with_the_rules(county: County) -> None:
    config, names = county.config, set(county.calendar.names())
    numbers, pack = config.rules / "districts.yaml", config.rules / "roads.yaml"
    number = "numbers: {thick: {value: 200 m, title: {zh: 浓雾, en: Thick fog}}}"
    numbers.write_text(number, "utf-8")
    text = pack.read_text("utf-8")
    pack.write_text(text.replace("visibility < 200 m", "visibility < $thick"), "utf-8")
    book, wrong = good_book.load(config.rules, config.data, names)
    assert wrong == ""
    good_book.keep(book, config.data)
    numbers.unlink()
    again, wrong = good_book.load(config.rules, config.data, names)
    assert "$thick" in wrong
    assert again.version == book.version
    numbers.write_text(number.replace("200", "150"), "utf-8")
    assert good_book.load(config.rules, config.data, names)[0].version != book.version


def test_what_changes_between_the_load_and_the_first_look_is_taken_up(county: County) -> None:
    clock = VirtualRuntime(START)
    was = asks(county)
    limit(county, 20)
    station = Station(county, clock, Store(":memory:"))
    rules, engine = BookLoop(station), EngineLoop(station)
    clock.advance(EVERY_VIRTUAL)
    assert asyncio.run(rules.step())
    assert asyncio.run(engine.step())
    assert asks(county) != was
    clock.advance(EVERY_VIRTUAL)
    assert not asyncio.run(rules.step()), "and it is looked at once"


def test_what_cannot_be_decided_is_gone_through_once_for_each_book(county: County) -> None:
    clock = VirtualRuntime(START)
    station = Station(county, clock, Store(":memory:"))
    rules, engine = BookLoop(station), EngineLoop(station)
    found = station.undecidable("live")
    assert station.undecidable("live") is found
    (county.config.rules / "seen.yaml").write_text(SEEN, "utf-8")
    clock.advance(EVERY_VIRTUAL)
    assert asyncio.run(rules.step())
    assert asyncio.run(engine.step())
    assert {one["rule"] for one in station.undecidable("live")} == {"seen"}


def test_what_changes_while_it_is_loaded_is_taken_up_at_the_next_look(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualRuntime(START)
    station = Station(county, clock, Store(":memory:"))
    rules, engine = BookLoop(station), EngineLoop(station)
    loads = book_loop.load_book

    def saved_meanwhile(*given: Any) -> Any:
        limit(county, 30)
        book = loads(*given)
        limit(county, 20)
        return book

    breaks(county)
    clock.advance(EVERY_VIRTUAL)
    monkeypatch.setattr(book_loop, "load_book", saved_meanwhile)
    assert asyncio.run(rules.step())
    assert asyncio.run(engine.step())
    monkeypatch.undo()
    assert good_book.kept(county.config.data) is not None
    kept = good_book.load(county.config.data / "no-such", county.config.data, set())[0]
    assert kept.version == county.book.version
    before = asks(county)
    clock.advance(EVERY_VIRTUAL)
    assert asyncio.run(rules.step())
    assert asyncio.run(engine.step())
    assert asks(county) != before


def test_answers_are_given_while_memory_is_made_anew(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        runtime = RealRuntime()
        station = Station(county, runtime, Store(tmp_path / "suian.db"))
        loop = asyncio.get_running_loop()
        reads = type(station.bus).history
        answered = []

        async def answer() -> dict[str, int]:
            return station.engines["live"].blind_counts(station.now("live"))

        def slowly(*given: Any) -> Any:
            # Whoever rebuilds waits here until the event loop has answered somebody.
            answered.append(asyncio.run_coroutine_threadsafe(answer(), loop).result(timeout=5))
            return reads(*given)

        monkeypatch.setattr(type(station.bus), "history", slowly)
        before = station.engines["live"]
        await station.reload_engine("live")
        assert station.engines["live"] is not before
        await station.offer_book(county.book)
        assert await station.take_offered_book()
        assert len(answered) == 2
        await station.close()

    asyncio.run(story())


def test_policies_that_a_county_wrote_and_that_are_gone_hold_and_are_missed(county: County) -> None:
    path = county.config.rules / "policies.yaml"
    path.write_text("""\
policies:
  all:
    wait: {red: 2, orange: 2, lower: 2}
    steps: [{call: carrier}, {call: duty-office}]
""", "utf-8")  # fmt: skip
    county = load_county(load_config(county.config.rules.parent / "config.yaml"), fall_back=True)
    clock = VirtualRuntime(START)
    station = Station(county, clock, Store(":memory:"))
    rules, engine = BookLoop(station), EngineLoop(station)
    path.unlink()
    clock.advance(EVERY_VIRTUAL)
    asyncio.run(rules.step()), asyncio.run(engine.step())
    assert "policies.yaml" in station.book_problem
    assert list(station.book.policies.policies) == ["all"], "what was in force is in force"


def test_a_signal_that_was_stamped_before_the_clock_was_set_back_is_taken_as_of_now(county: County) -> None:
    clock = VirtualRuntime(START)
    station = Station(county, clock, Store(":memory:"))
    ahead = Tick(source="clock", issued=START + timedelta(hours=1))
    station.store.write(
        lambda c: station.bus.publish(c, LIVE, [ahead], START + timedelta(hours=1)))  # fmt: skip
    assert asyncio.run(EngineLoop(station).step())
    engine = station.engines[LIVE]
    assert engine.fields.sight(clock.now(), engine.facts.at(clock.now())).now == START
