"""What one of several processes must know of the others: realms they open, leases they hold, what is sent."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from alerting.alerts.engine import Engine
from alerting.errors import BadInput, Refused, SuianError
from alerting.runtime import VirtualRuntime
from alerting.service import good_book
from alerting.service.clock import LIVE, open_exercise
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.engine_loop import EXERCISES, EngineLoop
from alerting.service.follow_loop import FollowLoop
from alerting.service.head_loop import HeadLoop
from alerting.service.lease_loop import MISSED, LeaseLoop
from alerting.service.link_loop import LinkLoop
from alerting.service.loop import LONGEST_REST, Loops
from alerting.service.process import loops_of, timed
from alerting.service.station import Station
from alerting.service.tick_loop import TickLoop
from alerting.signals import Forecast, Observation, Signal, Spot, Tick
from alerting.store import Store
from alerting.store.link import Link, lives
from alerting.store.postgres import make_engine, session
from alerting.store.schema import alert, audit, delivery, signal
from alerting.web import logins
from tests.postgres_server import Server

TOWN = Path(__file__).parents[1] / "scenarios"
START = datetime(2027, 1, 20, 8, tzinfo=UTC)
pytestmark = pytest.mark.sqlite  # not twice: these are of the other database


@pytest.fixture
def process(tmp_path: Path, postgres: Server) -> Iterator[Callable[[], Station]]:
    """One more process of a small county, each with a clock of its own."""
    for folder in ("county", "book"):
        shutil.copytree(TOWN / folder, tmp_path / folder.replace("book", "rules"))
    config = json.loads((TOWN / "config.json").read_text("utf-8"))
    config["channels"] = {"console": {"silent": True}, "sms": {"use": "console", "silent": True}}
    (tmp_path / "config.yaml").write_text(json.dumps(config), "utf-8")
    address, made = postgres.fresh(), []

    def make() -> Station:
        county = load_county(load_config(tmp_path / "config.yaml"))
        made.append(Station(county, VirtualRuntime(START, len(made)), Store(address)))
        return made[-1]

    yield make
    for one in made:
        asyncio.run(one.close())


def test_a_realm_that_another_opened_is_known_before_anything_of_it_is_sent(
    process: Callable[[], Station],
) -> None:
    engine, sends = process(), process()

    async def story() -> None:
        loops = loops_of(sends, "dispatch")
        await loops.settle()
        opened = engine.store.write(
            lambda c: open_exercise(c, {"zh": "演练", "en": "Drill"}, START, START, 1.0, 1)
        )
        loops.wake()
        await loops.settle()
        assert sends.now(opened.id) == START

    asyncio.run(story())


def test_a_process_that_starts_leaves_the_leases_of_those_that_live(process: Callable[[], Station]) -> None:
    until = START + timedelta(seconds=60)
    first = process()
    first.store.write(lambda c: c.execute(insert(delivery).values(
        realm=LIVE, person="chen", channel="sms", address="x", band="red", round=0, state="sending",
        language="zh", text="雾", code="W6", link="w", letters={}, created=START, at=START,
        leased_until=until)))  # fmt: skip
    second = process()
    asyncio.run(loops_of(second, "dispatch").settle())
    with second.store.read() as connection:
        assert connection.execute(select(delivery.c.leased_until)).scalar_one() == until


def test_the_leases_of_one_that_died_end_at_once(process: Callable[[], Station]) -> None:
    """And those of one that lives do not."""
    dies, stays = process(), process()
    links = [Link(one.store.url, [one.name], "0") for one in (dies, stays)]  # whoever says nothing lives on
    for n, one in enumerate((dies, stays)):
        links[n].turn(0)
        one.store.write(lambda c, one=one, n=n: c.execute(insert(delivery).values(
            realm=LIVE, person="chen", channel="sms", address="x", band="red", round=n, state="sending",
            language="zh", text="雾", code=f"W{n}", link=f"w{n}", letters={}, created=START, at=START,
            leased_until=START + timedelta(seconds=60), leased_by=one.name)))  # fmt: skip

    def leased() -> list[datetime | None]:
        with dies.store.read() as connection:
            return list(connection.execute(select(delivery.c.leased_until).order_by(delivery.c.round)).scalars())

    def alive() -> bool:
        with third.store.read() as connection:
            return lives(connection, dies.name)

    third, until = process(), START + timedelta(seconds=60)
    loop = LeaseLoop(third)
    asyncio.run(loop.step())
    assert leased() == [until, until]
    links[0].close()
    deadline = time.monotonic() + 10
    while alive() and time.monotonic() < deadline:  # the server's process ends after ours
        time.sleep(0.05)
    for after in (2, 4):  # it may be on its way back, as all are when the database begins anew
        third.runtime.advance(timedelta(seconds=2))  # type: ignore[attr-defined]
        asyncio.run(loop.step())
        assert leased() == [until, until], after
    third.runtime.advance(MISSED)  # type: ignore[attr-defined]
    asyncio.run(loop.step())
    assert leased() == [third.runtime.now(), until]
    links[1].close()


def test_leases_outlive_a_restart_of_the_database(process: Callable[[], Station]) -> None:
    """All sessions end at once; one that is back a moment before the others takes nothing of theirs."""
    first, second = process(), process()
    links = [Link(one.store.url, [one.name], "0") for one in (first, second)]
    links[0].turn(0)
    links[1].turn(0)
    until = START + timedelta(seconds=60)
    first.store.write(lambda c: c.execute(insert(delivery).values(
        realm=LIVE, person="chen", channel="sms", address="x", band="red", round=0, state="sending",
        language="zh", text="雾", code="W1", link="w", letters={}, created=START, at=START,
        leased_until=until, leased_by=first.name)))  # fmt: skip
    links[0].close()
    loop = LeaseLoop(second)
    for _ in range(2):
        asyncio.run(loop.step())
        second.runtime.advance(timedelta(seconds=2))  # type: ignore[attr-defined]
    links[0].turn(0)  # it comes back
    for _ in range(4):
        asyncio.run(loop.step())
        second.runtime.advance(timedelta(seconds=2))  # type: ignore[attr-defined]
    with second.store.read() as connection:
        assert connection.execute(select(delivery.c.leased_until)).scalar_one() == until
    for one in links:
        one.close()


def test_what_no_process_does_is_said_to_the_duty_office_when_it_lasts(process: Callable[[], Station]) -> None:
    """Without a scheduler no hour comes, and what lies ahead stays there."""
    engine, ingest = process(), process()

    def said() -> list[tuple[str, str]]:
        with engine.store.read() as connection:
            return [tuple(row) for row in connection.execute(
                select(alert.c.place, alert.c.state).where(alert.c.rule == "loop-failing"))]  # fmt: skip

    async def looks(*loops: Loops) -> None:
        for one in (engine, ingest):
            one.runtime.advance(timedelta(minutes=10))  # type: ignore[attr-defined]
        for one in loops:
            one.wake()
            await one.settle()

    async def story() -> None:
        works = loops_of(engine, "engine")
        await works.settle()
        await looks(works)
        assert said() == [], "it may only be exchanged"
        await looks(works)
        assert said() == [("source:schedule", "open")]
        asks = loops_of(ingest, "ingest")
        await asks.settle()
        await looks(asks, works)
        assert said() == [("source:schedule", "closed")]

    asyncio.run(story())


def test_whoever_is_gone_from_the_network_is_given_up_within_seconds(process: Callable[[], Station]) -> None:
    """Of every connection the system is told to ask whether the other end lives."""
    url = process().store.url
    with make_engine(url).connect() as connection, session(url) as link:
        for one in (connection.connection.driver_connection, link):
            with socket.socket(fileno=os.dup(one.fileno())) as it:
                if it.family == socket.AF_UNIX:
                    pytest.skip("over a socket file nobody is far away")
                asked = [it.getsockopt(socket.IPPROTO_TCP, what) for what in (
                    socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)]  # fmt: skip
                assert asked == [5, 2, 3, 10_000]


def test_a_database_that_is_gone_for_a_while_costs_no_alert(
    process: Callable[[], Station], postgres: Server
) -> None:
    """What was decided when it went, and could not be written nor read anew, is decided again."""
    engine = process()
    name = engine.store.url.rpartition("/")[2]
    fog = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, elevation=900,
                      at=START, values={"visibility": 40.0})  # fmt: skip

    def lets_in(yes: bool) -> None:
        with psycopg.connect(postgres.address, autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {yes}')
            if not yes:
                server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                               [name])  # fmt: skip

    async def story() -> None:
        loop = EngineLoop(engine)
        await engine.publish(LIVE, [fog])
        decided = Engine.changes

        def gone_meanwhile(self: Engine, *given: Any) -> Any:
            lets_in(False)
            return decided(self, *given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Engine, "changes", gone_meanwhile)
            for _ in range(3):
                with pytest.raises(OperationalError):
                    await loop.step()
        lets_in(True)
        await loop.step()

    asyncio.run(story())
    with engine.store.read() as connection:
        opened = connection.execute(select(alert.c.id).where(alert.c.rule == "fog")).all()
        aside = connection.execute(select(audit.c.subject).where(audit.c.action == "set aside")).all()
    assert opened
    assert not aside


def test_where_the_engine_is_blind_whoever_shows_it_is_blind_too(process: Callable[[], Station]) -> None:
    """Time goes on, nothing speaks, and another process finds it out; then a run comes."""
    engine, shows = process(), process()
    spots = [(spot.id, spot.lat, spot.lon) for spot in engine.spots]

    async def passes(loops: Sequence[Loops], hours: int, *signals: Signal) -> None:
        for _ in range(hours):
            for one in (engine, shows):
                one.runtime.advance(timedelta(hours=1))  # type: ignore[attr-defined]
            await engine.publish(LIVE, [*signals, Tick(source="clock", issued=engine.now(LIVE))])
            for one in loops:
                one.wake()
                await one.settle()

    def run(at: datetime) -> Forecast:
        fine = {"visibility": 9000.0, "temperature": 8.0, "precipitation": 0.0, "wind_speed": 1.0}
        return Forecast("model", at, at, tuple(Spot(*one) for one in spots),
                        {q: np.full((72, len(spots)), v, np.float32) for q, v in fine.items()})  # fmt: skip

    def blind(one: Station) -> list[dict[str, Any]]:
        with one.store.read() as connection:
            return one.blind(connection, LIVE)

    async def story() -> None:
        loops = loops_of(engine, "engine"), loops_of(shows, "web")
        await passes(loops, 1, run(START))
        assert blind(engine) == blind(shows) == []
        await passes(loops, 30)
        assert blind(engine), "the story needs a place that is blind"
        assert blind(shows) == blind(engine)
        await passes(loops, 1, run(engine.now(LIVE)))
        assert blind(engine) == blind(shows) == []

    asyncio.run(story())


def test_what_was_taken_while_a_process_began_is_seen_by_it(process: Callable[[], Station]) -> None:
    engine, begins = process(), process()
    fog = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, elevation=900,
                      at=START, values={"visibility": 40.0})  # fmt: skip

    async def story() -> None:
        await engine.publish(LIVE, [fog])
        await EngineLoop(engine).step()
        await loops_of(begins, "web").settle()

    asyncio.run(story())
    for one in (engine, begins):
        memory = one.engines[LIVE]
        sight = memory.fields.sight(START, memory.facts.at(START))
        assert np.nanmin(sight.observed["visibility"]) == 40.0


def test_what_another_took_that_believed_to_act_still_is_in_mind_before_more_is_judged(
    process: Callable[[], Station],
) -> None:
    """Found by the simulation: a red warning stood for ever, for whoever took its end knew of no alert."""
    believes, acts = process(), process()

    def fog(source: str) -> Observation:
        return Observation(source=source, issued=START, station="s", lat=26.5, lon=106.5, elevation=900,
                           at=START, values={"visibility": 40.0})  # fmt: skip

    async def story() -> None:
        old, new = (EngineLoop(one, lambda: frozenset({(0, 1), (EXERCISES, 1)})) for one in (believes, acts))
        await old.step()
        await new.step()  # it has taken over, and knows all that was decided by then
        await believes.publish(LIVE, [fog("stations")])
        await old.step()
        await acts.publish(LIVE, [fog("nobody's")])
        while await new.step():
            pass

    asyncio.run(story())
    with acts.store.read() as connection:
        held = connection.execute(select(alert.c.place, alert.c.level).where(alert.c.rule == "fog")).all()
        assert not acts.bus.waiting(connection, LIVE)
    memory = acts.engines[LIVE].standings["fog"]
    assert held
    assert {(place, memory.level[memory.places.index(place)]) for place, _ in held} == set(map(tuple, held))


def test_who_looks_on_sees_each_second_and_looks_over_the_county_once_in_several(
    process: Callable[[], Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 40,000 points a look takes 0.2 s, in which its pages wait."""
    engine, looks_on = process(), process()
    passed, looked, memory = 0.0, list[float](), looks_on.engines[LIVE]

    async def sleep(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    real = {"virtual": False, "elapsed": lambda: passed, "sleep": sleep}
    for name, value in real.items():
        monkeypatch.setattr(looks_on.runtime, name, value)
    monkeypatch.setattr(memory, "look", lambda _: looked.append(passed))

    async def story() -> None:
        nonlocal passed
        follow = FollowLoop(looks_on)
        for n in range(12):
            fog = Observation(source="stations", issued=START, station=f"s{n}", lat=26.5, lon=106.5,
                              elevation=900, at=START, values={"visibility": 40.0})  # fmt: skip
            await engine.publish(LIVE, [fog])
            await EngineLoop(engine).step()
            assert await follow.step()
            assert memory.seen == engine.engines[LIVE].seen
        passed += LONGEST_REST
        await follow.step()  # nothing more came, and what was seen last is looked at

    asyncio.run(story())
    assert looked == [1.0, 6.0, 11.0, 18.0]


def test_a_signal_that_two_accept_at_once_has_one_effect(process: Callable[[], Station]) -> None:
    accepts, engine = [process(), process()], process()
    fog = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, elevation=900,
                      at=START, values={"visibility": 40.0})  # fmt: skip
    new: list[list[str]] = []
    together = threading.Barrier(2)

    def accept(one: Station) -> None:
        together.wait(10)
        new.append(asyncio.run(one.publish(LIVE, [fog])))

    threads = [threading.Thread(target=accept, args=[one]) for one in accepts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(len, new)) == [0, 1], "one of them has kept it"
    asyncio.run(loops_of(engine, "engine").settle())
    with engine.store.read() as connection:
        opened = connection.execute(select(alert.c.id).where(alert.c.rule == "fog")).scalars().all()
        said = connection.execute(select(audit.c.subject).where(audit.c.action == "opened")).scalars().all()
    assert len(opened) == 1
    assert said.count(opened[0]) == 1


