"""Places shared out by their county: whose a place is, whom a signal can concern, and how many there are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from alerting.bus import EmbeddedBus, Shares, let_go, let_go_by
from alerting.errors import SuianError
from alerting.places import load_places
from alerting.service.clock import LIVE, open_live
from alerting.signals import (
    Area,
    Forecast,
    Incident,
    Observation,
    Report,
    Signal,
    Spot,
    Tick,
    Warning,
)
from alerting.store import Store

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
CITY = Path(__file__).parents[1] / "scenarios" / "city"
PLACES = load_places(CITY / "zones.csv", CITY / "sites.csv")
THREE = Shares(3, PLACES, 10.0)
EAST, WEST, NORTH = (THREE.of_place(one) for one in ("990101000000", "990122000000", "990123000000"))


def run(*points: str) -> Forecast:
    spots = tuple(Spot(one, 26.5, 106.5) for one in points)
    return Forecast("model", NOW, NOW, spots, {"visibility": np.ones((3, len(points)), np.float32)})


def station(lat: float, lon: float) -> Observation:
    return Observation(source="stations", issued=NOW, station="s", lat=lat, lon=lon, at=NOW, values={})


def report(act: str) -> Report:
    return Report(source="page", issued=NOW, act=act, person="li", subject="place:990122100000")


def test_a_place_is_where_its_county_is_and_what_has_none_with_the_whole() -> None:
    assert len({EAST, WEST, NORTH}) == 3, "the tests need a county in each"
    assert [THREE.of_place(one) for one in ("990101100000", "G99-K12", "site-1")] == [EAST] * 3
    assert [THREE.of_place(one) for one in ("990122100000", "G98-K40", "site-2")] == [WEST] * 3
    assert THREE.of_place("source:model") == THREE.of_place("channel:sms") == THREE.home
    assert {Shares(1, PLACES, 10.0).of_place(one) for one in PLACES.by_id} == {0}


@pytest.mark.parametrize(("said", "share"), [
    (run("low", "high"), EAST), (run("west"), WEST), (run("west", "low"), None),
    (run("a stranger's"), None),  # speaks for whatever is near
    (station(26.5, 106.5), EAST), (station(27.5, 106.5), NORTH), (station(0, 0), THREE.home),
    (Tick(source="clock", issued=NOW), None),
    (Tick(source="poll", issued=NOW, subject="heard:office"), None),
    (Tick(source="engine", issued=NOW, subject="review:7:0"), THREE.home),
    (Tick(source="engine", issued=NOW, subject=let_go("fog", "G98-K40")), WEST),
    (report("acknowledge"), THREE.home), (report("reported"), None), (report("road-closed"), None),
    (Warning(source="office", issued=NOW, identifier="W1", sender="o", action="alert", hazard="fog",
             event="fog", level="red", area=Area(codes=("990122",))), None),
    (Incident(source="desk", issued=NOW, incident="fire", place="elsewhere", at=NOW), None),
])  # fmt: skip
def test_a_signal_goes_to_the_one_whose_places_it_can_concern_else_to_all(
    said: Signal, share: int | None
) -> None:
    assert THREE.of(said) == share
    assert Shares(1, PLACES, 10.0).of(said) is None


def test_what_is_let_go_is_named_by_its_tick() -> None:
    assert let_go_by(Tick(source="engine", issued=NOW, subject=let_go("fog", "a:b"))) == ("fog", "a:b")
    assert let_go_by(Tick(source="clock", issued=NOW)) is None


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "suian.db")
    made.write(lambda c: open_live(c, NOW, True))
    return made


def test_each_share_takes_what_concerns_it_and_all_is_done_when_all_have(store: Store) -> None:
    bus = EmbeddedBus(THREE)
    store.write(lambda c: bus.publish(c, LIVE, [run("west"), Tick(source="clock", issued=NOW)], NOW))

    def waits() -> bool:
        with store.read() as connection:
            return bus.waiting(connection, LIVE)

    with store.read() as connection:
        first, second = bus.read(connection, LIVE, 0)
        assert (first.share, second.share) == (WEST, None)
        assert bus.positions(connection, LIVE) == dict.fromkeys(range(3), 0)
    store.write(lambda c: bus.taken(c, LIVE, {WEST: 0}, first.seq))
    store.write(lambda c: bus.taken(c, LIVE, {WEST: first.seq, EAST: 0}, second.seq))
    assert waits(), "the north has not heard the clock"
    store.write(lambda c: bus.taken(c, LIVE, {NORTH: 0}, second.seq))
    assert not waits(), "that one is behind by what does not concern it hinders nobody"
    store.close()


def test_the_number_of_shares_is_changed_when_all_have_come_equally_far(store: Store) -> None:
    one, three, two = (EmbeddedBus(Shares(n, PLACES, 10.0)) for n in (1, 3, 2))
    store.write(lambda c: one.publish(c, LIVE, [run("west"), run("north")], NOW))
    with store.read() as connection:
        last = one.read(connection, LIVE, 0)[-1].seq
    store.write(lambda c: one.taken(c, LIVE, {0: 0}, last))
    store.write(three.divide)
    with store.read() as connection:
        assert three.positions(connection, LIVE) == dict.fromkeys(range(3), last)
    store.write(lambda c: three.publish(c, LIVE, [run("low")], NOW))
    store.write(lambda c: three.taken(c, LIVE, {WEST: last}, last + 1))
    with pytest.raises(SuianError, match=r"in 3 partitions, and `bus\.partitions` says 2"):
        store.write(two.divide)
    store.write(lambda c: three.taken(c, LIVE, {EAST: last}, last + 1))
    store.write(two.divide)
    with store.read() as connection:
        assert two.positions(connection, LIVE) == dict.fromkeys(range(2), last + 1)
    store.close()