def test_one_book_that_all_load_is_once_on_record(process: Callable[[], Station]) -> None:
    first, second = process(), process()
    for one in (first, second):
        asyncio.run(one.offer_book(one.book))
    with first.store.read() as connection:
        said = connection.execute(select(audit.c.subject).where(audit.c.action == "load rules")).scalars()
        assert list(said) == [first.book.version]


def test_the_head_goes_out_once_a_day_whoever_sends_it(process: Callable[[], Station]) -> None:
    first, second = process(), process()
    heads = HeadLoop(first), HeadLoop(second)

    async def story() -> None:
        await first.publish(LIVE, [Tick(source="clock", issued=START)])
        for one in (first, second):
            one.runtime.advance(timedelta(days=1))  # type: ignore[attr-defined]
        for one in heads:
            await one.step()
            one._due = one._due - timedelta(days=1)  # the clock was set back a little: it is not eight yet
        for one in heads:
            await one.step()

    asyncio.run(story())
    with first.store.read() as connection:
        sent = connection.execute(select(audit.c.n).where(audit.c.action == "send head")).all()
    assert len(sent) == 1


def test_two_that_make_the_secret_of_pages_at_once_have_the_same(process: Callable[[], Station]) -> None:
    first, second = process(), process()
    quicker: list[bytes] = []

    class Slow(VirtualRuntime):
        def token(self, size: int = 16) -> str:
            quicker.append(logins.keys(first.store, first.runtime))
            return super().token(size)

    assert logins.keys(second.store, Slow(START, 9)) == quicker[0] == logins.keys(first.store, first.runtime)


def test_a_storm_is_refused_in_words(process: Callable[[], Station]) -> None:
    with pytest.raises(Refused, match="one process") as said:
        asyncio.run(process().start_exercise())
    assert "多个进程" in said.value.zh


def test_all_that_start_at_once_keep_their_book_in_one_folder(
    process: Callable[[], Station], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, wrong, rename = process().book, [], os.rename

    def slowly(old: Path, new: Path) -> None:
        time.sleep(0.05)
        rename(old, new)

    monkeypatch.setattr(os, "rename", slowly)

    def keep() -> None:
        try:
            good_book.keep(book, tmp_path / "data")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert [p.name for p in (tmp_path / "data" / good_book.KEPT).iterdir()] == [book.version]


@pytest.mark.parametrize(("key", "value", "says"), [
    ("bus", {"use": "kafka", "servers": "k:9092"}, "kafka: HOST:PORT"),
    ("bus", {"kafka": "k"}, "no HOST:PORT"),
    ("database", "mysql://db/suian", "postgresql://USER"),
])  # fmt: skip
def test_what_is_written_otherwise_is_said(tmp_path: Path, key: str, value: object, says: str) -> None:
    config = json.loads((TOWN / "config.json").read_text("utf-8")) | {key: value}
    (tmp_path / "config.yaml").write_text(json.dumps(config), "utf-8")
    with pytest.raises(BadInput, match=says):
        load_config(tmp_path / "config.yaml")


def test_another_number_of_partitions_is_refused_while_others_run_with_theirs(
    process: Callable[[], Station], tmp_path: Path
) -> None:
    """Their shares' signals would wait for ever."""
    first = process()
    asyncio.run(first.publish(LIVE, [Tick(source="clock", issued=START)]))
    asyncio.run(loops_of(first).settle())
    config = json.loads((tmp_path / "config.yaml").read_text("utf-8"))
    (tmp_path / "config.yaml").write_text(json.dumps(config | {"bus": {"partitions": 3}}), "utf-8")
    with pytest.raises(SuianError, match="other processes run with 1 partitions") as refused:
        process()
    assert "stop all processes" in refused.value.mend
    with first.store.read() as connection:
        assert first.bus.positions(connection, LIVE).keys() == {0}
    assert first.link is not None
    first.link.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            second = process()
            break
        except SuianError:  # the server's process ends after ours
            assert time.monotonic() < deadline
    with second.store.read() as connection:
        assert second.bus.positions(connection, LIVE).keys() == {0, 1, 2}


def test_a_clock_that_is_set_back_stops_nothing_that_a_process_waits_for(process: Callable[[], Station]) -> None:
    """It started with a clock eight hours ahead, and the network put that right."""
    station = process()
    loops = loops_of(station)
    ahead = {loop.name: due for loop in timed(loops._loops)
             if (due := getattr(loop, "_due", None)) is not None}  # fmt: skip
    assert {"rules", "watch", "sentinels", "leases", "word", "head", "keep"} <= ahead.keys()
    runtime: Any = station.runtime
    runtime._drift = timedelta(hours=-8)

    async def story() -> None:
        await LinkLoop(station, Link(station.store.url, []), timed(loops._loops)).step()

    asyncio.run(story())
    assert runtime.drift() == timedelta()
    for loop in timed(loops._loops):
        if loop.name in ahead and loop.name not in ("head", "keep"):  # of a time of the day
            assert loop._due == ahead[loop.name] - timedelta(hours=8)  # type: ignore[attr-defined]
        elif loop.name in ahead:
            assert loop._due <= runtime.now() + timedelta(days=1), loop.name  # type: ignore[attr-defined]


def struck(station: Station) -> list[datetime]:
    with station.store.read() as connection:
        ticks = select(signal.c.issued).where(signal.c.kind == "tick").order_by(signal.c.seq)
        return list(connection.execute(ticks).scalars())


def test_hours_struck_by_a_clock_that_was_ahead_strike_again(process: Callable[[], Station]) -> None:
    station, later = process(), START + timedelta(hours=3)

    async def story() -> None:
        await station.publish(LIVE, [Tick(source="clock", issued=later)])
        ticks = TickLoop(station)
        await ticks.step()
        assert ticks.next_due() == START + timedelta(hours=1)
        station.runtime.advance(timedelta(hours=3))  # type: ignore[attr-defined]
        assert await ticks.step()
        assert not await ticks.step()

    asyncio.run(story())
    assert struck(station) == [later, later], "what it said by what was known too early is said again"


def test_whoever_takes_the_hours_over_strikes_none_that_another_has_struck(
    process: Callable[[], Station],
) -> None:
    """It struck them itself before, and remembers how far it was then; or was stopped and wakes."""
    first, second = process(), process()

    async def story() -> None:
        loops = TickLoop(first), TickLoop(second)
        for one in (first, second):
            await TickLoop(one).step()
        for loop in loops:
            await loop.step()
        for one in (first, second):
            one.runtime.advance(timedelta(hours=1))  # type: ignore[attr-defined]
        for loop in (*loops, loops[0]):
            await loop.step()

    asyncio.run(story())
    assert struck(first) == [START + timedelta(hours=1)]
